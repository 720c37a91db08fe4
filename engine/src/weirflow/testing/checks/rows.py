"""Rows: the same every time, none at all, one, nulls alone, odd names, and tables cut in two."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from weirflow.node.model import Analysis, Estimator, Node, Sink, Transform
from weirflow.testing.check import RUNNABLE, TABLES, check
from weirflow.testing.compare import REL, differ, outputs_differ, values_differ
from weirflow.testing.frames import odd_names, renamed_parameters
from weirflow.testing.subject import shown

if TYPE_CHECKING:
    from weirflow.testing.subject import Frames, Outcome, Subject

_GIVEN: tuple[type[Node], ...] = (Transform, Estimator, Analysis, Sink)
_SAY = "raise a NodeError that says what is wrong and how to mend it, or do the work"


@check("rows.none", "N6.6", _GIVEN, _SAY, needs=("run.example",))
def none(subject: Subject) -> Iterator[str]:
    """A table without rows gives the same columns and types."""
    if not subject.example:
        return
    first = next(iter(subject.example))
    empty = {**subject.example, first: subject.example[first].clear()}
    for trained in {id(t): t for t in (None, subject.first.trained)}.values():
        fits = isinstance(subject.node, Estimator)
        if fits and trained is None and subject.run(empty).refused is not None:
            continue  # nothing to learn from: it may say so
        outcome = subject.run(empty, trained=trained if fits else None)
        if outcome.refused is not None:
            yield f"it refuses a table without rows: {outcome.refused}"
        for port, frame in outcome.frames.items():
            if fits and trained is None:
                continue  # what it learns from nothing may be less
            whole = subject.first.frames[port]
            if (found := differ(frame, whole.clear())) is not None and "row" not in found:
                yield f"without rows {found}"


@check("rows.one", "N6.7", _GIVEN, _SAY, needs=("run.example",))
def one(subject: Subject) -> Iterator[str]:
    """A table of one row is worked on, or refused in the node's own words."""
    if not subject.example:
        return
    first = next(iter(subject.example))
    for row in range(subject.example[first].height):
        yield from _raised(
            subject, {**subject.example, first: subject.example[first][row : row + 1]}, "one row"
        )


@check("rows.nulls", "N6.8", _GIVEN, _SAY, needs=("run.example", "rows.one"))
def nulls(subject: Subject) -> Iterator[str]:
    """A column of nulls alone is worked on, or refused in the node's own words."""
    if not subject.example:
        return
    first = next(iter(subject.example))
    frame = subject.example[first]
    for name, dtype in frame.schema.items():
        empty = frame.with_columns(pl.lit(None, dtype=dtype).alias(name))
        yield from _raised(subject, {**subject.example, first: empty}, f"nulls alone in '{name}'")


@check("rows.drawn", "N6.4", _GIVEN, _SAY, needs=("run.example", "rows.none", "rows.one", "rows.nulls"))
def drawn(subject: Subject) -> Iterator[str]:
    """Any table of the example's types is worked on, or refused in the node's own words."""
    for frames in subject.drawn:
        yield from _raised(subject, frames, "a drawn table", subject.done)


def _raised(
    subject: Subject, frames: Frames, what: str, run: Callable[[Frames], Outcome] | None = None
) -> Iterator[str]:
    try:
        (run or subject.run)(frames)
    except Exception as error:  # noqa: BLE001 - whatever it raises that is no refusal is the finding
        text = next(iter(str(error).splitlines()), "")
        yield f"on {what} it raises {type(error).__name__}: {text}; input {shown(frames)}"


@check(
    "run.twice", "N6.3", RUNNABLE, "take randomness from a seed parameter, and nothing from the clock or from sets",
    needs=("run.example", "rows.drawn"),
)  # fmt: skip
def twice(subject: Subject) -> Iterator[str]:
    """Two runs on equal inputs give equal outputs."""
    for frames in subject.drawn:
        one = subject.done(frames)
        other = subject.run(frames, subject.make(subject.case.parameters))
        if one.refused != other.refused:
            yield f"it refuses its input only now and then: {one.refused or other.refused}"
            return
        if (found := outputs_differ(one.outputs, other.outputs)) is not None:
            yield f"{found}; input {shown(frames)}"
            return


@check(
    "rows.nan",
    "N6.5",
    TABLES,
    "give null where no number is defined: 0/0, means of nothing",
    needs=("rows.drawn",),
)
def nan(subject: Subject) -> Iterator[str]:
    """No NaN comes out: what is missing is null."""
    for frames in subject.drawn:
        for frame in subject.done(frames).frames.values():
            for column in frame.iter_columns():
                if column.dtype.is_float() and any(v is not None and math.isnan(v) for v in column.to_list()):
                    yield f"column '{column.name}' holds NaN; input {shown(frames)}"
                    return


