"""A table with several readers is computed once: counted from outside, by a node that writes down what it computes."""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import narwhals as nw
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import weirflow
from weirflow.api import FLOAT64, Effect, File, Files, Item, ItemResult, Made, Port, Task, Transform
from weirflow.engines.polars import PolarsEngine
from weirflow.plan.model import Options
from weirflow.plugins.registry import Registry
from weirflow.run.events import StageStarted


class Double(Transform):
    """Twice the column a, in its place. Writes down how many rows it computes."""

    operator = "told.double"
    log: str

    def effect(self, schema):
        return Effect(makes={"a": Made(of=("a",), dtype=FLOAT64)})

    def transform(self, inputs):
        def double(values):
            with Path(self.log).open("a") as file:
                file.write(f"{len(values)}\n")
            return values * 2.0

        lazy = nw.to_native(inputs.table)
        return nw.from_native(lazy.with_columns(pl.col("a").map_batches(double, pl.Float64)))


class Both(Transform):
    """Rows where a is at most 2, and the rest."""

    operator = "told.both"
    outputs: ClassVar = (Port("low"), Port("high"))

    def transform(self, inputs):
        return {"low": inputs.table.filter(nw.col("a") <= 2), "high": inputs.table.filter(nw.col("a") > 2)}


class Total(Task):
    """The sum of a, in a file."""

    operator = "told.total"
    outputs: ClassVar = (Port("default", "files"),)

    def items(self, inputs):
        total = nw.to_native(inputs.table).select(pl.col("a").sum()).collect().item()
        return [Item("total", {"total": total})]

    def process(self, item, out):
        (out.folder / "total").write_text(str(item.payload["total"]))
        return ItemResult(item.key, item.payload)

    def finish(self, results):
        return {"default": Files(tuple(File(r.folder / "total") for r in results))}


ROWS = 5


@pytest.fixture
def told(tmp_path):
    """Open a flow that may use these nodes; `rows` tells how many rows were computed so far."""
    registry = Registry.load({}).with_nodes(Double, Both, Total)
    pl.DataFrame({"a": [float(i) for i in range(ROWS)]}).write_parquet(tmp_path / "d.parquet")
    log = tmp_path / "log"

    def write(nodes):
        text = textwrap.dedent(nodes).replace(
            "DOUBLE", f"operator: told.double, parameters: {{log: '{log}'}}"
        )
        source = "  - {id: d, operator: read.parquet, parameters: {path: d.parquet}}\n"
        path = tmp_path / "x.flow"
        path.write_text("flow: 1\nname: x\nnodes:\n" + source + textwrap.indent(text, "  "))
        return weirflow.open(path, registry=registry)

    write.rows = lambda: sum(map(int, log.read_text().split())) if log.exists() else 0
    return write


def copies(plan):
    return {c.node if c.output == "default" else f"{c.node}.{c.output}": c.readers for c in plan.copies}


def run(project, **options):
    plan = project.plan(Options(report="none", **options))
    return plan, project.run(plan=plan, apart=False).check().record


SINKS = """\
    - {id: f, DOUBLE}
    - {id: one, operator: write.parquet, inputs: f, parameters: {path: one.parquet}}
    - {id: two, operator: write.csv, inputs: f, parameters: {path: two.csv}}
"""


def test_two_sinks_compute_their_table_once(told, tmp_path):
    plan, record = run(told(SINKS))
    assert copies(plan) == {"f": ("one", "two")}
    assert told.rows() == ROWS
    assert record.scans == 1
    expected = pl.DataFrame({"a": [0.0, 2.0, 4.0, 6.0, 8.0]})
    assert_frame_equal(pl.read_parquet(tmp_path / "one.parquet"), expected)
    assert_frame_equal(pl.read_csv(tmp_path / "two.csv"), expected)
    assert not [*tmp_path.rglob("table-*")]  # the copy is gone


def test_the_count_can_tell_once_from_twice(told):
    project = told(SINKS)
    plan = replace(project.plan(Options(report="none")), copies=())
    project.run(plan=plan, apart=False).check()
    assert told.rows() == 2 * ROWS


@pytest.mark.parametrize("selected", ["+one", "+two"])
def test_a_lone_sink_stays_lazy(told, monkeypatch, selected):
    monkeypatch.setattr(PolarsEngine, "cache", lambda *_: pytest.fail("a copy was made"))
    plan, record = run(told(SINKS), select=(selected,))
    assert (copies(plan), told.rows(), record.scans) == ({}, ROWS, 1)


