"""Waves of fitting: how often a source is read, proven from outside, and what waits for what."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import struct
import sys
import textwrap

import polars as pl
import pytest

import weirflow
from weirflow.engines.polars import PolarsEngine
from weirflow.plan.model import Options

IN_OPEN, IN_CLOSE, IN_NONBLOCK = 0x20, 0x18, 0o4000


class Opens:
    def __init__(self) -> None:
        self.count = 0


@contextlib.contextmanager
def watched(path):
    """Count how often a file is opened, by whichever thread or process, as the kernel tells.

    The kernel merges equal events in a row; those of closing keep one opening apart from the next.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(IN_NONBLOCK)
    assert descriptor >= 0
    opens = Opens()
    try:
        assert libc.inotify_add_watch(descriptor, os.fsencode(path), IN_OPEN | IN_CLOSE) >= 0
        yield opens
        with contextlib.suppress(BlockingIOError):
            while data := os.read(descriptor, 1 << 16):
                offset = 0
                while offset < len(data):
                    _, mask, _, length = struct.unpack_from("iIII", data, offset)
                    opens.count += bool(mask & IN_OPEN)
                    offset += 16 + length
    finally:
        os.close(descriptor)


@pytest.fixture
def flow(tmp_path):
    """Open a flow of these nodes."""

    def write(nodes, **options):
        path = tmp_path / "x.flow"
        path.write_text("flow: 1\nname: x\nnodes:\n" + textwrap.dedent(nodes))
        return weirflow.open(path, **options)

    return write


def run(project, **options):
    """Run in this process; the plan and the record."""
    plan = project.plan(Options(report="none", **options))
    return plan, project.run(plan=plan, apart=False).check().record


def waves(record):
    return [set(w.nodes) for w in record.waves]


# ---------------------------------------------------------------------- scans


@pytest.fixture
def credit(repository, tmp_path):
    leave = shutil.ignore_patterns(".weirflow", "output", "*.trained.json")
    return shutil.copytree(repository / "flows" / "credit-risk", tmp_path / "credit", ignore=leave)


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
def test_the_kernel_sees_the_csv_read_once_beside_looks_at_its_two_ends(credit):
    data = credit / "german_credit_data.csv"
    with watched(data) as bare:
        pl.scan_csv(data).collect(engine="streaming")
    with watched(data) as thrice:
        for _ in range(3):
            pl.scan_csv(data).collect(engine="streaming")
    project = weirflow.open(credit / "credit-risk.flow")
    plan = project.plan()
    assert sum(n.action == "fit" for n in plan.nodes.values()) == 10
    with watched(data) as ours:
        record = project.run(plan=plan, apart=False).check().record
    looks = 2  # at the header, and at blank lines at the end
    assert 0 < bare.count + looks < thrice.count  # the watch can tell
    assert ours.count <= bare.count + looks
    assert record.scans == 1
    assert sum(w.scans for w in record.waves) == 0  # the waves read the decoded copy


def test_a_csv_needed_once_is_not_copied(flow, tmp_path):
    (tmp_path / "d.csv").write_text("a\n1\n2\n")
    plan, record = run(
        flow("""\
            - {id: d, operator: read.csv, parameters: {path: d.csv}}
            - {id: out, operator: write.csv, parameters: {path: out.csv}}
        """)
    )
    assert [(s.reads, s.decoded_once) for s in plan.scans] == [(1, False)]
    assert record.scans == 1


def test_scans_of_parquet_are_narrow(flow, tmp_path, monkeypatch):
    pl.DataFrame({f"c{i}": [1.0, 2.0, 4.0] for i in range(40)}).write_parquet(tmp_path / "d.parquet")
    read = []
    count = PolarsEngine._count

    def spy(self, lazy):
        text = lazy.explain(engine="streaming")
        read.extend(line.split("PROJECT")[1].strip() for line in text.splitlines() if "PROJECT" in line)
        count(self, lazy)

    monkeypatch.setattr(PolarsEngine, "_count", spy)
    _, record = run(
        flow("""\
            - {id: d, operator: read.parquet, parameters: {path: d.parquet}}
            - {id: s, operator: scale.standard, parameters: {columns: [c1, c2]}}
            - {id: m, operator: scale.robust, parameters: {columns: c3}}
            - {id: out, operator: write.parquet, parameters: {path: out.parquet}}
        """)
    )
    widths = [r.split("/40")[0] for r in read]
    assert widths[-1].startswith("*")  # the sink reads all, and nothing else does
    assert widths[:-1]
    assert all(int(w) <= 3 for w in widths[:-1])
    assert record.waves[0].scans == len(widths) - 1


