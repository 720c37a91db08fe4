-- What the tables mean together: each label once, jobs, tasks, tracks, and what reviewers did to labels.
-- docs/reference/labels.md says what every column holds.

CREATE OR REPLACE MACRO box_iou(l1, t1, w1, h1, l2, t2, w2, h2) AS (
  greatest(least(l1 + w1, l2 + w2) - greatest(l1, l2), 0) * greatest(least(t1 + h1, t2 + h2) - greatest(t1, t2), 0)
  / nullif(
    w1 * h1 + w2 * h2
    - greatest(least(l1 + w1, l2 + w2) - greatest(l1, l2), 0) * greatest(least(t1 + h1, t2 + h2) - greatest(t1, t2), 0),
    0)
);

-- All labels with the job that made them, `made_by`: the folder of the job that the label names; where no folder has its
-- name, as in a copy that was renamed, the folder that the newest label of a line lies in; else the name.
CREATE OR REPLACE VIEW all_labels AS
WITH folders AS (
  SELECT lower(job) AS name, any_value(job) AS job FROM files WHERE job IS NOT NULL AND state <> 'deleted' GROUP BY ALL
), faithful AS (SELECT DISTINCT job FROM labels WHERE lower(job_name) = lower(job))
SELECT l.*, f.kind AS file_kind,
  coalesce(
    n.job,
    if(l.job IN (SELECT job FROM faithful WHERE job IS NOT NULL), NULL,
      if(row_number() OVER (PARTITION BY l.file_id, l.line_no ORDER BY l.created DESC NULLS LAST, l.label_attribute) = 1,
        l.job, NULL)),
    l.job_name, l.job) AS made_by
FROM labels l LEFT JOIN files f USING (file_id) LEFT JOIN folders n ON n.name = lower(l.job_name);

-- One row for each label, however many chained manifests repeat it: the final manifest wins over intermediate ones,
-- then the newest, then the manifest of the job that made it.
CREATE OR REPLACE VIEW distinct_labels AS
SELECT * FROM all_labels
QUALIFY row_number() OVER (
  PARTITION BY lower(coalesce(job_name, made_by)), label_attribute, source,
    if(source IS NULL, file_id, NULL), if(source IS NULL, line_no, NULL)
  ORDER BY (file_kind = 'intermediate') NULLS FIRST, created DESC NULLS LAST,
    (lower(job) = lower(made_by)) DESC NULLS LAST, file_id DESC, line_no DESC
) = 1;

-- What cannot be read at present: lines by their number, elements of a JSON value by their place, whole files without
-- either. `state` tells whether the rest of the file was read (`loaded`), or its last good rows stay (`stale`).
CREATE OR REPLACE VIEW left_out AS
SELECT f.path, r.line_no, r.place, r.reason, f.state, f.kind, f.job, r.run AS since_run
FROM rejects r JOIN files f USING (file_id)
ORDER BY f.path, r.line_no NULLS FIRST, r.place;

-- One row a job: those that have a folder, and those that only the labels name.
CREATE OR REPLACE VIEW jobs AS
WITH folders AS (
  SELECT job, any_value(modality) AS modality, any_value(level) AS level, any_value(parent_job) AS parent_job,
    any_value(batch) AS batch, count(*) AS n_files, count(*) FILTER (state IN ('stale', 'error')) AS n_bad_files
  FROM files WHERE job IS NOT NULL AND state <> 'deleted' GROUP BY job
), labelled AS (
  SELECT made_by AS job, string_agg(DISTINCT label_attribute, ', ' ORDER BY label_attribute) AS label_attribute,
    string_agg(DISTINCT task_type, ', ' ORDER BY task_type) AS task_type,
    count(DISTINCT source) AS n_objects, count(*) AS n_labels,
    min(created) AS first_created, max(created) AS last_created
  FROM distinct_labels WHERE made_by IS NOT NULL GROUP BY made_by
)
SELECT coalesce(f.job, l.job) AS job, l.label_attribute, l.task_type, f.modality, f.level, f.parent_job, f.batch,
  coalesce(l.n_objects, 0) AS n_objects, coalesce(l.n_labels, 0) AS n_labels, l.first_created, l.last_created,
  coalesce(f.n_files, 0) AS n_files, coalesce(f.n_bad_files, 0) AS n_bad_files
