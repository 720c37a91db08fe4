"""Spark's patterns of dates, as far as they can be read here: which they are, and the moment that a text stands for."""

from __future__ import annotations

import re
from datetime import datetime

from weirflow_datawrangler.step import UnmappedError

_PYTHON = {
    "yyyy": "%Y",
    **{"M" * n: f"%{word}" for n, word in ((2, "m"), (3, "b"), (4, "B"))},
    **{2 * letter: f"%{word}" for letter, word in zip("dHhms", "dHIMS", strict=True)},
    "a": "%p",
}
_FIXED = frozenset({"yyyy", "yy", "MM", "LL", "dd", "DDD", "HH", "hh", "KK", "kk", "mm", "ss"})
_LOOSE = frozenset(
    {"y", "yyy", "M", "L", "d", "D", "H", "h", "K", "k", "m", "s", *("S" * n for n in range(1, 10))}
)
_NAMED = frozenset({"MMM", "MMMM", "LLL", "LLLL", "a", "X", "XX", "XXX", "x", "xx", "xxx", "Z", "ZZ", "ZZZ"})
_PARTS = {"L": "M", "D": "d", "h": "H", "K": "H", "k": "H", "x": "X", "Z": "X"}
_WORD = re.compile(r"('(?:[^']|'')*')|(([A-Za-z])\3*)|(.)", re.DOTALL)


def check_format(text: str) -> None:
    """Raise UnmappedError on a pattern that our operator would not read: Spark refuses most of them too."""
    if "%" in text:  # which is Python's, and pandas'
        if wrong := re.search(r"%(?![YymbBdjHIpMSfzaA%]).?", text):
            raise UnmappedError(f"its format holds '{wrong[0]}'")
        return
    before, parts, depth = "", [], 0
    for _, word, letter, sign in _WORD.findall(text):
        if word and word not in _FIXED | _LOOSE | _NAMED:
            raise UnmappedError(f"its format holds '{word}'")
        if before and word in _FIXED | _LOOSE and not {before, word} <= _FIXED:
            raise UnmappedError(f"its format has no delimiter between '{before}' and '{word}'")
        before = word if word in _FIXED | _LOOSE else ""
        parts += [_PARTS.get(letter, letter)] if letter else []
        depth += {"[": 1, "]": -1}.get(sign, 0)
        if (sign and sign in "#{}'") or depth < 0:
            raise UnmappedError(f"its format holds '{sign}'")
    if depth or not parts or len(set(parts)) < len(parts) or ("a" in parts and "H" not in parts):
        raise UnmappedError("its format names a part twice, none, or half a day without an hour")


def moment(text: str, pattern: str) -> datetime:
    """The moment that a text of a pattern stands for. Raises ValueError or UnmappedError."""
    if "%" in pattern:
        return datetime.strptime(text, pattern)  # noqa: DTZ007 -- times have no zone here
    made = []
    for quoted, word, _, sign in _WORD.findall(pattern):
        if (word and word not in _PYTHON) or sign in {"[", "]"}:
            raise UnmappedError("its replace_value has an unusual format")
        plain = quoted[1:-1].replace("''", "'") or "'" if quoted else sign
        made.append(_PYTHON[word] if word else plain.replace("%", "%%"))
    found = datetime.strptime(text, "".join(made))  # noqa: DTZ007
    if found.strftime("".join(made)).lower() != text.lower():  # Python takes a single digit for two
        raise ValueError(text)
    return found
