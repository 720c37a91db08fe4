"""MOTChallenge: the published rules for columns, by hand."""

import configparser

import pytest

from weirflow.api import NodeError
from weirflow_labels.database import connect

CLIP = {"to": "mot", "jobs": ["audit"]}


def test_columns_by_the_published_rules(convert):
    # frame, track, left, top, width, height, counts, class, visibility; all count from 1, pixels too
    assert convert(**CLIP).files["audit-0/gt/gt.txt"].splitlines() == [
        "2,1,111,21,30,40.5,1,1,1",
        "3,1,121,21,30,40.5,1,1,1",
        "3,2,221,81,30,40.5,1,1,1",
    ]


def test_the_sequence_in_its_own_words(convert, pictures):
    made = convert(**CLIP, images="pictures", frame_rate=12.5)
    facts = configparser.ConfigParser()
    facts.optionxform = str
    facts.read_string(made.files["audit-0/seqinfo.ini"])
    assert dict(facts["Sequence"]) == {
        "name": "audit-0",
        "imDir": "img1",
        "frameRate": "12.5",
        "seqLength": "3",
        "imWidth": "64",
        "imHeight": "36",
        "imExt": ".jpg",
    }
    assert made.warnings == []


def test_classes_are_listed_in_the_order_of_their_numbers(convert):
    made = convert(to="mot", jobs=["north"], class_attribute="Vehicle_Type")
    assert made.files["North-0/gt/labels.txt"] == "Car\nVan\nBus\n"
    assert [line.split(",")[7] for line in made.files["North-1/gt/gt.txt"].splitlines()] == ["1", "1", "3"]
    assert set(made.files) == {
        f"North-{n}/{f}" for n in (0, 1) for f in ("seqinfo.ini", "gt/gt.txt", "gt/labels.txt")
    }


def test_sizes_are_left_out_where_nobody_knows_them(convert):
    made = convert(**CLIP)
    assert "imWidth" not in made.files["audit-0/seqinfo.ini"]
    assert made.warnings == ["the sizes of 3 images are not known; `images` or `frame_size` tells them"]


def test_frames_that_count_from_another_number(convert, database):
    with connect(database) as db:
        db.execute("UPDATE objects SET frame_no = frame_no + 300")
        db.execute("UPDATE frames SET frame_no = frame_no + 300")
    made = convert(**CLIP, first_frame=300)
    assert [line.split(",")[0] for line in made.files["audit-0/gt/gt.txt"].splitlines()] == ["2", "3", "3"]
    with pytest.raises(NodeError, match="has a frame 300, and the first should be 301"):
        convert(**CLIP, first_frame=301)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("UPDATE objects SET object_id = NULL", "boxes that belong to no track"),
        ("UPDATE frames SET frame_no = NULL", "frames without a number"),
    ],
)
def test_what_mot_cannot_say(convert, database, change, text):
    with connect(database) as db:
        db.execute(change)
    with pytest.raises(NodeError, match=text):
        convert(**CLIP)


def test_stills_are_no_sequences(convert):
    with pytest.raises(NodeError, match="MOT is made of sequences"):
        convert(to="mot", jobs=["signs"])


def test_frames_of_several_sizes_are_refused(convert, pictures):
    from PIL import Image

    Image.new("RGB", (32, 18)).save(pictures / "a" / "f1.jpg")
    with pytest.raises(NodeError, match="have different sizes"):
        convert(**CLIP, images="pictures")
