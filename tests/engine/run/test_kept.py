"""What a plan says of tasks and jobs, from what the store keeps of them; and which changes leave it valid."""

import json
import os

import pytest

from weirflow.node.model import Task
from weirflow.plan.kept import Kept, why_work

HASH = "- {id: sums, operator: files.hash, parameters: {folder: files, algorithm: %s, max_bad_items: %s}}\n"


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def reason(weirflow):
    """What the plan says of a node."""

    def ask(path, node):
        done = weirflow("plan", path, "--json")
        assert done.returncode == 0, done.stderr
        [found] = [n for n in json.loads(done.stdout)["nodes"] if n["id"] == node]
        assert found["action"] == "work"
        return found["reason"]

    return ask


def test_a_finished_task_is_cached_until_it_changes(flow, weirflow, files, reason):
    path = flow(HASH % ("sha256", 0))
    assert reason(path, "sums") == "never run"
    assert weirflow("run", path).returncode == 0
    assert reason(path, "sums") == "cached: all 3 items done before"
    assert reason(flow(HASH % ("sha1", 0)), "sums") == "parameters changed: algorithm"


def test_bad_items_are_unfinished_and_raising_their_limit_does_nothing_again(
    flow, weirflow, files, reason, tmp_path
):
    (files / "d").symlink_to("nowhere")
    path = flow(HASH % ("sha256", 0))
    first = weirflow("run", path)
    assert first.returncode == 1
    assert "the good ones are kept" in first.stderr
    path = flow(HASH % ("sha256", 1))
    assert reason(path, "sums") == "1 of 4 items unfinished"
    done = weirflow("run", path)
    assert done.returncode == 0, done.stderr
    assert "3 items cached  1 bad item " in done.stderr
    assert len(list((tmp_path / ".weirflow" / "items").glob("*/*"))) == 1
    record = max((tmp_path / ".weirflow" / "runs").glob("*/record.json"), key=lambda p: p.stat().st_mtime_ns)
    [node] = json.loads(record.read_text())["nodes"]
    assert node["parameters"]["max_bad_items"] == 1  # it is shown, though nothing hangs on it


def test_a_changed_item_alone_is_done_again(flow, weirflow, files):
    path = flow(HASH % ("sha256", 0))
    assert weirflow("run", path).returncode == 0
    os.utime(files / "b", ns=(1, 1))
    assert "2 items cached" in weirflow("run", path).stderr


def test_the_plan_sees_files_that_changed_came_or_went(flow, weirflow, files, reason):
    path = flow(HASH % ("sha256", 0))
    assert weirflow("run", path).returncode == 0
    (files / "b").write_text("longer")
    assert reason(path, "sums") == "1 of 3 items new, changed or unfinished"
    (files / "d").write_text("d")
    assert reason(path, "sums") == "2 of 4 items new, changed or unfinished"
    assert weirflow("run", path).returncode == 0
    assert reason(path, "sums") == "cached: all 4 items done before"
    (files / "a").unlink()
    assert reason(path, "sums") == "cached: all 3 items done before"


def test_a_changed_file_reaches_what_is_kept_below(flow, weirflow, files, reason, tmp_path):
    path = flow(HASH % ("sha256", 0) + "- {id: count, operator: slow.rows}\n")
    assert weirflow("run", path).returncode == 0
    assert reason(path, "count") == "cached: its item done before"
    (files / "d").write_text("d")
    assert reason(path, "count") == "input changed: sums"
    assert weirflow("run", path).returncode == 0
    entries = [json.loads(p.read_text()) for p in tmp_path.glob(".weirflow/items/x.count/*/*.json")]
    assert sorted(e["facts"]["count"] for e in entries) == [3, 4]


SHOUTED = """\
- {id: listed, operator: slow.listed, parameters: {folder: files}}
- {id: loud, operator: slow.shouted}
- {id: louder, operator: slow.shouted}
- {id: saved, operator: files.write, parameters: {path: out}}
"""


def test_of_a_task_by_item_only_what_changed_is_done_again(flow, weirflow, files, reason, tmp_path):
    def done_at(node):
        entries = [json.loads(p.read_text()) for p in tmp_path.glob(f".weirflow/items/x.{node}/*/*.json")]
        return {e["key"]: e["facts"]["at"] for e in entries}

    path = flow(SHOUTED)
    done = weirflow("run", path, "-j", 1)
    assert done.returncode == 0, done.stderr
    before = done_at("loud"), done_at("louder")
    assert reason(path, "louder") == "cached: all 3 items done before"
    (files / "b").write_text("changed")
    (files / "d").write_text("new")
    (files / "a").unlink()
    kept = "; the items that it left as they were are kept"
    assert reason(path, "loud") == f"input changed: listed{kept}"
    assert reason(path, "louder") == f"input changed: loud{kept}"
    done = weirflow("run", path, "-j", 1)
    assert done.returncode == 0, done.stderr
    found = {p.name: p.read_text() for p in (tmp_path / "out").iterdir() if p.name in "abcd"}
    assert found == {"b": "CHANGED", "c": "C", "d": "NEW"}
    for node, then in zip(("loud", "louder"), before, strict=True):
        now = done_at(node)
        assert now["c"] == then["c"]
        assert now["b"] > then["b"]
    assert reason(path, "louder") == "cached: all 3 items done before"


