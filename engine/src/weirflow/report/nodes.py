"""A node's section: what it is, why it ran, what came in, what it made of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from weirflow.graph.draw.model import anchor
from weirflow.report.blocks import report_blocks
from weirflow.report.html import Html, join, lines, prose, tag
from weirflow.report.words import count, plain, seconds, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from weirflow.run.record import ColumnRecord, EdgeRecord, NodeRecord, ProblemRecord, SampleRecord

_FEW_ROWS = 5  # of the sample, where only touched columns are shown
_FEW_COLUMNS = 12  # more than these and the list of all columns is folded
_NAMED = 3  # columns that parameters name, beside those touched
_NARROW = 4  # columns of a sample that stands beside the list of columns
_SHORT = 72  # characters of a list written on one line


def node_section(node: NodeRecord, nodes: Mapping[str, NodeRecord]) -> Html:
    """The section of one node; `nodes` are all, by id."""
    name = anchor(node.id)
    heading = tag("h3", tag("a", node.id, href=f"#{name}"), id=f"{name}-h")
    return tag(
        "section",
        tag(
            "header", heading, tag("span", node.title, class_="title") if node.title else None, _badges(node)
        ),
        tag("p", prose(node.description), class_="muted") if node.description else None,
        problems(node.problems, failed=node.status == "failed"),
        _facts(node),
        _table_change(node, _before(node, nodes)),
        report_blocks(node.report, name) if node.report else None,
        _output(node.output),
        _trained(node.trained),
        id=name,
        class_=f"card node {node.kind}",
        aria_labelledby=f"{name}-h",
    )


def status_badge(status: str) -> Html:
    """One word on how it ended, with its colour."""
    return tag("span", status, class_=f"status {status}")


def problems(found: Sequence[ProblemRecord], *, failed: bool, node: str = "") -> Html | None:
    """Warnings, or errors where it `failed`, as a list: each with its hint and a link to the node given."""
    if not found:
        return None
    link = tag("a", node, href=f"#{anchor(node)}", class_="where") if node else None
    return tag(
        "ul", *(tag("li", _problem(p), link) for p in found), class_="problems bad" if failed else "problems"
    )


def _problem(problem: ProblemRecord) -> Html:
    return join(
        tag("code", problem.code),
        " ",
        prose(problem.message),
        tag("span", prose(problem.hint), class_="hint") if problem.hint else None,
    )


def _badges(node: NodeRecord) -> Html:
    time = tag("span", seconds(node.seconds), class_="muted") if node.seconds is not None else None
    line = tag("span", f"line {node.line}", class_="muted") if node.line is not None else None
    return tag(
        "p",
        tag("code", node.operator),
        line,
        time,
        status_badge(node.status),
        class_="badges",
    )


def _facts(node: NodeRecord) -> Html:
    inputs = [_input(e) for e in node.inputs]
    between = [piece for item in inputs for piece in (", ", item)][1:]
    facts: list[tuple[str, Html | str]] = []
    if inputs:
        facts.append(("From", join(*between)))
    if rows := _rows(node):
        facts.append(("Rows", rows))
    if node.reason:
        facts.append(("Why", prose(node.reason)))
    facts += [(key.capitalize() + " items", count(n)) for key, n in node.items.items()]
    if node.files:
        facts.append(("Wrote", join(*(tag("code", f, class_="file") for f in node.files))))
    return tag("dl", *(tag("div", tag("dt", k), tag("dd", v)) for k, v in facts), class_="facts")


def _input(edge: EdgeRecord) -> Html:
    port = "" if edge.output == "default" else f".{edge.output}"
    into = "" if edge.input in {"default", "table"} else f" as {edge.input}"
    return join(tag("a", f"{edge.node}{port}", href=f"#{anchor(edge.node)}"), into)


def _rows(node: NodeRecord) -> Html | str | None:
    into, out = node.rows_in, node.rows_out
    if node.kind == "source":
        return count(out)
    if node.kind in {"analysis", "sink", "service"}:
        return count(into if into is not None else out)
    if node.kind in {"task", "job"} and into is None and out is None:
        return None
    if into is None and out is None:
        return count(None)
    more = 0 if into is None or out is None else out - into
    change = (
        tag("span", f" ({abs(more):,} {'more' if more > 0 else 'fewer'})", class_="muted") if more else None
    )
    return join(count(into), " → ", count(out), change)


def _parameters(parameters: Mapping[str, Any]) -> Html | None:
    if not parameters:
        return None
    rows = (tag("div", tag("dt", key), tag("dd", _value(value))) for key, value in parameters.items())
    return tag("dl", *rows, class_="parameters", aria_label="Parameters")


def _value(value: Any) -> Html:
    """A parameter as it would be typed: scalars and short lists on a line, the rest as JSON."""
    if isinstance(value, str) and "\n" in value:
        return tag("pre", lines(value.rstrip("\n")), tabindex="0")
    if isinstance(value, list) and all(not isinstance(v, (dict, list)) for v in value):
        flat = ", ".join(plain(v) for v in value)
        return tag("code", f"[{flat}]")
    if isinstance(value, (dict, list)):
        flat = json.dumps(value, ensure_ascii=False, default=str)
        if len(flat) <= _SHORT:
            return tag("code", flat)
        return tag("pre", lines(json.dumps(value, ensure_ascii=False, indent=2, default=str)), tabindex="0")
    return tag("code", plain(value))


def _before(node: NodeRecord, nodes: Mapping[str, NodeRecord]) -> dict[str, ColumnRecord]:
    """The columns that came in, of all inputs."""
    feeding = (nodes[e.node] for e in node.inputs if e.node in nodes)
    return {c.name: c for other in feeding for c in other.columns}


def _table_change(node: NodeRecord, before: Mapping[str, ColumnRecord]) -> Html:
    """Parameters and columns, with the sample beside them where that is narrow."""
    marks = {c.name: mark for c in node.columns if before and (mark := _mark(c, before))}
    left = tag("div", _parameters(node.parameters), _columns(node, before, marks))
    if node.sample is None or not node.sample.columns:
        return left
    shown = _glance(node, marks)
    narrow = 0 < len(shown) <= _NARROW
    right = tag("div", _sample(node.sample, marks, shown))
    return tag("div", left, right, class_="pair") if narrow else join(left, right)


def _columns(node: NodeRecord, before: Mapping[str, ColumnRecord], marks: Mapping[str, str]) -> Html | None:
    if not node.columns and not node.removed:
        return None
    touched = [c for c in node.columns if c.name in marks]
    gone = [tag("li", tag("span", "removed", class_="mark removed"), tag("del", n)) for n in node.removed]
    counted = f"{len(before):,} → {len(node.columns):,}" if before else f"{len(node.columns):,}"
    changes = tag("ul", *(_column(c, marks, before) for c in touched), *gone, class_="columns")
    everything = tag("ul", *(_column(c, marks, before) for c in node.columns), class_="columns")
    unchanged = "" if touched or gone or not before else ", none changed"
    heading = tag("h4", "Columns ", tag("span", f"{counted}{unchanged}", class_="muted"))
    if not before and len(node.columns) <= _FEW_COLUMNS:
        return join(heading, everything)
    summary = tag("summary", f"All {count(len(node.columns), 'column')} after this node")
    return join(heading, changes if touched or gone else None, tag("details", summary, everything))


def _mark(column: ColumnRecord, before: Mapping[str, ColumnRecord]) -> str:
    if column.was:
        return "renamed"
    old = before.get(column.name)
    if old is None:
        return "new"
    return "changed" if column.new or (column.dtype and old.dtype and column.dtype != old.dtype) else ""


def _column(column: ColumnRecord, marks: Mapping[str, str], before: Mapping[str, ColumnRecord]) -> Html:
    mark = marks.get(column.name)
    old = before[column.name].dtype if mark == "changed" else ""
    was = tag("span", f"{column.was} →", class_="was") if column.was else None
    dtype = f"{old} → {column.dtype}" if old and old != column.dtype else column.dtype
    return tag(
        "li",
        tag("span", mark, class_=f"mark {mark}") if mark else None,
        was,
        tag("span", column.name, class_="name"),
        tag("span", dtype, class_="dtype") if dtype else None,
        tag("span", "personal", class_="mark personal") if column.personal else None,
    )


def _glance(node: NodeRecord, marks: Mapping[str, str]) -> tuple[str, ...]:
    """The sample's columns worth a look: those touched, after those that the parameters name."""
    columns = node.sample.columns if node.sample else ()
    touched = [c for c in columns if c in marks]
    values = [v for p in node.parameters.values() for v in (p if isinstance(p, list) else [p])]
    named = [c for c in columns if c not in marks and c in values][:_NAMED]
    return (*named, *touched) if touched else ()


