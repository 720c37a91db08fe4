"""Names of columns that are values of personal columns, such as one-hot encoding makes, kept out of events."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from weirflow.node.model import Estimator
from weirflow.node.report import Report
from weirflow.node.schema import Column, Schema
from weirflow.run.conceal import walk
from weirflow.run.describe import MASK
from weirflow.run.events import Described, Event, NodeFailed, Reported, Warned

if TYPE_CHECKING:
    import polars as pl

    from weirflow.errors import Diagnostic
    from weirflow.graph.model import Graph
    from weirflow.graph.schemas import Flowed


def telling_names(graph: Graph, flowed: Flowed) -> dict[str, str]:
    """The names that a fit took from values of personal columns, with what is shown instead of each."""
    found: dict[str, str] = {}
    for node in graph:
        instance = flowed.nodes[node.id]
        schema = flowed.input_schema(node)
        if (
            not isinstance(instance, Estimator)
            or not schema.has_personal
            or node.id in flowed.waiting | flowed.failed
        ):
            continue
        before = instance.effect(schema)
        for port in node.output_ports:
            made = flowed.effects[node.id, port.name].makes if before.opens else {}
            for name, how in made.items():
                if name not in before.makes and any(schema.is_personal(c) for c in how.of):
                    prefix = max((p for p in before.opens if name.startswith(p)), key=len, default="")
                    count = sum(shown.startswith(f"{prefix}{MASK}") for shown in found.values())
                    found.setdefault(name, f"{prefix}{MASK}{count + 1}")
    return found


def masked(event: Event, names: Mapping[str, str]) -> Event:
    """The event with other names in place of those."""
    if not names:
        return event
    say = _sayer(names)
    match event:
        case Described(schema=schema, sample=sample):
            if sample is not None:
                sample = sample.model_copy(update={"columns": tuple(names.get(c, c) for c in sample.columns)})
            return replace(event, schema=masked_schema(schema, names), sample=sample)
        case Reported(report=report):
            return replace(event, report=Report.model_validate(walk(report.model_dump(), say)))
        case Warned(diagnostic=diagnostic) | NodeFailed(diagnostic=diagnostic):
            return replace(event, diagnostic=masked_diagnostic(diagnostic, names))
        case _:
            return event


def masked_schema(schema: Schema, names: Mapping[str, str]) -> Schema:
    """The schema with other names in place of those."""
    return Schema(
        tuple(
            replace(i, name=names.get(i.name, i.name)) if isinstance(i, Column) else i for i in schema.items
        )
    )


def masked_frame(frame: pl.DataFrame, schema: Schema, names: Mapping[str, str]) -> pl.DataFrame:
    """A table for the eye: no values of personal columns, and other names in place of those."""
    import polars as pl

    hidden = [c for c in frame.columns if schema.is_personal(c)]
    return frame.with_columns(pl.lit(MASK).alias(c) for c in hidden).rename(
        {c: names[c] for c in frame.columns if c in names}
    )


def masked_diagnostic(diagnostic: Diagnostic, names: Mapping[str, str]) -> Diagnostic:
    """The diagnostic with other names in place of those."""
    if not names:
        return diagnostic
    say = _sayer(names)
    return replace(
        diagnostic,
        message=say(diagnostic.message),
        hint=diagnostic.hint and say(diagnostic.hint),
        notes=tuple(say(n) for n in diagnostic.notes),
    )


def _sayer(names: Mapping[str, str]) -> Callable[[str], str]:
    longest = sorted(names, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")
    return lambda text: pattern.sub(lambda match: names[match[0]], text)
