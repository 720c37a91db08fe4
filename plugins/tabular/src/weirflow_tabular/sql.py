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


class CustomSql(Transform):
    """Query the table, called `df`, by SQL: one SELECT, which reads nothing but the table.

    It runs in an in-memory DuckDB that can reach no file and no network. Sums of whole numbers are whole numbers of
    64 bits. Rows come in the order of ORDER BY, and without one in an order that the database chooses.

    With `dialect: spark` the query is in Spark's SQL, not in ANSI mode. What has been proven to give the same as Spark
    is translated and answered by the same DuckDB; the page on Spark's SQL lists it. All else is sent to Spark itself
    where the extra `spark` (and Java 17 or newer) is installed, and else refused by name.
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

    def impure(self) -> bool:
        """Whether the query asks the clock, or chance."""
        from weirflow_tabular.sql_volatile import is_volatile

        return is_volatile(self.query, self.dialect)

    def effect(self, schema: Schema) -> Effect:
        """The columns of the answer, each made of any of the table's."""
        if self.dialect == "spark":
            self._require_harmless()
        types = [(c.name, c.dtype) for c in schema.columns]
        if schema.is_open or any(dtype is None for _, dtype in types):
            return Effect.unknown()
        kinds = {n: portable.to_narwhals(d) for n, d in types if d is not None}
        empty = nw.from_dict({n: [] for n in kinds}, schema=kinds, backend="polars").to_native()
        answer = self._answer(empty)
        if answer is None:
            return Effect.unknown()
        made = portable.schema_of(nw.from_native(answer.lazy()))
        every = tuple(kinds)
        makes = {c.name: Made(of=every, dtype=c.dtype) for c in made.columns}
        return Effect(makes=makes, keep=(), rows=Rows.changed(), order=tuple(makes))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Ask."""
        frame = inputs.table.collect(backend="polars").to_native()
        answer = self._answer(frame)
        if answer is None:
            from weirflow_tabular.spark_code import ask

            answer = ask(self.query, frame)
        return nw.from_native(answer.lazy())

    def _answer(self, frame: pl.DataFrame) -> pl.DataFrame | None:
        """What DuckDB says; None where Spark is to be asked."""
        if self.dialect == "duckdb":
            return _answer(self.query, frame)
        from weirflow_tabular.spark_code import has_spark
        from weirflow_tabular.sparksql.run import answer, translated
        from weirflow_tabular.sparksql.types import UnprovenError

        self._require_harmless()
        try:
            made = translated(self.query, frame)
        except UnprovenError:
            if has_spark():
                return None
            raise
        return answer(made, frame)

    def _require_harmless(self) -> None:
        from weirflow_tabular.spark_code import require_harmless
        from weirflow_tabular.sparksql.parse import parse_query

        require_harmless(parse_query(self.query), ("df",))


def _answer(query: str, frame: pl.DataFrame) -> pl.DataFrame:
    import duckdb
    import polars as pl

    from weirflow_tabular.sparksql.run import SHUT

    base: Any
    with duckdb.connect(":memory:", config=dict(SHUT)) as base:
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

    from weirflow_tabular.sparksql.parse import first_line

    naming = (
        duckdb.ParserException,
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.PermissionException,
    )
    text = f": {first_line(error)}" if isinstance(error, naming) else f" with {type(error).__name__}"
    return NodeError(f"the query failed{text}", code="WF402")
