"""How numbers vary together, learned from batches of rows, each of which is looked at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from weirflow.api import DType, NodeError
from weirflow_tabular.vectors_assemble import dense

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from weirflow.api import Table

_MOST = 2000
"""Numbers that can be looked at together: what is learned grows with their square."""


def is_vector(dtype: DType) -> bool:
    """Whether a type is that of lists of numbers or of sparse vectors."""
    inner = dtype.inner
    return dtype.kind == "struct" or (dtype.kind == "list" and (inner is None or inner.is_numeric))


def as_lists(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column of vectors as lists of float64. Raises NodeError for structs that are none."""
    import polars as pl

    return dense(name, dtype) if isinstance(dtype, pl.Struct) else pl.col(name).cast(pl.List(pl.Float64))


@dataclass(frozen=True)
class Moments:
    """Of each batch of rows without missing values: how many, their means, and products of differences from these."""

    columns: tuple[str, ...]

    def __call__(self, table: Table) -> Table:
        """A row for each batch; `width` is negative where vectors are not of one length."""
        import polars as pl

        native: pl.LazyFrame = table.to_native()
        kinds = native.collect_schema()
        first = kinds[self.columns[0]]
        if isinstance(first, (pl.List, pl.Struct)):
            native = native.select(as_lists(self.columns[0], first))
        else:
            native = native.select(pl.concat_list(pl.col(c).cast(pl.Float64) for c in self.columns))
        return nw.from_native(
            native.map_batches(
                _moments,
                schema=_kinds(),
                streamable=True,
                slice_pushdown=False,
                predicate_pushdown=False,
                projection_pushdown=False,
            )
        )


def _moments(frame: pl.DataFrame) -> pl.DataFrame:
    import numpy as np
    import polars as pl

    lists = frame.to_series().drop_nulls()
    widths = lists.list.len().unique().to_list()
    lists = lists.filter(~lists.list.eval(pl.element().is_null()).list.any())
    found: dict[str, list[Any]] = {"rows": [], "width": [], "mean": [], "products": []}
    if widths:
        width = int(widths[0]) if len(widths) == 1 else -1
        found = {"rows": [0], "width": [width], "mean": [[]], "products": [[]]}
        if 0 < width <= _MOST and len(lists):
            values = lists.explode().to_numpy().reshape(-1, width)
            with np.errstate(all="ignore"):  # what is infinite is told once all is together
                mean = values.mean(axis=0)
                differences = values - mean
                products = differences.T @ differences
            found |= {"rows": [len(values)], "mean": [mean.tolist()], "products": [products.ravel().tolist()]}
    return pl.DataFrame(found, schema=_kinds())


def _kinds() -> dict[str, pl.DataType]:
    import polars as pl

    numbers = pl.List(pl.Float64())
    return {"rows": pl.Int64(), "width": pl.Int64(), "mean": numbers, "products": numbers}


def merged(
    batches: pl.DataFrame, named: str
) -> tuple[int, np.ndarray[tuple[int], np.dtype[Any]], np.ndarray[tuple[int, int], np.dtype[Any]]]:
    """Rows, means and products of all batches together. Raises NodeError where there is nothing to learn.

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
    """
    import numpy as np

    widths = set(batches["width"].to_list())
    if len(widths) > 1 or -1 in widths:
        raise NodeError(
            f"the vectors of {named} are of several lengths",
            hint="make them equally long first",
            code="WF613",
        )
    if widths and not 0 < (width := widths.pop()) <= _MOST:
        raise NodeError(
            f"the vectors of {named} have {width} elements, and 1 to {_MOST} can be reduced", code="WF402"
        )
    rows, mean, products = 0, np.zeros(0), np.zeros((0, 0))
    for count, means, flat in batches.select("rows", "mean", "products").rows():
        if not count:
            continue
        one, square = np.array(means), np.array(flat).reshape(len(means), -1)
        if not rows:
            rows, mean, products = count, one, square
            continue
        with np.errstate(all="ignore"):
            apart = one - mean
            products = products + square + np.outer(apart, apart) * (rows * count / (rows + count))
            mean = mean + apart * (count / (rows + count))
        rows += count
    if rows < 2:  # noqa: PLR2004
        raise NodeError(
            f"fewer than two rows have all values of {named}, which is too few to learn components from",
            hint="fill missing values first: missing.impute",
            code="WF614",
        )
    if not (np.isfinite(mean).all() and np.isfinite(products).all()):
        raise NodeError(
            f"{named} hold infinite values, or ones too large to compute with",
            hint="filter them out first",
            code="WF402",
        )
    return rows, mean, products


@dataclass(frozen=True)
class Scores:
    """How far vectors lie in directions: sums of their elements, less something, times weights."""

    less: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]

    def __call__(self, vectors: pl.Series) -> pl.Series:
        """A list for each vector; null where there is none."""
        import numpy as np
        import polars as pl

        there = vectors.is_not_null()
        values = vectors.drop_nulls().explode().to_numpy().reshape(-1, len(self.less)) - np.array(self.less)
        # one row after the other, so that what comes of a row does not depend on how many there are
        with np.errstate(all="ignore"):
            scores = np.einsum("ij,kj->ik", values, np.array(self.weights))
        made = pl.Series(vectors.name, scores).cast(pl.List(pl.Float64))
        places = there.cast(pl.Int64).cum_sum() - 1
        return made.gather(pl.select(pl.when(there).then(places)).to_series())
