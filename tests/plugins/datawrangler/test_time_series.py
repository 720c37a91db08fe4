"""Time series of the vendor's flows: every way in which their parameters are written."""

import pytest

from weirflow_datawrangler.convert import convert


@pytest.fixture
def mapped(file_of, source, vendor):
    def mapped(label, parameters):
        given = {"operator": label, f"{label}_parameters": parameters}
        node = vendor("x", "spark.time_series", given, "s")
        made = convert(file_of(source(), node)).nodes[1:-1]
        return [(n.operator, dict(n.parameters)) for n in made]

    return mapped


def one(found):
    assert len(found) == 1
    return found[0]


ALONG = "hm_input_type_Along column_parameters"
ORDER = {"time": "at", "by": ["id"]}


@pytest.fixture
def along(mapped):
    def along(**given):
        parameters = {
            "hm_input_type": "Along column",
            ALONG: {
                "hmac_output_column": "",
                "hmac_id_column": "id",
                "hmac_sequence_column": "x",
                "hmac_timestamp_column": "at",
                "hmac_strategy_Constant Value_parameters": {"hmac_custom_value": "0.0"},
                "hmac_strategy_Interpolate_parameters": {"hmac_interpolation_technique": "linear"},
                **given,
            },
        }
        return one(mapped("Handle missing", parameters))

    return along


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"hmac_strategy": "Constant Value"}, {"strategy": "constant", "value": "0.0", "parse": True}),
        ({"hmac_strategy": "Interpolate"}, {"strategy": "interpolate", "method": "linear"}),
        ({"hmac_strategy": "Forward Fill"}, {"strategy": "forward"}),
        ({"hmac_strategy": "backward fill"}, {"strategy": "backward"}),
        ({"hmac_strategy": "Most common"}, {"strategy": "most_frequent"}),
        (
            {"hmac_strategy": "Drop", "hmac_strategy_Drop_parameters": {"hmac_threshold": "0.4"}},
            {"strategy": "drop", "share": 0.4},
        ),
        (
            {"hmac_strategy": "ffill", "hmac_leftovernans": "Fill with Forward/Backward feed"},
            {"strategy": "forward", "leftover": "forward_backward"},
        ),
        ({"hmac_strategy": "ffill", "hmac_output_column": "y"}, {"strategy": "forward", "output": "y"}),
    ],
)
def test_missing_values_along_a_column(along, given, wanted):
    base = {"columns": ["x"], "sort": True, **ORDER}
    assert along(**given) == ("series.fill", base | wanted)


def test_missing_values_of_several_columns_and_of_one_series(along):
    _, made = along(hmac_sequence_column=["x", "y"], hmac_id_column=None, hmac_strategy="ffill")
    assert made == {"columns": ["x", "y"], "time": "at", "sort": True, "strategy": "forward"}


def test_missing_values_within_a_cell(mapped):
    given = {
        "hm_input_type": "Within cell",
        "hm_input_type_Within cell_parameters": {"hmwc_sequence_column": "x", "hmwc_strategy": "ffill"},
        ALONG: {"hmac_sequence_column": "stale", "hmac_strategy": "stale"},
    }
    made = {"columns": ["x"], "within": "cell", "strategy": "forward"}
    assert one(mapped("Handle missing", given)) == ("series.fill", made)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "it has no strategy"),
        ({"hmac_strategy": "Magic"}, "strategy is 'Magic'"),
        ({"hmac_strategy": "ffill", "hmac_leftovernans": "Drop the rows"}, "leftovernans is 'Drop the rows'"),
        ({"hmac_strategy": "ffill", "hmac_limit": 3}, "it has limit, of which nothing is known"),
        ({"hmac_strategy": "ffill", "hmac_timestamp_column": ""}, "it has no timestamp_column"),
        (
            {
                "hmac_strategy": "Interpolate",
                "hmac_strategy_Interpolate_parameters": {"hmac_interpolation_technique": "cubic"},
            },
            "interpolation_technique is 'cubic'",
        ),
        (
            {"hmac_strategy": "Constant Value", "hmac_strategy_Constant Value_parameters": {}},
            "it has no custom_value",
        ),
    ],
)
def test_missing_values_that_have_no_equal(along, file_of, source, vendor, given, reason):
    assert along(**given)[0] == "datawrangler.unmapped"
    parameters = {
        "hm_input_type": "Along column",
        ALONG: {"hmac_sequence_column": "x", "hmac_timestamp_column": "at", **given},
    }
    whole = {"operator": "Handle missing", "Handle missing_parameters": parameters}
    node = convert(file_of(source(), vendor("x", "spark.time_series", whole, "s"))).nodes[1]
    assert node.reason == reason


