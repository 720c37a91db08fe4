"""Each kind of label that lies in manifests, in the shape that its documentation gives."""

from datetime import UTC, datetime

import pytest

AT = "2021-09-29T05:50:35.566000"
CREATED = datetime(2021, 9, 29, 5, 50, 35, 566000, UTC)


def line(value, kind, *, attribute="a", source="s3://b/1.jpg", **metadata):
    """A line with one label; None for one that is missing."""
    about = {"type": f"groundtruth/{kind}", "job-name": "labeling-job/j", "human-annotated": "yes"}
    about |= {"creation-date": AT} | {k.replace("_", "-"): v for k, v in metadata.items()}
    label = {} if value is None else {attribute: value}
    return {"source-ref": source, **label, f"{attribute}-metadata": about}


def common(task_type, **more):
    return {
        "file_id": 1,
        "line_no": 1,
        "job": "the-job",
        "source": "s3://b/1.jpg",
        "source_kind": "ref",
        "label_attribute": "a",
        "task_type": task_type,
        "job_name": "j",
        "created": CREATED,
        "human": True,
    } | more


def mark(task_type, shape, **more):
    keys = ("file_id", "line_no", "job", "source", "label_attribute")
    row = {k: v for k, v in common(task_type).items() if k in keys}
    return row | {"task_type": task_type, "idx": 0, "shape": shape} | more


@pytest.mark.parametrize(("value", "written"), [(3, "3"), ("3", '"3"')])
@pytest.mark.parametrize("kind", ["image-classification", "text-classification", "video-classification"])
def test_one_class(stage, kind, value, written):
    staged = stage([line(value, kind, class_name="dog", confidence=0.25)])
    expected = common(kind, class_id="3", class_name="dog", confidence=0.25, value=written)
    assert staged.labels == [expected]
    assert staged.annotations == []


def test_one_class_without_confidence_without_label_and_with_an_object_for_one(stage):
    kind = "image-classification"
    staged = stage(
        [line(0, kind, class_name="dog"), line(None, kind, class_name="cat"), line({"x": 1}, kind)]
    )
    assert staged.labels == [
        common(kind, class_id="0", class_name="dog", value="0"),
        common(kind, line_no=2, class_name="cat"),
        common(kind, line_no=3, value='{"x":1}'),
    ]


def test_the_data_object_may_be_the_text_itself(stage):
    record = line(1, "text-classification") | {"source": "so „good“"}
    del record["source-ref"]
    (row,) = stage([record]).labels
    assert (row["source"], row["source_kind"]) == ("so „good“", "text")


@pytest.mark.parametrize("kind", ["image-classification-multilabel", "text-classification-multilabel"])
def test_several_classes(stage, kind):
    record = line([1, 0, 8], kind, class_map={"1": "car", "0": "bus"}, confidence_map={"1": 0.9, "8": 0.2})
    staged = stage([record])
    assert staged.labels == [common(kind)]
    assert staged.annotations == [
        mark(kind, "class", class_id="1", class_name="car", confidence=0.9),
        mark(kind, "class", idx=1, class_id="0", class_name="bus"),
        mark(kind, "class", idx=2, class_id="8", confidence=0.2),
    ]


def test_spans(stage):
    entities = [
        {"label": "Thing", "startOffset": 22, "endOffset": 53},
        {"label": "Date", "startOffset": 4, "endOffset": 9},
    ]
    value = {"annotations": {"labels": [{"label": "Thing", "shortDisplayName": "t"}], "entities": entities}}
    staged = stage(
        [line(value, "text-span", entities=[{"confidence": 0.5}])]
    )  # one less than there are spans
    assert staged.labels == [common("text-span")]
    assert staged.annotations == [
        mark("text-span", "span", class_name="Thing", confidence=0.5, text_start=22, text_end=53),
        mark("text-span", "span", idx=1, class_name="Date", text_start=4, text_end=9),
    ]


