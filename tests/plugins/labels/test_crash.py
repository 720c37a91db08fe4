"""A refresh that is killed, runs beside others, or has no room: the former database stays readable and whole."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from weirflow_labels.workplace import clear_left_over, locked

FLOW = """\
flow: 1
nodes:
  - id: labels
    operator: labels.read
    parameters: {path: lake, database: labels.duckdb}
"""

REFRESH = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
import lines_reader, duckdb
from weirflow_labels import read, refresh, workplace
from weirflow.engines.base import engine
from weirflow.run.steps import FileTarget
lines_reader.put_in()
refresh.BATCH_FILES = 5
instant = {instant!r}
def stop(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def before(module, name, count=1):
    real, left = getattr(module, name), [count]
    def spied(*args, **kwargs):
        left[0] -= 1
        if left[0] == 0:
            stop()
        return real(*args, **kwargs)
    setattr(module, name, spied)
def after(module, name):
    real = getattr(module, name)
    def spied(*args, **kwargs):
        real(*args, **kwargs)
        stop()
    setattr(module, name, spied)
match instant:
    case "the copy": after(read, "copy_of")
    case "reading": before(lines_reader.Lines, "load", 2)
    case "publishing": before(refresh.Refresh, "_remove")
    case "views": before(read, "define_views")
    case "the end": before(read, "drop_log")
    case "the log": after(read, "drop_log")
    case "renaming": before(Path, "replace")
    case "renamed": after(Path, "replace")
node = read.ReadLabels(path="lake", database="labels.duckdb")
node.write(None, FileTarget(Path.cwd(), None, engine("polars")))
"""


def run(folder, instant=""):
    code = REFRESH.format(here=str(Path(__file__).parent), instant=instant)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, check=False, capture_output=True, text=True
    )


def counted(folder):
    with closing(duckdb.connect(str(folder / "labels.duckdb"), read_only=True)) as db:
        return db.execute("SELECT count(*), count(DISTINCT file_id) FROM labels").fetchall()[0]


@pytest.mark.parametrize(
    "instant", ["the copy", "reading", "publishing", "views", "the end", "the log", "renaming", "renamed"]
)
def test_a_killed_refresh(kept, instant):
    for i in range(12):
        kept.put(f"j{i:02}.manifest", '{"source": "x"}\n')
    kept.refresh()
    for i in range(12):
        kept.put(f"j{i:02}.manifest", '{"source": "x"}\n' * 2)
    kept.put("late.manifest", '{"source": "x"}\n')

    assert run(kept.base, instant).returncode == -signal.SIGKILL
    after = (25, 13) if instant == "renamed" else (12, 12)
    assert counted(kept.base) == after
    left = [p for p in kept.base.iterdir() if p.name.startswith(".labels.")]
    assert len(left) == 1
    assert not kept.file.with_name("labels.duckdb.wal").exists()

    done = run(kept.base)
    assert done.returncode == 0, done.stderr
    assert counted(kept.base) == (25, 13)
    rest = [p for p in kept.base.iterdir() if p.name not in {"labels.duckdb", "lake"}]
    assert [
        p for p in rest if instant != "renamed" or list(p.iterdir())
    ] == []  # an empty one may be another's


def test_what_another_run_is_making_is_not_cleared(kept):
    holder = kept.base / ".labels.0123abcd.partial"
    holder.mkdir()
    (holder / "labels.duckdb").touch()
    with locked(holder):
        clear_left_over(kept.file)
        assert holder.exists()
    clear_left_over(kept.file)
    assert not holder.exists()
    other = kept.base / ".labels.4567abcd.partial"  # of a sink that writes `labels.csv`
    other.mkdir()
    (other / "labels.csv").touch()
    clear_left_over(kept.file)
    assert (other / "labels.csv").exists()


def test_who_reads_meanwhile_has_the_former_rows_until_it_opens_the_file_anew(kept):
    kept.put("x.manifest", '{"source": "x"}\n')
    kept.refresh()
    with closing(duckdb.connect(str(kept.file), read_only=True)) as reader:
        kept.put("y.manifest", '{"source": "y"}\n')
        assert run(kept.base).returncode == 0
        assert reader.execute("SELECT count(*) FROM labels").fetchall() == [(1,)]
    assert counted(kept.base) == (2, 2)


