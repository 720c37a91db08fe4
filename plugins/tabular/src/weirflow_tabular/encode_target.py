"""Categories as what a target is on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    FLOAT64,
    Answers,
    ColumnName,
    Columns,
    Effect,
    Estimator,
    Made,
    NewColumn,
    NodeError,
    NullWord,
    Query,
    TrainedParameters,
    portable,
)
from weirflow_tabular.categories import MOST, Label, plain
from weirflow_tabular.checks import require_categories, require_new
from weirflow_tabular.pandas_text import CHECK_KNOWN, assign, column, literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.api import PandasCode, Schema, Statistic, Table


class TargetMeans(TrainedParameters):
    """The categories of each column, null perhaps among them, with a number for each, and the mean of all rows."""

    categories: dict[str, tuple[Label | None, ...]]
    means: dict[str, tuple[float, ...]]
    overall: float


@dataclass(frozen=True)
class _All:
    """The mean and the variance of the target, and in how many rows it is there."""

    target: str

    def __call__(self, table: Table) -> Table:
        value = table.select(nw.col(self.target).cast(nw.Float64).alias("0"))
        return value.select(
            nw.col("0").count().alias("n"),
            nw.col("0").mean().alias("mean"),
            ((nw.col("0") - nw.col("0").mean()) ** 2).mean().alias("variance"),
        )


@dataclass(frozen=True)
class _Each:
    """The same by category, sorted by it."""

    column: str
    target: str

    def __call__(self, table: Table) -> Table:
        dtype = portable.schema_of(table)[self.column].dtype
        assert dtype is not None
        pairs = table.select(
            plain(self.column, dtype).alias("0"), nw.col(self.target).cast(nw.Float64).alias("1")
        )
        pairs = pairs.filter(~nw.col("1").is_null())
        return (
            pairs.group_by("0")
            .agg(
                nw.len().alias("n"),
                nw.col("1").mean().alias("mean"),
                nw.col("1").var(ddof=0).alias("variance"),
            )
            .sort("0", nulls_last=True)
        )


class TargetEncode(Estimator[TargetMeans]):
    """Replace each category by the mean of a target in its rows, drawn towards the mean of all rows.

    The fewer rows a category has, the more it is drawn: with a number m as `smooth`, its n rows count against m rows
    of the mean of all; `auto` chooses by how far the target is spread within the category and over all rows (as
    scikit-learn does). Null is a category of its own, and rows without a target teach nothing. Numbers that are used to
    train on the very rows that they were learned from tell it too much: fit on other rows where that matters.
    """

    operator = "encode.target"

    columns: Columns = Field(description="columns of text, integers or booleans; each is encoded by itself")
    target: ColumnName = Field(description="column of numbers or booleans whose mean is taken")
    smooth: Literal["auto"] | Annotated[float, Field(ge=0)] = Field(
        default="auto", description="how many rows the mean of all counts for, or `auto`"
    )
    output: NewColumn | None = Field(
        default=None,
        description="name of a new column, put last; by default the column is replaced (one column only)",
    )
    unseen: NullWord[Literal["mean", "null", "error"]] = Field(
        default="mean",
        description=(
            "what becomes of a category not seen in the fit: the mean of all rows, null, or the run fails"
            " (but for null, which stays null)"
        ),
    )
    max_categories: int = Field(default=1000, ge=1, description=MOST)

    @model_validator(mode="after")
    def _one_output(self) -> Self:
        if self.output is not None and self.columns.resolved and len(self.columns) != 1:
            raise ValueError("`output` names one column, so there must be one column to encode")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, or one new column."""
        self._suit(schema)
        made = {c: c for c in self.columns}
        if self.output is not None:
            if len(self.columns) != 1:
                raise NodeError(
                    f"`output` names one column, and {len(self.columns)} are to be encoded", code="WF402"
                )
            require_new(schema, [self.output], besides=self.columns)
            made = {self.columns[0]: self.output}
        return Effect(makes={n: Made(of=(c, self.target), dtype=FLOAT64) for c, n in made.items()})

    def _suit(self, schema: Schema) -> None:
        require_categories(schema, self.columns)
        if self.target in self.columns:
            raise NodeError(
                f"column '{self.target}' is the target, and cannot be encoded by it", code="WF402"
            )
        dtype = schema.dtype(self.target)
        if dtype is not None and not dtype.is_numeric and dtype.kind != "boolean":
            raise NodeError(
                f"the target '{self.target}' is of type {dtype}, and numbers or booleans have a mean",
                hint="number its categories first: encode.ordinal or encode.map",
                code="WF402",
            )

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """Means and variances, of all rows and by category."""
        del known
        self._suit(schema)
        return [self._all, *(self._each(c) for c in self.columns)]

    @property
    def _all(self) -> Query:
        return Query((self.target,), _All(self.target), max_rows=1)

    def _each(self, name: str) -> Query:
        return Query((name, self.target), _Each(name, self.target), max_rows=self.max_categories + 1)

    def fit(self, answers: Answers) -> TargetMeans:
        """Draw each mean towards that of all."""
        count, overall, variance = answers[self._all].row(0)
        if not count or overall is None:
            raise NodeError(f"the target '{self.target}' has no value to learn from", code="WF614")
        found = {c: answers[self._each(c)].rows() for c in self.columns}
        return TargetMeans(
            categories={c: tuple(label for label, *_ in rows) for c, rows in found.items()},
            means={
                c: tuple(self._drawn(n, mean, within, overall, variance) for _, n, mean, within in rows)
                for c, rows in found.items()
            },
            overall=overall,
        )

    def _drawn(self, n: int, mean: float, within: float, overall: float, variance: float) -> float:
        if self.smooth != "auto":
            return (n * mean + self.smooth * overall) / (n + self.smooth)
        whole = n * variance + within
        share = n * variance / whole if whole else 0.0
        return share * mean + (1 - share) * overall

    def transform(self, table: Table, trained: TargetMeans) -> Table:
        """Replace the categories."""
        schema = portable.schema_of(table)
        made = []
        for name, labels in trained.categories.items():
            dtype = schema[name].dtype
            assert dtype is not None
            value = plain(name, dtype)
            default: nw.Expr | None = nw.lit(trained.overall, dtype=nw.Float64)
            if self.unseen == "null":
                default = None
            elif self.unseen == "error":
                message = f"column '{name}' holds a category that was not seen when the node was fitted"
                default = portable.fail_when(~value.is_null(), "WF610", message, FLOAT64)
            pairs = list(zip(labels, trained.means[name], strict=True))
            made.append(portable.map_values(value, pairs, default, FLOAT64).alias(self.output or name))
        return table.with_columns(*made)

    def to_pandas(self, code: PandasCode, trained: TargetMeans) -> None:
        """As `Series.map`."""
        if code.learn:
            code.refuse("means of a target are not learned anew in exported code")
            return
        code.describe(f"Replace categories by what {self.target} is on average")
        made = []
        for name, labels in trained.categories.items():
            pairs = dict(zip(labels, trained.means[name], strict=True))
            missing = pairs.pop(None, trained.overall if self.unseen == "mean" else None)
            known = code.constant(f"means_{name}" if len(self.columns) > 1 else "means", pairs)
            text = f'{column(name)}.map({known}).astype("float64")'
            if self.unseen == "error":
                code.write(f"{code.helper(CHECK_KNOWN)}({column(name)}, {known})")
            elif self.unseen == "mean":
                text += f".fillna({trained.overall!r})"
            if missing is not None:
                text += f".where({column(name)}.notna(), {literal(missing)})"
            made.append((self.output or name, text))
        code.write(assign(made))
