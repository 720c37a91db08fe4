"""COCO files: what an annotation becomes, and counts against plain Python."""

import json
import random
from collections import Counter

import pytest

from weirflow_labels.readers.base import UnreadableError

IMAGES = [
    {"id": 7, "width": 640, "height": 480, "file_name": "a.jpg"},
    {"id": 3, "width": 320, "height": 240, "file_name": "b.jpg", "license": 1},
]
CATEGORIES = [{"id": 1, "name": "cat", "supercategory": "animal"}, {"id": 18, "name": "dog"}]


def dataset(*annotations, **more):
    listed = [{"id": i, "image_id": 7, "category_id": 18} | a for i, a in enumerate(annotations, 100)]
    return {
        "info": {},
        "licenses": [],
        "images": IMAGES,
        "annotations": listed,
        "categories": CATEGORIES,
    } | more


def test_images_are_labels_and_those_without_annotations_too(lake):
    lake.write("exports/pets.json", dataset({"bbox": [1, 2, 3.5, 4], "area": 14, "iscrowd": 0}))
    staged = lake.read("coco")
    found = staged.tuples(
        "SELECT line_no, job, label_attribute, source, source_kind, task_type, image_width, image_height, metadata"
        " FROM staged_labels ORDER BY line_no"
    )
    assert found == [
        (1, "pets", "pets", "a.jpg", "ref", "object-detection", 640, 480, '{"image_id":"7"}'),
        (2, "pets", "pets", "b.jpg", "ref", "object-detection", 320, 240, '{"image_id":"3"}'),
    ]
    assert staged.tuples("SELECT job, scope, position, name, class_name FROM staged_categories") == [
        ("pets", "class", 0, "cat", "cat"),
        ("pets", "class", 1, "dog", "dog"),
    ]
    (box,) = staged.rows("annotations")
    assert [box[c] for c in ("left", "top", "width", "height", "shape", "class_id", "class_name", "idx")] == [
        *(1, 2, 3.5, 4, "box", "18", "dog", 0)
    ]
    assert (box["line_no"], box["source"], box["object_name"], box["attributes"]) == (
        1,
        "a.jpg",
        "100",
        [("iscrowd", "0")],
    )


SQUARE = [0, 0, 10, 0, 10, 10, 0, 10]


@pytest.mark.parametrize(
    ("annotation", "shape", "points", "kind"),
    [
        ({"bbox": [0, 0, 1, 1], "segmentation": []}, "box", None, "object-detection"),
        (
            {"bbox": [0, 0, 10, 10], "segmentation": [SQUARE]},
            "polygon",
            [(0, 0), (10, 0), (10, 10), (0, 10)],
            None,
        ),
        ({"bbox": [0, 0, 10, 10], "segmentation": [SQUARE, SQUARE]}, "mask", None, None),
        (
            {"bbox": [0, 0, 1, 1], "segmentation": {"counts": [1, 2], "size": [3, 1]}, "iscrowd": 1},
            "mask",
            None,
            None,
        ),
        ({"bbox": [0, 0, 1, 1], "segmentation": {"counts": "b12", "size": [3, 1]}}, "mask", None, None),
        ({}, "class", None, "image-classification-multilabel"),
    ],
)
def test_shapes(lake, annotation, shape, points, kind):
    lake.write("pets.json", dataset(annotation))
    staged = lake.read("coco")
    (found,) = staged.rows("annotations")
    assert found["shape"] == shape
    assert (found["vertices"] and [(v["x"], v["y"]) for v in found["vertices"]]) == points
    assert found["task_type"] == (kind or "instance-segmentation")


def test_key_points_stay_in_their_order(lake):
    points = [5, 6, 2, 0, 0, 0, 7, 8, 1]
    lake.write(
        "pets.json",
        dataset({"bbox": [0, 0, 9, 9], "keypoints": points, "num_keypoints": 2, "segmentation": [SQUARE]}),
    )
    (found,) = lake.read("coco").rows("annotations")
    assert (found["shape"], found["task_type"], found["width"]) == ("keypoint", "keypoint-detection", 9)
    assert found["vertices"] == [{"x": 5, "y": 6}, None, {"x": 7, "y": 8}]
    assert found["attributes"] == [("visibility", "2,0,1")]


