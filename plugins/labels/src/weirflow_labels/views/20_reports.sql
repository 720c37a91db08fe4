-- Reports on labels and on the people who made them. docs/reference/labels.md says how each figure is made.
-- Hours and days are in UTC. A worker is shown by his name where there is one, else by his pseudonym.

CREATE OR REPLACE VIEW worker_names AS
SELECT worker_id, any_value(coalesce(w.name, w.email, worker_id)) AS worker
FROM (SELECT worker_id FROM responses UNION SELECT worker_id FROM activity UNION SELECT worker_id FROM workers)
LEFT JOIN workers w USING (worker_id)
WHERE worker_id IS NOT NULL
GROUP BY worker_id;

-- Annotations in a time window: sum `n` over the windows wanted.
CREATE OR REPLACE VIEW annotations_by_hour AS
SELECT job, date_trunc('hour', created AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS hour, shape, class_name, count(*) AS n
FROM marks WHERE created IS NOT NULL GROUP BY ALL;

CREATE OR REPLACE VIEW annotations_by_day AS
SELECT job, CAST(hour AT TIME ZONE 'UTC' AS DATE) AS day, shape, class_name, sum(n)::BIGINT AS n
FROM annotations_by_hour GROUP BY ALL;

-- What jobs let workers choose from, used or not. `class_name` of a value is null where its attribute is of any class.
CREATE OR REPLACE VIEW offered_classes AS
SELECT job, name AS class_name, min(position) AS position FROM categories
WHERE scope = 'class' AND job IS NOT NULL GROUP BY ALL;

CREATE OR REPLACE VIEW offered_values AS
SELECT DISTINCT job, scope, class_name, name AS attribute, unnest(choices) AS value, unnest(range(len(choices))) AS position
FROM categories WHERE scope <> 'class' AND job IS NOT NULL;

-- Things marked by class, with the classes that the job offered and nobody used.
CREATE OR REPLACE VIEW class_counts AS
WITH used AS (SELECT job, class_name, count(*) AS n FROM marks GROUP BY ALL)
SELECT coalesce(u.job, o.job) AS job, coalesce(u.class_name, o.class_name) AS class_name, coalesce(n, 0) AS n,
  o.position
FROM used u FULL JOIN offered_classes o ON u.job = o.job AND u.class_name = o.class_name;

-- Frames in which a class occurs, and how often it does.
CREATE OR REPLACE VIEW frames_by_label AS
SELECT job, class_name, count(DISTINCT (dataset_object_id, sensor, frame_no)) AS n_frames, count(*) AS n_objects
FROM objects GROUP BY job, class_name;

-- Frames by how many objects they have, those without any too.
CREATE OR REPLACE VIEW objects_per_frame AS
SELECT f.job, coalesce(o.n, 0) AS n_objects, count(*) AS n_frames
FROM (SELECT DISTINCT job, dataset_object_id, sensor, frame_no FROM frames) f
LEFT JOIN (
  SELECT job, dataset_object_id, sensor, frame_no, count(*) AS n FROM objects GROUP BY ALL
) o ON o.job IS NOT DISTINCT FROM f.job AND o.dataset_object_id IS NOT DISTINCT FROM f.dataset_object_id
  AND o.sensor IS NOT DISTINCT FROM f.sensor AND o.frame_no = f.frame_no
GROUP BY ALL;

-- Attributes of what is marked, long: one row a job, class, attribute and value.
CREATE OR REPLACE VIEW attribute_counts AS
SELECT job, class_name, e.key AS attribute, e.value AS value, count(*) AS n,
  count(DISTINCT (dataset_object_id, sensor, frame_no)) FILTER (frame_no IS NOT NULL) AS n_frames
FROM (
  SELECT job, class_name, dataset_object_id, sensor, frame_no, unnest(map_entries(attributes)) AS e
  FROM marks WHERE attributes IS NOT NULL
)
GROUP BY ALL;

-- The same over all classes, with the values that the job offered and nobody chose.
CREATE OR REPLACE VIEW attribute_totals AS
WITH used AS (SELECT job, attribute, value, sum(n)::BIGINT AS n FROM attribute_counts GROUP BY ALL),
offered AS (SELECT DISTINCT job, attribute, value FROM offered_values WHERE scope = 'attribute')
SELECT coalesce(u.job, o.job) AS job, coalesce(u.attribute, o.attribute) AS attribute,
  coalesce(u.value, o.value) AS value, coalesce(n, 0) AS n
FROM used u FULL JOIN offered o ON u.job = o.job AND u.attribute = o.attribute AND u.value = o.value;

CREATE OR REPLACE VIEW frame_attribute_counts AS
WITH used AS (
  SELECT job, e.key AS attribute, e.value AS value, count(*) AS n
  FROM (SELECT job, unnest(map_entries(attributes)) AS e FROM frames WHERE attributes IS NOT NULL)
  GROUP BY ALL
), offered AS (SELECT DISTINCT job, attribute, value FROM offered_values WHERE scope = 'frame attribute')
SELECT coalesce(u.job, o.job) AS job, coalesce(u.attribute, o.attribute) AS attribute,
  coalesce(u.value, o.value) AS value, coalesce(n, 0) AS n
FROM used u FULL JOIN offered o ON u.job = o.job AND u.attribute = o.attribute AND u.value = o.value;

-- How many tasks, frames and objects a reviewer saw and changed.
CREATE OR REPLACE VIEW audited_tasks AS
SELECT kind, job, audit_job, count(DISTINCT coalesce(dataset_object_id, source)) AS n_audited,
  count(DISTINCT coalesce(dataset_object_id, source)) FILTER (adjusted) AS n_adjusted,
  count(DISTINCT (dataset_object_id, sensor, frame_no)) FILTER (frame_no IS NOT NULL) AS n_frames,
  count(DISTINCT (dataset_object_id, sensor, frame_no)) FILTER (frame_no IS NOT NULL AND adjusted)
    AS n_adjusted_frames,
  count(*) AS n_things, count(*) FILTER (adjusted) AS n_adjusted_things
FROM audit GROUP BY kind, job, audit_job;

-- Verdicts by class. `share` is of the things of the class that have a verdict.
CREATE OR REPLACE VIEW audit_results AS
SELECT kind, job, audit_job, coalesce(class_name, audit_class_name) AS class_name, verdict, count(*) AS n,
  count(*) FILTER (adjusted) AS n_adjusted,
  if(verdict IS NULL, NULL, count(*) / sum(count(*)) FILTER (verdict IS NOT NULL) OVER (
    PARTITION BY kind, job, audit_job, coalesce(class_name, audit_class_name))) AS share
FROM audit GROUP BY kind, job, audit_job, coalesce(class_name, audit_class_name), verdict;

-- Answers with their times: `wall_s` runs from acceptance to submission, `active_s` is what the tool counted as work.
CREATE OR REPLACE VIEW answers AS
SELECT r.job, r.modality, r.dataset_object_id, r.iteration, r.answer_no, r.worker_id, n.worker, r.accepted,
  r.submitted, r.active_s, (epoch_us(r.submitted) - epoch_us(r.accepted)) / 1000000 AS wall_s, r.class_name, r.n_units
FROM responses r LEFT JOIN worker_names n USING (worker_id);

CREATE OR REPLACE VIEW jobs_per_worker AS
SELECT worker_id, any_value(worker) AS worker, count(DISTINCT job) AS n_jobs, count(*) AS n_answers,
  count(DISTINCT (job, dataset_object_id)) AS n_tasks, min(coalesce(accepted, submitted)) AS first_seen,
  max(submitted) AS last_seen
FROM answers WHERE worker_id IS NOT NULL GROUP BY worker_id;

CREATE OR REPLACE VIEW labels_per_worker AS
SELECT worker_id, any_value(worker) AS worker, job, modality, count(*) AS n_answers,
  count(DISTINCT dataset_object_id) AS n_tasks, sum(n_units)::BIGINT AS n_labels
FROM answers WHERE worker_id IS NOT NULL GROUP BY worker_id, job, modality;

CREATE OR REPLACE VIEW worker_job_times AS
SELECT worker_id, any_value(worker) AS worker, modality, job, count(DISTINCT dataset_object_id) AS n_tasks,
  count(*) AS n_answers, count(active_s) AS n_active, count(wall_s) AS n_wall,
  sum(active_s) AS active_sum_s, min(active_s) AS active_min_s, avg(active_s) AS active_mean_s,
  max(active_s) AS active_max_s,
  sum(wall_s) AS wall_sum_s, min(wall_s) AS wall_min_s, avg(wall_s) AS wall_mean_s, max(wall_s) AS wall_max_s
FROM answers WHERE worker_id IS NOT NULL GROUP BY worker_id, modality, job;

CREATE OR REPLACE VIEW worker_times AS
SELECT worker_id, any_value(worker) AS worker, modality, count(DISTINCT (job, dataset_object_id)) AS n_tasks,
  count(*) AS n_answers, count(active_s) AS n_active, count(wall_s) AS n_wall,
  sum(active_s) AS active_sum_s, min(active_s) AS active_min_s, avg(active_s) AS active_mean_s,
  max(active_s) AS active_max_s,
  sum(wall_s) AS wall_sum_s, min(wall_s) AS wall_min_s, avg(wall_s) AS wall_mean_s, max(wall_s) AS wall_max_s
FROM answers WHERE worker_id IS NOT NULL GROUP BY worker_id, modality;

-- The team as a whole: sums over all answers, and how answers and workers spread.
CREATE OR REPLACE VIEW team_statistics AS
WITH by_worker AS (
  SELECT modality, worker_id, count(*) AS n, sum(active_s) AS active_s, sum(n_units) AS n_units
  FROM answers WHERE worker_id IS NOT NULL GROUP BY modality, worker_id
), spread AS (
  SELECT modality, count(*) AS n_workers, avg(n) AS answers_per_worker_mean, median(n) AS answers_per_worker_median,
    avg(active_s) AS active_per_worker_mean_s, min(active_s) AS active_per_worker_min_s,
    max(active_s) AS active_per_worker_max_s, avg(n_units) AS labels_per_worker_mean
  FROM by_worker GROUP BY modality
), whole AS (
  SELECT modality, count(DISTINCT job) AS n_jobs, count(DISTINCT (job, dataset_object_id)) AS n_tasks,
    count(*) AS n_answers, sum(n_units)::BIGINT AS n_labels, sum(active_s) AS active_sum_s,
    min(active_s) AS active_min_s, avg(active_s) AS active_mean_s, median(active_s) AS active_median_s,
    quantile_cont(active_s, 0.9) AS active_p90_s, max(active_s) AS active_max_s, sum(wall_s) AS wall_sum_s,
    min(wall_s) AS wall_min_s, avg(wall_s) AS wall_mean_s, median(wall_s) AS wall_median_s, max(wall_s) AS wall_max_s
  FROM answers GROUP BY modality
)
SELECT w.*, coalesce(s.n_workers, 0) AS n_workers, s.* EXCLUDE (modality, n_workers)
FROM whole w LEFT JOIN spread s ON s.modality IS NOT DISTINCT FROM w.modality;

-- Work by the hour and day of its submission. Hours without any are left out.
CREATE OR REPLACE VIEW throughput_by_hour AS
SELECT job, modality, date_trunc('hour', submitted AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS hour, count(*) AS n_answers,
  count(DISTINCT dataset_object_id) AS n_tasks, count(DISTINCT worker_id) AS n_workers,
  sum(n_units)::BIGINT AS n_labels, sum(active_s) AS active_s,
  if(count(active_s) = count(*), sum(n_units) / nullif(sum(active_s) / 3600, 0), NULL) AS labels_per_active_hour
FROM answers WHERE submitted IS NOT NULL GROUP BY job, modality, date_trunc('hour', submitted AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';

CREATE OR REPLACE VIEW throughput_by_day AS
SELECT job, modality, CAST(submitted AT TIME ZONE 'UTC' AS DATE) AS day, count(*) AS n_answers,
  count(DISTINCT dataset_object_id) AS n_tasks, count(DISTINCT worker_id) AS n_workers,
  sum(n_units)::BIGINT AS n_labels, sum(active_s) AS active_s,
  if(count(active_s) = count(*), sum(n_units) / nullif(sum(active_s) / 3600, 0), NULL) AS labels_per_active_hour
FROM answers WHERE submitted IS NOT NULL GROUP BY job, modality, CAST(submitted AT TIME ZONE 'UTC' AS DATE);

-- What became of the tasks that workers took, by the workers' log. An acceptance is told again by the event that ends
-- it, so it counts once, by its instant, and there are at least as many as were ended. `n_open` were neither submitted,
-- returned nor declined: abandoned, or at work.
CREATE OR REPLACE VIEW abandonment AS
WITH told AS (
  SELECT job, worker_id, count(DISTINCT accepted) AS n_instants, count(DISTINCT submitted) AS n_submitted,
    count(DISTINCT returned) AS n_returned, count(DISTINCT declined) AS n_declined,
    count(DISTINCT declined) FILTER (accepted IS NOT NULL) AS n_dropped
  FROM activity GROUP BY job, worker_id
), counted AS (
  SELECT *, n_submitted + n_returned + n_dropped AS n_ended,
    greatest(n_instants, n_submitted + n_returned + n_dropped) AS n_accepted
  FROM told
)
SELECT c.job, c.worker_id, n.worker, n_accepted, n_submitted, n_returned, n_declined, n_accepted - n_ended AS n_open,
  n_submitted / nullif(n_accepted, 0) AS submitted_share, n_returned / nullif(n_accepted, 0) AS returned_share,
  1 - n_submitted / nullif(n_accepted, 0) AS abandoned_share
FROM counted c LEFT JOIN worker_names n USING (worker_id);

-- Whether further answers changed what most workers say: the class with most votes in all iterations up to one,
-- against the same up to the one before. A tie has no class.
CREATE OR REPLACE VIEW consensus_changes AS
WITH rounds AS (
  SELECT DISTINCT job, dataset_object_id, coalesce(iteration, 1) AS iteration FROM responses WHERE class_name IS NOT NULL
), votes AS (
  SELECT r.job, r.dataset_object_id, r.iteration, a.class_name, count(*) AS n
  FROM rounds r JOIN responses a
    ON a.job IS NOT DISTINCT FROM r.job AND a.dataset_object_id IS NOT DISTINCT FROM r.dataset_object_id
    AND coalesce(a.iteration, 1) <= r.iteration
  WHERE a.class_name IS NOT NULL GROUP BY ALL
), decided AS (
  SELECT job, dataset_object_id, iteration, sum(n)::BIGINT AS n_answers, max(n) / sum(n) AS share,
    if(count(*) FILTER (n = most) = 1, any_value(class_name) FILTER (n = most), NULL) AS class_name
  FROM (SELECT *, max(n) OVER (PARTITION BY job, dataset_object_id, iteration) AS most FROM votes)
  GROUP BY job, dataset_object_id, iteration
)
SELECT job, dataset_object_id, iteration, n_answers, class_name, share,
  lag(class_name) OVER rounds_of AS class_before, lag(share) OVER rounds_of AS share_before,
  if(lag(iteration) OVER rounds_of IS NULL, NULL, class_name IS DISTINCT FROM lag(class_name) OVER rounds_of) AS changed
FROM decided WINDOW rounds_of AS (PARTITION BY job, dataset_object_id ORDER BY iteration);

-- Right answers by task: of the same job and data object; or, where no object is named, of the same source, or of one
-- whose file has that name without its folder and ending. A task with two right answers has none.
CREATE OR REPLACE VIEW golden_tasks AS
WITH named AS (
  SELECT job, dataset_object_id, source, regexp_extract(source, '([^/]+?)(\.[^./]*)?$', 1) AS stem FROM tasks
), found AS (
  SELECT t.job, t.dataset_object_id, t.source, g.class_name, g.job AS meant FROM golden g
  JOIN named t ON t.dataset_object_id = g.dataset_object_id
  UNION ALL
  SELECT t.job, t.dataset_object_id, t.source, g.class_name, g.job FROM golden g
  JOIN named t ON t.source = g.source WHERE g.dataset_object_id IS NULL
  UNION ALL
  SELECT t.job, t.dataset_object_id, t.source, g.class_name, g.job FROM golden g
  JOIN named t ON t.stem = g.source WHERE g.dataset_object_id IS NULL AND t.stem <> t.source
)
SELECT job, dataset_object_id, source, any_value(class_name) AS class_name
FROM found
WHERE class_name IS NOT NULL AND (meant IS NULL OR meant = job)
GROUP BY job, dataset_object_id, source
HAVING count(DISTINCT class_name) = 1;

CREATE OR REPLACE VIEW worker_accuracy AS
SELECT a.job, a.worker_id, any_value(a.worker) AS worker, count(*) AS n,
  count(*) FILTER (a.class_name = g.class_name) AS n_right,
  count(*) FILTER (a.class_name = g.class_name) / count(*) AS accuracy
FROM answers a JOIN golden_tasks g ON g.job IS NOT DISTINCT FROM a.job AND g.dataset_object_id = a.dataset_object_id
WHERE a.class_name IS NOT NULL AND a.worker_id IS NOT NULL
GROUP BY a.job, a.worker_id;

-- The consolidated labels against the right answers, by the right class.
CREATE OR REPLACE VIEW label_accuracy AS
SELECT g.job, l.label_attribute, g.class_name, count(*) AS n,
  count(*) FILTER (l.class_name = g.class_name) AS n_right,
  count(*) FILTER (l.class_name = g.class_name) / count(*) AS accuracy
FROM golden_tasks g JOIN distinct_labels l
  ON l.made_by = g.job AND l.source = g.source
WHERE l.class_name IS NOT NULL
GROUP BY g.job, l.label_attribute, g.class_name;
