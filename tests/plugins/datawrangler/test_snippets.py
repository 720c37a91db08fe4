"""The custom code of real flows, run on small tables; what it gives is arithmetic by hand."""

from __future__ import annotations

import json
import time
from datetime import date, datetime

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import Inputs
from weirflow_datawrangler.document import read_nodes
from weirflow_datawrangler.mapping import step_of
from weirflow_tabular.custom import CustomPandas, CustomPyspark
from weirflow_tabular.formula import Formula
from weirflow_tabular.sql import CustomSql

OPERATORS = {n.operator: n for n in (CustomPandas, CustomPyspark, Formula, CustomSql)}
FEATURES = [
    "energy",
    "acousticness",
    "valence",
    "speechiness",
    "instrumentalness",
    "liveness",
    "tempo",
    "danceability",
]
FEATURES += [f"genre_{g}" for g in ("Latin", "Folk", "Blues", "Rap", "Reggae", "Jazz", "RnB", "Country")]
FEATURES += ["genre_Electronic", "genre_Pop_Rock"]
NOON = datetime(2019, 5, 1, 12)  # noqa: DTZ001
TAXI = pl.DataFrame(
    {
        "PULocationID": ["7", "7", "300"],
        "pickup_time": [NOON] * 3,
        "tpep_pickup_datetime": [datetime(2019, 5, 1, 12, 10), NOON, NOON],  # noqa: DTZ001
        "tpep_dropoff_datetime": [datetime(2019, 5, 1, 12, 20, 10), NOON, None],  # noqa: DTZ001
        "trip_distance": [1.5, 2.0, 1.0],
        "tip_amount": [0.0, 1.0, 1.0],
        "total_amount": [5.0, 6.0, 7.0],
        "duration": [10.0, 0.5, 20.0],
    }
)
STARS = pl.DataFrame(
    {"userId": ["a", "a", "b"], "Rating": ["5", "5", "4"], **{f: [1.0, 2.0, 9.0] for f in FEATURES}}
)
CLAIMS = pl.DataFrame(
    {
        "driver_relationship": ["n/a", "Spouse", None],
        "collision_type": ["n/a", "Front", "n/a"],
        "vehicle_claim": [1.234, 2.0, None],
        "total_claim_amount": [10.006, 1.0, None],
        "customer_education": ["associate", "below high school", "high school"],
        "policy_liability": ["30/60", "15/30", "100/200"],
    }
)
SALES = pl.DataFrame(
    {
        "StockCode": ["s", "s", "t"], "Description": ["d", "d", "e"], "CustomerID": [1, 1, 2],
        "Country": ["X", "X", "Y"], "UnitPrice": [2.5, 2.5, 1.0], "Quantity": [3, 4, 5],
    }
)  # fmt: skip
REVIEWS = pl.DataFrame({"review_date": [date(2015, 8, 31), None], "star_rating_scaled": [0.75, 1.0]})
REVIEWS = REVIEWS.with_columns(star_rating_min_max_scaled_builtin="star_rating_scaled")
TRACKS = pl.DataFrame({"valence": [0.5, None], "liveness": [1.0, 1.0], "energy": [2.0, 3.0]})


def now(values):
    return all(abs(v - time.time()) < 3600 for v in values)


