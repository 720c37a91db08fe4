"""Principal components: many numbers as few that hold most of what they tell."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, Any, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    FLOAT64,
    Answers,
    Columns,
    DType,
    Effect,
    Estimator,
    Made,
    NodeError,
    Query,
    TrainedParameters,
    portable,
)
from weirflow_tabular.checks import require_new, require_numeric
from weirflow_tabular.covariance import Moments, Scores, as_lists, is_vector, merged
from weirflow_tabular.pandas_text import literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from weirflow.api import PandasCode, Schema, Statistic, Table


class Components(TrainedParameters):
    """What was learned of each column or element, in order: its mean and deviation, and its part in each component.

    `components` are vectors of length 1, of which `variances` and `shares` say how much they explain.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    components: tuple[tuple[float, ...], ...]
    variances: tuple[float, ...]
    shares: tuple[float, ...]


class PrincipalComponents(Estimator[Components]):
    """Reduce columns of numbers, or the elements of a vector, to their principal components.

    The components are the directions in which rows differ most, one at right angles to the other; each new number says
    how far a row lies in one of them. With `components` there are so many, with `variance` as many as explain that
    share of the variance. Of its two directions a component has the one in which its largest part is positive, the
    first one of equal parts. A row with a missing value is left out of the fit, and gets null.
    """

    operator = "vectors.pca"

    columns: Columns = Field(
        description="columns of numbers, or one column of vectors (lists of numbers, or sparse vectors)"
    )
    components: int | None = Field(default=None, ge=1, description="how many components to make")
    variance: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="which share of the variance they explain at least; or `components`",
    )
    center: bool = Field(
        default=True,
        description="subtract means from the numbers; without it the new numbers are shifted, and the same else",
    )
    scale: bool = Field(
        default=False,
        description="divide by the sample standard deviations first, so that all weigh the same",
    )
    to: Literal["columns", "vector"] = Field(
        default="columns",
        description="a column for each component, `{prefix}_0` and so on, or one column, `{prefix}`, of lists",
    )
    prefix: str = Field(default="pca", description="what the new names begin with, or the name of the vector")
    drop: bool = Field(default=True, description="remove the columns that were reduced")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.components is None) == (self.variance is None):
            raise ValueError("give either `components` or `variance`")
        return self

    def effect(self, schema: Schema) -> Effect:
        """The components, last; how many, only the fit may tell."""
        self._check(schema)
        if self.to == "columns" and self.components is None:
            return Effect(opens={f"{self.prefix}_": tuple(self.columns)}, drops=self._drops)
        return self._effect(schema, self.components or 0)

    def trained_effect(self, schema: Schema, trained: Components) -> Effect:
        """The components by name."""
        self._check(schema)
        return self._effect(schema, len(trained.components))

    @property
    def _drops(self) -> tuple[str, ...]:
        return tuple(self.columns) if self.drop else ()

    def _names(self, count: int) -> list[str]:
        return [f"{self.prefix}_{i}" for i in range(count)]

    def _effect(self, schema: Schema, count: int) -> Effect:
        names = self._names(count) if self.to == "columns" else [self.prefix]
        require_new(schema, names)
        dtype = FLOAT64 if self.to == "columns" else DType("list", FLOAT64)
        return Effect(makes={n: Made(of=tuple(self.columns), dtype=dtype) for n in names}, drops=self._drops)

    def _check(self, schema: Schema) -> None:
        if not self.columns:
            raise NodeError("it has no columns to reduce", hint="name some in `columns`", code="WF402")
        known = [schema.dtype(c) for c in self.columns]
        if len(known) == 1 and (known[0] is None or is_vector(known[0])):
            return
        require_numeric(schema, self.columns)
        self._check_count(len(known))

    def _check_count(self, width: int) -> None:
        if self.components is not None and self.components > width:
            raise NodeError(
                f"{width} {'number has' if width == 1 else 'numbers have'} no {self.components} components",
                hint="lower `components`",
                code="WF402",
            )

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """Means, and how the numbers vary together."""
        del known
        self._check(schema)
        return [self._query]

    @property
    def _query(self) -> Query:
        return Query(tuple(self.columns), Moments(tuple(self.columns)), max_rows=1_000_000)

    def fit(self, answers: Answers) -> Components:
        """The directions of the greatest variance: the eigenvectors of the covariances."""
        import numpy as np

        named = ", ".join(f"'{c}'" for c in self.columns)
        rows, mean, products = merged(answers[self._query], named)
        self._check_count(len(mean))
        covariance = products / (rows - 1)
        deviation = np.ones(len(mean))
        if self.scale:
            deviation = np.sqrt(np.diag(covariance))
            deviation[deviation < 1e-14 * np.abs(mean)] = 0  # the same value, but for rounding
            covariance /= np.outer(*[np.where(deviation == 0, 1, deviation)] * 2)
        variances, vectors = np.linalg.eigh(covariance)
        variances, vectors = np.maximum(variances[::-1], 0), vectors[:, ::-1].T
        size = np.abs(vectors)
        largest = np.argmax(size >= size.max(axis=1, keepdims=True) * (1 - 1e-9), axis=1)
        vectors = vectors * np.where(vectors[np.arange(len(vectors)), largest] < 0, -1, 1)[:, None]
        shares = variances / (variances.sum() or 1)
        count = self.components or int((np.cumsum(shares) < (self.variance or 1) - 1e-12).sum()) + 1
        return Components(
            mean=tuple(mean.tolist()),
            deviation=tuple(deviation.tolist()),
            components=tuple(tuple(v) for v in vectors[:count].tolist()),
            variances=tuple(variances[:count].tolist()),
            shares=tuple(shares[:count].tolist()),
        )

    def _weights(self, trained: Components) -> list[list[float]]:
        """What each number counts in each component; one that did not vary counts nothing where it is scaled."""
        divided = [1 / d if d else 0.0 for d in trained.deviation]
        return [[w * d for w, d in zip(v, divided, strict=True)] for v in trained.components]

    def _less(self, trained: Components) -> list[float]:
        return list(trained.mean) if self.center else [0.0] * len(trained.mean)

    def transform(self, table: Table, trained: Components) -> Table:
        """How far each row lies in each direction."""
        import polars as pl

        dtype = portable.schema_of(table).dtype(self.columns[0])
        native: pl.LazyFrame = table.to_native()
        if dtype is not None and is_vector(dtype):
            native, scores = self._of_vectors(native, trained)
        else:
            less = dict(zip(self.columns, self._less(trained), strict=True))
            scores = [
                pl.fold(  # from left to right, as pandas adds; a null is null for all
                    pl.lit(0.0),
                    add,
                    [(pl.col(c).cast(pl.Float64) - less[c]) * w for c, w in zip(less, weights, strict=True)],
                )
                for weights in self._weights(trained)
            ]
        kept = [c for c in table.collect_schema().names() if c not in self._drops]
        scores = [s.fill_nan(None) for s in scores]  # as of infinite values
        if self.to == "columns":
            made = [s.alias(n) for n, s in zip(self._names(len(scores)), scores, strict=True)]
        else:
            whole = pl.when(scores[0].is_not_null()).then(pl.concat_list(scores))
            made = [whole.alias(self.prefix)]
        new = [n.meta.output_name() for n in made]
        return nw.from_native(native.with_columns(made).select(*kept, *new))

    def _of_vectors(self, native: pl.LazyFrame, trained: Components) -> tuple[pl.LazyFrame, list[pl.Expr]]:
        import polars as pl

        (name,), width = self.columns, len(trained.mean)
        kinds = native.collect_schema()
        lists, wrong = ("".join(kinds.names()) + "#" * i for i in (1, 2))
        other = (pl.col(lists).list.len() != width).alias(wrong)
        message = f"column '{name}' holds vectors of another length than the {width} that were learned from"
        fails = portable.fail_when(nw.col(wrong), "WF613", message, FLOAT64).alias(wrong)
        native = native.with_columns(as_lists(name, kinds[name]).alias(lists)).with_columns(other)
        whole = ~pl.col(wrong) & ~pl.col(lists).list.eval(pl.element().is_null()).list.any()
        native = native.with_columns(pl.when(whole).then(lists).alias(lists))
        native = nw.from_native(native).with_columns(fails).to_native()
        scores = Scores(tuple(self._less(trained)), tuple(map(tuple, self._weights(trained))))
        found = pl.col(lists).map_batches(scores, return_dtype=pl.List(pl.Float64), is_elementwise=True)
        native = native.with_columns(found.alias(lists))
        each = (pl.col(lists).list.get(i, null_on_oob=True) for i in range(len(trained.components)))
        return native, [pl.coalesce(score, wrong) for score in each]

    def to_pandas(self, code: PandasCode, trained: Components) -> None:
        """As sums of products."""
        dtype = code.schema.dtype(self.columns[0])
        if self.to == "vector" or (dtype is not None and is_vector(dtype)):
            code.refuse("vectors have no short form in pandas")
            return
        code.describe(f"Reduce {len(self.columns)} columns to {len(trained.components)} principal components")
        names = list(self.columns)
        weights = code.value("weights", [dict(zip(names, w, strict=True)) for w in self._weights(trained)])
        value = 'df[name].astype("float64")'
        if self.center:
            value = f"({value} - {code.value('mean', dict(zip(names, trained.mean, strict=True)))}[name])"
        dropped = f".drop(columns={literal(names)})" if self.drop else ""
        code.write(
            f"""
            made = {{}}
            for number, weights in enumerate({weights}):
                made[{literal(self.prefix + "_")} + str(number)] = sum({value} * w for name, w in weights.items())
            df = pd.concat([df{dropped}, pd.DataFrame(made, index=df.index)], axis=1)
            """
        )
        code.use("import pandas as pd")
