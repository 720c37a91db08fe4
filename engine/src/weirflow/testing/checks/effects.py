"""Effects: what a node says of its columns and rows is what it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from weirflow.errors import NodeError
from weirflow.node.model import Node, Task
from weirflow.node.payloads import Inputs
from weirflow.node.schema import Column, Open, Schema
from weirflow.testing.check import TABLES, check
from weirflow.testing.compare import values_differ
from weirflow.testing.subject import shown
from weirflow.testing.tracking import ROW, outputs_of

if TYPE_CHECKING:
    from weirflow.testing.subject import Frames, Outcome, Subject

_MADE: tuple[type[Node], ...] = (*TABLES, Task)


def applied(subject: Subject, outcome: Outcome, frames: Frames) -> Iterator[tuple[str, Schema, Schema]]:
    """For each output table whose effect says anything: its port, the schema promised and the one found."""
    if outcome.refused is not None:  # an estimator that refuses to learn has nothing to say its effect with
        return
    schemas = subject.schemas(frames)
    effects = subject.effects(outcome, frames)
    for port, frame in outcome.frames.items():
        effect = effects[port]
        if not effect.opaque:
            base = schemas[effect.port or 0] if len(schemas) else Schema()
            yield port, effect.apply(base), subject.engine.schema(subject.engine.from_frame(frame))


@check(
    "effect.schema", "N4.1", _MADE, "let `effect` (of an estimator `trained_effect`) say what `transform` does",
    needs=("run.example", "ports.outputs", "run.twice"),
)  # fmt: skip
def schema(subject: Subject) -> Iterator[str]:
    """The columns that come out, their order and types are those that the effect promises."""
    for frames in subject.drawn:
        outcome = subject.done(frames)
        for port, said, found in applied(subject, outcome, frames):
            if said.names != found.names:
                yield f"output '{port}' has the columns {found.names}, and its effect says {said.names}"
                return
            for column in said:
                dtype = found.dtype(column.name)
                if column.dtype != dtype:
                    said_type = column.dtype or "nothing"
                    yield f"column '{column.name}' is of type {dtype}, and its effect says {said_type}"
                    return


@check(
    "effect.opens", "N4.2", TABLES, "open the prefixes under which the fit will name columns, made of the same",
    needs=("effect.schema",),
)  # fmt: skip
def opens(subject: Subject) -> Iterator[str]:
    """What the effect says before the fit holds after it."""
    outcome = subject.first
    schemas = subject.schemas(subject.example)
    before, after = outcome.node.effects(schemas), subject.effects(outcome, subject.example)
    for port, effect in before.items():
        if effect.opaque or after[port].opaque:
            continue
        early = effect.apply(schemas[effect.port or 0])
        late = after[port].apply(schemas[effect.port or 0])
        if missing := late.missing(early.names):
            yield f"column '{missing[0]}' is promised before the fit and not there after it"
        for name, made in after[port].makes.items():
            if not early.may_have(name):
                yield f"the fit makes column '{name}', for which nothing was left open"
            slots = [set(of) for prefix, of in effect.opens.items() if name.startswith(prefix)]
            if name not in effect.makes and slots and not any(set(made.of) <= of for of in slots):
                yield f"column '{name}' is made of {made.of}, and its slot was opened as made of others"


@check(
    "effect.unknown_types", "N4.3", TABLES, "refuse, and name types, only by what the schema knows (`dtype is None`)",
    needs=("effect.schema",),
)  # fmt: skip
def unknown_types(subject: Subject) -> Iterator[str]:
    """Where types are unknown the effect refuses nothing and guesses nothing."""
    outcome = subject.first
    known = subject.schemas(subject.example)
    for more in ((), (Open(),)):
        blank = Inputs([(p, Schema((*(Column(c.name) for c in s), *more))) for p, s in known.items()])
        try:
            effects = outcome.node.effects(blank)
        except NodeError as error:
            yield f"it refuses a table of unknown types: {error.message}"
            return
        for port, frame in outcome.frames.items():
            if effects[port].opaque:
                continue
            found = subject.engine.schema(subject.engine.from_frame(frame))
            for column in effects[port].apply(blank[effects[port].port or 0]):
                if column.dtype is not None and column.dtype != (dtype := found.dtype(column.name)):
                    yield f"without knowing types it says that '{column.name}' is {column.dtype}; it is {dtype}"


@check(
    "effect.rows", "N4.4", TABLES, "declare `rows=Rows.changed(by=...)` with every column that decides",
    needs=("effect.schema",),
)  # fmt: skip
def rows(subject: Subject) -> Iterator[str]:
    """Rows stay, in their order, unless the effect says that they change."""
    for frames in subject.drawn:
        for port, effect, _, frame in outputs_of(subject, frames):
            height = next(iter(frames.values())).height
            if not effect.rows.kept:
                continue
            places = frame[ROW].to_list() if ROW in frame else list(range(frame.height))
            if places != list(range(height)):
                yield f"output '{port}' has other rows than its input, or another order; input {shown(frames)}"
                return


@check(
    "effect.writes", "N4.5", TABLES, "name the column in `makes`, or leave its values alone",
    needs=("effect.schema", "effect.rows"),
)  # fmt: skip
def writes(subject: Subject) -> Iterator[str]:
    """Columns that the effect does not make keep their values; an alias holds the values of its column."""
    for frames in subject.drawn:
        for port, effect, given, frame in outputs_of(subject, frames):
            if (ROW not in frame and not effect.rows.kept) or ROW in effect.makes:
                continue  # nobody can tell which rows became which
            if ROW in frame:  # rows of no origin, as an outer join makes them, keep nothing
                frame = frame.filter(frame[ROW].is_not_null())  # noqa: PLW2901
            source = given[frame[ROW]] if ROW in frame else given
            origins = {c: c for c in frame.columns if c not in effect.makes and c in given}
            origins |= {c: m.of[0] for c, m in effect.makes.items() if m.alias and m.port == effect.port}
            for name, origin in origins.items():
                if values_differ({name: frame[name].to_list()}, {name: source[origin].to_list()}):
                    what = "is changed and not declared" if name == origin else f"is no copy of '{origin}'"
                    yield f"column '{name}' of output '{port}' {what}; input {shown(frames)}"
                    return
