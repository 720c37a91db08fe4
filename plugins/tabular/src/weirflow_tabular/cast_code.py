"""Pandas code for casts that mean what `weirflow.api.portable` means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow.api import DType
from weirflow_tabular.pandas_text import PANDAS_TYPES, assign, column, literal, pandas_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.api import PandasCode

_INTEGER = r'r"[+-]?[0-9]+"'
_NUMBER = r'r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"'
_TRUE = '["true", "t", "yes", "y", "1"]'
_FALSE = '["false", "f", "no", "n", "0"]'


def cast_code(code: PandasCode, types: Mapping[str, str], *, strict: bool) -> None:
    """Write casts of columns of `df`; refuses pairs of types for which pandas has no equal."""
    code.use("import pandas as pd")
    plain: dict[str, str] = {}
    for name, text in types.items():
        old, new = code.schema.dtype(name), DType.parse(text)
        if old is None:
            code.refuse(f"the type of column '{name}' is not known before the run")
            return
        if old == new:
            continue
        if (old.is_integer or old.kind == "boolean") and (new.is_integer or new.is_float):
            plain[name] = PANDAS_TYPES[new.kind]
            continue
        lines = cast_lines(name, old, new, strict=strict)
        if lines is None:
            code.refuse(f"casting {old} to {new} has no equal in pandas (column '{name}')")
            return
        if any("np." in line for line in lines):
            code.use("import numpy as np")
        if lines:
            code.write("\n".join(lines))
    if plain:
        code.write(f"df = df.astype({literal(plain)})")
    if code.status != "written":
        code.skip()


def cast_lines(name: str, old: DType, new: DType, *, strict: bool) -> list[str] | None:
    """Code for one column, None where pandas has no equal."""
    values, target = column(name), pandas_type(new)
    if old.is_text:
        return _from_text(name, new, strict=strict)
    if new.kind == "string":
        if old.kind == "boolean":
            return [assign([(name, f'{values}.map({{True: "true", False: "false"}})')])]
        return [assign([(name, f"{values}.astype(str).where({values}.notna())")])] if old.is_integer else None
    if new.kind == "boolean" and old.is_numeric:
        return [assign([(name, f'{values}.ne(0).where({values}.notna()).astype("boolean")')])]
    if old.is_float and new.is_integer:  # pandas raises where the number does not fit
        return [assign([(name, f'np.trunc({values}).astype("{target}")')])] if strict else None
    if old.is_numeric and new.kind == "float64":
        return [assign([(name, f'{values}.astype("float64")')])]
    if (old.kind, new.kind) == ("datetime", "date"):
        return [assign([(name, f"{values}.dt.normalize()")])]
    return [] if (old.kind, new.kind) == ("date", "datetime") else None


def _from_text(name: str, new: DType, *, strict: bool) -> list[str] | None:
    values = column(name)
    if new.kind == "string":
        return [assign([(name, f"{values}.astype(str).where({values}.notna())")])]
    if new.is_integer:
        fits = f"{values}.str.fullmatch({_INTEGER}, na=False)"
        made = f'text.dropna().astype("int64").astype("{pandas_type(new)}").reindex(df.index)'
    elif new.is_float:
        fits = f"{values}.str.fullmatch({_NUMBER}, na=False)"
        made = f'text.astype("{new}")'
    elif new.kind == "boolean":
        fits = f"{values}.str.lower().isin({_TRUE[:-1]}, {_FALSE[1:]})"
        made = f'text.str.lower().isin({_TRUE}).where(text.notna()).astype("boolean")'
    elif new.kind == "date":
        moment = f'pd.to_datetime({values}, format="%Y-%m-%d", errors="coerce")'
        return _moments(name, moment, new, strict=strict)
    elif new.kind == "datetime" and new.zone is None:
        moment = f'pd.to_datetime({values}, format="ISO8601", errors="coerce")'
        return _moments(name, moment, new, strict=strict)
    else:
        return None
    return [
        f"text = {values}.where({fits})",
        *_check(name, f"text.isna() & {values}.notna()", new, strict=strict),
        assign([(name, made)]),
    ]


def _moments(name: str, moment: str, new: DType, *, strict: bool) -> list[str]:
    return [
        f"moments = {moment}",
        *_check(name, f"moments.isna() & {column(name)}.notna()", new, strict=strict),
        assign([(name, f'moments.astype("{pandas_type(new)}")')]),
    ]


def _check(name: str, bad: str, new: DType, *, strict: bool) -> list[str]:
    if not strict:
        return []
    message = f"column '{name}' holds a value that cannot be cast to {new}"
    return [f"if ({bad}).any():", f"    raise ValueError({literal(message)})"]
