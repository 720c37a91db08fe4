"""Categories of columns: learned in order, told apart exactly, turned into small numbers."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

import narwhals as nw

from weirflow.api import (
    SAME_ROWS,
    Count,
    DType,
    Maximum,
    NodeError,
    Rows,
    Scalar,
    TrainedParameters,
    portable,
)
from weirflow_tabular.checks import require_categories, require_scalars

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from weirflow.api import Answers, Schema, Table

Label: TypeAlias = bool | int | str
"""A category. Text, an integer or a boolean: what compares exactly, and is the same after a round trip."""

NumberType: TypeAlias = Literal["int64", "float64"]

_FEW = 256

BY_FREQUENCY = """
def by_frequency(values: pd.Series) -> list:
    \"\"\"The values that occur: the most frequent first, of equally frequent ones the least.\"\"\"
    counts = values.value_counts().sort_index()
    return counts.sort_values(ascending=False, kind="stable").index.tolist()
"""
"""A function of exported code."""

MOST = (
    "how many categories a column may have; more is an error, since such a column is rarely one of categories"
)
AS_TEXT = (
    "categories are values as text, in the way that Spark writes it: numbers and booleans are told apart by it, "
    "ordered by it where they are equally frequent, and columns are named by it; fractions are allowed then"
)
TYPE = "type of the numbers: int64, or float64 as Spark has it"


class Categories(TrainedParameters):
    """The categories of each column, in order."""

    categories: dict[str, tuple[Label, ...]]


def require_encodable(schema: Schema, columns: Iterable[str], *, as_text: bool) -> None:
    """Refuse columns that are known to be of a type whose values are no categories."""
    if as_text:
        require_scalars(schema, columns)
    else:
        require_categories(schema, columns)


def learned(
    name: str, found: tuple[tuple[Scalar, int], ...], most: int, *, as_text: bool = False
) -> tuple[Label, ...]:
    """The categories in the order of a `Frequencies` answer."""
    labels: tuple[Label, ...]
    if as_text:
        counts = [(text_of(v), n) for v, n in found if v is not None]
        labels = tuple(text for text, _ in sorted(counts, key=lambda c: (-c[1], c[0])))
    else:
        labels = tuple(v for v, _ in found if isinstance(v, (bool, int, str)))
    if not labels:
        raise NodeError(f"column '{name}' has no value to learn categories from", code="WF614")
    if len(labels) > most:
        raise NodeError(
            f"column '{name}' has more than {most} categories",
            hint="leave it out, or raise `max_categories`",
            code="WF402",
        )
    return labels


def numbers(name: str, answers: Answers, most: int) -> tuple[Label, ...]:
    """The numbers from 0 to the greatest of a column."""
    greatest = answers[Maximum(name)]
    if not answers[Count(name)] or not isinstance(greatest, (bool, int, float)) or greatest < 0:
        raise NodeError(f"column '{name}' has no number from 0 on to learn categories from", code="WF614")
    if greatest >= most:
        raise NodeError(
            f"column '{name}' holds a number of a category beyond {most:,}",
            hint="encode it first, so that the numbers are from 0 on without gaps, or raise `max_categories`",
            code="WF402",
        )
    return tuple(range(int(greatest) + 1))


def text_of(value: Scalar) -> str:
    """A value as Spark writes it: `true`, and fractions as Java does, from 1.0E7 on with an exponent."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, float):
        return str(value)
    if value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    number = Decimal(repr(value))
    if number == 0 or Decimal("1e-3") <= abs(number) < Decimal("1e7"):
        text = f"{number:f}"
        return text if "." in text else f"{text}.0"
    sign, digits, _ = number.as_tuple()
    plain = "".join(map(str, digits)).rstrip("0")
    return f"{'-' * sign}{plain[0]}.{plain[1:] or '0'}E{number.adjusted()}"


def typed(labels: Sequence[Label], dtype: DType) -> list[tuple[Scalar, int]]:
    """Each category as a value of a column's type, with its place; those that no value is written as are left out."""
    if dtype.is_text or not all(isinstance(v, str) for v in labels):
        return [(v, i) for i, v in enumerate(labels)]
    made = ((_value(str(v), dtype), i) for i, v in enumerate(labels))
    return [(v, i) for v, i in made if v is not None]


def _value(text: str, dtype: DType) -> Scalar:
    value: Scalar = None
    if dtype.kind == "boolean":
        value = {"true": True, "false": False}.get(text)
    elif dtype.is_integer and re.fullmatch(r"-?[0-9]{1,19}", text):
        value = int(text)
    elif dtype.is_float:
        try:
            value = float(text)
        except ValueError:
            return None
    return value if value is not None and text_of(value) == text else None


def places(
    name: str,
    labels: Sequence[Label],
    dtype: DType,
    others: Mapping[str, str],
    code: DType,
    *,
    encoded: bool = False,
) -> nw.Expr:
    """Each category's place among the labels, as type `code`; null where the row is to go or stay without one.

    `others` say what becomes of values that are `unseen` and of those that are `missing`. With `encoded`, values are
    numbers of which the whole part is the label.
    """
    value, target = plain(name, dtype), portable.to_narwhals(code)
    last = nw.lit(len(labels), dtype=target)
    unseen, missing = others["unseen"], others["missing"]
    pairs = [] if encoded else typed(labels, dtype)
    found: nw.Expr
    if encoded:
        whole = value.cast(nw.Int64)
        found = nw.when((whole >= 0) & (whole < len(labels))).then(whole).cast(target)
    elif len(pairs) > _FEW:  # where a comparison a category would take long
        keys, codes = [key for key, _ in pairs], [place for _, place in pairs]
        found = value.replace_strict(keys, codes, default=None, return_dtype=target)
    else:
        found = portable.map_values(value, pairs, None, code)
    lost = found.is_null() & ~value.is_null()
    if unseen == "keep":
        found = nw.when(lost).then(last).otherwise(found)
    elif unseen == "error":
        message = f"column '{name}' holds a category that was not seen when the node was fitted"
        found = nw.coalesce(found, portable.fail_when(lost, "WF610", message, code))
    if missing == "keep":
        return nw.when(value.is_null()).then(last).otherwise(found)
    if missing == "error":
        message = f"column '{name}' holds a missing value"
        return nw.coalesce(found, portable.fail_when(value.is_null(), "WF610", message, code))
    return found


def dropped(table: Table, codes: Mapping[str, str], others: Mapping[str, str]) -> Table:
    """The rows that stay; `codes` are the columns that hold the places, by the columns that they are of."""
    if "drop" not in others.values():
        return table
    for name, place in codes.items():
        known = ~nw.col(place).is_null()
        if others["unseen"] != "drop":
            known = known | ~nw.col(name).is_null()
        elif others["missing"] != "drop":
            known = known | nw.col(name).is_null()
        table = table.filter(known)
    return table


def rows_kept(columns: Iterable[str], others: Mapping[str, str]) -> Rows:
    """Whether all rows stay."""
    return Rows.changed(by=tuple(columns)) if "drop" in others.values() else SAME_ROWS


def plain(name: str, dtype: DType) -> nw.Expr:
    """A column, text if it is one of categories."""
    return nw.col(name).cast(nw.String) if dtype.kind == "categorical" else nw.col(name)
