"""Text cut into tokens, and vectors of which few elements are not 0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_CUT = "\uffff"  # in no text: Unicode gives it no meaning for ever


@dataclass(frozen=True)
class Tokens:
    """How text is cut into tokens."""

    pattern: str
    gaps: bool
    lowercase: bool
    shortest: int

    def __call__(self, text: pl.Expr) -> pl.Expr:
        """The tokens of each text, as lists; those of null are those of empty text."""
        import polars as pl

        text = text.cast(pl.String).fill_null("")
        if self.lowercase:
            text = text.str.to_lowercase()
        if self.gaps:
            # as Java splits: what is empty at the end is no token, unless there is nothing else to be one
            marked = text.str.replace_all(self.pattern, _CUT)
            kept = marked.str.strip_chars_end(_CUT)
            nothing = pl.lit([], dtype=pl.List(pl.String))
            gone = (kept == "") & (marked != "")
            tokens = pl.when(gone).then(nothing).otherwise(kept.str.split(_CUT))
        else:
            tokens = text.str.extract_all(self.pattern)
        if not self.shortest:
            return tokens
        return tokens.list.eval(pl.element().filter(pl.element().str.len_chars() >= self.shortest))


def rarity(rows: int, found: int, fewest: int) -> float:
    """What a term weighs that occurs in so many of the rows: 0 where these are too few, as Spark's IDF has it."""
    return math.log((rows + 1) / (found + 1)) if found >= fewest else 0.0


def sparse_type() -> pl.Struct:
    """What a vector of few terms is made of, as Spark's are."""
    import polars as pl

    return pl.Struct({"size": pl.Int64, "indices": pl.List(pl.Int64), "values": pl.List(pl.Float64)})


def sparse_vectors(elements: pl.DataFrame, rows: int, size: int) -> pl.Series:
    """One vector for each row, of elements that are not 0: their `row`, `index` and `value`, in order."""
    import polars as pl

    found = elements.group_by("row", maintain_order=True).agg("index", "value")
    every = pl.DataFrame({"row": pl.int_range(rows, dtype=pl.Int64, eager=True)})
    vectors = every.join(found, on="row", how="left", maintain_order="left").select(
        pl.struct(
            size=pl.lit(size, dtype=pl.Int64),
            indices=pl.col("index").fill_null(pl.lit([], dtype=pl.List(pl.Int64))),
            values=pl.col("value").fill_null(pl.lit([], dtype=pl.List(pl.Float64))),
        )
    )
    return vectors.to_series()


def dense_vectors(elements: pl.DataFrame, rows: int, size: int) -> pl.Series:
    """The same vectors as lists of all their elements."""
    import polars as pl

    if not rows:
        return pl.Series([], dtype=pl.List(pl.Float64))
    flat = pl.zeros(rows * size, dtype=pl.Float64, eager=True)
    flat = flat.scatter(elements["row"] * size + elements["index"], elements["value"])
    return flat.reshape((rows, size)).arr.to_list()
