"""Arguments that must be constants, since what they say is translated: patterns, formats, units, places."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from weirflow_tabular.sparksql.patterns import finding, pattern
from weirflow_tabular.sparksql.types import unproven
from weirflow_tabular.sparksql.value import Tree

_READ = {
    "yyyy": ("%Y", "[0-9]{4}"),
    **{k: (v, "[0-9]{2}") for k, v in (("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"))},
}
_WRITTEN = {
    **{k: v[0] for k, v in _READ.items()},
    "yy": "%y",
    "M": "%-m",
    "d": "%-d",
    "H": "%-H",
    "E": "%a",
    "EEE": "%a",
    "EEEE": "%A",
    "MMM": "%b",
    "MMMM": "%B",
    "a": "%p",
    "hh": "%I",
}
_PIECE = re.compile(r"([A-Za-z])\1*|'[^'%]*'|[^A-Za-z'%\[\]{}#\\]")
_UNITS = {
    **dict.fromkeys(("year", "yyyy", "yy"), "year"),
    "quarter": "quarter",
    **dict.fromkeys(("month", "mon", "mm"), "month"),
    "week": "week",
}
_CLOCK = {**{u: u for u in ("hour", "minute", "second")}, **dict.fromkeys(("day", "dd"), "day")}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _text(value: Any, tree: Tree) -> str:
    if not isinstance(value, str):
        raise unproven(f"'{tree.sql('spark')}' with what is no constant text")
    return value


def _pattern(value: Any, first: str, tree: Tree) -> str:
    del first
    return _quoted(pattern(_text(value, tree)))


def _finding(value: Any, first: str, tree: Tree) -> str:
    del first
    return _quoted(finding(_text(value, tree)))


def _replacement(value: Any, first: str, tree: Tree) -> str:
    del first
    text = _text(value, tree)
    if "\\" in text or "$" in text:
        raise unproven(f"'{tree.sql('spark')}' with groups in its replacement")
    return _quoted(text)


def _group(value: Any, first: str, tree: Tree) -> str:
    del first
    if not isinstance(value, int) or not 0 <= value <= 9:  # noqa: PLR2004 -- groups have one digit
        raise unproven(f"'{tree.sql('spark')}' with such a group")
    return str(value)


def _unit(units: Mapping[str, str]) -> Callable[[Any, str, Any], str]:
    def read(value: Any, first: str, tree: Tree) -> str:
        del first
        unit = units.get(_text(value, tree).lower())
        if unit is None:
            raise unproven(f"'{tree.sql('spark')}' with such a unit")
        return _quoted(unit)

    return read


def _pieces(value: Any, tree: Tree) -> list[str]:
    text = _text(value, tree)
    pieces = [m.group() for m in _PIECE.finditer(text)]
    if "".join(pieces) != text or not text:
        raise unproven(f"the format '{text}'")
    return pieces


def _written(value: Any, first: str, tree: Tree) -> str:
    """How moments are written."""
    del first
    made = ""
    for piece in _pieces(value, tree):
        if piece[0].isascii() and piece[0].isalpha():
            if piece not in _WRITTEN:
                raise unproven(f"'{piece}' in the format '{value}'")
            made += _WRITTEN[piece]
        else:
            made += piece.strip("'") if piece != "''" else "'"
    return _quoted(made)


def _format(needed: set[str]) -> Callable[[Any, str, Any], str]:
    def read(value: Any, first: str, tree: Tree) -> str:
        """The text in the first argument, read by a format: it must fit from end to end."""
        form, fits, seen = "", "", []
        for piece in _pieces(value, tree):
            if piece[0].isascii() and piece[0].isalpha():
                if piece not in _READ:
                    raise unproven(f"'{piece}' in the format '{value}'")
                seen.append(piece)
                form, fits = form + _READ[piece][0], fits + _READ[piece][1]
            else:
                plain = piece.strip("'") if piece != "''" else "'"
                form, fits = form + plain, fits + re.escape(plain)
        wanted = (
            {"yyyy", "MM", "dd"},
            {"yyyy", "MM", "dd", "HH", "mm"},
            {"yyyy", "MM", "dd", "HH", "mm", "ss"},
        )
        if len(seen) != len(set(seen)) or set(seen) not in wanted or not needed <= set(seen):
            raise unproven(f"the format '{value}'")
        of = f"CASE WHEN regexp_full_match({first}, {_quoted(fits)}) THEN {first} END"
        moment = f"try_strptime({of}, {_quoted(form)})"
        return f"CASE WHEN year({moment}) > 0 THEN CAST({moment} AS {'DATE' if needed else 'TIMESTAMP'}) END"

    return read


KINDS: Mapping[str, Callable[[Any, str, Any], str]] = {
    "pattern": _pattern,
    "finding": _finding,
    "replacement": _replacement,
    "group": _group,
    "unit": _unit({**_UNITS, **_CLOCK}),
    "day_unit": _unit(_UNITS),
    "written": _written,
    "day_format": _format({"yyyy"}),
    "moment_format": _format(set()),
}
"""By their names: a function of the value, of the SQL of the first argument, and of the call."""
