SELECT * FROM "smgt-gluedatabase"."output_manifest_videoobjecttracking" limit 10;
