"""What several operators check in the schema that they are given, and parameter values they have in common."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import AfterValidator

from weirflow.api import Count, DType, NodeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.api import Answers, Scalar, Schema, Statistic

Value: TypeAlias = bool | int | float | str
"""A value as a flow file can write it."""


_TYPES = "string, boolean, date, datetime, int8 to int64, uint8 to uint64, float32 or float64"
_OTHER_WORDS = {
    word: name
    for name, words in (
        ("string", ("text", "str", "char", "varchar", "object", "utf8")),
        ("int64", ("int", "integer", "long", "bigint")),
        ("float64", ("float", "double", "number", "numeric", "decimal", "real")),
        ("boolean", ("bool", "logical")),
        ("datetime", ("timestamp", "time")),
    )
    for word in words
}
"""What other tools call our types."""


def _castable(text: str) -> str:
    try:
        dtype = DType.parse(text)
    except ValueError:
        dtype = None
    if dtype is None or not (
        dtype.is_integer
        or dtype.is_float
        or dtype.kind in {"boolean", "string", "date"}
        or (dtype.kind == "datetime" and dtype.zone is None)
    ):
        meant = _OTHER_WORDS.get(text.lower())
        expected = f"did you mean '{meant}'?" if meant else f"expected {_TYPES}"
        raise ValueError(f"'{text}' is no type to cast to: {expected}")
    return str(dtype)


TypeName = Annotated[str, AfterValidator(_castable)]
"""A type that text and numbers can be cast to, as `int64`, `float64`, `string`, `boolean`, `date`, `datetime`."""


def require_numeric(schema: Schema, columns: Iterable[str]) -> None:
    """Refuse columns that are known not to be numbers."""
    for column in columns:
        dtype = schema.dtype(column)
        if dtype is not None and not dtype.is_numeric:
            raise NodeError(
                f"column '{column}' is of type {dtype}, not a number",
                hint=f"cast it first: columns.cast with types {{{column}: float64}}, or leave it out",
                code="WF402",
            )


def require_text(schema: Schema, columns: Iterable[str]) -> None:
    """Refuse columns that are known not to be text."""
    for column in columns:
        dtype = schema.dtype(column)
        if dtype is not None and not dtype.is_text:
            raise NodeError(
                f"column '{column}' is of type {dtype}, not text",
                hint=f"cast it first: columns.cast with types {{{column}: string}}, or leave it out",
                code="WF402",
            )


def require_categories(schema: Schema, columns: Iterable[str]) -> None:
    """Refuse columns that are known to be of a type whose values are no categories."""
    for column in columns:
        dtype = schema.dtype(column)
        if dtype is not None and not (dtype.is_text or dtype.is_integer or dtype.kind == "boolean"):
            raise NodeError(
                f"column '{column}' is of type {dtype}: categories are text, integers or booleans",
                hint=f"cast it first: columns.cast with types {{{column}: string}}",
                code="WF402",
            )


def require_scalars(schema: Schema, columns: Iterable[str]) -> None:
    """Refuse columns that are known to hold other than text, numbers and booleans."""
    for column in columns:
        dtype = schema.dtype(column)
        if dtype is not None and not (
            dtype.is_text or dtype.is_integer or dtype.is_float or dtype.kind == "boolean"
        ):
            raise NodeError(
                f"column '{column}' is of type {dtype}: categories are text, numbers or booleans",
                hint=f"cast it first: columns.cast with types {{{column}: string}}",
                code="WF402",
            )


def require_new(schema: Schema, names: Iterable[str], *, besides: Iterable[str] = ()) -> None:
    """Refuse names that the table has already, or that are made twice; `besides` may be taken over."""
    taken = set(schema.names) - set(besides)
    for name in names:
        if name in taken:
            raise NodeError(
                f"it would make column '{name}', which is there already",
                hint="give the new column another name, or drop or rename the old one first",
                code="WF403",
            )
        taken.add(name)


def suited(value: Value, dtype: DType, column: str) -> Scalar:
    """A parameter's value as one of the column's type. Raises NodeError where it is not one."""
    if dtype.is_text and isinstance(value, str):
        return value
    if dtype.kind == "boolean" and isinstance(value, bool):
        return value
    if dtype.is_numeric and isinstance(value, (int, float)) and not isinstance(value, bool):
        if not dtype.is_integer:
            return float(value)
        if float(value).is_integer():
            return int(value)
    if dtype.is_temporal and isinstance(value, str):
        try:
            if dtype.kind == "date":
                return date.fromisoformat(value)
            if dtype.kind == "datetime":
                return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise NodeError(
        f"column '{column}' is of type {dtype}, and the value given for it is not",
        hint='write text in quotes, numbers and true/false without, dates as "2024-12-31"',
        code="WF402",
    )


def parsed(text: str, dtype: DType, column: str) -> Value:
    """A text as a value of a column's type, as a flow file would write it. Raises NodeError where it is none."""
    word = text.strip()
    try:
        if dtype.kind == "boolean" and word.lower() in {"true", "false"}:
            return word.lower() == "true"
        if dtype.is_integer:
            number = float(word)
            if number.is_integer():
                return int(word) if word.lstrip("+-").isdecimal() else int(number)
        elif dtype.is_float:
            return float(word)
        if dtype.is_temporal:
            return re.sub(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", _day, word)
    except (ValueError, OverflowError):
        pass
    if dtype.is_text:
        return text
    raise NodeError(
        f"column '{column}' is of type {dtype}, and the text given for it is no such value", code="WF402"
    )


def _day(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}"


def compared(value: Value, dtype: DType, column: str) -> Scalar:
    """As `suited`, but a fraction may be compared with integers."""
    if dtype.is_integer and isinstance(value, float):
        return value
    return suited(value, dtype, column)


def learned(statistic: Statistic[Any], column: str, answers: Answers) -> float | None:
    """A numeric answer, None without a value; refused where infinite values of the column took it away."""
    return finite(answers[statistic], column, answers)


def finite(answer: Any, column: str, answers: Answers) -> float | None:
    """A numeric answer, likewise."""
    if answer is None and answers[Count(column)]:
        raise NodeError(
            f"column '{column}' holds infinite values, or ones too large to compute with",
            hint="filter them out first",
            code="WF402",
        )
    return None if answer is None else float(answer)
