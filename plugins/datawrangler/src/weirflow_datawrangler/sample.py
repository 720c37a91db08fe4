"""The sample of a source that the service works on interactively, for who wants what was seen there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw

from weirflow.api import Effect, Field, Inputs, Interpolated, Rows, Transform
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Parameters, Step

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema, Table

OPERATOR = "datawrangler.sample"

PARAMETER = {
    "type": "string",
    "default": "none",
    "description": "as-saved takes the samples of the sources that the service works on interactively",
}
DECLARED = {"sample": PARAMETER}
"""The parameter of an imported flow that says whether its sources are sampled, where the file has samples."""


class InteractiveSample(Transform):
    """Take the sample of a source that Data Wrangler works on interactively, or all of it.

    A limit takes the first rows. The service draws a share, or a number, at random and in a way that depends on its
    cluster; here these are rows at even distances, so that a run can be repeated.
    """

    operator = OPERATOR
    ordered = True

    take: Literal["none", "as-saved"] = Field(default="none", description="`none` takes all rows")
    limit: int | None = Field(default=None, ge=0, description="how many rows from the first on")
    count: int | None = Field(default=None, ge=0, description="how many rows, evenly over all")
    ratio: float | None = Field(
        default=None, ge=0, le=1, description="which share of the rows, evenly over all"
    )

    def effect(self, schema: Schema) -> Effect:
        """All rows, or fewer; no column decides which."""
        del schema
        return Effect() if self.take == "none" else Effect(rows=Rows.changed(by=()))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """The rows taken."""
        table = inputs.table
        if self.take == "none" or (self.limit, self.count, self.ratio) == (None, None, None):
            return table
        if self.limit is not None:
            return table.head(self.limit)
        import polars as pl

        native: pl.LazyFrame = table.to_native()
        place = max([*native.collect_schema().names(), ""], key=len) + "#"
        share = (
            pl.lit(self.ratio) if self.count is None else (pl.lit(float(self.count)) / pl.len()).clip(0, 1)
        )
        number = pl.col(place)
        taken = ((number + 1) * share).floor() > (number * share).floor()
        return nw.from_native(native.with_row_index(place).filter(taken).drop(place))

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.head`; the whole table is handed on."""
        if self.take == "none":
            code.skip()
        elif self.limit is not None:
            code.describe(f"Keep the first {self.limit:,} rows")
            code.write(f"df = df.head({self.limit})")
        else:
            code.refuse("a sample at even distances has no equal in pandas")


def step_of(node: VendorNode) -> Step | None:
    """The sample of a source, if the file has one."""
    given = Parameters(node.sampling, node)
    made: dict[str, Any] = {"take": Interpolated("${sample}")}
    match node.sampling.get("sampling_method"):
        case "sample_by_limit":
            made["limit"] = given.integer("limit_rows", 50_000)
        case "sample_by_count":
            made["count"] = given.integer("sample_size", 50_000)
        case "sample_by_ratio":
            ratio = given.number("sample_ratio", 1.0)
            if ratio >= 1:
                return None
            made["ratio"] = ratio
        case _:
            return None
    return Step(OPERATOR, made)
