"""What the nodes write: pages that hold nothing they should not, and pictures without a browser."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("vl_convert")

from PIL import Image

from weirflow.api import NodeError
from weirflow_labels.show import Charts, Dashboard


def test_charts_are_pictures_with_words(write: Any, database: Path):
    done = write(Charts(path="charts", spec="annotations"), database)
    names = {p.name for p in (done.folder / "charts").iterdir()}
    pictures = {n for n in names if n.endswith(".png")}
    assert pictures == {
        "annotations-by-class.png",
        "annotations-over-time.png",
        "audit-of-annotations.png",
        "objects-per-frame.png",
        "parked-and-moving.png",
        "quality-of-frames.png",
        "vehicles-by-type.png",
    }
    assert {n.replace(".png", ".csv") for n in pictures} | {"numbers.csv"} < names
    for name in pictures:
        with Image.open(done.folder / "charts" / name) as image:
            assert (image.format, image.width > 500, image.height > 300) == ("PNG", True, True)
            title = image.convert("L").crop((0, 0, image.width, 40))
            assert title.getextrema()[0] < 80  # letters, though the machine may lack the font
    assert len(done.receipt.paths) == len(names)


def test_numbers_are_a_csv_file(write: Any, database: Path):
    done = write(Charts(path="charts", spec="workers"), database)
    text = (done.folder / "charts" / "numbers.csv").read_text(encoding="utf-8")
    assert text.splitlines()[:4] == ["number,value,unit", "Workers,4,", "Jobs,3,", "Answers,180,"]


def test_a_page_needs_nothing_and_escapes_everything(write: Any, database: Path):
    done = write(Dashboard(path="page.html", spec="annotations"), database)
    text = (done.folder / "page.html").read_text(encoding="utf-8")
    assert "</script><b>Yield" not in text
    assert 'signs <b>&"' not in text
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", text)
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg|http-equiv", "", text)
    assert done.warned == []


def test_no_page_names_anybody_without_being_told_the_name(write: Any, database: Path):
    done = write(Dashboard(path="page.html", spec="workers"), database)
    text = (done.folder / "page.html").read_text(encoding="utf-8")
    assert "worker-0000000001" in text
    assert "Ada Example" in text
    assert "@example.org" not in text


def test_a_page_without_script_has_pictures_and_tables(write: Any, database: Path):
    done = write(Dashboard(path="page.html", interactive=False, title="Signs & roads"), database)
    text = (done.folder / "page.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<h1>Signs &amp; roads</h1>" in text
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) == 7
    for picture in pictures:
        svg = ET.fromstring(picture)
        assert svg.get("role") == "img"
        ids = {e.get("id"): e for e in svg.iter() if e.get("id")}
        assert ids[svg.get("aria-labelledby")].text
        assert "The greatest:" in ids[svg.get("aria-describedby")].text
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_a_page_is_the_same_from_run_to_run(write: Any, database: Path):
    pages = [write(Dashboard(path=f"{i}.html"), database).folder / f"{i}.html" for i in range(2)]
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_images_are_found_by_their_names_and_made_small(write: Any, database: Path, tmp_path: Path):
    for video in range(3):
        place = tmp_path / "images" / "north"
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (800, 400), "grey").save(place / f"roads-north-{video}-0001.jpg")
    (place / "roads-north-2-0001.jpg").write_bytes(b"no image")
    done = write(Dashboard(path="page.html", images="images"), database)
    text = (done.folder / "page.html").read_text(encoding="utf-8")
    assert text.count("data:image/jpeg;base64,") == 1  # they look the same, and so are one
    assert text.count('"image":0') == text.count('"size":[800.0,400.0]') >= 2
    assert "Frames whose image cannot be read, or is too large: " in text


def test_an_image_that_may_be_several_is_none(tmp_path: Path):
    from weirflow_labels.dashboard.frames import Frame
    from weirflow_labels.dashboard.images import add_images

    for folder, colour in (("a", "red"), ("b", "blue")):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (8, 8), colour).save(tmp_path / folder / "1.png")
    frames = [Frame("a", "0", 1, "1.png"), Frame("c", "0", 1, "1.png"), Frame("c", "0", 1, "s3://x/b/1.png")]
    add_images(frames, str(tmp_path))
    assert [f.image is not None for f in frames] == [True, False, True]
    shown = Image.open(io.BytesIO(_bytes(frames[2].image))).convert("RGB").getpixel((4, 4))
    assert isinstance(shown, tuple)
    assert shown[2] > 200


def test_a_picture_is_turned_upright(tmp_path: Path):
    from weirflow_labels.dashboard.frames import Frame
    from weirflow_labels.dashboard.images import add_images

    lying = Image.new("RGB", (60, 20), "white")
    exif = lying.getexif()
    exif[0x0112] = 6
    lying.save(tmp_path / "1.jpg", exif=exif)
    frame = Frame("a", "0", 1, "1.jpg")
    add_images([frame], str(tmp_path))
    assert frame.size == (20.0, 60.0)
    assert Image.open(io.BytesIO(_bytes(frame.image))).size == (20, 60)


def _bytes(uri: str | None) -> bytes:
    import base64

    assert uri is not None
    return base64.b64decode(uri.partition(",")[2])


def test_a_left_out_panel_of_ones_own_spec_is_warned_of(write: Any, database: Path, tmp_path: Path):
    panel = "{title: Lights, kind: pie, from: objects, by: {attribute: Light}}"
    number = "{title: All, kind: number, from: objects}"
    (tmp_path / "mine.yaml").write_text(f"title: Mine\npanels: [{panel}, {number}]\n", encoding="utf-8")
    done = write(Dashboard(path="page.html", spec="mine.yaml"), database)
    assert done.warned == ["the panel 'Lights' is left out: no row has an attribute `Light`"]
    assert "<b>Lights</b>: no row has an attribute `Light`." in (done.folder / "page.html").read_text("utf-8")


def test_what_is_no_database_of_labels_is_refused(write: Any, tmp_path: Path):
    import duckdb

    with duckdb.connect(str(tmp_path / "other.duckdb")) as db:
        db.execute("CREATE TABLE t (a INTEGER)")
    with pytest.raises(NodeError, match="is no database of labels"):
        write(Dashboard(path="page.html"), tmp_path / "other.duckdb")
