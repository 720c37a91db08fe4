"""Where the time of a run went: bars for its waves, its files and whatever else has a time of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow.graph.draw.model import anchor
from weirflow.report.html import Html, tag
from weirflow.report.words import count, seconds

if TYPE_CHECKING:
    from weirflow.run.record import NodeRecord, RunRecord

_MOST = 8  # nodes shown by themselves, the slowest
_LEAST = 0.001  # seconds
_STEPS = {"sink", "task", "job"}
_DEEDS = {"source": "decoded once", "analysis": "made its report", "sink": "written"}


def times(record: RunRecord) -> Html | None:
    """Bars in the order of the run, thin ones for what is part of another."""
    timed = sorted((n for n in record.nodes if (n.seconds or 0.0) >= _LEAST), key=_took, reverse=True)
    shown = {n.id for n in timed[:_MOST]}
    apart = {"source"} | _STEPS
    rest = record.seconds - sum(w.seconds for w in record.waves)
    rest -= sum(_took(n) for n in record.nodes if n.kind in apart)
    if not shown and not record.waves:
        return None
    bars: list[tuple[Html | str, float, bool]] = []
    bars += [_of(n) for n in record.nodes if n.kind == "source" and n.id in shown]
    within = [n for n in record.nodes if n.kind not in apart and n.id in shown]
    for i, wave in enumerate(record.waves, 1):
        told = f"Wave {i}: {count(wave.statistics, 'statistic')} for {count(len(wave.nodes), 'node')}"
        bars.append((told, wave.seconds, False))
        bars += [_of(n, part=True) for n in within if n.id in wave.nodes]
    asked = {n for w in record.waves for n in w.nodes}
    bars += [_of(n, part=True) for n in within if n.id not in asked]
    bars += [_of(n) for n in record.nodes if n.kind in _STEPS and n.id in shown]
    bars.append(("Everything else: getting started, sample rows", max(rest, 0.0), False))
    longest = max(took for _, took, _ in bars) or 1.0
    rows = (
        tag(
            "li",
            tag("span", label),
            tag("span", seconds(took), class_="muted"),
            tag("span", class_="bar", style=f"width:{100 * took / longest:.1f}%"),
            class_="part" if part else None,
        )
        for label, took, part in bars
    )
    note = (
        "The nodes of a wave are answered together, in the time of the wave. Other tables are computed with what "
        "reads them, and have no time of their own. Thin bars are part of what another bar shows."
    )
    return tag(
        "div",
        tag("h3", "Time"),
        tag("ol", *rows, class_="bars"),
        tag("p", note, class_="small muted"),
        class_="card",
    )


def _took(node: NodeRecord) -> float:
    return node.seconds or 0.0


def _of(node: NodeRecord, *, part: bool = False) -> tuple[Html, float, bool]:
    deed = _DEEDS.get(node.kind, "" if node.kind in _STEPS else "table computed by itself")
    link = tag("a", node.id, href=f"#{anchor(node.id)}")
    said = tag("span", f" {deed}", class_="muted") if deed else None
    return tag("span", link, said), _took(node), part
