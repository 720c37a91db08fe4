"""Pandas code for casts that mean what `weirflow.api.portable` means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from weirflow.api import DType
from weirflow_tabular.date_formats import date_format
from weirflow_tabular.pandas_text import PANDAS_TYPES, assign, column, literal, pandas_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from weirflow.api import PandasCode

_INTEGER = r'r"[+-]?[0-9]+"'
_NUMBER = r'r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"'
TRUE = '["true", "t", "yes", "y", "1"]'
FALSE = '["false", "f", "no", "n", "0"]'
_CHECK = """
def check_cast(before: pd.Series, after: pd.Series) -> pd.Series:
    \"\"\"The cast values. Raise ValueError if one of them was lost.\"\"\"
    if (after.isna() & before.notna()).any():
        raise ValueError(f"column '{before.name}' holds a value that cannot be cast")
    return after
"""


@dataclass(frozen=True)
class Lost:
    """What becomes of values that cannot be cast: rows that go, and columns for them by the column they were in."""

    drop: bool = False
    errors_to: Mapping[str, str] = field(default_factory=dict)


def cast_code(
    code: PandasCode,
    types: Mapping[str, str],
    *,
    strict: bool,
    formats: Mapping[str, str] | None = None,
    lost: Lost = Lost(),
) -> None:
    """Write casts of columns of `df`; refuses pairs of types for which pandas has no equal."""

    def lines(name: str, old: DType, new: DType) -> list[str] | None:
        if (fmt := (formats or {}).get(name)) is not None and (old.is_text or old.is_integer):
            return format_lines(code, name, old, new, fmt, strict=strict)
        return cast_lines(code, name, old, new, strict=strict)

    code.describe("Change the types of columns")
    write_casts(code, types, lines, lost)


def write_casts(
    code: PandasCode,
    types: Mapping[str, str],
    lines: Callable[[str, DType, DType], list[str] | None],
    lost: Lost,
) -> None:
    """Write the lines for each column, and what is to become of the values that they lose."""
    code.use("import pandas as pd")
    plain: dict[str, str] = {}
    errors: dict[str, str] = {}
    for name, text in types.items():
        old, new = code.schema.dtype(name), DType.parse(text)
        if old is None:
            code.refuse(f"the type of column '{name}' is not known before the run")
            return
        if name in lost.errors_to:
            if not (old.is_text or old == new):
                code.refuse(f"what is lost of {old} has no plain text in pandas (column '{name}')")
                return
            before = f"before_{len(errors)}" if len(lost.errors_to) > 1 else "before"
            code.write(f"{before} = {column(name)}")
            where = f'{before}.where({column(name)}.isna(), "").where({before}.notna())'
            errors[lost.errors_to[name]] = (
                where if old.is_text else f'pd.Series("", df.index).where({before}.notna())'
            )
        if old == new:
            continue
        if (old.is_integer or old.kind == "boolean") and (new.is_integer or new.is_float) and not lost.drop:
            plain[name] = PANDAS_TYPES[new.kind]
            continue
        made = lines(name, old, new)
        if made is None:
            code.refuse(f"casting {old} to {new} has no equal in pandas (column '{name}')")
            return
        if any("np." in line for line in made):
            code.use("import numpy as np")
        if lost.drop:
            made = [f"before = {column(name)}", *made, f"df = df[before.isna() | {column(name)}.notna()]"]
        if made:
            code.write("\n".join(made))
    if plain:
        code.write(f"df = df.astype({literal(plain)})")
    if errors:
        code.write(assign((new, errors[new]) for new in lost.errors_to.values()))
    if code.status != "written":
        code.skip()
    elif lost.drop:
        code.write("df = df.reset_index(drop=True)")


def format_lines(
    code: PandasCode, name: str, old: DType, new: DType, fmt: str, *, strict: bool
) -> list[str] | None:
    """Code for a column of dates or times of a format, None where pandas has no words for it."""
    found = date_format(fmt)
    if found.python is None or "offset" in found.parts:
        return None
    values = column(name) if old.is_text else f'{column(name)}.astype("string")'
    pattern = found.pattern.removeprefix("^").removesuffix(r"\z")
    made = f'pd.to_datetime(text, format={literal(found.python)}, errors="coerce").astype("datetime64[us]")'
    if new.kind == "date":
        made += ".dt.normalize()"
    if strict:
        made = f"{code.helper(_CHECK)}({column(name)}, {made})"
    text = f"{values}.where({values}.str.fullmatch({literal(pattern)}, na=False))"
    return [f"text = {text}", assign([(name, made)])]


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
        lines += [f"text = {values}.str.lower()", f"known = text.isin({TRUE[:-1]}, {FALSE[1:]})"]
        made = f'text.isin({TRUE}).where(known).astype("boolean")'
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
