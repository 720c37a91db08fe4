"""The frames behind a panel's parts: a few of each, with what is drawn in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from weirflow_labels.database import rows
from weirflow_labels.spelling import quoted

if TYPE_CHECKING:
    import duckdb

    from weirflow_labels.dashboard.panel import PanelData

PER_PART, PER_PANEL = 60, 360
"""Rows that are listed for one part of a panel, and for all of them."""
MOST_SHAPES = 60
"""Shapes that are drawn in one frame."""

_KEPT = ("file_id", "line_no", "job", "dataset_object_id", "sensor", "frame_no", "object_name", "shape")
_BOX = ("left", "top", "width", "height")
_TOLD = ("by", "colour", "job", "class", "date")


@dataclass
class Frame:
    """A frame or an image.

    `size` is in pixels, and `guessed` where only the shapes in it tell; `image` is a data URI.
    """

    job: str
    item: str
    number: int | None
    name: str
    sensor: str | None = None
    shapes: list[dict[str, Any]] = field(default_factory=list)
    size: tuple[float, float] | None = None
    guessed: bool = False
    image: str | None = None


@dataclass(frozen=True)
class Sample:
    """One row of a panel: its place in the dimensions, what it is called, its frame, and its shape in it, if any."""

    keys: dict[str, Any]
    object: str
    frame: int
    shape: dict[str, Any] | None


class FrameBook:
    """The frames of all panels of a page, each once."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db
        self.frames: list[Frame] = []
        self._known: dict[tuple[Any, ...], int] = {}

    def samples(self, panel: PanelData) -> list[Sample]:
        """A few rows of each part of a panel, in the order of jobs and frames, from every job, class and day."""
        if panel.panel.by is None or not panel.lists_frames:
            return []
        cells = max(1, len(panel.cube.counts))
        found = rows(self._db, _query(panel, max(2, min(PER_PART, 1200 // cells))))
        taken: dict[tuple[Any, Any], int] = defaultdict(int)
        samples: list[Sample] = []
        for turn in range(PER_PART):  # one of each cell after another, so that all are there
            for cell in found:
                part = (cell.get("d_by"), cell.get("d_colour"))
                if part[0] is None or turn >= len(cell["rows"]) or taken[part] >= PER_PART:
                    continue
                if len(samples) >= PER_PANEL:
                    break
                taken[part] += 1
                samples.append(self._sample(cell, cell["rows"][turn]))
        return sorted(samples, key=lambda s: s.frame)

    def complete(self) -> None:
        """Look up what else is drawn in the frames, and how large they are."""
        for table, key in (("objects", "frame_no"), ("annotations", "line_no")):
            wanted = [(k, i) for k, i in self._known.items() if (k[2] is None) == (key == "line_no")]
            if not wanted:
                continue
            values = ", ".join(f"({k[0]}, {k[2] if key == 'frame_no' else k[1]}, {i})" for k, i in wanted)
            for r in rows(
                self._db,
                f'SELECT w.i, t.class_name, t.shape, t."left", t.top, t.width, t.height, t.vertices'  # noqa: S608
                f" FROM main.{table} t JOIN (VALUES {values}) w(file_id, k, i)"
                f" ON t.file_id = w.file_id AND t.{key} = w.k ORDER BY w.i, t.idx",
            ):
                frame, drawn = self.frames[r["i"]], _shape(r)
                if drawn is not None and len(frame.shapes) < MOST_SHAPES and drawn not in frame.shapes:
                    frame.shapes.append(drawn)
        self._measure()

    def _measure(self) -> None:
        images = [(k, i) for k, i in self._known.items() if k[1] is not None]
        if images:
            values = ", ".join(f"({k[0]}, {k[1]}, {i})" for k, i in images)
            for r in rows(
                self._db,
                "SELECT w.i, max(image_width) AS w, max(image_height) AS h FROM main.labels l"  # noqa: S608
                f" JOIN (VALUES {values}) w(file_id, k, i) ON l.file_id = w.file_id AND l.line_no = w.k GROUP BY w.i",
            ):
                if r["w"] and r["h"]:
                    self.frames[r["i"]].size = (r["w"], r["h"])
        reach: dict[tuple[str, str], tuple[float, float]] = {}
        for frame in self.frames:
            x, y = reach.get((frame.job, frame.item), (0.0, 0.0))
            points = [p for s in frame.shapes for p in _corners(s)]
            reach[frame.job, frame.item] = (
                max([x, *(p[0] for p in points)]),
                max([y, *(p[1] for p in points)]),
            )
        for frame in self.frames:
            x, y = reach[frame.job, frame.item]
            if frame.size is None and x > 0 and y > 0:
                frame.size, frame.guessed = (x, y), True

    def _sample(self, cell: dict[str, Any], row: dict[str, Any]) -> Sample:
        key = (row.get("file_id"), row.get("line_no"), row.get("frame_no"), row.get("sensor"), row["name"])
        if key[0] is None:
            key = (-1 - len(self._known), None, None, row.get("sensor"), row["name"])
        if key not in self._known:
            self._known[key] = len(self.frames)
            self.frames.append(
                Frame(
                    job=row.get("job") or "",
                    item=row.get("dataset_object_id") or "",
                    number=row.get("frame_no"),
                    name=row["name"] or "",
                    sensor=row.get("sensor"),
                )
            )
        index, drawn = self._known[key], _shape(row)
        if drawn is not None and drawn not in self.frames[index].shapes:
            self.frames[index].shapes.append(drawn)
        keys = {name: cell[f"d_{name}"] for name in _TOLD if f"d_{name}" in cell}
        return Sample(keys, row.get("object_name") or "", index, drawn)


def in_turn(samples: Iterable[list[Sample]]) -> list[int]:
    """The frames of all panels, first the first one of each part of each panel, then the second, and so on."""
    parts: dict[tuple[int, Any, Any], list[int]] = defaultdict(list)
    for i, panel in enumerate(samples):
        for sample in panel:
            parts[i, sample.keys.get("by"), sample.keys.get("colour")].append(sample.frame)
    turns = zip_longest(*parts.values())
    return list(dict.fromkeys(f for turn in turns for f in turn if f is not None))


def _query(panel: PanelData, most: int) -> str:
    have = panel.rows.types
    name = " , ".join(quoted(c) for c in ("frame", "source") if c in have)
    fields = [f"'name': left(CAST(coalesce({name}) AS VARCHAR), 300)"]
    fields += [f"'{c}': {quoted(c)}" for c in (*_KEPT, *_BOX, "vertices") if c in have]
    fields += [f"'class_name': {quoted('class_name')}"] if "class_name" in have else []
    order = (
        ", ".join(
            quoted(c)
            for c in ("job", "dataset_object_id", "frame_no", "line_no", "idx", "object_name", "left", "top")
            if c in have
        )
        or "0"
    )
    selects = {n: e for n, e in panel.selects.items() if n in _TOLD}
    inner = ", ".join(
        [
            *(f"{e} AS d_{n}" for n, e in selects.items()),
            f"{{{', '.join(fields)}}} AS r",
            f"row({order}) AS o",
        ]
    )
    keys = ", ".join(f"d_{n}" for n in selects)
    return (
        f"SELECT {keys}, arg_min(r, o, {most}) AS rows FROM (SELECT {inner} FROM {panel.rows.sql})"  # noqa: S608
        f" WHERE d_by IS NOT NULL GROUP BY {keys} ORDER BY {keys}"
    )


def _shape(row: dict[str, Any]) -> dict[str, Any] | None:
    """What is drawn: `b`, a box of left, top, width and height, or `p`, points, with the kind of shape as `k`."""
    label = str(row.get("class_name") or "")
    box = [row.get(c) for c in _BOX]
    if all(isinstance(v, (int, float)) for v in box):
        return {"b": [round(float(v), 1) for v in box if v is not None], "c": label}
    points = [
        [round(p["x"], 1), round(p["y"], 1)]
        for p in row.get("vertices") or []
        if p and None not in (p["x"], p["y"])
    ]
    return {"p": points, "k": row.get("shape") or "polygon", "c": label} if points else None


def _corners(shape: dict[str, Any]) -> Iterable[tuple[float, float]]:
    if "b" in shape:
        left, top, width, height = shape["b"]
        return ((left + width, top + height),)
    return ((p[0], p[1]) for p in shape["p"])
