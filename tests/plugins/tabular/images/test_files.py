"""Files of images: orientation, modes, frames, damage, size, metadata, names; against Pillow and hand-made bytes."""

import hashlib
import io
import os
import struct
import zlib

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageCms

from weirflow.api import Files, Inputs, NodeError, Schema
from weirflow_tabular.images_drop import DropCorruptImages, DropDuplicateImages
from weirflow_tabular.images_files import upright
from weirflow_tabular.images_read import ReadImages


def pixels(height=4, width=6, channels=3, seed=0):
    """Any pixels: an array of 8 bits."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def smooth(height=48, width=64):
    """Pixels that a JPEG keeps well."""
    down, across = np.mgrid[0:height, 0:width]
    return np.stack([down * 255 // height, across * 255 // width, 128 + 0 * down], axis=2).astype(np.uint8)


def encoded(array, kind="PNG", **options):
    """An array as the bytes of a file."""
    if isinstance(array, np.ndarray):
        array = Image.fromarray(array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array)
    file = io.BytesIO()
    array.save(file, format=kind, **options)
    return file.getvalue()


A = pixels()
ORIENTATION, ARTIST, GPS = 0x0112, 0x013B, 0x8825


def bomb(width, height):
    """A PNG of a few bytes that says it is large."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def exif(**tags):
    made = Image.Exif()
    for tag, value in tags.items():
        made[{"orientation": ORIENTATION, "artist": ARTIST}[tag]] = value
    return made


def test_images_are_named_below_the_folder_and_sorted(bench):
    files = {n: encoded(A) for n in ("b.png", "a.PNG", "deep/a.png", "deep/er/z.jpe", "ü.png")}
    others = {"notes.txt": b"x", ".hidden.png": encoded(A), ".dir/a.png": encoded(A), "README": b""}
    done = bench.read(files | others)
    assert done.names == ["a.PNG", "b.png", "deep/a.png", "deep/er/z.jpe", "ü.png"]
    assert [f.sha256 for f in done.files] == [hashlib.sha256(encoded(A)).hexdigest()] * 5
    assert bench.read({}, nested=False).names == ["a.PNG", "b.png", "ü.png"]


def test_the_table_says_what_the_headers_say(bench):
    cmyk = Image.fromarray(A).convert("CMYK")
    files = {
        "a.png": encoded(pixels(3, 5, 1)),
        "b.jpg": encoded(cmyk, "JPEG"),
        "c.gif": encoded(A, "GIF", save_all=True, append_images=[Image.fromarray(A[::-1])]),
        "d.jpg": encoded(A, "JPEG", exif=exif(orientation=6)),
        "e.jpg": b"no image",
    }
    done = bench.read(files)
    assert done.outputs["table"].rows() == [
        ("a.png", len(files["a.png"]), "PNG", "L", 5, 3, 1),
        ("b.jpg", len(files["b.jpg"]), "JPEG", "CMYK", 6, 4, 1),
        ("c.gif", len(files["c.gif"]), "GIF", "P", 6, 4, 2),
        ("d.jpg", len(files["d.jpg"]), "JPEG", "RGB", 4, 6, 1),  # upright
        ("e.jpg", 8, None, None, None, None, None),
    ]
    effect = ReadImages(path="in").effects(Inputs([]))["table"]
    types = {"String": "string", "Int64": "int64"}
    expected = {n: types[str(t)] for n, t in done.outputs["table"].schema.items()}
    assert effect.apply(Schema()) == Schema.of(expected)


def test_patterns_and_single_files(bench, tmp_path):
    bench.read(
        {"a/front.png": encoded(A), "b/front.png": encoded(A), "b/back.png": encoded(A), "x.bin": encoded(A)}
    )
    inside = tmp_path / "in"
    assert bench.read({}, path=str(inside / "*" / "front.png")).names == ["a/front.png", "b/front.png"]
    assert bench.read({}, path=str(inside / "b" / "back.png")).names == ["back.png"]
    assert bench.read({}, path=str(inside / "*.bin")).outputs["table"]["format"].to_list() == ["PNG"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("nowhere", "'nowhere' is not there"),
        ("empty", "there is no image in 'empty'"),
        ("empty/*.png", r"there is no image in '\*\.png'"),
        ("s3://bucket/photos", "images are read from a folder of this machine"),
    ],
)
def test_what_is_not_there(tmp_path, path, text):
    (tmp_path / "empty").mkdir()
    where = path if "://" in path else str(tmp_path / path)
    with pytest.raises(NodeError, match=text):
        list(ReadImages(path=where).items(Inputs([])))


