"""What paths tell: documented layouts, layouts of one's own, and what is not read."""

import pytest
from pydantic import ValidationError

from weirflow.api import NodeError
from weirflow_labels.layout import Layout, Place
from weirflow_labels.read import ReadLabels

RESPONSE = "annotations/worker-response/iteration-2/17/2021-03-01_10:20:30.json"
BATCH = "batch_manifests/VideoObjectTracking/parent-first_level-tracks/output/parent-first_level-tracks"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("jobs/cats/manifests/output/output.manifest", Place("manifest", job="cats")),
        ("cats/manifests/intermediate/1/output.manifest", Place("intermediate", job="cats")),
        (
            f"cats/{RESPONSE}",
            Place("responses", job="cats", dataset_object_id="17", iteration=2),
        ),
        (
            "cats/annotations/consolidated-annotation/output/0/SeqLabel.json",
            Place("sequence", job="cats", dataset_object_id="0"),
        ),
        (
            f"{BATCH}/annotations/consolidated-annotation/output/3/SeqLabel.json",
            Place(
                "sequence",
                job="parent-first_level-tracks",
                modality="VideoObjectTracking",
                level="first",
                parent_job="parent",
                batch="parent-first_level-tracks",
                dataset_object_id="3",
            ),
        ),
        ("cats/annotations/worker-response/iteration-1/0/ab12/frame_0.jpg.json", None),
        ("cats/annotations/worker-response/iteration-1/0/ab12/frame_0.png.json", None),
        ("cats/annotations/consolidated-annotation/consolidation-request/iteration-1/x.json", None),
        ("cats/annotations/intermediate/1/annotations.manifest", None),
        ("cats/input.manifest", Place("manifest", job="cats")),
        ("some.manifest", Place("manifest")),
        ("label-categories.json", Place("categories")),
        ("cats/label_category_config_v2.json", Place("categories", job="cats")),
        ("logs/WorkerActivity/2019/08/000000.gz", Place("activity")),
        ("a/SeqLabel.json", Place("sequence")),
        ("cats/data.json", None),
        ("cats/image.jpg", None),
    ],
)
def test_known_layouts(path, place):
    assert Layout().place(path) == place


def test_a_layout_of_ones_own_comes_first():
    layout = Layout(("runs/{modality}/batch-{}/{job:[a-z]+}",))
    assert layout.place("runs/video/batch-7/cats/manifests/output/output.manifest") == Place(
        "manifest", job="cats", modality="video"
    )
    assert layout.place("runs/video/batch-7/cats2/manifests/output/output.manifest") == Place(
        "manifest", job="cats2"
    )


def test_a_form_with_braces_and_an_iteration_that_is_no_number():
    layout = Layout((), (("{job}/{:[0-9]{4}}/{iteration}.json", "responses"),))
    assert layout.place("cats/2021/3.json") == Place("responses", job="cats", iteration=3)
    assert layout.place("cats/2021/late.json") == Place("responses", job="cats")
    assert layout.place("cats/21/3.json") is None


def test_kinds_win_over_all():
    layout = Layout((), (("**/output.manifest", "coco"), ("{job}/exports/**", "label_studio")))
    assert layout.place("cats/manifests/output/output.manifest") == Place("coco")
    assert layout.place("cats/exports/deep/3") == Place("label_studio", job="cats")


def test_the_job_is_named_above_a_lake_that_is_its_folder():
    layout = Layout()
    assert layout.place(RESPONSE, "data/lake/cats").job == "cats"
    assert layout.place("manifests/output/output.manifest", "bucket/cats").job == "cats"
    assert layout.place("output.manifest", "data/cats/manifests/output").job == "cats"
    assert layout.place("x.manifest", "home/anna").job is None


def test_what_is_wrong_with_patterns():
    with pytest.raises(NodeError, match="'json' is no kind of file"):
        Layout((), (("*.json", "json"),))
    with pytest.raises(NodeError, match=r"pattern '\{a:\[\}.*' is malformed"):
        Layout(("{a:[}",))
    with pytest.raises(ValidationError, match="is no kind of file: kinds are activity, categories"):
        ReadLabels(path="x", database="y", kinds={"*.json": "json"})
