"""Two tables as one without keys: under one another, or side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    FLOAT64,
    INT64,
    STRING,
    DType,
    Effect,
    Inputs,
    Made,
    NewColumn,
    NodeError,
    Port,
    Rows,
    Transform,
    portable,
)
from weirflow_tabular.native import polars_type
from weirflow_tabular.pandas_text import literal
from weirflow_tabular.spark_text import is_writable, spark_text

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema, Table

_SIDES = ("left", "right")


@dataclass(frozen=True)
class _Column:
    """A column of the result, and what it is called in each table; None where it is not there."""

    name: str
    left: str | None
    right: str | None


class UnionTables(Transform):
    """Put the rows of two tables under one another. Columns are matched by name and stand as in the left table.

    Integers and floats that meet become int64 or float64, dates and datetimes datetime; other types must be the same.
    """

    operator = "join.union"
    inputs: ClassVar[tuple[Port, ...]] = (Port("left"), Port("right"))
    ordered = True

    missing: Literal["refuse", "null"] = Field(
        default="refuse",
        description="what to do with a column that one of the tables does not have: refuse it, or fill it with null",
    )
    ignore_case: bool = Field(
        default=False, description="whether names match whatever their case, as they do in Spark"
    )
    mixed: Literal["refuse", "text"] = Field(
        default="refuse",
        description=(
            "what to do with a column that is text in one table alone: refuse it, or make its numbers and dates text, "
            "as Spark writes them"
        ),
    )
    indicator: NewColumn | None = Field(
        default=None, description="name of a column, put last, that says which table a row comes from"
    )
    words: tuple[str, str] = Field(
        default=("left", "right"), description="what the indicator says of the left and the right table"
    )
    distinct: bool = Field(
        default=False, description="keep the first of rows that are equal, whatever the indicator says"
    )

    @model_validator(mode="after")
    def _indicated(self) -> Self:
        if self.indicator is None and "words" in self.model_fields_set and self.words != ("left", "right"):
            raise ValueError("`words` need the name of an `indicator`")
        return self

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns of the left table, with more rows."""
        left, right = inputs[0], inputs[1]
        if left.is_open or right.is_open:
            return {"default": Effect.unknown()}
        makes: dict[str, Made] = {}
        for c in self._columns(left.names, right.names):
            if c.left is None:
                assert c.right is not None
                makes[c.name] = Made(of=(c.right,), dtype=right.dtype(c.right), port="right")
            elif c.right is not None:
                dtype = _common(c.name, left.dtype(c.left), right.dtype(c.right), mixed=self.mixed == "text")
                # a column is personal if it is in either table
                side = "right" if right.is_personal(c.right) and not left.is_personal(c.left) else None
                if dtype != left.dtype(c.left) or dtype is None or side:
                    makes[c.name] = Made(of=(c.left if side is None else c.right,), dtype=dtype, port=side)
        if self.indicator is not None:
            makes[self.indicator] = Made(dtype=STRING)
        return {"default": Effect(makes=makes, rows=Rows.changed())}

    def _columns(self, left: Sequence[str], right: Sequence[str]) -> list[_Column]:
        """The columns that match, in the left table's order. Raises NodeError where one is missing."""

        def key(name: str) -> str:
            return name.lower() if self.ignore_case else name

        others = {key(n): n for n in right}
        own = {key(n) for n in left}
        if len(others) < len(right) or len(own) < len(left):
            raise NodeError(
                "a table has two columns whose names differ in case alone",
                hint="rename one of them, or leave out `ignore_case`",
                code="WF403",
            )
        made = [_Column(n, n, others.get(key(n))) for n in left]
        made += [_Column(n, None, n) for n in right if key(n) not in own]
        for side, other in zip(_SIDES, reversed(_SIDES), strict=True):
            gone = [c.name for c in made if getattr(c, side) is None]
            if gone and self.missing == "refuse":
                raise NodeError(
                    f"the {side} table does not have {_listed(gone)} of the {other} one",
                    hint="rename, drop or make columns so that both have the same, or fill them: `missing: null`",
                    code="WF401",
                )
        if self.indicator is not None and self.indicator in {c.name for c in made}:
            raise NodeError(
                f"the indicator is called '{self.indicator}', which is there already",
                hint="give it another name",
                code="WF403",
            )
        return made

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Bring the columns to common types and put the rows together."""
        import polars as pl

        schemas = [portable.schema_of(t) for t in inputs]
        types = [t.to_native().collect_schema() for t in inputs]
        columns = self._columns(*(s.names for s in schemas))
        parts = []
        for i, (table, word) in enumerate(zip(inputs, self.words, strict=True)):
            made, texts = [], []
            for c in columns:
                names = (c.left, c.right)
                own = [
                    None if n is None else (s.dtype(n), t[n])
                    for n, s, t in zip(names, schemas, types, strict=True)
                ]
                target = _native(c.name, own, mixed=self.mixed == "text")
                name = names[i]
                if name is not None and target == pl.String:
                    texts.append(spark_text(nw.col(name), schemas[i].dtype(name) or STRING))
                value = pl.lit(None) if name is None else pl.col(name)
                made.append(value.cast(target).alias(c.name))
            if self.indicator is not None:
                made.append(pl.lit(word).alias(self.indicator))
            native: pl.LazyFrame = table.with_columns(texts).to_native()
            parts.append(native.select(made))
        joined = pl.concat(parts, how="vertical")
        if self.distinct:
            joined = joined.unique([c.name for c in columns], keep="first", maintain_order=True)
        return nw.from_native(joined)

    def to_pandas(self, code: PandasCode) -> None:
        """As `pandas.concat`."""
        code.use("import pandas as pd")
        code.describe("Put the rows of two tables under one another")
        if self.ignore_case or self.mixed == "text":
            code.refuse(
                "names in another case, and text that meets other types, have no short form in pandas"
            )
            return
        left, right = code.frames
        parts = [left, right if self.missing == "null" else f"{right}[{left}.columns]"]
        if self.indicator is not None:
            name = f"**{{{literal(self.indicator)}: "
            parts = [f"{p}.assign({name}{literal(w)}}})" for p, w in zip(parts, self.words, strict=True)]
        code.write(f"df = pd.concat([{', '.join(parts)}], ignore_index=True)")
        if (
            self.missing == "null" and self.indicator is not None
        ):  # which stands before what is in the right table alone
            code.write(f"df = df[[*df.columns.drop({literal(self.indicator)}), {literal(self.indicator)}]]")
        if self.distinct:
            subset = "" if self.indicator is None else f"subset=df.columns.drop({literal(self.indicator)}), "
            code.write(f"df = df.drop_duplicates({subset}ignore_index=True)")


def _common(name: str, left: DType | None, right: DType | None, *, mixed: bool) -> DType | None:
    """The type of a column that is of these types in the two tables, None where that is not known.

    With `mixed`, text may meet other types, which become text. Raises NodeError where there is none.
    """
    if left is None or right is None:
        return None
    if left == right or right.kind == "null":
        return left
    if left.kind == "null":
        return right
    if left.is_text and right.is_text:
        return STRING
    if left.is_numeric and right.is_numeric:
        return INT64 if left.is_integer and right.is_integer else FLOAT64
    if {left.kind, right.kind} == {"date", "datetime"} and left.zone is None and right.zone is None:
        return left if left.kind == "datetime" else right
    if mixed and left.is_text != right.is_text:
        other = right if left.is_text else left
        if is_writable(other) and other.kind != "boolean":
            return STRING
    raise NodeError(
        f"column '{name}' is of type {left} in the left table, and of type {right} in the right one",
        hint=f"cast one of them first: columns.cast with types {{{name}: {left}}}",
        code="WF402",
    )


def _native(name: str, own: Sequence[tuple[DType | None, pl.DataType] | None], *, mixed: bool) -> pl.DataType:
    """Polars' type of a column that both tables, or one of them, have."""
    there = [o for o in own if o is not None]
    if len(there) == 1:
        return there[0][1]
    (left, first), (right, second) = there
    common = _common(name, left, right, mixed=mixed)
    assert common is not None
    return first if common == left else second if common == right else polars_type(common)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{n}'" for n in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004 - as many as are shown
    return f"column{'s' if len(names) > 1 else ''} {shown}{more}"


