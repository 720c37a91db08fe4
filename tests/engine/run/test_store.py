"""The store: whole or not at all, one run at a time."""

import contextlib
import json
import os
import subprocess
import sys

import pytest

from weirflow.errors import RunError
from weirflow.run.store import Store, publish


def test_what_is_published_is_whole(tmp_path):
    with publish(tmp_path / "a" / "b.txt") as temporary:
        temporary.write_text("one")
        assert not (tmp_path / "a" / "b.txt").exists()
    assert (tmp_path / "a" / "b.txt").read_text() == "one"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_what_fails_leaves_nothing_and_keeps_the_old(tmp_path):
    target = tmp_path / "b.txt"
    target.write_text("old")

    def write_half():
        with publish(target) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"]


def test_a_folder_is_replaced_whole(tmp_path):
    for text in ("one", "two"):
        with publish(tmp_path / "folder") as temporary:
            temporary.mkdir()
            (temporary / f"{text}.txt").write_text(text)
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["two.txt"]
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_the_temporary_name_keeps_the_ending(tmp_path):
    with publish(tmp_path / "x.parquet") as temporary:
        assert temporary.suffix == ".parquet"
        temporary.touch()


def test_the_lock_names_its_holder(tmp_path):
    first, second = Store(tmp_path, "flow"), Store(tmp_path, "flow")
    with first.lock(), pytest.raises(RunError, match=f"process {os.getpid()} on"), second.lock():
        pass
    with second.lock():
        pass


def test_flows_do_not_lock_one_another(tmp_path):
    with Store(tmp_path, "one").lock(), Store(tmp_path, "two").lock():
        pass


def test_the_lock_goes_with_a_killed_holder(tmp_path):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom weirflow.run.store import Store\n"
        "with Store(Path(sys.argv[1]), 'flow').lock():\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunError, match=f"process {holder.pid} on"), Store(tmp_path, "flow").lock():
            pass
        holder.kill()
    with Store(tmp_path, "flow").lock():
        pass


def test_a_store_of_a_newer_version_is_refused(tmp_path):
    Store(tmp_path, "flow").open()
    (tmp_path / "store.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(RunError, match="format 99"):
        Store(tmp_path, "flow").open()


def test_content_is_known_by_hash(tmp_path):
    store, file = Store(tmp_path / "s", "flow"), tmp_path / "data.csv"
    file.write_text("abc")
    # SHA-256 of "abc", from FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert store.content(file) == expected
    assert store.content(file) == expected
    facts = file.stat()
    file.write_text("abd")
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1))
    assert store.content(file) != expected


def test_a_thread_that_goes_on_after_a_failure_leaves_no_file(tmp_path):
    with contextlib.suppress(RuntimeError), publish(tmp_path / "out.csv") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    with pytest.raises(FileNotFoundError):  # as an engine's thread would do that had not begun yet
        temporary.write_text("late")
    assert list(tmp_path.iterdir()) == []
