"""The types that Data Wrangler finds for columns of text, by its rules, which the service's own schemas bear out."""

import csv
import json

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import NodeError, Schema
from weirflow_tabular.sniff import fitting_as_data_wrangler
from weirflow_tabular.types import FoundTypes, InferTypes


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["1"] * 9 + ["2.5"], "int64"),  # 9 of 10 numbers are whole, more than 0.8
        (["1"] * 8 + ["2.5"] * 2, "float64"),
        (["1.0"] * 10, "float64"),  # a fraction as it is written
        (["1"] * 8 + ["a"] * 2, "string"),  # 0.8 is not more than 0.8
        (["1"] * 9 + ["a"], "int64"),
        (["1_0"] * 10, "string"),
        (["inf"] * 10, "string"),
        (["true", "FALSE"] * 5, "boolean"),
        (["2020-01-31"] * 9 + ["x"], "date"),
        (["31/12/2020 10:00"] * 9 + ["x"], "datetime"),
        (["1"] * 3 + [None] * 7, "int64"),  # 0.3 are there
        (["1"] * 2 + [None] * 8, "string"),
        (["1"] * 5 + ["", "  ", "NaN", "none at all", "NULL"], "int64"),  # which count as missing
        ([], "string"),
    ],
)
def test_types_are_those_of_the_rules(texts, wanted):
    assert fitting_as_data_wrangler(texts, 5000, 0.8) == wanted


def test_of_many_rows_1500_must_be_there():
    assert fitting_as_data_wrangler(["1"] * 1500 + [None] * 3500, 5000, 0.8) == "int64"
    assert fitting_as_data_wrangler(["1"] * 1499 + [None] * 3501, 5000, 0.8) == "string"


THEIRS = {"long": "int64", "float": "float64", "string": "string", "bool": "boolean", "date": "date"}


def test_they_are_those_that_the_service_found(corpus):
    """Its schemas, for the files of the corpus that have the same columns."""
    folder = corpus / "datawrangler"
    same = different = 0
    for flow in sorted((folder / "flows").glob("*.flow")):
        for node in json.loads(flow.read_text())["nodes"]:
            schema = (node.get("trained_parameters") or {}).get("schema")
            if not schema:
                continue
            for file in sorted((folder / "data").glob("*.csv")):
                with file.open(encoding="utf-8-sig", newline="") as text:
                    rows = list(zip(range(5000), csv.DictReader(text)))  # noqa: B905 - the first of them
                if set(rows[0][1]) != set(schema):
                    continue
                for name, theirs in schema.items():
                    found = fitting_as_data_wrangler([r[name] or None for _, r in rows], 5000, 0.8)
                    same += found == THEIRS.get(theirs, theirs)
                    different += found != THEIRS.get(theirs, theirs)
                break
    assert same > 100
    assert different == 3  # dates that are not ISO ones: older versions of the service left them text


def test_a_learned_schema_puts_columns_in_its_order_and_refuses_others():
    node = InferTypes(rules="spark", columns=["a", "b"])
    trained = FoundTypes(types={"b": "int64", "a": "float64"}, order=("b", "a"))

    def made(**columns):
        return node.transform(nw.from_native(pl.LazyFrame(columns)), trained).collect().to_native()

    assert made(a=["1", "x"], b=["3.7", ""]).to_dict(as_series=False) == {"b": [3, None], "a": [1.0, None]}
    assert node.trained_effect(Schema.of(a="string", b="string"), trained).order == ("b", "a")
    with pytest.raises(
        NodeError, match=r"should have the 2 columns .* lacks 'a' and has 'c', 'd', not among them"
    ):
        made(b=["1"], c=["2"], d=["3"])
