"""Dates and series of the vendor's flows."""

import pytest

from weirflow_datawrangler.convert import convert


@pytest.fixture
def mapped(file_of, source, vendor):
    def mapped(operator, parameters):
        node = convert(file_of(source(), vendor("x", operator, parameters, "s"))).nodes[1]
        return node.operator, dict(node.parameters)

    return mapped


WANTED = {"year": True, "month": "true", "day": False, "quarter": True, "hour": None}


@pytest.mark.parametrize(
    ("operator", "label", "key"),
    [
        ("spark.time_series", "Featurize datetime", "Featurize datetime_parameters"),
        ("spark.featurize_date_time", "Extract columns", "extract_columns_parameters"),
    ],
)
@pytest.mark.parametrize(
    ("given", "more"),
    [
        ({"output_column": "", "date_time_format": "", "infer_datetime_format": False}, {"start": 0}),
        (
            {"output_column": "d", "output_mode": "Cyclic", "use_one_indexing": True},
            {"prefix": "d", "style": "cyclic"},
        ),
        (
            {"output_column": "d", "output_format": "Vector", "date_time_format": "%d.%m.%Y"},
            {"prefix": "d", "to": "vector", "format": "%d.%m.%Y", "start": 0},
        ),
    ],
)
def test_parts_of_dates(mapped, operator, label, key, given, more):
    found = mapped(operator, {"operator": label, key: {"input_column": "at", **WANTED, **given}})
    base = {
        "column": "at",
        "parts": ["year", "month", "quarter"],
        "unit": "guess",
        "style": "ordinal",
        "to": "columns",
    }
    assert found == ("dates.extract", base | more)


@pytest.mark.parametrize(
    ("policy", "invalid"), [("drop", "drop"), ("Indicate", "mark"), ("error", "error"), (None, "drop")]
)
def test_timestamps(mapped, policy, invalid):
    given = {"timestamp_column": "at", "policy": policy}
    found = mapped(
        "spark.time_series", {"operator": "Validate timestamps", "Validate timestamps_parameters": given}
    )
    assert found == ("series.validate", {"column": "at", "invalid": invalid, "unit": "guess"})


def test_nothing_to_extract(mapped):
    given = {"operator": "Extract columns", "extract_columns_parameters": {"input_column": "at"}}
    assert mapped("spark.featurize_date_time", given)[0] == "datawrangler.unmapped"