@check(
    "rows.names", "N6.9", TABLES, "treat names as text: no patterns, no attributes, no keyword arguments",
    needs=("run.example", "run.twice"),
)  # fmt: skip
def names(subject: Subject) -> Iterator[str]:
    """Columns may be called anything: two words, dots, quotes, nothing at all."""
    for frames, node in oddly_named(subject):
        try:
            outcome = subject.run(frames, node)
        except Exception as error:  # noqa: BLE001 - whatever it raises is the finding
            text = next(iter(str(error).splitlines()), "")
            yield f"with the columns {_columns(frames)} it raises {type(error).__name__}: {text}"
            return
        if outcome.refused is not None:
            yield f"it refuses the columns {_columns(frames)}: {outcome.refused}"
            return
        for port, frame in outcome.frames.items():
            plain = subject.first.frames[port]
            if frame.width != plain.width or _by_place(frame, plain):
                yield f"with the columns {_columns(frames)} output '{port}' is another"
                return


def oddly_named(subject: Subject) -> Iterator[tuple[Frames, Node]]:
    """The example with odd names, and the node that names them so."""
    columns = list(dict.fromkeys(c for f in subject.example.values() for c in f.columns))
    fields = {subject.node_class.model_fields[f].alias or f for f in subject.node_class.column_fields()}
    for new in odd_names(columns):
        parameters: dict[str, Any] = {
            k: renamed_parameters(v, new) if k in fields else v for k, v in subject.case.parameters.items()
        }
        frames = {p: f.rename(lambda c, new=new: new[c]) for p, f in subject.example.items()}  # type: ignore[misc]
        yield frames, subject.make(parameters)


def _columns(frames: Frames) -> list[str]:
    return [c for f in frames.values() for c in f.columns]


def _by_place(one: pl.DataFrame, other: pl.DataFrame) -> str | None:
    places = range(one.width)
    return values_differ(
        {str(i): one.to_series(i).to_list() for i in places},
        {str(i): other.to_series(i).to_list() for i in places},
    )


@check(
    "rows.split", "N6.10", TABLES,
    "look at no other row, or say so: `rows=Rows.changed()`, `ordered` or `holds_table`",
    needs=("run.example", "run.twice"),
)  # fmt: skip
def split(subject: Subject) -> Iterator[str]:
    """Where rows stay and none is held, a table cut in two gives the halves of the whole's result."""
    if subject.node_class.holds_table or subject.node_class.ordered or len(subject.example) != 1:
        return
    for frames in subject.drawn:
        port, frame = next(iter(frames.items()))
        whole = subject.done(frames)
        if whole.refused is not None or frame.height < 2:  # noqa: PLR2004 - two halves
            continue
        effects: Mapping[str, Any] = subject.effects(whole, frames)
        if any(e.opaque or not e.rows.kept for e in effects.values()):
            return
        cut = frame.height // 2
        halves: list[Outcome] = [
            subject.run({port: part}, trained=whole.trained) for part in (frame[:cut], frame[cut:])
        ]
        if any(h.refused is not None for h in halves):
            continue
        for output, expected in whole.frames.items():
            joined = pl.concat([h.frames[output] for h in halves], how="vertical_relaxed")
            if (found := differ(joined, expected, REL)) is not None:
                yield f"in two parts, and whole: {found}; input {shown(frames)}"
                return


@check(
    "rows.private", "N6.11", _GIVEN, "name columns, types and what to do; never what a cell holds",
    needs=("run.example",),
)  # fmt: skip
def private(subject: Subject) -> Iterator[str]:
    """A refusal quotes no value of a cell."""
    if not subject.example:
        return
    first = next(iter(subject.example))
    frame = subject.example[first]
    texts = [n for n, d in frame.schema.items() if d == pl.String]
    secret = frame.with_columns(pl.lit("vQ7zsecret").alias(n) for n in texts)
    numbers = [n for n, d in frame.schema.items() if d in {pl.Int64, pl.Float64}]
    secret = secret.with_columns(pl.lit(98765431).cast(frame.schema[n]).alias(n) for n in numbers)
    for trained in {id(t): t for t in (None, subject.first.trained)}.values():
        try:
            outcome = subject.run(
                {**subject.example, first: secret},
                trained=trained if isinstance(subject.node, Estimator) else None,
            )
        except Exception as error:  # noqa: BLE001 - `rows.drawn` says whether it may raise
            del error
            continue
        told = outcome.refused or ""
        if "vQ7zsecret" in told or "98765431" in told.replace(",", ""):
            yield "the message quotes a value of the table"
