"""Table summary and schema, against pandas."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from weirflow.api import Answers, Distinct, Frequencies, RowCount, Schema
from weirflow_analyses.summary import Summary
from weirflow_analyses.table_schema import TableSchema


def tables(report):
    return {
        b.title.split(":")[0]: {
            r[b.columns.index("column")]: dict(zip(b.columns, r, strict=True)) for r in b.rows
        }
        for b in report.blocks
        if b.kind == "table"
    }


def test_numbers_as_pandas_describes_them(run, credit):
    data = credit.with_columns(
        pl.when(pl.col("age") > 60).then(None).otherwise(pl.col("age")).alias("age"),
        half=pl.col("duration") / 2,
    )
    expected = data.to_pandas().describe()
    found = tables(run(Summary(), data))["Numbers"]
    assert set(found) == set(expected.columns)
    for name, facts in found.items():
        for key in ("count", "mean", "std", "min", "25%", "50%", "75%", "max"):
            assert facts[key] == pytest.approx(expected.loc[key, name], rel=1e-12), (name, key)
    assert found["age"]["nulls"] == sum(v is None for v in data["age"]) > 0


def test_text_as_pandas_describes_it(run, credit):
    frame = credit.to_pandas()
    expected = frame.describe(exclude="number")
    found = tables(run(Summary(), credit))["Text and other values"]
    assert set(found) == set(expected.columns)
    for name, facts in found.items():
        assert facts["count"] == expected.loc["count", name]
        assert facts["distinct"] == expected.loc["unique", name]
        assert facts["most frequent count"] == expected.loc["freq", name]
        counts = frame[name].value_counts()
        assert counts[facts["most frequent"]] == counts.max()
        assert counts[facts["least frequent"]] == counts.min() == facts["least frequent count"]


def test_ties_go_to_the_lesser_value_and_nulls_are_no_value(run):
    data = pl.DataFrame(
        {"c": [None, None, None, "b", "a", "b", "a", "d", "c"], "f": [True, None] + [False] * 7}
    )
    found = tables(run(Summary(), data))["Text and other values"]
    text = {"column": "c", "count": 6, "nulls": 3, "distinct": 4}
    top = {"most frequent": "a", "most frequent count": 2}
    assert found["c"] == {**text, **top, "least frequent": "c", "least frequent count": 1}
    assert (found["f"]["most frequent"], found["f"]["least frequent"]) == (False, True)


def test_dates_have_ends_and_lists_are_only_counted(run):
    data = pl.DataFrame(
        {"day": [dt.date(2024, 2, 29), None, dt.date(1999, 1, 1)], "vector": [[1.0], None, [2.0, 3.0]]}
    )
    found = tables(run(Summary(), data))
    assert found["Dates and times"]["day"] == {
        "column": "day",
        "count": 2,
        "nulls": 1,
        "distinct": 2,
        "earliest": "1999-01-01",
        "latest": "2024-02-29",
    }
    assert found["Text and other values"]["vector"]["count"] == 2
    assert found["Text and other values"]["vector"]["distinct"] is None


def test_a_column_of_many_values_is_never_sent_whole():
    node, schema = Summary(columns=["id"]), Schema.of(id="string")
    known = Answers({Distinct("id"): 1_000_000})
    asked = [s for s in node.ask(schema, known) if isinstance(s, Frequencies)]
    assert asked == [Frequencies("id", limit=2)]


def test_the_rarest_of_many_values_is_not_looked_for_and_the_note_says_so(run):
    data = pl.DataFrame({"id": [f"v{i}" for i in range(1001)] + ["v7"]})
    report = run(Summary(), data)
    facts = tables(report)["Text and other values"]["id"]
    assert (facts["most frequent"], facts["most frequent count"], facts["least frequent"]) == ("v7", 2, None)
    assert "id" in report.blocks[0].note


@pytest.mark.parametrize(
    "data",
    [
        pl.DataFrame(schema={"n": pl.Float64, "t": pl.String, "d": pl.Date, "b": pl.Boolean}),
        pl.DataFrame(
            {"n": [None], "t": [None], "d": [None], "b": [None]},
            schema={"n": pl.Float64, "t": pl.String, "d": pl.Date, "b": pl.Boolean},
        ),
        pl.DataFrame({"nothing": [None, None]}),
    ],
)
def test_no_rows_and_no_values(run, data):
    report = run(Summary(), data)
    for table in tables(report).values():
        for facts in table.values():
            assert facts["count"] == 0
            assert facts["nulls"] == data.height
            assert {v for k, v in facts.items() if k not in {"column", "count", "nulls", "distinct"}} == {
                None
            }
    assert any(b.kind == "notice" for b in report.blocks) == (data.height == 0)


def test_one_value_has_no_deviation(run):
    facts = tables(run(Summary(), pl.DataFrame({"n": [3]})))["Numbers"]["n"]
    assert (facts["mean"], facts["std"], facts["50%"]) == (3, None, 3)


def test_personal_values_are_withheld(run):
    data = pl.DataFrame({"name": ["Mustermann", "Musterfrau"], "born": [19840229, 19991231]})
    report = run(Summary(), data, personal={"name", "born"})
    text = report.model_dump_json()
    assert "Muster" not in text
    assert "19840229" not in text
    assert tables(report)["Text and other values"]["name"]["distinct"] == 2
    one = run(Summary(), data.head(1), personal={"born"}).model_dump_json()
    assert "Mustermann" in one
    assert "19840229" not in one  # which is the mean, too


def test_columns_chosen_by_name_are_the_ones_read():
    assert Summary(columns=["a", "b"]).columns_read() == (("columns", "a"), ("columns", "b"))
    assert Summary(columns=["a"]).effect(Schema.of(a="int64", b="int64")).reads == ("a",)
    assert Summary().selectors() == ("columns",)


def test_schema_as_pandas_info(run, credit):
    data = credit.with_columns(pl.when(pl.col("age") > 60).then(None).otherwise(pl.col("age")).alias("age"))
    (block,) = run(TableSchema(), data).blocks
    counts = data.to_pandas().count()
    assert block.title == "1,000 rows, 22 columns"
    lines = block.rows
    assert [(name, full) for _, name, _, full, _ in lines] == list(counts.items())
    assert {name: dtype for _, name, dtype, _, _ in lines}["age"] == "int64"
    assert all(full + empty == 1000 for _, _, _, full, empty in lines)
    assert block.note == f"{22_000 - int(counts.sum())} nulls in 1 column."


def test_schema_asks_for_counts_alone():
    schema = Schema.of({"a": "int64", "b": None})
    assert [type(s).__name__ for s in TableSchema().ask(schema, Answers())] == ["RowCount", "Count", "Count"]
    assert RowCount() in list(TableSchema().ask(schema, Answers()))
    assert TableSchema().effect(schema).reads == ("a", "b")
