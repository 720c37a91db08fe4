"""Pandas code that the scalers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from weirflow.api import FLOAT64
from weirflow_tabular.pandas_text import assign, column, literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from weirflow.api import PandasCode

Named: TypeAlias = "tuple[str, Mapping[str, float | None]]"
"""What was learned, under the name it has in the code."""


@dataclass(frozen=True)
class Learning:
    """Pandas expressions over `df[name]` that learn what is subtracted and what is divided by."""

    less: str = ""
    by: str = ""


def as_floats(code: PandasCode, name: str) -> str:
    """A column as numbers that fractions fit in."""
    values = column(name)
    return values if code.schema.dtype(name) == FLOAT64 else f'{values}.astype("float64")'


def scaling_code(
    code: PandasCode, columns: Sequence[str], less: Named | None, by: Named | None, learn: Learning
) -> None:
    """Write `(x - less) / by` for each column; 0 where `by` is 0, missing where either was not learned."""
    parts = [part for part in (less, by) if part is not None]
    empty = [] if code.learn else [c for c in columns if any(part[1][c] is None for part in parts)]
    known = [c for c in columns if c not in empty]
    divisible = not code.learn and all(by[1][c] for c in known) if by else True
    if not parts:
        code.write(f"df = df.astype({literal(dict.fromkeys(columns, 'float64'))})")
    elif len(known) == 1 and divisible and not code.learn:
        _one(code, known[0], less, by)
    elif known:
        _several(code, known, less, by, learn, divisible=divisible)
    empty_code(code, empty)


def _one(code: PandasCode, name: str, less: Named | None, by: Named | None) -> None:
    """A single column, as a formula."""
    values = as_floats(code, name)
    if less:
        values = f"{values} - {code.constant(less[0], less[1][name])}"
    if by:
        values = f"({values}) / " if less else f"{values} / "
        values += code.constant(by[0], by[1][name])
    code.write(assign([(name, values)]))


def _several(
    code: PandasCode,
    known: Sequence[str],
    less: Named | None,
    by: Named | None,
    learn: Learning,
    *,
    divisible: bool,
) -> None:
    """Several columns, as a loop over what was learned of them."""

    def constant(part: Named, expression: str) -> str:
        name, values = part
        learned = f"{{name: {expression} for name in {literal(list(known))}}}"
        return code.value(f"{name}s", {c: values[c] for c in known}, learned)

    values = 'df[name].astype("float64")'
    less_name = constant(less, learn.less) if less else None
    by_name = constant(by, learn.by) if by else None
    loop = by or less
    assert loop is not None
    if less and by:
        values = f"{values} - {less_name}[name]"
    scaled = f"{values} - {loop[0]}"
    if by and divisible:
        scaled = f"({values}) / {by[0]}" if less else f"{values} / {by[0]}"
    if not by or divisible:
        code.write(f"""
            for name, {loop[0]} in {by_name or less_name}.items():
                df = df.assign(**{{name: {scaled}}})
        """)
        return
    code.write(f"""
        for name, {by[0]} in {by_name}.items():
            values = {values}
            # where there is nothing to divide by, all values become 0
            df = df.assign(**{{name: values / {by[0]} if {by[0]} else values * 0.0}})
    """)


def empty_code(code: PandasCode, columns: Sequence[str]) -> None:
    """Write missing values into columns that held none in training."""
    if columns:
        code.write("# without a single value in training")
        code.write(assign((c, 'float("nan")') for c in columns))
