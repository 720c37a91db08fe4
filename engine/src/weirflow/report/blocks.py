"""What an analysis found, as HTML: metrics, tables, pictures, sentences."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from weirflow.node.report import Chart, Metric, Notice, TableBlock, Text
from weirflow.report import charts
from weirflow.report.html import Html, join, lines, prose, tag
from weirflow.report.words import count, number, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.node.report import Block, Report


def report_blocks(report: Report, name: str) -> Html:
    """All blocks of a report in their order, metrics that follow one another as one list.

    `name` is unique in the page; ids begin with it.
    """
    pieces: list[Html] = []
    for metric, run in groupby(report.blocks, key=lambda b: isinstance(b, Metric)):
        if metric:
            pieces.append(metrics(m for m in run if isinstance(m, Metric)))
        else:
            pieces += [_block(block, f"{name}-{len(pieces) + i}") for i, block in enumerate(run)]
    return join(*pieces)


def metrics(found: Iterable[Metric]) -> Html:
    """Metrics as a list: the number, its name, how to read it."""
    return tag("dl", *(_metric(m, reading=True) for m in found), class_="metrics")


def headline(found: Iterable[Metric]) -> Html:
    """Metrics as a short list, without the sentences."""
    return tag("dl", *(_metric(m, reading=False) for m in found), class_="metrics brief")


def _metric(metric: Metric, *, reading: bool) -> Html:
    value = tag("span", number(metric.value), class_="value" if metric.value is not None else "value none")
    exact = None if metric.value is None else repr(metric.value)
    unit = tag("span", f" {metric.unit}", class_="unit") if metric.unit and metric.value is not None else None
    return tag(
        "div",
        tag("dt", metric.label),
        tag("dd", value, unit, title=exact),
        tag("dd", metric.reading, class_="reading") if reading and metric.reading else None,
    )


def _block(block: Block, name: str) -> Html:
    match block:
        case Chart():
            return _chart(block, name)
        case TableBlock():
            return tag(
                "figure",
                tag("figcaption", tag("strong", block.title)) if block.title else None,
                table(block.columns, block.rows, name=block.title or "Table", thousands=True),
                tag("p", block.note, class_="note") if block.note else None,
            )
        case Text(code=True):
            return tag("pre", lines(block.text), tabindex="0")
        case Text():
            return tag("p", prose(block.text), class_="prose")
        case Notice():
            return tag("p", tag("strong", "Note. "), prose(block.text), class_="notice")
        case Metric():
            return metrics([block])


def _chart(chart: Chart, name: str) -> Html:
    data = table(chart.columns, chart.rows, name=f"Data of {chart.title}", thousands=True)
    caption = tag(
        "figcaption",
        tag("strong", chart.title, id=f"{name}-title"),
        tag("p", chart.description, id=f"{name}-desc"),
    )
    try:
        picture = charts.draw(chart.spec, name=name)
    except charts.UndrawableError as error:
        return tag("figure", caption, tag("p", str(error), class_="note"), data)
    summary = tag("summary", f"Data, {count(len(chart.rows), 'row')}")
    said = f"{name}-title {name}-desc"
    return tag(
        "figure",
        caption,
        tag("div", picture, class_="scroll chart", role="img", aria_labelledby=said, tabindex="0"),
        tag("details", summary, data),
    )
