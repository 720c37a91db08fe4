-- The tables of a label database. All but `about` and `workers` hold rows of single files, by `file_id`, so that a
-- file's rows can be replaced as one. Instants are TIMESTAMPTZ in UTC. Attributes are text, as they were written: a
-- number or a boolean becomes its JSON spelling, a null stays null. Boxes and points are in pixels from the top left
-- corner of the image; cuboids in metres and radians, as the labelling tool wrote them.

CREATE TABLE about (key VARCHAR, value VARCHAR);  -- what it was made from, and by: see `labels.read`

-- One row a file of the lake that is read. `path` is relative to the root. `file_id` is another each time that the file
-- is read. `etag` is the SHA-256 of a file of this machine, and empty where it could not be opened. `state` is `loaded`,
-- `stale` (it cannot be read any more, and its last good rows stay), `error` (it never could) or `deleted` (it
-- vanished, and its rows with it).
CREATE TABLE files (
  file_id INTEGER, path VARCHAR, kind VARCHAR,
  job VARCHAR, modality VARCHAR, level VARCHAR, parent_job VARCHAR, batch VARCHAR,
  dataset_object_id VARCHAR, iteration INTEGER,
  size BIGINT, mtime_ns BIGINT, etag VARCHAR, state VARCHAR, error VARCHAR,
  first_seen TIMESTAMPTZ, loaded_at TIMESTAMPTZ, loaded_run INTEGER
);

-- What could not be read: a line (from 1) of a file of lines, an element of a JSON value by its path in `place`, as
-- `$.answers[3]` (from 0), or a whole file, where both are null.
CREATE TABLE rejects (
  file_id INTEGER, line_no BIGINT, place VARCHAR, reason VARCHAR, raw VARCHAR, run INTEGER
);

-- One row a label: a pair `<attribute>`, `<attribute>-metadata` of a line of a manifest, or what answers to it in the
-- output of other tools. `job` is the job whose output the file is, `job_name` the one that made the label: a chained
-- manifest repeats the labels of earlier jobs (see the view `distinct_labels`). `class_id` and `class_name` are of labels
-- that are one class; the classes of multi-label jobs, boxes, spans and masks are rows of `annotations`.
CREATE TABLE labels (
  file_id INTEGER, line_no BIGINT, job VARCHAR,
  source VARCHAR,            -- the data object: an address, or the text itself where `source_kind` is `text`
  source_kind VARCHAR,       -- `ref` or `text`
  label_attribute VARCHAR, task_type VARCHAR,  -- without `groundtruth/`, in lower case with hyphens
  job_name VARCHAR,          -- without `labeling-job/`
  created TIMESTAMPTZ, human BOOLEAN, confidence DOUBLE,
  class_id VARCHAR, class_name VARCHAR,
  adjustment_status VARCHAR, -- `adjusted`, `unadjusted` or null
  comment VARCHAR,           -- a reviewer's words
  image_width INTEGER, image_height INTEGER,
  value JSON,                -- the label as it was written, where it is not rows of `annotations`
  metadata JSON              -- what is in the metadata beyond these columns
);

-- One row a thing that a label marks in its data object: a box, a shape, a span of text, a mask, a class of several.
CREATE TABLE annotations (
  file_id INTEGER, line_no BIGINT, job VARCHAR, source VARCHAR, label_attribute VARCHAR, task_type VARCHAR,
  idx INTEGER,               -- from 0, in the order of the file
  shape VARCHAR,             -- `box`, `polyline`, `polygon`, `keypoint`, `cuboid`, `span`, `mask` or `class`
  class_id VARCHAR, class_name VARCHAR, confidence DOUBLE,
  "left" DOUBLE, top DOUBLE, width DOUBLE, height DOUBLE,
  vertices STRUCT(x DOUBLE, y DOUBLE)[],
  cuboid STRUCT(center_x DOUBLE, center_y DOUBLE, center_z DOUBLE, length DOUBLE, width DOUBLE, height DOUBLE,
                roll DOUBLE, pitch DOUBLE, yaw DOUBLE),
  text_start BIGINT, text_end BIGINT,  -- of `source`, from 0, the end not included
  mask_uri VARCHAR, color VARCHAR,
  object_name VARCHAR, attributes MAP(VARCHAR, VARCHAR)
);

