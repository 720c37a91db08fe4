-- How far workers agree. docs/reference/labels.md has the formulas and where they come from.

-- One rating a worker and data object, where answers are one class: the latest, if there are several.
CREATE OR REPLACE VIEW ratings AS
SELECT job, dataset_object_id, worker_id, class_name
FROM responses
WHERE class_name IS NOT NULL AND worker_id IS NOT NULL AND dataset_object_id IS NOT NULL
QUALIFY row_number() OVER (
  PARTITION BY job, dataset_object_id, worker_id
  ORDER BY submitted DESC NULLS LAST, iteration DESC NULLS LAST, file_id DESC, answer_no DESC) = 1;

-- How many ratings of each class an object has, and how many in all.
CREATE OR REPLACE VIEW votes AS
SELECT job, dataset_object_id, class_name, count(*) AS n,
  sum(count(*)) OVER (PARTITION BY job, dataset_object_id)::BIGINT AS n_ratings
FROM ratings GROUP BY job, dataset_object_id, class_name;

-- What most workers say of an object; null where two classes have equally many votes.
CREATE OR REPLACE VIEW consensus AS
SELECT job, dataset_object_id, any_value(n_ratings) AS n_ratings,
  if(count(*) FILTER (n = most) = 1, any_value(class_name) FILTER (n = most), NULL) AS class_name,
  any_value(most) / any_value(n_ratings) AS share
FROM (SELECT *, max(n) OVER (PARTITION BY job, dataset_object_id) AS most FROM votes)
GROUP BY job, dataset_object_id;

-- The label that the service consolidated beside what most workers say; `agrees` is null where they are divided evenly.
CREATE OR REPLACE VIEW consolidation AS
SELECT c.job, c.dataset_object_id, t.source, l.label_attribute, l.class_name AS label_class,
  c.class_name AS majority_class, c.share, c.n_ratings, l.class_name = c.class_name AS agrees
FROM consensus c
JOIN tasks t ON t.job IS NOT DISTINCT FROM c.job AND t.dataset_object_id = c.dataset_object_id
JOIN distinct_labels l ON l.made_by = c.job AND l.source = t.source
WHERE l.class_name IS NOT NULL;

-- Krippendorff's matrix of coincidences: each ordered pair of ratings of an object adds 1 / (its ratings - 1).
CREATE OR REPLACE VIEW coincidences AS
SELECT a.job, a.class_name, b.class_name AS other,
  sum(a.n * (b.n - (a.class_name = b.class_name)::BIGINT) / (a.n_ratings - 1)) AS n
FROM votes a JOIN votes b ON b.job IS NOT DISTINCT FROM a.job AND b.dataset_object_id = a.dataset_object_id
WHERE a.n_ratings > 1
GROUP BY a.job, a.class_name, b.class_name;

-- Agreement by job. `coverage` is the share of its rated objects that two or more have rated, on which all rests.
CREATE OR REPLACE VIEW agreement AS
WITH per_item AS (
  SELECT job, dataset_object_id, any_value(n_ratings) AS m,
    sum(n * (n - 1)) / nullif(any_value(n_ratings) * (any_value(n_ratings) - 1), 0) AS p
  FROM votes GROUP BY job, dataset_object_id
), per_job AS (
  SELECT job, count(*) AS n_objects, count(*) FILTER (m > 1) AS n_shared, sum(m)::BIGINT AS n_ratings,
    min(m) FILTER (m > 1) AS min_ratings, max(m) AS max_ratings, avg(p) AS raw_agreement
  FROM per_item GROUP BY job
), shares AS (
  SELECT job, sum(share * share) AS expected FROM (
    SELECT job, class_name, sum(n) / sum(sum(n)) OVER (PARTITION BY job) AS share
    FROM votes WHERE n_ratings > 1 GROUP BY job, class_name
  ) GROUP BY job
), margins AS (
  SELECT job, sum(n) AS total, sum(n * n) AS squares FROM (
    SELECT job, class_name, sum(n) AS n FROM coincidences GROUP BY job, class_name
  ) GROUP BY job
), observed AS (
  SELECT job, sum(n) FILTER (class_name <> other) AS apart FROM coincidences GROUP BY job
), raters AS (SELECT job, count(DISTINCT worker_id) AS n_workers FROM ratings GROUP BY job)
SELECT j.job, r.n_workers, j.n_objects, j.n_shared, j.n_shared / j.n_objects AS coverage, j.n_ratings,
  j.min_ratings, j.max_ratings, j.raw_agreement,
  if(j.min_ratings = j.max_ratings AND s.expected < 1, (j.raw_agreement - s.expected) / (1 - s.expected), NULL)
    AS fleiss_kappa,
  if(m.total * m.total > m.squares,
    1 - (m.total - 1) * coalesce(o.apart, 0) / (m.total * m.total - m.squares), NULL) AS krippendorff_alpha
