"""Text as numbers that are alike where the text is."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
from pydantic import Field

from weirflow.api import (
    FLOAT64,
    Answers,
    ColumnName,
    DType,
    Effect,
    Estimator,
    Made,
    NewColumn,
    TrainedParameters,
)
from weirflow_tabular.checks import require_new, require_text
from weirflow_tabular.hashing import java_integers, text_places

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from weirflow.api import Schema, Statistic, Table

_PRIME = 2038074743  # Spark's, of its min-hash
_HALF = (2**31 - 1) / 2
_PLACES = 2**18
_BLANK = re.compile(r"[ \t\n\x0b\f\r]+")
_BATCH = 4096  # texts that are worked on at once: a table of their parts is held


class HashFunctions(TrainedParameters):
    """The factor and the summand of each hash function."""

    coefficients: tuple[tuple[int, int], ...]


class SimilarityEncode(Estimator[HashFunctions]):
    """Make numbers of text such that texts alike have many in common, as of names that are written differently.

    The text, in lower case and with one blank for each white space, is cut into parts of three characters, from a
    blank put before it to its last two. Each part is hashed to a place x, and number i is the least
    (a (x + 1) + b) mod 2038074743 over the parts, brought between -1 and 1; two texts agree in as large a share of
    the numbers as their parts have in common. The hashes are those of Spark's HashingTF and MinHashLSH. Factors a and
    summands b come from the seed alone, and nothing is learned from the data. Null counts as a blank. New columns come
    last: `{output}_0`, `{output}_1` and so on, or one of lists.
    """

    operator = "encode.similarity"

    column: ColumnName = Field(description="column of text")
    output: NewColumn | None = Field(
        default=None,
        description="name of the new column, or prefix of their names; by default the column's name",
    )
    dimensions: int = Field(default=30, ge=1, le=10_000, description="how many numbers are made of each text")
    to: Literal["columns", "vector"] = Field(
        default="columns", description="a column for each number, or one of lists"
    )
    keep_original: bool = Field(default=False, description="keep the column of text")
    seed: int = Field(default=0, description="where the hash functions are drawn from")

    @property
    def _names(self) -> list[str]:
        name = self.column if self.output is None else self.output
        return [name] if self.to == "vector" else [f"{name}_{i}" for i in range(self.dimensions)]

    def effect(self, schema: Schema) -> Effect:
        """Columns of numbers, or one of lists."""
        require_text(schema, [self.column])
        names = self._names
        require_new(schema, names, besides=() if self.keep_original else [self.column])
        dtype = DType("list", FLOAT64) if self.to == "vector" else FLOAT64
        return Effect(
            makes={n: Made(of=(self.column,), dtype=dtype) for n in names},
            drops=() if self.keep_original else (self.column,),
        )

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """Nothing."""
        del known
        require_text(schema, [self.column])
        return []

    def fit(self, answers: Answers) -> HashFunctions:
        """Draw the hash functions."""
        del answers
        drawn = islice(java_integers(self.seed, _PRIME - 1), 2 * self.dimensions)
        return HashFunctions(coefficients=tuple((1 + a, b) for a, b in zip(drawn, drawn, strict=True)))

    def transform(self, table: Table, trained: HashFunctions) -> Table:
        """Hash the parts of each text."""
        import numpy as np
        import polars as pl

        functions = np.array(trained.coefficients, dtype=np.int64).reshape(-1, 2)[: self.dimensions]

        def hashed(text: pl.Series) -> pl.Series:
            return _hashed(text, functions)

        native: pl.LazyFrame = table.to_native()
        there = native.collect_schema().names()
        names = self._names
        vectors = (
            pl.col(self.column)
            .cast(pl.String)
            .fill_null(" ")
            .map_batches(hashed, return_dtype=pl.List(pl.Float64), is_elementwise=True)
        )
        drops = [] if self.keep_original or self.column in names else [self.column]
        if self.to == "vector":
            return nw.from_native(native.with_columns(vectors.alias(names[0])).drop(drops))
        free = max([*there, *names], key=len) + "#"
        each = [pl.col(free).list.get(i).alias(name) for i, name in enumerate(names)]
        return nw.from_native(native.with_columns(vectors.alias(free)).with_columns(each).drop(free, *drops))


def parts(text: str) -> list[str]:
    """Three characters each, as Spark's NGram writes them, with the two at the end as the last part."""
    letters = [" ", *(_BLANK.sub(" ", text.lower()) or " "), ""]
    return [" ".join(letters[i : i + 3]) for i in range(len(letters) - 2)]


def _hashed(texts: pl.Series, functions: npt.NDArray[np.int64]) -> pl.Series:
    import polars as pl

    distinct = texts.unique(maintain_order=True)
    batches = [distinct.slice(start, _BATCH).to_list() for start in range(0, len(distinct), _BATCH)]
    nothing = pl.Series([], dtype=pl.List(pl.Float64))
    vectors = pl.concat([nothing, *(_batch(batch, functions) for batch in batches)])
    known = pl.DataFrame({"text": distinct, "vector": vectors})
    rows = pl.DataFrame({"text": texts}).join(known, on="text", how="left", maintain_order="left")
    return rows["vector"].alias(texts.name)


def _batch(texts: list[str], functions: npt.NDArray[np.int64]) -> pl.Series:
    import numpy as np
    import polars as pl

    each = [parts(text) for text in texts]
    place = {part: i for i, part in enumerate(dict.fromkeys(p for row in each for p in row))}
    hashes = text_places(list(place), _PLACES)[:, None]
    values = ((1 + hashes) * functions[:, 0] + functions[:, 1]) % _PRIME
    starts = np.cumsum([0, *(len(row) for row in each[:-1])])
    every = values[[place[p] for row in each for p in row]]
    least = np.minimum.reduceat(every, starts, axis=0)
    return pl.Series(values=(least - _HALF) / _HALF).arr.to_list()
