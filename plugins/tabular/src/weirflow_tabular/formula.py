"""A column computed by an expression of Spark's SQL."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import narwhals as nw
from pydantic import Field

from weirflow.api import (
    Effect,
    Inputs,
    Made,
    NewColumn,
    NodeError,
    Transform,
    did_you_mean,
    portable,
)

if TYPE_CHECKING:
    import polars as pl
    from sqlglot import exp

    from weirflow.api import Schema, Table


class Formula(Transform):
    """Compute a column by an expression of Spark's SQL, as `0.3 * energy + floor(tempo)`.

    What has been proven to give the same as Spark (not in ANSI mode) is computed here: arithmetic, in which whole
    numbers divided are fractions, what is divided by zero is null, and `0.5` is a decimal; comparisons, `between`,
    `in`, `like`, `rlike`; `and`, `or`, `not`, `is null`; `case`, `if`, `coalesce`, `nullif`, `greatest`, `least`;
    `cast`; and the functions of numbers, text, dates and times that the page on Spark's SQL lists. All else is sent
    to Spark itself where the extra `spark` is installed, which needs the whole table in memory, and else refused by
    name. Names of columns may stand in backticks. A column that is there is replaced; a new one comes last.
    """

    operator = "custom.formula"
    revision = 2

    formula: str = Field(min_length=1, description="the expression")
    output: NewColumn = Field(description="name of the column that it gives")

    @cached_property
    def _parsed(self) -> exp.Expression:
        from weirflow_tabular.spark_code import require_harmless
        from weirflow_tabular.sparksql.parse import parse_expression

        parsed = parse_expression(self.formula)
        require_harmless(parsed)
        return parsed

    def impure(self) -> bool:
        """Whether the expression asks the clock, or chance."""
        from weirflow_tabular.sql_volatile import is_volatile

        return is_volatile(self.formula, "spark")

    def effect(self, schema: Schema) -> Effect:
        """One column, made of those that the formula names."""
        names = self._names(schema)
        types = {n: schema.dtype(n) for n in names}
        known = {n: portable.to_narwhals(d) for n, d in types.items() if d is not None}
        dtype = None
        if len(known) == len(types):
            empty = nw.from_dict({n: [] for n in known}, schema=known, backend="polars").to_native()
            made = self._computing(empty)
            if made is not None:
                import polars as pl

                dtype = portable.schema_of(nw.from_native(pl.DataFrame(schema={"": made[1]}).lazy()))[
                    ""
                ].dtype
        return Effect(makes={self.output: Made(of=tuple(names), dtype=dtype)})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Compute the column."""
        import polars as pl

        table: pl.LazyFrame = inputs.table.to_native()
        schema = table.collect_schema()
        names = self._names(portable.schema_of(inputs.table)) or list(schema)[:1]
        made = self._computing(schema.to_frame().select(names))
        if made is None:
            from weirflow_tabular.spark_code import compute

            def there(frame: pl.DataFrame) -> pl.DataFrame:
                return compute(self.formula, self.output, frame)

            computed = table.map_batches(there, schema=there(schema.to_frame()).schema)
        else:
            work, kind = made
            column = pl.struct(names).map_batches(
                lambda rows: work(rows.struct.unnest()), return_dtype=kind, is_elementwise=True
            )
            computed = table.with_columns(column.alias(self.output))
        done: Table = nw.from_native(computed)
        return done

    def _names(self, schema: Schema) -> list[str]:
        from sqlglot import exp

        return list(dict.fromkeys(_name(c, schema) for c in self._parsed.find_all(exp.Column)))

    def _computing(self, empty: pl.DataFrame) -> Any:
        """What computes the expression, and the type of it; None where it is to be sent to Spark."""
        from weirflow_tabular.spark_code import has_spark
        from weirflow_tabular.sparksql.run import computing
        from weirflow_tabular.sparksql.types import UnprovenError

        try:
            return computing(self.formula, empty)
        except UnprovenError:
            if has_spark():
                return None
            raise


def _name(column: exp.Column, schema: Schema) -> str:
    """The column that is meant: Spark does not mind the case of names."""
    name = column.name
    if column.table:
        raise NodeError(
            f"'{column.sql()}' is not a column: put a name that has a dot in backticks", code="WF402"
        )
    if name in schema:
        return name
    alike = [n for n in schema.names if n.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    if schema.may_have(name):
        return name
    raise NodeError(f"there is no column '{name}'", hint=did_you_mean(name, schema.names), code="WF401")
