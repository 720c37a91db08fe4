"""A new flow over files whose columns may be called anything."""

import csv
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from weirflow.errors import UsageError
from weirflow.flow.layout import laid_out
from weirflow.new.flow import new_flow
from weirflow.plugins.registry import Registry
from weirflow.project import Project

REGISTRY = Registry.load()

# not those that reading a CSV does not take: what is no text, and what Polars expands to several columns
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\t\n\x7f\x85")
NAMES = st.text(LETTERS, max_size=6).filter(
    lambda n: n != "*" and not (n.startswith("^") and n.endswith("$"))
)


def write(path, *rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)


def flow_over(folder, *rows, name="made"):
    """The parameters of each node of a new flow over a file with these rows."""
    write(folder / "data.csv", *rows)
    (file,) = new_flow(name, folder, folder / "data.csv", REGISTRY)
    project = Project(file)
    assert [str(d) for d in project.diagnose() if d.severity == "error"] == []
    text = file.read_text(encoding="utf-8")
    assert laid_out(text) == text
    return {n.id: dict(n.parameters) for n in project.built.graph.flow.nodes}


@given(st.lists(NAMES, min_size=2, max_size=5, unique=True))
@example(["a\x7f", "b\x85c", "d\u2028e", "\U0001f600", "l\nm", "\t"])
@example(
    ["${env:HOME}", "$${data}", "$x", "null", "~", "- a", "a: b", "#", "[x]", "{", "**", "&a", "'", '"', ""]
)
@settings(max_examples=40)
def test_columns_are_named_as_they_are(names):
    with tempfile.TemporaryDirectory() as folder:
        *numbers, category = names
        rows = [[*map(str, range(i, i + len(numbers))), v] for i, v in enumerate("xyx")]
        nodes = flow_over(Path(folder), names, *rows)
    assert list(nodes) == ["data", "summary", "scaled", "encoded", "saved"]
    assert nodes["scaled"] == {"columns": numbers, "center": True}
    assert nodes["encoded"] == {"columns": category}


def test_a_category_has_from_2_to_12_values(tmp_path):
    header = ["id", "one", "many", "free", "kind", "later"]
    rows = [[f"u{i}", "same", "", f"text {i}", f"k{i % 12}", f"l{i % 2}"] for i in range(13)]
    assert flow_over(tmp_path, header, *rows)["encoded"] == {"columns": "kind"}


@pytest.mark.parametrize(
    ("rows", "nodes"),
    [
        ([["a", "b"], ["x", "p"], ["y", "p"]], ["data", "summary", "encoded", "saved"]),
        ([["a", "b"], ["1", "2"], ["2", "3"]], ["data", "summary", "scaled", "saved"]),
        ([["a", "b"], ["x", "2024-01-01"], ["x", "2024-01-02"]], ["data", "summary", "saved"]),
        ([["a", "b"]], ["data", "summary", "saved"]),
    ],
    ids=["no numbers", "no text", "neither", "no rows"],
)
def test_a_step_without_a_column_for_it_is_left_out(tmp_path, rows, nodes):
    assert list(flow_over(tmp_path, *rows)) == nodes


@pytest.mark.parametrize("name", ["null", "true", "no", "y", "nan", "inf", "credit-risk_2"])
def test_the_name_is_text(tmp_path, name):
    assert flow_over(tmp_path, ["a"], ["1"], name=name)["saved"] == {"path": f"output/{name}.csv"}
    assert Project(tmp_path / f"{name}.flow").built.graph.flow.name == name


@pytest.mark.parametrize("place", ["sub", ".", "..", "../away: #1", "${x}"])
def test_the_path_is_relative_to_the_flow(tmp_path, place, monkeypatch):
    flows = tmp_path / "flows"
    (flows / place).mkdir(parents=True, exist_ok=True)
    write(flows / place / "d.csv", ["a", "k"], [1, "x"], [2, "y"])
    monkeypatch.chdir(tmp_path)
    (file,) = new_flow("made", flows, Path("flows") / place / "d.csv", REGISTRY)
    project = Project(file)
    assert project.built.graph.flow.nodes[0].parameters["path"] == os.path.normpath(f"{place}/d.csv")
    assert project.preview("encoded").columns == ["a", "k_x", "k_y"]


@pytest.mark.parametrize("line", [3, 6002], ids=["seen at once", "met while reading"])
def test_a_file_that_is_wrong_is_told_and_nothing_written(tmp_path, line):
    (tmp_path / "d.csv").write_text("a,b\n" + "1,x\n" * (line - 2) + "1,2,3,4\n")
    expected = f"WF603: line {line} of d.csv has 4 fields, where the first line has 2"
    with pytest.raises(UsageError, match=expected):
        new_flow("made", tmp_path, tmp_path / "d.csv", REGISTRY)
    assert [p.name for p in tmp_path.iterdir()] == ["d.csv"]
