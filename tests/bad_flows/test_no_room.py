"""No room, or no right, where a run keeps things: which file, what is kept, how to go on, and nothing half-made."""

import ctypes
import functools
import json
import os
import resource
import socket
import stat
import subprocess
import sys

import pytest

FLOW = """\
flow: 1
nodes:
  - id: people
    operator: read.csv
    parameters: {path: people.csv}
  - id: city
    operator: encode.one_hot
    parameters: {columns: city}
  - id: out
    operator: write.csv
    parameters: {path: made/deep/out.csv}
"""
CITIES = 400  # as many categories as make the file of trained parameters the largest that the run writes


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "people.csv").write_text("city\n" + "".join(f"city-{i:030d}\n" for i in range(CITIES)))
    (tmp_path / "x.flow").write_text(FLOW)
    return tmp_path


@pytest.fixture
def weirflow(folder):
    """Run the command line in a process of its own, after `before` has made the process poorer."""

    def run(*arguments, before=None):
        command = [sys.executable, "-m", "weirflow", *map(str, arguments)]
        environment = {**os.environ, "WEIRFLOW_PLUGINS": "", "COVERAGE_PROCESS_START": ""}
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=before,
        )

    return run


def at_most(size):
    """No file may grow larger."""
    return functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))


def as_anyone():
    """Give up the right of the superuser to write anywhere (CAP_DAC_OVERRIDE); nobody else has it."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


def as_nobody():
    """Give up the rights of the superuser to read and write anything (CAP_DAC_READ_SEARCH too)."""
    as_anyone()
    ctypes.CDLL(None).prctl(24, 2, 0, 0, 0)


def names(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if ".weirflow" not in p.parts)


def test_what_was_learned_cannot_be_saved_for_want_of_room(folder, weirflow):
    done = weirflow("run", "x.flow", "--report", "none", before=at_most(8192))

    assert done.returncode == 1
    assert (
        "error[WF605]: what was learned could not be saved in x.trained.json: "
        "the file grew larger than is allowed here\n  hint: raise the limit (`ulimit -f`)"
    ) in done.stderr
    assert "The run ended there, so that no output lacks what made it" in done.stderr
    assert done.stderr.splitlines()[-1].endswith("run x.flow --report none")
    assert done.stderr.splitlines()[-1].startswith("resume: ")
    assert names(folder) == ["people.csv", "x.flow"]


def test_the_record_cannot_be_written_and_what_is_done_is_kept(folder, weirflow):
    assert weirflow("run", "x.flow", "--report", "none").returncode == 0
    (folder / "made/deep/out.csv").unlink()
    few = (
        "city\n" + "city-" + "0" * 30 + "\n"
    )  # the record of even one row is larger than what is written of it
    (folder / "people.csv").write_text(few)
    done = weirflow("run", "x.flow", "--report", "none", "--select", "+city", before=at_most(2048))

    assert done.returncode == 1
    assert "record.json: the file grew larger than is allowed here" in done.stderr
    assert "error[WF605]: .weirflow/runs/" in done.stderr
    assert "what the run had finished is kept" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("resume: ")
    assert not [p for p in folder.rglob("*") if ".partial" in p.name]


def test_a_failure_of_a_node_is_told_though_the_record_cannot_be_written(folder, weirflow):
    done = weirflow("run", "x.flow", "--report", "none", before=at_most(512))

    assert done.returncode == 1
    assert "error[WF605]" in done.stderr
    assert "(node 'people')" in done.stderr
    assert "record.json: the file grew larger" in done.stderr


def test_items_stop_where_there_is_no_room_and_are_not_called_bad(folder, weirflow):
    (folder / "files").mkdir()
    for name in ("a", "b", "c"):
        (folder / "files" / name).write_text(name)
    (folder / "h.flow").write_text(
        "flow: 1\nnodes:\n  - {id: sums, operator: files.hash, parameters: {folder: files}}\n"
    )
    done = weirflow("run", "h.flow", "--report", "none", "-j", 1, before=at_most(128))  # less than an entry

    assert done.returncode == 1
    assert "h.flow:3:5: error[WF605]: cannot keep what was done in .weirflow/items/h.sums/" in done.stderr
    assert "the items that were done are kept" in done.stderr
    assert "WF606" not in done.stderr


def test_a_failed_sink_leaves_no_folder_that_it_made(folder, weirflow):
    (folder / "big.csv").write_text("city\n" + "x" * 30_000 + "\n")
    (folder / "x.flow").write_text(
        "flow: 1\nnodes:\n"
        "  - {id: people, operator: read.csv, parameters: {path: big.csv}}\n"
        "  - {id: out, operator: write.csv, parameters: {path: made/deep/out.csv}}\n"
    )
    done = weirflow("run", "x.flow", "--report", "none", before=at_most(16_000))

    assert done.returncode == 1
    assert "error[WF605]: the file grew larger than is allowed here" in done.stderr
    assert "raise the limit (`ulimit -f`), or write elsewhere with -o" in done.stderr
    assert not (folder / "made").exists()


@pytest.fixture
def read_only(folder):
    """The flow's folder, which may not be written to, and one beside it that may."""
    place = folder / "theirs"
    place.mkdir()
    for name in ("x.flow", "people.csv"):
        (folder / name).rename(place / name)
    place.chmod(0o555)
    yield place
    place.chmod(0o755)


