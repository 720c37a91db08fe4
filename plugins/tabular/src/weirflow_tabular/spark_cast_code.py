"""Pandas code for casts as Spark makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow.api import DATE, DATETIME, FLOAT64, INT64, STRING
from weirflow_tabular.cast_code import FALSE, TRUE, Lost, cast_lines, format_lines, write_casts
from weirflow_tabular.pandas_text import assign, column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.api import DType, PandasCode

_TRIM = r'.str.replace(r"^[\x00-\x20]+|[\x00-\x20]+$", "", regex=True)'
_NUMBER = r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[dDfF]?|(?i:inf|infinity))"
_DAY = r"^([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?(?:[ T](?:.|\n)*)?$"
_WHOLE = """
def whole_number(text: str) -> int | None:
    \"\"\"The integer of 64 bits that a text stands for, without its fraction.\"\"\"
    found = re.fullmatch(r"([+-]?)([0-9]*)(\\.[0-9]*)?", text.strip("".join(map(chr, range(33)))))
    if not found or not (found[2] or found[3]):
        return None
    number = int(found[1] + (found[2] or "0"))
    return number if -(2**63) <= number < 2**63 else None
"""
_WRITTEN = """
def written_fraction(value: float) -> str:
    \"\"\"A fraction as Java writes it: from 1e7 on, and below 1e-3, with an exponent.\"\"\"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return f"{Decimal(repr(value)):f}"
    sign, digits, _ = Decimal(repr(value)).as_tuple()
    plain = "".join(map(str, digits)).rstrip("0")
    return f"{'-' * sign}{plain[0]}.{plain[1:] or '0'}E{Decimal(repr(value)).adjusted()}"
"""


def spark_cast_code(
    code: PandasCode,
    types: Mapping[str, str],
    formats: Mapping[str, str] | None = None,
    lost: Lost = Lost(),  # noqa: B008 -- frozen
) -> None:
    """Write casts as Spark makes them; refuses those that pandas cannot say in a few lines."""

    def lines(name: str, old: DType, new: DType) -> list[str] | None:
        fmt = (formats or {}).get(name)
        if fmt is not None and (old.is_text or (old.is_integer and new == DATE)):
            return format_lines(code, name, old, new, fmt, strict=False)
        return _from_text(code, name, new) if old.is_text else _from_other(code, name, old, new)

    code.describe("Change the types of columns, missing where a value is not of the type")
    write_casts(code, types, lines, lost)


def _from_text(code: PandasCode, name: str, new: DType) -> list[str] | None:
    values = column(name)
    if new == STRING:
        return [assign([(name, f'{values}.astype("string")')])]
    if new == INT64:
        code.use("import re")
        made = f'[{code.helper(_WHOLE)}(text) for text in {values}.fillna("")]'
        return [assign([(name, f'pd.array({made}, dtype="Int64")')])]
    text = f"text = {values}{_TRIM}"
    if new == FLOAT64:
        known = f'text.where(text.str.fullmatch(r"{_NUMBER}", na=False))'
        bare = known + r'.str.replace(r"([0-9.])[dDfF]$", r"\1", regex=True)'
        return [text, assign([(name, f'{bare}.astype("float64")')])]
    if new.kind == "boolean":
        return [
            f"{text}.str.lower()",
            f"known = text.isin({TRUE[:-1]}, {FALSE[1:]})",
            assign([(name, f'text.isin({TRUE}).where(known).astype("boolean")')]),
        ]
    if new == DATE:
        two = '.fillna("1").str.zfill(2)'
        day = f'parts[0] + "-" + parts[1]{two} + "-" + parts[2]{two}'
        made = f'pd.to_datetime({day}, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")'
        return [text, f'parts = text.str.extract(r"{_DAY}")', assign([(name, made)])]
    return None


def _from_other(code: PandasCode, name: str, old: DType, new: DType) -> list[str] | None:
    values = column(name)
    if new == STRING and old == FLOAT64:
        code.use("from decimal import Decimal")
        made = f'{values}.map({code.helper(_WRITTEN)}, na_action="ignore")'
        return [assign([(name, f'{made}.astype("string")')])]
    if new == STRING and old == DATE:
        return [assign([(name, f'{values}.astype("string").str.slice(0, 10)')])]
    if new == INT64 and old == FLOAT64:
        inside = 'whole.where(whole.abs() < 2.0**63).astype("Int64")'
        edges = "mask(whole >= 2.0**63, 2**63 - 1).mask(whole <= -(2.0**63), -(2**63))"
        return [f"whole = np.trunc({values})", assign([(name, f"{inside}.{edges}")])]
    if new == DATETIME and old != DATE:
        return None
    return cast_lines(code, name, old, new, strict=False)
