"""Augmented manifests: what the documentation of bounding box jobs says of a line, by hand."""

import pytest

from weirflow.api import NodeError


def test_a_line_for_each_frame_with_its_boxes(convert):
    made = convert(to="manifest", jobs=["audit"], frame_size=[64, 36], prefix="s3://mine/", attribute="cars")
    assert made.lines()[2] == {
        "source-ref": "s3://mine/clips/a/f2.jpg",
        "cars": {
            "image_size": [{"width": 64, "height": 36, "depth": 3}],
            "annotations": [
                {"class_id": 0, "left": 120, "top": 20, "width": 30, "height": 40.5},
                {"class_id": 0, "left": 220, "top": 80, "width": 30, "height": 40.5},
            ],
        },
        "cars-metadata": {
            "objects": [{"confidence": 0}, {"confidence": 0}],
            "class-map": {"0": "Vehicle"},
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "creation-date": "2026-03-03T10:00:00.000000",
            "job-name": "labeling-job/audit",
        },
    }
    empty = made.lines()[0]
    assert empty["cars"]["annotations"] == []
    assert empty["cars-metadata"]["objects"] == []


def test_stills_keep_their_confidence_and_shape(convert, pictures):
    made = convert(to="manifest", jobs=["signs"], images="pictures")
    first, second, third = made.lines()
    assert [o["confidence"] for o in first["boxes-metadata"]["objects"]] == [0.9, 0]
    assert [b["left"] for b in first["boxes"]["annotations"]] == [5, 50.5]
    assert first["boxes-metadata"]["class-map"] == {"0": "stop", "1": "yield"}
    assert second["boxes"]["image_size"] == [{"width": 7, "height": 9, "depth": 1}]  # as its file is
    assert third["source-ref"] == "signs/z.jpg"
    assert made.warnings == [
        "1 of shape 'polygon' are left out: manifest has none",
        "1 of shape 'polyline' are left out: manifest has none",
    ]


def test_no_manifest_without_sizes(convert, tmp_path):
    with pytest.raises(NodeError, match=r"the size of 'clips/a/f0\.jpg' is not known"):
        convert(to="manifest", jobs=["audit"])
    assert not (tmp_path / "out").exists()
