"""A query on the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
from pydantic import Field

from weirflow.api import Effect, Inputs, Made, NodeError, Rows, Schema, Transform, portable

if TYPE_CHECKING:
    import duckdb
    import polars as pl

    from weirflow.api import Table

_SHUT = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


class CustomSql(Transform):
    """Query the table, called `df`, by SQL: one SELECT, which reads nothing but the table.

    It runs in an in-memory DuckDB that can reach no file and no network, or, with `dialect: spark`, on Spark itself
    (extra `spark`, and Java 17 or newer), not in ANSI mode. Sums of whole numbers are whole numbers of 64 bits. Rows
    come in the order of ORDER BY, and without one in an order that the database chooses.
    """

    operator = "custom.sql"
    holds_table = True
    ordered = True

    query: str = Field(
        min_length=1, description="the query, as `SELECT city, avg(pay) AS pay FROM df GROUP BY city`"
    )
    dialect: Literal["duckdb", "spark"] = Field(
        default="duckdb", description="whose SQL it is, and who answers"
    )

    def effect(self, schema: Schema) -> Effect:
        """The columns of the answer, each made of any of the table's."""
        if self.dialect == "spark":
            self._harmless()
            return Effect.unknown()
        types = [(c.name, c.dtype) for c in schema.columns]
        if schema.is_open or any(dtype is None for _, dtype in types):
            return Effect.unknown()
        kinds = {n: portable.to_narwhals(d) for n, d in types if d is not None}
        empty = nw.from_dict({n: [] for n in kinds}, schema=kinds, backend="polars").to_native()
        made = portable.schema_of(nw.from_native(_answer(self.query, empty).lazy()))
        every = tuple(kinds)
        makes = {c.name: Made(of=every, dtype=c.dtype) for c in made.columns}
        return Effect(makes=makes, keep=(), rows=Rows.changed(), order=tuple(makes))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Ask."""
        frame = inputs.table.collect(backend="polars").to_native()
        if self.dialect == "duckdb":
            return nw.from_native(_answer(self.query, frame).lazy())
        from weirflow_tabular.spark_code import ask

        self._harmless()
        return nw.from_native(ask(self.query, frame).lazy())

    def _harmless(self) -> None:
        import sqlglot

        from weirflow_tabular.spark_code import require_harmless

        try:
            trees: list[Any] = list(sqlglot.parse(self.query, read="spark"))
        except sqlglot.errors.SqlglotError as error:
            raise NodeError(f"the query is no SQL of Spark's: {_first_line(error)}", code="WF402") from None
        if len(trees) != 1 or not isinstance(trees[0], sqlglot.exp.Query):
            raise NodeError("the query is not one SELECT", code="WF402")
        require_harmless(trees[0], ("df",))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0]


def _answer(query: str, frame: pl.DataFrame) -> pl.DataFrame:
    import duckdb
    import polars as pl

    base: Any
    with duckdb.connect(":memory:", config=dict(_SHUT)) as base:
        base.execute("SET lock_configuration = true")
        base.register("df", frame.to_arrow())
        try:
            statements = base.extract_statements(query)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise NodeError("the query is not one SELECT", code="WF402")
            made = base.sql(query)
            names = list(made.columns)
            twice = next((n for n in names if names.count(n) > 1), None)
            if twice is not None:
                raise NodeError(f"two columns of the answer are called '{twice}'", code="WF403")
            answer: pl.DataFrame = made.pl()
        except duckdb.Error as error:
            raise _explained(error) from None
    whole = [c for c in answer if isinstance(c.dtype, pl.Decimal) and c.dtype.scale == 0]
    return answer.with_columns(c.cast(pl.Int64) for c in whole)


def _explained(error: duckdb.Error) -> NodeError:
    import duckdb

    naming = (
        duckdb.ParserException,
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.PermissionException,
    )
    text = f": {_first_line(error)}" if isinstance(error, naming) else f" with {type(error).__name__}"
    return NodeError(f"the query failed{text}", code="WF402")