FROM folders f FULL JOIN labelled l ON f.job = l.job;

-- One row a data object of a job. Its id is the number of its line in the job's manifest, from 0.
CREATE OR REPLACE VIEW tasks AS
WITH lines AS (
  SELECT coalesce(l.job, l.job_name) AS job, CAST(l.line_no - 1 AS VARCHAR) AS dataset_object_id,
    any_value(l.source) AS source, any_value(l.source_kind) AS source_kind,
    max(l.created) FILTER (l.made_by = coalesce(l.job, l.job_name)) AS created
  FROM all_labels l
  WHERE coalesce(l.file_kind, '') <> 'intermediate' AND l.line_no IS NOT NULL
  GROUP BY ALL
), answered AS (
  SELECT job, dataset_object_id, count(*) AS n_answers, count(DISTINCT worker_id) AS n_workers,
    count(DISTINCT iteration) AS n_iterations, min(accepted) AS first_accepted, max(submitted) AS last_submitted,
    sum(active_s) AS active_s
  FROM responses GROUP BY job, dataset_object_id
), sequences AS (
  SELECT job, dataset_object_id, count(*) AS n_frames FROM frames GROUP BY job, dataset_object_id
), known AS (
  SELECT job, dataset_object_id FROM lines UNION SELECT job, dataset_object_id FROM answered
  UNION SELECT job, dataset_object_id FROM sequences
)
SELECT k.job, k.dataset_object_id, l.source, l.source_kind, l.created,
  coalesce(a.n_answers, 0) AS n_answers, coalesce(a.n_workers, 0) AS n_workers,
  coalesce(a.n_iterations, 0) AS n_iterations, a.first_accepted, a.last_submitted, a.active_s,
  coalesce(s.n_frames, 0) AS n_frames
FROM known k
LEFT JOIN lines l ON l.job IS NOT DISTINCT FROM k.job AND l.dataset_object_id IS NOT DISTINCT FROM k.dataset_object_id
LEFT JOIN answered a
  ON a.job IS NOT DISTINCT FROM k.job AND a.dataset_object_id IS NOT DISTINCT FROM k.dataset_object_id
LEFT JOIN sequences s
  ON s.job IS NOT DISTINCT FROM k.job AND s.dataset_object_id IS NOT DISTINCT FROM k.dataset_object_id;

-- One row an object through its frames. `gaps` counts the frames of the sequence between the first and the last one
-- that lack it; frames are counted as they are there, so that a sequence of every fifth frame has no gaps by that.
CREATE OR REPLACE VIEW tracks AS
WITH listed AS (
  SELECT job, dataset_object_id, sensor, frame_no FROM frames
  UNION SELECT job, dataset_object_id, sensor, frame_no FROM objects
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY job, dataset_object_id, sensor ORDER BY frame_no) AS place FROM listed
)
SELECT o.job, o.dataset_object_id, o.sensor, o.object_id, any_value(o.object_name) AS object_name,
  any_value(o.class_name) AS class_name, min(o.frame_no) AS first, max(o.frame_no) AS last,
  count(DISTINCT o.frame_no) AS n, max(p.place) - min(p.place) + 1 - count(DISTINCT o.frame_no) AS gaps
FROM objects o JOIN placed p
  ON p.job IS NOT DISTINCT FROM o.job AND p.dataset_object_id IS NOT DISTINCT FROM o.dataset_object_id
  AND p.sensor IS NOT DISTINCT FROM o.sensor AND p.frame_no = o.frame_no
WHERE o.object_id IS NOT NULL
GROUP BY o.job, o.dataset_object_id, o.sensor, o.object_id;

