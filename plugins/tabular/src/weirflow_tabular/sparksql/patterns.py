"""Regular expressions of Java's as DuckDB's library reads them, as far as they mean the same."""

from __future__ import annotations

import re

from weirflow_tabular.sparksql.types import unproven

_TOKEN = re.compile(
    r"""(?P<escape>\\.) | (?P<open>\((?:\?:)?(?!\?)) | (?P<close>\)) | (?P<set>\[\^?\]?(?:\\.|[^\]\\\[&])*\])
    | (?P<times>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??(?![+*?{])) | (?P<bar>\|) | (?P<at>[\^$]) | (?P<any>\.)
    | (?P<plain>[^\\()\[\]{}*+?|^$.])""",
    re.VERBOSE | re.DOTALL,
)
_SPACES = r"\t\n\x0B\f\r "
_CLASSES = {
    "d": "[0-9]",
    "D": "[^0-9]",
    "w": "[a-zA-Z0-9_]",
    "W": "[^a-zA-Z0-9_]",
    "s": f"[{_SPACES}]",
    "S": f"[^{_SPACES}]",
}
_IN_SET = {"d": "0-9", "w": "a-zA-Z0-9_", "s": _SPACES}
_SIGNS = {"t": r"\t", "n": r"\n", "r": r"\r", "f": r"\f"}
_NO_LINE_END = r"[^\n\r\x{85}\x{2028}\x{2029}]"


def pattern(java: str, *, anchored_end: bool = True) -> str:
    """The same pattern; `anchored_end` says whether `$` may be in it. Raises UnprovenError."""
    made, place, depth = [], 0, 0
    while place < len(java):
        found = _TOKEN.match(java, place)
        if found is None:
            raise unproven(f"the pattern '{java}'")
        kind, text = str(found.lastgroup), found.group()
        depth += {"open": 1, "close": -1}.get(kind, 0)
        piece = _piece(kind, text, anchored_end=anchored_end)
        if piece is None or depth < 0:
            raise unproven(f"the pattern '{java}'")
        made.append(piece)
        place = found.end()
    if depth:
        raise unproven(f"the pattern '{java}'")
    return "".join(made)


def finding(java: str) -> str:
    """A pattern that finds no empty text: where that is, programs do not agree. Raises UnprovenError."""
    made = pattern(java, anchored_end=False)
    if re.search(re.sub(r"\\x\{([0-9a-f]+)\}", lambda m: f"\\u{m[1]:0>4}", made), ""):
        raise unproven(f"the pattern '{java}', which finds empty text,")
    return made


def _piece(kind: str, text: str, *, anchored_end: bool) -> str | None:
    match kind:
        case "escape":
            return _escaped(text[1], _CLASSES)
        case "set":
            inner = text[1:-1]
            start = "^" if inner.startswith("^") else ""
            inner = inner[len(start) :]
            if not inner or inner.startswith("]"):
                return None
            parts = re.findall(r"\\.|[^\\]", inner, re.DOTALL)
            made = [_escaped(p[1], _IN_SET) if p[0] == "\\" else p for p in parts]
            return None if None in made else "[" + start + "".join(p for p in made if p) + "]"
        case "any":
            return _NO_LINE_END
        case "at" if text == "$":
            return r"(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z" if anchored_end else None
        case _:
            return text


def _escaped(sign: str, classes: dict[str, str]) -> str | None:
    if sign in classes or sign in _SIGNS:
        return classes.get(sign) or _SIGNS[sign]
    if sign == "b" and classes is _CLASSES:
        return None  # of letters that are not ASCII too, in Java
    return "\\" + sign if not sign.isalnum() and sign.isascii() else None
