"""Operators that the service carries out in place, or on a new column that begins as a copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from weirflow_datawrangler.step import Parameters, Step


def outputs(given: Parameters, columns: Sequence[str]) -> dict[str, str]:
    """The columns that come out, by those that go in: the same, or new ones named after the output and each."""
    output = given.optional("output_column")
    if output is None:
        return {c: c for c in columns}
    return {c: output if len(columns) == 1 else f"{output}_{c}" for c in columns}


def on_copies(names: Mapping[str, str], make: Callable[[Mapping[str, str]], Sequence[Step]]) -> Step:
    """Copies of the columns that get another name, then the steps that are made of all of them."""
    copies = [
        Step("columns.duplicate", {"column": old, "output": new}) for old, new in names.items() if old != new
    ]
    return chain([*copies, *make(names)])


def chain(steps: Sequence[Step]) -> Step:
    """Steps one after another."""
    first, *rest = steps
    return Step(first.operator, first.parameters, first.notes, first.trained, tuple(rest))
