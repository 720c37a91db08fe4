"""Join two tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeAlias

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    FLOAT64,
    INT64,
    ColumnMark,
    ColumnName,
    DType,
    Effect,
    Inputs,
    Made,
    NodeError,
    Port,
    Rows,
    Transform,
    portable,
)
from weirflow_tabular.spark_cast import spark_cast

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import Schema, Table

Left: TypeAlias = tuple[ColumnName, ...]
Right: TypeAlias = tuple[Annotated[str, ColumnMark(port="right")], ...]


@dataclass(frozen=True)
class _Column:
    """A column of the result: its name, and what it is made of."""

    name: str
    side: str
    of: str
    other: str = ""  # a key of the other side that fills its gaps


class JoinTables(Transform):
    """Join the rows of two tables whose keys are equal. Null equals nothing, not even null.

    Rows are in the order of the left table (of the right one in a right join), and of the other within it; in a full
    join, those without a partner come last. A key of one name in both tables is there once; another column of a name
    that is taken gets `suffix`. By the rules of Spark, all columns of both are there, and those of a name in both,
    whatever its case, are called `name_0` and `name_1`.
    """

    operator = "join.tables"
    inputs: ClassVar[tuple[Port, ...]] = (Port("left"), Port("right"))

    on: Left | None = Field(
        default=None, min_length=1, description="the keys, where they have one name in both tables"
    )
    left_on: Left | None = Field(default=None, min_length=1, description="the keys of the left table")
    right_on: Right | None = Field(
        default=None, min_length=1, description="the keys of the right table, in the same order"
    )
    how: Literal["inner", "left", "right", "full", "semi", "anti", "cross"] = Field(
        default="inner",
        description=(
            "which rows: those with a partner, all of the left, the right or both tables, those of the left table "
            "with (`semi`) or without (`anti`) a partner, or every pair (`cross`, without keys)"
        ),
    )
    suffix: str = Field(
        default="_right", min_length=1, description="what columns of the right table are told apart by"
    )
    names: Literal["suffix", "spark"] = Field(
        default="suffix", description="how columns of one name are told apart"
    )

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if self.how == "cross":
            if self.on or self.left_on or self.right_on:
                raise ValueError("a cross join has no keys")
        elif self.on is not None:
            if self.left_on or self.right_on:
                raise ValueError("give either `on`, or `left_on` and `right_on`")
        elif self.left_on is None or self.right_on is None:
            raise ValueError("give the keys: `on`, or `left_on` and `right_on`")
        elif len(self.left_on) != len(self.right_on):
            raise ValueError("`left_on` and `right_on` are of different lengths")
        return self

    @property
    def _keys(self) -> list[tuple[str, str]]:
        return list(zip(self.on or self.left_on or (), self.on or self.right_on or (), strict=True))

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns of both tables, or of the left one."""
        left, right = inputs[0], inputs[1]
        for schema, keys, side in (
            (left, [k for k, _ in self._keys], "left"),
            (right, [k for _, k in self._keys], "right"),
        ):
            gone = schema.missing(keys)
            if gone:
                raise NodeError(f"the {side} table has no column '{gone[0]}'", code="WF401")
        for a, b in self._keys:
            self._common(a, b, left.dtype(a), right.dtype(b))
        if left.is_open or right.is_open:
            return {"default": Effect.unknown()}
        if self.how in {"semi", "anti"}:
            return {"default": Effect(rows=Rows.changed())}
        made: dict[str, Made] = {}
        columns = self._columns(left, right)
        for c in columns:
            schema = left if c.side == "left" else right
            port = None if c.side == "left" else "right"
            if c.side == "right" or c.name != c.of or c.other:
                made[c.name] = Made(of=(c.of,), dtype=schema.dtype(c.of), port=port)
        names = tuple(c.name for c in columns)
        drops = tuple(n for n in left.names if n not in names)
        return {"default": Effect(makes=made, drops=drops, rows=Rows.changed(), order=names)}

    def _common(self, a: str, b: str, left: DType | None, right: DType | None) -> DType | None:
        """The type in which two keys are compared, None where they are of one."""
        if left is None or right is None or left == right or (left.is_text and right.is_text):
            return None
        if left.is_numeric and right.is_numeric:
            return INT64 if left.is_integer and right.is_integer else FLOAT64
        if self.names == "spark" and {left.is_text, right.is_text} == {True, False}:
            other = right if left.is_text else left
            if other.is_numeric:
                return INT64 if other.is_integer else FLOAT64
            return other
        raise NodeError(
            f"key '{a}' of the left table is of type {left}, and key '{b}' of the right one of type {right}",
            hint="cast one of them first: columns.cast",
            code="WF402",
        )

    def _columns(self, left: Schema, right: Schema) -> list[_Column]:
        if self.names == "spark":
            return _as_spark(left.names, right.names)
        once = {b: a for a, b in self._keys if a == b} if self.how != "cross" else {}
        made = []
        for name in left.names:
            key = name in once and self.how in {"right", "full"}
            made.append(_Column(name, "left", name, name if key else ""))
        taken = set(left.names)
        for name in right.names:
            if name in once:
                continue
            new = f"{name}{self.suffix}" if name in left.names else name
            if new in taken:
                raise NodeError(
                    f"the result would have two columns '{new}'", hint="give another `suffix`", code="WF403"
                )
            taken.add(new)
            made.append(_Column(new, "right", name))
        return made

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Join the tables, under names of their own; then choose and name the columns."""
        import polars as pl

        left, right = portable.schema_of(inputs[0]), portable.schema_of(inputs[1])
        sides: dict[str, pl.LazyFrame] = {}
        for side, table, schema in (("left", inputs[0], left), ("right", inputs[1], right)):
            keys = []
            for i, pair in enumerate(self._keys):
                name = pair[side == "right"]
                dtype = schema[name].dtype
                assert dtype is not None
                common = self._common(*pair, left.dtype(pair[0]), right.dtype(pair[1]))
                value = nw.col(name)
                if common is not None:
                    value = (
                        spark_cast(value, common, dtype)
                        if dtype.is_text
                        else value.cast(portable.to_narwhals(common))
                    )
                keys.append(value.alias(f"key{i}"))
            named = [nw.col(c).alias(f"{side}:{c}") for c in schema.names]
            sides[side] = table.select(*keys, *named).to_native()
        joined = self._joined(sides["left"], sides["right"])
        if self.how in {"semi", "anti"}:
            return nw.from_native(joined.select(pl.col(f"left:{c}").alias(c) for c in left.names))
        chosen = []
        for c in self._columns(left, right):
            own = pl.col(f"{c.side}:{c.of}")
            chosen.append((pl.coalesce(own, pl.col(f"right:{c.other}")) if c.other else own).alias(c.name))
        return nw.from_native(joined.select(chosen))

    def _joined(self, left: pl.LazyFrame, right: pl.LazyFrame) -> pl.LazyFrame:
        keys = [f"key{i}" for i in range(len(self._keys))]
        how: Any = self.how
        if how == "cross":
            return left.join(right, how="cross", maintain_order="left_right")
        if how in {"semi", "anti"}:
            return left.join(right, on=keys, how=how, maintain_order="left")
        if how == "right":
            return right.join(left, on=keys, how="left", maintain_order="left_right")
        return left.join(right, on=keys, how=how, coalesce=True, maintain_order="left_right")


def _as_spark(left: tuple[str, ...], right: tuple[str, ...]) -> list[_Column]:
    """All columns; names in both tables, in whatever case, end in `_0` and `_1`, and `_dup` where that is taken."""
    both = {n.lower() for n in left} & {n.lower() for n in right}
    taken = {n.lower() for n in (*left, *right)}
    made = []
    for side, names, end in (("left", left, "_0"), ("right", right, "_1")):
        for name in names:
            new = name
            if name.lower() in both:
                new = name + end
                while new.lower() in taken:
                    new += "_dup"
                taken.add(new.lower())
            made.append(_Column(new, side, name))
    return made
