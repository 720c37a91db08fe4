"""Errors of table engines: raised on purpose with our words, recognised, and told without quoting a value."""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING

import narwhals as nw

from weirflow.engines.dtypes import to_narwhals
from weirflow.errors import FULL, NodeError, WeirflowError

if TYPE_CHECKING:
    from weirflow.node.schema import DType

_MARK = "\u241f"  # the symbol for a unit separator: no one types it
# Engines name the value that would not cast where their message begins. Only there is a mark a failure, since
# the text of the whole expression may follow.
_RAISED = re.compile(
    rf"(?:values: \[\"|convert string '|The value ')"
    rf"{_MARK}(?P<code>WF\d{{3}}){_MARK}(?P<text>[^{_MARK}]*){_MARK}",
)

_POLARS = {
    **{
        f"{short}{bits}": f"{long}{bits}"
        for short, long in (("i", "int"), ("u", "uint"), ("f", "float"))
        for bits in (8, 16, 32, 64)
    },
    "str": "string",
    "bool": "boolean",
}
"""Our names of types that Polars' messages call otherwise."""


def fail_when(condition: nw.Expr, code: str, message: str, dtype: DType) -> nw.Expr:
    """Null where `condition` is false or null; where it is true, the run fails with this message.

    The result is of type `dtype`, to be coalesced with a column's values or chosen by `when`. `message` is
    one sentence without data values. Rows and columns that nothing reads are not evaluated, so a filter that
    follows may set the failing rows aside first.
    """
    if not re.fullmatch(r"WF\d{3}", code):
        raise ValueError(f"'{code}' is not a code")
    marked = f"{_MARK}{code}{_MARK}{message.replace(_MARK, ' ')}{_MARK}"
    failing = nw.when(condition).then(nw.lit(marked)).cast(nw.Int8)
    return failing.cast(to_narwhals(dtype))


def raised(error: BaseException) -> tuple[str, str] | None:
    """Code and message where an engine's error comes from `fail_when`, else None."""
    found = _RAISED.search(str(error))
    return (found["code"], found["text"]) if found else None


def explain_error(error: BaseException) -> tuple[str, str]:
    """A code and a sentence for an error met while a table was computed. It quotes no value of any cell."""
    ours = raised(error)
    if ours is not None:
        return ours
    if isinstance(error, NodeError):
        # Polars adds the expression in which Python raised it
        return error.code or "WF601", error.message.partition("\n\nThis error occurred")[0]
    if isinstance(error, WeirflowError):
        first = error.diagnostics[0]
        return first.code, first.message
    if isinstance(error, OSError) and error.errno is not None:
        return _explain_os(error.errno, error.filename)
    text = str(error)
    name = type(error).__name__
    for explain in (_wrapped_os, _missing, _cast, _csv, _file):
        found = explain(text)
        if found is not None:
            return found
    if name in {"SchemaError", "SchemaFieldNotFoundError", "DuplicateError", "ShapeError"}:
        return "WF601", text.splitlines()[0].strip()  # these name columns and types only
    if isinstance(error, MemoryError) or name == "OutOfMemoryException":
        return "WF604", "the engine ran out of memory"
    return "WF601", f"the table engine could not compute this ({name})"


def _explain_os(number: int, filename: object) -> tuple[str, str]:
    place = f": {os.fsdecode(filename)}" if isinstance(filename, (str, bytes)) else ""
    if number in FULL:
        return "WF605", f"{FULL[number]}{place}"
    if number == errno.ENOENT:
        return "WF602", f"there is no such file{place}"
    return "WF601", f"{os.strerror(number)}{place}"


def _wrapped_os(text: str) -> tuple[str, str] | None:
    number = re.search(r"\(os error (\d+)\)(?:: (/[^\n\"']*))?", text)
    if number is not None:
        return _explain_os(int(number[1]), number[2])
    if re.search(r"No space left on device|[Dd]isk (?:is )?full", text):
        return _explain_os(errno.ENOSPC, None)
    if "File too large" in text:
        return _explain_os(errno.EFBIG, None)
    return None


def _cast(text: str) -> tuple[str, str] | None:
    polars = re.search(r"conversion from `([^`]+)` to `([^`]+)` failed in column '((?:[^'\n])*)' for", text)
    if polars is not None:
        old, new = (_POLARS.get(t, t) for t in (polars[1], polars[2]))
        return "WF613", f"column '{polars[3]}' holds a value that cannot be cast from {old} to {new}"
    if text.startswith("Conversion Error") or "[CAST_INVALID_INPUT]" in text:
        target = re.search(r"' to (\w+)\s*$", text.partition("\n")[0])
        return "WF613", f"a value cannot be cast{f' to {target[1].lower()}' if target else ''}"
    return None


def _csv(text: str) -> tuple[str, str] | None:
    typed = re.search(r"as dtype `([^`]+)` at column '([^'\n]*)' \(column number", text)
    if typed is not None and typed[1] == "str":
        return "WF603", f"column '{typed[2]}' holds text whose quotes do not match"
    if typed is not None:
        return (
            "WF603",
            f"column '{typed[2]}' holds a value that is not of type {_POLARS.get(typed[1], typed[1])}",
        )
    if "invalid utf-8" in text.lower():
        return "WF603", "the text is not valid UTF-8; say which encoding it is in"
    if text.startswith("empty CSV"):
        return "WF603", "the file is empty"
    if "more fields than defined" in text or "truncate_ragged_lines" in text:
        return "WF603", "a line has more fields than the header; check the delimiter and the quotes"
    if re.search(r"[Cc][Ss][Vv]", text.partition("\n")[0]):
        return "WF603", "the text cannot be read as delimited columns; check the delimiter and the quotes"
    return None


def _file(text: str) -> tuple[str, str] | None:
    if "File out of specification" in text or "must end with PAR1" in text:
        return "WF603", "the file is not a Parquet file, or is cut short"
    return None


def _missing(text: str) -> tuple[str, str] | None:
    for pattern in (
        r"unable to find column \"([^\"\n]*)\"",
        r"The following columns were not found: \['([^'\n]*)'",
        r"not found in CSV file .*\(missing names: \[\"([^\"\n]*)\"",
        r"Referenced column \"([^\"\n]*)\" not found",
    ):
        found = re.search(pattern, text)
        if found is not None:
            return "WF401", f"column '{found[1]}' is not there"
    return None