def test_a_broken_link_is_a_bad_item(bench, tmp_path):
    bench.read({"a.png": encoded(A)})
    (tmp_path / "in" / "b.png").symlink_to("nowhere")
    done = bench.read({})
    assert done.names == ["a.png"]
    assert done.bad == {"b.png": "the file cannot be read: no such file or directory"}


def test_a_file_that_changes_while_the_flow_runs_is_a_bad_item(bench, tmp_path):
    files = bench.read({"a.png": encoded(A)}).files
    (tmp_path / "in" / "a.png").write_bytes(encoded(A[::-1]))
    assert bench.run(DropCorruptImages(), files).bad == {"a.png": "the file changed while the flow ran"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_upright(bench, orientation):
    turned = {1: A, 2: A[:, ::-1], 3: A[::-1, ::-1], 4: A[::-1], 5: A.transpose(1, 0, 2), 6: np.rot90(A, -1)}
    turned |= {7: np.rot90(A.transpose(1, 0, 2), 2), 8: np.rot90(A, 1)}
    done = bench.transform({"a.png": encoded(A, exif=exif(orientation=orientation))}, metadata="keep")
    assert np.array_equal(done.array("a.png"), turned[orientation])
    assert done.image("a.png").getexif().get(ORIENTATION, 1) == 1  # nobody turns it again


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp")])
def test_metadata_is_dropped_unless_asked_for(bench, kind, name):
    told = exif(artist="ann")
    told[GPS] = {1: "N", 2: (51.0, 30.0, 0.0)}
    extra = {"comment": b"ann"} if kind == "JPEG" else {}
    content = encoded(smooth(), kind, exif=told, **extra)
    assert b"ann" in content
    done = bench.transform({name: content})
    assert b"ann" not in done.files[0].path.read_bytes()
    assert not done.image(name).getexif()
    kept = bench.transform({name: content}, metadata="keep").image(name).getexif()
    assert kept[ARTIST] == "ann"
    assert kept.get_ifd(GPS)[1] == "N"


def test_a_colour_profile_stays_while_it_fits(bench):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encoded(smooth(), "JPEG", icc_profile=profile)
    assert bench.transform({"a.jpg": content}).image("a.jpg").info["icc_profile"] == profile
    grey = bench.transform({"a.jpg": content}, {"do": "grayscale"}).image("a.jpg")
    assert "icc_profile" not in grey.info


def palette(clear):
    image = Image.frombytes("P", (2, 2), bytes([0, 1, 2, 1]))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    return encoded(image, transparency=1) if clear else encoded(image)


def test_palettes_become_colours(bench):
    red, green, blue = [255, 0, 0], [0, 255, 0], [0, 0, 255]
    assert bench.transform({"a.png": palette(clear=False)}).array("a.png").tolist() == [
        [red, green],
        [blue, green],
    ]
    made = bench.transform({"a.png": palette(clear=True)}).array("a.png")
    assert made[..., 3].tolist() == [[255, 0], [255, 0]]
    assert made[0, 0].tolist() == [*red, 255]


def test_black_and_white_becomes_grey(bench):
    bits = Image.fromarray(np.eye(4, dtype=np.uint8) * 255).convert("1")
    made = bench.transform({"a.png": encoded(bits)})
    assert made.image("a.png").mode == "L"
    assert np.array_equal(made.array("a.png"), np.eye(4) * 255)


def test_a_clear_colour_becomes_a_channel(bench):
    made = bench.transform({"a.png": encoded(np.array([[[9], [8]]], np.uint8), transparency=8)})
    assert made.array("a.png").tolist() == [[[9, 255], [8, 0]]]


def test_cmyk_becomes_rgb_and_its_profile_goes(bench):
    ink = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    made = bench.transform({"a.tif": encoded(ink, "TIFF", icc_profile=b"for ink")})
    assert made.image("a.tif").mode == "RGB"
    assert made.array("a.tif")[0, 0].tolist() == [255, 0, 0]
    assert "icc_profile" not in made.image("a.tif").info


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_16_bits_are_kept_by_what_moves_or_weighs_pixels(bench, order):
    deep = (np.arange(24, dtype=np.uint16) * 2730).reshape(4, 6)
    mode = "I;16" if order == "<u2" else "I;16B"
    content = encoded(Image.frombytes(mode, (6, 4), deep.astype(order).tobytes()), "TIFF")
    steps = [{"do": "rotate", "angle": 90}, {"do": "crop", "width": 2, "height": 2, "left": 1, "top": 0}]
    done = bench.transform({"a.tif": content}, *steps)
    assert np.array_equal(done.array("a.tif"), np.rot90(deep)[0:2, 1:3])
    png = bench.transform(
        {"a.tif": content}, {"do": "resize", "width": 12, "resampling": "nearest"}, format="png"
    )
    assert np.array_equal(png.array("a.png"), deep.repeat(2, axis=0).repeat(2, axis=1))
    eight = bench.transform(
        {"a.tif": content}, {"do": "eight_bits"}, {"do": "blur", "radius": 1e-9}, format="png"
    )
    assert np.array_equal(eight.array("a.png"), np.rint(deep / 257).astype(np.uint8))


def test_16_bits_are_refused_by_what_would_spoil_them(bench):
    deep = encoded(np.zeros((4, 4), np.uint16))
    refused = "it has 16 bits a channel, which blur does not take: put the step eight_bits before it"
    assert bench.why(deep, {"do": "blur", "radius": 1}) == refused
    assert "quarter turns" in bench.why(deep, {"do": "rotate", "angle": 3})
    assert "JPEG does not hold: add the step eight_bits" in bench.why(deep, format="jpeg")


def test_32_bits_are_refused(bench):
    floats = encoded(Image.fromarray(np.zeros((2, 2), np.float32)), "TIFF")
    assert bench.why(floats, name="a.tif") == "it has 32 bits a channel, and up to 16 are worked on"


def test_frames(bench):
    moving = encoded(A, "GIF", save_all=True, append_images=[Image.fromarray(A[::-1])])
    assert bench.why(moving, name="a.gif") == "it has 2 frames or pages; `frames: first` takes the first"
    done = bench.transform({"a.gif": moving}, frames="first")
    assert done.names == ["a.png"]
    first = Image.fromarray(A).quantize().convert("RGB")
    assert done.array("a.png").shape == np.asarray(first).shape


def test_further_views_in_a_cameras_file_are_no_frames(bench):
    views = encoded(smooth(), "MPO", save_all=True, append_images=[Image.fromarray(smooth()[::-1])])
    assert bench.read({"a.jpg": views}).outputs["table"]["frames"].to_list() == [1]
    done = bench.transform({"a.jpg": views})
    assert done.image("a.jpg").format == "JPEG"
    assert np.abs(done.array("a.jpg").astype(int) - smooth()).mean() < 3


def test_a_small_file_that_would_fill_the_memory_is_a_bad_item(bench):
    assert bench.why(bomb(60_000, 60_000)) == "it has more pixels than max_pixels, 178956970"
    assert bench.why(bomb(15_000, 15_000)) == "it is of 15000 by 15000 pixels, and max_pixels is 178956970"
    assert bench.why(encoded(A), max_pixels=23) == "it is of 6 by 4 pixels, and max_pixels is 23"
    assert bench.read({"a.png": bomb(60_000, 60_000)}).outputs["table"]["width"].to_list() == [60_000]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (encoded(pixels(40, 40), "JPEG")[:1500], "the image is damaged or cut short"),
        (encoded(pixels(40, 40))[:2000], "the image is damaged or cut short"),
        (b"", "it is no image of a format that is read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is no image of a format that is read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is no image of a format that is read"),
    ],
)
def test_what_cannot_be_decoded(bench, content, reason):
    assert bench.why(content) == reason
    done = bench.run(DropCorruptImages(), bench.read({"a.png": content, "good.png": encoded(A)}).files)
    assert done.bad == {}
    assert done.names == ["good.png"]
    assert done.outputs["dropped"].rows() == [("a.png", reason)]