CASES = (
    ("withColumn('duration', round(", TAXI, lambda f: f["duration"].to_list() == [10.17, 0.0, None]),  # 610 s
    ("df.trip_distance >= 0", TAXI, lambda f: f["total_amount"].to_list() == [5.0]),
    ("date_trunc(", TAXI.drop("pickup_time"), lambda f: f["pickup_time"].to_list() == [NOON] * 3),
    (".over(Window", TAXI, lambda f: sorted(f["count"].to_list()) == [1, 2, 2]),
    ("spark.createDataFrame(", TAXI, lambda f: (f.height, f["duration"].null_count()) == (8, 0)),
    ("object].index", CLAIMS, lambda f: f["driver_relationship"].to_list() == ["n/a", "spouse", None]),
    ("to_datetime('now')", CLAIMS, lambda f: now(f["event_time"])),
    ("educ_dict", CLAIMS, lambda f: f["customer_education"].to_list() == [2, 0, 1]),
    ("liability_dict", CLAIMS, lambda f: f["policy_liability"].to_list() == [2, 0, 3]),
    (
        "df['driver_relationship']",
        CLAIMS,
        lambda f: f["driver_relationship"].to_list() == ["na", "Spouse", None],
    ),
    ("df['collision_type']", CLAIMS, lambda f: f["collision_type"].to_list() == ["na", "Front", "na"]),
    ("df['vehicle_claim']", CLAIMS, lambda f: f["vehicle_claim"].to_list() == [1.23, 2.0, None]),
    ("df['total_claim_amount']", CLAIMS, lambda f: f["total_claim_amount"].to_list() == [10.01, 1.0, None]),
    ("agg_obj", STARS, lambda f: f["energy_5star"].to_list() == [1.5]),
    ("withColumn('EventTime'", TRACKS, lambda f: now(f["EventTime"])),
    ("0.3*valence", TRACKS, lambda f: f["danceability"].to_list() == [pytest.approx(0.45), None]),
    ("groupby(['StockCode'", SALES, lambda f: f["Quantity"].to_list() == [7, 5]),
    ("randomSplit(", TAXI, lambda f: f.height <= 3),
    ("floor(", REVIEWS, lambda f: f.to_series(-1).to_list() == [0, 1]),
    (
        "to_date(review_date",
        REVIEWS,
        lambda f: f["review_date_iso"].to_list() == ["2015-08-31T00:00:00Z", None],
    ),
    ("time.time()", TRACKS, lambda f: now(f["time"])),
)
"""What stands in a snippet, a table for it, and a test of what it gives. The first that fits counts."""


def snippets(folder):
    """The distinct nodes of custom code, by what they say."""
    found = {}
    for path in sorted(folder.glob("*.flow")):
        for node in read_nodes(json.loads(path.read_text())):
            if ".custom_" in f".{node.operator}":
                found.setdefault(json.dumps(step_of(node).parameters, sort_keys=True), node)
    return list(found.values())


@pytest.mark.usefixtures("spark")
def test_the_custom_code_of_real_flows_runs(corpus):
    nodes = snippets(corpus / "datawrangler" / "flows")
    assert len(nodes) >= 20
    wrong, used = [], set()
    for node in nodes:
        step = step_of(node)
        made = OPERATORS[step.operator](**step.parameters)
        code = step.parameters.get("code") or step.parameters["formula"]
        mark, frame, right = next(c for c in CASES if c[0] in code)
        if mark == "spark.createDataFrame(":  # two places and four hours, not millions of rows
            made = CustomPyspark(code=code.replace("264", "3").replace("10200", "4"))
        used.add(mark)
        done = (
            made.transform(Inputs([("default", nw.from_native(frame.lazy()))])).collect("polars").to_native()
        )
        if not right(done):
            wrong.append((node.title, node.id, mark))
    assert wrong == []
    assert used == {c[0] for c in CASES}


PLUS = "def custom_func(value):\n    return value + 1"


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize(
    ("given", "column", "values"),
    [
        # a whole series at once, cast to the type that it is said to return
        ({"udf_mode": "Pandas", "return_type": "float", "pandas_code": PLUS}, "n", [2.0, 3.0]),
        (
            {"udf_mode": "Pandas", "return_type": "long", "output_col": "m x", "pandas_code": PLUS},
            "m x",
            [2, 3],
        ),
        # each value by itself
        ({"udf_mode": "Python", "return_type": "long", "output_col": "m", "pandas_code": PLUS}, "m", [2, 3]),
        (
            {"udf_mode": "Python", "return_type": "string", "output_col": "m", "pandas_code": PLUS},
            "m",
            ["2", "3"],
        ),
    ],
)
def test_functions_of_the_users(given, column, values):
    parameters = {
        "operator": "Python (User-Defined Function)",
        "udf_parameters": {"input_col": "n", **given},
        "pandas_parameters": {},
    }
    node = {
        "node_id": "f", "type": "TRANSFORM", "operator": "sagemaker.spark.custom_code_0.1", "parameters": parameters,
        "inputs": [{"name": "df", "node_id": "s"}], "outputs": [{"name": "default"}],
    }  # fmt: skip
    source = {
        "node_id": "s",
        "type": "SOURCE",
        "operator": "sagemaker.s3_source_0.1",
        "inputs": [],
        "outputs": [],
    }
    step = step_of(read_nodes({"metadata": {"version": 1}, "nodes": [source, node]})[1])
    table = nw.from_native(pl.LazyFrame({"n": [1, 2]}))
    made = OPERATORS[step.operator](**step.parameters).transform(Inputs([("default", table)]))
    assert made.collect("polars").to_native()[column].to_list() == values
