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
_CHECK = """
def check_cast(before: pd.Series, after: pd.Series) -> pd.Series:
    \"\"\"The cast values. Raise ValueError if one of them was lost.\"\"\"
    if (after.isna() & before.notna()).any():
        raise ValueError(f"column '{before.name}' holds a value that cannot be cast")
    return after
"""


def cast_code(code: PandasCode, types: Mapping[str, str], *, strict: bool) -> None:
    """Write casts of columns of `df`; refuses pairs of types for which pandas has no equal."""
    code.use("import pandas as pd")
    code.describe("Change the types of columns")
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
        lines = cast_lines(code, name, old, new, strict=strict)
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


def cast_lines(code: PandasCode, name: str, old: DType, new: DType, *, strict: bool) -> list[str] | None:
    """Code for one column, None where pandas has no equal."""
    values, target = column(name), pandas_type(new)
    if old.is_text:
        return _from_text(code, name, new, strict=strict)
    if new.kind == "string" and (old.is_integer or old.kind == "boolean"):
        lower = ".str.lower()" if old.kind == "boolean" else ""
        return [assign([(name, f'{values}.astype("string"){lower}')])]
    if new.kind == "boolean" and old.is_numeric:
        return [assign([(name, f'{values}.ne(0).where({values}.notna()).astype("boolean")')])]
    if old.is_float and new.is_integer:  # pandas raises where the number does not fit
        return [assign([(name, f'np.trunc({values}).astype("{target}")')])] if strict else None
    if old.is_numeric and new.kind == "float64":
        return [assign([(name, f'{values}.astype("float64")')])]
    if (old.kind, new.kind) == ("datetime", "date"):
        return [assign([(name, f"{values}.dt.normalize()")])]
    return [] if (old.kind, new.kind) == ("date", "datetime") else None


def _from_text(code: PandasCode, name: str, new: DType, *, strict: bool) -> list[str] | None:
    values, target = column(name), pandas_type(new)
    if new.kind == "string":
        return [assign([(name, f'{values}.astype("string")')])]
    lines = []
    if new.is_integer:
        lines.append(f"text = {values}.where({values}.str.fullmatch({_INTEGER}, na=False))")
        made = 'text.astype("string").str.removeprefix("+").astype("Int64")'
        if new.kind != "int64":
            low, high = _bounds(new)
            lines.append(f"numbers = {made}")
            made = f'numbers.where(numbers.between({low}, {high})).astype("{target}")'
    elif new.is_float:
        lines.append(f"text = {values}.where({values}.str.fullmatch({_NUMBER}, na=False))")
        made = f'text.astype("{new}")'
    elif new.kind == "boolean":
        lines += [f"text = {values}.str.lower()", f"known = text.isin({_TRUE[:-1]}, {_FALSE[1:]})"]
        made = f'text.isin({_TRUE}).where(known).astype("boolean")'
    elif new.kind in {"date", "datetime"} and new.zone is None:
        form = "%Y-%m-%d" if new.kind == "date" else "ISO8601"
        made = f'pd.to_datetime({values}, format="{form}", errors="coerce").astype("{target}")'
    else:
        return None
    if strict:
        made = f"{code.helper(_CHECK)}({values}, {made})"
    return [*lines, assign([(name, made)])]


def _bounds(dtype: DType) -> tuple[int, int]:
    bits = int(dtype.kind.lstrip("uint"))
    return (0, 2**bits - 1) if dtype.kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def spark_cast_code(code: PandasCode, types: Mapping[str, str]) -> None:
    """Write casts as Spark makes them; refuses those that pandas cannot say in a line or two."""
    code.use("import pandas as pd")
    code.describe("Change the types of columns, missing where a value is not of the type")
    for name, text in types.items():
        old, new = code.schema.dtype(name), DType.parse(text)
        if old is None:
            code.refuse(f"the type of column '{name}' is not known before the run")
            return
        if old == new:
            continue
        lines = _spark_lines(name, old, new)
        if lines is None:
            code.refuse(f"casting {old} to {new} as Spark does has no equal in pandas (column '{name}')")
            return
        code.write("\n".join(lines))
    if code.status != "written":
        code.skip()


def _spark_lines(name: str, old: DType, new: DType) -> list[str] | None:
    values = column(name)
    if not old.is_text:
        return cast_lines_plain(name, old, new)
    if new.kind == "int64":
        made = rf'{values}.str.strip().str.extract(r"^([+-]?[0-9]+)\.?[0-9]*$", expand=False)'
        return [
            assign([(name, f'pd.to_numeric({made}.str.removeprefix("+"), errors="coerce").astype("Int64")')])
        ]
    if new.kind == "float64":
        return [assign([(name, f'pd.to_numeric({values}.str.strip(), errors="coerce").astype("float64")')])]
    if new.kind == "boolean":
        return [
            f"text = {values}.str.strip().str.lower()",
            f"known = text.isin({_TRUE[:-1]}, {_FALSE[1:]})",
            assign([(name, f'text.isin({_TRUE}).where(known).astype("boolean")')]),
        ]
    return None


def cast_lines_plain(name: str, old: DType, new: DType) -> list[str] | None:
    """Casts in which no value is lost."""
    if (old.is_integer or old.kind == "boolean") and (new.is_integer or new.is_float):
        return [assign([(name, f'{column(name)}.astype("{pandas_type(new)}")')])]
    return None
