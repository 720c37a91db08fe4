"""Which labels are converted."""

import pytest

from weirflow.api import File, Files, NodeError
from weirflow.engines.base import engine
from weirflow.run.steps import FileTarget
from weirflow_labels.convert import ConvertLabels
from weirflow_labels.database import connect


def counts(made):
    found = made.json()
    return len(found["images"]), len(found["annotations"])


def test_two_jobs_on_the_same_images_are_refused_by_name(convert):
    with pytest.raises(
        NodeError, match=r"labelled more than once: by North \(cars\) and by audit \(cars-audit\)"
    ):
        convert(to="coco")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"jobs": ["NORTH"]}, (6, 6)),
        ({"jobs": ["aud*"]}, (3, 3)),
        ({"jobs": ["north", "signs"]}, (9, 9)),
        ({"label_attributes": ["cars"]}, (6, 6)),  # the audit's manifest repeats them, and they count once
        ({"label_attributes": ["cars-audit", "shape"]}, (6, 6)),
    ],
)
def test_jobs_and_attributes_choose(convert, parameters, expected):
    assert counts(convert(to="coco", **parameters)) == expected


def test_only_what_passed_the_audit(convert):
    assert counts(convert(to="coco", jobs=["audit"], attributes={"audit": "Pass"})) == (3, 2)
    assert counts(convert(to="coco", jobs=["audit"], attributes={"audit": ["Pass", "Fail"]})) == (3, 3)
    assert counts(convert(to="coco", jobs=["audit"], frame_attributes={"Frame_Quality": "Pass"})) == (2, 1)


def test_a_missing_attribute_is_not_what_is_wanted(convert):
    assert counts(convert(to="coco", jobs=["north"], attributes={"colour": "red"})) == (6, 0)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"jobs": ["nort"]}, "jobs: nothing is called 'nort'"),
        ({"label_attributes": ["x"]}, "label_attributes: nothing is called 'x'"),
        ({"jobs": ["audit"], "frame_attributes": {"Frame_Quality": "So-so"}}, "there is nothing to convert"),
        ({"jobs": ["audit"], "images": "nowhere"}, "folder 'nowhere' is not there"),
    ],
)
def test_what_is_not_there(convert, parameters, text):
    with pytest.raises(NodeError, match=text):
        convert(to="coco", **parameters)


def test_quotes_in_names_are_just_names(convert):
    assert counts(convert(to="coco", jobs=["north"], class_attribute="it's")) == (6, 6)


def test_names_of_frames_do_not_lead_out_of_the_folder(convert, database, tmp_path, pictures):
    (tmp_path / "f1.jpg").write_text("not for you")
    with connect(database) as db:
        db.execute("UPDATE frames SET frame = '../f1.jpg' WHERE frame_no = 1")
    images = convert(to="coco", jobs=["audit"], images="pictures").json()["images"]
    assert [i["file_name"] for i in images] == ["a/f0.jpg", "f1.jpg", "a/f2.jpg"]
    assert "width" not in images[1]


def test_a_file_that_is_no_image(convert, pictures):
    (pictures / "a" / "f1.jpg").write_text("no image")
    with pytest.raises(NodeError, match=r"'a/f1\.jpg' is no image"):
        convert(to="coco", jobs=["audit"], images="pictures")


def test_a_sequence_that_no_manifest_names(convert, database):
    with connect(database) as db:
        db.execute("DELETE FROM labels")
        db.execute("UPDATE files SET job = NULL, dataset_object_id = NULL")
        for table in ("frames", "objects"):
            db.execute(f"UPDATE {table} SET job = NULL, dataset_object_id = NULL")
    made = convert(to="coco").json()
    assert [v["name"] for v in made["videos"]] == ["audit-0-SeqLabel", "north-0-SeqLabel", "north-1-SeqLabel"]
    assert {i["file_name"] for i in made["images"]} == {"f0.jpg", "f1.jpg", "f2.jpg"}


def test_one_database_is_wanted(tmp_path, database):
    node = ConvertLabels(path="out", to="coco")
    with pytest.raises(NodeError, match="the input has 2 files, where one database is wanted"):
        node.write(Files((File(database), File(database))), FileTarget(tmp_path, None, engine("polars")))


def test_a_database_of_something_else(tmp_path):
    with connect(tmp_path / "other.duckdb") as db:
        db.execute("CREATE TABLE t AS SELECT 1")
    node = ConvertLabels(path="out", to="coco")
    with pytest.raises(NodeError, match=r"'other\.duckdb' is no database of labels"):
        node.write(Files((File(tmp_path / "other.duckdb"),)), FileTarget(tmp_path, None, engine("polars")))


def test_lidar_frames_are_no_images(convert, database):
    with connect(database) as db:
        db.execute(
            "INSERT INTO frames BY NAME SELECT 4 AS file_id, 'audit' AS job, '0' AS dataset_object_id,"
            " 'lidar' AS sensor, 0 AS frame_no, '0.pcd' AS frame, MAP {} AS attributes"
        )
        db.execute(
            "INSERT INTO objects BY NAME SELECT 4 AS file_id, 'audit' AS job, '0' AS dataset_object_id,"
            " 'lidar' AS sensor, 0 AS frame_no, 'cuboid' AS shape, 0 AS idx, MAP {} AS attributes"
        )
    assert counts(convert(to="coco", jobs=["audit"])) == (3, 3)
