"""Schemas at plan time: ordered columns, each of a known or unknown type, and slots still open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float32", "float64")
KINDS = frozenset(
    (
        *INTEGERS,
        *FLOATS,
        *("boolean", "string", "categorical", "binary", "decimal", "null", "object"),
        *("date", "time", "datetime", "duration", "list", "struct"),
    )
)


@dataclass(frozen=True)
class DType:
    """A column's type, named as in flow files: `int64`, `string`, `datetime[UTC]`, `list[string]`.

    `inner` is the element of a list; `zone` the time zone of a datetime (None is local, naive time).
    """

    kind: str
    inner: DType | None = None
    zone: str | None = None

    def __post_init__(self) -> None:
        """Refuse a kind that no engine has."""
        if self.kind not in KINDS:
            raise ValueError(f"unknown type '{self.kind}'")

    def __str__(self) -> str:
        if self.kind == "list" and self.inner is not None:
            return f"list[{self.inner}]"
        return f"{self.kind}[{self.zone}]" if self.zone else self.kind

    @classmethod
    def parse(cls, text: str) -> DType:
        """Read a type as `str` writes it. Raises ValueError on anything else."""
        match = re.fullmatch(r"\s*(\w+)\s*(?:\[(.*)\])?\s*", text)
        if match is None:
            raise ValueError(f"unknown type '{text}'")
        kind, inside = match.groups()
        if kind == "list":
            return cls("list", cls.parse(inside) if inside else None)
        if inside is not None and kind != "datetime":
            raise ValueError(f"unknown type '{text}'")
        return cls(kind, zone=inside or None)

    @property
    def is_integer(self) -> bool:
        """Whether it is a signed or unsigned integer."""
        return self.kind in INTEGERS

    @property
    def is_float(self) -> bool:
        """Whether it is a floating-point number."""
        return self.kind in FLOATS

    @property
    def is_numeric(self) -> bool:
        """Whether arithmetic is defined on it: integers, floats and decimals, not booleans."""
        return self.is_integer or self.is_float or self.kind == "decimal"

    @property
    def is_temporal(self) -> bool:
        """Whether it is a date, a time of day, a datetime or a duration."""
        return self.kind in {"date", "time", "datetime", "duration"}

    @property
    def is_text(self) -> bool:
        """Whether its values are text: strings and categories."""
        return self.kind in {"string", "categorical"}


INT64 = DType("int64")
FLOAT64 = DType("float64")
STRING = DType("string")
BOOLEAN = DType("boolean")
DATE = DType("date")
DATETIME = DType("datetime")


@dataclass(frozen=True)
class Column:
    """A column of a schema. `dtype` is None where only data can tell."""

    name: str
    dtype: DType | None = None
    personal: bool = False  # its values are masked in reports, and so is what is made from it

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype or 'unknown'}"


@dataclass(frozen=True)
class Open:
    """A slot in which columns appear that only a fit, or the data, can name.

    All of them begin with `prefix`; the empty prefix may be anything.
    """

    prefix: str = ""
    personal: bool = False  # so is what appears there, and its names may be values

    def may_hold(self, name: str) -> bool:
        """Whether a column of that name could be among them."""
        return name.startswith(self.prefix)


@dataclass(frozen=True)
class Schema:
    """The columns of a table in order, and the slots that are still open. Immutable."""

    items: tuple[Column | Open, ...] = ()

    @classmethod
    def of(cls, columns: Mapping[str, DType | str | None] | None = None, **more: DType | str) -> Self:
        """Build a closed schema from names and types: `Schema.of({"age": "int64"})`."""
        both: dict[str, DType | str | None] = {**(columns or {}), **more}
        return cls(tuple(Column(n, DType.parse(t) if isinstance(t, str) else t) for n, t in both.items()))

    @classmethod
    def unknown(cls, *, personal: bool = False) -> Self:
        """Nothing is known: any column may be there, and be personal."""
        return cls((Open(personal=personal),))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are known to be there, in order."""
        return tuple(i for i in self.items if isinstance(i, Column))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that are known to be there, in order."""
        return tuple(c.name for c in self.columns)

    @cached_property
    def opens(self) -> tuple[Open, ...]:
        """The open slots."""
        return tuple(i for i in self.items if isinstance(i, Open))

    @property
    def is_open(self) -> bool:
        """Whether there may be columns that are not known yet."""
        return bool(self.opens)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {c.name: c for c in self.columns}

    def get(self, name: str) -> Column | None:
        """The column of that name if it is known to be there."""
        return self._by_name.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, name: str) -> Column:
        return self._by_name[name]

    def may_have(self, name: str) -> bool:
        """Whether the column is there or could be: False is a certain no."""
        return name in self._by_name or any(o.may_hold(name) for o in self.opens)

    def dtype(self, name: str) -> DType | None:
        """The type of a column, or None where the column or its type is not known."""
        column = self.get(name)
        return column.dtype if column else None

    def is_personal(self, name: str) -> bool:
        """Whether the values of a column must not be shown; of one not known yet, whether they might have to be."""
        column = self.get(name)
        return column.personal if column else any(o.personal for o in self.opens if o.may_hold(name))

    @property
    def has_personal(self) -> bool:
        """Whether any column is personal, or may turn out to be."""
        return any(i.personal for i in self.items)

    def turned_out(self, found: Schema) -> Schema:
        """The columns as the data has them, each as personal as it was known to be."""
        return Schema(tuple(replace(c, personal=self.is_personal(c.name)) for c in found.columns))

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the names that are certainly not there."""
        return tuple(n for n in names if not self.may_have(n))

    def select(self, names: Iterable[str]) -> Schema:
        """The named columns, in the order given. Raises KeyError on one not known."""
        return Schema(tuple(self[n] for n in names))

    def __str__(self) -> str:
        return ", ".join(str(i) if isinstance(i, Column) else f"{i.prefix}…" for i in self.items)
