"""Pieces of exported pandas code that work on series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow_tabular.pandas_text import literal, one_or_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from weirflow.api import PandasCode


def ordered_code(code: PandasCode, time: str | None, by: Sequence[str], *, sort: bool) -> str | None:
    """Put the rows in order of time, and give the frame that is so; None where pandas has no short way.

    What is made of that frame finds its rows by their index, so that they can stay where they are.
    """
    keys = [*by, *([] if time is None else [time])] if sort else [] if time is None else [time]
    types = [code.schema.dtype(k) for k in keys]
    if any(t is None for t in types):
        code.refuse("the types of the columns that order its rows are not known before the run")
        return None
    if time is not None and (types[-1] is None or types[-1].is_text):
        code.refuse("text that is ordered as dates has no short pandas form")
        return None
    if not keys:
        return "df"
    frame = "df" if sort else "ordered"
    stable = ', kind="stable"' if len(keys) == 1 else ""  # by several it always is
    index = ", ignore_index=True" if sort else ""
    code.write(f"{frame} = df.sort_values({one_or_list(keys)}{stable}{index})")
    return frame


def grouped_code(frame: str, by: Sequence[str], columns: Iterable[str]) -> dict[str, str]:
    """The columns of a frame, each series by itself."""
    group = f".groupby({one_or_list(list(by))}, dropna=False)" if by else ""
    return {c: f"{frame}{group}[{literal(c)}]" for c in columns}
