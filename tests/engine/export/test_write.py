from __future__ import annotations

import errno
import os
import stat

import pytest

from weirflow.errors import RunError, UsageError
from weirflow.export.write import write_export


def test_it_writes_the_text_and_nothing_else(tmp_path):
    path = tmp_path / "made" / "flow.py"
    write_export("größe = 1\n", path, force=False)
    assert path.read_bytes() == "größe = 1\n".encode()
    assert [p.name for p in path.parent.iterdir()] == ["flow.py"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_a_destination_that_exists_is_refused_without_force(tmp_path):
    path = tmp_path / "flow.py"
    path.write_text("mine")
    with pytest.raises(UsageError, match=r"WF802: .*flow\.py exists") as caught:
        write_export("new", path, force=False)
    assert caught.value.diagnostics[0].hint == "write elsewhere with -o, or replace it with --force"
    assert path.read_text() == "mine"
    write_export("new", path, force=True)
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["flow.py"]


def test_a_folder_is_refused_even_with_force(tmp_path):
    with pytest.raises(UsageError, match="is a folder"):
        write_export("new", tmp_path, force=True)


def test_a_full_disk_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "flow.py"
    path.write_text("mine")

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="WF605: the disk is full"):
        write_export("new", path, force=True)
    assert path.read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["flow.py"]