@pytest.mark.parametrize(
    ("unit", "quantity", "every", "more"),
    [
        ("Hourly", 1, "1h", {}),
        ("minutely", "15", "15m", {}),
        ("Business day", None, "1b", {}),
        ("Weekly", "", "1w", {"day": "last_day"}),
        ("Month end", 2, "2mo", {"day": "last_day"}),
        ("month start", 1, "1mo", {"day": "first_day"}),
    ],
)
def test_steps(mapped, unit, quantity, every, more):
    given = {
        "frequency": {"quantity": quantity, "offset_description": unit},
        "downsample": {"non_numeric": "most common", "numeric": "mean"},
        "upsample": {"non_numeric": "ffill", "numeric": "linear"},
        "timestamp_column": "at",
        "id_column": "id",
    }
    wanted = {
        "every": every,
        "numeric": "mean",
        "other": "most_frequent",
        "fill_numeric": "linear",
        "fill_other": "forward",
    }
    assert one(mapped("Resample", given)) == ("series.resample", {**ORDER, **more, **wanted})


def test_steps_by_default_and_without_equal(mapped):
    given = {"frequency": {"offset_description": "Daily"}, "timestamp_column": "at"}
    _, made = one(mapped("Resample", given))
    assert made == {
        "time": "at",
        "every": "1d",
        "numeric": "mean",
        "other": "most_frequent",
        "fill_numeric": "linear",
        "fill_other": "forward",
    }
    for bad in (
        {"frequency": {"offset_description": "Semi-month end"}},
        {"frequency": {}},
        {"upsample": {"numeric": "spline"}},
        {"timestamp_column": None},
        {"frequency": {"offset_description": "Daily", "quantity": 0}},
    ):
        assert one(mapped("Resample", given | bad))[0] == "datawrangler.unmapped"


SEQUENCE = {"sequence_column": "count", "id_column": "id", "timestamp_column": "at"}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (
            {
                "lag": 8,
                "entire_window": True,
                "entire_window_True_parameters": {"flatten": True},
                "drop_rows": False,
            },
            {"lag": 8, "window": True, "to": "columns"},
        ),
        (
            {"lag": "3", "entire_window": "true", "entire_window_True_parameters": {"flatten": "false"}},
            {"lag": 3, "window": True, "to": "list"},
        ),
        (
            {
                "lag": 1,
                "entire_window": False,
                "entire_window_True_parameters": {"flatten": True},
                "drop_rows": True,
            },
            {"lag": 1, "drop": True},
        ),
    ],
)
def test_lags(mapped, given, wanted):
    base = {"columns": ["count"], "sort": True, **ORDER}
    assert one(mapped("Lag features", SEQUENCE | given)) == ("series.lag", base | wanted)


EIGHT = ["sum_values", "median", "mean", "length", "standard_deviation", "variance", "maximum", "minimum"]


def test_larger_subsets_are_left_to_tsfresh(mapped):
    given = {"window_size": 2, "flatten": True, "strategy": "Efficient subset", **SEQUENCE}
    rolled = {"columns": ["count"], "window": 3, "to": "values", "sort": True, "output": "count_window_2"}
    assert mapped("Rolling window features", given) == [
        ("series.rolling", rolled | ORDER),
        ("series.extract_features", {"columns": ["count_window_2"], "subset": "efficient"}),
        ("columns.drop", {"columns": ["count_window_2"]}),
    ]
    lists = {"sequence_column": "s", "flatten": True}
    assert one(mapped("Extract features", {**lists, "strategy": "All", "output_column": "o"})) == (
        "series.extract_features",
        {"columns": ["s"], "subset": "comprehensive", "output": "o"},
    )
    manual = {**lists, "strategy": "Manual subset", "features": ["kurtosis", "c3"]}
    assert one(mapped("Extract features", manual)) == (
        "series.extract_features",
        {"columns": ["s"], "subset": "comprehensive", "features": ["kurtosis", "c3"]},
    )


