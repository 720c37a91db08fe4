"""Sequences of frames: what is in the tables, against the documents by hand and plain Python over real files."""

import json

import pytest

from weirflow_labels.readers.base import UnreadableError

JOB = "jobs/cars"
PATH = JOB + "/annotations/consolidated-annotation/output/{}/SeqLabel.json"


def box(left, name=None, **more):
    """A box as the format has it."""
    found = {
        "height": 20,
        "width": 30,
        "top": 10,
        "left": left,
        "class-id": "0",
        "label-category-attributes": {},
    }
    if name is not None:
        found |= {"object-id": f"id-of-{name}", "object-name": name}
    return found | more


def frame(number, objects, key="annotations", **more):
    return {key: objects, "frame-no": number, "frame": f"f{number}.jpg", "frame-attributes": {}} | more


def test_a_tracking_job(lake):
    moving = {"Moving": "Dynamic", "moving": True, "wheels": 4, "note": None}
    lake.write(
        PATH.format(0),
        {
            "tracking-annotations": [
                frame(
                    "0",
                    [
                        box(5, "Vehicle:1", **{"label-category-attributes": moving}),
                        box(9.5, "Two: wheels:12"),
                    ],
                ),
                frame("1", [], **{"frame-attributes": {"Weather": "rain"}}),
            ]
        },
    )
    staged = lake.read("sequence")
    frames = staged.tuples(
        "SELECT job, dataset_object_id, sensor, frame_no, frame, n_objects FROM staged_frames"
    )
    assert frames == [("cars", "0", None, 0, "f0.jpg", 2), ("cars", "0", None, 1, "f1.jpg", 0)]
    assert staged.rows("frames", "attributes", "frame_no")[1]["attributes"] == [("Weather", "rain")]
    first, second = staged.rows("objects", order="idx")
    assert (first["class_name"], second["class_name"]) == ("Vehicle", "Two: wheels")
    assert (first["object_id"], first["class_id"], first["shape"]) == ("id-of-Vehicle:1", "0", "box")
    assert [second[c] for c in ("left", "top", "width", "height", "idx")] == [9.5, 10, 30, 20, 1]
    assert first["attributes"] == [("Moving", "Dynamic"), ("moving", "true"), ("wheels", "4"), ("note", None)]
    assert first["vertices"] is None
    assert first["cuboid"] is None


def test_a_detection_job_has_no_names_and_old_files_no_frame_attributes(lake):
    lake.write(
        PATH.format(0),
        {"detection-annotations": [{"annotations": [box(5)], "frame-no": 7, "frame": "a.jpg"}]},
    )
    staged = lake.read("sequence")
    assert staged.tuples("SELECT object_id, object_name, class_name, class_id FROM staged_objects") == [
        (None, None, None, "0")
    ]
    assert staged.tuples("SELECT frame_no, attributes FROM staged_frames") == [(7, None)]


@pytest.mark.parametrize(
    ("key", "thing", "shape", "points"),
    [
        ("polylines", {"vertices": [{"x": 1, "y": 2}, {"x": 3.5, "y": 4}]}, "polyline", [(1, 2), (3.5, 4)]),
        ("polygons", {"vertices": [{"x": 1, "y": 2}] * 3}, "polygon", [(1, 2)] * 3),
        ("keypoints", {"x": 5, "y": 6}, "keypoint", [(5, 6)]),
    ],
)
def test_shapes_of_points(lake, key, thing, shape, points):
    lake.write(
        PATH.format(0),
        {"tracking-annotations": [frame(0, [{"class-id": "1", "object-name": "Lane:3"} | thing], key)]},
    )
    (found,) = lake.read("sequence").rows("objects")
    assert found["shape"] == shape
    assert [(p["x"], p["y"]) for p in found["vertices"]] == points
    assert (found["left"], found["class_name"]) == (None, "Lane")


def test_objects_of_several_kinds_in_one_frame_have_numbers_of_their_own(lake):
    point = {"x": 5, "y": 6, "class-id": "1"}
    lake.write(
        PATH.format(0), {"tracking-annotations": [frame(0, [box(1), box(2)]) | {"keypoints": [point]}]}
    )
    staged = lake.read("sequence")
    assert staged.tuples("SELECT idx, shape FROM staged_objects ORDER BY idx") == [
        (0, "box"),
        (1, "box"),
        (2, "keypoint"),
    ]
    assert staged.tuples("SELECT n_objects FROM staged_frames") == [(3,)]


def test_cuboids_of_point_clouds(lake):
    cuboid = {f"center-{axis}": value for axis, value in zip("xyz", (1.5, -2, 0.25), strict=True)}
    cuboid |= {"length": 4, "width": 2, "height": 1.5, "roll": 0, "pitch": 0.1, "yaw": 1.6}
    cuboid |= {"class-id": 0, "object-id": "o", "object-name": "Car:4"}
    lake.write(
        PATH.format(0),
        {
            "tracking-annotations": [
                {"frame-number": 3, "frame-name": "3.pcd", "annotations": [cuboid], "frame-attributes": {}}
            ]
        },
    )
    (found,) = lake.read("sequence").rows("objects")
    assert (found["shape"], found["frame_no"], found["frame"], found["class_id"]) == (
        "cuboid",
        3,
        "3.pcd",
        "0",
    )
    assert found["cuboid"] == {
        "center_x": 1.5,
        "center_y": -2,
        "center_z": 0.25,
        "length": 4,
        "width": 2,
        "height": 1.5,
        "roll": 0,
        "pitch": 0.1,
        "yaw": 1.6,
    }
    assert (found["width"], found["left"]) == (None, None)  # of the image, where there is none


