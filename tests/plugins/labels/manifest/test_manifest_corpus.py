"""Manifests by others: what is in them by the reader, and by plain Python."""

import json

import pytest

BOXES = "object-detection"


@pytest.fixture(scope="module")
def manifests(corpus):
    """Real manifests by what they are called, as paths or, where the documentation has one line in many, as text."""
    folder = corpus / "labels"
    if not folder.is_dir():
        pytest.skip("the corpus has no labels")
    found = {str(p.relative_to(folder)): p for p in folder.rglob("*.manifest")}
    for path in (folder / "aws_docs").glob("*.json"):
        record = json.loads(path.read_text())
        if {"source", "source-ref"} & record.keys():
            found[path.name] = [record]
    return found


def pairs(record):
    """The labels of a line, by the rules of the documentation."""
    for key, metadata in record.items():
        if key.endswith("-metadata") and isinstance(metadata, dict):
            kind = str(metadata.get("type")).lower()
            if kind.startswith("groundtruth/"):
                yield key.removesuffix("-metadata"), kind.removeprefix("groundtruth/"), metadata


def marked(kind, value, metadata):
    """How many things a label marks, and the classes of boxes, spans, masks and several."""
    if kind == BOXES:
        return [metadata["class-map"][str(b["class_id"])] for b in value["annotations"]]
    if kind == "text-span":
        return [e["label"] for e in value["annotations"]["entities"]]
    if kind.endswith("multilabel"):
        return [metadata["class-map"][str(c)] for c in value]
    if kind.endswith(("semantic_segmentation", "semantic-segmentation")):
        return [
            c["class-name"] for c in (metadata.get("internal-color-map") or metadata["color-map"]).values()
        ]
    if kind == "point_cloud_object_detection":
        return [metadata["class_map"][str(c["class-id"])] for c in value["annotations"]]
    return []


def test_that_there_are_manifests(manifests):
    assert len(manifests) >= 15


def test_labels_annotations_and_classes_are_those_that_plain_python_finds(manifests, stage):
    for name, manifest in manifests.items():
        lines = manifest if isinstance(manifest, list) else manifest.read_text().splitlines()
        records = [json.loads(line) if isinstance(line, str) else line for line in lines]
        staged = stage(manifest)
        assert staged.bad == [], name
        labels, annotations = [], []
        for number, record in enumerate(records, 1):
            for attribute, kind, metadata in pairs(record):
                job = (metadata.get("job-name") or metadata["job_name"]).removeprefix("labeling-job/")
                labels.append((number, attribute, kind.replace("_", "-"), job, metadata.get("class-name")))
                found = marked(kind, record.get(attribute), metadata)
                annotations += [(number, attribute, i, c) for i, c in enumerate(found)]
        keys = ("line_no", "label_attribute", "task_type", "job_name", "class_name")
        assert [tuple(r.get(k) for k in keys) for r in staged.labels] == sorted(labels), name
        keys = ("line_no", "label_attribute", "idx", "class_name")
        assert [tuple(r.get(k) for k in keys) for r in staged.annotations] == sorted(annotations), name
        assert all("created" in r and "human" in r for r in staged.labels), name
        assert [r["source"] for r in staged.labels] == [
            records[n - 1].get("source-ref", records[n - 1].get("source")) for n, *_ in sorted(labels)
        ], name


def test_coordinates_and_confidences_of_real_boxes(manifests, stage):
    name = next(n for n in manifests if "yolov5" in n)
    expected = []
    for line in manifests[name].read_text().splitlines():
        record = json.loads(line)
        for box, fact in zip(
            record["category"]["annotations"], record["category-metadata"]["objects"], strict=True
        ):
            sides = [float(box[s]) for s in ("left", "top", "width", "height")]
            expected.append([*sides, fact["confidence"], str(box["class_id"])])
    keys = ("left", "top", "width", "height", "confidence", "class_id")
    assert [[r[k] for k in keys] for r in stage(manifests[name]).annotations] == expected
