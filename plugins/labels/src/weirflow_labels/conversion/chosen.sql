-- What is to be converted, as temporary tables. `wanted_jobs`, `wanted_attributes` hold what was asked for, if anything.

-- Labels with the jobs that made them: a chained manifest repeats those of earlier jobs, and they count once.
CREATE TEMP TABLE made AS
SELECT l.*, f.kind, lower(coalesce(l.job_name, l.job)) AS maker
FROM labels l JOIN files f USING (file_id)
WHERE f.kind <> 'intermediate'
QUALIFY row_number() OVER (
  PARTITION BY l.source, l.label_attribute, maker
  ORDER BY (lower(l.job) IS NOT DISTINCT FROM maker) DESC, l.file_id, l.line_no DESC
) = 1;

-- Sequences of frames. Those of no manifest have no source and no attribute.
CREATE TEMP TABLE videos AS
WITH sequences AS (
  SELECT DISTINCT s.file_id, s.sensor, s.job, s.dataset_object_id, f.path, f.loaded_at
  FROM (
    SELECT file_id, sensor, job, dataset_object_id FROM frames
    UNION SELECT file_id, sensor, job, dataset_object_id FROM objects WHERE shape <> 'cuboid'
  ) s JOIN files f USING (file_id)
  -- the frames of a lidar hold cuboids alone, and those are not of an image
  WHERE NOT EXISTS (
    SELECT 1 FROM objects o
    WHERE o.file_id = s.file_id AND o.sensor IS NOT DISTINCT FROM s.sensor AND o.shape = 'cuboid'
  )
), told AS (
  SELECT s.*, m.source, m.label_attribute, m.created
  FROM sequences s
  LEFT JOIN made m ON m.maker = lower(s.job) AND s.dataset_object_id = CAST(m.line_no - 1 AS VARCHAR)
    AND (m.task_type LIKE 'video-%' OR m.task_type LIKE 'point-cloud-%')
  QUALIFY row_number() OVER (PARTITION BY s.file_id, s.sensor ORDER BY m.created DESC NULLS LAST, m.label_attribute) = 1
)
SELECT row_number() OVER (ORDER BY job NULLS LAST, length(dataset_object_id), dataset_object_id, path, sensor) AS video_id, *
FROM told
WHERE (NOT EXISTS (FROM wanted_jobs) OR lower(job) IN (SELECT job FROM wanted_jobs))
  AND (NOT EXISTS (FROM wanted_attributes) OR label_attribute IN (SELECT attribute FROM wanted_attributes));

-- Images of one label each.
CREATE TEMP TABLE stills AS
SELECT m.* FROM made m
WHERE (m.task_type LIKE '%object-detection' OR m.task_type LIKE '%instance-segmentation' OR EXISTS (
    SELECT 1 FROM annotations a
    WHERE a.file_id = m.file_id AND a.line_no IS NOT DISTINCT FROM m.line_no
      AND a.label_attribute IS NOT DISTINCT FROM m.label_attribute
      AND a.shape IN ('box', 'polygon', 'polyline', 'keypoint')
  ))
  AND m.task_type NOT LIKE 'video-%' AND m.task_type NOT LIKE 'point-cloud-%'
  AND (NOT EXISTS (FROM wanted_jobs) OR m.maker IN (SELECT job FROM wanted_jobs))
  AND (NOT EXISTS (FROM wanted_attributes) OR m.label_attribute IN (SELECT attribute FROM wanted_attributes));

CREATE TEMP TABLE images AS
SELECT row_number() OVER (ORDER BY video_id NULLS FIRST, frame_no, place) AS image_id, *
FROM (
  SELECT NULL::BIGINT AS video_id, file_id, line_no, NULL AS sensor, label_attribute, NULL::BIGINT AS frame_no,
    source AS place, maker AS job, coalesce(created, now()) AS created,
    image_width AS width, image_height AS height, NULL::INTEGER AS depth
  FROM stills
  UNION ALL
  SELECT v.video_id, f.file_id, NULL, f.sensor, v.label_attribute, f.frame_no,
    -- a frame lies beside the file that lists the frames, unless its name says where
    CASE WHEN contains(f.frame, '/') OR NOT contains(coalesce(v.source, ''), '/') THEN f.frame
      ELSE regexp_replace(v.source, '[^/]*$', '') || f.frame END,
    v.job, coalesce(v.created, v.loaded_at), NULL, NULL, NULL
  FROM frames f JOIN videos v ON v.file_id = f.file_id AND v.sensor IS NOT DISTINCT FROM f.sensor
  WHERE keeps(f.attributes, 'frame')
);

CREATE TEMP TABLE marked AS
SELECT row_number() OVER (ORDER BY image_id, idx) AS mark_id,
  dense_rank() OVER (PARTITION BY video_id ORDER BY first_seen, object_id) AS track_id,
  * EXCLUDE (first_seen)
FROM (
  SELECT i.image_id, NULL::BIGINT AS video_id, a.idx, a.shape, named(a.class_name, a.class_id, a.attributes) AS class,
    a."left", a.top, a.width, a.height, a.vertices, a.confidence, NULL AS object_id, 0 AS first_seen, a.attributes
  FROM annotations a
  JOIN images i ON i.video_id IS NULL AND i.file_id = a.file_id AND i.line_no IS NOT DISTINCT FROM a.line_no
    AND i.label_attribute IS NOT DISTINCT FROM a.label_attribute
  WHERE keeps(a.attributes, 'object') AND a.shape IN ('box', 'polygon', 'polyline', 'keypoint')
  UNION ALL
  SELECT i.image_id, i.video_id, o.idx, o.shape, named(o.class_name, o.class_id, o.attributes),
    o."left", o.top, o.width, o.height, o.vertices, NULL, o.object_id,
    min(o.frame_no) OVER (PARTITION BY i.video_id, o.object_id), o.attributes
  FROM objects o
  JOIN images i ON i.video_id IS NOT NULL AND i.file_id = o.file_id AND i.sensor IS NOT DISTINCT FROM o.sensor
    AND i.frame_no IS NOT DISTINCT FROM o.frame_no
  WHERE keeps(o.attributes, 'object')
);

-- Classes in the order in which workers were given them, and then by name; from 0. An attribute's choices, where it
-- stands for the class.
CREATE TEMP TABLE classes AS
SELECT row_number() OVER (ORDER BY min(place) NULLS LAST, name) - 1 AS number, name
FROM (
  SELECT class AS name, NULL::BIGINT AS place FROM marked
  UNION ALL
  SELECT name, position FROM categories
  WHERE scope = 'class' AND chosen_class() IS NULL AND lower(job) IN (SELECT DISTINCT job FROM images UNION SELECT lower(job) FROM videos)
  UNION ALL
  SELECT unnest(choices), generate_subscripts(choices, 1) FROM categories
  WHERE scope = 'attribute' AND name = chosen_class() AND lower(job) IN (SELECT lower(job) FROM videos UNION SELECT job FROM images)
)
WHERE name IS NOT NULL
GROUP BY name;
