"""Frames to run nodes on: ones with odd names, ones with a column changed, and pandas twins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    import pandas as pd

ODD_NAMES = (
    "",
    "two words",
    "dotted.name",
    "Größe",
    "列",
    "it's",
    'a "b"',
    "{x}%s",
    "class",
    "1st",
    "a\\n",
    "-",
)
"""Names that a table may have and that a node may trip over."""

_PANDAS = {
    **{f"{sign}int{bits}": f"{sign.upper()}Int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float32": "float32",
    "float64": "float64",
    "boolean": "boolean",
    "string": "str",
    "categorical": "str",
    "date": "datetime64[us]",
    "datetime": "datetime64[us]",
}


def changed(frame: pl.DataFrame, name: str) -> Iterator[pl.DataFrame]:
    """The frame with one column's values at other rows; then with some of them gone."""
    for other in (frame[name].reverse(), frame[name].shift(1), frame[name].shift(-1)):
        if not other.equals(frame[name], null_equal=True):
            yield frame.with_columns(other.alias(name))


def odd_names(names: list[str]) -> Iterator[dict[str, str]]:
    """Odd names for all columns, so that in the end each column had several."""
    for turn in range(len(ODD_NAMES)):
        yield {
            name: ODD_NAMES[(turn + i) % len(ODD_NAMES)] + "~" * ((turn + i) // len(ODD_NAMES))
            for i, name in enumerate(names)
        }


def renamed_parameters(value: Any, names: Mapping[str, str]) -> Any:
    """A parameter's value with columns called by their new names, as keys too."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, Mapping):
        return {names.get(k, k): renamed_parameters(v, names) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [renamed_parameters(v, names) for v in value]
    return value


def to_pandas(frame: pl.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """A frame as exported readers give it: nullable integers and booleans, text as str."""
    import pandas as pd

    made = {}
    for name, kind in kinds.items():
        dtype: Any = _PANDAS.get(kind, "object")
        made[name] = pd.Series(frame[name].to_list(), dtype="object").astype(dtype)
    return pd.DataFrame(made, index=pd.RangeIndex(frame.height), columns=pd.Index(frame.columns, dtype="str"))


def plain(value: Any) -> Any:
    """A cell of a Polars or a pandas frame as a plain Python value; anything missing is None."""
    if isinstance(value, (list, tuple, pl.Series)) or type(value).__name__ == "ndarray":
        return [plain(v) for v in value]
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    item: Callable[[], Any] | None = getattr(value, "item", None)
    value = item() if item is not None else value
    if type(value).__name__ in {"NAType", "NaTType"} or (isinstance(value, float) and math.isnan(value)):
        return None
    if type(value).__name__ == "Timestamp":
        return value.to_pydatetime()
    return value