BOXES = {
    "image_size": [{"width": 500, "height": 400, "depth": 3}],
    "annotations": [
        {"class_id": 0, "left": 111, "top": 134, "width": 61, "height": 128},
        {"class_id": 5, "left": 1.5, "top": 20, "width": 30, "height": 30.25},
    ],
}


@pytest.mark.parametrize("objects", [[0.8], [0.8, 0.9], [0.8, 0.9, 0.7]])
def test_boxes_have_confidences_as_far_as_there_are_any(stage, objects):
    facts = {"objects": [{"confidence": c} for c in objects], "class_map": {"0": "dog"}}
    staged = stage([line(BOXES, "object-detection", **facts)])
    assert staged.labels == [common("object-detection", image_width=500, image_height=400)]
    first = {"left": 111, "top": 134, "width": 61, "height": 128, "class_id": "0", "class_name": "dog"}
    second = {"left": 1.5, "top": 20, "width": 30, "height": 30.25, "class_id": "5"}
    second |= {"confidence": 0.9} if len(objects) > 1 else {}
    assert staged.annotations == [
        mark("object-detection", "box", confidence=0.8, **first),
        mark("object-detection", "box", idx=1, **second),
    ]


def test_an_image_without_boxes_has_a_label(stage):
    value = BOXES | {"annotations": []}
    staged = stage([line(value, "object-detection", objects=[], class_map={})])
    assert staged.labels == [common("object-detection", image_width=500, image_height=400)]
    assert staged.annotations == []


def test_adjustments(stage):
    record = line(BOXES, "object-detection") | line(
        BOXES, "object-detection", attribute="b", adjustment_status="adjusted"
    )
    labels = stage([record]).labels
    assert [(r["label_attribute"], r.get("adjustment_status")) for r in labels] == [
        ("a", None),
        ("b", "adjusted"),
    ]


@pytest.mark.parametrize(
    ("kind", "key", "uri"),
    [
        ("semantic-segmentation", "internal-color-map", "s3://b/mask.png"),
        ("point_cloud_single_frame_semantic_segmentation", "color-map", "s3://b/mask.zlib"),
    ],
)
def test_masks(stage, kind, key, uri):
    colors = {
        "1": {"class-name": "road", "hex-color": "#f28333", "confidence": 0.9},
        "0": {"class-name": "BACKGROUND", "hex-color": "#ffffff"},
    }
    staged = stage([line(uri, kind, attribute="m-ref", **{key: colors})])
    task = kind.replace("_", "-")
    assert staged.labels == [common(task, label_attribute="m-ref", value=f'"{uri}"')]
    found = {"label_attribute": "m-ref", "mask_uri": uri}
    assert staged.annotations == [
        mark(task, "mask", class_id="1", class_name="road", color="#f28333", confidence=0.9) | found,
        mark(task, "mask", idx=1, class_id="0", class_name="BACKGROUND", color="#ffffff") | found,
    ]


def test_verification_with_the_words_of_workers(stage):
    words = [{"comment": "too wide"}, {"comment": "one is missing"}]
    verdict = line("1", "label-verification", class_name="bad", confidence=0.93, worker_feedback=words)
    expected = {"class_id": "1", "class_name": "bad", "confidence": 0.93, "value": '"1"'}
    labels = stage([verdict, line("0", "label-verification", class_name="good")]).labels
    assert labels[0] == common("label-verification", comment="too wide\none is missing", **expected)
    assert "comment" not in labels[1]


@pytest.mark.parametrize(
    "words", [[{"comment": "secret"}], ["secret"], "secret", {"text": "secret"}, [], None]
)
def test_words_of_workers_are_in_the_comment_alone(stage, words):
    (row,) = stage([line("1", "label-verification", worker_feedback=words)]).labels
    assert "metadata" not in row
    assert ("secret" in str(row.get("comment"))) == bool(words)