def test_the_flow_that_is_measured_stays_lazy(repository, tmp_path, monkeypatch):
    flow = shutil.copy(repository / "benchmarks" / "credit.flow", tmp_path)
    data = repository / "flows" / "credit-risk" / "german_credit_data.csv"
    (tmp_path / "data").mkdir()
    pl.read_csv(data).write_parquet(tmp_path / "data" / "credit.parquet")
    monkeypatch.setattr(PolarsEngine, "cache", lambda *_: pytest.fail("a copy was made"))
    plan, _ = run(weirflow.open(flow))
    assert plan.copies == ()
    assert "computed once" not in {n.reason for n in plan.nodes.values()}


def test_what_was_only_read_and_renamed_is_not_copied(told):
    plan, record = run(
        told("""\
            - {id: named, operator: columns.rename, parameters: {columns: {a: z}}}
            - {id: one, operator: write.parquet, inputs: named, parameters: {path: one.parquet}}
            - {id: two, operator: write.csv, inputs: named, parameters: {path: two.csv}}
        """)
    )
    assert (copies(plan), record.scans) == ({}, 2)


@pytest.mark.parametrize(
    ("width", "sinks", "copied"), [(1, 2, True), (2, 2, False), (2, 3, True), (8, 3, False)]
)
def test_little_work_is_done_again_rather_than_a_wide_table_written(told, tmp_path, width, sinks, copied):
    # one column is computed, so each sink but the first saves one: against the columns of the copy
    pl.DataFrame({"a": [1.0], **{f"c{i}": [1.0] for i in range(width - 1)}}).write_parquet(
        tmp_path / "d.parquet"
    )
    nodes = "- {id: f, DOUBLE}\n" + "".join(
        f"- {{id: s{i}, operator: write.csv, inputs: f, parameters: {{path: s{i}.csv}}}}\n"
        for i in range(sinks)
    )
    plan, _ = run(told(nodes))
    assert bool(plan.copies) == copied
    assert told.rows() == (1 if copied else sinks)


def test_the_nearest_common_table_is_copied_and_what_follows_is_not(told):
    plan, _ = run(
        told("""\
            - {id: f, DOUBLE}
            - {id: g, operator: columns.rename, parameters: {columns: {a: c}}}
            - {id: one, operator: write.csv, inputs: g, parameters: {path: one.csv}}
            - {id: h, operator: columns.rename, inputs: g, parameters: {columns: {c: e}}}
            - {id: two, operator: write.csv, inputs: h, parameters: {path: two.csv}}
            - {id: three, operator: write.csv, inputs: h, parameters: {path: three.csv}}
        """)
    )
    assert copies(plan) == {"g": ("one", "two", "three")}
    assert told.rows() == ROWS


def test_two_outputs_of_one_node_share_what_feeds_it(told, tmp_path):
    plan, _ = run(
        told("""\
            - {id: f, DOUBLE}
            - {id: both, operator: told.both}
            - {id: one, operator: write.csv, inputs: both.low, parameters: {path: one.csv}}
            - {id: two, operator: write.csv, inputs: both.high, parameters: {path: two.csv}}
        """)
    )
    assert copies(plan) == {"f": ("one", "two")}
    assert told.rows() == ROWS
    assert pl.read_csv(tmp_path / "one.csv")["a"].to_list() == [0, 2]
    assert pl.read_csv(tmp_path / "two.csv")["a"].to_list() == [4, 6, 8]


def test_tasks_and_analyses_of_the_whole_table_are_readers_too(told):
    plan, record = run(
        told("""\
            - {id: f, DOUBLE}
            - {id: look, operator: analyse.summary, inputs: f}
            - {id: total, operator: told.total, inputs: f}
        """)
    )
    assert copies(plan) == {"f": ("look", "total")}
    assert told.rows() == ROWS
    assert next(n for n in record.nodes if n.id == "total").status == "done"


def test_questions_that_lead_back_past_a_copy_are_asked_of_the_copy(told):
    plan, _ = run(
        told("""\
            - {id: f, DOUBLE}
            - {id: named, operator: columns.rename, parameters: {columns: {a: c}}}
            - {id: look, operator: analyse.summary, inputs: named}
            - {id: one, operator: write.csv, inputs: named, parameters: {path: one.csv}}
        """)
    )
    assert copies(plan) == {"named": ("look", "one")}
    assert told.rows() == ROWS


def test_an_analysis_of_few_columns_is_no_reader(told, tmp_path):
    pl.DataFrame({"a": [1.0, 2.0], "x": [1, 2], "y": [1, 2], "z": [1, 2]}).write_parquet(
        tmp_path / "d.parquet"
    )
    plan, _ = run(
        told("""\
            - {id: f, DOUBLE}
            - {id: bars, operator: analyse.histogram, inputs: f, parameters: {column: a}}
            - {id: one, operator: write.csv, inputs: f, parameters: {path: one.csv}}
        """)
    )
    assert copies(plan) == {}


