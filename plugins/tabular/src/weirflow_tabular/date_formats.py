"""How text is written as dates and times, in Python's words (`%d/%m/%Y`) or in those of Java and Spark (`dd/MM/yyyy`).

Sources: Python's documentation of `strptime`, Spark's of its datetime patterns, and what both do, against which the
tests hold every word. What Spark refuses (weeks, names of days) is refused here too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import narwhals as nw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _any(words: tuple[str, ...], letters: int | None = None) -> str:
    return f"(?i:{'|'.join(w[:letters] for w in words)})"


@dataclass(frozen=True)
class _Word:
    """A word of a format: which part of a moment it stands for, how that is written, and Python's word for it."""

    part: str
    pattern: str
    python: str = ""
    fixed: bool = False  # a number of a certain width, which others may follow without a delimiter


def _numbers(letter: str, part: str, python: str) -> dict[str, _Word]:
    return {
        letter: _Word(part, "0*[0-9]{1,2}", python),
        letter * 2: _Word(part, "[0-9]{2}", python, fixed=True),
    }


_JAVA: Mapping[str, _Word] = {
    "y": _Word("year", "[0-9]{1,4}"),
    "yy": _Word("short year", "[0-9]{2}", fixed=True),
    "yyy": _Word("year", "[0-9]{3,4}"),
    "yyyy": _Word("year", "[0-9]{4}", "%Y", fixed=True),
    **_numbers("M", "month", "%m"),
    **_numbers("L", "month", "%m"),
    **{3 * m: _Word("named month", _any(_MONTHS, 3), "%b") for m in "ML"},
    **{4 * m: _Word("named month", _any(_MONTHS), "%B") for m in "ML"},
    **_numbers("d", "day", "%d"),
    "D": _Word("day of the year", "0*[0-9]{1,3}"),
    "DDD": _Word("day of the year", "[0-9]{3}", fixed=True),
    **_numbers("H", "hour", "%H"),
    **_numbers("h", "hour of 1 to 12", "%I"),
    **_numbers("K", "hour of 0 to 11", ""),
    **_numbers("k", "hour of 1 to 24", ""),
    "a": _Word("half of the day", "(?i:am|pm)", "%p"),
    **_numbers("m", "minute", "%M"),
    **_numbers("s", "second", "%S"),
    **{"S" * n: _Word("fraction", f"[0-9]{{1,{n}}}", "%f") for n in range(1, 10)},
    "X": _Word("offset", "Z|[+-][01][0-9](?:[0-5][0-9])?"),
    "XX": _Word("offset", "Z|[+-][01][0-9][0-5][0-9]"),
    "XXX": _Word("offset", "Z|[+-][01][0-9]:[0-5][0-9]"),
    "x": _Word("offset", "[+-][01][0-9](?:[0-5][0-9])?"),
    "xx": _Word("offset", "[+-][01][0-9][0-5][0-9]"),
    "xxx": _Word("offset", "[+-][01][0-9]:[0-5][0-9]"),
    **{"Z" * n: _Word("offset", "[+-][01][0-9][0-5][0-9]") for n in (1, 2, 3)},
}
_PYTHON: Mapping[str, _Word] = {
    "Y": _Word("year", "[0-9]{4}", "%Y"),
    "y": _Word("year of two", "[0-9]{2}", "%y"),
    "m": _Word("month", "1[0-2]|0[1-9]|[1-9]", "%m"),
    "b": _Word("named month", _any(_MONTHS, 3), "%b"),
    "B": _Word("named month", _any(_MONTHS), "%B"),
    "d": _Word("day", "3[01]|[12][0-9]|0[1-9]|[1-9]", "%d"),
    "j": _Word("day of the year", "36[0-6]|3[0-5][0-9]|[12][0-9]{2}|0[1-9][0-9]|00[1-9]|[1-9][0-9]|0?[1-9]"),
    "H": _Word("hour", "2[0-3]|[01][0-9]|[0-9]", "%H"),
    "I": _Word("hour of 1 to 12", "1[0-2]|0[1-9]|[1-9]", "%I"),
    "p": _Word("half of the day", "(?i:am|pm)", "%p"),
    "M": _Word("minute", "[0-5][0-9]|[0-9]", "%M"),
    "S": _Word("second", "[0-5][0-9]|[0-9]", "%S"),
    "f": _Word("fraction", "[0-9]{1,6}", "%f"),
    "z": _Word("offset", "Z|[+-][01][0-9]:?[0-5][0-9]"),
    "a": _Word("", _any(_DAYS, 3), "%a"),
    "A": _Word("", _any(_DAYS), "%A"),
}
_HOURS = {
    "hour": (0, 23),
    "hour of 1 to 12": (1, 12),
    "hour of 0 to 11": (0, 11),
    "hour of 1 to 24": (1, 24),
}


