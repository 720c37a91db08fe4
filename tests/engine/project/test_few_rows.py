"""Files and frames that tell little of their types are read as those that were learned from."""

import csv
import json

import pandas as pd
import polars as pl
import pytest

import weirflow
from weirflow.errors import RunError
from weirflow.plan.model import Options

FLOW = """
flow: 1
name: x
parameters:
  data: {type: path, default: people.csv}
nodes:
  - {id: people, operator: read.csv, parameters: {path: "${data}"}}
  - {id: scaled, operator: scale.standard, parameters: {columns: [age, pay]}}
  - {id: hot, operator: encode.one_hot, parameters: {columns: code}}
  - {id: out, operator: write.csv, parameters: {path: out.csv}}
"""
HEADER = "code,age,pay,since,ok\n"
PEOPLE = HEADER + "a1,30,7.5,2024-01-01,true\n07,40,7,2024-01-02,false\na1,50,7,,true\n"
NAMES = ["age", "pay", "since", "ok", "code_a1", "code_07"]
AGE = 10.0  # the sample standard deviation of 30, 40 and 50


@pytest.fixture
def project(tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "x.flow").write_text(FLOW)
    weirflow.open(tmp_path / "x.flow").run(apart=False).check()
    return tmp_path


def score(folder, text, *, apart=False):
    (folder / "new.csv").write_text(text)
    flow = weirflow.open(folder / "x.flow", p={"data": "new.csv"})
    flow.run(Options(frozen=True), apart=apart).check()
    with (folder / "out.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_file_of_what_was_learned_holds_the_types(project):
    found = json.loads((project / "x.trained.json").read_text())
    assert list(found["sources"]["people"].items()) == [
        ("code", "string"),
        ("age", "int64"),
        ("pay", "float64"),
        ("since", "date"),
        ("ok", "boolean"),
    ]


@pytest.mark.parametrize("apart", [False, True])
def test_no_rows(project, apart):
    assert score(project, HEADER, apart=apart) == []
    assert (project / "out.csv").read_text().strip().split(",") == NAMES


def test_one_row_whose_code_looks_like_a_number(project):
    (row,) = score(project, HEADER + "07,30,7,2024-01-01,true\n")
    assert (row["code_a1"], row["code_07"], float(row["age"])) == ("0", "1", 30 / AGE)


def test_a_column_without_values(project):
    rows = score(project, HEADER + "a1,,7,,\n07,,7,,\n")
    assert [(r["age"], r["since"], r["ok"], r["code_07"]) for r in rows] == [
        ("", "", "", "0"),
        ("", "", "", "1"),
    ]


def test_an_integer_may_become_a_fraction(project):
    (row,) = score(project, HEADER + "a1,30.5,7,2024-01-01,true\n")
    assert float(row["age"]) == pytest.approx(30.5 / AGE)


def test_a_value_of_another_type_is_refused_by_line(project):
    with pytest.raises(
        RunError, match=r"line 3 of new.csv holds a value in column 'since' that is not of type date"
    ):
        score(project, HEADER + "a1,30,7,2024-01-01,true\na1,30,7,soon,true\n")


def test_without_frozen_types_are_inferred_anew(project):
    (project / "new.csv").write_text(HEADER + "a1,30,7,2024-01-01,true\n")
    plan = weirflow.open(project / "x.flow", p={"data": "new.csv"}).plan()
    assert str(plan.facts["people"].schema.dtype("pay")) == "int64"


def test_types_of_a_source_that_was_not_fitted_again_stay(project):
    (project / "other.csv").write_text("b\n1\n2\n")
    more = FLOW.replace(
        "nodes:",
        "nodes:\n  - {id: other, operator: read.csv, parameters: {path: other.csv}}\n"
        "  - {id: more, operator: scale.standard, parameters: {columns: b}}\n"
        "  - {id: written, operator: write.csv, parameters: {path: other_out.csv}}",
    )
    (project / "x.flow").write_text(more)
    weirflow.open(project / "x.flow").run(Options(select=("+written",)), apart=False).check()
    found = json.loads((project / "x.trained.json").read_text())["sources"]
    assert found["other"] == {"b": "int64"}
    assert found["people"]["code"] == "string"


def test_a_type_that_is_none_is_refused(project):
    path = project / "x.trained.json"
    path.write_text(path.read_text().replace('"date"', '"data"'))
    with pytest.raises(RunError, match="is not a file of trained parameters"):
        weirflow.open(project / "x.flow").plan()


NOTHING = pd.DataFrame({"code": ["a1"], "age": [None], "pay": [None], "since": [None], "ok": [None]})


@pytest.mark.parametrize(
    ("frame", "rows"),
    [
        ([], 0),
        (pd.DataFrame(columns=["code", "age", "pay", "since", "ok"]), 0),
        (pl.DataFrame(schema=["code", "age", "pay", "since", "ok"]), 0),
        (pl.read_csv(HEADER.encode()), 0),  # every column is of texts there
        (NOTHING, 1),
        (NOTHING.astype({"since": float}), 1),
        (pl.read_csv(HEADER.encode() + b"a1,,,,\n"), 1),
        ([{"code": "a1", "age": None, "pay": None, "since": None, "ok": None}], 1),
    ],
)
def test_frames_without_values(project, frame, rows):
    made = weirflow.open(project / "x.flow").frozen().transform(frame)
    assert len(made) == rows
    if isinstance(made, pl.DataFrame):
        assert made.schema["age"] == pl.Float64
        assert made.schema["since"] == pl.Date
    if not isinstance(made, list):
        assert list(made.columns) == NAMES
