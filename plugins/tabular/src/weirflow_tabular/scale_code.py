"""Pandas code that the scalers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from weirflow_tabular.pandas_text import assign, literal

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


def scaling_code(
    code: PandasCode, columns: Sequence[str], less: Named | None, by: Named | None, learn: Learning
) -> None:
    """Write `(x - less) / by` for each column; 0 where `by` is 0, missing where either was not learned."""
    empty = [
        c for c in columns
        if not code.learn and any(part is not None and part[1][c] is None for part in (less, by))
    ]  # fmt: skip
    known = [c for c in columns if c not in empty]

    def constant(part: Named, expression: str) -> str:
        name, values = part
        return code.value(
            f"{name}s", {c: values[c] for c in known}, f"{{name: {expression} for name in {literal(known)}}}"
        )

    values = 'df[name].astype("float64")'
    less_name = constant(less, learn.less) if less else None
    by_name = constant(by, learn.by) if by else None
    if less_name is None and by_name is None:
        code.write(f"df = df.astype({literal(dict.fromkeys(columns, 'float64'))})")
        return
    if by_name is None:
        assert less is not None
        code.write(f"""
            for name, {less[0]} in {less_name}.items():
                df = df.assign(**{{name: {values} - {less[0]}}})
        """)
    else:
        assert by is not None
        centred = f"{values} - {less_name}[name]" if less_name else values
        code.write(f"""
            for name, {by[0]} in {by_name}.items():
                values = {centred}
                # where there is nothing to divide by, all values become 0
                df = df.assign(**{{name: values / {by[0]} if {by[0]} else values * 0.0}})
        """)
    empty_code(code, empty)


def empty_code(code: PandasCode, columns: Sequence[str]) -> None:
    """Write missing values into columns that held none in training."""
    if columns:
        code.write("# without a single value in training")
        code.write(assign((c, 'float("nan")') for c in columns))
