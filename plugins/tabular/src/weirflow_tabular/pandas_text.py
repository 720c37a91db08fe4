"""Pieces of exported pandas code: literals and assignments as a person would lay them out."""

from __future__ import annotations

import json
import keyword
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from weirflow.api import DType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.api import PandasCode

_WIDTH = 92  # what is left of a line of 100 inside a function

PANDAS_TYPES: Mapping[str, str] = {
    **{k: k[0].upper() + k[1:] for k in ("int8", "int16", "int32", "int64")},
    **{k: "UInt" + k[4:] for k in ("uint8", "uint16", "uint32", "uint64")},
    "float32": "float32",
    "float64": "float64",
    "boolean": "boolean",
    "string": "str",
    "date": "datetime64[us]",
    "datetime": "datetime64[us]",
}
"""The pandas type for each of ours: the one that holds missing values without changing the rest."""

CHECK_KNOWN = """
def check_known(values: pd.Series, known: list | dict) -> None:
    \"\"\"Raise ValueError if a value is neither missing nor among the known ones.\"\"\"
    if not values.dropna().isin(list(known)).all():
        raise ValueError(f"column '{values.name}' holds a value that is not known")
"""
"""A function of exported code that several operators use."""

CHECK_PRESENT = """
def check_present(values: pd.Series) -> None:
    \"\"\"Raise ValueError if a value is missing.\"\"\"
    if values.isna().any():
        raise ValueError(f"column '{values.name}' holds a missing value")
"""


def literal(value: object) -> str:
    """A Python literal with double quotes; dates as pandas timestamps."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (date, datetime)):
        return f'pd.Timestamp("{value.isoformat()}")'
    if isinstance(value, Mapping):
        return _laid_out("{", [f"{literal(k)}: {literal(v)}" for k, v in value.items()], "}")
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return _laid_out("[", [literal(v) for v in value], "]")
    return repr(value)


def one_or_list(names: Sequence[str]) -> str:
    """One name as a string, several as a list."""
    return literal(names[0]) if len(names) == 1 else literal(list(names))


def column(name: str) -> str:
    """A column of `df`."""
    return f"df[{literal(name)}]"


def assign(made: Iterable[tuple[str, str]]) -> str:
    """Code that makes or replaces columns of `df` from expressions."""
    pairs = list(made)
    if any(name == "self" for name, _ in pairs):  # the one name that `assign` cannot take
        lines = ["df = df.copy(deep=False)", *(f"{column(n)} = {e}" for n, e in pairs)]
        return "\n".join(lines)
    if all(name.isidentifier() and not keyword.iskeyword(name) for name, _ in pairs):
        return "df = " + _laid_out("df.assign(", [f"{n}={e}" for n, e in pairs], ")")
    return "df = " + _laid_out("df.assign(**{", [f"{literal(n)}: {e}" for n, e in pairs], "})")


def loop(code: PandasCode, clause: str, body: Iterable[str]) -> None:
    """Write a loop: `for`, the clause, and its body."""
    code.write("\n".join([f"for {clause}:", *("    " + line for line in body)]))


def _laid_out(start: str, parts: Sequence[str], end: str) -> str:
    line = f"{start}{', '.join(parts)}{end}"
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    inner = "".join("    " + part.replace("\n", "\n    ") + ",\n" for part in parts)
    return f"{start}\n{inner}{end}"


def pandas_type(dtype: DType) -> str | None:
    """The pandas type that holds a column of ours, None where objects do."""
    return PANDAS_TYPES.get(dtype.kind) if dtype.zone is None else None
