"""Tasks, jobs and services in real processes, killed and resumed."""

import json
import os
import signal
import time
import urllib.request
from pathlib import Path

import pytest


def ledger(folder):
    """Each finished item's key and when it was processed."""
    while True:
        try:
            entries = [json.loads(p.read_text()) for p in folder.glob(".weirflow/items/*/*/*.json")]
        except FileNotFoundError:  # what is being published comes and goes
            continue
        return {e["key"]: e["facts"]["at"] for e in entries}


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def test_a_killed_task_resumes_at_the_first_unfinished_item(flow, weirflow, start, tmp_path):
    path = flow("- {id: items, operator: slow.items, parameters: {count: 8, seconds: 0.3}}\n")
    process = start("run", path, "-j", 2)
    wait_for(lambda: len(ledger(tmp_path)) >= 3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(1)  # workers see that their parent is gone
    before = ledger(tmp_path)
    assert 3 <= len(before) < 8
    done = weirflow("run", path, "-j", 2)
    assert done.returncode == 0, done.stderr
    after = ledger(tmp_path)
    assert len(after) == 8
    assert {k: after[k] for k in before} == before  # none of them was done again
    assert not [p for p in tmp_path.rglob("*") if ".partial" in p.name and p.is_file()]


def test_finished_items_are_not_done_again_unless_forced(flow, weirflow, tmp_path):
    path = flow("- {id: items, operator: slow.items}\n")
    assert weirflow("run", path).returncode == 0
    first = ledger(tmp_path)
    assert weirflow("run", path).returncode == 0
    assert ledger(tmp_path) == first
    assert weirflow("run", path, "--force").returncode == 0
    assert all(at > first[key] for key, at in ledger(tmp_path).items())


def test_other_parameters_are_other_work(flow, weirflow, tmp_path):
    assert (
        weirflow("run", flow("- {id: items, operator: slow.items, parameters: {count: 2}}\n")).returncode == 0
    )
    assert (
        weirflow("run", flow("- {id: items, operator: slow.items, parameters: {count: 3}}\n")).returncode == 0
    )
    assert len(list((tmp_path / ".weirflow" / "items").glob("*/*"))) == 2


def test_a_bad_item_is_set_aside_and_the_rest_is_done(flow, weirflow, tmp_path):
    path = flow("- {id: items, operator: slow.items, parameters: {bad: [1, 4]}}\n")
    done = weirflow("run", path)
    assert done.returncode == 1
    assert "2 of 6 items are bad" in done.stderr
    assert "item-1: this one is bad" in done.stderr
    assert set(ledger(tmp_path)) == {"item-0", "item-2", "item-3", "item-5"}


def test_bad_items_within_the_limit_do_not_fail_the_run(flow, weirflow):
    path = flow("- {id: items, operator: slow.items, parameters: {bad: [1], max_bad_items: 1}}\n")
    assert weirflow("run", path).returncode == 0


def test_an_item_that_kills_its_process_takes_no_other_along(flow, weirflow, tmp_path):
    path = flow("- {id: items, operator: slow.items, parameters: {deadly: [2]}}\n")
    done = weirflow("run", path, "-j", 2)
    assert done.returncode == 1
    assert "item-2: its worker process died" in done.stderr
    assert set(ledger(tmp_path)) == {f"item-{i}" for i in (0, 1, 3, 4, 5)}


def test_a_killed_job_goes_on_from_its_last_checkpoint(flow, weirflow, tmp_path):
    path = flow("- {id: count, operator: slow.count, parameters: {steps: 5, die_at: 4}}\n")
    first = weirflow("run", path)
    assert first.returncode == 1
    assert "the worker was killed (SIGKILL) while it carried out step 'count'" in first.stderr
    [starts] = tmp_path.rglob("starts")
    assert not alive(int((starts.parent / "child").read_text()))  # what it had started died with it
    assert weirflow("run", path).returncode == 0
    assert starts.read_text().split() == ["0", "3"]
    kept = sorted(p.name for p in (starts.parent.parent / "checkpoints").iterdir())
    assert kept == [f"{i:06d}-step-{i}" for i in range(1, 6)]
    assert not alive(int((starts.parent / "child").read_text()))


def test_a_worker_that_dies_is_named_with_its_nodes(flow, weirflow, tmp_path):
    (tmp_path / "d.csv").write_text("a\n1\n")
    path = flow(
        """\
        - {id: d, operator: read.csv, parameters: {path: d.csv}}
        - {id: holder, operator: slow.deadly}
        - {id: out, operator: write.csv, parameters: {path: out.csv}}
        """
    )
    done = weirflow("run", path)
    assert done.returncode == 1
    assert "WF604" in done.stderr
    assert "while it had the whole table of 'holder' in memory" in done.stderr
    assert "x.flow:5:3" in done.stderr
    assert not (tmp_path / "out.csv").exists()
    assert not [p for p in tmp_path.iterdir() if ".partial" in p.name]


def test_two_runs_of_one_flow_do_not_meet(flow, weirflow, start, tmp_path):
    path = flow("- {id: items, operator: slow.items, parameters: {count: 4, seconds: 0.7}}\n")
    process = start("run", path)
    wait_for(lambda: (tmp_path / ".weirflow" / "x.lock").exists() and len(ledger(tmp_path)) >= 1)
    os.kill(process.pid, signal.SIGSTOP)  # it cannot end before the second has tried
    try:
        second = weirflow("run", path)
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert second.returncode == 1
    assert f"process {process.pid} on" in second.stderr
    assert process.wait(60) == 0


def test_an_interrupted_run_ends_with_130_and_leaves_nothing_half_done(flow, start, tmp_path):
    path = flow("- {id: items, operator: slow.items, parameters: {count: 40, seconds: 0.5}}\n")
    process = start("run", path)
    wait_for(lambda: len(ledger(tmp_path)) >= 1)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130


def test_a_service_answers_on_loopback_until_it_is_stopped(flow, start):
    path = flow(
        """\
        - {id: count, operator: slow.count, parameters: {steps: 3}}
        - {id: answer, operator: slow.answer}
        """
    )
    process = start("serve", path)
    url = process.stdout.readline().strip().split()[-1]
    assert url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(url, timeout=10) as response:
        assert response.read() == b"3"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


@pytest.mark.parametrize("moment", [0.0, 0.4, 0.8, 1.2])
def test_a_run_killed_at_any_moment_can_be_run_again(flow, weirflow, start, tmp_path, moment):
    (tmp_path / "d.csv").write_text("a,b\n" + "".join(f"{i},{i % 7}\n" for i in range(2000)))
    path = flow(
        """\
        - {id: d, operator: read.csv, parameters: {path: d.csv}}
        - {id: scaled, operator: scale.standard, parameters: {columns: a}}
        - {id: out, operator: write.csv, parameters: {path: out.csv}}
        """
    )
    process = start("run", path)
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if (tmp_path / "out.csv").exists():
        assert len((tmp_path / "out.csv").read_text().splitlines()) == 2001
    wait_for(lambda: weirflow("run", path).returncode == 0, 20)
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 2001