-- One row a frame of a labelled sequence, those without objects too. `sensor` is null for video.
CREATE TABLE frames (
  file_id INTEGER, job VARCHAR, dataset_object_id VARCHAR, sensor VARCHAR,
  frame_no BIGINT, frame VARCHAR, n_objects INTEGER, attributes MAP(VARCHAR, VARCHAR)
);

-- One row an object in a frame of a sequence. `object_id` is the same through the frames of a track.
CREATE TABLE objects (
  file_id INTEGER, job VARCHAR, dataset_object_id VARCHAR, sensor VARCHAR,
  frame_no BIGINT, frame VARCHAR, shape VARCHAR, idx INTEGER,
  object_id VARCHAR, object_name VARCHAR, class_id VARCHAR, class_name VARCHAR,
  "left" DOUBLE, top DOUBLE, width DOUBLE, height DOUBLE,
  vertices STRUCT(x DOUBLE, y DOUBLE)[],
  cuboid STRUCT(center_x DOUBLE, center_y DOUBLE, center_z DOUBLE, length DOUBLE, width DOUBLE, height DOUBLE,
                roll DOUBLE, pitch DOUBLE, yaw DOUBLE),
  attributes MAP(VARCHAR, VARCHAR)
);

-- One row an answer of a worker, every one of them. `active_s` is the time that the tool counted as work, in seconds;
-- `submitted - accepted` is the time on the wall. `n_units` is how many boxes, shapes, spans, frames or classes it has.
CREATE TABLE responses (
  file_id INTEGER, job VARCHAR, modality VARCHAR, iteration INTEGER, dataset_object_id VARCHAR,
  answer_no INTEGER,         -- from 0, in the order of the file
  worker_id VARCHAR,         -- a pseudonym: see `workers`
  accepted TIMESTAMPTZ, submitted TIMESTAMPTZ, active_s DOUBLE,
  class_name VARCHAR,        -- of answers that are one class
  n_units BIGINT, answer JSON
);

-- Who was seen where. The pseudonym is `worker-` and ten digits of the SHA-256 of what the service calls a worker,
-- without the workforce and region before it, which the workers' log does not have.
CREATE TABLE sightings (
  file_id INTEGER, worker_id VARCHAR, sub VARCHAR,  -- a pseudonym too: `sub-` and ten digits
  identity_provider VARCHAR
);

-- One row a worker. `name` and `email` are null unless a file of names was given; `sub` is a pseudonym.
CREATE TABLE workers (worker_id VARCHAR, sub VARCHAR, identity_provider VARCHAR, name VARCHAR, email VARCHAR);

-- One row an event of the workers' log: tasks accepted, submitted, returned and declined.
CREATE TABLE activity (
  file_id INTEGER, line_no BIGINT, worker_id VARCHAR, sub VARCHAR,
  job VARCHAR, job_type VARCHAR, event_type VARCHAR, "at" TIMESTAMPTZ,
  accepted TIMESTAMPTZ, submitted TIMESTAMPTZ, returned TIMESTAMPTZ, declined TIMESTAMPTZ
);

-- What a job was asked to label: its classes and attributes, with their choices in order, those never used too.
CREATE TABLE categories (
  file_id INTEGER, job VARCHAR,
  scope VARCHAR,             -- `class`, `attribute` (of objects), `frame attribute`
  class_name VARCHAR,        -- of a class, or of an attribute that one class alone has
  position INTEGER, name VARCHAR, type VARCHAR, choices VARCHAR[], required BOOLEAN, shape VARCHAR
);

-- Answers that are known to be right, to hold workers against. `source` is that of `labels`, or the name of its file
-- without folder and ending.
CREATE TABLE golden (file_id INTEGER, job VARCHAR, dataset_object_id VARCHAR, source VARCHAR, class_name VARCHAR);
