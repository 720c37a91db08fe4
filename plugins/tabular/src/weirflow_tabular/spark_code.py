"""What is sent to Spark: snippets, expressions and queries."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError
from weirflow_tabular.spark_session import blamed, through_spark, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import polars as pl
    from pyspark.sql import DataFrame, SparkSession
    from sqlglot import exp

_REFUSED = frozenset({"reflect", "java_method", "try_reflect"})
"""Functions of Spark's that call any method of Java."""


def has_spark() -> bool:
    """Whether expressions can be sent to Spark here."""
    return find_spec("pyspark") is not None


def run_spark_snippet(code: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Run a snippet on a Spark frame called `df`, and take `df` back. Raises NodeError."""
    from weirflow_tabular.snippet import NAME, execute, left

    def work(spark: SparkSession, df: DataFrame) -> Any:
        from pyspark.sql import DataFrame

        return left(execute(code, {"df": df, "spark": spark}, frame.columns), DataFrame)

    def explain(error: Exception) -> NodeError:
        line, raised = blamed(error, NAME)
        place = f"line {line} of the snippet" if line else "what the snippet made, when it was computed,"
        text = told(error) if raised == type(error).__name__ else ""
        return NodeError(f"{place} raised {raised}" + (f": {text}" if text else ""), code="WF608")

    return _sent(frame, work, explain)


def compute(expression: str, output: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The table with a column computed by an expression of Spark's SQL. Raises NodeError."""

    def work(_: SparkSession, df: DataFrame) -> DataFrame:
        from pyspark.sql.functions import expr

        return df.withColumn(output, expr(expression))

    return _sent(frame, work, lambda e: NodeError(f"Spark refuses the formula: {told(e)}", code="WF402"))


def ask(query: str, frame: pl.DataFrame) -> pl.DataFrame:
    """What a query of Spark's SQL gives, in which `df` is the table. Raises NodeError."""

    def work(spark: SparkSession, df: DataFrame) -> DataFrame:
        df.createOrReplaceTempView("df")
        return spark.sql(query)

    return _sent(frame, work, lambda e: NodeError(f"Spark refuses the query: {told(e)}", code="WF402"))


def _sent(
    frame: pl.DataFrame,
    work: Callable[[SparkSession, DataFrame], Any],
    explain: Callable[[Exception], NodeError],
) -> pl.DataFrame:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        try:
            return through_spark(frame, work)
        except NodeError:
            raise
        except Exception as error:
            if told(error) is None:
                raise
            raise explain(error) from None


def require_harmless(tree: exp.Expression | exp.Query, tables: Iterable[str] = ()) -> None:
    """That an expression or a query reads nothing but these tables and calls nothing of Java. Raises NodeError."""
    from sqlglot import exp

    for call in tree.find_all(exp.Func):
        name = call.name if isinstance(call, exp.Anonymous) else call.sql_name()
        if name.lower() in _REFUSED:
            raise NodeError(f"`{name.lower()}` calls any code there is, and is refused", code="WF402")
    known = {*tables, *(c.alias.lower() for c in tree.find_all(exp.CTE))}
    for table in tree.find_all(exp.Table):
        if table.db or table.catalog or table.name.lower() not in known:
            raise NodeError(
                f"there is no table '{table.sql('spark')}'", hint="the table is called df", code="WF402"
            )
