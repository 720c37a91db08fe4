"""Dependence: what an output is made of, found by changing one column of the input at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from weirflow.node.model import Analysis, Estimator
from weirflow.testing.check import TABLES, check
from weirflow.testing.compare import values_differ
from weirflow.testing.frames import changed
from weirflow.testing.subject import shown
from weirflow.testing.tracking import ROW, done_tracked, effects_of, run_tracked

if TYPE_CHECKING:
    import polars as pl

    from weirflow.node.effect import Effect
    from weirflow.testing.subject import Frames, Outcome, Subject

_FRAMES = 4  # of the drawn ones, the largest, and the example


@check(
    "effect.of", "N4.6", TABLES, "name every column that a value depends on, through the fit too, in `of`",
    needs=("effect.writes",),
)  # fmt: skip
def made_of(subject: Subject) -> Iterator[str]:
    """Columns made depend on the columns that the effect names, and rows on those that it says decide."""
    for frames in (*subject.drawn[:1], *subject.drawn[1:][-_FRAMES:]):
        numbered, before = done_tracked(subject, frames)
        if before.refused is not None:
            continue
        effects = effects_of(subject, before, numbered)
        if all(e.rows.by is None for e in effects.values()):
            continue  # anything may depend on anything
        for port, frame in frames.items():
            for name in frame.columns:
                for other in changed(numbered[port], name):
                    after = run_tracked(subject, {**numbered, port: other})
                    found = _dependence(name, port, before, after, effects, next(iter(frames)))
                    if found is not None:
                        yield f"{found} of input '{port}' is changed; input {shown(frames)}"
                        return


def _dependence(
    name: str, port: str, before: Outcome, after: Outcome, effects: dict[str, Effect], first: str
) -> str | None:
    """What depends on a column that it must not depend on, as the beginning of a sentence."""
    for output, effect in effects.items():
        about = effect.port or first
        if effect.rows.by is None or (port == about and name in effect.rows.by):
            continue
        makes = {c: name in m.of and (m.port or about) == port for c, m in effect.makes.items()}
        if after.refused is not None:
            if any(makes.values()) or name in effect.reads:
                continue
            return f"the node refuses when column '{name}', which it does not declare to read,"
        ours, theirs = before.frames[output], after.frames[output]
        if _rows(ours) != _rows(theirs):
            return f"the rows of output '{output}' are others when column '{name}'"
        for column, depends in makes.items():
            if depends or column == name:
                continue
            if column not in theirs:
                return f"column '{column}' is gone when column '{name}'"
            if values_differ({column: ours[column].to_list()}, {column: theirs[column].to_list()}):
                return f"column '{column}' is another when column '{name}'"
    return None


def _rows(frame: pl.DataFrame) -> list[int]:
    return frame[ROW].to_list() if ROW in frame else list(range(frame.height))


@check(
    "ask.declared", "N5.2", (Estimator, Analysis), "name what it asks about in the effect: in `of`, `opens` or `reads`",
    needs=("run.example",),
)  # fmt: skip
def asked(subject: Subject) -> Iterator[str]:
    """Questions are about columns that the effect says are read."""
    frames: Frames = subject.example
    node = subject.first.node
    for effect in node.effects(subject.schemas(frames)).values() or [
        node.effect(subject.schemas(frames).table)
    ]:
        if effect.reads_all():
            continue
        declared = {*effect.reads, *(effect.rows.by or ())}
        declared |= {c for m in effect.makes.values() for c in m.of}
        declared |= {c for of in effect.opens.values() for c in of}
        for statistic in subject.first.asked:
            for column in statistic.columns():
                if column not in declared:
                    yield f"it asks for {type(statistic).__name__} of '{column}', which its effect does not read"
