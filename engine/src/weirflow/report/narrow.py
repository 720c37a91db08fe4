"""A Vega-Lite specification rearranged for a phone: panels one below another, the legend below, text as large."""

from __future__ import annotations

from typing import Any

WIDTH = 304  # of the whole picture, pixels: what a screen 375 wide leaves to it

_LEAST = 120  # of a panel
# The library lays text out as if each letter were 0.8 of its height wide: half as much again as most fonts take.
_CHARACTER = 9.6
_BESIDE = 13 * _CHARACTER  # the longest label beside an axis
_WHOLE = 46 * _CHARACTER  # the longest on a line of its own
_SYMBOL = 32.0  # what an entry of a legend needs besides its name
_COMPOSED = ("facet", "repeat", "concat", "vconcat", "hconcat")
_CONFIG: dict[str, Any] = {
    "legend": {"orient": "bottom", "direction": "horizontal", "titleOrient": "top"},
    # above the axis instead of along it: a line of text costs less than a column
    "axisY": {"titleAngle": 0, "titleAlign": "left", "titleX": 0, "titleY": -8, "titleBaseline": "bottom"},
}


def is_composed(spec: dict[str, Any]) -> bool:
    """Whether there are several panels: the library cannot fit those to a width by itself."""
    return any(k in spec for k in _COMPOSED) or bool({"row", "column", "facet"} & set(_encoding(spec)))


def narrowed(spec: dict[str, Any], panel: float | None = None) -> dict[str, Any]:
    """The specification for a picture `WIDTH` wide; where it is composed, each panel is `panel` wide."""
    found = _rearranged(spec, panel or WIDTH)
    if panel is None:
        found["autosize"] = {"type": "fit-x", "contains": "padding"}
    config = found.get("config") or {}
    legend = {**_CONFIG["legend"], "columns": _columns(spec)}
    found["config"] = {
        **config,
        "legend": {**config.get("legend", {}), **legend},
        "axisY": {**config.get("axisY", {}), **_CONFIG["axisY"]},
    }
    return found


def panel_width(panel: float, total: float) -> float:
    """How wide panels must be, once pictures with panels `panel` wide are known to be `total` wide in all."""
    return max(panel + WIDTH - total, _LEAST)


def _encoding(spec: dict[str, Any]) -> dict[str, Any]:
    encoding = spec.get("encoding")
    return encoding if isinstance(encoding, dict) else {}


def _rearranged(spec: dict[str, Any], width: float) -> dict[str, Any]:
    found = {k: _limited(v) if k in {"encoding", "config"} else v for k, v in spec.items()}
    if _lies_flat(found):
        found |= _named_above(found)
    if "hconcat" in found and "vconcat" not in found:
        found["vconcat"] = found.pop("hconcat")
    for key in ("facet", "encoding", "repeat"):
        if isinstance(found.get(key), dict):
            found[key] = _upright(found[key])
    if any(k in found for k in ("facet", "repeat", "concat")):
        found["columns"] = 1
    for key in ("concat", "vconcat", "layer"):
        if isinstance(found.get(key), list):
            found[key] = [_rearranged(v, width) if isinstance(v, dict) else v for v in found[key]]
    if isinstance(found.get("spec"), dict):
        found["spec"] = _rearranged(found["spec"], width)
    elif "mark" in found or "layer" in found:
        found["width"] = width
    return found


def _lies_flat(view: dict[str, Any]) -> bool:
    """Whether the view is of bars that lie on their side, with names too long to stand beside them."""
    mark, y = view.get("mark"), _encoding(view).get("y")
    bar = mark == "bar" or (isinstance(mark, dict) and mark.get("type") == "bar")
    names = y.get("sort") if bar and isinstance(y, dict) else None
    return isinstance(names, list) and max((len(str(n)) for n in names), default=0) * _CHARACTER > _BESIDE


def _named_above(view: dict[str, Any]) -> dict[str, Any]:
    """Such bars under their names, which have the whole width there."""
    mark = view["mark"] if isinstance(view["mark"], dict) else {"type": view["mark"]}
    y = view["encoding"]["y"]
    axis = {
        "labelAlign": "left",
        "labelPadding": -3,
        "labelOffset": -12,
        "labelLimit": _WHOLE,
        "ticks": False,
    }
    named = {**y, "axis": {**(y.get("axis") or {}), **axis, "zindex": 1}}
    return {
        "mark": {**mark, "height": {"band": 0.5}, "yOffset": 6},
        "height": {"step": 36},
        "encoding": {**view["encoding"], "y": named},
    }


def _upright(channels: dict[str, Any]) -> dict[str, Any]:
    """Columns as rows, where there are no rows yet; wrapped panels in one column."""
    found = dict(channels)
    if "column" in found and "row" not in found:
        found["row"] = found.pop("column")
    if isinstance(found.get("facet"), dict):
        found["facet"] = {**found["facet"], "columns": 1}
    return found


def _limited(value: Any) -> Any:
    """The same with no label of an axis longer than there is room for."""
    if isinstance(value, dict):
        found = {k: _limited(v) for k, v in value.items() if k != "values"}
        found |= {"values": value["values"]} if "values" in value else {}
        for key, limit in (("axis", _BESIDE), ("legend", _WHOLE - _SYMBOL), ("header", _WHOLE)):
            if isinstance(found.get(key), dict):
                found[key]["labelLimit"] = min(found[key].get("labelLimit", limit), limit)
        return found
    return [_limited(v) for v in value] if isinstance(value, list) else value


def _columns(spec: dict[str, Any]) -> int:
    """How many entries of a legend fit beside one another."""
    longest = max((len(n) for n in _legend_names(spec)), default=0)
    return max(int(WIDTH // (longest * _CHARACTER + _SYMBOL)), 1)


def _legend_names(spec: Any) -> list[str]:
    """What legends name, where the specification says so itself."""
    if isinstance(spec, list):
        return [n for v in spec for n in _legend_names(v)]
    if not isinstance(spec, dict):
        return []
    names: list[str] = []
    for channel in ("color", "fill", "stroke", "shape", "opacity"):
        scale = (_encoding(spec).get(channel) or {}).get("scale") or {}
        names += [str(n) for n in scale.get("domain") or ()]
    return names + [n for k in ("spec", "layer", *_COMPOSED) for n in _legend_names(spec.get(k))]