FROM per_job j
LEFT JOIN shares s ON s.job IS NOT DISTINCT FROM j.job
LEFT JOIN margins m ON m.job IS NOT DISTINCT FROM j.job
LEFT JOIN observed o ON o.job IS NOT DISTINCT FROM j.job
LEFT JOIN raters r ON r.job IS NOT DISTINCT FROM j.job;

-- Cohen's kappa of every two workers who share objects. It says little where `n` is small, as it is with a crowd.
CREATE OR REPLACE VIEW pairwise_agreement AS
WITH shared AS (
  SELECT a.job, a.worker_id AS worker_a, b.worker_id AS worker_b, a.class_name AS class_a, b.class_name AS class_b,
    count(*) AS n
  FROM ratings a JOIN ratings b
    ON b.job IS NOT DISTINCT FROM a.job AND b.dataset_object_id = a.dataset_object_id AND a.worker_id < b.worker_id
  GROUP BY ALL
), observed AS (
  SELECT job, worker_a, worker_b, sum(n)::BIGINT AS n,
    coalesce(sum(n) FILTER (class_a = class_b), 0) / sum(n) AS agreement
  FROM shared GROUP BY job, worker_a, worker_b
), one AS (SELECT job, worker_a, worker_b, class_a AS class_name, sum(n) AS n FROM shared GROUP BY ALL),
other AS (SELECT job, worker_a, worker_b, class_b AS class_name, sum(n) AS n FROM shared GROUP BY ALL),
chance AS (
  SELECT o.job, o.worker_a, o.worker_b, sum(o.n * p.n) AS products
  FROM one o JOIN other p
    ON p.job IS NOT DISTINCT FROM o.job AND p.worker_a = o.worker_a AND p.worker_b = o.worker_b
    AND p.class_name = o.class_name
  GROUP BY ALL
), sizes AS (SELECT job, count(DISTINCT dataset_object_id) AS n_objects FROM ratings GROUP BY job)
SELECT o.job, o.worker_a, o.worker_b, o.n, o.n / s.n_objects AS coverage, o.agreement,
  coalesce(c.products, 0) / (o.n * o.n) AS expected,
  if(coalesce(c.products, 0) = o.n * o.n, NULL,
    (o.agreement - coalesce(c.products, 0) / (o.n * o.n)) / (1 - coalesce(c.products, 0) / (o.n * o.n))) AS cohen_kappa
FROM observed o
LEFT JOIN chance c ON c.job IS NOT DISTINCT FROM o.job AND c.worker_a = o.worker_a AND c.worker_b = o.worker_b
LEFT JOIN sizes s ON s.job IS NOT DISTINCT FROM o.job;

