# ruff: noqa: E501, DTZ001 -- the table has awkward values, and times without a zone
"""A table of awkward values, here and in Spark; what expressions give of it there and here, and when these are equal."""

from __future__ import annotations

import math
import warnings
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from weirflow_tabular.sparksql import queries, run

FRAME = pl.DataFrame(
    {
        "x": [0.1, -2.5, 1e10, 3.0, None, 0.0, -0.4, 7.5, 1e300, -1e-7, 2.345, 1.005, -0.5, 2.5],
        "y": [3.0, 0.0, -1.5, None, 2.0, 0.0, 1.0, 0.25, -1e300, 10.0, 0.5, -7.0, 1e-9, 3.0],
        "n": [1, -7, 0, None, 5, 2**40, 3, 0, -(2**63), 2**63 - 1, 12, -1, 7, 100],
        "m": [2, 0, -3, 4, None, 9, 3, 1, -1, 2**31 - 1, -(2**31), 7, 12, -5],
        "t": ["a", "Bc", "", None, "12", "3.7", "true", "ß é", " x ", "a,b,,c", "a%b_c", "2020-02-30", "İΣ", "\t1e2\n"],
        "u": ["a", "c", "b", "x", None, ".", "TRUE", "é", " ", ",", "%", "2020-02-29", "i", "2020-1-5 3:04:05.6"],
        "b": [True, False, None, True, False, None, True, False, True, True, False, None, False, True],
        "d": [
            date(2020, 2, 29), date(2019, 12, 31), date(1970, 1, 1), None, date(1969, 12, 28), date(2000, 1, 2),
            date(1600, 3, 1), date(2024, 8, 31), date(2023, 1, 1), date(2021, 1, 3), date(2020, 12, 31),
            date(1900, 2, 28), date(2016, 2, 29), date(2022, 11, 30),
        ],
        "s": [
            datetime(2020, 2, 29, 23, 59, 59, 999999), datetime(2019, 1, 1), datetime(1969, 12, 31, 23, 59, 59, 500000),
            datetime(1970, 1, 1), None, datetime(2000, 1, 31, 12, 30), datetime(1850, 7, 4, 1, 2, 3), datetime(2024, 3, 31, 6),
            datetime(2024, 2, 29, 6), datetime(2021, 10, 31, 2, 30), datetime(2020, 3, 1, 0, 0, 1), datetime(2038, 1, 19, 3, 14, 8),
            datetime(2022, 11, 30), datetime(2022, 12, 31, 23, 0),
        ],
        "q": [
            Decimal(v) if v else None
            for v in ("1.25", "-0.05", "0.00", None, "99999999.99", "-2.50", "0.01", "7.75", "1.00", "3.15", "-1.25", "", "5.00", "10.10")
        ],
    },
    schema_overrides={"m": pl.Int32, "q": pl.Decimal(10, 2)},
)  # fmt: skip
TYPES = (
    "x double, y double, n bigint, m int, t string, u string, b boolean, d date, s timestamp, q decimal(10,2)"
)


@pytest.fixture(scope="session")
def frame():
    """The table."""
    return FRAME


@pytest.fixture(scope="module")
def there(spark):
    """The table as Spark has it, by the name df too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = spark.createDataFrame(FRAME.rows(), TYPES).coalesce(1)
    table.createOrReplaceTempView("df")
    return table


@pytest.fixture(scope="session")
def plain():
    """A value, with null for what is no number: neither is equal to itself."""
    return _plain


def _plain(value):
    return None if isinstance(value, float) and math.isnan(value) else value


@pytest.fixture(scope="session")
def told():
    """What Spark gives for expressions of its table: types and values, by expression."""
    return _told


def _told(table, expressions):
    found = {}
    for start in range(0, len(expressions), 80):
        part = expressions[start : start + 80]
        made = table.selectExpr(*(f"{e} as z{i}" for i, e in enumerate(part)))
        rows = made.collect()
        for i, e in enumerate(part):
            found[e] = made.schema[i].dataType.simpleString(), [_plain(r[i]) for r in rows]
    return found


@pytest.fixture(scope="session")
def ours():
    """What we give for an expression: type and values."""
    return _ours


def _ours(expression):
    columns = tuple((n, run.of_polars(k, i)) for i, (n, k) in enumerate(FRAME.schema.items()))
    kind = str(queries.expression(expression, columns).type)
    compute, dtype = run.computing(expression, FRAME.clear())
    made = compute(FRAME)
    assert made.dtype == dtype
    return kind, made.to_list()


@pytest.fixture(scope="session")
def same():
    """Whether values are equal, with their types; where they are `near`, but for the last digits."""
    return _same


def _same(found, values, *, near=False):
    if near:
        return all(
            a == b
            or (
                isinstance(a, float)
                and isinstance(b, float)
                and math.isclose(a, b, rel_tol=2e-14, abs_tol=1e-300)
            )
            for a, b in zip(found, values, strict=True)
        )
    return found == values and all(type(a) is type(b) for a, b in zip(found, values, strict=True))