def test_readers_beside_many_refreshes(kept):
    """Each sees a whole state: as many rows as files, times the rows that all have."""
    for i in range(3):
        kept.put(f"{i}.manifest", '{"source": "x"}\n')
    kept.refresh()
    seen, stop = set(), threading.Event()

    def read():
        code = "import duckdb, sys\ndb = duckdb.connect('labels.duckdb', read_only=True)\n"
        code += "print(db.execute('SELECT count(*), count(DISTINCT file_id) FROM labels').fetchall()[0])"
        while not stop.is_set():
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=kept.base, capture_output=True, text=True, check=False
            )
            seen.add(done.stdout.strip() or done.stderr)

    thread = threading.Thread(target=read)
    thread.start()
    for times in (2, 3, 4):
        for i in range(3):
            kept.put(f"{i}.manifest", '{"source": "x"}\n' * times)
        kept.refresh()
    stop.set()
    thread.join()
    assert seen
    assert seen <= {f"({3 * times}, 3)" for times in (1, 2, 3, 4)}


def test_two_refreshes_at_once(kept):
    for i in range(20):
        kept.put(f"{i:02}.manifest", '{"source": "x"}\n')
    code = REFRESH.format(here=str(Path(__file__).parent), instant="")
    both = [
        subprocess.Popen([sys.executable, "-c", code], cwd=kept.base, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [p.communicate()[1] for p in both]
    assert [p.returncode for p in both] == [0, 0], said
    assert counted(kept.base) == (20, 20)
    assert sorted(p.name for p in kept.base.iterdir()) == ["labels.duckdb", "lake"]


def test_the_log_of_another_writer_comes_along_once(kept):
    """Somebody has added a table to the database and was killed before DuckDB had put it in its place."""
    kept.put("x.manifest", '{"source": "x"}\n')
    kept.refresh()
    code = "import duckdb, os\ndb = duckdb.connect('labels.duckdb')\ndb.execute('CREATE TABLE mine AS SELECT 1')\n"
    subprocess.run([sys.executable, "-c", code + "os._exit(0)"], cwd=kept.base, check=True)
    log = kept.file.with_name("labels.duckdb.wal")
    assert log.exists()
    kept.put("y.manifest", '{"source": "y"}\n')
    assert run(kept.base).returncode == 0
    assert not log.exists()
    assert kept.rows("SELECT count(*) FROM mine") == [(1,)]
    assert counted(kept.base) == (2, 2)


def test_a_database_that_another_program_writes_to(kept):
    kept.put("x.manifest", '{"source": "x"}\n')
    kept.refresh()
    kept.put("y.manifest", '{"source": "y"}\n')
    with closing(duckdb.connect(str(kept.file))):
        done = run(kept.base)
    assert "another program has it open" in done.stderr
    assert counted(kept.base) == (1, 1)


@pytest.fixture
def weirflow(kept, tmp_path_factory):
    """Run a flow beside the lake in processes that have the reader of lines."""
    site = tmp_path_factory.mktemp("site")
    (site / "lines_reader.py").write_text(Path(__file__).with_name("lines_reader.py").read_text())
    (site / "sitecustomize.py").write_text("import lines_reader\nlines_reader.put_in()\n")
    (kept.base / "x.flow").write_text(FLOW)
    environment = {
        **os.environ,
        "WEIRFLOW_PLUGINS": "",
        "PYTHONPATH": str(site),
        "COVERAGE_PROCESS_START": "",
    }

    def run(*arguments, before=None):
        return subprocess.run(
            [sys.executable, "-m", "weirflow", *arguments],
            cwd=kept.base,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=before,
        )

    return run


def test_a_run_tells_what_was_left_out(kept, weirflow):
    kept.put("x.manifest", '{"source": "x"}\n{oh\n')
    done = weirflow("run", "x.flow", "--report", "none", "--json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    warned = [e for e in events if e["event"] == "warned"]
    assert [(e["node"], e["diagnostic"]["code"]) for e in warned] == [("labels", "WF618")]
    assert warned[0]["diagnostic"]["message"] == "x.manifest, line 2: it is not JSON"
    assert counted(kept.base) == (1, 1)


def test_no_room(kept, weirflow):
    kept.put("x.manifest", '{"source": "x"}\n')
    assert weirflow("run", "x.flow", "--report", "none", "-q").returncode == 0
    size = kept.file.stat().st_size
    kept.put("x.manifest", "".join(f'{{"source": "{hash(str(i))}"}}\n' for i in range(300_000)))
    few = size + (1 << 20)
    done = weirflow(
        "run",
        "x.flow",
        "--report",
        "none",
        before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (few, few)),
    )
    assert done.returncode == 1
    assert "error[WF605]: the file grew larger than is allowed here" in done.stderr
    assert counted(kept.base) == (1, 1)
    assert {p.name for p in kept.base.iterdir()} == {".weirflow", "labels.duckdb", "lake", "x.flow"}
