"""Runs that are told to stop, and what runs in them that stops by itself."""

import json
import signal
import time

import pytest

SLOW = "- {id: items, operator: slow.items, parameters: {count: 40, seconds: 0.3}}\n"
SNIPPET = """\
- {id: d, operator: read.csv, parameters: {path: d.csv}}
- {id: s, operator: custom.pandas, parameters: {code: %s}}
"""


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def snippet(flow, tmp_path):
    """A flow with this snippet."""
    (tmp_path / "d.csv").write_text("a\n1\n")
    return lambda code: flow(SNIPPET % json.dumps(code))


@pytest.mark.parametrize("options", [(), ("-q",), ("--json",)])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_told_to_stop_ends_cleanly(flow, start, weirflow, tmp_path, number, code, options):
    process = start("run", flow(SLOW), "-j", 1, *options)
    wait_for(lambda: list(tmp_path.glob(".weirflow/items/*/*/*.json")))
    process.send_signal(number)
    out, err = process.communicate(timeout=30)

    assert process.returncode == code
    assert err.splitlines()[-1].startswith("resume: ")
    assert ("SIGTERM" in err) == (number is signal.SIGTERM)
    assert "WF" not in err
    if options == ("--json",):
        assert json.loads(out.splitlines()[-1])["status"] == "interrupted"
    [record] = tmp_path.glob(".weirflow/runs/*/record.json")
    assert json.loads(record.read_text())["status"] == "interrupted"
    assert not list(tmp_path.glob(".weirflow/tmp/*"))


@pytest.mark.parametrize("verb", ["run", "preview"])
@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "SystemExit(3)", "GeneratorExit"])
def test_a_snippet_that_raises_what_stops_programs_is_a_snippet_that_raises(snippet, weirflow, verb, raised):
    done = weirflow(verb, snippet(f"x = 1\nraise {raised}"), "--allow-code")

    assert done.returncode == 1
    assert f"error[WF608]: line 2 of the snippet raised {raised.partition('(')[0]}" in done.stderr


@pytest.mark.parametrize(
    ("number", "code_of_exit", "said"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_ctrl_c_in_a_snippet_is_the_users(snippet, start, tmp_path, number, code_of_exit, said):
    code = f"import pathlib, time\npathlib.Path({str(tmp_path / 'begun')!r}).touch()\ntime.sleep(60)"
    process = start("preview", snippet(code), "--allow-code")
    wait_for((tmp_path / "begun").exists)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)

    assert process.returncode == code_of_exit
    assert err.strip() == said


@pytest.mark.parametrize("code", [0, 3])
def test_a_snippet_that_ends_its_process_is_no_want_of_memory(snippet, weirflow, code):
    done = weirflow("run", snippet(f"import os\nos._exit({code})"), "--allow-code")

    assert done.returncode == 1
    assert (
        f"error[WF604]: the worker ended by itself (exit code {code}) "
        "while it had the whole table of 's' in memory" in done.stderr
    )
    assert "os._exit" in done.stderr
    assert "emory ran out" not in done.stderr


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("SIGKILL", "the worker was killed (SIGKILL) while it had"),
        ("SIGSEGV", "the worker crashed (SIGSEGV) while it had"),
        ("SIGTERM", "the worker was killed (SIGTERM) while it had"),
    ],
)
def test_how_the_worker_ended_is_told_apart(snippet, weirflow, number, said):
    code = f"import os, signal\nos.kill(os.getpid(), signal.{number})\nimport time; time.sleep(30)"
    done = weirflow("run", snippet(code), "--allow-code")

    assert done.returncode == 1
    assert said in done.stderr
    assert ("most likely memory ran out" in done.stderr) == (number == "SIGKILL")
