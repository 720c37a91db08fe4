"""JSON in cells of text: arrays and objects, and the values in them."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from weirflow.api import BOOLEAN, FLOAT64, INT64, STRING, DType

if TYPE_CHECKING:
    from collections.abc import Iterable

JSON_TEXT = '''
def json_text(value: object) -> str | None:
    """A text as it is, and anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
'''
"""A function of exported code."""


class NoJsonError(ValueError):
    """A text that is no JSON of the kind that is wanted, or a value in it that is not of the type wanted."""


def _no_number(_: str) -> NoReturn:
    raise NoJsonError


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def decoded(text: str, kind: type[Any]) -> Any:
    """The array or object that a text is. Raises NoJsonError where it is none."""
    try:
        value = _DECODER.decode(text.strip())
    except (ValueError, RecursionError):
        raise NoJsonError from None
    if not isinstance(value, kind):
        raise NoJsonError
    return value


def as_text(value: object) -> str | None:
    """A text as it is, and anything else as JSON. Raises NoJsonError for what no text can hold."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates
        raise NoJsonError from None
    return text


def type_of(values: Iterable[object]) -> DType:
    """The type that holds all of the values: text where they are of several, and where there is none."""
    kinds = {_kind(v) for v in values if v is not None}
    if kinds == {"int64", "float64"}:
        return FLOAT64
    return DType(next(iter(kinds))) if len(kinds) == 1 else STRING


def _kind(value: object) -> str:
    match value:
        case bool():
            return BOOLEAN.kind
        case int():
            return INT64.kind if _within(value, 64) else FLOAT64.kind
        case float():
            return FLOAT64.kind
        case _:
            return STRING.kind


def _within(value: int, bits: int, *, signed: bool = True) -> bool:
    low, high = (-(1 << bits - 1), 1 << bits - 1) if signed else (0, 1 << bits)
    return low <= value < high


def typed(value: object, dtype: DType) -> Any:
    """A value as one of a type; null stays null. Raises NoJsonError where it is none."""
    if value is None:
        return None
    if dtype.is_text:
        return as_text(value)
    if dtype.kind == "boolean" and isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if dtype.is_float:
            return float(value)
        if dtype.is_integer and float(value).is_integer():
            whole, bits = int(value), int(dtype.kind.lstrip("uint"))
            if _within(whole, bits, signed=dtype.kind.startswith("int")):
                return whole
    if dtype.is_temporal and isinstance(value, str):
        try:
            return date.fromisoformat(value) if dtype.kind == "date" else datetime.fromisoformat(value)
        except ValueError:
            pass
    raise NoJsonError