-- One row a thing that is marked, whichever table it lies in: an object in a frame, a box, a span, a class.
CREATE OR REPLACE VIEW marks AS
WITH dated AS (
  SELECT made_by AS job, CAST(line_no - 1 AS VARCHAR) AS dataset_object_id, max(created) AS created,
    bool_or(human) AS human
  FROM all_labels WHERE job IS NULL OR job = made_by GROUP BY ALL
), answered AS (
  SELECT job, dataset_object_id, max(submitted) AS submitted FROM responses GROUP BY ALL
), single AS (
  SELECT made_by AS job, * EXCLUDE (job, made_by) FROM distinct_labels
)
SELECT o.file_id, NULL::BIGINT AS line_no, o.idx, o.job, NULL::VARCHAR AS label_attribute, NULL::VARCHAR AS task_type,
  NULL::VARCHAR AS source, o.dataset_object_id, o.sensor, o.frame_no, o.frame, o.shape, o.object_id, o.object_name,
  o.class_name, o."left", o.top, o.width, o.height, o.vertices, coalesce(d.created, a.submitted) AS created, d.human,
  o.attributes
FROM objects o
LEFT JOIN dated d ON d.job = o.job AND d.dataset_object_id = o.dataset_object_id
LEFT JOIN answered a ON a.job = o.job AND a.dataset_object_id = o.dataset_object_id
UNION ALL
SELECT n.file_id, n.line_no, n.idx, l.job, l.label_attribute, l.task_type, l.source, CAST(n.line_no - 1 AS VARCHAR), NULL,
  NULL, NULL, n.shape, NULL, n.object_name, n.class_name, n."left", n.top, n.width, n.height, n.vertices, l.created,
  l.human, n.attributes
FROM annotations n JOIN single l USING (file_id, line_no, label_attribute)
UNION ALL
SELECT file_id, line_no, NULL, job, label_attribute, task_type, source, CAST(line_no - 1 AS VARCHAR), NULL, NULL, NULL,
  'class', NULL, NULL, coalesce(class_name, class_id), NULL, NULL, NULL, NULL, NULL, created, human, NULL
FROM single s
WHERE (class_name IS NOT NULL OR class_id IS NOT NULL)
  AND NOT EXISTS (
    SELECT 1 FROM annotations n
    WHERE n.file_id = s.file_id AND n.line_no = s.line_no AND n.label_attribute = s.label_attribute);

-- Which job reviews which: the next level that there is of the same workflow, or a job whose label stands in a line after
-- an earlier one of the same type. `level` counts: 1 reviews what was drawn, 2 reviews a review.
CREATE OR REPLACE VIEW reviews AS
WITH RECURSIVE levels AS (
  SELECT job, any_value(parent_job) AS parent_job,
    any_value(CASE level WHEN 'first' THEN 1 WHEN 'second' THEN 2 WHEN 'third' THEN 3 END) AS level
  FROM files WHERE job IS NOT NULL AND state <> 'deleted' GROUP BY job
), chained AS (
  SELECT e.made_by AS job, r.made_by AS audit_job
  FROM all_labels r JOIN all_labels e
    ON e.file_id = r.file_id AND e.line_no = r.line_no AND e.made_by <> r.made_by AND e.created < r.created
  WHERE r.task_type = 'label-verification' OR (r.adjustment_status IS NOT NULL AND r.task_type = e.task_type)
  QUALIFY row_number() OVER (
    PARTITION BY r.file_id, r.line_no, r.label_attribute ORDER BY e.created DESC, e.label_attribute) = 1
), pairs AS (
  SELECT e.job, r.job AS audit_job
  FROM levels e JOIN levels r ON r.parent_job = e.parent_job AND r.level > e.level
  WHERE NOT EXISTS (
    SELECT 1 FROM levels b WHERE b.parent_job = e.parent_job AND b.level > e.level AND b.level < r.level)
  UNION SELECT job, audit_job FROM chained
), counted AS (  -- two jobs that review each other would count for ever
  SELECT audit_job, 1 AS level FROM pairs
  UNION SELECT p.audit_job, c.level + 1 FROM pairs p JOIN counted c ON c.audit_job = p.job WHERE c.level < 9
)
SELECT p.job, p.audit_job, max(c.level) AS level FROM pairs p JOIN counted c USING (audit_job) GROUP BY p.job, p.audit_job;