def test_attributes_and_scores(lake):
    attributes = {"occluded": False, "Colour": "red", "colour": None, "wheels": 4}
    lake.write(
        "pets.json",
        dataset({"bbox": [0, 0, 1, 1], "attributes": attributes, "score": 0.5, "category_id": 99}),
    )
    (found,) = lake.read("coco").rows("annotations")
    assert found["attributes"] == [
        ("occluded", "false"),
        ("Colour", "red"),
        ("colour", None),
        ("wheels", "4"),
    ]
    assert (found["confidence"], found["class_id"], found["class_name"]) == (0.5, "99", None)


def test_captions_are_the_value_of_the_label(lake):
    lake.write("captions.json", dataset({"caption": "A dog."}, {"caption": "A dog runs."}, categories=None))
    staged = lake.read("coco")
    assert staged.tuples("SELECT line_no, task_type, value FROM staged_labels ORDER BY 1") == [
        (1, "captioning", '["A dog.","A dog runs."]'),
        (2, "captioning", None),
    ]
    assert staged.rows("annotations") == []


def test_annotations_of_images_that_are_not_there(lake):
    lake.write("pets.json", dataset({"bbox": [0, 0, 1, 1]}, {"bbox": [0, 0, 1, 1], "image_id": 8}))
    staged = lake.read("coco")
    assert len(staged.rows("annotations")) == 1
    assert [(r.line_no, r.reason) for r in staged.rejects] == [
        (None, "1 of its annotations are of images that it does not list, or that cannot be read")
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is empty"),
        ({"images": []}, "no COCO dataset"),
        (dataset(images=IMAGES * 2), "two of its images"),
        (dataset(categories=CATEGORIES * 2), "two of its categories"),
        (dataset({"segments_info": []}), "panoptic"),
    ],
)
def test_what_is_not_read_says_why(lake, content, reason):
    lake.write("pets.json", content)
    with pytest.raises(UnreadableError, match=reason):
        lake.read("coco")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (json.dumps(dataset({"bbox": [0, 0, 1, 1]}))[:-9], "it ends in the midst of a JSON value"),
        ([{"image_id": 1, "bbox": [0, 0, 1, 1]}], "a value in it is of another type than the format says"),
    ],
)
def test_broken_files(lake, duckdb_error, content, reason):
    lake.write("pets.json", content)
    assert duckdb_error(lake, "coco") == reason


def test_counts_of_larger_files_against_plain_python(lake):
    chance = random.Random(5)
    given = []
    for number in range(2):
        images = [{"id": f"{i}", "file_name": f"{number}-{i}.jpg"} for i in range(200)]
        annotations = [
            {
                "id": i,
                "image_id": str(chance.randrange(200)),
                "category_id": chance.choice([1, 18]),
                "bbox": [chance.randrange(100) for _ in range(4)],
            }
            for i in range(3000)
        ]
        given.append({"images": images, "annotations": annotations, "categories": CATEGORIES})
        lake.write(f"set{number}.json", given[-1])
    names = {c["id"]: c["name"] for c in CATEGORIES}
    expected = Counter(
        (f"{number}-{a['image_id']}.jpg", names[a["category_id"]])
        for number, value in enumerate(given)
        for a in value["annotations"]
    )
    areas = sum(a["bbox"][2] * a["bbox"][3] for value in given for a in value["annotations"])
    staged = lake.read("coco")
    found = staged.tuples("SELECT source, class_name, count(*) AS n FROM staged_annotations GROUP BY ALL")
    assert {(source, name): n for source, name, n in found} == expected
    assert staged.tuples("SELECT sum(width * height) FROM staged_annotations") == [(areas,)]
    assert staged.tuples("SELECT count(*) FROM staged_labels") == [(400,)]
