"""`files.hash` against the checksums that coreutils and the standards give."""

import json
import os
import shutil
import socket
import subprocess

import polars as pl
import pytest
from pydantic import ValidationError

from weirflow.api import Inputs, Item, ItemOutput, NodeError, Schema
from weirflow_files.hashing import Hash

# NIST's vectors for the message "abc" and for the empty message (FIPS 180-4, RFC 1321)
ABC = {
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "md5": "900150983cd24fb0d6963f7d28e17f72",
    "sha512": "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
}
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
def folder(tmp_path):
    """abc, an empty file, a hidden one and two in folders inside."""
    root = tmp_path / "data"
    (root / "b" / "deep").mkdir(parents=True)
    for name, text in {
        "z.txt": "abc",
        "a.csv": "",
        ".hidden": "h",
        "b/one.txt": "1",
        "b/deep/Two.TXT": "2",
    }.items():
        (root / name).write_text(text)
    return root


def node(folder, **parameters):
    return Hash.model_validate({"folder": str(folder), **parameters})


def items(folder, **parameters):
    return list(node(folder, **parameters).items(Inputs([])))


def keys(folder, **parameters):
    return [i.key for i in items(folder, **parameters)]


def hashed(folder, tmp_path, **parameters):
    """The table that the engine would get from a run without bad items."""
    task = node(folder, **parameters)
    return task.finish([task.process(i, ItemOutput(tmp_path)) for i in task.items(Inputs([]))])["default"]


def test_files_are_named_by_path_and_sorted(folder):
    assert keys(folder) == [".hidden", "a.csv", "b/deep/Two.TXT", "b/one.txt", "z.txt"]
    assert keys(folder, recursive=False) == [".hidden", "a.csv", "z.txt"]
    assert keys(folder, pattern="*.txt") == ["b/one.txt", "z.txt"]
    assert keys(folder, pattern="nothing*") == []


def test_sizes_and_checksums(folder, tmp_path):
    table = hashed(folder, tmp_path, recursive=False)
    assert table.schema == {"path": pl.String, "bytes": pl.Int64, "sha256": pl.String}
    assert table.rows()[1:] == [("a.csv", 0, EMPTY), ("z.txt", 3, ABC["sha256"])]


@pytest.mark.parametrize("algorithm", ABC)
def test_the_column_is_named_after_the_algorithm(folder, tmp_path, algorithm):
    table = hashed(folder, tmp_path, pattern="z.txt", algorithm=algorithm)
    assert table.rows(named=True) == [{"path": "z.txt", "bytes": 3, algorithm: ABC[algorithm]}]
    effect = node(folder, algorithm=algorithm).effects(Inputs([]))["default"]
    after = effect.apply(Schema())
    assert after == Schema.of({"path": "string", "bytes": "int64", algorithm: "string"})
    assert not effect.opaque
    assert not effect.rows.kept


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_a_file_of_many_chunks_agrees_with_sha256sum(folder, tmp_path):
    path = folder / "large.bin"
    path.write_bytes(os.urandom(1 << 20) * 3 + b"rest")
    done = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True)
    table = hashed(folder, tmp_path, pattern="large.bin")
    assert table.rows() == [("large.bin", 3 * (1 << 20) + 4, done.stdout.split()[0])]


def test_no_files_give_an_empty_table_of_the_same_columns(tmp_path):
    (tmp_path / "empty").mkdir()
    table = hashed(tmp_path / "empty", tmp_path)
    assert table.schema == {"path": pl.String, "bytes": pl.Int64, "sha256": pl.String}
    assert table.height == 0


def test_the_etag_changes_with_size_and_with_time(folder):
    (before,) = items(folder, pattern="z.txt")
    assert items(folder, pattern="z.txt") == [before]
    os.utime(folder / "z.txt", ns=(1, 1))
    (touched,) = items(folder, pattern="z.txt")
    (folder / "z.txt").write_text("abcd")
    os.utime(folder / "z.txt", ns=(1, 1))
    (grown,) = items(folder, pattern="z.txt")
    assert len({before.etag, touched.etag, grown.etag}) == 3
    assert {before.key, touched.key, grown.key} == {"z.txt"}


def test_a_file_that_cannot_be_read_is_a_bad_item_and_not_left_out(folder, tmp_path):
    (folder / "broken").symlink_to("nowhere")
    (item,) = items(folder, pattern="broken")
    with pytest.raises(NodeError, match="the file cannot be read: no such file") as caught:
        node(folder).process(item, ItemOutput(tmp_path))
    assert caught.value.code == "WF603"


def test_a_file_that_changes_while_the_flow_runs_is_a_bad_item(folder, tmp_path):
    (item,) = items(folder, pattern="z.txt")
    (folder / "z.txt").write_text("other")
    with pytest.raises(NodeError, match=r"file 'z\.txt' changed while the flow ran"):
        node(folder).process(item, ItemOutput(tmp_path))


def test_links_to_files_are_read_and_links_to_folders_are_not_entered(folder, tmp_path):
    (folder / "link.txt").symlink_to("z.txt")
    (folder / "loop").symlink_to(".")
    table = hashed(folder, tmp_path, pattern="*.txt")
    assert table["path"].to_list() == ["b/one.txt", "link.txt", "z.txt"]
    assert table["sha256"][1] == ABC["sha256"]


def test_what_is_no_file_is_left_out(folder, monkeypatch):
    monkeypatch.chdir(folder)  # the path of a socket must be short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert keys(folder, recursive=False) == [".hidden", "a.csv", "z.txt"]


def test_a_name_that_is_no_valid_text_is_escaped_and_hashed(folder, tmp_path):
    try:
        (folder / os.fsdecode(b"caf\xe9.txt")).write_text("abc")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    (folder / "naïve.txt").write_text("abc")
    table = hashed(folder, tmp_path, recursive=False, pattern="[cn]*.txt")
    assert table.rows() == [("caf\\xe9.txt", 3, ABC["sha256"]), ("naïve.txt", 3, ABC["sha256"])]


def test_a_folder_that_is_not_there_or_no_folder(folder):
    with pytest.raises(NodeError, match="nowhere' is not there") as caught:
        items(folder / "nowhere")
    assert caught.value.code == "WF602"
    with pytest.raises(NodeError, match=r"z\.txt' is not a folder"):
        items(folder / "z.txt")


def test_a_folder_inside_that_cannot_be_read_is_an_error(folder, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if os.fspath(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # root may read everything, so chmod would prove nothing
    with pytest.raises(NodeError, match="b/deep' cannot be read: Permission denied"):
        items(folder)
    assert len(keys(folder, recursive=False)) == 3


def test_items_and_results_are_plain_data(folder, tmp_path):
    (item,) = items(folder, pattern="z.txt")
    assert isinstance(item, Item)
    json.dumps([item.key, dict(item.payload), item.etag])
    result = node(folder).process(item, ItemOutput(tmp_path / "unused"))
    assert json.loads(json.dumps(result.facts)) == {"bytes": 3, "sha256": ABC["sha256"]}


@pytest.mark.parametrize("wrong", [{"pattern": "a/*"}, {"pattern": ""}, {"algorithm": "crc32"}, {"depth": 3}])
def test_wrong_parameters_are_refused(folder, wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        node(folder, **wrong)