def test_a_preview_needs_no_store(folder, read_only, weirflow):
    done = weirflow("preview", "theirs/x.flow", "city", "--rows", 1, "--format", "json", before=as_anyone)

    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)[0]) == CITIES
    assert names(folder) == ["theirs", "theirs/people.csv", "theirs/x.flow"]
    assert not (read_only / ".weirflow").exists()


def test_a_store_that_cannot_be_made_is_named_with_the_option(read_only, weirflow):
    done = weirflow("run", "theirs/x.flow", "--report", "none", before=as_anyone)

    assert done.returncode == 1
    assert "error[WF704]: cannot make the store theirs/.weirflow: permission denied" in done.stderr
    assert "--store DIR" in done.stderr


def test_what_was_learned_cannot_be_saved_beside_a_read_only_flow(folder, read_only, weirflow):
    done = weirflow("run", "theirs/x.flow", "--store", "store", "-o", "out", before=as_anyone)

    assert done.returncode == 1
    assert (
        "error[WF704]: what is learned could not be saved in theirs/x.trained.json: "
        "its folder may not be written to; nothing was run" in done.stderr
    )
    assert not (folder / "out").exists()
    assert "partial" not in done.stderr
    assert "resume" not in done.stderr  # nothing had begun


def test_a_sink_that_may_not_write_fails_before_anything_is_computed(folder, weirflow):
    (folder / "made").mkdir(mode=0o555)
    done = weirflow("run", "x.flow", "--report", "none", "--json", before=as_anyone)

    events = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert "cannot write 'made/deep/out.csv': its folder may not be written to" in done.stderr
    assert events.index("node_failed") < events.index("stage_started")
    assert (folder / "x.trained.json").exists()  # what does not need the sink goes on


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_what_is_no_file_is_never_replaced(folder, weirflow, monkeypatch, kind):
    monkeypatch.chdir(folder)  # the path of a socket must be short
    if kind == "pipe":
        os.mkfifo("target")
    else:
        server = socket.socket(socket.AF_UNIX)
        server.bind("target")
        server.close()
    before = os.lstat("target")
    done = weirflow("run", "x.flow", "--report", "none", "--set", "out.path=target")
    after = os.lstat("target")

    assert done.returncode == 1
    assert f"cannot write 'target': is a {kind}" in done.stderr
    assert (stat.S_IFMT(after.st_mode), after.st_ino) == (stat.S_IFMT(before.st_mode), before.st_ino)


def test_a_link_to_a_pipe_is_not_replaced(folder, weirflow):
    os.mkfifo(folder / "pipe")
    (folder / "target").symlink_to("pipe")
    done = weirflow("run", "x.flow", "--report", "none", "--set", "out.path=target")

    assert done.returncode == 1
    assert "is a pipe" in done.stderr
    assert (folder / "target").is_symlink()


def test_a_sink_onto_a_link_to_the_source_is_refused(folder, weirflow):
    (folder / "link.csv").symlink_to("people.csv")
    before = (folder / "people.csv").read_text()
    for verb in ("check", "plan", "run"):
        done = weirflow(verb, "x.flow", *(["--set", "out.path=link.csv"]))
        assert done.returncode == 3
        assert (
            "[WF311]: 'out' would write over 'people.csv', which 'people' reads" in done.stdout + done.stderr
        )
    assert (folder / "people.csv").read_text() == before
    assert (folder / "link.csv").is_symlink()


def test_a_file_that_a_pattern_finds_is_read_too(folder, weirflow):
    (folder / "x.flow").write_text(FLOW.replace("people.csv", "peop*.csv").replace("made/deep/out", "people"))

    assert weirflow("check", "x.flow").returncode == 0  # which knows no data
    done = weirflow("run", "x.flow")
    assert done.returncode == 3
    assert "error[WF311]" in done.stderr


def test_elsewhere_the_name_of_the_source_is_free(folder, weirflow):
    (folder / "x.flow").write_text(FLOW.replace("made/deep/out", "people"))
    done = weirflow("run", "x.flow", "--report", "none", "-o", "elsewhere")

    assert done.returncode == 0, done.stderr
    assert (folder / "elsewhere" / "people.csv").exists()


@pytest.mark.parametrize("kind", ["newer", "folder", "closed"])
def test_trained_parameters_that_cannot_be_read_are_left_alone(folder, weirflow, kind):
    file = folder / "x.trained.json"
    text = json.dumps({"weirflow": 9, "flow": "x", "nodes": {}})
    if kind == "folder":
        file.mkdir()
    else:
        file.write_text(text)
    if kind == "closed":
        file.chmod(0o000)
    done = weirflow("run", "x.flow", "--report", "none", "--refit", before=as_nobody)

    said = {
        "newer": "x.trained.json has format 9, and this weirflow reads up to 1",
        "folder": "x.trained.json cannot be read: it is a folder",
        "closed": "x.trained.json cannot be read: permission denied",
    }
    assert done.returncode == 1
    assert f"error[WF702]: {said[kind]}" in done.stderr
    assert "remove it" not in done.stderr
    if kind != "folder":
        file.chmod(0o600)
        assert file.read_text() == text