-- How much a worker's answers may weigh: his agreement with what most of the others say, by the rule of succession.
CREATE OR REPLACE VIEW worker_weights AS
WITH others AS (  -- the votes on an object without the worker's own
  SELECT r.job, r.worker_id, r.dataset_object_id, r.class_name AS own, v.class_name,
    v.n - (v.class_name = r.class_name)::BIGINT AS n
  FROM ratings r JOIN votes v ON v.job IS NOT DISTINCT FROM r.job AND v.dataset_object_id = r.dataset_object_id
), decided AS (
  SELECT job, worker_id, dataset_object_id, any_value(own) AS own, any_value(class_name) FILTER (n = most) AS majority
  FROM (SELECT *, max(n) OVER (PARTITION BY job, worker_id, dataset_object_id) AS most FROM others)
  GROUP BY job, worker_id, dataset_object_id
  HAVING any_value(most) > 0 AND count(*) FILTER (n = most) = 1
), counted AS (
  SELECT job, worker_id, count(*) AS n, count(*) FILTER (own = majority) AS n_agreed FROM decided GROUP BY job, worker_id
)
SELECT w.job, w.worker_id, n.worker, coalesce(c.n, 0) AS n, coalesce(c.n_agreed, 0) AS n_agreed,
  c.n_agreed / c.n AS agreement, (coalesce(c.n_agreed, 0) + 1) / (coalesce(c.n, 0) + 2) AS weight
FROM (SELECT DISTINCT job, worker_id FROM ratings) w
LEFT JOIN counted c ON c.job IS NOT DISTINCT FROM w.job AND c.worker_id = w.worker_id
LEFT JOIN worker_names n ON n.worker_id = w.worker_id;

-- What the workers say of an object where each counts by his weight. `share` is of all weights that voted.
CREATE OR REPLACE VIEW weighted_consensus AS
WITH sums AS (
  SELECT r.job, r.dataset_object_id, r.class_name, sum(w.weight) AS weight
  FROM ratings r JOIN worker_weights w ON w.job IS NOT DISTINCT FROM r.job AND w.worker_id = r.worker_id
  GROUP BY ALL
)
SELECT job, dataset_object_id, class_name, weight / sum(weight) OVER object AS share
FROM sums
WINDOW object AS (PARTITION BY job, dataset_object_id)
QUALIFY row_number() OVER (PARTITION BY job, dataset_object_id ORDER BY weight DESC, class_name) = 1;

-- Boxes that can be held against others: of workers in one job, and of jobs on one image.
CREATE OR REPLACE VIEW rated_boxes AS
SELECT 'worker' AS among, job AS job, dataset_object_id AS object, worker_id AS rater, idx,
  b ->> '$.label' AS class_name, CAST(b ->> '$.left' AS DOUBLE) AS "left", CAST(b ->> '$.top' AS DOUBLE) AS top,
  CAST(b ->> '$.width' AS DOUBLE) AS width, CAST(b ->> '$.height' AS DOUBLE) AS height
FROM (
  SELECT job, dataset_object_id, worker_id, unnest(boxes) AS b, generate_subscripts(boxes, 1) - 1 AS idx
  FROM (
    SELECT job, dataset_object_id, worker_id, json_extract(answer, '$.*.boundingBoxes[*]') AS boxes
    FROM responses WHERE worker_id IS NOT NULL AND dataset_object_id IS NOT NULL AND answer IS NOT NULL
    QUALIFY row_number() OVER (
      PARTITION BY job, dataset_object_id, worker_id
      ORDER BY submitted DESC NULLS LAST, iteration DESC NULLS LAST, file_id DESC, answer_no DESC) = 1
  )
)
UNION ALL
SELECT 'job', NULL, l.source, coalesce(l.made_by, l.label_attribute), a.idx, a.class_name, a."left", a.top,
  a.width, a.height
FROM annotations a JOIN distinct_labels l USING (file_id, line_no, label_attribute)
WHERE a.shape = 'box' AND l.source IS NOT NULL;

