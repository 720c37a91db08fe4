SELECT * FROM "smgt-gluedatabase"."annotations_batch_manifests" limit 10;
