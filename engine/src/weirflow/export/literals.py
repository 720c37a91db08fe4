"""Plain values as Python literals."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import BaseModel


def literal(value: Any) -> ast.expr:
    """A value as an expression that evaluates to it. Dates need `import datetime as dt`.

    Mappings become dicts and other sequences lists, models what they hold. Raises TypeError on anything else.
    """
    match value:
        case None | bool() | str() | bytes():
            return ast.Constant(value)
        case int() | float():
            return _number(value)
        case BaseModel():
            return literal(value.model_dump())
        case Mapping():
            return ast.Dict([literal(k) for k in value], [literal(v) for v in value.values()])
        case tuple():
            return ast.Tuple([literal(v) for v in value])
        case Sequence():
            return ast.List([literal(v) for v in value])
        case AbstractSet():
            items = [literal(v) for v in sorted(value, key=repr)]
            return ast.Set(items) if items else _call("set")
        case datetime() | date() | time() | timedelta():
            return ast.parse(repr(value).replace("datetime.", "dt.", 1), mode="eval").body
        case _:
            raise TypeError(f"a value of type {type(value).__name__} cannot be written as code")


def _number(value: float) -> ast.expr:
    if not math.isfinite(value):
        return _call("float", ast.Constant(str(value)))
    positive = ast.Constant(abs(value))
    return ast.UnaryOp(ast.USub(), positive) if math.copysign(1, value) < 0 else positive


def _call(name: str, *args: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name), list(args), [])
