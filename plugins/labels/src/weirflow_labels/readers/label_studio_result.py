"""What a Label Studio annotation says: regions of its data, and answers about all of it.

A result is a list of items. Items of one `id` are of one region: the tool that drew it, its labels, and what was asked
about it. Image regions are in percent of the image's size, which new exports give with each item.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from weirflow_labels.readers.common import text

KINDS = {
    "box": "object-detection",
    "polygon": "instance-segmentation",
    "mask": "semantic-segmentation",
    "keypoint": "keypoint-detection",
    "span": "text-span",
    "track": "video-object-tracking",
}
"""The type of task by what its regions are; of all else it is `custom`."""

_TOOLS = frozenset(
    {"rectangle", "polygon", "keypoint", "brush", "ellipse", "videorectangle", "bitmask", "magicwand"}
)
_VALUES = {"textarea": "text"}  # where the key of the value is not the type


@dataclass
class Region:
    """A region: `shape` is one of `annotations`, `track`, or null where it is of a kind that has no columns."""

    key: str
    name: str  # the control of the form that drew it
    shape: str | None
    columns: dict[str, Any]
    attributes: dict[str, str | None]
    value: dict[str, Any]  # as it was written
    keyframes: list[dict[str, Any]] = field(default_factory=list)
    measured: bool = True  # whether it could be given in pixels


@dataclass
class Result:
    """A whole result: regions, classes that were chosen for all of the data, and what is neither."""

    regions: list[Region] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    others: dict[str, list[Any]] = field(default_factory=dict)
    size: tuple[int, int] | None = None

    @property
    def units(self) -> int:
        """How many regions and classes there are."""
        return len(self.regions) + sum(map(len, self.choices.values()))

    @property
    def one_class(self) -> str | None:
        """The class, where one was chosen and nothing was drawn."""
        chosen = [c for each in self.choices.values() for c in each]
        return chosen[0] if len(chosen) == 1 and not self.regions else None


def read(items: Sequence[Mapping[str, Any]]) -> Result:
    """The result of a list of items. Raises KeyError, TypeError or ValueError where the list is not one."""
    found = Result()
    for key, group in _groups(items).items():
        size = next((s for item in group if (s := _size(item)) is not None), None)
        found.size = found.size or size
        drawn = [i for i in group if _draws(i)]
        if drawn:
            found.regions.append(_region(key, drawn, [i for i in group if not _draws(i)], size))
            continue
        for item in group:
            value = item["value"]
            if item["type"] == "choices":
                found.choices.setdefault(item["from_name"], []).extend(map(str, value["choices"]))
            else:
                found.others.setdefault(item["from_name"], []).append(value)
    return found


def _groups(items: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for number, item in enumerate(items):
        if item.get("type") != "relation":
            if not isinstance(item["from_name"], str) or not isinstance(item["type"], str):
                raise TypeError("from_name")
            groups.setdefault(str(item.get("id") or f"#{number}"), []).append(item)
    return groups


def _draws(item: Mapping[str, Any]) -> bool:
    return item["type"] in _TOOLS or item["type"].endswith("labels")


def _size(item: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = item.get("original_width"), item.get("original_height")
    return (_whole(width), _whole(height)) if width and height else None


def _region(
    key: str,
    drawn: Sequence[Mapping[str, Any]],
    asked: Iterable[Mapping[str, Any]],
    size: tuple[int, int] | None,
) -> Region:
    value: dict[str, Any] = {}
    classes: list[str] = []
    name = drawn[0]["from_name"]
    for item in drawn:
        value |= item["value"]
        given = item["value"].get(item["type"], item["value"].get("labels"))
        if isinstance(given, list) and given and item["type"] not in _TOOLS:
            name = item["from_name"]
        classes += [str(c) for c in given or () if str(c) not in classes]
    attributes = {i["from_name"]: _answer(i) for i in asked}
    if value.get("rotation"):
        attributes["rotation"] = text(value["rotation"])
    if len(classes) > 1:
        attributes["labels"] = json.dumps(classes, ensure_ascii=False)
    shape = _shape(value)
    columns = {"class_name": classes[0] if classes else None} | _columns(shape, value, size)
    region = Region(key, name, shape, columns, attributes, value)
    region.measured = size is not None or shape not in {"box", "polygon", "keypoint", "track"}
    if shape == "track":
        region.keyframes = [_keyframe(k, size) for k in value["sequence"]]
    return region


def _answer(item: Mapping[str, Any]) -> str | None:
    value = item["value"].get(_VALUES.get(item["type"], item["type"]))
    return text(value[0] if isinstance(value, list) and len(value) == 1 else value)


def _shape(value: Mapping[str, Any]) -> str | None:
    if isinstance(value.get("sequence"), list):
        return "track"
    if isinstance(value.get("points"), list):
        return "polygon"
    if "rle" in value:
        return "mask"
    if {"x", "y", "width", "height"} <= value.keys():
        return "box"
    if {"x", "y"} <= value.keys() and "radiusX" not in value:
        return "keypoint"
    return "span" if _offsets(value) is not None else None


def _offsets(value: Mapping[str, Any]) -> tuple[int, int] | None:
    """Characters from and to which a span goes. Marked-up text has paths instead, and these besides at times."""
    place = value.get("globalOffsets") or value
    start, end = place.get("start"), place.get("end")
    return (_whole(start), _whole(end)) if type(start) is int and type(end) is int else None


def _columns(shape: str | None, value: Mapping[str, Any], size: tuple[int, int] | None) -> dict[str, Any]:
    if shape == "span" and (offsets := _offsets(value)) is not None:
        return {"text_start": offsets[0], "text_end": offsets[1]}
    if size is None:
        return {}
    if shape == "box":
        return _box(value, size)
    points = (
        value["points"] if shape == "polygon" else [(value["x"], value["y"])] if shape == "keypoint" else None
    )
    if points is None:
        return {}
    return {"vertices": [{"x": x * size[0] / 100, "y": y * size[1] / 100} for x, y in points]}


def _box(value: Mapping[str, Any], size: tuple[int, int]) -> dict[str, float]:
    return {
        "left": value["x"] * size[0] / 100,
        "top": value["y"] * size[1] / 100,
        "width": value["width"] * size[0] / 100,
        "height": value["height"] * size[1] / 100,
    }


def _keyframe(value: Mapping[str, Any], size: tuple[int, int] | None) -> dict[str, Any]:
    attributes = {k: text(value[k]) for k in ("enabled", "rotation") if value.get(k) is not None}
    return {"frame_no": _whole(value["frame"]), "attributes": attributes} | (
        {} if size is None else _box(value, size)
    )


def _whole(value: Any) -> int:
    number = int(value)
    if abs(number) >= 1 << 31:
        raise ValueError(number)
    return number