# ---------------------------------------------------------------------- what waits


def trained(tmp_path):
    return json.loads((tmp_path / "x.trained.json").read_text())["nodes"]


def test_a_scaler_of_an_imputed_column_waits_for_the_imputation(flow, tmp_path):
    (tmp_path / "d.csv").write_text("a,b\n1,10\n,20\n5,60\n")
    plan, record = run(
        flow("""\
            - {id: d, operator: read.csv, parameters: {path: d.csv}}
            - {id: filled, operator: missing.impute, parameters: {columns: a}}
            - {id: scaled, operator: scale.min_max, parameters: {columns: a}}
            - {id: standard, operator: scale.standard, parameters: {columns: a, center: true}}
            - {id: other, operator: scale.max_abs, parameters: {columns: b}}
            - {id: out, operator: write.csv, parameters: {path: out.csv}}
        """)
    )
    assert waves(record) == [{"filled", "other"}, {"scaled"}, {"standard"}]
    assert [set(w) for w in plan.waves] == waves(record)
    learned = {n: e["trained"] for n, e in trained(tmp_path).items()}
    assert learned["filled"] == {"values": {"a": 3.0}}
    assert learned["scaled"] == {"minimum": {"a": 1.0}, "maximum": {"a": 5.0}}
    assert learned["standard"] == {"mean": {"a": 0.5}, "deviation": {"a": 0.5}}  # of 0, 0.5 and 1
    assert learned["other"] == {"largest": {"b": 60.0}}
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == [
        "-1.0,0.16666666666666666", "0.0,0.3333333333333333", "1.0,1.0",
    ]  # fmt: skip


def test_fits_of_distinct_columns_are_one_wave(flow, tmp_path):
    (tmp_path / "d.csv").write_text("a,b,c\n1,10,x\n,20,y\n5,60,x\n")
    plan, record = run(
        flow("""\
            - {id: d, operator: read.csv, parameters: {path: d.csv}}
            - {id: filled, operator: missing.impute, parameters: {columns: a}}
            - {id: scaled, operator: scale.min_max, parameters: {columns: b}}
            - {id: hot, operator: encode.one_hot, parameters: {columns: c}}
            - {id: out, operator: write.csv, parameters: {path: out.csv}}
        """)
    )
    assert waves(record) == [{"filled", "scaled", "hot"}]
    assert len(plan.waves) == 1


def test_a_scaler_after_a_filter_on_a_scaled_column_waits(flow, tmp_path):
    (tmp_path / "d.csv").write_text("a,b\n0,1\n2,3\n8,7\n10,11\n")
    _, record = run(
        flow("""\
            - {id: d, operator: read.csv, parameters: {path: d.csv}}
            - {id: scaled, operator: scale.min_max, parameters: {columns: a}}
            - {id: upper, operator: rows.filter, parameters: {column: a, is: ">", value: 0.5}}
            - {id: rest, operator: scale.min_max, parameters: {columns: b}}
            - {id: out, operator: write.csv, parameters: {path: out.csv}}
        """)
    )
    assert waves(record) == [{"scaled"}, {"rest"}]
    assert trained(tmp_path)["rest"]["trained"] == {"minimum": {"b": 7.0}, "maximum": {"b": 11.0}}


def test_equal_questions_are_answered_once_under_whichever_name(flow, tmp_path, monkeypatch):
    (tmp_path / "d.csv").write_text("a,b\n0,1\n2,3\n")
    asked = []
    answer = PolarsEngine.answer

    def spy(self, table, statistics):
        asked.extend(statistics)
        return answer(self, table, statistics)

    monkeypatch.setattr(PolarsEngine, "answer", spy)
    nodes = """\
        - {id: d, operator: read.csv, parameters: {path: d.csv}}
        - {id: one, operator: scale.min_max, parameters: {columns: a}}"""
    _, alone = run(flow(nodes))
    assert alone.waves[0].statistics == len(asked) == 3
    asked.clear()
    _, both = run(
        flow(
            nodes
            + """
        - {id: two, operator: scale.max_abs, inputs: d, parameters: {columns: a}}
        - {id: named, operator: columns.rename, inputs: d, parameters: {columns: {a: z}}}
        - {id: three, operator: scale.min_max, parameters: {columns: z}}
        """
        ),
        refit=True,
    )
    assert waves(both) == [{"one", "two", "three"}]
    assert both.waves[0].statistics == len(asked) == 3
    assert trained(tmp_path)["three"]["trained"] == {"minimum": {"z": 0.0}, "maximum": {"z": 2.0}}


