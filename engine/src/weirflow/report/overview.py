"""The top of the page: how the run ended and what it found, before any detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow.graph.draw import Drawing, DrawnEdge, DrawnNode
from weirflow.graph.draw.model import anchor
from weirflow.node.report import Metric
from weirflow.report.blocks import headline
from weirflow.report.html import Html, join, prose, tag
from weirflow.report.nodes import problems, status_badge
from weirflow.report.times import times
from weirflow.report.words import count, memory, plain, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.run.record import NodeRecord, RunRecord, WaveRecord

_METRICS = 4  # of one analysis, before the reader is sent to it


def header(record: RunRecord) -> Html:
    """Name, state, and the numbers that belong to the whole run."""
    when = record.started.strftime("%-d %B %Y, %H:%M:%S %Z").strip()
    facts = [
        ("Rows in", _total(n.rows_out for n in _ended(record, "source"))),
        ("Rows out", _total(_written(n) for n in _ended(record, "sink"))),
        ("Nodes", _nodes(record)),
        ("Took", seconds(record.seconds)),
        ("Engine", record.engine),
        ("Source scans", count(record.scans)),
        ("Peak memory", memory(record.peak_bytes) if record.peak_bytes is not None else ""),
    ]
    small = " · ".join(
        (record.file, f"run {record.run}", f"seed {record.seed}", f"weirflow {record.weirflow}")
    )
    return tag(
        "header",
        tag("p", "Run report ", status_badge(record.status), class_="kicker"),
        tag("h1", record.flow),
        tag("p", prose(record.description), class_="lead") if record.description else None,
        tag("p", tag("time", when, datetime=record.started.isoformat()), class_="muted"),
        tag("dl", *(tag("div", tag("dt", k), tag("dd", v)) for k, v in facts if v), class_="totals"),
        tag("p", small, class_="small muted"),
        class_="top",
    )


def overview(record: RunRecord) -> Html:
    """Problems, the main numbers of each analysis, files, fits and timings."""
    parts = (
        _problems(record),
        _findings(record),
        _files(record),
        _parameters(record),
        _waves(record),
        times(record),
    )
    return join(*parts)


def drawing_of(record: RunRecord) -> Drawing:
    """The graph of the run; a node's note is its rows where they differ from those that came in."""
    known = {n.id for n in record.nodes}
    nodes = tuple(
        DrawnNode(n.id, n.operator, n.kind, label=n.title, note=_note(n), status=n.status)
        for n in record.nodes
    )
    edges = tuple(
        DrawnEdge(e.node, n.id, "" if e.input in {"default", "table"} else e.input)
        for n in record.nodes
        for e in n.inputs
        if e.node in known
    )
    return Drawing(nodes, edges)


def _note(node: NodeRecord) -> str:
    if node.rows_out is None or node.rows_out == node.rows_in or node.kind in {"analysis", "sink"}:
        return ""
    return count(node.rows_out, "row")


def _written(node: NodeRecord) -> int | None:
    return node.rows_out if node.rows_out is not None else node.rows_in


def _ended(record: RunRecord, kind: str) -> list[NodeRecord]:
    return [n for n in record.nodes if n.kind == kind and n.status in {"done", "cached"}]


def _total(rows: Iterable[int | None]) -> str:
    """Each different number once: two files of one table are not twice the rows."""
    found = list(dict.fromkeys(rows))
    return ", ".join(count(r) for r in found)


def _nodes(record: RunRecord) -> str:
    states: dict[str, int] = {}
    for node in record.nodes:
        states[node.status] = states.get(node.status, 0) + 1
    if set(states) <= {"done"}:
        return f"{len(record.nodes):,}"
    return f"{len(record.nodes):,} ({', '.join(f'{n:,} {s}' for s, n in states.items())})"


def _problems(record: RunRecord) -> Html | None:
    found = [
        problems(record.problems, failed=record.status == "failed"),
        *(problems(n.problems, failed=n.status == "failed", node=n.id) for n in record.nodes),
    ]
    if not any(found):
        return None
    return tag("div", tag("h3", "Warnings and errors"), *found, class_="card")


def _findings(record: RunRecord) -> Html | None:
    cards = [card for node in record.nodes if (card := _finding(node))]
    return tag("div", tag("h3", "Findings"), *cards, class_="card findings") if cards else None


def _finding(node: NodeRecord) -> Html | None:
    found = [b for b in node.report.blocks if isinstance(b, Metric)] if node.report else []
    if node.report is None or not found:
        return None
    link = f"#{anchor(node.id)}"
    more = len(found) - _METRICS
    return tag(
        "div",
        tag("h4", tag("a", node.report.title, href=link)),
        headline(found[:_METRICS]),
        tag("p", tag("a", f"{more} more, and how to read them", href=link), class_="small")
        if more > 0
        else None,
    )


def _files(record: RunRecord) -> Html | None:
    rows = [(f, n) for n in record.nodes for f in n.files]
    if not rows:
        return None
    written = (
        tag("li", tag("code", file, class_="file"), " by ", tag("a", node.id, href=f"#{anchor(node.id)}"))
        for file, node in rows
    )
    return tag("div", tag("h3", "Files written"), tag("ul", *written, class_="plain"), class_="card")


def _parameters(record: RunRecord) -> Html | None:
    if not record.parameters:
        return None
    rows = (tag("div", tag("dt", k), tag("dd", tag("code", plain(v)))) for k, v in record.parameters.items())
    return tag("div", tag("h3", "Run with"), tag("dl", *rows, class_="parameters"), class_="card")


def _waves(record: RunRecord) -> Html | None:
    if not record.waves:
        return None
    rows = (
        tag(
            "li",
            f"{count(wave.statistics, 'statistic')} {_scans(wave)}, {seconds(wave.seconds)}: ",
            *[piece for n in wave.nodes for piece in (", ", tag("a", n, href=f"#{anchor(n)}"))][1:],
        )
        for wave in record.waves
    )
    told = f"What nodes had to know of whole tables was gathered in {count(len(record.waves), 'wave')}."
    return tag(
        "div",
        tag("h3", "Waves"),
        tag("p", told, class_="muted"),
        tag("ol", *rows, class_="waves"),
        class_="card",
    )


def _scans(wave: WaveRecord) -> str:
    """Where a wave's answers came from: a source that is decoded once is not read again."""
    return f"in {count(wave.scans, 'scan')}" if wave.scans else "from what was decoded before"