def test_what_is_kept_moves_along_with_its_flow(flow, weirflow, files, tmp_path):
    path = flow(SHOUTED)
    done = weirflow("run", path, "-j", 1)
    assert done.returncode == 0, done.stderr
    moved = tmp_path.with_name(f"{tmp_path.name}-moved")
    tmp_path.rename(moved)
    (moved / "out").rename(moved / "then")
    done = weirflow("run", moved / "x.flow", "-j", 1)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("3 items cached") == 3
    assert (moved / "out" / "a").read_text() == "A"


def test_a_folder_that_is_not_there_stops_no_plan(flow, weirflow, reason):
    assert reason(flow(HASH % ("sha256", 0)), "sums") == "never run"


def test_a_changed_source_above_is_named(flow, weirflow, reason, tmp_path):
    (tmp_path / "d.csv").write_text("a\n1\n")
    path = flow(
        """\
        - {id: d, operator: read.csv, parameters: {path: d.csv}}
        - {id: count, operator: slow.rows}
        """
    )
    assert weirflow("run", path).returncode == 0
    assert reason(path, "count") == "cached: its item done before"
    (tmp_path / "d.csv").write_text("a\n1\n2\n")
    assert reason(path, "count") == "input changed: d"


def test_what_is_made_by_the_clock_is_not_kept(flow, weirflow, reason, tmp_path):
    (tmp_path / "d.csv").write_text("a\n1\n")
    path = flow(
        """\
        - {id: d, operator: read.csv, parameters: {path: d.csv}}
        - {id: today, operator: custom.sql, parameters: {query: "SELECT a, now() AS at FROM df"}}
        - {id: count, operator: slow.rows}
        """
    )
    for why in ("never run", "nothing tells whether what it depends on is as it was"):
        assert reason(path, "count") == why
        assert weirflow("run", path).returncode == 0


def test_a_finished_job_is_cached_or_says_what_changed(flow, weirflow, reason):
    text = "- {id: count, operator: slow.count, parameters: {steps: %d}}\n"
    assert weirflow("run", flow(text % 2)).returncode == 0
    assert reason(flow(text % 2), "count") == "cached: finished before"
    assert reason(flow(text % 3), "count") == "parameters changed: steps"


def test_secrets_are_no_part_of_what_the_store_says(flow, weirflow, tmp_path, environment):
    environment["TASK_KEY"] = "hunter2"
    path = flow("- {id: items, operator: slow.items, parameters: {label: '${secret:TASK_KEY}', count: 1}}\n")
    try:
        done = weirflow("run", path)
    finally:
        del environment["TASK_KEY"]
    assert done.returncode == 0, done.stderr
    [about] = tmp_path.glob(".weirflow/items/*/*/about")
    assert "${secret:TASK_KEY}" in about.read_text()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes()


THEN = {"operator": "a.b@1", "revision": 1, "parameters": {"x": 1}, "inputs": [["d", "d", "f"]], "seed": 0}
NOW = {**THEN, "fed": ["source"]}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"operator": "a.b@2", "revision": 9}, "operator changed: a.b@1 -> a.b@2"),
        ({"revision": 2}, "revision 1 -> 2"),
        ({"parameters": {"x": 2, "y": 1}}, "parameters changed: x, y"),
        ({"inputs": [["d", "d", "g"]]}, "input changed: source"),
        ({"inputs": [], "fed": []}, "inputs changed"),
        ({"seed": 1}, "seed changed"),
        ({}, "something it depends on changed"),
    ],
)
def test_words(changed, expected):
    assert why_work("task", "now", {**NOW, **changed}, Kept("then", THEN)) == expected


def test_what_an_earlier_weirflow_kept_tells_no_more_than_that():
    assert why_work("task", "now", NOW, Kept("then")) == "something it depends on changed"
    assert why_work("task", "then", NOW, Kept("then")) == "unfinished items"


def test_the_limit_of_bad_items_has_no_bearing():
    assert Task.handling_fields() == {"max_bad_items"}