-- The attributes in which reviewers write their verdict. `about` may name it (`audit_attribute`); else it is what is
-- called after the audit (`audit`, `Audit_Result`), in a reviewing job's attributes or in its categories; else the one
-- attribute that the reviewing job has and the reviewed job lacks, if there is just one.
CREATE OR REPLACE VIEW audit_attributes AS
WITH reviewing AS (SELECT DISTINCT audit_job AS job FROM reviews),
used AS (
  SELECT DISTINCT job, unnest(map_keys(attributes)) AS attribute FROM objects WHERE attributes IS NOT NULL
  UNION SELECT DISTINCT job, name FROM categories WHERE scope = 'attribute'
), own AS (
  SELECT r.audit_job AS job, u.attribute
  FROM reviews r JOIN used u ON u.job = r.audit_job
  WHERE lower(u.attribute) NOT IN (
    SELECT lower(e.attribute) FROM used e JOIN reviews s ON s.job = e.job
    WHERE s.audit_job = r.audit_job AND e.attribute IS NOT NULL)
), candidates AS (
  SELECT u.job, u.attribute, 1 AS rank FROM used u JOIN reviewing USING (job)
  WHERE lower(u.attribute) = (SELECT lower(any_value(value)) FROM about WHERE key = 'audit_attribute')
  UNION ALL
  SELECT u.job, u.attribute, 2 FROM used u JOIN reviewing USING (job) WHERE u.attribute ILIKE '%audit%'
  UNION ALL
  SELECT job, any_value(attribute), 3 FROM own GROUP BY job HAVING count(DISTINCT lower(attribute)) = 1
)
SELECT DISTINCT job, attribute FROM candidates QUALIFY rank = min(rank) OVER (PARTITION BY job);

-- Which data object of a reviewed job each one of a reviewing job is: the one with most objects in common, by their ids.
-- The numbers of data objects say nothing where a review has several jobs, or some of one; where ids are only numbers
-- that begin anew in each sequence, the data object of the same number is preferred.
CREATE OR REPLACE VIEW reviewed_data_objects AS
WITH ids AS (
  SELECT DISTINCT job, dataset_object_id, object_id FROM objects WHERE object_id IS NOT NULL
), listed AS (
  SELECT DISTINCT job, dataset_object_id FROM frames
), candidates AS (
  SELECT r.job, r.audit_job, r.level, e.dataset_object_id, a.dataset_object_id AS audit_dataset_object_id,
    count(*) AS n_common
  FROM reviews r JOIN ids e ON e.job = r.job JOIN ids a ON a.job = r.audit_job AND a.object_id = e.object_id
  GROUP BY ALL
  UNION ALL
  SELECT r.job, r.audit_job, r.level, e.dataset_object_id, a.dataset_object_id, 0
  FROM reviews r JOIN listed e ON e.job = r.job
  JOIN listed a ON a.job = r.audit_job AND a.dataset_object_id IS NOT DISTINCT FROM e.dataset_object_id
)
SELECT * FROM candidates
QUALIFY row_number() OVER (
  PARTITION BY audit_job, audit_dataset_object_id
  ORDER BY n_common DESC, dataset_object_id IS DISTINCT FROM audit_dataset_object_id, job, dataset_object_id) = 1;