@dataclass(frozen=True)
class DateFormat:
    """A format that can be read: the pattern of the whole text, and the part that each of its groups holds.

    `python` is the same for Python, `None` where it has no words for it. A text without a year is of `year`.
    """

    pattern: str
    parts: tuple[str, ...]
    python: str | None
    year: int


@lru_cache(maxsize=64)
def date_format(text: str) -> DateFormat:
    """A format by its text, which is Python's where it holds a percent sign, else Java's. Raises ValueError."""
    made: list[str | _Word] = list(_python_words(text) if "%" in text else _java_words(text))
    words = [w for w in made if isinstance(w, _Word)]
    parts = tuple(w.part for w in words if w.part)
    kinds = [p.removeprefix("named ").removeprefix("short ").partition(" of ")[0] for p in parts]
    if not parts:
        raise ValueError(f"'{text}' names no part of a date or time, as %Y or yyyy does")
    twice = next((k for k in kinds if kinds.count(k) > 1), None)
    if twice or ("day of the year" in parts and kinds.count("month")):
        raise ValueError(f"'{text}' names the {twice or 'day'} twice")
    if "half of the day" in parts and "hour" not in kinds:
        raise ValueError(f"'{text}' names half a day without an hour")
    pattern = "".join(
        (f"({w.pattern})" if w.part else w.pattern) if isinstance(w, _Word) else w for w in made
    )
    python: str | None = None
    same = "%" in text or ("year" in parts and not {"hour", "half of the day"} <= set(parts))
    if same and all(w.python for w in words) and "(?:" not in made:
        plain = (
            re.sub(r"\\(.)", r"\1", w).replace("%", "%%") if isinstance(w, str) else w.python for w in made
        )
        python = "".join(plain)
    return DateFormat(rf"^{pattern}\z", parts, python, 1900 if "%" in text else 1970)


def _python_words(text: str) -> Iterator[str | _Word]:
    for found in re.finditer(r"%(.?)|[^%]+", text, re.DOTALL):
        if found[1] is None:
            yield re.escape(found[0])
        elif found[1] == "%":
            yield "%"
        elif found[1] in _PYTHON:
            yield _PYTHON[found[1]]
        else:
            raise ValueError(
                f"'%{found[1]}' in '{text}' is not read: {', '.join(f'%{w}' for w in _PYTHON)} are"
            )


def _java_words(text: str) -> Iterator[str | _Word]:
    depth, before = 0, None
    for found in re.finditer(r"'((?:[^']|'')*)'|([A-Za-z])\2*|.", text, re.DOTALL):
        sign, letters = found[0], found[2]
        word = _JAVA.get(sign) if letters else None
        if letters and word is None:
            raise ValueError(f"'{sign}' in '{text}' is not read")
        if sign in {"[", "]"}:
            depth += 1 if sign == "[" else -1
            yield "(?:" if sign == "[" else ")?"
            if depth < 0:
                break
        elif word is not None:
            number = word.pattern.startswith(("0*", "["))
            if number and before is not None and not (before.fixed and word.fixed):
                raise ValueError(f"'{text}' needs something between '{sign}' and the number before it")
            yield word
            before = word if number else None
            continue
        elif sign in {"#", "{", "}"} or sign == "'":
            raise ValueError(f"'{sign}' in '{text}' needs quotes")
        else:
            quoted = found[1]
            yield re.escape(sign if quoted is None else quoted.replace("''", "'") or "'")
        before = None
    if depth:
        raise ValueError(f"the brackets in '{text}' do not match")


