"""The published SQL runs unmodified, whatever attributes there are."""

import pytest

from weirflow_labels.compat import SCHEMA
from weirflow_labels.database import define_views

# From the post "Build BI dashboards for your Amazon SageMaker Ground Truth labels and worker metadata", word for word
TABLES = (
    "annotations_batch_manifests",
    "worker_metrics_processed_worker_metrics",
    "output_manifest_videoobjecttracking",
    "output_manifest_videoobjecttrackingaudit",
)
CHECKS = tuple(f'SELECT * FROM "smgt-gluedatabase"."{t}" limit 10;' for t in TABLES)
WORKERS = (
    "SELECT *, cardinality(ans.trackingannotations.framedata.entries) as tasks FROM"
    ' "smgt-gluedatabase"."worker_metrics_processed_worker_metrics", unnest(answercontent) as t(ans);'
)
OBJECTS = (
    'SELECT job_name,each_ann.height,each_ann.width,each_ann.top,each_ann."left",'
    'each_ann."label-category-attributes".moving,each_ann."label-category-attributes".vehicle_type,'
    'each_ann."label-category-attributes".audit,each_ann."object-name",each_ann from\n'
    '(SELECT ann.annotations, partition_1 as job_name FROM "smgt-gluedatabase"."annotations_batch_manifests",'
    ' unnest("tracking-annotations") as t(ann) where cardinality(ann.annotations) != 0) as data,'
    " unnest(data.annotations) as t(each_ann);"
)
FRAMES = (
    'SELECT ann."frame-no",ann.frame,ann."frame-attributes"."number_of_vehicles",'
    'ann."frame-attributes"."quality_of_the_frame",ann.annotations, cardinality(ann.annotations) as num_labels,'
    ' partition_1 as job_name, ann FROM "smgt-gluedatabase"."annotations_batch_manifests",'
    ' unnest("tracking-annotations") as t(ann) where cardinality(ann.annotations) != 0'
)


@pytest.fixture
def tracked(labels):
    """One sequence of three frames, the last of them empty, with an audit of its first frame."""
    batch = {"modality": "VideoObjectTracking", "batch": "one-first_level-cars", "state": "loaded"}
    audit = {"modality": "VideoObjectTrackingAudit", "batch": "one-second_level-check", "state": "loaded"}
    labels.put("files", {"kind": "sequence", "job": "cars", **batch})
    labels.put("files", {"file_id": 2, "kind": "sequence", "job": "check", **audit})
    labels.put("files", {"file_id": 3, "kind": "manifest", "job": "cars", **batch})
    car = {"Moving": "Stationary", "Vehicle_Type": "Car"}
    labels.put(
        "frames",
        {"frame_no": 0, "frame": "0.jpg", "attributes": {"Number_Of_Vehicles": "2"}, "n_objects": 2},
        {"frame_no": 1, "frame": "1.jpg", "attributes": {"Number_Of_Vehicles": "1"}, "n_objects": 1},
        {"frame_no": 2, "frame": "2.jpg", "attributes": None, "n_objects": 0},
        job="cars", dataset_object_id="0",
    )  # fmt: skip
    box = {
        "shape": "box",
        "left": 1,
        "top": 2,
        "width": 3,
        "height": 4,
        "class_id": "0",
        "dataset_object_id": "0",
    }
    labels.put(
        "objects",
        {"frame_no": 0, "idx": 0, "object_name": "Car:1", "attributes": car},
        {"frame_no": 0, "idx": 1, "object_name": "Bus:1", "attributes": {**car, "Vehicle_Type": "Bus"}},
        {"frame_no": 1, "idx": 0, "object_name": "Car:1", "attributes": {"moving": "Dynamic"}},
        job="cars", **box,
    )  # fmt: skip
    answer = '{"trackingAnnotations": {"frameData": {"entries": [{"a": 1}, {"a": 2}]}}, "Other": 5}'
    labels.put(
        "responses",
        {"worker_id": "worker-1", "answer": answer, "active_s": 7.5},
        {"worker_id": "worker-2", "answer": '{"crowd-classifier": {"label": "x"}}', "active_s": None},
        job="cars", modality="VideoObjectTracking", accepted="2024-02-29T23:59:30Z",
        submitted="2024-03-01T00:00:00.5Z", file_id=4,
    )  # fmt: skip
    labels.put(
        "workers", {"worker_id": "worker-1", "sub": "sub-1", "name": "Ada", "email": "ada@example.org"}
    )
    labels.put(
        "labels",
        {"file_id": 3, "line_no": 1, "job": "cars", "job_name": "cars", "source": "s3://b/seq.json", "human": True,
         "source_kind": "ref", "label_attribute": "Cars-ref", "task_type": "video-object-tracking",
         "created": "2024-03-01T00:00:00Z", "value": '"s3://b/SeqLabel.json"'},
    )  # fmt: skip
    return labels


