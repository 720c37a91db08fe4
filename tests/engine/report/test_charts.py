"""Charts: one picture for light and dark, nothing fetched, colours that most eyes tell apart."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from itertools import combinations
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from weirflow.node.report import Chart, Report
from weirflow.report import charts
from weirflow.report.blocks import report_blocks

BARS: dict[str, Any] = {
    "data": {"values": [{"a": "x", "b": 1}, {"a": "y", "b": 2}]},
    "mark": "bar",
    "encoding": {
        "x": {"field": "a", "type": "nominal"},
        "y": {"field": "b", "type": "quantitative"},
        "color": {"field": "a", "type": "nominal"},
    },
}
CHART = Chart(title="Bars", description="x 1, y 2.", spec=BARS, columns=("a", "b"), rows=(("x", 1), ("y", 2)))


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)


def draw(spec: dict[str, Any] | None, name: str = "c") -> str:
    return charts.draw(spec, name=name)


def test_colours_are_variables_of_the_page():
    pytest.importorskip("vl_convert")
    svg = draw(BARS)
    assert 'fill="var(--series-1)"' in svg
    assert 'fill="var(--series-2)"' in svg
    assert 'fill="var(--text)"' in svg
    assert not re.search(r"#01fe|#000|white", svg)
    assert set(re.findall(r"var\((--[\w-]+)\)", svg)) <= set(re.findall(r"(--[\w-]+):", css()))


def test_a_chart_may_have_colours_of_its_own():
    pytest.importorskip("vl_convert")
    own = {
        **BARS,
        "config": {"bar": {"color": "#123456"}},
        "encoding": {k: BARS["encoding"][k] for k in "xy"},
    }
    assert 'fill="#123456"' in draw(own)


def test_ids_begin_with_the_name():
    pytest.importorskip("vl_convert")
    clipped = {**BARS, "mark": {"type": "bar", "clip": True}}
    assert draw(clipped) == draw(clipped)
    one, other = (set(re.findall(r'\bid="([^"]+)"', draw(clipped, n))) for n in ("one", "other"))
    used = set(re.findall(r"url\(#([^)]+)\)", draw(clipped, "one")))
    assert used
    assert used <= one
    assert all(i.startswith("one-") for i in one)
    assert all(i.startswith("other-") for i in other)


def test_links_and_pictures_are_left_out():
    pytest.importorskip("vl_convert")
    values = [{"a": "x", "u": "https://evil.test/"}]
    link = {**BARS, "data": {"values": values}, "mark": "point", "encoding": {"href": {"field": "u"}}}
    picture = {"data": {"values": values}, "mark": {"type": "image"}, "encoding": {"url": {"field": "u"}}}
    for spec in (link, picture):
        svg = draw(spec)
        assert "evil" not in svg
        assert "href" not in svg


def pictures(spec: dict[str, Any]) -> dict[str, ET.Element]:
    page = ET.fromstring(f"<div>{draw(spec)}</div>")
    return {svg.get("class", ""): svg for svg in page.iter("svg")}


def places(svg: ET.Element, x: float = 0.0, y: float = 0.0) -> Iterator[tuple[str, float, float]]:
    """Each text of a picture, and where it stands."""
    for child in svg:
        moved = re.match(r"translate\((.+?),(.+?)\)", child.get("transform", ""))
        dx, dy = (float(moved[1]), float(moved[2])) if moved else (0.0, 0.0)
        if child.tag == "text" and child.text:
            yield child.text, x + dx, y + dy
        yield from places(child, x + dx, y + dy)


def test_a_small_chart_has_one_form():
    pytest.importorskip("vl_convert")
    small = {**BARS, "width": 100, "encoding": {k: BARS["encoding"][k] for k in "xy"}}
    assert list(pictures(small)) == [""]


LONG = {"field": "a", "type": "nominal", "sort": ["x" * 40, "y"]}


@pytest.mark.parametrize(
    "more",
    [
        {"width": 480},
        {"width": 480, "encoding": BARS["encoding"] | {"row": {"field": "a"}}},
        {"width": 200, "encoding": BARS["encoding"] | {"column": {"field": "a"}}},
        {"width": 480, "encoding": BARS["encoding"] | {"y": LONG}},
    ],
)
def test_a_wide_chart_has_a_form_for_a_phone(more: dict[str, Any]):
    pytest.importorskip("vl_convert")
    found = pictures({**BARS, **more})
    assert list(found) == ["wide", "narrow"]
    assert float(found["wide"].get("width", "")) > 320
    assert float(found["narrow"].get("width", "")) <= 313  # a screen of 375 without what is around the chart


def test_on_a_phone_panels_and_legend_go_below():
    pytest.importorskip("vl_convert")
    panels = [{"a": n, "b": 1, "c": p} for n in ("x", "y") for p in ("left", "middle", "right")]
    spec = {
        "data": {"values": panels},
        "facet": {"field": "c"},
        "columns": 3,
        "spec": {"mark": "bar", "width": 200, "height": 80, "encoding": BARS["encoding"]},
    }
    found = pictures(spec)
    wide, narrow = ({t: (x, y) for t, x, y in places(found[form])} for form in ("wide", "narrow"))
    panels_wide, panels_narrow = ([where[n] for n in ("left", "middle", "right")] for where in (wide, narrow))
    assert [x for x, _ in panels_wide] == sorted({x for x, _ in panels_wide})
    assert len({y for _, y in panels_wide}) == 1
    assert [y for _, y in panels_narrow] == sorted({y for _, y in panels_narrow})
    assert len({x for x, _ in panels_narrow}) == 1
    legend = [y for t, _, y in places(found["narrow"]) if t == "a"][-1]
    assert legend > narrow["right"][1] + 80


def test_on_a_phone_long_names_stand_whole_above_their_bars():
    pytest.importorskip("vl_convert")
    names = ["job_management/self-employed", "marital_status_divorced", "age"]
    spec = {
        "data": {"values": [{"name": n, "value": i + 1} for i, n in enumerate(names)]},
        "mark": "bar",
        "width": 480,
        "encoding": {
            "y": {"field": "name", "type": "nominal", "sort": names, "axis": {"labelLimit": 260}},
            "x": {"field": "value", "type": "quantitative"},
        },
    }
    narrow = {t: x for t, x, _ in places(pictures(spec)["narrow"])}
    assert [narrow[n] for n in names] == [narrow[names[0]]] * 3
    assert narrow[names[0]] < 20


@pytest.mark.parametrize("url", ["https://evil.test/x.csv", "file:///etc/hostname", "x.csv"])
def test_data_from_elsewhere_is_not_drawn(url: str):
    pytest.importorskip("vl_convert")
    with pytest.raises(charts.UndrawableError, match="data from elsewhere"):
        draw({**BARS, "data": {"url": url}})


def test_a_wrong_specification_leaves_the_data():
    pytest.importorskip("vl_convert")
    wrong = CHART.model_copy(update={"spec": {"mark": "no such mark", "data": {"values": []}}})
    page = report_blocks(Report(title="r", blocks=(wrong,)), "n")
    assert "its specification is not valid" in page
    assert "<td>x</td>" in page
    assert "<svg" not in page


@pytest.mark.usefixtures("no_library")
def test_without_the_library_the_data_stands_and_the_command_is_named():
    from weirflow.plugins.extras import install_command

    page = report_blocks(Report(title="r", blocks=(CHART,)), "n")
    assert install_command("reports").replace("'", "&#x27;") in page
    assert "<td>y</td>" in page
    assert "x 1, y 2." in page
    assert "<svg" not in page


def test_a_chart_without_a_picture_is_its_data():
    page = report_blocks(Report(title="r", blocks=(CHART.model_copy(update={"spec": None}),)), "n")
    assert "[reports]" in page
    assert "<td>x</td>" in page


# What colour-blind readers see, after Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
SIGHT = {
    "common": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}
# Linear RGB to OKLab (Ottosson, 2020).
LMS = np.array(
    [[0.4122215, 0.5363325, 0.051446], [0.2119035, 0.6806995, 0.107397], [0.0883025, 0.2817188, 0.6299787]]
)
LAB = np.array(
    [
        [0.2104543, 0.7936178, -0.0040720],
        [1.9779985, -2.4285922, 0.4505937],
        [0.0259040, 0.7827718, -0.8086758],
    ]
)


def css() -> str:
    return files("weirflow.report").joinpath("page.css").read_text("utf-8")


def variables(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", css(), re.DOTALL)[:2]
    found = dict(re.findall(r"--([\w-]+): (#\w+)", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([\w-]+): (#\w+)", dark))


def linear(colour: str) -> np.ndarray[Any, Any]:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    value = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_series_are_told_apart(scheme: str, sight: str):
    colours = variables(scheme)
    seen = [
        np.clip(np.array(SIGHT[sight]) @ linear(colours[f"series-{i}"]), 0, 1)
        for i in range(1, charts.CATEGORIES + 1)
    ]
    places = [LAB @ np.cbrt(LMS @ c) for c in seen]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(places, 2)) > 0.09


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_of_words_and_series(scheme: str):
    colours = variables(scheme)
    for ground in ("page", "card", "sunk"):
        for word in ("text", "muted", "link"):
            assert contrast(colours[word], colours[ground]) >= 4.5, (word, ground)
    for word in ("new", "changed", "gone", "warn", "bad"):
        assert contrast(colours[word], colours[f"{word}-back"]) >= 4.5, word
    for i in range(1, charts.CATEGORIES + 1):
        assert contrast(colours[f"series-{i}"], colours["card"]) >= 3, i
