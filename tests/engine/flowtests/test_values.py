from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from weirflow.flowtests.values import cell, equal, plain
from weirflow.node.schema import DType

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (None, "int64", None),
        (3, "int64", 3),
        (3, "float64", 3.0),
        (True, "boolean", True),
        ("3", "string", "3"),
        ("2024-02-29", "date", date(2024, 2, 29)),
        ("10:30", "time", time(10, 30)),
        ("2024-02-29 10:30", "datetime", datetime(2024, 2, 29, 10, 30)),  # noqa: DTZ001 - local time
        ("2024-02-29T10:30", "datetime[UTC]", datetime(2024, 2, 29, 10, 30, tzinfo=UTC)),
        ("2024-02-29T12:30+02:00", "datetime[UTC]", datetime(2024, 2, 29, 10, 30, tzinfo=UTC)),
        (1.5, "duration", timedelta(seconds=1.5)),
        (0.1, "decimal", Decimal("0.1")),
        ("00ff", "binary", b"\x00\xff"),
        (["2024-01-01", None], "list[date]", [date(2024, 1, 1), None]),
    ],
)
def test_a_cell_and_back(value, dtype, expected):
    got = cell(value, DType.parse(dtype))

    assert got == expected
    assert type(got) is type(expected)
    assert equal(value, got, 0)
    assert equal(plain(got), got, 0)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1.5, "int64"),
        (True, "int64"),
        (True, "float64"),
        (1, "boolean"),
        (1, "string"),
        ("1", "int64"),
        ("2023-02-29", "date"),
        ("2024-02-29T10:30+02:00", "datetime"),
        ("0g", "binary"),
        ([1, "x"], "list[int64]"),
    ],
)
def test_a_value_of_another_type_is_no_cell(value, dtype):
    with pytest.raises(ValueError, match=r"no \w|Invalid|invalid|day|non-hex|time zone"):
        cell(value, DType.parse(dtype))


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (1, True, False),
        (0.3, 0.1 + 0.2, True),
        (1e12, 1e12 + 1, True),  # a share of its size
        (10**12, 10**12 + 1, False),  # integers are exact
        (2**63, 2**63 + 1, False),
        (0, 2e-9, False),
        (float("inf"), float("inf"), True),
        (float("inf"), 1e308, False),
        (None, None, True),
        (None, 0, False),
        ("1", 1, False),
        (0.5, Decimal("0.5"), True),
        ([1, None], [1, None], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"b": 1}, False),
        ("2024-01-01 00:00", datetime(2024, 1, 1), True),  # noqa: DTZ001 - local time
        ("2024-01-01T01:00+01:00", datetime(2024, 1, 1, tzinfo=UTC), True),
        ("2024-01-02", date(2024, 1, 1), False),
        ("no date", date(2024, 1, 1), False),
    ],
)
def test_equal(expected, got, same):
    assert equal(expected, got, 1e-9) is same


def test_the_tolerance_is_what_is_asked_for():
    assert equal(1.0, 1.4, 0.5)
    assert not equal(0.5, 0.5000001, 0)
