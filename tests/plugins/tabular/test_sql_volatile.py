"""Which SQL gives something else at another time."""

import duckdb
import pytest

from weirflow_tabular.formula import Formula
from weirflow_tabular.sql import CustomSql
from weirflow_tabular.sql_volatile import is_volatile

OTHER = {"setseed", "setval", "currval", "sleep_ms", "write_log", "error", "stats", "vector_type"}
"""Of DuckDB's volatile functions those that neither a clock nor chance decides."""


@pytest.mark.parametrize(
    "text",
    [
        "datediff(current_date, born)",
        "CURRENT_DATE()",
        "year(now ( )) - year(born)",
        "unix_timestamp() - at",
        "unix_timestamp(current_timestamp())",
        "rand() < 0.5",
        "concat(uuid(), id)",
    ],
)
def test_formulas_that_are_never_the_same(text):
    assert is_volatile(text, "spark")
    assert Formula(formula=text, output="x").impure()


@pytest.mark.parametrize(
    "text",
    [
        "concat(day, 'now()')",
        "`current_date` + 1",
        "now + 1",
        "unix_timestamp(at)",
        "rand(7)",
        "sample * 2",
        "a -- now()",
        "to_date(day) > '2020-01-01'",
        "'not closed",
    ],
)
def test_formulas_that_are(text):
    assert not is_volatile(text, "spark")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT age(born) FROM df",
        "SELECT *, today() AS day FROM df",
        "SELECT * FROM df ORDER BY random()",
        "SELECT * FROM df USING SAMPLE 5",
        "SELECT * FROM df TABLESAMPLE 10%",
    ],
)
def test_queries_that_are_never_the_same(query):
    assert CustomSql(query=query).impure()


def test_a_query_that_is():
    assert not CustomSql(query="SELECT sample, avg(pay) AS now FROM df GROUP BY 1").impure()


def test_what_duckdb_says_of_its_functions():
    """Those that it calls volatile, but for what tells of the connection."""
    asked = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability = 'VOLATILE'"
    names = {n for (n,) in duckdb.sql(asked).fetchall()} - OTHER
    left = {n for n in names if not n.startswith("current_") and not is_volatile(f"SELECT {n}()", "duckdb")}
    assert left == set()
