"""Answers to SPARQL as typed columns."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import polars as pl

_XSD = "http://www.w3.org/2001/XMLSchema#"
_WHOLE = {
    *(
        "integer",
        "long",
        "int",
        "short",
        "byte",
        "nonNegativeInteger",
        "positiveInteger",
        "nonPositiveInteger",
    ),
    *("negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
}
_REAL = {"decimal", "double", "float"}
_BITS = 63


def table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """A table of Oxigraph's terms.

    A column is whole numbers, floats, truth values, dates or instants (UTC) where all its values are literals of such a
    type, whole numbers among floats being floats; else it is text: of a literal its text, of an IRI that, of a blank
    node `_:label`. What is unbound, and NaN, is null.
    """
    import polars as pl

    columns: list[list[Any]] = [[] for _ in names]
    for row in rows:
        for column, term in zip(columns, row, strict=True):
            column.append(term)
    return pl.DataFrame([_series(n, c) for n, c in zip(names, columns, strict=True)])


def _series(name: str, terms: Sequence[Any]) -> pl.Series:
    import polars as pl

    kinds = {_kind(t) for t in terms if t is not None}
    types: dict[frozenset[str], tuple[Any, Callable[[str], Any]]] = {
        frozenset({"whole"}): (pl.Int64, int),
        frozenset({"real"}): (pl.Float64, _real),
        frozenset({"whole", "real"}): (pl.Float64, _real),
        frozenset({"boolean"}): (pl.Boolean, lambda t: t in {"true", "1"}),
        frozenset({"date"}): (pl.Date, date.fromisoformat),
        frozenset({"instant"}): (
            pl.Datetime("us", "UTC"),
            lambda t: datetime.fromisoformat(t).astimezone(UTC),
        ),
        frozenset({"local"}): (pl.Datetime("us"), datetime.fromisoformat),
    }
    dtype, read = types.get(frozenset(kinds), (pl.String, None))
    if read is not None:
        try:
            values = [None if t is None else read(t.value) for t in terms]
            return pl.Series(name, values, dtype=dtype)
        except (ValueError, OverflowError):
            pass  # a year before 1, a zone of a date: text says it
    return pl.Series(name, [None if t is None else _text(t) for t in terms], dtype=pl.String)


def _kind(term: Any) -> str:
    kind = getattr(getattr(term, "datatype", None), "value", "")
    if not kind.startswith(_XSD):
        return "text"
    name = kind.removeprefix(_XSD)
    if name in _WHOLE:
        return "whole" if -(1 << _BITS) <= int(term.value) < 1 << _BITS else "text"
    if name in _REAL:
        return "real"
    if name == "dateTime":
        return "instant" if term.value.endswith("Z") or term.value[-6:-5] in {"+", "-"} else "local"
    return name if name in {"boolean", "date"} else "text"


def _real(text: str) -> float | None:
    value = float(text.replace("INF", "inf"))
    return None if math.isnan(value) else value


def _text(term: Any) -> str:
    value = getattr(term, "value", None)
    return str(term) if value is None or type(term).__name__ == "BlankNode" else value
