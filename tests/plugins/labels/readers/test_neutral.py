"""One dataset by hand in the forms of three tools: the same query has the same answer over each."""

import json

import pytest

WIDTH, HEIGHT = 400, 200
BOXES = {
    "a": [("cat", (0, 20, 100, 50)), ("dog", (200, 0, 40, 200)), ("cat", (300, 100, 100, 100))],
    "b": [],
    "c": [("dog", (8, 4, 396, 2))],
}
CLASSES = ["cat", "dog"]

SUMMARY = """
SELECT parse_filename(l.source, true) AS image, l.task_type, l.image_width, a.class_name, count(a.idx) AS n,
  round(sum(a.width * a.height), 6) AS area, round(min(a."left" + a.top), 6) AS corner
FROM staged_labels l LEFT JOIN staged_annotations a USING (file_id, line_no, label_attribute)
GROUP BY ALL ORDER BY ALL
"""


def ground_truth(lake):
    pytest.importorskip("weirflow_labels.readers.manifest", reason="the reader of manifests is not there")
    lines = []
    for name, boxes in BOXES.items():
        annotations = [
            {"class_id": CLASSES.index(c)} | dict(zip(("left", "top", "width", "height"), place, strict=True))
            for c, place in boxes
        ]
        size = [{"width": WIDTH, "height": HEIGHT, "depth": 3}]
        metadata = {
            "objects": [{"confidence": 0}] * len(boxes),
            "class-map": dict(enumerate(CLASSES)),
            "type": "groundtruth/object-detection",
            "job-name": "labeling-job/pets",
            "human-annotated": "yes",
            "creation-date": "2024-05-01T10:00:00.123456",
        }
        label = {"image_size": size, "annotations": annotations}
        lines.append({"source-ref": f"s3://b/{name}.jpg", "pets": label, "pets-metadata": metadata})
    lake.write("pets/manifests/output/output.manifest", "\n".join(map(json.dumps, lines)))
    return lake.read("manifest")


def coco(lake):
    images = [
        {"id": i, "file_name": f"{n}.jpg", "width": WIDTH, "height": HEIGHT} for i, n in enumerate(BOXES)
    ]
    annotations = [
        {
            "id": 10 * i + k,
            "image_id": i,
            "category_id": CLASSES.index(c),
            "bbox": list(place),
            "segmentation": [],
        }
        for i, boxes in enumerate(BOXES.values())
        for k, (c, place) in enumerate(boxes)
    ]
    categories = [{"id": i, "name": c} for i, c in enumerate(CLASSES)]
    lake.write("pets.json", {"images": images, "annotations": annotations, "categories": categories})
    return lake.read("coco")


def label_studio(lake):
    tasks = []
    for number, (name, boxes) in enumerate(BOXES.items()):
        result = [
            {
                "id": f"r{k}",
                "from_name": "pets",
                "to_name": "img",
                "type": "rectanglelabels",
                "original_width": WIDTH,
                "original_height": HEIGHT,
                "value": {
                    "x": x / WIDTH * 100,
                    "y": y / HEIGHT * 100,
                    "rotation": 0,
                    "rectanglelabels": [c],
                    "width": w / WIDTH * 100,
                    "height": h / HEIGHT * 100,
                },
            }
            for k, (c, (x, y, w, h)) in enumerate(boxes)
        ]
        annotations = [
            {"id": number, "completed_by": 1, "result": result, "created_at": "2024-05-01T10:00:00Z"}
        ]
        tasks.append({"id": number, "data": {"image": f"s3://b/{name}.jpg"}, "annotations": annotations})
    lake.write("pets.json", tasks)
    return lake.read("label_studio")


def expected():
    """What the query says, by plain Python."""
    for name, boxes in BOXES.items():
        for c in sorted({c for c, _ in boxes}) or [None]:
            places = [p for each, p in boxes if each == c]
            area = sum(w * h for _, _, w, h in places) if places else None
            corner = min((x + y for x, y, _, _ in places), default=None)
            # the size of an image without annotations is not in an export of Label Studio
            yield name, "object-detection", c, len(places), area, corner


@pytest.mark.parametrize("form", [ground_truth, coco, label_studio])
def test_one_query_over_three_forms(lakes, form):
    found = form(lakes(form.__name__)).tuples(SUMMARY)
    assert [(image, kind, *rest) for image, kind, _, *rest in found] == list(expected())
    assert {width for *_, width, _, n, _, _ in found if n} == {WIDTH}
