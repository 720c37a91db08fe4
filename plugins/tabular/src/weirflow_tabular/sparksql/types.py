"""Types of Spark's, and how they are widened to a common one where it is not in ANSI mode.

Source: Spark's documentation of its types and of implicit casts, against which the tests hold every rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError

if TYPE_CHECKING:
    import polars as pl

MOST_DIGITS = 38
_LEAST_PLACES = 6
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}


@dataclass(frozen=True)
class SparkType:
    """A type. `precision` and `scale` are of decimals; a column of another kind has its place in `precision`."""

    name: str
    precision: int = 0
    scale: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers."""
        return self.name in _DIGITS

    @property
    def is_number(self) -> bool:
        """Whether it is a number that expressions take; floats of 32 bits are not."""
        return self.is_whole or self.name in {"double", "decimal"}

    @property
    def is_plain(self) -> bool:
        """Whether values can be compared; those of the other types are handed on and nothing else."""
        return self.name not in {"array<string>", _OTHER}

    @property
    def duckdb(self) -> str:
        """What DuckDB calls it."""
        if self.name == "decimal":
            return f"DECIMAL({self.precision}, {self.scale})"
        return _DUCKDB[self.name]

    def __str__(self) -> str:
        """As Spark writes it."""
        return f"decimal({self.precision},{self.scale})" if self.name == "decimal" else self.name


TINYINT, SMALLINT, INT, BIGINT = map(SparkType, _DIGITS)
DOUBLE, STRING, BOOLEAN = SparkType("double"), SparkType("string"), SparkType("boolean")
DATE, TIMESTAMP = SparkType("date"), SparkType("timestamp")
VOID = SparkType("void")
TEXTS = SparkType("array<string>")
FLOAT = SparkType("float")
_OTHER = "another type"
_DUCKDB = {
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "float": "FLOAT",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "void": "VARCHAR",
    "array<string>": "VARCHAR[]",
    _OTHER: "BIGINT",  # the number of its row, by which the value is found again
}
_ORDER = (TINYINT, SMALLINT, INT, BIGINT)


class UnprovenError(NodeError):
    """What may mean something else here than in Spark."""


def unproven(what: str, hint: str | None = None) -> UnprovenError:
    """That something is not on the list; `what` begins the sentence."""
    return UnprovenError(
        f"{what} is not known to give here what it gives in Spark",
        hint=hint
        or "write it in another way, or install the extra `spark` (and Java), and Spark computes it",
        code="WF402",
    )


def decimal(precision: int, scale: int) -> SparkType:
    """A decimal; of more than 38 digits, places are given up, but for six."""
    if precision > MOST_DIGITS:
        before = precision - scale
        scale = max(MOST_DIGITS - before, min(scale, _LEAST_PLACES))
        precision = MOST_DIGITS
    return SparkType("decimal", precision, scale)


def as_decimal(kind: SparkType) -> SparkType:
    """The decimal that holds all values of a type of whole numbers."""
    return kind if kind.name == "decimal" else SparkType("decimal", _DIGITS[kind.name], 0)


def of_polars(dtype: pl.DataType, place: int) -> SparkType:
    """The type in which Spark would read the column at that place."""
    import polars as pl

    plain: dict[type[pl.DataType], SparkType] = {
        pl.Int8: TINYINT,
        pl.Int16: SMALLINT,
        pl.Int32: INT,
        pl.Int64: BIGINT,
        pl.UInt8: SMALLINT,
        pl.UInt16: INT,
        pl.UInt32: BIGINT,
        pl.UInt64: SparkType("decimal", 20, 0),
        pl.Float64: DOUBLE,
        pl.Float32: FLOAT,
        pl.String: STRING,
        pl.Categorical: STRING,
        pl.Enum: STRING,
        pl.Null: STRING,
        pl.Boolean: BOOLEAN,
        pl.Date: DATE,
    }
    if isinstance(dtype, pl.Decimal):
        return SparkType("decimal", dtype.precision or MOST_DIGITS, dtype.scale)
    if isinstance(dtype, pl.Datetime):
        return SparkType(_OTHER, place) if dtype.time_zone else TIMESTAMP
    return plain.get(type(dtype), SparkType(_OTHER, place))


def to_polars(kind: SparkType) -> pl.DataType:
    """The type in which a column of an answer comes back."""
    import polars as pl

    plain = {
        "tinyint": pl.Int8(),
        "smallint": pl.Int16(),
        "int": pl.Int32(),
        "bigint": pl.Int64(),
        "double": pl.Float64(),
        "float": pl.Float32(),
        "boolean": pl.Boolean(),
        "date": pl.Date(),
        "timestamp": pl.Datetime("us"),
        "array<string>": pl.List(pl.String()),
        _OTHER: pl.Int64(),
    }
    return (
        pl.Decimal(kind.precision, kind.scale)
        if kind.name == "decimal"
        else plain.get(kind.name, pl.String())
    )


def of_tree(tree: Any) -> SparkType:
    """The type that a cast names. Raises UnprovenError."""
    name = tree.this.name
    if name == "DECIMAL":
        sizes = [int(p.name) for p in tree.expressions] or [10, 0]
        return SparkType("decimal", sizes[0], sizes[1] if len(sizes) > 1 else 0)
    named = {
        "INT": INT,
        "BIGINT": BIGINT,
        "DOUBLE": DOUBLE,
        "TEXT": STRING,
        "BOOLEAN": BOOLEAN,
        "DATE": DATE,
        "TIMESTAMP": TIMESTAMP,
        "TIMESTAMPTZ": TIMESTAMP,
    }.get(name)
    if named is None or tree.expressions:
        raise unproven(f"a cast to {tree.sql('spark').lower()}")
    return named


def widest(kinds: Iterable[SparkType], *, to_text: bool = True) -> SparkType | None:
    """The common type of the branches of an expression; None where there is none.

    Text swallows all but booleans, if `to_text`.
    """
    found = VOID
    for kind in kinds:
        one = _wider(found, kind, to_text=to_text)
        if one is None:
            return None
        found = one
    return found


def _wider(a: SparkType, b: SparkType, *, to_text: bool) -> SparkType | None:
    if b in {a, VOID}:
        return a
    if a == VOID:
        return b
    if a.is_whole and b.is_whole:
        return max(a, b, key=_ORDER.index)
    if a.is_number and b.is_number:
        if DOUBLE in {a, b}:
            return DOUBLE
        x, y = as_decimal(a), as_decimal(b)
        scale = max(x.scale, y.scale)
        precision = max(x.precision - x.scale, y.precision - y.scale) + scale
        return SparkType("decimal", precision, scale) if precision <= MOST_DIGITS else None
    if {a, b} == {DATE, TIMESTAMP}:
        return TIMESTAMP
    other = b if a == STRING else a
    if STRING in {a, b} and to_text and (other.is_number or other in {DATE, TIMESTAMP}):
        return STRING
    return None


def compared(a: SparkType, b: SparkType) -> SparkType | None:
    """The type in which two values are compared: text becomes what it is compared with."""
    if STRING in {a, b}:
        other = b if a == STRING else a
        if other.name == "decimal":
            return None
        if other.is_number or other in {STRING, BOOLEAN, DATE, TIMESTAMP, VOID}:
            return STRING if other == VOID else other
        return None
    if FLOAT in {a, b} or not (a.is_plain and b.is_plain):
        return None
    return widest((a, b), to_text=False)
