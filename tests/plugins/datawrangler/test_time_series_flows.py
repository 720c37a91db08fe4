"""Whole flows of the vendor's on time series: those of the corpus, and one whose screens are published."""

import csv
import json

import weirflow
from weirflow.cli import main

EIGHT = ["sum_values", "median", "mean", "length", "standard_deviation", "variance", "maximum", "minimum"]


def test_every_series_of_the_corpus_is_mapped_and_plans(corpus, tmp_path):
    found = []
    for number, theirs in enumerate(sorted((corpus / "datawrangler" / "flows").glob("*.flow"))):
        text = theirs.read_text()
        if "spark.time_series" not in text:
            continue
        copy = tmp_path / str(number) / "theirs.flow"
        copy.parent.mkdir()
        copy.write_text(text)
        project = weirflow.Project(copy)
        nodes = project.loaded.imported.nodes
        wanted = sum(
            n["operator"].startswith("sagemaker.spark.time_series") for n in json.loads(text)["nodes"]
        )
        found += [n.operator for n in nodes if n.operator.startswith(("series.", "dates."))]
        assert len([n for n in nodes if n.origin.startswith("sagemaker.spark.time_series")]) == wanted
        assert not [n for n in nodes if n.operator == "datawrangler.unmapped"]
        project.plan(facts=project.inspect(absent=True))
    assert {"series.fill", "series.resample", "series.lag", "series.rolling", "dates.extract"} <= set(found)


def test_a_flow_of_series_gives_what_the_services_screens_show(written, source, vendor, tmp_path):
    """Hourly means for each place, their lags and windows: names and order of columns as the service has them."""
    rows = [
        (4, 0, 2.0),
        (7, 1, 5.0),
        (4, 20, 4.0),
        (4, 190, None),
        (4, 61, 6.0),
        (4, 185, 12.0),
        (7, 70, 1.0),
    ]
    data = tmp_path / "trips.csv"
    lines = [
        f"{'' if x is None else x},2019-01-01 {minute // 60:02}:{minute % 60:02}:00,{place}"
        for place, minute, x in rows
    ]
    data.write_text("\n".join(["count,at,place", *lines, ""]))

    def series(id_, label, parameters, before):
        given = {"operator": label, f"{label}_parameters": parameters}
        return vendor(id_, "spark.time_series", given, before)

    order = {"sequence_column": "count", "timestamp_column": "at", "id_column": "place"}
    missing = {
        "hmac_sequence_column": "count",
        "hmac_timestamp_column": "at",
        "hmac_id_column": "place",
        "hmac_strategy": "Constant Value",
        "hmac_strategy_Constant Value_parameters": {"hmac_custom_value": "0.0"},
    }
    schema = {"count": "float", "at": "datetime", "place": "long"}
    flow = written(
        source(uri="s3://bucket/trips.csv"),
        vendor("t", "spark.infer_and_cast_type", {}, "s", trained_parameters={"schema": schema}),
        series(
            "m",
            "Handle missing",
            {"hm_input_type": "Along column", "hm_input_type_Along column_parameters": missing},
            "t",
        ),
        series(
            "r",
            "Resample",
            {
                "frequency": {"quantity": 1, "offset_description": "Hourly"},
                "timestamp_column": "at",
                "id_column": "place",
            },
            "m",
        ),
        series(
            "l",
            "Lag features",
            {"lag": 2, "entire_window": True, "entire_window_True_parameters": {"flatten": True}, **order},
            "r",
        ),
        series(
            "w",
            "Rolling window features",
            {"window_size": 2, "flatten": True, "strategy": "Minimal subset", **order},
            "l",
        ),
    )
    assert main(["run", str(flow), "--source", str(data), "--report", "none", "-q"]) == 0
    with next((tmp_path / "output").iterdir()).open(newline="") as text:
        found = list(csv.DictReader(text))
    windows = [f"count_window_2__{f}" for f in EIGHT]
    assert list(found[0]) == ["place", "at", "count", "count__lag_1", "count__lag_2", *windows]
    # place 4: the mean of 2 and 4, 6, a gap on the line to the mean of 12 and the 0 that was put for a missing one
    assert [
        (r["place"], r["at"][11:16], r["count"], r["count__lag_1"], r["count__lag_2"]) for r in found
    ] == [
        ("4", "00:00", "3.0", "", ""),
        ("4", "01:00", "6.0", "3.0", ""),
        ("4", "02:00", "6.0", "6.0", "3.0"),
        ("4", "03:00", "6.0", "6.0", "6.0"),
        ("7", "00:00", "5.0", "", ""),
        ("7", "01:00", "1.0", "5.0", ""),
    ]
    # a window of 2 reaches over three rows
    assert [r["count_window_2__length"] for r in found] == ["1.0", "2.0", "3.0", "3.0", "1.0", "2.0"]
    assert [r["count_window_2__sum_values"] for r in found] == ["3.0", "9.0", "15.0", "18.0", "5.0", "6.0"]
    assert [r["count_window_2__minimum"] for r in found] == ["3.0", "3.0", "3.0", "6.0", "5.0", "1.0"]
