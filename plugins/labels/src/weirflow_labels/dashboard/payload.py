"""What the page's script works on: cubes, samples and frames as one JSON text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from weirflow_labels.dashboard.charts import ranks
from weirflow_labels.dashboard.markup import fit
from weirflow_labels.dashboard.tables import DRAWN, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow_labels.dashboard.frames import Frame, Sample
    from weirflow_labels.dashboard.panel import PanelData


def payload(panels: Sequence[PanelData], samples: dict[str, list[Sample]], frames: Sequence[Frame]) -> str:
    """JSON that may stand in a script element: no text in it can end the element."""
    images = list(dict.fromkeys(f.image for f in frames if f.image is not None))
    content = {
        "images": images,
        "panels": [_panel(p, samples.get(p.name, [])) for p in panels],
        "frames": [_frame(f, images) for f in frames],
    }
    text = json.dumps(_fit(content), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _panel(data: PanelData, samples: list[Sample]) -> dict[str, Any]:
    panel, cube = data.panel, data.cube
    table = table_of(data, data.shown())
    return {
        "name": data.name,
        "title": panel.title,
        "kind": panel.kind,
        "drawn": DRAWN.get(panel.kind, ""),
        "by": panel.by is not None,
        "colour": panel.colour is not None,
        "heads": table.heads,
        "lacks": data.missing_title,
        "limit": panel.limit,
        "byName": panel.order == "name",
        "order": data.order,
        "labels": [[k, v] for k, v in data.labels.items()],
        "ranks": [[k, r] for k, r in ranks(data.shown()).items()],
        "tones": {k.lower(): t for k, t in panel.tones.items()},
        "highlight": [
            {
                "names": rule.names,
                "least": rule.at_least,
                "most": rule.at_most,
                "share": rule.share,
                "tone": rule.tone,
                "text": rule.text,
            }
            for rule in panel.highlight
        ],
        "filters": data.filters,
        "n": cube.counts,
        "dims": {k: {"v": d.values, "c": d.codes} for k, d in cube.dimensions.items()},
        "columns": [
            {
                "head": heading,
                "how": c.measure.how,
                "unit": c.measure.unit,
                "a": c.a,
                "b": c.b,
                "dim": c.dimension,
            }
            for heading, c in cube.columns.items()
        ],
        "samples": [{"k": s.keys, "o": s.object, "f": s.frame, "s": s.shape} for s in samples],
    }


def _frame(frame: Frame, images: list[str]) -> dict[str, Any]:
    return {
        "job": frame.job,
        "item": frame.item,
        "no": frame.number,
        "name": frame.name,
        "sensor": frame.sensor,
        "size": frame.size,
        "guessed": frame.guessed,
        "image": None if frame.image is None else images.index(frame.image),
        "shapes": frame.shapes,
    }


def _fit(value: Any) -> Any:
    """The same without what no document may hold. The key of `other` is a text that no data has."""
    if isinstance(value, str):
        return value if value == "\0" else fit(value)
    if isinstance(value, dict):
        return {fit(str(k)): _fit(v) for k, v in value.items()}
    return [_fit(v) for v in value] if isinstance(value, (list, tuple)) else value
