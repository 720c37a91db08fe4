"""The types of values in manifests, told once: as columns for DuckDB, and as a check of single lines."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from weirflow_labels.spelling import quoted

Type: TypeAlias = "str | dict[str, Type] | list[Type] | Map"
"""A scalar type of DuckDB, a struct by its keys, a list of one type, or a map from text."""


@dataclass(frozen=True)
class Map:
    """An object with any keys."""

    of: Type


class Repeated(dict[str, Any]):
    """An object in which a key stands more than once; `keys_twice` are those."""

    keys_twice: frozenset[str] = frozenset()


def once(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object by its items, for `json.loads`; a `Repeated` where one is there more than once."""
    made = dict(items)
    if len(made) == len(items):
        return made
    repeated = Repeated(made)
    names = [k for k, _ in items]
    repeated.keys_twice = frozenset(k for k in made if names.count(k) > 1)
    return repeated


_INTEGERS = {"INTEGER": 31, "BIGINT": 63}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf|infinity|nan)", re.IGNORECASE)


def sql(kind: Type) -> str:
    """A type as DuckDB spells it."""
    if isinstance(kind, str):
        return kind
    if isinstance(kind, Map):
        return f"MAP(VARCHAR, {sql(kind.of)})"
    if isinstance(kind, list):
        return f"{sql(kind[0])}[]"
    return f"STRUCT({', '.join(f'{quoted(k)} {sql(t)}' for k, t in kind.items())})"


def fault(kind: Type, value: Any, at: str) -> str | None:
    """What keeps a JSON value from being read as a type, in words; None where nothing does. Null is of every type.

    `at` is what the value is called; one without a name is `it`.
    """
    called = f"`{at}`" if at else "it"
    if value is None or kind in {"VARCHAR", "JSON"} if isinstance(kind, str) else value is None:
        return None
    if isinstance(kind, str):
        return None if _is_number(kind, value) else f"{called} is no {_word(kind)}"
    if isinstance(kind, list):
        if not isinstance(value, list):
            return f"{called} is no list"
        return next(
            (f for i, v in enumerate(value) if (f := fault(kind[0], v, f"{at}[{i}]")) is not None), None
        )
    if not isinstance(value, dict):
        return f"{called} is no object"
    of = dict.fromkeys(value, kind.of) if isinstance(kind, Map) else kind
    if isinstance(value, Repeated) and value.keys_twice & of.keys():
        return f"{called} has a name twice"
    named = ((f"{at}.{k}" if at else k, t, value.get(k)) for k, t in of.items())
    return next((f for name, t, v in named if (f := fault(t, v, name)) is not None), None)


def _word(kind: str) -> str:
    return "whole number" if kind in _INTEGERS else "number"


def _is_number(kind: str, value: Any) -> bool:
    bits = _INTEGERS.get(kind)
    if isinstance(value, str):
        whole = re.fullmatch(r"-?\d{1,19}", value) is not None
        return _NUMBER.fullmatch(value) is not None if bits is None else whole and _fits(int(value), bits)
    if not isinstance(value, (int, float)):
        return False
    return bits is None or (math.isfinite(value) and _fits(round(value), bits))


def _fits(value: int, bits: int) -> bool:
    return -(1 << bits) <= value < 1 << bits