def test_a_node_that_asks_for_a_copy_gets_one_for_this_run(told, tmp_path):
    nodes = "- {id: f, DOUBLE}\n- {id: one, operator: write.csv, inputs: f, parameters: {path: one.csv}}\n"
    project = told(nodes.replace("f, DOUBLE", "f, cache: true, DOUBLE"))
    plan, _ = run(project)
    assert [(c.node, c.asked) for c in plan.copies] == [("f", True)]
    assert told.rows() == ROWS
    run(project)
    assert told.rows() == 2 * ROWS  # nothing of it is left for the next


def test_a_copy_is_a_stage_of_its_own_before_its_readers(told):
    stages = []
    project = told(SINKS)
    plan = project.plan(Options(report="none"))
    project.run(plan=plan, apart=False, observers=[stages.append]).check()
    assert [(s.stage, s.nodes) for s in stages if isinstance(s, StageStarted)] == [
        ("copy", ("f",)), ("step", ("one",)), ("step", ("two",)),
    ]  # fmt: skip


def test_what_fails_in_a_shared_table_is_said_once_of_the_node_behind_it(told, tmp_path):
    pl.DataFrame({"a": [1.0, 2.0], "t": ["1", "x"]}).write_parquet(tmp_path / "d.parquet")
    project = told("""\
        - {id: typed, operator: columns.cast, parameters: {types: {t: int64}, invalid: error}}
        - {id: f, DOUBLE}
        - {id: one, operator: write.csv, inputs: f, parameters: {path: one.csv}}
        - {id: two, operator: write.csv, inputs: f, parameters: {path: two.csv}}
        - {id: side, operator: write.csv, inputs: d, parameters: {path: side.csv}}
    """)
    plan = project.plan(Options(report="none"))
    assert copies(plan) == {"f": ("one", "two")}  # two columns are computed, and two written
    result = project.run(plan=plan, apart=False)
    assert [(d.code, d.node) for d in result.problems] == [("WF613", "typed")]
    assert sorted(p.name for p in tmp_path.glob("*.csv")) == ["side.csv"]


def test_the_credit_flow_writes_the_same_with_and_without_the_copy(repository, tmp_path):
    leave = shutil.ignore_patterns(".weirflow", "output", "*.trained.json")
    folder = shutil.copytree(repository / "flows" / "credit-risk", tmp_path / "credit", ignore=leave)
    project = weirflow.open(folder / "credit-risk.flow")
    for refit in (True, False):
        plan = project.plan(Options(report="none", refit=refit))
        assert {"features_parquet", "features_csv"} <= set(copies(plan)["features"])
        record = project.run(plan=plan, apart=False).check().record
        assert record.scans == sum(s.scans for s in plan.scans) == 1
    written = [pl.read_parquet(folder / "output" / "features.parquet")]
    texts = [(folder / "output" / "features.csv").read_text()]
    project.run(plan=replace(plan, copies=()), apart=False).check()
    assert_frame_equal(pl.read_parquet(folder / "output" / "features.parquet"), written[0])
    assert (folder / "output" / "features.csv").read_text() == texts[0]


# ---------------------------------------------------------------------- the plan's words and the run's count


@pytest.mark.parametrize(
    ("nodes", "said", "counted"),
    [
        ("- {id: out, operator: write.csv, parameters: {path: out.csv}}\n", "scanned once", 1),
        (
            (
                "- {id: out, operator: write.csv, inputs: d, parameters: {path: out.csv}}\n"
                "- {id: two, operator: write.csv, inputs: d, parameters: {path: two.csv}}\n"
            ),
            "scanned once (decoded once, then read 2 times from the copy)",
            1,
        ),
        (
            "- {id: look, operator: analyse.summary, inputs: d}\n",
            "scanned once (decoded once, then read at least once from the copy)",
            1,
        ),
        ("", "looked at for its columns only", 0),
    ],
)
def test_a_run_counts_the_scans_that_the_plan_announces(told, tmp_path, capfd, nodes, said, counted):
    from weirflow.cli import main

    (tmp_path / "d.csv").write_text("x,y\n1,2\n3,4\n")
    project = told(nodes)
    project.path.write_text(
        project.path.read_text().replace("read.parquet", "read.csv").replace("d.parquet", "d.csv")
    )
    assert main(["plan", str(project.path)]) == 0
    assert f"\nd (d.csv): {said}\n" in capfd.readouterr().out
    plan, record = run(weirflow.open(project.path))
    assert record.scans == counted == plan.scans[0].scans


def test_of_parquet_the_plan_announces_a_lower_bound(told):
    plan, record = run(
        told("""\
            - {id: look, operator: analyse.summary, inputs: d}
            - {id: out, operator: write.csv, inputs: d, parameters: {path: out.csv}}
        """)
    )
    assert (plan.scans[0].reads, plan.scans[0].exact, plan.scans[0].decoded_once) == (2, False, False)
    assert record.scans >= 2