@pytest.mark.parametrize(
    "kind", ["video-object-detection", "video-object-tracking", "point_cloud_object_tracking"]
)
def test_sequences_are_addresses_of_their_files(stage, kind):
    uri = "s3://b/annotations/consolidated-annotation/output/0/SeqLabel.json"
    staged = stage([line(uri, kind, attribute="t-ref", class_map={"0": "car"})])
    facts = {"value": f'"{uri}"', "metadata": '{"class-map":{"0":"car"}}'}
    assert staged.labels == [common(kind.replace("_", "-"), label_attribute="t-ref", **facts)]
    assert staged.annotations == []


def test_cuboids(stage):
    cuboid = {"center-x": -2.5, "center-y": 125, "center-z": 0.25, "length": 3, "width": 2, "height": 1}
    cuboid |= {"roll": 0, "pitch": 0.5, "yaw": 1.5}
    attributes = {"Occlusion": "Partial", "n": 2, "none": None}
    value = {
        "annotations": [
            {"object-name": "Car:1", "class-id": 0, "label-category-attributes": attributes} | cuboid
        ]
    }
    record = line(value, "point_cloud_object_detection", objects=[])
    record["a-metadata"] |= {"class_map": {"0": "Car"}, "dataset-object-attributes": {"weather": "rain"}}
    staged = stage([record])
    kind = "point-cloud-object-detection"
    assert staged.labels == [common(kind, metadata='{"dataset-object-attributes":{"weather":"rain"}}')]
    expected = {k.replace("-", "_"): v for k, v in cuboid.items()}
    pairs = [("Occlusion", "Partial"), ("n", "2"), ("none", None)]
    facts = {"class_id": "0", "class_name": "Car", "object_name": "Car:1", "attributes": pairs}
    assert staged.annotations == [mark(kind, "cuboid", cuboid=expected, **facts)]


@pytest.mark.parametrize(
    "value", [{}, {"annotation-ref": "s3://b/x.json"}, [1, "x"], "text", 0, {"a": [None]}]
)
@pytest.mark.parametrize("kind", ["groundtruth/custom", "groundTruth/custom"])
def test_custom_labels_are_anything(stage, kind, value):
    import json

    metadata = {"type": kind, "job_name": "labeling-job/c", "human-annotated": "no", "creation_date": AT}
    record = {
        "source-ref": "s3://b/1.jpg",
        "a": value,
        "a-metadata": metadata | {"worker-response-ref": "s3://b/r"},
    }
    (row,) = stage([record]).labels
    assert json.loads(row.pop("value")) == value
    assert row == common("custom", job_name="c", human=False, metadata='{"worker-response-ref":"s3://b/r"}')


def test_what_does_not_fit_a_column_stays_in_the_metadata(stage):
    import json

    record = line(
        0, "image-classification", confidence="high", creation_date="last week", human_annotated="perhaps"
    )
    (row,) = stage([record]).labels
    assert {"created", "human", "confidence"}.isdisjoint(row)
    left = {"confidence": "high", "creation-date": "last week", "human-annotated": "perhaps"}
    assert json.loads(row["metadata"]) == left


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2018-10-18T22:18:13.527256", datetime(2018, 10, 18, 22, 18, 13, 527256, UTC)),
        ("2018-10-18T22:18:13Z", datetime(2018, 10, 18, 22, 18, 13, tzinfo=UTC)),
        ("2018-10-18T22:18:13+0200", datetime(2018, 10, 18, 20, 18, 13, tzinfo=UTC)),
    ],
)
def test_instants_are_in_utc_where_they_say_no_zone(stage, written, meant):
    (row,) = stage([line(0, "image-classification", creation_date=written)]).labels
    assert row["created"] == meant


def test_numbers_that_are_none_are_null(stage):
    """Python writes NaN into JSON where a model gave no confidence."""
    (row,) = stage([line(0, "image-classification", confidence=float("nan"))]).labels
    assert "confidence" not in row
    record = line(BOXES, "object-detection", objects=[{"confidence": float("nan")}])
    assert all("confidence" not in r for r in stage([record]).annotations)
