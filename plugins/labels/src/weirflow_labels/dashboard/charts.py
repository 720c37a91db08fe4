"""Pictures of panels, drawn from Vega-Lite without a browser: SVG for the page, PNG for files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from weirflow.api import NodeError
from weirflow_labels.dashboard.cube import OTHER, Key, Shown, palette
from weirflow_labels.dashboard.markup import Html, tag
from weirflow_labels.dashboard.spec import Tone
from weirflow_labels.dashboard.words import key_text, percent, spoken

if TYPE_CHECKING:
    from weirflow_labels.dashboard.panel import PanelData

SERIES = ("#1f6fb2", "#d9680c", "#0f8b8d", "#7a3b8f", "#b3314c", "#6a7b16", "#3f4fa8", "#a0693a")
"""Colours of parts, from the greatest to the smallest; `page.css` has those for the dark."""
TONES: Mapping[Tone, str] = {"good": "#1d7f5f", "warn": "#b07d10", "bad": "#c2362b", "neutral": "#7d8894"}
REST = "#98a2ad"
TEXT, MUTED, GRID = "#1b2129", "#59636f", "#e3e7ec"
WIDTH = 440
SCALE = 2
"""Pixels of a PNG for one of the picture."""

_VARIABLES = {
    **{c: f"var(--series-{i})" for i, c in enumerate(SERIES, start=1)},
    **{c: f"var(--{t})" for t, c in TONES.items()},
    REST: "var(--rest)",
    TEXT: "var(--text)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    "#000": "var(--text)",
    "black": "var(--text)",
    "white": "var(--card)",
    "#fff": "var(--card)",
}
_LABELS = {
    "labelColor": MUTED,
    "labelFontSize": 12,
    "titleColor": TEXT,
    "titleFontSize": 12,
    "titleFontWeight": 600,
}
_CONFIG: dict[str, Any] = {
    "font": "Liberation Sans, Arial, Helvetica, sans-serif",  # the first comes with the drawing library
    "padding": 6,
    "view": {"stroke": None},
    "axis": {**_LABELS, "gridColor": GRID, "domainColor": MUTED, "tickColor": GRID, "labelLimit": 200},
    "axisBand": {"ticks": False, "labelPadding": 6, "grid": False},
    "legend": {**_LABELS, "title": None, "symbolType": "square", "labelLimit": 300, "rowPadding": 4},
    "title": {"color": TEXT, "fontSize": 15, "fontWeight": 600, "anchor": "start", "offset": 12},
}


def colours(panel: PanelData, found: Shown) -> dict[Key, str]:
    """The colour of each part: that of its tone, if the spec gives one, else by its rank."""
    by_colour = panel.panel.colour is not None
    numbers = palette(found, ranks(found), by_colour=by_colour)
    tones = {k.lower(): t for k, t in panel.panel.tones.items()}
    return {
        k: TONES[tones[str(k).lower()]] if str(k).lower() in tones else SERIES[n - 1] if n else REST
        for k, n in numbers.items()
    }


def ranks(found: Shown) -> dict[Key, int]:
    """The rank of each part of a panel without filters, from 1."""
    keys = found.colours if found.colours != [None] else found.rows
    return {k: i for i, k in enumerate((k for k in keys if k != OTHER), start=1)}


def specification(panel: PanelData, found: Shown) -> dict[str, Any]:
    """The chart of a panel as Vega-Lite."""
    heading, measure = next(iter(panel.cube.columns.items()))
    unit = measure.measure.unit
    paint = colours(panel, found)
    values = {k: (g.value(heading) or 0) for k, g in found.totals.items()}
    name = {k: key_text(k, panel.labels) for k in found.rows}
    match panel.panel.kind:
        case "pie" | "donut":
            return _round(panel.panel.kind, found.rows, values, name, paint, unit)
        case "bar":
            return _bars(found.rows, values, name, unit)
        case "stacked":
            return _columns(panel, found, heading, name, paint)
        case _:
            return _histogram(panel, found.rows, values, name)


def _round(
    kind: str,
    keys: list[Key],
    values: dict[Key, float],
    name: dict[Key, str],
    paint: dict[Key, str],
    unit: str,
) -> dict[str, Any]:
    total = sum(values.values())
    said = {k: f"{name[k]}: {spoken(values[k], unit)} ({percent(values[k], total)})" for k in keys}
    arc = {
        "mark": {
            "type": "arc",
            "outerRadius": 90,
            "innerRadius": 56 if kind == "donut" else 0,
            "stroke": "white",
        },
        "encoding": {
            "theta": {"field": "value", "type": "quantitative", "stack": True},
            "order": {"field": "place", "type": "quantitative"},
            "color": {
                "field": "part",
                "type": "nominal",
                "scale": {"domain": [said[k] for k in keys], "range": [paint[k] for k in keys]},
            },
        },
    }
    layers: list[dict[str, Any]] = [arc]
    if kind == "donut":
        text = {"type": "text", "fontSize": 20, "fontWeight": 600, "color": TEXT, "text": spoken(total, unit)}
        layers.append({"data": {"values": [{}]}, "mark": text})
    rows = [{"part": said[k], "value": values[k], "place": i} for i, k in enumerate(keys) if values[k]]
    return {"data": {"values": rows}, "width": 200, "height": 200, "layer": layers}


def _bars(keys: list[Key], values: dict[Key, float], name: dict[Key, str], unit: str) -> dict[str, Any]:
    rows = [
        {"part": name[k], "value": values[k], "said": spoken(values[k], unit), "rest": k == OTHER}
        for k in keys
    ]
    y = {
        "field": "part",
        "type": "nominal",
        "sort": list(name.values()),
        "title": None,
        "axis": {"domain": False},
    }
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domainMin": 0}}
    bar = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.72}},
        "encoding": {"color": {"condition": {"test": "datum.rest", "value": REST}, "value": SERIES[0]}},
    }
    text = {
        "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12, "color": TEXT},
        "encoding": {"text": {"field": "said"}},
    }
    return {
        "data": {"values": rows},
        "width": 300,
        "height": {"step": 26},
        "encoding": {"y": y, "x": x},
        "layer": [bar, text],
    }


def _columns(
    panel: PanelData, found: Shown, heading: str, name: dict[Key, str], paint: dict[Key, str]
) -> dict[str, Any]:
    divisor, unit = axis_unit(panel, found)
    rows = [
        {
            "row": name[r],
            "value": (found.value(r, c, heading) or 0) / divisor,
            "part": key_text(c, {}) if c is not None else "",
            "layer": j,
        }
        for r in found.rows
        for j, c in enumerate(found.colours)
        if found.value(r, c, heading) or j == 0
    ]
    # the first colour lies at the bottom
    encoding: dict[str, Any] = {
        "x": {
            "field": "row",
            "type": "nominal",
            "sort": list(name.values()),
            "title": None,
            "axis": {
                "labelAngle": -45 if not panel.order and _crowded(name.values()) else 0,
                "labelOverlap": bool(panel.order),
                "labelLimit": 130,
            },
        },
        "y": {
            "field": "value",
            "type": "quantitative",
            "title": unit or None,
            "axis": {"tickCount": 5, "domain": False},
        },
        "order": {"field": "layer", "type": "quantitative"},
    }
    mark: dict[str, Any] = {"type": "bar", "width": {"band": 0.78}}
    if found.colours != [None]:
        encoding["color"] = {
            "field": "part",
            "type": "nominal",
            "scale": {
                "domain": [key_text(c, {}) for c in found.colours],
                "range": [paint[c] for c in found.colours],
            },
            "legend": {"orient": "top", "columns": 3},
        }
    else:
        mark["color"] = SERIES[0]
    return {"data": {"values": rows}, "width": WIDTH, "height": 240, "mark": mark, "encoding": encoding}


def axis_unit(panel: PanelData, found: Shown) -> tuple[float, str]:
    """What the values of an axis are divided by, and what they are in then: seconds may be minutes or hours."""
    heading, column = next(iter(panel.cube.columns.items()))
    unit = column.measure.unit
    if unit not in {"s", "seconds"}:
        return 1, unit
    most = max((g.value(heading) or 0 for g in found.totals.values()), default=0)
    if most < 60:  # noqa: PLR2004
        return 1, "seconds"
    return (60, "minutes") if most < 3600 else (3600, "hours")  # noqa: PLR2004


def _histogram(
    panel: PanelData, keys: list[Key], values: dict[Key, float], name: dict[Key, str]
) -> dict[str, Any]:
    rows = [{"bin": name[k], "rows": values.get(k, 0)} for k in keys]
    return {
        "data": {"values": rows},
        "width": WIDTH,
        "height": 220,
        "mark": {"type": "bar", "width": {"band": 0.94}, "color": SERIES[0]},
        "encoding": {
            "x": {
                "field": "bin",
                "type": "nominal",
                "sort": list(name.values()),
                "title": panel.by_title,
                "axis": {"labelAngle": 0, "labelOverlap": True},
            },
            "y": {
                "field": "rows",
                "type": "quantitative",
                "title": None,
                "axis": {"tickCount": 5, "domain": False},
            },
        },
    }


def _crowded(names: Any) -> bool:
    texts = list(names)
    return sum(min(len(t), 20) for t in texts) * 7 > WIDTH * 0.8


def png(panel: PanelData) -> bytes:
    """The chart of a panel as a PNG picture with its title, on white."""
    import vl_convert

    spec = {
        **specification(panel, panel.shown()),
        "title": panel.panel.title,
        "background": "white",
        "config": _CONFIG,
    }
    try:
        found: bytes = vl_convert.vegalite_to_png(json.dumps(spec), scale=SCALE, allowed_base_urls=[])
    except ValueError as error:
        raise NodeError(f"the chart '{panel.panel.title}' cannot be drawn") from error
    return found


def svg(panel: PanelData, described: str) -> Html:
    """The chart of a panel as an SVG element in the page's colours, with a title and a description."""
    import vl_convert

    spec = {**specification(panel, panel.shown()), "background": None, "config": _CONFIG}
    try:
        text = vl_convert.vegalite_to_svg(json.dumps(spec), allowed_base_urls=[])
        root = ET.fromstring(text)  # noqa: S314 - written by the library just now, without entities
    except (ValueError, ET.ParseError) as error:
        raise NodeError(f"the chart '{panel.panel.title}' cannot be drawn") from error
    width, height = root.get("width", "0"), root.get("height", "0")
    _tidy(root, f"p-{panel.name}", {})
    inner = Html("".join(ET.tostring(child, encoding="unicode") for child in root))
    return tag(
        "svg",
        tag("title", panel.panel.title, id=f"p-{panel.name}-t"),
        tag("desc", described, id=f"p-{panel.name}-d"),
        inner,
        role="img",
        aria_labelledby=f"p-{panel.name}-t",
        aria_describedby=f"p-{panel.name}-d",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        style=f"max-width:{float(width):.0f}px",
    )


_DROPPED = {"role", "pointer-events", "font-family", "cursor", "style", "class"}


def _tidy(parent: ET.Element, name: str, ids: dict[str, str]) -> None:
    """Variables for the colours, ids of its own, no links, no second set of accessible names."""
    parent.tag = parent.tag.rpartition("}")[2]
    for child in list(parent):
        _tidy(child, name, ids)
        frame = child.attrib.pop("class", "") in {"background", "foreground"}
        if (frame and not (child.get("fill") or child.get("stroke"))) or child.tag in {
            "script",
            "foreignObject",
            "image",
        }:
            parent.remove(child)
    if parent.tag == "a":
        parent.tag = "g"
    for key, value in list(parent.attrib.items()):
        local = key.rpartition("}")[2]
        if (key in _DROPPED and key != "class") or local == "href" or local.startswith(("aria-", "on")):
            del parent.attrib[key]
        elif key == "id":
            parent.set(key, ids.setdefault(value, f"{name}-s{len(ids) + 1}"))
        elif value.startswith("url(#") and value.endswith(")"):
            parent.set(key, f"url(#{ids.setdefault(value[5:-1], f'{name}-s{len(ids) + 1}')})")
        elif value in _VARIABLES:
            parent.set(key, _VARIABLES[value])