def test_several_sensors(lake):
    lake.write(
        PATH.format(0),
        {
            "lidar": {
                "tracking-annotations": [
                    {"frame-number": 0, "frame-name": "0.pcd", "annotations": [{"center-x": 1}]}
                ]
            },
            "camera-0": {"tracking-annotations": [frame(0, [box(1, "Car:1")])]},
            "a/b~'c\"": {"detection-annotations": []},
            "comment": "taken at night",
        },
    )
    lake.write(PATH.format(1), {"tracking-annotations": [frame(0, [])]})
    lake.write(PATH.format(2), {"radar": {"tracking-annotations": [frame(4, [])]}})
    staged = lake.read("sequence")
    assert staged.tuples(
        "SELECT dataset_object_id, sensor, frame_no, n_objects FROM staged_frames ORDER BY ALL"
    ) == [
        ("0", "camera-0", 0, 1),
        ("0", "lidar", 0, 1),
        ("1", None, 0, 0),
        ("2", "radar", 4, 0),
    ]
    assert staged.tuples("SELECT sensor, shape FROM staged_objects ORDER BY ALL") == [
        ("camera-0", "box"),
        ("lidar", "cuboid"),
    ]


def test_numbers_of_frames_may_be_text_and_numbers_in_one_tree(lake):
    for number in (0, 1):
        value = str(number) if number else number
        lake.write(PATH.format(number), {"tracking-annotations": [frame(value, [])]})
    assert lake.read("sequence").tuples("SELECT frame_no FROM staged_frames ORDER BY ALL") == [(0,), (1,)]


def test_a_path_may_look_like_a_pattern(lake):
    lake.write(
        "jobs/cars [1]*/annotations/consolidated-annotation/output/0/SeqLabel.json",
        {"tracking-annotations": [frame(0, [])]},
    )
    assert lake.read("sequence").tuples("SELECT job FROM staged_frames") == [("cars [1]*",)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is empty"),
        ("{}", "no sequence of labelled frames"),
        ({"answers": []}, "no sequence of labelled frames"),
        ({"tracking-annotations": None}, "no sequence of labelled frames"),
        ({"lidar": {"tracking-annotations": {}}}, "no sequence of labelled frames"),
        ('{"tracking-annotations": []} {"tracking-annotations": []}', "more than one JSON value"),
    ],
)
def test_what_is_no_sequence_says_why(lake, content, reason):
    lake.write(PATH.format(0), content)
    with pytest.raises(UnreadableError, match=reason):
        lake.read("sequence")


def test_a_truncated_file(lake, duckdb_error):
    lake.write(PATH.format(0), json.dumps({"tracking-annotations": [frame(0, [box(1)])]})[:-20])
    assert duckdb_error(lake, "sequence") == "it ends in the midst of a JSON value"


@pytest.mark.parametrize(
    "content",
    [{"tracking-annotations": {"frame-no": 1}}, '"text"'],
)
def test_values_of_another_type(lake, duckdb_error, content):
    lake.write(PATH.format(0), content)
    assert duckdb_error(lake, "sequence") == "a value in it is of another type than the format says"


def test_a_file_larger_than_duckdb_takes_untold(lake):
    frames = [frame(i, [box(j, f"Vehicle:{j}") for j in range(12)]) for i in range(12_000)]
    size = lake.write(PATH.format(0), {"tracking-annotations": frames}).stat().st_size
    assert size > 1 << 24
    staged = lake.read("sequence")
    assert staged.tuples("SELECT count(*), sum(n_objects) FROM staged_frames") == [(12_000, 144_000)]
    assert staged.tuples("SELECT count(*) FROM staged_objects") == [(144_000,)]


def test_the_real_file(lake, real):
    place = real / "aws__amazon-sagemaker-examples__video_quality__SeqLabel.json"
    lake.add(place, PATH.format(0))
    staged = lake.read("sequence")
    frames = json.loads(place.read_text())["tracking-annotations"]
    assert staged.tuples("SELECT count(*), min(frame_no), max(frame_no) FROM staged_frames") == [
        (300, 0, 299)
    ]
    expected = [
        (
            int(f["frame-no"]),
            a["object-id"],
            a["object-name"].split(":")[0],
            a["left"],
            a["label-category-attributes"].get("Color"),
        )
        for f in frames
        for a in f["annotations"]
    ]
    found = staged.tuples(
        "SELECT frame_no, object_id, class_name, \"left\", attributes['Color'] FROM staged_objects"
    )
    assert sorted(found, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("video_frame_object_detection_output__2.repaired", (2, 4, 1)),
        ("video_frame_object_tracking_output__2.repaired", None),
        ("3d_point_cloud_object_tracking_output__2.repaired", None),
        ("3d_2d_object_tracking_point_cloud_object_tracking_output__2", None),
    ],
)
def test_the_examples_of_the_documentation(lake, real, name, counts):
    place = real / "aws_docs" / f"{name}.json"
    lake.add(place, PATH.format(0))
    value = json.loads(place.read_text())
    parts = [v for k, v in value.items() if k.endswith("-annotations")] or [
        v for part in value.values() for v in part.values()
    ]
    expected = (sum(map(len, parts)), sum(len(f["annotations"]) for p in parts for f in p), len(parts))
    assert counts in {None, expected}
    staged = lake.read("sequence")
    assert staged.tuples(
        "SELECT count(*), (SELECT count(*) FROM staged_objects), count(DISTINCT coalesce(sensor, ''))"
        " FROM staged_frames"
    ) == [expected]
