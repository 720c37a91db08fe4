import errno
import json
import os
import signal
import subprocess
import sys

import click
import pytest

from weirflow.cli import main
from weirflow.cli.failures import guard
from weirflow.cli.terminal import Terminal
from weirflow.errors import (
    Diagnostic,
    FlowError,
    MissingError,
    RunError,
    SelectionError,
    UsageError,
)

WRONG = Diagnostic("WF203", "unknown parameter 'colums'", hint="did you mean 'columns'?")


class Panic(BaseException):
    """As a library written in Rust raises it."""


def raising(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RunError(WRONG), 1),
        (UsageError(WRONG), 2),
        (click.UsageError("no such thing"), 2),
        (FlowError(WRONG), 3),
        (MissingError(WRONG), 4),
        (SelectionError(WRONG), 5),
        (ZeroDivisionError("1/0"), 70),
        (Panic("index out of bounds"), 70),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
    ],
)
def test_exit_codes(error, code, capsys):
    assert guard(Terminal(), raising(error)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (3, 3)])
def test_a_command_says_its_own_code(result, code):
    assert guard(Terminal(), lambda: result) == code


def test_diagnostics_stand_on_standard_error(capsys):
    guard(Terminal(), raising(FlowError(WRONG)))

    assert "error[WF203]: unknown parameter 'colums'" in capsys.readouterr().err


def test_a_bug_says_so_and_hides_what_may_be_data(capsys):
    guard(Terminal(), raising(ValueError("patient 4711")))

    err = capsys.readouterr().err
    assert (
        err == "error[WF900]: this is a bug in weirflow (ValueError); run again with -v for the traceback\n"
    )


def test_a_bug_shows_its_traceback_when_asked(capsys):
    guard(Terminal(verbose=True), raising(ValueError("here")))

    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "ValueError: here" in err


def test_with_json_errors_are_a_line_too(capsys):
    guard(Terminal(json=True), raising(FlowError(WRONG)))

    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["exit_code"]) == ("error", 3)
    assert [d["code"] for d in line["diagnostics"]] == ["WF203"]


def test_a_full_disk_is_no_bug(capsys):
    assert guard(Terminal(), raising(OSError(errno.ENOSPC, "No space left on device", "x"))) == 1
    assert "WF605" in capsys.readouterr().err


def test_a_refusal_of_the_system_names_the_file(capsys):
    assert guard(Terminal(), raising(PermissionError(errno.EACCES, "Permission denied", "a/b"))) == 1
    assert "a/b: permission denied" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    """As in `weirflow explain | head -1`, with nobody reading from the start."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from weirflow.cli import main; sys.exit(main(['explain']))"],
            check=False,
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "x.flow", "--json", "--nothing"],
        ["run", "--json"],
        ["run", "x.flow", "--limit", "none", "--json"],
        ["run", "x.flow", "--json", "--refit", "--frozen"],
    ],
)
def test_with_json_a_mistake_of_usage_is_a_line_too(arguments, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    line = json.loads(out)
    assert (line["event"], line["exit_code"]) == ("error", 2)
    [wrong] = line["diagnostics"]
    assert wrong["code"] is None
    assert wrong["message"]
    assert wrong["message"] in err


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "error[WF605]: kept/x: the disk is full"),
        (errno.EDQUOT, "error[WF605]: kept/x: the disk quota is used up"),
        (errno.EFBIG, "error[WF605]: kept/x: the file grew larger than is allowed here"),
        (errno.EROFS, "error[WF803]: kept/x: read-only file system"),
    ],
)
def test_a_run_that_had_begun_says_what_is_kept_and_how_to_go_on(number, said, capsys):
    terminal = Terminal(resume="weirflow run x.flow")
    assert guard(terminal, raising(OSError(number, os.strerror(number), "kept/x"))) == 1
    err = capsys.readouterr().err
    assert err.startswith(said)
    assert "what the run had finished is kept" in err
    assert err.endswith("resume: weirflow run x.flow\n")


TERMINATED = """
import os, signal, sys, time
from weirflow.cli.failures import guard
from weirflow.cli.terminal import Terminal

def command():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)

code = guard(Terminal(), command)
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
sys.exit(code)
"""


def test_a_signal_to_stop_has_a_code_of_its_own():
    # in a process of its own: what measures coverage heeds the signal too
    done = subprocess.run([sys.executable, "-c", TERMINATED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (143, "terminated\n")


def test_a_signal_that_is_ignored_stays_so(capsys):
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        assert guard(Terminal(), lambda: os.kill(os.getpid(), signal.SIGTERM)) == 0
    finally:
        signal.signal(signal.SIGTERM, before)
