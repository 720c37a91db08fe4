"""Runs with one more column that numbers the rows, which tells where each row of an output comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from weirflow.node.model import Estimator
from weirflow.testing.subject import Outcome

if TYPE_CHECKING:
    from weirflow.node.effect import Effect
    from weirflow.testing.subject import Frames, Subject

ROW = "\u2317 row"
"""The name of the column that numbers rows: nobody calls one so."""


def tracked(frames: Frames) -> dict[str, pl.DataFrame]:
    """The input tables, the first one with its rows numbered."""
    if not frames:
        return {}
    first = next(iter(frames))
    height = frames[first].height
    numbers = pl.Series(ROW, range(height), dtype=pl.Int64)
    return {**frames, first: frames[first].with_columns(numbers)}


def untracked(frames: Frames) -> dict[str, pl.DataFrame]:
    """The input tables without the numbers."""
    return {p: f.drop(ROW, strict=False) for p, f in frames.items()}


def run_tracked(subject: Subject, frames: Frames) -> Outcome:
    """Run on numbered rows, with the selectors that are chosen without the numbers."""
    return subject.run(frames, subject.resolved(subject.node, untracked(frames)))


def done_tracked(subject: Subject, frames: Frames) -> tuple[Frames, Outcome]:
    """One of the tables that all checks look at with its rows numbered, and what the node makes of it, once."""
    done: dict[int, tuple[Frames, Frames, Outcome]] = subject.kept.setdefault("done tracked", {})
    if id(frames) not in done:
        numbered = tracked(frames)
        done[id(frames)] = (frames, numbered, run_tracked(subject, numbered))
    return done[id(frames)][1:]


def effects_of(subject: Subject, outcome: Outcome, frames: Frames) -> dict[str, Effect]:
    """The effects of a run, those of estimators as they are once fitted; opaque ones left out."""
    inputs = subject.schemas(frames)
    if isinstance(outcome.node, Estimator):
        effect = outcome.node.trained_effect(inputs.table, outcome.trained)
        found = dict.fromkeys((p.name for p in outcome.node.outputs), effect)
    else:
        found = dict(outcome.node.effects(inputs))
    return {p: e for p, e in found.items() if not e.opaque}


def outputs_of(subject: Subject, frames: Frames) -> Iterator[tuple[str, Effect, pl.DataFrame, pl.DataFrame]]:
    """On numbered rows, for each output port its effect, the input it is about, and what came out."""
    numbered, outcome = done_tracked(subject, frames)
    if outcome.refused is not None:
        return
    effects = effects_of(subject, outcome, numbered)
    for port, frame in outcome.frames.items():
        if port in effects:
            effect = effects[port]
            yield port, effect, numbered[effect.port or next(iter(frames))], frame