class JoinColumns(Transform):
    """Put the columns of two tables side by side: the first row beside the first, and so on.

    Where one table has fewer rows, its columns are null in the rest. A column of the right table whose name is taken
    gets `suffix`.
    """

    operator = "join.columns"
    inputs: ClassVar[tuple[Port, ...]] = (Port("left"), Port("right"))
    ordered = True

    suffix: str = Field(
        default="_right", min_length=1, description="what columns of the right table are told apart by"
    )

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns of both tables."""
        left, right = inputs[0], inputs[1]
        if left.is_open or right.is_open:
            return {"default": Effect.unknown()}
        makes = {
            new: Made(of=(old,), dtype=right.dtype(old), port="right")
            for old, new in self._named(left.names, right.names)
        }
        return {"default": Effect(makes=makes, rows=Rows.changed(by=()))}

    def _named(self, left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str, str]]:
        taken = set(left)
        for name in right:
            new = f"{name}{self.suffix}" if name in left else name
            if new in taken:
                raise NodeError(
                    f"the result would have two columns '{new}'", hint="give another `suffix`", code="WF403"
                )
            taken.add(new)
            yield name, new

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Put the columns together."""
        import polars as pl

        left, right = (t.collect_schema().names() for t in inputs)
        sides: list[pl.LazyFrame] = [t.to_native() for t in inputs]
        named = [pl.col(old).alias(new) for old, new in self._named(left, right)]
        return nw.from_native(pl.concat([sides[0], sides[1].select(named)], how="horizontal_extend"))

    def to_pandas(self, code: PandasCode) -> None:
        """As `pandas.concat` along the columns."""
        code.use("import pandas as pd")
        code.describe("Put the columns of two tables side by side")
        left, right = code.frames
        code.write(f"""
            taken = {{name: name + {literal(self.suffix)} for name in {left}.columns}}
            df = pd.concat([{left}, {right}.rename(columns=taken)], axis=1)
        """)