def test_the_queries_run_on_an_empty_database(labels):
    for query in (*CHECKS, WORKERS, OBJECTS, FRAMES):
        assert labels.db.sql(query).to_arrow_table().num_rows == 0


def test_the_queries_run_without_an_audit(tracked):
    define_views(tracked.db)
    found = sorted(
        tracked.ask(OBJECTS), key=lambda r: (r["moving"] != "Stationary", r["vehicle_type"] == "Bus")
    )
    assert [
        (r["job_name"], r["object-name"], r["moving"], r["vehicle_type"], r["audit"], r["left"])
        for r in found
    ] == [
        ("one-first_level-cars", "Car:1", "Stationary", "Car", None, 1.0),
        ("one-first_level-cars", "Bus:1", "Stationary", "Bus", None, 1.0),
        (
            "one-first_level-cars",
            "Car:1",
            "Dynamic",
            None,
            None,
            1.0,
        ),  # a name in another case is the same here
    ]
    found = sorted(tracked.ask(FRAMES), key=lambda r: r["frame-no"])
    assert [
        (r["frame-no"], r["number_of_vehicles"], r["num_labels"], r["quality_of_the_frame"]) for r in found
    ] == [
        (0, "2", 2, None),
        (1, "1", 1, None),
    ]
    for query in CHECKS:
        tracked.ask(query)


def test_audits_and_numbers_show_as_the_data_has_them(tracked):
    tracked.put("frames", {"file_id": 2, "job": "check", "dataset_object_id": "0", "frame_no": 0,
                           "attributes": {"Quality_Of_The_Frame": "Pass"}})  # fmt: skip
    tracked.put("objects", {"file_id": 2, "job": "check", "dataset_object_id": "0", "frame_no": 0, "idx": 0,
                            "shape": "box", "attributes": {"audit": "Fail", "it's \"odd\"": "1"}})  # fmt: skip
    tracked.put("categories", {"scope": "frame attribute", "name": "Number_Of_Vehicles", "type": "number"})
    define_views(tracked.db)
    assert [r["audit"] for r in tracked.ask(OBJECTS) if r["job_name"] == "one-second_level-check"] == ["Fail"]
    frames = {(r["job_name"], r["frame-no"]): r for r in tracked.ask(FRAMES)}
    assert [r["number_of_vehicles"] for _, r in sorted(frames.items())] == [2.0, 1.0, None]
    assert frames["one-second_level-check", 0]["quality_of_the_frame"] == "Pass"


def test_every_answer_has_its_row(tracked):
    define_views(tracked.db)
    one, two = sorted(tracked.ask(WORKERS), key=lambda r: r["workerid"])
    assert (one["username"], one["email"], one["tasks"], one["timespentinseconds"]) == (
        "Ada",
        "ada@example.org",
        2,
        7.5,
    )
    assert (two["username"], two["email"], two["tasks"], two["sub"]) == ("worker-2", None, None, None)
    assert (one["acceptancetime"], one["submissiontime"]) == (
        "2024-02-29T23:59:30.000Z",
        "2024-03-01T00:00:00.500Z",
    )
    assert (one["year"], one["month"], one["date"], one["hour"]) == (2024, 3, 1, 0)
    assert one["ans"]["other"] == "5"


def test_manifests_have_a_row_a_line(tracked):
    define_views(tracked.db)
    (row,) = tracked.ask(CHECKS[2])
    assert row["source-ref"] == "s3://b/seq.json"
    assert row["cars-ref"] == "s3://b/SeqLabel.json"
    assert row["cars-ref-metadata"]["job-name"] == "labeling-job/cars"
    assert row["cars-ref-metadata"]["type"] == "groundtruth/video-object-tracking"
    assert row["partition_1"] == "one-first_level-cars"
    assert tracked.ask(CHECKS[3]) == []


def test_other_modalities_get_tables_of_their_own(labels):
    labels.put(
        "labels", {"line_no": 1, "label_attribute": "a", "task_type": "object-detection", "source": "x"}
    )
    define_views(labels.db)
    assert len(labels.ask(f'FROM "{SCHEMA}".output_manifest_objectdetection')) == 1
