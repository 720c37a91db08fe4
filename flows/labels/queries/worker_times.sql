-- How long each worker took for an answer, job by job: time that the tool counted as work, and time on the wall.
SELECT
  coalesce(w.name, r.worker_id) AS worker,
  r.job,
  count(*) AS answers,
  round(sum(r.active_s), 1) AS active_s,
  round(min(r.active_s), 1) AS shortest_s,
  round(avg(r.active_s), 1) AS mean_s,
  round(max(r.active_s), 1) AS longest_s,
  round(sum(date_diff('millisecond', r.accepted, r.submitted)) / 1000, 1) AS wall_s
FROM responses r LEFT JOIN workers w USING (worker_id)
GROUP BY ALL
ORDER BY worker, r.job;
