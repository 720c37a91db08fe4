"""Text as numbers: how often terms occur in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import narwhals as nw
from pydantic import Field, field_validator, model_validator

from weirflow.api import (
    FLOAT64,
    Answers,
    ColumnName,
    DType,
    Effect,
    Estimator,
    Made,
    NewColumn,
    NodeError,
    Query,
    RowCount,
    TrainedParameters,
)
from weirflow_tabular.checks import require_new, require_text
from weirflow_tabular.text_edit import check_finding
from weirflow_tabular.text_tokens import Tokens, dense_vectors, rarity, sparse_type, sparse_vectors

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from weirflow.api import Schema, Statistic, Table

_DOCUMENTS = "in at least, or at most, how many rows a term occurs; below 1, in which share of them"


class Vocabulary(TrainedParameters):
    """The terms in order, with the weight of each where they are weighted."""

    terms: tuple[str, ...]
    weights: tuple[float, ...] | None = None

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if self.weights is not None and len(self.weights) != len(self.terms):
            raise ValueError(f"{len(self.weights)} weights for {len(self.terms)} terms")
        return self


@dataclass(frozen=True)
class _Terms:
    """The terms that occur often enough, with their counts and in how many rows each counts."""

    column: str
    tokens: Tokens
    in_row: float
    at_least: float
    at_most: float
    most: int

    def __call__(self, table: Table) -> Table:
        import polars as pl

        native: pl.LazyFrame = table.to_native()
        counted = (
            native.select(term=self.tokens(pl.col(self.column)))
            .with_columns(size=pl.col("term").list.len())
            .with_row_index("row")
            .filter(pl.col("size") > 0)
            .explode("term")
            .group_by("row", "term")
            .agg(n=pl.len(), size=pl.col("size").first())
        )
        found = (
            counted.group_by("term")
            .agg(
                count=pl.col("n").sum(),
                rows=pl.len(),
                weighing=(pl.col("n") >= _fewest(self.in_row)).sum(),
            )
            .filter(pl.col("rows") >= self.at_least, pl.col("rows") <= self.at_most)
            .sort("count", "term", descending=[True, False])
            .limit(self.most)
        )
        return nw.from_native(found.select("term", "weighing"))


def _fewest(in_row: float) -> pl.Expr:
    """How often a term must occur in a row of so many tokens."""
    import polars as pl

    return pl.lit(in_row) if in_row >= 1 else pl.col("size") * in_row


class VectoriseText(Estimator[Vocabulary]):
    r"""Count how often each term of a vocabulary occurs in text. The vocabulary is learned: most frequent terms first.

    Text is cut into tokens at white space, in lower case, and each different token is a term; ties are in the order
    of the terms. With `idf`, a count is multiplied by ln((rows + 1) / (rows with the term + 1)). Null counts as empty
    text. As `columns`, there is one of float64 for each term, `{output}_{term}`; as a `vector`, one of lists, as long
    as the vocabulary in each row; as `sparse`, one of structs of the vocabulary's `size`, the `indices` of the terms
    that occur, from 0, and their `values`, which is the only one that is small with many terms. New columns come last.
    """

    operator = "text.vectorise"

    column: ColumnName = Field(description="column of text")
    output: NewColumn | None = Field(
        default=None,
        description="name of the new column, or prefix of their names; `{column}_features` by default",
    )
    to: Literal["columns", "vector", "sparse"] = Field(
        default="columns",
        description="a column for each term, a list of all, or a struct of those that occur",
    )
    pattern: str = Field(
        default=r"\s+", min_length=1, description="regular expression of what stands between tokens"
    )
    gaps: bool = Field(default=True, description="false: the pattern is that of the tokens themselves")
    lowercase: bool = Field(default=True, description="make the text lower case first")
    min_token_length: int = Field(
        default=1,
        ge=0,
        description="fewest characters of a token; 0 has empty ones too: before the first gap, and between two gaps",
    )
    min_term_frequency: float = Field(
        default=1,
        ge=0,
        description="how often a term must occur in a row to count there; below 1, in which share of its tokens",
    )
    min_documents: float = Field(default=1, ge=0, description=_DOCUMENTS)
    max_documents: float | None = Field(default=None, ge=0, description="likewise; by default, in any number")
    max_terms: int = Field(default=1000, ge=1, description="how many terms there are at most")
    binary: bool = Field(default=False, description="1 for each term that counts, however often it occurs")
    idf: bool = Field(default=False, description="weight terms by how rare they are")
    idf_min_documents: int = Field(
        default=0, ge=0, description="terms that count in fewer rows have the weight 0"
    )

    @field_validator("pattern")
    @classmethod
    def _searchable(cls, pattern: str) -> str:
        return check_finding(pattern)

    @property
    def _name(self) -> str:
        return f"{self.column}_features" if self.output is None else self.output

    def _names(self, trained: Vocabulary) -> list[str]:
        return [f"{self._name}_{term}" for term in trained.terms]

    @property
    def _tokens(self) -> Tokens:
        return Tokens(self.pattern, self.gaps, self.lowercase, self.min_token_length)

    def effect(self, schema: Schema) -> Effect:
        """Columns that the fit will name, or one."""
        require_text(schema, [self.column])
        if self.to == "columns":
            return Effect(opens={f"{self._name}_": (self.column,)})
        require_new(schema, [self._name], besides=[self.column])
        dtype = DType("struct") if self.to == "sparse" else DType("list", FLOAT64)
        return Effect(makes={self._name: Made(of=(self.column,), dtype=dtype)})

    def trained_effect(self, schema: Schema, trained: Vocabulary) -> Effect:
        """The columns by name."""
        if self.to != "columns":
            return self.effect(schema)
        require_text(schema, [self.column])
        names = self._names(trained)
        require_new(schema, names)
        return Effect(makes={n: Made(of=(self.column,), dtype=FLOAT64) for n in names})

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """How many rows there are, then the terms."""
        require_text(schema, [self.column])
        rows = known.get(RowCount())
        return [RowCount()] if rows is None else [RowCount(), self._query(rows)]

    def _query(self, rows: int) -> Query:
        def limit(given: float) -> float:
            return given if given >= 1 else given * rows

        most = math.inf if self.max_documents is None else limit(self.max_documents)
        terms = _Terms(
            self.column,
            self._tokens,
            self.min_term_frequency,
            limit(self.min_documents),
            most,
            self.max_terms,
        )
        return Query((self.column,), terms, max_rows=self.max_terms)

    def fit(self, answers: Answers) -> Vocabulary:
        """Learn the terms, and what they weigh."""
        rows = answers[RowCount()]
        found = answers[self._query(rows)]
        if not found.height:
            raise NodeError(
                f"no term of column '{self.column}' occurs in as many rows as are asked for",
                hint="lower `min_documents`, raise `max_documents`, or look at `pattern` and `min_token_length`",
                code="WF614",
            )
        weights = None
        if self.idf:
            weights = tuple(rarity(rows, n, self.idf_min_documents) for n in found["weighing"].to_list())
        return Vocabulary(terms=tuple(found["term"].to_list()), weights=weights)

    def transform(self, table: Table, trained: Vocabulary) -> Table:
        """Count the terms."""
        import polars as pl

        native: pl.LazyFrame = table.to_native()
        count = _Counting(self._tokens, self.min_term_frequency, self.binary, trained)
        sparse = pl.col(self.column).map_batches(
            count.sparse, return_dtype=sparse_type(), is_elementwise=True
        )
        if self.to == "sparse":
            return nw.from_native(native.with_columns(sparse.alias(self._name)))
        dense = pl.col(self.column).map_batches(
            count.dense, return_dtype=pl.List(pl.Float64), is_elementwise=True
        )
        if self.to == "vector":
            return nw.from_native(native.with_columns(dense.alias(self._name)))
        names = self._names(trained)
        free = max([*native.collect_schema().names(), *names], key=len) + "#"
        each = [pl.col(free).list.get(i).alias(name) for i, name in enumerate(names)]
        return nw.from_native(native.with_columns(dense.alias(free)).with_columns(each).drop(free))


class _Counting:
    """Counts the terms of a vocabulary in text."""

    def __init__(self, tokens: Tokens, in_row: float, binary: bool, trained: Vocabulary) -> None:  # noqa: FBT001
        import polars as pl

        self.tokens, self.in_row, self.binary = tokens, in_row, binary
        self.size = len(trained.terms)
        weights = [1.0] * self.size if trained.weights is None else trained.weights
        self.known = pl.DataFrame(
            {"term": trained.terms, "index": range(self.size), "weight": weights},
            schema={"term": pl.String, "index": pl.Int64, "weight": pl.Float64},
        )

    def _counts(self, text: pl.Series) -> pl.DataFrame:
        """The rows and indices of terms that count, in order, with their values."""
        import polars as pl

        weight = pl.col("weight") if self.binary else pl.col("weight") * pl.col("n")
        return (
            pl.DataFrame({"term": text})
            .select(term=self.tokens(pl.col("term")))
            .with_columns(size=pl.col("term").list.len())
            .with_row_index("row")
            .filter(pl.col("size") > 0)
            .explode("term")
            .join(self.known, on="term")
            .group_by("row", "index")
            .agg(n=pl.len(), size=pl.col("size").first(), weight=pl.col("weight").first())
            .filter(pl.col("n") >= _fewest(self.in_row))
            .sort("row", "index")
            .select(pl.col("row").cast(pl.Int64), "index", value=weight)
        )

    def sparse(self, text: pl.Series) -> pl.Series:
        """Structs of the terms that occur."""
        return sparse_vectors(self._counts(text), len(text), self.size).alias(text.name)

    def dense(self, text: pl.Series) -> pl.Series:
        """Lists of all terms."""
        return dense_vectors(self._counts(text), len(text), self.size).alias(text.name)
