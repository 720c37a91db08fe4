"""What a record knows of rows and times: counted where that is free, and nowhere else."""

from __future__ import annotations

import textwrap

import polars as pl
import pytest

import weirflow
from weirflow.plan.model import Options
from weirflow.run.events import Computed

ROWS = 1_500  # more than a sample takes


@pytest.fixture
def ran(tmp_path):
    """Run a flow of these nodes after a source of 1,500 rows; the record's nodes by id, and the events."""
    pl.DataFrame({"a": range(ROWS), "b": ["x", "y", "z"] * (ROWS // 3)}).write_csv(tmp_path / "in.csv")

    def run(nodes, **options):
        path = tmp_path / "x.flow"
        read = "- {id: read, operator: read.csv, parameters: {path: in.csv}}\n"
        path.write_text("flow: 1\nname: x\nnodes:\n" + read + textwrap.dedent(nodes))
        events = []
        result = weirflow.open(path).run(Options(**options), observers=[events.append], apart=False)
        result.check()
        return {n.id: n for n in result.record.nodes}, events

    return run


def test_rows_that_one_file_counted_are_known_to_its_siblings(ran):
    nodes, _ = ran("""
        - {id: some, operator: rows.filter, parameters: {column: a, is: '<', value: 40}}
        - {id: csv, operator: write.csv, parameters: {path: out.csv}}
        - {id: parquet, operator: write.parquet, inputs: some, parameters: {path: out.parquet}}
    """)
    assert {i: n.rows_out for i, n in nodes.items()} == {"read": None, "some": 40, "csv": 40, "parquet": 40}


def test_what_nobody_counted_stays_so(ran):
    nodes, _ = ran("""
        - {id: some, operator: rows.filter, parameters: {column: a, is: '<', value: 40}}
        - {id: csv, operator: write.csv, parameters: {path: out.csv}}
    """)
    assert {n.rows_out for n in nodes.values()} == {None}


def test_a_table_in_memory_is_counted_and_timed(ran):
    nodes, events = ran(
        """
        - {id: half, operator: custom.pandas, parameters: {code: "df = df[df.a % 2 == 0]"}}
        - {id: more, operator: columns.rename, parameters: {columns: {b: c}}}
        - {id: csv, operator: write.csv, parameters: {path: out.csv}}
        """,
        allow_code=True,
    )
    assert {i: n.rows_out for i, n in nodes.items()} == {"read": None, "half": 750, "more": 750, "csv": 750}
    assert [e.node for e in events if isinstance(e, Computed)] == ["half"]
    assert nodes["half"].seconds > 0
    assert nodes["more"].seconds is None


def test_an_analysis_has_a_time_of_its_own(ran):
    nodes, _ = ran("- {id: schema, operator: analyse.schema}\n")
    assert nodes["schema"].seconds > 0
