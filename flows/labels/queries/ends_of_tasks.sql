-- What became of the tasks that workers accepted, by the workers' log.
SELECT
  job,
  count(*) FILTER (event_type = 'TasksSubmitted') AS submitted,
  count(*) FILTER (event_type = 'TasksReturned') AS returned,
  count(*) FILTER (event_type = 'TasksDeclined') AS declined
FROM activity
GROUP BY job
ORDER BY job;
