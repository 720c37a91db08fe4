"""What a watcher of a run is told, event by event."""

import json
import sys
import time
from types import SimpleNamespace

import pytest

from weirflow.cli.lines import JsonLines
from weirflow.cli.progress import LiveLine, ProgressLines, _seconds
from weirflow.cli.terminal import Terminal
from weirflow.errors import Diagnostic, Where
from weirflow.node.schema import Schema
from weirflow.run.events import (
    Described,
    NodeDone,
    NodeFailed,
    Printed,
    Progress,
    StageStarted,
    Warned,
    WaveDone,
)
from weirflow.run.record import SampleRecord


@pytest.fixture
def plan():
    """As much of a plan as an observer looks at."""
    nodes = {
        n: SimpleNamespace(id=n, action=a, reason=why)
        for n, a, why in [("read", "read", ""), ("scale", "use", "trained before"), ("tile", "work", "")]
    }
    return SimpleNamespace(graph=list(nodes.values()), nodes=nodes, wanted=lambda n: True)


def told(plan, capsys, *events, **settings):
    progress = ProgressLines(Terminal(**settings), plan)
    for event in events:
        progress(event)
    progress.live.end()
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_a_line_for_each_node_that_is_done(plan, capsys):
    done = NodeDone("tile", 61.4, ("/data/a.csv",), 1234)

    assert told(plan, capsys, done) == ["ok       tile   1,234 rows  1 min 1 s  -> /data/a.csv"]


def test_items_are_counted(plan, capsys):
    lines = told(plan, capsys, Progress("tile", 10, 10, cached=4, bad=1), NodeDone("tile", 0.25))

    assert lines == ["ok       tile   4 items cached  1 bad item  250 ms"]


def test_failures_name_their_code(plan, capsys):
    failed = NodeFailed("tile", Diagnostic("WF606", "too many bad items"))

    assert told(plan, capsys, failed) == ["failed   tile   WF606"]


def test_a_node_is_told_once(plan, capsys):
    events = [NodeDone("tile"), Described("tile", Schema(), 3)]

    assert len(told(plan, capsys, *events, verbose=True)) == 1


def test_lazy_nodes_and_waves_are_told_when_asked(plan, capsys):
    events = [
        WaveDone(("scale",), 5, 1, 0.5),
        Described("read", Schema(), 1),
        Described("scale", Schema()),
        Printed("read", "hello\n"),
    ]

    assert told(plan, capsys, *events) == []
    assert told(plan, capsys, *events, verbose=True) == [
        "wave of 1 node: 5 statistics, 1 scan, 500 ms",
        "ok       read   1 row",
        "use      scale  trained before",
        "read printed:",
        "hello",
    ]


def test_quiet_is_quiet(plan, capsys):
    assert told(plan, capsys, NodeDone("tile"), quiet=True) == []


def test_no_live_line_where_nobody_watches(plan, capsys):
    assert told(plan, capsys, StageStarted("step", ("tile",)), Progress("tile", 1, 2)) == []


def test_the_live_line_is_drawn_over_and_taken_away(monkeypatch):
    written: list[str] = []
    screen = SimpleNamespace(isatty=lambda: True, write=written.append, flush=lambda: None)
    monkeypatch.setattr(sys, "stderr", screen)
    live = LiveLine(Terminal())
    live.set("tile: 1/2")
    deadline = time.monotonic() + 5
    while not any("tile: 1/2" in w for w in written) and time.monotonic() < deadline:
        time.sleep(0.01)
    live.end()

    drawn = next(w for w in written if "tile: 1/2" in w)
    assert drawn.startswith("\r\x1b[2K")
    assert "\n" not in "".join(written)
    assert written[-1] == "\r\x1b[2K"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0123, "12 ms"), (1.24, "1.2 s"), (59.94, "59.9 s"), (60, "1 min 0 s"), (119.9, "2 min 0 s")],
)
def test_durations(seconds, text):
    assert _seconds(seconds) == text


def lines(capsys, *events):
    observer = JsonLines(Terminal())
    for event in events:
        observer(event)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_events_as_json(capsys):
    wrong = Diagnostic("WF601", "a node failed", Where("x.flow", line=3, column=5), node="tile")
    found = lines(
        capsys,
        StageStarted("step", ("tile",)),
        Progress("tile", 1, 2, bad=1),
        Warned("tile", wrong),
        NodeFailed("tile", wrong),
    )

    assert found[0] == {"event": "stage_started", "stage": "step", "nodes": ["tile"]}
    assert found[1]["bad"] == 1
    assert [f["event"] for f in found[2:]] == ["warned", "node_failed"]
    assert (found[3]["diagnostic"]["file"], found[3]["diagnostic"]["line"]) == ("x.flow", 3)


def test_no_rows_of_data_go_into_the_lines(capsys):
    sample = SampleRecord(columns=("name",), rows=(("ann",),))
    (line,) = lines(capsys, Described("read", Schema.of({"name": "string"}), 1, sample))

    assert line == {
        "event": "described",
        "node": "read",
        "rows": 1,
        "columns": [{"name": "name", "dtype": "string"}],
    }
