"""Text as numbers: how often terms occur in it, without a vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
from pydantic import Field, field_validator

from weirflow.api import (
    FLOAT64,
    Answers,
    ColumnName,
    DType,
    Effect,
    Estimator,
    Made,
    NewColumn,
    Query,
    RowCount,
    TrainedParameters,
)
from weirflow_tabular.checks import require_new, require_text
from weirflow_tabular.hashing import text_places
from weirflow_tabular.text_edit import check_finding
from weirflow_tabular.text_tokens import Tokens, dense_vectors, rarity, sparse_type, sparse_vectors

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from weirflow.api import Schema, Statistic, Table


class PlaceWeights(TrainedParameters):
    """The weight of each place in which a term of the fit fell, and that of all others; empty where not weighted."""

    weights: dict[int, float] = Field(default_factory=dict)
    others: float = 1.0


@dataclass(frozen=True)
class _Places:
    """In how many rows each place occurs."""

    column: str
    tokens: Tokens
    features: int

    def __call__(self, table: Table) -> Table:
        import polars as pl

        native: pl.LazyFrame = table.to_native()
        counted = (
            native.select(index=self.tokens(pl.col(self.column)))
            .with_row_index("row")
            .explode("index")
            .drop_nulls("index")
            .with_columns(
                pl.col("index").map_batches(self.placed, return_dtype=pl.Int64, is_elementwise=True)
            )
            .unique(["row", "index"])
        )
        return nw.from_native(counted.group_by("index").agg(rows=pl.len()).sort("index"))

    def placed(self, terms: pl.Series) -> pl.Series:
        """The place of each term."""
        import polars as pl

        distinct = terms.unique()
        places = pl.Series("index", text_places(distinct.to_list(), self.features), dtype=pl.Int64)
        known = pl.DataFrame({"term": distinct, "index": places})
        found = pl.DataFrame({"term": terms}).join(known, on="term", how="left", maintain_order="left")
        return found["index"].alias(terms.name)

    def counts(self, text: pl.Series) -> pl.DataFrame:
        """How often each place occurs in each row, in order."""
        import polars as pl

        return (
            pl.DataFrame({"index": text})
            .select(index=self.tokens(pl.col("index")))
            .with_row_index("row")
            .explode("index")
            .drop_nulls("index")
            .with_columns(pl.col("index").map_batches(self.placed, return_dtype=pl.Int64))
            .group_by("row", "index")
            .agg(value=pl.len().cast(pl.Float64))
            .sort("row", "index")
            .with_columns(pl.col("row").cast(pl.Int64))
        )


class HashText(Estimator[PlaceWeights]):
    r"""Count how often terms occur in text, each at a place that a hash of it gives: no vocabulary is learned.

    Text is cut into tokens as by `text.vectorise`. The place of a term is MurmurHash3 (seed 42, as in Spark's
    HashingTF) of it modulo `features`; terms that fall in one place are counted together. With `idf`, a count is
    multiplied by ln((rows + 1) / (rows with a term of that place + 1)). Null counts as empty text. The new column
    comes last: of structs of the `size`, the `indices` of the places that occur and their `values`, or of lists.
    """

    operator = "text.hash"

    column: ColumnName = Field(description="column of text")
    output: NewColumn | None = Field(
        default=None, description="name of the new column; `{column}_features` by default"
    )
    to: Literal["sparse", "vector"] = Field(
        default="sparse", description="a struct of the places that occur, or a list of all"
    )
    features: int = Field(default=2**18, ge=1, le=2**24, description="how many places there are")
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
    idf: bool = Field(default=False, description="weight places by how rare they are")
    idf_min_documents: int = Field(
        default=0, ge=0, description="places that occur in fewer rows have the weight 0"
    )

    @field_validator("pattern")
    @classmethod
    def _searchable(cls, pattern: str) -> str:
        return check_finding(pattern)

    @property
    def _name(self) -> str:
        return f"{self.column}_features" if self.output is None else self.output

    @property
    def _places(self) -> _Places:
        tokens = Tokens(self.pattern, self.gaps, self.lowercase, self.min_token_length)
        return _Places(self.column, tokens, self.features)

    def effect(self, schema: Schema) -> Effect:
        """One new column."""
        require_text(schema, [self.column])
        require_new(schema, [self._name], besides=[self.column])
        dtype = DType("struct") if self.to == "sparse" else DType("list", FLOAT64)
        return Effect(makes={self._name: Made(of=(self.column,), dtype=dtype)})

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """How many rows have each place, where it is weighted."""
        del known
        require_text(schema, [self.column])
        return [RowCount(), self._query] if self.idf else []

    @property
    def _query(self) -> Query:
        return Query((self.column,), self._places, max_rows=self.features)

    def fit(self, answers: Answers) -> PlaceWeights:
        """What the places weigh."""
        if not self.idf:
            return PlaceWeights()
        rows, fewest = answers[RowCount()], self.idf_min_documents
        found = answers[self._query].iter_rows()
        weights = {index: rarity(rows, n, fewest) for index, n in found}
        return PlaceWeights(weights=weights, others=rarity(rows, 0, fewest))

    def transform(self, table: Table, trained: PlaceWeights) -> Table:
        """Count the places."""
        import polars as pl

        places = self._places
        known = pl.DataFrame(
            {"index": list(trained.weights), "weight": list(trained.weights.values())},
            schema={"index": pl.Int64, "weight": pl.Float64},
        )

        def counted(text: pl.Series) -> pl.DataFrame:
            counts = places.counts(text).join(known, on="index", how="left", maintain_order="left")
            value = pl.col("value") * pl.col("weight").fill_null(trained.others)
            return counts.select("row", "index", value=value)

        def vectors(text: pl.Series) -> pl.Series:
            made = sparse_vectors if self.to == "sparse" else dense_vectors
            return made(counted(text), len(text), self.features).alias(text.name)

        dtype: pl.DataType = sparse_type() if self.to == "sparse" else pl.List(pl.Float64())
        made = pl.col(self.column).map_batches(vectors, return_dtype=dtype, is_elementwise=True)
        native: pl.LazyFrame = table.to_native()
        return nw.from_native(native.with_columns(made.alias(self._name)))
