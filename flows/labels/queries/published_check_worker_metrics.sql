SELECT * FROM "smgt-gluedatabase"."worker_metrics_processed_worker_metrics" limit 10;
