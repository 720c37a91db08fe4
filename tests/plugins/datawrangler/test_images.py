"""Flows on images. The shapes of the vendor's nodes are guesses by its manual; what is not certain stays unmapped."""

import pytest

from weirflow_datawrangler.convert import convert

URI = "s3://bucket/photos/"


@pytest.fixture
def nodes(file_of):
    """What nodes of the vendor's become: id, operator, parameters, inputs."""

    def make(*vendor):
        return [(n.id, n.operator, dict(n.parameters), n.inputs) for n in convert(file_of(*vendor)).nodes]

    return make


@pytest.fixture
def image(vendor):
    """A step on images."""

    def make(id_, label, given, fed):
        key = f"{label.lower().replace(' ', '_')}_parameters"
        return vendor(id_, "spark.transform_image", {"operator": label, key: given}, fed)

    return make


def test_steps_that_follow_one_another_are_one_node(nodes, source, vendor, image):
    made = nodes(
        source(uri=URI, s3ContentType="image", s3DirIncludesNested=True),
        vendor("t", "spark.infer_and_cast_type", {}, "s"),
        image("a", "Drop corrupted images", {"input_column": "image"}, "t"),
        image("b", "Resize image", {"input_column": "image", "width": "224", "height": 200}, "a"),
        image("c", "Grayscale", {}, "b"),
        image("d", "Corrupt image", {"corruption_type": "Gaussian noise", "severity": 2}, "c"),
        image("e", "Drop duplicates", {}, "d"),
    )
    steps = [
        {"do": "resize", "width": 224, "height": 200},
        {"do": "grayscale", "channels": 3},
        {"do": "noise", "deviation": 30.6},  # 0.12 of 255
    ]
    assert made == [
        ("photos", "images.read", {"path": URI, "nested": True}, ()),
        ("drop_corrupted_images", "images.drop_corrupt", {}, ("photos",)),
        ("resize_image", "images.transform", {"steps": steps}, ("drop_corrupted_images",)),
        ("drop_duplicates", "images.drop_duplicates", {}, ("resize_image",)),
        ("drop_duplicates_written", "files.write", {"path": "output/drop_duplicates"}, ("drop_duplicates",)),
    ]


def test_where_two_read_what_a_step_gives_they_stay_apart(nodes, source, image):
    made = nodes(
        source(uri=URI, s3ContentType="image"),
        image("a", "Resize image", {"width": 8, "height": 8}, "s"),
        image("b", "Grayscale", {}, "a"),
        image("c", "Blur image", {"method": "gaussian", "severity": 1}, "a"),
    )
    assert [(n[1], n[3]) for n in made[1:4]] == [
        ("images.transform", ("photos",)),
        ("images.transform", (made[1][0],)),
        ("images.transform", (made[1][0],)),
    ]
    assert made[3][2] == {"steps": [{"do": "blur", "radius": 1}]}


@pytest.mark.parametrize(
    ("label", "given", "step"),
    [
        (
            "Enhance image contrast",
            {"enhance_contrast": "Gamma contrast", "gamma": "0.75"},
            {"do": "gamma", "gamma": 0.75},
        ),
        ("Gamma contrast", {"input_column": "image", "gamma": 2}, {"do": "gamma", "gamma": 2}),
        ("Resize image", {"resize_type": "Crop", "pixels": "50"}, {"do": "crop", "margin": 50}),
    ],
)
def test_what_the_vendors_tutorial_shows(nodes, source, image, label, given, step):
    made = nodes(source(uri=URI, s3ContentType="image"), image("a", label, given, "s"))
    assert made[1][1:3] == ("images.transform", {"steps": [step]})


@pytest.mark.parametrize(
    ("label", "given"),
    [
        ("Rotate image", {"angle": 90}),  # which way is not known
        ("Enhance contrast", {"factor": 2}),
        ("Enhance image contrast", {"enhance_contrast": "Sigmoid contrast", "gain": 2, "cutoff": 0.5}),
        (
            "Enhance image contrast",
            {"enhance_contrast": "Gamma contrast", "gamma": 0.75, "per_channel": True},
        ),
        ("Resize image", {"resize_type": "Crop", "top": 5, "left": 4}),
        ("Resize image", {"width": 8}),
        ("Resize image", {"width": 8, "height": 8, "mode": "crop"}),
        ("Resize image", {"width": 8, "height": 8, "input_column": "image", "output_column": "small"}),
        ("Corrupt image", {"corruption_type": "Fog", "severity": 2}),
        ("Corrupt image", {"corruption_type": "Gaussian noise", "severity": 9}),
        ("Corrupt image", {"corruption_type": "Gaussian noise"}),
        ("Drop duplicates", {"hash": "average"}),
    ],
)
def test_what_is_not_certain_leaves_the_flow_unmapped_by_name(nodes, source, image, label, given):
    made = nodes(
        source(uri=URI, s3ContentType="image"),
        image("a", "Grayscale", {}, "s"),
        image("b", label, given, "a"),
    )
    assert [n[1] for n in made[:3]] == ["datawrangler.unmapped_source", *["datawrangler.unmapped"] * 2]
    assert made[2][2]["name"] == f"sagemaker.spark.transform_image_0.1 / {label}"


def test_a_table_of_images_is_unmapped(nodes, source, image, drop):
    made = nodes(
        source(uri=URI, s3ContentType="image"), image("a", "Grayscale", {}, "s"), drop("b", "x", "a")
    )
    assert [n[1] for n in made[:2]] == ["datawrangler.unmapped_source", "datawrangler.unmapped"]
    assert made[1][2]["reason"] == "it makes a table of images"


def test_other_flows_are_as_they_were(nodes, source, drop):
    assert [n[1] for n in nodes(source(), drop("x", "a", "s"))] == ["read.csv", "columns.drop", "write.csv"]
