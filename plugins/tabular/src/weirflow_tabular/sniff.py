"""Which type texts are of: the one rule for delimited files and for `columns.infer_types`.

A text counts as a number only if it would be written back the same way as far as its meaning goes: codes such
as `01`, `+49` or `1_000` stay text. Dates and times are ISO ones.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")

NULL_WORDS = frozenset({"", "na", "n/a", "nan", "none", "nil", "null"})
"""Words, in any case, that stand for a missing value in many files."""


def type_of(text: str) -> str:
    """The type of one text: int64, float64, boolean, date, datetime, else string."""
    if _INTEGER.fullmatch(text):
        return "int64" if -(2**63) <= int(text[:20]) < 2**63 and len(text) <= 20 else "string"  # noqa: PLR2004
    if _FLOAT.fullmatch(text):
        return "float64" if math.isfinite(float(text)) else "string"
    if text.lower() in {"true", "false"}:
        return "boolean"
    try:
        if _DATE.fullmatch(text):
            date.fromisoformat(text)
            return "date"
        if _DATETIME.fullmatch(text):
            datetime.fromisoformat(text)
            return "datetime"
    except ValueError:
        pass
    return "string"


def fitting(texts: Iterable[str], share: float = 1.0) -> str:
    """The narrowest type that at least `share` of the texts are of; string where there is none or no text."""
    counts = Counter(type_of(t) for t in texts)
    needed = share * counts.total()
    if not counts:
        return "string"
    if counts["int64"] + counts["float64"] >= needed:
        return "float64" if counts["float64"] else "int64"
    if counts["boolean"] >= needed:
        return "boolean"
    if counts["date"] >= needed:
        return "date"
    return "datetime" if counts["datetime"] >= needed else "string"


def is_not_finite(text: str) -> bool:
    """Whether a text is a spelling of NaN or of an infinity that readers of numbers know."""
    return _NOT_FINITE.fullmatch(text) is not None


def is_null_word(text: str) -> bool:
    """Whether a text is blank or a word that stands for a missing value."""
    return text.strip().lower() in NULL_WORDS


_NULL_START = re.compile(r"(null|none|nil|na|nan)", re.IGNORECASE)
_FEWEST = 0.3  # the share of values below which a column is said to be text
_FEWEST_ROWS = 1500


def fitting_as_data_wrangler(texts: Sequence[str | None], most: int, share: float) -> str:
    """The type that Data Wrangler finds for a column of text, by its first rows; `most` are as many as are looked at.

    A number is what Python's `float` reads, finite and without underscores. Dates that are not ISO ones are left to
    pandas, which takes any usual way of writing them.
    """
    values = [t for t in texts if t is not None and t.strip() and not _NULL_START.match(t)]
    if len(values) < (_FEWEST_ROWS if len(texts) >= most else _FEWEST * len(texts)) or not values:
        return "string"
    needed = share * len(values)
    numbers = [t for t in values if _is_number(t)]
    if len(numbers) > needed:
        return "int64" if sum(map(_is_whole, numbers)) > share * len(numbers) else "float64"
    if sum(v.lower() in {"true", "false"} for v in values) > needed:
        return "boolean"
    if sum(map(_is_iso_date, values)) > needed:
        return "date"
    return "datetime" if _dates(values) > needed else "string"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def _is_whole(text: str) -> bool:
    """Whether it is written as an integer: the service takes `60000.0` for a fraction."""
    try:
        int(text)
    except ValueError:
        return False
    return True


def _is_iso_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _dates(texts: Sequence[str]) -> int:
    import warnings

    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that formats differ, and that they are guessed
        return int(
            pd.to_datetime(pd.Series(texts, dtype="object"), errors="coerce", format="mixed").notna().sum()
        )
