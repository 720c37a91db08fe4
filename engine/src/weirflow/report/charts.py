"""Vega-Lite specifications drawn as SVG: pictures that serve light and dark, one for a phone beside the usual one.

The theme paints with colours that no chart uses by itself; in the finished picture each of them becomes a CSS
variable of the page. Nothing is fetched: a specification that asks for data from elsewhere is not drawn.
"""

from __future__ import annotations

import json
import math
from typing import Any
from xml.etree import ElementTree as ET

from weirflow.graph.draw.model import printable
from weirflow.report import narrow
from weirflow.report.html import Html, join, tag

CATEGORIES = 8

_TEXT, _MUTED, _GRID = "#01fe30", "#01fe31", "#01fe32"
_SERIES = tuple(f"#01fe{i:02x}" for i in range(1, CATEGORIES + 1))
_VARIABLES = {
    _TEXT: "var(--text)",
    _MUTED: "var(--muted)",
    _GRID: "var(--grid)",
    "#000": "var(--text)",  # what Vega paints where nothing is said
    "black": "var(--text)",
    **{colour: f"var(--series-{i})" for i, colour in enumerate(_SERIES, start=1)},
}
_LABELS = {
    "labelColor": _MUTED,
    "labelFontSize": 12,
    "titleColor": _TEXT,
    "titleFontSize": 12,
    "titleFontWeight": 600,
}
_THEME: dict[str, Any] = {
    "background": None,
    "font": "Arial",
    "padding": 2,
    "view": {"stroke": None, "continuousWidth": 480, "continuousHeight": 260, "step": 24},
    "axis": {**_LABELS, "gridColor": _GRID, "domainColor": _MUTED, "tickColor": _GRID, "titlePadding": 8},
    "axisBand": {"ticks": False, "labelPadding": 6},
    "legend": {**_LABELS, "symbolType": "square"},
    "header": _LABELS,
    "title": {"color": _TEXT, "subtitleColor": _MUTED, "fontSize": 14, "fontWeight": 600, "anchor": "start"},
    "mark": {"color": _SERIES[0]},
    "bar": {"color": _SERIES[0]},
    "text": {"color": _TEXT},
    "rule": {"color": _MUTED},
    "line": {"strokeWidth": 2},
    "range": {
        "category": list(_SERIES),
        "ramp": {"scheme": "cividis"},
        "heatmap": {"scheme": "cividis"},
        "ordinal": {"scheme": "cividis"},
        "diverging": {"scheme": "blueorange"},
    },
}
_SPARE = 8.0  # pixels to the right, for fonts a little wider than the one measured
_SAID_BY_THE_PAGE = {"role", "pointer-events", "font-family", "cursor", "style"}


class UndrawableError(Exception):
    """The picture cannot be drawn; the message says why in a sentence."""


def draw(spec: dict[str, Any] | None, *, name: str) -> Html:
    """Draw a specification: an SVG element, or two of which the page shows the one that fits its width.

    `name` is unique in the page and begins every id in the pictures. Raises UndrawableError where the drawing
    library is not installed, or the specification is wrong or asks for data from elsewhere.
    """
    try:
        import vl_convert  # noqa: F401
    except ImportError:
        raise UndrawableError(_how_to_draw()) from None
    if spec is None:
        raise UndrawableError(_how_to_draw())
    spec = _clean(spec)
    if _fetches(spec):
        raise UndrawableError("The picture is not drawn: it asks for data from elsewhere.")
    spec = {**spec, "config": _merged(_THEME, spec.get("config") or {})}
    wide = _svg(spec)
    if _width(wide) <= narrow.WIDTH:
        return _element(wide, name)
    try:
        small = _narrow(spec)
    except UndrawableError:  # the usual form is a picture at any rate
        return _element(wide, name)
    return join(_element(wide, name, "wide"), _element(small, f"{name}-n", "narrow"))


def _narrow(spec: dict[str, Any]) -> ET.Element:
    if not narrow.is_composed(spec):
        return _svg(narrow.narrowed(spec))
    panel = float(narrow.WIDTH) * 3 / 4
    drawn = _width(_svg(narrow.narrowed(spec, panel)))
    return _svg(narrow.narrowed(spec, narrow.panel_width(panel, drawn)))


def _svg(spec: dict[str, Any]) -> ET.Element:
    import vl_convert

    try:
        svg = vl_convert.vegalite_to_svg(json.dumps(spec), allowed_base_urls=[])
        return ET.fromstring(svg)  # noqa: S314 - written by the library just now, without entities
    except (ValueError, ET.ParseError):
        raise UndrawableError("The picture cannot be drawn: its specification is not valid.") from None


def _width(svg: ET.Element) -> float:
    return float(svg.get("width", "0"))


def _how_to_draw() -> str:
    from weirflow.plugins.extras import install_command

    return f"The picture needs the drawing library; install it with: {install_command('reports')}"


def _clean(value: Any) -> Any:
    """The same JSON without what neither JSON nor XML can hold."""
    if isinstance(value, dict):
        return {printable(str(k)): _clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return printable(value, lines=True) if isinstance(value, str) else value


def _fetches(value: Any) -> bool:
    if isinstance(value, dict):
        return isinstance(value.get("url"), str) or any(_fetches(v) for v in value.values())
    return isinstance(value, list) and any(_fetches(v) for v in value)


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _element(root: ET.Element, name: str, form: str | None = None) -> Html:
    width, height = _width(root) + _SPARE, float(root.get("height", "0"))
    _tidy(root, name, {})
    inner = Html("".join(ET.tostring(child, encoding="unicode") for child in root))
    # It shrinks with the screen until its text would be too small to read, and grows where a phone lies on its side.
    most, least = width * (1.4 if form == "narrow" else 1), width * 0.78
    return tag(
        "svg",
        inner,
        class_=form,
        aria_hidden="true",  # what is around it names it
        viewBox=f"0 0 {width:g} {height:g}",
        width=f"{width:g}",
        height=f"{height:g}",
        style=f"max-width:{most:.0f}px;min-width:{least:.0f}px",
    )


def _tidy(parent: ET.Element, name: str, ids: dict[str, str]) -> None:
    """Variables for the theme's colours, ids of its own, no links, no second set of accessible names.

    Ids are numbered anew, since the library goes on counting from one picture to the next.
    """
    parent.tag = parent.tag.rpartition("}")[2]
    for child in list(parent):
        _tidy(child, name, ids)
        # Vega frames every group with paths that show nothing unless they are painted.
        frame = child.attrib.pop("class", "") in {"background", "foreground"}
        unseen = frame and not (child.get("fill") or child.get("stroke"))
        if unseen or child.tag in {"script", "foreignObject", "image"}:
            parent.remove(child)
    if parent.tag == "a":
        parent.tag = "g"
    for key, value in list(parent.attrib.items()):
        local = key.rpartition("}")[2]
        if key in _SAID_BY_THE_PAGE or local == "href" or local.startswith(("aria-", "on")):
            del parent.attrib[key]
        elif key == "id":
            parent.set(key, ids.setdefault(value, f"{name}-{len(ids) + 1}"))
        elif value.startswith("url(#") and value.endswith(")"):
            old = value[5:-1]
            parent.set(key, f"url(#{ids.setdefault(old, f'{name}-{len(ids) + 1}')})")
        elif value in _VARIABLES:
            parent.set(key, _VARIABLES[value])
