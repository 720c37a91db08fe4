"""A small database of labels, written by hand: two clips of three frames, an audit of one of them, and three stills."""

import json

import pytest
from PIL import Image

from weirflow.api import File, Files
from weirflow.engines.base import engine
from weirflow.run.folders import LIST
from weirflow.run.steps import FileTarget
from weirflow_labels.convert import ConvertLabels
from weirflow_labels.database import connect, create

# one car that crosses, one bus that comes later; the reviewer of `audit` fails one label of the bus
ROWS = """
INSERT INTO files BY NAME SELECT * FROM (VALUES
  (1, 'north/output.manifest', 'manifest', 'North', NULL), (2, 'north/0/SeqLabel.json', 'sequence', 'North', '0'),
  (3, 'audit/output.manifest', 'manifest', 'audit', NULL), (4, 'audit/0/SeqLabel.json', 'sequence', 'audit', '0'),
  (5, 'signs/output.manifest', 'manifest', 'signs', NULL), (6, 'signs/part.manifest', 'intermediate', 'signs', NULL),
  (7, 'north/1/SeqLabel.json', 'sequence', 'North', '1')
) f(file_id, path, kind, job, dataset_object_id);
UPDATE files SET state = 'loaded', loaded_at = '2026-03-01 00:00:00+00';

INSERT INTO labels BY NAME SELECT * FROM (VALUES
  (1, 1, 'North', 's3://b/clips/a/seq.json', 'cars', 'video-object-tracking', 'north', '2026-03-02 10:00:00+00'),
  (1, 2, 'North', 's3://b/clips/c/seq.json', 'cars', 'video-object-tracking', 'north', '2026-03-02 10:00:00+00'),
  (3, 1, 'audit', 's3://b/clips/a/seq.json', 'cars', 'video-object-tracking', 'north', '2026-03-02 10:00:00+00'),
  (3, 1, 'audit', 's3://b/clips/a/seq.json', 'cars-audit', 'video-object-tracking', 'audit', '2026-03-03 10:00:00+00')
) l(file_id, line_no, job, source, label_attribute, task_type, job_name, created);
INSERT INTO labels BY NAME SELECT *, 'signs' AS job, 'signs' AS job_name, 'shape' AS label_attribute,
  'object-detection' AS task_type, TIMESTAMPTZ '2026-03-04 10:00:00+00' AS created FROM (VALUES
  (5, 1, 's3://b/signs/x.jpg', 100, 50), (5, 2, 's3://b/signs/y.jpg', NULL, NULL), (5, 3, 's3://b/signs/z.jpg', 8, 8),
  (6, 1, 's3://b/signs/x.jpg', 100, 50)
) l(file_id, line_no, source, image_width, image_height);

INSERT INTO annotations BY NAME SELECT *, 'signs' AS job, 'shape' AS label_attribute FROM (VALUES
  (5, 1, 's3://b/signs/x.jpg', 0, 'box', '1', 'stop', 0.9, 5.0, 6.0, 10.0, 20.0, NULL),
  (5, 1, 's3://b/signs/x.jpg', 1, 'box', '0', 'yield', NULL, 50.5, 6.0, 4.0, 3.0, NULL),
  (6, 1, 's3://b/signs/x.jpg', 0, 'box', '1', 'stop', 0.9, 5.0, 6.0, 10.0, 20.0, NULL),
  (5, 2, 's3://b/signs/y.jpg', 0, 'polygon', '0', 'yield', NULL, NULL, NULL, NULL, NULL,
    [{x: 1.0, y: 2.0}, {x: 5.0, y: 2.0}, {x: 1.0, y: 5.0}]),
  (5, 2, 's3://b/signs/y.jpg', 1, 'polyline', '0', 'yield', NULL, NULL, NULL, NULL, NULL,
    [{x: 0.0, y: 0.0}, {x: 4.0, y: 0.0}])
) a(file_id, line_no, source, idx, shape, class_id, class_name, confidence, "left", top, width, height, vertices);

INSERT INTO frames BY NAME
SELECT f.*, n AS frame_no, 'f' || n || '.jpg' AS frame, least(n, 2) AS n_objects,
  MAP {'Frame_Quality': if(n = 2 AND f.job = 'audit', 'Fail', 'Pass')} AS attributes
FROM (SELECT file_id, job, dataset_object_id FROM files WHERE kind = 'sequence') f, range(3) r(n);

INSERT INTO objects BY NAME
SELECT f.*, n AS frame_no, 'f' || n || '.jpg' AS frame, 'box' AS shape, o.idx, o.object_id, o.object_name,
  '0' AS class_id, 'Vehicle' AS class_name, o."left" + 10 * n AS "left", o.top, 30.0 AS width, 40.5 AS height,
  MAP {'Vehicle_Type': o.type, 'audit': if(f.job = 'audit' AND n = 2 AND o.idx = 1, 'Fail', 'Pass')} AS attributes
FROM (SELECT file_id, job, dataset_object_id FROM files WHERE kind = 'sequence') f, range(1, 3) r(n),
  (VALUES (0, 'u-car', 'Vehicle:1', 'Car', 100.0, 20.0), (1, 'u-bus', 'Vehicle:2', 'Bus', 200.0, 80.0))
    o(idx, object_id, object_name, type, "left", top)
WHERE NOT (o.idx = 1 AND n = 1);

INSERT INTO categories BY NAME SELECT * FROM (VALUES
  (1, 'North', 'class', 1, 'Vehicle', NULL), (1, 'North', 'class', 2, 'Person', NULL),
  (1, 'North', 'attribute', 1, 'Vehicle_Type', ['Car', 'Van', 'Bus'])
) c(file_id, job, scope, position, name, choices);
"""


@pytest.fixture
def database(tmp_path):
    """The path of the database."""
    path = tmp_path / "labels.duckdb"
    with connect(path) as db:
        create(db, "lake")
        db.execute(ROWS)
    return path


class Converted:
    """What a conversion has written, and what it has warned of."""

    def __init__(self, folder, receipt, warnings):
        self.folder, self.receipt, self.warnings = folder, receipt, warnings
        paths = [p for p in folder.rglob("*") if p.is_file()]
        self.files = {n: p.read_text() for p in paths if (n := p.relative_to(folder).as_posix()) != LIST}

    def json(self, name="annotations.json"):
        return json.loads(self.files[name])

    def lines(self, name="output.manifest"):
        return [json.loads(line) for line in self.files[name].splitlines()]


@pytest.fixture
def convert(tmp_path, database):
    """Convert the database by these parameters."""

    def do(**parameters):
        node = ConvertLabels.model_validate({"path": "out", **parameters})
        warnings = []
        receipt = node.write(
            Files((File(database),)), FileTarget(tmp_path, None, engine("polars"), warnings.append)
        )
        return Converted(tmp_path / "out", receipt, warnings)

    return do


@pytest.fixture
def pictures(tmp_path):
    """A folder with the frames of the first clip, and one of the stills."""
    folder = tmp_path / "pictures"
    (folder / "a").mkdir(parents=True)
    for n in range(3):
        Image.new("RGB", (64, 36)).save(folder / "a" / f"f{n}.jpg")
    Image.new("L", (7, 9)).save(folder / "y.jpg")
    return folder
