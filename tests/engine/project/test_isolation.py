"""What fails takes only what depends on it along; subflows and spellings."""

from __future__ import annotations

import json
import textwrap

import polars as pl
import pytest

import weirflow
from weirflow.cli import main
from weirflow.plan.model import Options
from weirflow.run.record import RunRecord

DATA = {"number": ["1", "2", "x3"], "size": [1.0, 2.0, 4.0], "kind": ["a", "b", "a"]}


@pytest.fixture
def flow(tmp_path, monkeypatch):
    """Write a flow of these nodes beside d.parquet."""
    monkeypatch.chdir(tmp_path)
    pl.DataFrame(DATA).write_parquet(tmp_path / "d.parquet")

    def write(nodes, name="x.flow"):
        head = "flow: 1\nnodes:\n  - {id: d, operator: read.parquet, parameters: {path: d.parquet}}\n"
        (tmp_path / name).write_text(head + textwrap.indent(textwrap.dedent(nodes), "  "))
        return tmp_path / name

    return write


BRANCHES = """\
- {id: typed, operator: columns.cast, inputs: d, parameters: {types: {number: int64}, invalid: error}}
- {id: bad, operator: write.parquet, inputs: typed, parameters: {path: bad.parquet}}
- {id: scaled, operator: scale.max_abs, inputs: d, parameters: {columns: size}}
- {id: good, operator: write.parquet, inputs: scaled, parameters: {path: good.parquet}}
"""


def run(path, **options):
    return weirflow.open(path).run(Options(report="none", **options), apart=False)


def nodes(record):
    return {n.id: n for n in record.nodes}


def no_partial(folder):
    return not [p for p in folder.rglob("*") if ".partial" in p.name]


def test_a_failing_branch_leaves_the_other_to_be_written(flow, tmp_path, capfd):
    path = flow(BRANCHES)
    result = run(path)
    assert (result.ok, result.record.status) == (False, "failed")
    found = nodes(result.record)
    assert {n: r.status for n, r in found.items()} == {
        "d": "done", "typed": "failed", "bad": "skipped", "scaled": "done", "good": "done",
    }  # fmt: skip
    assert found["bad"].reason == "something it depends on failed"
    assert found["typed"].problems[0].code == "WF613"
    assert "x3" not in found["typed"].problems[0].message
    assert pl.read_parquet(tmp_path / "good.parquet")["size"].to_list() == [0.25, 0.5, 1.0]
    assert not (tmp_path / "bad.parquet").exists()
    assert no_partial(tmp_path)
    # what was learned is kept: the next run need not fit again
    assert set(json.loads((tmp_path / "x.trained.json").read_text())["nodes"]) == {"scaled"}
    # the terminal names the node's place in the file
    assert main(["run", "x.flow"]) == 1
    err = capfd.readouterr().err
    column = path.read_text().splitlines()[3].index("number") + 1
    assert f"x.flow:4:{column}: error[WF613]" in err
    assert "x3" not in err


def test_the_record_of_a_failed_run_is_kept(flow, tmp_path):
    result = run(flow(BRANCHES))
    [path] = (tmp_path / ".weirflow" / "runs").glob("*/record.json")
    kept = RunRecord.model_validate_json(path.read_text())
    assert kept.status == "failed"
    assert kept.run == result.record.run
    assert nodes(kept)["typed"].problems == nodes(result.record)["typed"].problems


def test_an_output_of_an_earlier_run_survives_a_failure(flow, tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"of yesterday")
    assert not run(flow(BRANCHES)).ok
    assert (tmp_path / "bad.parquet").read_bytes() == b"of yesterday"