-- One row a thing that a reviewer saw. `kind` says what it rests on: `object` (the same object of a frame in the
-- reviewed and the reviewing job, or in one alone), `verification` and `adjustment` (a label of a chained manifest).
CREATE OR REPLACE VIEW audit AS
WITH verdicts AS (
  SELECT o.file_id, o.dataset_object_id, o.sensor, o.frame_no, o.idx, o.shape, any_value(e.value) AS verdict
  FROM (
    SELECT file_id, job, dataset_object_id, sensor, frame_no, idx, shape, unnest(map_entries(attributes)) AS e
    FROM objects WHERE job IN (SELECT job FROM audit_attributes)
  ) o JOIN audit_attributes a ON a.job = o.job AND a.attribute = o.e.key
  WHERE o.e.value IS NOT NULL
  GROUP BY ALL
), reviewed AS (
  SELECT o.*, v.verdict
  FROM objects o LEFT JOIN verdicts v
    ON v.file_id = o.file_id AND v.idx = o.idx AND v.shape IS NOT DISTINCT FROM o.shape
    AND v.frame_no IS NOT DISTINCT FROM o.frame_no AND v.sensor IS NOT DISTINCT FROM o.sensor
    AND v.dataset_object_id IS NOT DISTINCT FROM o.dataset_object_id
  WHERE o.job IN (SELECT audit_job FROM reviews)
), paired AS (
  SELECT r.job, r.audit_job, r.level, e.dataset_object_id AS e_object,
    coalesce(a.dataset_object_id, e.dataset_object_id) AS dataset_object_id, coalesce(a.sensor, e.sensor) AS sensor,
    coalesce(a.frame_no, e.frame_no) AS frame_no, coalesce(a.frame, e.frame) AS frame,
    coalesce(a.object_id, e.object_id) AS object_id, e.class_name, a.class_name AS audit_class_name, a.verdict,
    if(e.shape = 'box' AND a.shape = 'box',
      box_iou(e."left", e.top, e.width, e.height, a."left", a.top, a.width, a.height), NULL) AS iou,
    (coalesce(e.class_id, '') <> coalesce(a.class_id, '') OR coalesce(e.class_name, '') <> coalesce(a.class_name, ''))
      AS class_changed,
    (e."left", e.top, e.width, e.height) IS DISTINCT FROM (a."left", a.top, a.width, a.height)
      OR e.vertices IS DISTINCT FROM a.vertices OR e.cuboid IS DISTINCT FROM a.cuboid AS moved,
    len(list_filter(
      map_entries(e.attributes),
      lambda x: map_contains(a.attributes, x.key)
        AND map_extract(a.attributes, x.key)[1] IS DISTINCT FROM x.value)) > 0 AS attributes_changed
  FROM reviewed_data_objects r
  JOIN objects e ON e.job = r.job AND e.dataset_object_id IS NOT DISTINCT FROM r.dataset_object_id
  JOIN reviewed a ON a.job = r.audit_job AND a.dataset_object_id IS NOT DISTINCT FROM r.audit_dataset_object_id
    AND a.sensor IS NOT DISTINCT FROM e.sensor AND a.frame_no = e.frame_no AND a.object_id = e.object_id
), pairs AS (  -- of data objects, in jobs that have an object in common at all
  SELECT * FROM reviewed_data_objects r WHERE EXISTS (
    SELECT 1 FROM paired b WHERE b.job = r.job AND b.audit_job = r.audit_job)
), seen AS (  -- frames that the reviewer had before him: what is not there any more was removed
  SELECT DISTINCT job, dataset_object_id, sensor, frame_no FROM frames
)
SELECT 'object' AS kind, job, audit_job, level, NULL::VARCHAR AS source, dataset_object_id, sensor, frame_no, frame, object_id,
  class_name, audit_class_name, verdict, if(moved OR class_changed OR attributes_changed, 'changed', 'same') AS change,
  coalesce(moved OR class_changed OR attributes_changed, false) AS adjusted, iou, class_changed,
  NULL::VARCHAR AS comment
FROM paired
UNION ALL
SELECT 'object', p.job, p.audit_job, p.level, NULL, a.dataset_object_id, a.sensor, a.frame_no, a.frame, a.object_id,
  NULL, a.class_name, a.verdict, 'added', true, NULL, NULL, NULL
FROM reviewed a JOIN pairs p
  ON p.audit_job = a.job AND p.audit_dataset_object_id IS NOT DISTINCT FROM a.dataset_object_id
WHERE NOT EXISTS (
  SELECT 1 FROM paired b WHERE b.audit_job = a.job AND b.frame_no = a.frame_no AND b.object_id = a.object_id
    AND b.dataset_object_id IS NOT DISTINCT FROM a.dataset_object_id AND b.sensor IS NOT DISTINCT FROM a.sensor)
