"""Concatenated datasets: what the vendor's parameters become, and what comes out of a flow of them."""

from __future__ import annotations

import json

import pytest

from weirflow.plan.model import Options
from weirflow.project import Project
from weirflow_datawrangler.convert import convert


@pytest.fixture
def mapped(file_of, source, vendor):
    """The operator and parameters that a node of two inputs becomes, and what it reads."""

    def make(given, *inputs):
        node = vendor("x", "spark.concatenate_datasets", given, *(inputs or ("s", "r")))
        made = convert(file_of(source("r", "s3://b/right.csv"), source(), node)).nodes
        (found,) = [n for n in made if n.origin.endswith("concatenate_datasets")]
        return found.operator, found.parameters, found.inputs

    return make


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, {}),
        ({"apply_dedupe": False, "indicator_col_name": "", "df1_indicator": "a"}, {}),
        ({"apply_dedupe": "true"}, {"distinct": True}),
        (
            {"indicator_col_name": "from", "df1_indicator": "one", "df2_indicator": 2},
            {"indicator": "from", "words": ["one", "2"]},
        ),
    ],
)
def test_row_by_row(mapped, given, wanted):
    plain = {"ignore_case": True, "mixed": "text"}
    assert mapped({"concatenate_type": "row_wise", **given}) == (
        "join.union",
        plain | wanted,
        ("people", "right"),
    )


def test_column_by_column(mapped):
    assert mapped({"concatenate_type": "column_wise", "apply_dedupe": False}) == (
        "join.columns",
        {},
        ("people", "right"),
    )


@pytest.mark.parametrize(
    ("given", "inputs"),
    [
        ({}, ()),
        ({"concatenate_type": "diagonal"}, ()),
        ({"concatenate_type": "row_wise", "indicator_col_name": "from", "df1_indicator": "a"}, ()),
        ({"concatenate_type": "row_wise"}, ("s",)),
    ],
)
def test_what_cannot_be_read_says_so(mapped, given, inputs):
    assert mapped(given, *inputs)[0] == "datawrangler.unmapped"


def test_a_flow_concatenates(tmp_path, file_of, source, vendor):
    given = {
        "concatenate_type": "row_wise",
        "apply_dedupe": True,
        "indicator_col_name": "from",
        "df1_indicator": "old",
        "df2_indicator": "new",
    }
    types = {"trained_parameters": {"schema": {"id": "long", "name": "string"}}}
    nodes = [
        source("l", "s3://b/left.csv"),
        source("r", "s3://b/right.csv"),
        vendor("c", "spark.infer_and_cast_type", {}, "l", **types),
        vendor("x", "spark.concatenate_datasets", given, "c", "r"),
    ]
    path = tmp_path / "theirs.flow"
    path.write_text(json.dumps(file_of(*nodes)))
    (tmp_path / "l.csv").write_text("id,name\n1,ann\n2,bob\n1,ann\n")
    (tmp_path / "r.csv").write_text("Name,ID\ncid,x3\nbob,2\n")
    project = Project(path, sources={"left": str(tmp_path / "l.csv"), "right": str(tmp_path / "r.csv")})
    assert project.run(Options(report="none"), apart=False).check().ok
    (file,) = (tmp_path / "output").glob("*.csv")
    # the second table was not cast: its ids are text, and so are all, in either service
    assert file.read_text().splitlines() == ["id,name,from", "1,ann,old", "2,bob,old", "x3,cid,new"]