@pytest.mark.parametrize("place", [0, 3, 6])
def test_an_error_in_a_long_chain_is_put_down_to_its_node(flow, tmp_path, place):
    links = [f"- {{id: n{i}, operator: columns.rename, parameters: {{columns: {{size{i}: size{i + 1}}}}}}}"
             for i in range(6)]  # fmt: skip
    links.insert(place, "- {id: cast, operator: columns.cast, "
                 "parameters: {types: {number: int64}, invalid: error}}")  # fmt: skip
    first = "- {id: first, operator: columns.rename, parameters: {columns: {size: size0}}}"
    last = "- {id: out, operator: write.parquet, parameters: {path: out.parquet}}"
    result = run(flow("\n".join([first, *links, last])))
    found = nodes(result.record)
    assert [n for n, r in found.items() if r.status == "failed"] == ["cast"]
    assert found["out"].status == "skipped"
    [problem] = [p for p in result.problems if p.node == "cast"]
    assert problem.where.path[:2] == ("nodes", 2 + place)
    assert not (tmp_path / "out.parquet").exists()
    assert no_partial(tmp_path)


def test_a_fit_that_fails_takes_its_descendants_along(flow, tmp_path):
    result = run(
        flow("""\
            - {id: empty, operator: rows.filter, parameters: {column: size, is: ">", value: 99}}
            - {id: hot, operator: encode.one_hot, parameters: {columns: kind}}
            - {id: bad, operator: write.parquet, parameters: {path: bad.parquet}}
            - {id: scaled, operator: scale.max_abs, inputs: d, parameters: {columns: size}}
            - {id: good, operator: write.parquet, parameters: {path: good.parquet}}
        """)
    )
    found = nodes(result.record)
    assert (found["hot"].status, found["hot"].problems[0].code) == ("failed", "WF614")
    assert (found["bad"].status, found["good"].status) == ("skipped", "done")
    assert not (tmp_path / "bad.parquet").exists()


# ---------------------------------------------------------------------- subflows and spellings


def test_a_subflow_runs_as_if_its_nodes_stood_there(flow, tmp_path):
    (tmp_path / "inner.flow").write_text(
        "flow: 1\ninputs: {table: table}\noutputs: {default: scaled}\nnodes:\n"
        "  - {id: hot, operator: encode.one_hot, inputs: table, parameters: {columns: kind}}\n"
        "  - {id: scaled, operator: scale.max_abs, parameters: {columns: size}}\n"
    )
    path = flow("""\
        - {id: prepare, operator: flow, parameters: {path: inner.flow}}
        - {id: out, operator: write.parquet, parameters: {path: out.parquet}}
    """)
    record = run(path).check().record
    assert pl.read_parquet(tmp_path / "out.parquet").to_dict(as_series=False) == {
        "number": ["1", "2", "x3"], "size": [0.25, 0.5, 1.0], "kind_a": [1, 0, 1], "kind_b": [0, 1, 0],
    }  # fmt: skip
    fitted = set(json.loads((tmp_path / "x.trained.json").read_text())["nodes"])
    assert len(fitted) == 2
    assert fitted <= {n.id for n in record.nodes}
    assert run(path, frozen=True).ok


def test_yaml_and_json_are_one_flow(flow, tmp_path):
    scaled = {
        "id": "scaled",
        "operator": "scale.standard",
        "parameters": {"columns": ["size"], "center": True},
    }
    hot = {"id": "hot", "operator": "encode.one_hot", "parameters": {"columns": "kind"}}
    path = flow("""\
        - id: scaled
          operator: scale.standard
          parameters:
            columns: [size]
            center: true
        - {id: hot, operator: encode.one_hot, parameters: {columns: kind}}
        - {id: out, operator: write.parquet, parameters: {path: out.parquet}}
    """)
    source = {"id": "d", "operator": "read.parquet", "parameters": {"path": "d.parquet"}}
    sink = {"id": "out", "operator": "write.parquet", "parameters": {"path": "json.parquet"}}
    (tmp_path / "y.flow").write_text(json.dumps({"flow": 1, "nodes": [source, scaled, hot, sink]}))
    run(path).check()
    run(tmp_path / "y.flow").check()
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "json.parquet").read_bytes()
    x, y = (json.loads((tmp_path / f"{n}.trained.json").read_text())["nodes"] for n in "xy")
    assert x == y