UNION ALL
SELECT 'object', p.job, p.audit_job, p.level, NULL, e.dataset_object_id, e.sensor, e.frame_no, e.frame, e.object_id,
  e.class_name, NULL, NULL, 'removed', true, NULL, NULL, NULL
FROM objects e JOIN pairs p ON p.job = e.job AND p.dataset_object_id IS NOT DISTINCT FROM e.dataset_object_id
JOIN seen s ON s.job = p.audit_job AND s.dataset_object_id IS NOT DISTINCT FROM p.audit_dataset_object_id
  AND s.sensor IS NOT DISTINCT FROM e.sensor AND s.frame_no = e.frame_no
WHERE NOT EXISTS (
  SELECT 1 FROM paired b WHERE b.job = e.job AND b.audit_job = p.audit_job AND b.frame_no = e.frame_no
    AND b.object_id = e.object_id
    AND b.e_object IS NOT DISTINCT FROM e.dataset_object_id AND b.sensor IS NOT DISTINCT FROM e.sensor)
UNION ALL
SELECT if(l.task_type = 'label-verification', 'verification', 'adjustment'), e.made_by, l.made_by,
  coalesce((SELECT r.level FROM reviews r WHERE r.job = e.made_by AND r.audit_job = l.made_by), 1), l.source, CAST(l.line_no - 1 AS VARCHAR), NULL, NULL, NULL, NULL,
  if(l.task_type = 'label-verification', e.class_name, coalesce(e.class_name, e.class_id)),
  if(l.task_type = 'label-verification', NULL, coalesce(l.class_name, l.class_id)),
  if(l.task_type = 'label-verification', coalesce(l.class_name, l.class_id), NULL),
  CASE l.adjustment_status WHEN 'adjusted' THEN 'changed' WHEN 'unadjusted' THEN 'same' END,
  coalesce(l.adjustment_status = 'adjusted', false), NULL,
  if(l.task_type = 'label-verification' OR e.class_id IS NULL OR l.class_id IS NULL, NULL, e.class_id <> l.class_id),
  l.comment
FROM distinct_labels l
LEFT JOIN all_labels e ON e.file_id = l.file_id AND e.line_no = l.line_no AND e.label_attribute <> l.label_attribute
  AND e.created < l.created AND (l.task_type = 'label-verification' OR e.task_type = l.task_type)
WHERE l.task_type = 'label-verification' OR l.adjustment_status IS NOT NULL
QUALIFY row_number() OVER (
  PARTITION BY l.file_id, l.line_no, l.label_attribute ORDER BY e.created DESC NULLS LAST, e.label_attribute) = 1;

-- Marks with the level of the review that has them again: 0 for what was drawn there first, be it by a reviewer. Those of
-- level 0 are every thing once.
CREATE OR REPLACE VIEW marks_by_level AS
WITH again AS (
  SELECT audit_job AS job, dataset_object_id, sensor, frame_no, object_id, max(level) AS level
  FROM audit WHERE kind = 'object' AND change IN ('same', 'changed') GROUP BY ALL
), adjusted AS (  -- boxes have no ids by which one adjusted could be told from one added
  SELECT audit_job AS job, dataset_object_id, source, max(level) AS level
  FROM audit WHERE kind = 'adjustment' AND job IS NOT NULL GROUP BY ALL
)
SELECT m.*, coalesce(g.level, a.level, 0) AS level
FROM marks m
LEFT JOIN again g ON g.job = m.job AND g.frame_no = m.frame_no AND g.object_id = m.object_id
  AND g.dataset_object_id IS NOT DISTINCT FROM m.dataset_object_id AND g.sensor IS NOT DISTINCT FROM m.sensor
LEFT JOIN adjusted a ON a.job = m.job AND m.line_no IS NOT NULL AND a.dataset_object_id = m.dataset_object_id
  AND a.source IS NOT DISTINCT FROM m.source;
