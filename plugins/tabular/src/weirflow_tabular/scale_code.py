"""Pandas code that the scalers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from weirflow.api import FLOAT64
from weirflow_tabular.pandas_text import assign, column, literal, loop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from weirflow.api import PandasCode

Named: TypeAlias = "tuple[str, Mapping[str, float | None], str]"
"""What was learned: the name it has in the code, its values, and an expression over `values` that learns it."""


@dataclass(frozen=True)
class Scaling:
    """How a scaler computes.

    less: what is subtracted; by: what is divided by; then: what follows, as `* 2 - 1`; constant: what a column
    becomes where there is nothing to divide by. Where `span`, it is divided by the distance of `by` from `less`.
    """

    less: Named | None
    by: Named | None
    then: str = ""
    constant: float = 0.0
    span: bool = False

    def formula(self, values: str, less: str, by: str) -> str:
        """The scaled values, from expressions for the three."""
        made = f"{values} - {less}" if less else values
        if by and self.span:
            by = f"({by} - {less})"
        if by:
            made = f"({made}) / {by}" if less else f"{made} / {by}"
        return made + self.then

    def spread(self, name: str) -> float | None:
        """What a column is divided by; None where nothing was learned of it."""
        less, by = (1.0 if part is None else part[1][name] for part in (self.less, self.by))
        if less is None or by is None:
            return None
        return by - less if self.span else by


def as_floats(code: PandasCode, names: Sequence[str], values: str) -> str:
    """Columns as numbers that fractions fit in: as they are where they are known to be."""
    plain = all(code.schema.dtype(c) == FLOAT64 for c in names)
    return values if plain else f'{values}.astype("float64")'


def scaling_code(code: PandasCode, columns: Sequence[str], scaling: Scaling) -> None:
    """Write what becomes of each column; missing where a statistic was not learned."""
    if scaling.less is None and scaling.by is None:
        code.write(f"df = df.astype({literal(dict.fromkeys(columns, 'float64'))})")
    elif code.learn:
        _learning(code, columns, scaling)
    else:
        spread = {c: scaling.spread(c) for c in columns}
        _fitted(code, [c for c, by in spread.items() if by], scaling)
        constant = [c for c, by in spread.items() if by == 0]
        if constant:
            code.write("# all values were the same in training")
            code.write(assign((c, _constant(code, c, scaling)) for c in constant))
        empty = [c for c, by in spread.items() if by is None]
        if empty:
            code.write("# without a single value in training")
            code.write(assign((c, 'float("nan")') for c in empty))


def _constant(code: PandasCode, name: str, scaling: Scaling) -> str:
    return f"{as_floats(code, [name], column(name))}.where({column(name)}.isna(), {scaling.constant!r})"


def _fitted(code: PandasCode, columns: Sequence[str], scaling: Scaling) -> None:
    parts = [part for part in (scaling.less, scaling.by) if part is not None]
    if len(columns) == 1:
        name = columns[0]
        less, by = (
            code.constant(part[0], part[1][name]) if part else "" for part in (scaling.less, scaling.by)
        )
        code.write(assign([(name, scaling.formula(as_floats(code, columns, column(name)), less, by))]))
    elif columns:
        tables = [code.constant(f"{part[0]}s", {c: part[1][c] for c in columns}) for part in parts]
        each = dict(zip((part[0] for part in parts), tables, strict=True))
        item, table = parts[-1][0], tables[-1]  # the loop runs over the last, and looks the other up
        less, by = (
            "" if part is None else item if part[0] == item else f"{each[part[0]]}[name]"
            for part in (scaling.less, scaling.by)
        )
        made = scaling.formula(as_floats(code, columns, "df[name]"), less, by)
        if "self" in columns:  # the one name that `assign` cannot take
            loop(code, f"name, {item} in {table}.items()", [f"df[name] = {made}"])
        else:
            code.write(f"df = df.assign(**{{name: {made} for name, {item} in {table}.items()}})")


def _learning(code: PandasCode, columns: Sequence[str], scaling: Scaling) -> None:
    one = len(columns) == 1
    body = [f"values = {as_floats(code, columns, column(columns[0]) if one else 'df[name]')}"]
    parts = [part for part in (scaling.less, scaling.by) if part is not None]
    body += [f"{name} = {expression}" for name, _, expression in parts]
    less, by = (part[0] if part else "" for part in (scaling.less, scaling.by))
    made = scaling.formula("values", less, by)
    if by:
        test = f"{by} != {less}" if scaling.span else by
        made = f"{made} if {test} else values.where(values.isna(), {scaling.constant!r})"
        body.append(f"# a column without a spread becomes {scaling.constant:g}")
    if one:
        code.write("\n".join([*body, assign([(columns[0], made)])]))
    else:
        loop(code, f"name in {literal(list(columns))}", [*body, f"df[name] = {made}"])