def test_good_images_pass_as_they_are(bench):
    content = encoded(smooth(), "JPEG", exif=exif(artist="ann"))
    done = bench.run(DropCorruptImages(), bench.read({"a.jpg": content}).files)
    assert done.files[0].path.read_bytes() == content
    assert done.outputs["dropped"].schema == {"path": pl.String, "reason": pl.String}
    assert done.outputs["dropped"].height == 0


def test_images_that_look_the_same_are_duplicates(bench):
    other = A.copy()
    other[0, 0, 0] ^= 1
    files = {
        "b.png": encoded(A),
        "a/z.bmp": encoded(A, "BMP"),
        "c.tif": encoded(A, "TIFF"),
        "d.png": encoded(np.rot90(A), exif=exif(orientation=6)),
        "e.png": encoded(other),
        "f.png": encoded(A.reshape(6, 4, 3)),
        "g.png": encoded(np.dstack([A, np.full((4, 6), 255, np.uint8)])),
    }
    done = bench.run(DropDuplicateImages(), bench.read(files).files)
    assert done.names == ["a/z.bmp", "e.png", "f.png"]
    assert done.outputs["dropped"].rows() == [(n, "a/z.bmp") for n in ("b.png", "c.tif", "d.png", "g.png")]


def test_moving_images_are_equal_if_all_frames_are(bench):
    def moving(second):
        frames = [Image.fromarray(pixels(4, 4, 1)[..., 0]), Image.fromarray(second)]
        return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])

    one, other = pixels(4, 4, 1, seed=1)[..., 0], pixels(4, 4, 1, seed=2)[..., 0]
    files = {"a.gif": moving(one), "b.gif": moving(other), "c.gif": moving(one)}
    assert bench.run(DropDuplicateImages(), bench.read(files).files).names == ["a.gif", "b.gif"]


