"""Values of secrets, kept out of events: all that observers, the record and the report see passes here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from weirflow.graph.secrets import conceal, concealed
from weirflow.node.report import Report
from weirflow.node.schema import Column, Schema
from weirflow.run.events import Described, NodeDone, NodeFailed, Printed, Progress, Reported, Warned

if TYPE_CHECKING:
    from weirflow.run.events import Emit, Event


def concealing(emit: Emit, values: Mapping[str, str]) -> Emit:
    """The same, with references in place of secrets' values (see `graph.secrets.references`)."""
    return (lambda event: emit(_concealed(event, values))) if values else emit


def _concealed(event: Event, values: Mapping[str, str]) -> Event:
    def say(text: str) -> str:
        return concealed(text, values)

    match event:
        case Printed(text=text):
            return replace(event, text=say(text))
        case Warned(diagnostic=diagnostic) | NodeFailed(diagnostic=diagnostic):
            return replace(event, diagnostic=conceal(diagnostic, values))
        case Progress(note=note):
            return replace(event, note=say(note))
        case NodeDone(files=files, facts=facts):
            return replace(event, files=tuple(say(f) for f in files), facts=walk(facts, say))
        case Reported(report=report):
            return replace(event, report=Report.model_validate(walk(report.model_dump(), say)))
        case Described(schema=schema, sample=sample):
            items = tuple(replace(i, name=say(i.name)) if isinstance(i, Column) else i for i in schema.items)
            if sample is not None:
                columns, rows = walk(sample.columns, say), walk(sample.rows, say)
                sample = sample.model_copy(update={"columns": columns, "rows": rows})
            return replace(event, schema=Schema(items), sample=sample)
        case _:
            return event


def walk(value: Any, say: Callable[[str], str]) -> Any:
    """Plain data with other words for all its texts."""
    match value:
        case str():
            return say(value)
        case Mapping():
            return {walk(k, say): walk(v, say) for k, v in value.items()}
        case list() | tuple():
            return type(value)(walk(v, say) for v in value)
        case _:
            return value