def test_rolling_windows_have_one_row_more(mapped):
    given = {"window_size": 8, "flatten": True, "strategy": "Minimal subset", **SEQUENCE}
    made = {
        "columns": ["count"],
        "window": 9,
        "features": EIGHT,
        "to": "columns",
        "sort": True,
        "output": "count_window_8",
    }
    assert one(mapped("Rolling window features", given)) == ("series.rolling", made | ORDER)
    found = mapped(
        "Rolling window features",
        given | {"sequence_column": ["a", "b"], "output_column": "o", "flatten": None},
    )
    assert [(m["columns"], m["output"], m["to"]) for _, m in found] == [
        (["a"], "o_a", "list"),
        (["b"], "o_b", "list"),
    ]


@pytest.mark.parametrize(
    ("label", "given", "wanted"),
    [
        (
            "Extract features",
            {"sequence_column": "s", "flatten": True, "strategy": "Minimal subset"},
            ("series.features", {"columns": ["s"], "features": EIGHT, "to": "columns"}),
        ),
        (
            "Group by",
            {
                "id_column": "id",
                "timestamp_column": "at",
                "sequence_columns": ["x", "y"],
                "include_start_time": True,
            },
            ("series.group", {"by": ["id"], "time": "at", "columns": ["x", "y"], "start": "Start_time"}),
        ),
        (
            "Standardize length",
            {"sequence_column": "s", "cutoff_quantile": "0.9", "flatten": True, "output_column": "o"},
            ("series.set_length", {"columns": ["s"], "quantile": 0.9, "to": "columns", "output": "o"}),
        ),
        (
            "Datetime range",
            {
                "frequency": {"offset_description": "Hourly", "quantity": 2},
                "starting_timestamp": "2021-01-01 17:00",
                "output_column": "at",
            },
            ("dates.range", {"start": "2021-01-01 17:00", "every": "2h", "output": "at"}),
        ),
        (
            "Datetime range",
            {"frequency_type": "Month end", "start": "2021-01-01", "output_column": "at"},
            ("dates.range", {"start": "2021-01-01", "every": "1mo", "output": "at", "on": "last_day"}),
        ),
        (
            "Validate timestamps",
            {"timestamp_column": "at", "policy": "indicate", "output_column": "fine"},
            ("series.validate", {"column": "at", "invalid": "mark", "unit": "guess", "output": "fine"}),
        ),
    ],
)
def test_operators_whose_parameters_are_by_the_manual(mapped, label, given, wanted):
    assert one(mapped(label, given)) == wanted


@pytest.mark.parametrize(
    ("label", "given"),
    [
        ("Extract features", {"sequence_column": "s", "strategy": "Manual subset", "features": ["kurtosis"]}),
        ("Rolling window features", {**SEQUENCE, "strategy": "Minimal subset"}),
        ("Lag features", {**SEQUENCE, "lag": 0}),
        ("Lag features", {**SEQUENCE, "lag": 2, "fill_with": 0}),
        ("Standardize length", {"sequence_column": "s", "cutoff_quantile": 90}),
        ("Standardize length", {"sequence_column": "s"}),
        ("Group by", {"id_column": "id", "sequence_columns": "x", "include_end_time": True}),
        (
            "Datetime range",
            {"frequency": {"offset_description": "Daily"}, "start": "noon", "output_column": "a"},
        ),
        (
            "Datetime range",
            {
                "frequency": {"offset_description": "Daily"},
                "start": "2021-01-01T00:00Z",
                "output_column": "a",
            },
        ),
    ],
)
def test_what_has_no_equal(mapped, label, given):
    assert one(mapped(label, given))[0] == "datawrangler.unmapped"