@pytest.mark.parametrize(
    ("name", "kind", "format", "expected", "written"),
    [
        ("a.jpeg", "JPEG", "same", "a.jpeg", "JPEG"),
        ("A.JPG", "JPEG", "same", "A.JPG", "JPEG"),
        ("a.jpg", "PNG", "same", "a.png", "PNG"),  # by what it holds, not by its name
        ("a.bmp", "BMP", "same", "a.png", "PNG"),
        ("a.tif", "TIFF", "same", "a.tif", "TIFF"),
        ("a.webp", "WEBP", "same", "a.webp", "WEBP"),
        ("a.b.png", "PNG", "jpeg", "a.b.jpg", "JPEG"),
        ("a.png", "PNG", "webp", "a.webp", "WEBP"),
        ("a.png", "PNG", "tiff", "a.tif", "TIFF"),
    ],
)
def test_formats(bench, name, kind, format, expected, written):  # noqa: A002
    done = bench.transform({name: encoded(smooth(), kind)}, format=format)
    assert done.names == [expected]
    assert done.image(expected).format == written
    assert np.abs(done.array(expected).astype(int) - smooth()).mean() < 3


@pytest.mark.parametrize("format", ["png", "tiff"])
def test_formats_that_lose_nothing(bench, format):  # noqa: A002
    for channels in (1, 2, 3, 4):
        array = pixels(5, 7, channels)
        done = bench.transform({"a.png": encoded(array)}, format=format)
        assert np.array_equal(done.array(done.names[0]), array.squeeze())


def test_what_is_clear_gets_a_background_in_a_jpeg(bench):
    clear = np.zeros((16, 16, 4), np.uint8)
    assert (bench.one(clear, format="jpeg") > 250).all()
    made = bench.one(clear, format="jpeg", background="#0000ff")
    assert np.abs(made[0, 0].astype(int) - [0, 0, 255]).max() <= 3
    grey = bench.transform({"a.png": encoded(clear)}, {"do": "grayscale"}, format="jpeg").image("a.jpg")
    assert grey.mode == "L"


def test_the_encoder_is_pillows(bench):
    content = encoded(smooth())
    done = bench.transform({"a.png": content}, format="jpeg", quality=80)
    assert done.files[0].path.read_bytes() == encoded(smooth(), "JPEG", quality=80)
    assert done.files[0].sha256 == hashlib.sha256(encoded(smooth(), "JPEG", quality=80)).hexdigest()


def test_two_images_of_one_name_are_told(bench):
    with pytest.raises(NodeError, match=r"'a\.bmp' and 'a\.png' would both be called 'a\.png'"):
        bench.transform({"a.bmp": encoded(A, "BMP"), "a.png": encoded(A)})


def test_names_that_are_no_text(bench, tmp_path):
    bench.read({"good.png": encoded(A)})
    (tmp_path / "in" / "good.png").rename(os.fsdecode(os.fsencode(tmp_path / "in") + b"/\xff.png"))
    done = bench.transform({})
    assert done.names == ["\\xff.png"]
    assert np.array_equal(done.array("\\xff.png"), A)


def test_no_files_give_none(bench):
    done = bench.run(DropDuplicateImages(), Files())
    assert (done.names, done.outputs["dropped"].height) == ([], 0)


def test_upright_leaves_the_image_that_it_is_given():
    image = Image.fromarray(A)
    assert upright(image) is not image
