"""Values as a flow's text can say them, and the cells of tables that they stand for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from weirflow.node.schema import DType


def cell(value: Any, dtype: DType) -> Any:
    """The cell of a type that a value of the text stands for. Raises ValueError where it stands for none.

    Dates and times are ISO text, durations seconds, binary values hexadecimal text.
    """
    match value:
        case None:
            return None
        case bool() if dtype.kind == "boolean":
            return value
        case int() if not isinstance(value, bool) and dtype.is_integer:
            return value
        case int() | float() if not isinstance(value, bool) and dtype.is_float:
            return float(value)
        case int() | float() if not isinstance(value, bool) and dtype.kind == "decimal":
            return Decimal(str(value))
        case int() | float() if not isinstance(value, bool) and dtype.kind == "duration":
            return timedelta(seconds=value)
        case list() if dtype.kind == "list":
            return [v if dtype.inner is None else cell(v, dtype.inner) for v in value]
        case dict() if dtype.kind == "struct":
            return value
        case str():
            return _from_text(value, dtype)
        case _:
            raise ValueError(f"no {dtype}")


def _from_text(text: str, dtype: DType) -> Any:
    match dtype.kind:
        case "string" | "categorical":
            return text
        case "date":
            return date.fromisoformat(text)
        case "time":
            return time.fromisoformat(text)
        case "datetime":
            found = datetime.fromisoformat(text)
            if dtype.zone is None:
                if found.tzinfo is not None:
                    raise ValueError("a time zone where there is none")
                return found
            zone = ZoneInfo(dtype.zone)
            return found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)
        case "binary":
            return bytes.fromhex(text)
        case _:
            raise ValueError(f"no {dtype}")


def plain(value: Any) -> Any:
    """A cell as the text of a flow can say it."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case date() | time():  # a datetime is a date
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return value.hex()
        case Mapping():
            return {str(k): plain(v) for k, v in value.items()}
        case Sequence():
            return [plain(v) for v in value]
        case _:
            return str(value)


def equal(expected: Any, got: Any, tolerance: float) -> bool:
    """Whether a cell is what the text expects. Integers are held exactly, and true is not 1."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if isinstance(got, (date, time)) and isinstance(expected, str):
        return _same_time(expected, got)
    got = plain(got)
    if isinstance(expected, (int, float)) and isinstance(got, (int, float)):
        exact = isinstance(expected, int) and isinstance(got, int)
        if exact or not (math.isfinite(expected) and math.isfinite(got)):
            return expected == got
        return abs(expected - got) <= tolerance * max(1.0, abs(expected), abs(got))
    if isinstance(expected, list) and isinstance(got, list):
        pairs = zip(expected, got, strict=False)
        return len(expected) == len(got) and all(equal(e, g, tolerance) for e, g in pairs)
    if isinstance(expected, dict) and isinstance(got, dict):
        return set(expected) == set(got) and all(equal(v, got[k], tolerance) for k, v in expected.items())
    return bool(expected == got)


def _same_time(expected: str, got: date | time) -> bool:
    """Whether text means this date, time or datetime, in whichever way of ISO it is written."""
    try:
        if isinstance(got, datetime):
            found = datetime.fromisoformat(expected)
            return found == (got if found.tzinfo is not None else got.replace(tzinfo=None))
        return type(got).fromisoformat(expected) == got
    except ValueError:
        return False
