"""COCO: read by pycocotools, and counted by hand."""

import pytest

STILLS = {"to": "coco", "jobs": ["signs"]}
CLIPS = {"to": "coco", "jobs": ["north"]}


@pytest.fixture
def coco(convert, capsys):
    """What pycocotools makes of a conversion."""

    def do(**parameters):
        from pycocotools.coco import COCO

        made = COCO(str(convert(**parameters).folder / "annotations.json"))
        capsys.readouterr()  # it tells how long it took
        return made

    return do


def test_pycocotools_finds_boxes_and_polygons_of_stills(coco):
    made = coco(**STILLS)
    assert [i["file_name"] for i in made.loadImgs(made.getImgIds())] == [f"signs/{n}.jpg" for n in "xyz"]
    assert sorted(c["name"] for c in made.loadCats(made.getCatIds())) == ["stop", "yield"]
    stop = made.loadAnns(made.getAnnIds(catIds=made.getCatIds(catNms=["stop"])))
    assert [(a["bbox"], a["area"]) for a in stop] == [
        ([5, 6, 10, 20], 200)
    ]  # the intermediate manifest adds none
    (image,) = [i["id"] for i in made.loadImgs(made.getImgIds()) if i["file_name"] == "signs/y.jpg"]
    (triangle,) = made.loadAnns(made.getAnnIds(imgIds=[image]))
    assert triangle["segmentation"] == [[1, 2, 5, 2, 1, 5]]
    assert triangle["bbox"] == [1, 2, 4, 3]
    assert triangle["area"] == 6


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in pycocotools
def test_pycocotools_draws_the_polygon(coco, pictures):
    made = coco(**STILLS, images="pictures")
    (image,) = [i for i in made.loadImgs(made.getImgIds()) if i["file_name"] == "y.jpg"]
    assert (image["width"], image["height"]) == (7, 9)
    (triangle,) = made.loadAnns(made.getAnnIds(imgIds=[image["id"]]))
    mask = made.annToMask(triangle)
    assert mask.shape == (9, 7)
    assert mask[3, 2] == 1
    assert mask[7, 2] == 0


def test_frames_are_images_with_tracks(coco):
    made = coco(**CLIPS)
    images = made.loadImgs(made.getImgIds())
    assert [(i["video_id"], i["frame_id"]) for i in images] == [(v, n) for v in (1, 2) for n in range(3)]
    assert [i["file_name"] for i in images] == [f"clips/{c}/f{n}.jpg" for c in "ac" for n in range(3)]
    assert [v["name"] for v in made.dataset["videos"]] == ["North-0", "North-1"]
    boxes = made.loadAnns(made.getAnnIds(imgIds=[i["id"] for i in images if i["video_id"] == 1]))
    assert [(b["bbox"], b["track_id"]) for b in boxes] == [
        ([110, 20, 30, 40.5], 1),  # the car in frame 1
        ([120, 20, 30, 40.5], 1),
        ([220, 80, 30, 40.5], 2),  # the bus comes in frame 2
    ]
    assert boxes[0]["area"] == 30 * 40.5
    assert boxes[0]["attributes"] == {"Vehicle_Type": "Car", "audit": "Pass"}


def test_classes_are_those_that_workers_were_given_the_unused_too(coco):
    assert coco(**CLIPS).dataset["categories"] == [{"id": 1, "name": "Vehicle"}, {"id": 2, "name": "Person"}]


def test_an_attribute_stands_for_the_class(coco):
    made = coco(**CLIPS, class_attribute="Vehicle_Type")
    assert [c["name"] for c in made.dataset["categories"]] == ["Car", "Van", "Bus"]
    assert len(made.getAnnIds(catIds=made.getCatIds(catNms=["Bus"]))) == 2  # one in each clip


def test_sizes_that_nobody_knows_are_left_out_with_a_warning(convert):
    made = convert(**STILLS)
    sizes = {i["file_name"][6]: (i.get("width"), i.get("height")) for i in made.json()["images"]}
    assert sizes == {"x": (100, 50), "y": (None, None), "z": (8, 8)}
    assert made.warnings == [
        "the sizes of 1 images are not known; `images` or `frame_size` tells them",
        "1 of shape 'polyline' are left out: coco has none",
    ]


def test_a_size_for_what_has_none(convert):
    made = convert(**STILLS, frame_size=[640, 360])
    assert [(i["width"], i["height"]) for i in made.json()["images"]] == [(100, 50), (640, 360), (8, 8)]


def test_files_give_names_and_sizes(convert, pictures):
    images = convert(**CLIPS, images="pictures").json()["images"]
    assert [i["file_name"] for i in images[:3]] == ["a/f0.jpg", "a/f1.jpg", "a/f2.jpg"]
    assert [(i["width"], i["height"]) for i in images[:3]] == [(64, 36)] * 3
    assert images[3]["file_name"] == "clips/c/f0.jpg"  # its file is not there


def test_the_same_bytes_every_time(convert):
    first = convert(**CLIPS).files
    assert convert(**CLIPS).files == first
