"""Real output of labelling jobs, read and converted, against what plain Python finds in the files."""

import json
import shutil
from collections import Counter

import pytest

from weirflow.api import File, Files
from weirflow.engines.base import engine
from weirflow.run.steps import FileTarget
from weirflow_labels.convert import ConvertLabels
from weirflow_labels.read import ReadLabels

BOXES = "aws__amazon-sagemaker-examples__advanced_functionality_pytorch_yolov5_training_and_hpo_sample_output.manifest"
TRACKS = "aws__amazon-sagemaker-examples__video_quality__SeqLabel.json"


@pytest.fixture
def converted(corpus, tmp_path):
    """The folder that a file of the corpus is converted into, and the file."""

    def do(name, place, **parameters):
        file = corpus / "labels" / name
        if not file.is_file():
            pytest.skip(f"'{name}' is not in the corpus")
        (tmp_path / "lake" / place).parent.mkdir(parents=True)
        shutil.copyfile(file, tmp_path / "lake" / place)
        target = FileTarget(tmp_path, None, engine("polars"))
        receipt = ReadLabels(path="lake", database="labels.duckdb").write(None, target)
        ConvertLabels.model_validate({"path": "out", **parameters}).write(
            Files((File(receipt.paths[0]),)), target
        )
        return tmp_path / "out", file

    return do


def test_boxes_of_a_real_manifest(converted, capsys):
    from pycocotools.coco import COCO

    folder, file = converted(BOXES, "job/manifests/output/output.manifest", to="coco")
    made = COCO(str(folder / "annotations.json"))
    capsys.readouterr()
    boxes, classes, sizes = [], Counter(), Counter()
    for line in map(json.loads, file.read_text().splitlines()):
        (attribute,) = [k.removesuffix("-metadata") for k in line if k.endswith("-metadata")]
        for box in line[attribute]["annotations"]:
            boxes.append([box["left"], box["top"], box["width"], box["height"]])
            classes[line[f"{attribute}-metadata"]["class-map"][str(box["class_id"])]] += 1
        (size,) = line[attribute]["image_size"]
        sizes[size["width"], size["height"]] += 1
    found = made.loadAnns(made.getAnnIds())
    assert sorted(a["bbox"] for a in found) == sorted(boxes)
    names = {c["id"]: c["name"] for c in made.loadCats(made.getCatIds())}
    assert Counter(names[a["category_id"]] for a in found) == classes
    assert Counter((i["width"], i["height"]) for i in made.loadImgs(made.getImgIds())) == sizes


def test_tracks_of_a_real_sequence(converted):
    place = "job/annotations/consolidated-annotation/output/0/SeqLabel.json"
    folder, file = converted(TRACKS, place, to="mot")
    frames = json.loads(file.read_text())["tracking-annotations"]
    expected = Counter(
        (int(f["frame-no"]) + 1, a["left"] + 1, a["top"] + 1, a["width"], a["height"])
        for f in frames
        for a in f["annotations"]
    )
    rows = [line.split(",") for line in (folder / "job-0" / "gt" / "gt.txt").read_text().splitlines()]
    assert Counter((int(r[0]), *map(float, r[2:6])) for r in rows) == expected
    objects = {a["object-id"] for f in frames for a in f["annotations"]}
    assert {int(r[1]) for r in rows} == set(range(1, len(objects) + 1))
    assert f"seqLength={len(frames)}\n" in (folder / "job-0" / "seqinfo.ini").read_text()