def test_a_selector_after_one_hot_waits_and_its_names_are_kept(flow, tmp_path):
    (tmp_path / "d.csv").write_text("a,kind\n0,x\n2,y\n4,x\n")
    project = flow("""\
        - {id: d, operator: read.csv, parameters: {path: d.csv}}
        - {id: hot, operator: encode.one_hot, parameters: {columns: kind}}
        - {id: scaled, operator: scale.max_abs, parameters: {columns: {type: numeric}}}
        - {id: out, operator: write.csv, parameters: {path: out.csv}}
    """)
    plan, record = run(project)
    assert waves(record) == [{"hot"}, {"scaled"}]
    assert len(plan.waves) <= len(record.waves)
    entry = trained(tmp_path)["scaled"]
    assert entry["columns"] == {"columns": ["a", "kind_x", "kind_y"]}
    assert entry["parameters"] == {"columns": {"type": "numeric"}}
    assert entry["trained"] == {"largest": {"a": 4.0, "kind_x": 1.0, "kind_y": 1.0}}
    # a new numeric column is not scaled: what was chosen in the fit stands
    (tmp_path / "d.csv").write_text("a,kind,new\n2,x,100\n")
    weirflow.open(project.path).run(Options(frozen=True, report="none"), apart=False).check()
    assert pl.read_csv(tmp_path / "out.csv").rows(named=True) == [
        {"a": 0.5, "new": 100, "kind_x": 1.0, "kind_y": 0.0}
    ]


def test_announced_waves_are_a_lower_bound(flow, tmp_path):
    (tmp_path / "d.csv").write_text("a,kind\n0,x\n2,y\n4,x\n")
    plan, record = run(
        flow("""\
            - {id: d, operator: read.csv, parameters: {path: d.csv}}
            - {id: hot, operator: encode.one_hot, parameters: {columns: kind}}
            - {id: first, operator: scale.max_abs, parameters: {columns: {matching: ^kind_}}}
            - {id: second, operator: scale.standard, parameters: {columns: {type: float}}}
            - {id: bars, operator: analyse.histogram, parameters: {column: a}}
            - {id: out, operator: write.csv, inputs: second, parameters: {path: out.csv}}
        """)
    )
    assert 1 < len(plan.waves) <= len(record.waves)
    place = {n: i for i, w in enumerate(waves(record), 1) for n in w}
    announced = {n: p.wave for n, p in plan.nodes.items() if p.wave is not None}
    assert set(place) == set(announced)
    assert all(announced[n] <= place[n] for n in place)


def test_a_snippet_whose_table_nobody_takes_runs_on_all_rows(flow, tmp_path):
    (tmp_path / "d.csv").write_text("a\n" + "1\n" * 1500)
    nodes = """\
        - {id: d, operator: read.csv, parameters: {path: d.csv}}
        - {id: look, operator: custom.pandas, parameters: {code: "print(len(df))"}}
        - {id: bad, operator: custom.pandas, inputs: d, parameters: {code: "df['b'] = nothing"}}
    """
    plan = flow(nodes).plan(Options(report="full", allow_code=True))
    record = flow(nodes).run(plan=plan, apart=False).record
    node = {n.id: n for n in record.nodes}
    assert node["look"].output == "1500\n"
    assert (record.status, node["bad"].status, node["bad"].problems[0].code) == ("failed", "failed", "WF608")


def test_one_pass_to_learn_and_one_for_both_sinks(tmp_path):
    pl.DataFrame({"a": [1.0, 2.0, 4.0]}).write_parquet(tmp_path / "d.parquet")
    nodes = (
        "- {id: d, operator: read.parquet, parameters: {path: d.parquet}}\n"
        "- {id: s, operator: scale.max_abs, parameters: {columns: a}%s}\n"
        "- {id: one, operator: write.parquet, inputs: s, parameters: {path: one.parquet}}\n"
        "- {id: two, operator: write.parquet, inputs: s, parameters: {path: two.parquet}}\n"
    )
    for cache in ("", ", cache: true"):
        path = tmp_path / f"x{len(cache)}.flow"
        path.write_text("flow: 1\nname: x\nnodes:\n" + nodes.replace("}%s}", "}" + cache + "}"))
        assert weirflow.open(path).run(Options(report="none"), apart=False).check().record.scans == 2
        assert pl.read_parquet(tmp_path / "two.parquet")["a"].to_list() == [0.25, 0.5, 1.0]