-- Boxes of two workers, or two jobs, on one image: each box with the one that fits best, if that is mutual.
CREATE OR REPLACE VIEW box_matches AS
WITH crossed AS (
  SELECT a.among, a.job, a.object, a.rater AS rater_a, b.rater AS rater_b, a.idx AS idx_a, b.idx AS idx_b,
    a.class_name AS class_a, b.class_name AS class_b,
    box_iou(a."left", a.top, a.width, a.height, b."left", b.top, b.width, b.height) AS iou
  FROM rated_boxes a JOIN rated_boxes b
    ON b.among = a.among AND b.job IS NOT DISTINCT FROM a.job AND b.object = a.object AND a.rater < b.rater
)
SELECT * FROM crossed
WHERE iou > 0
QUALIFY row_number() OVER (PARTITION BY among, job, object, rater_a, rater_b, idx_a ORDER BY iou DESC, idx_b) = 1
  AND row_number() OVER (PARTITION BY among, job, object, rater_a, rater_b, idx_b ORDER BY iou DESC, idx_a) = 1;

-- Agreement of boxes. `mean_iou` is of matched boxes; `score` counts those without a match as 0.
CREATE OR REPLACE VIEW box_agreement AS
WITH sizes AS (
  SELECT among, job, object, rater, count(*) AS n FROM rated_boxes GROUP BY ALL
), pairs AS (
  SELECT a.among, a.job, a.object, a.rater AS rater_a, b.rater AS rater_b, a.n + b.n AS n
  FROM sizes a JOIN sizes b
    ON b.among = a.among AND b.job IS NOT DISTINCT FROM a.job AND b.object = a.object AND a.rater < b.rater
), matched AS (
  SELECT among, job, object, rater_a, rater_b, count(*) AS n, sum(iou) AS iou,
    count(*) FILTER (class_a = class_b) AS n_same, count(*) FILTER (iou >= 0.5) AS n_half
  FROM box_matches GROUP BY ALL
), best AS (
  SELECT p.among, p.job, if(p.among = 'job', p.rater_a, NULL) AS rater_a,
    if(p.among = 'job', p.rater_b, NULL) AS rater_b,
    count(DISTINCT p.object) AS n_objects, count(*) AS n_pairs, coalesce(sum(m.n), 0)::BIGINT AS n_matched,
    sum(m.iou) / sum(m.n) AS mean_iou, coalesce(2 * sum(m.iou), 0) / sum(p.n) AS score,
    coalesce(2 * sum(m.n_half), 0) / sum(p.n) AS f1_at_half, sum(m.n_same) / sum(m.n) AS same_class
  FROM pairs p LEFT JOIN matched m
    ON m.among = p.among AND m.job IS NOT DISTINCT FROM p.job AND m.object = p.object
    AND m.rater_a = p.rater_a AND m.rater_b = p.rater_b
  GROUP BY ALL
), audited AS (
  SELECT job, audit_job, count(DISTINCT (dataset_object_id, sensor, frame_no)) AS n_objects, count(*) AS n_pairs,
    count(iou) AS n_matched, avg(iou) AS mean_iou,
    2 * coalesce(sum(iou), 0) / (count(*) + count(*) FILTER (change NOT IN ('added', 'removed'))) AS score,
    2 * count(*) FILTER (iou >= 0.5) / (count(*) + count(*) FILTER (change NOT IN ('added', 'removed'))) AS f1_at_half,
    avg((NOT class_changed)::INTEGER) FILTER (iou IS NOT NULL) AS same_class
  FROM audit
  WHERE kind = 'object' AND (iou IS NOT NULL OR change IN ('added', 'removed'))
  GROUP BY job, audit_job HAVING count(iou) > 0
)
SELECT 'object-id' AS matched_by, job, audit_job AS other_job, n_objects, n_pairs, n_matched, mean_iou, score,
  f1_at_half, same_class
FROM audited
UNION ALL
SELECT if(among = 'worker', 'best match of workers', 'best match of jobs'), coalesce(job, rater_a), rater_b,
  n_objects, n_pairs, n_matched, mean_iou, score, f1_at_half, same_class
FROM best;