def _sample(sample: SampleRecord, marks: Mapping[str, str], shown: Sequence[str]) -> Html:
    """The columns to look at first and all of them on request; all at once where none stands out."""
    told = f"{count(len(sample.rows), 'sample row')}, all columns"
    name = "Sample rows, all columns"
    every = table(sample.columns, sample.rows, name=name, marked=_heads(sample.columns, marks))
    if not shown:
        return tag("details", tag("summary", told), every, open=not marks)
    places = [sample.columns.index(c) for c in shown]
    rows = [[row[i] for i in places] for row in sample.rows[:_FEW_ROWS]]
    name = "Sample rows, new and changed columns"
    glance = table(shown, rows, name=name, marked=_heads(shown, marks))
    return join(glance, tag("details", tag("summary", told), every))


def _heads(names: Sequence[str], marks: Mapping[str, str]) -> list[Html | None]:
    return [tag("span", marks[n], class_=f"mark {marks[n]}") if n in marks else None for n in names]


def _output(text: str) -> Html | None:
    if not text:
        return None
    return tag("div", tag("h4", "Printed"), tag("pre", lines(text.rstrip("\n")), tabindex="0"))


def _trained(trained: Mapping[str, Any] | None) -> Html | None:
    if not trained:
        return None
    text = json.dumps(trained, ensure_ascii=False, indent=2, default=str)
    return tag(
        "details",
        tag("summary", "Trained parameters"),
        tag("pre", lines(text), tabindex="0"),
    )