def moment(text: nw.Expr, fmt: DateFormat) -> nw.Expr:
    """The moment that a text stands for, in UTC where it has an offset; null where it is not so written.

    All is arithmetic on the numbers in the text: engines differ in what they make of a day that there is not.
    """
    known = nw.when(text.str.contains(fmt.pattern)).then(text)
    parts = {p: known.str.replace_all(fmt.pattern, f"${{{n}}}") for n, p in enumerate(fmt.parts, 1)}
    year, month = _year(parts, fmt), _month(parts)
    if (place := parts.get("day of the year")) is not None:
        number = _number(place, 1)
        days = _days(year, nw.lit(1), nw.lit(1)) + number - 1
        fits = (number >= 1) & (number <= nw.when(_leaps(year)).then(366).otherwise(365))
    else:
        day = _number(parts.get("day"), 1)
        days = _days(year, month, day)
        fits = (month >= 1) & (month <= 12) & (day >= 1) & (day <= _length(year, month))  # noqa: PLR2004
    hour, allowed = _hour(parts)
    minute, second = _number(parts.get("minute"), 0), _number(parts.get("second"), 0)
    fits = fits & (year >= 1) & allowed & (minute <= 59) & (second <= 59)  # noqa: PLR2004
    minutes = (days * 24 + hour) * 60 + minute - _offset(parts)
    fraction = _or(parts.get("fraction"), "0").str.slice(0, 6).str.pad_end(6, "0").cast(nw.Int64)
    micros = (minutes * 60 + second) * 1_000_000 + fraction
    return nw.when(fits & ~known.is_null()).then(micros).cast(nw.Int64).cast(nw.Datetime("us"))


def _or(part: nw.Expr | None, default: str) -> nw.Expr:
    """The part, or the default where there is none, which an optional one may leave empty."""
    if part is None:
        return nw.lit(default)
    return nw.when(part.str.len_chars() == 0).then(nw.lit(default)).otherwise(part)


def _number(part: nw.Expr | None, default: int) -> nw.Expr:
    return nw.lit(default) if part is None else _or(part, str(default)).cast(nw.Int64)


def _year(parts: Mapping[str, nw.Expr], fmt: DateFormat) -> nw.Expr:
    if (short := parts.get("short year")) is not None:
        return _number(short, 0) + 2000
    if (short := parts.get("year of two")) is not None:
        number = _number(short, 0)
        return number + nw.when(number >= 69).then(1900).otherwise(2000)  # noqa: PLR2004 -- as POSIX has it
    return _number(parts.get("year"), fmt.year)


def _month(parts: Mapping[str, nw.Expr]) -> nw.Expr:
    if (name := parts.get("named month")) is None:
        return _number(parts.get("month"), 1)
    number = name.str.to_lowercase()
    for place, month in enumerate(_MONTHS, 1):
        number = number.str.replace_all(rf"^{month[:3]}.*$", str(place))
    return _number(number, 1)


def _hour(parts: Mapping[str, nw.Expr]) -> tuple[nw.Expr, nw.Expr]:
    """The hour of the day, and whether it is one."""
    kind = next((k for k in _HOURS if k in parts), None)
    if kind is None:
        return nw.lit(0), nw.lit(value=True)
    low, high = _HOURS[kind]
    number = _number(parts[kind], low)
    fits = (number >= low) & (number <= high)
    half = parts.get("half of the day")
    late = nw.lit(value=False) if half is None else half.str.to_lowercase() == "pm"
    if kind == "hour":
        return number, fits if half is None else fits & (late == (number >= 12))  # noqa: PLR2004
    if high == 24:  # noqa: PLR2004
        return number % 24, fits
    return number % 12 + nw.when(late).then(12).otherwise(0), fits


def _offset(parts: Mapping[str, nw.Expr]) -> nw.Expr:
    """How many minutes the clock is ahead of UTC."""
    if (offset := parts.get("offset")) is None:
        return nw.lit(0)
    digits = nw.concat_str(offset.str.replace_all("[^0-9]", ""), nw.lit("0000")).str.slice(0, 4)
    minutes = digits.str.slice(0, 2).cast(nw.Int64) * 60 + digits.str.slice(2, 2).cast(nw.Int64)
    return minutes * nw.when(offset.str.starts_with("-")).then(-1).otherwise(1)


def _days(year: nw.Expr, month: nw.Expr, day: nw.Expr) -> nw.Expr:
    """Days since 1970, of years that begin in March: the leap day is their last."""
    since = year - (month <= 2).cast(nw.Int64)  # noqa: PLR2004
    within = ((month + 9) % 12 * 153 + 2) // 5 + day - 1
    return since * 365 + since // 4 - since // 100 + since // 400 + within - 719_468


def _leaps(year: nw.Expr) -> nw.Expr:
    return ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)


def _length(year: nw.Expr, month: nw.Expr) -> nw.Expr:
    """How many days the month has."""
    short = nw.when(_leaps(year)).then(29).otherwise(28)
    return nw.when(month == 2).then(short).when(month.is_in([4, 6, 9, 11])).then(30).otherwise(31)  # noqa: PLR2004
