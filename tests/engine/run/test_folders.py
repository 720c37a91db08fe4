"""Folders that sinks fill: whole, of one run, and never over what is somebody else's."""

import json

import pytest

from weirflow.errors import NodeError
from weirflow.run.folders import LIST, publish_folder

SAVED = """\
- {id: items, operator: slow.items, parameters: {count: %d}}
- {id: saved, operator: files.write, parameters: {path: %s}}
"""


def fill(path, *names):
    with publish_folder(path) as folder:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)


def names(path):
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())


def test_the_files_of_an_earlier_run_go(tmp_path):
    fill(tmp_path / "out", "a", "deep/b")
    assert names(tmp_path / "out") == [LIST, "a", "deep/b"]
    assert json.loads((tmp_path / "out" / LIST).read_text()) == {"files": ["a", "deep/b"]}
    (tmp_path / "out" / ".DS_Store").write_text("")  # a system has looked at it
    fill(tmp_path / "out", "c")
    assert names(tmp_path / "out") == [LIST, "c"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("listed", [False, True])
def test_a_folder_with_anything_else_is_left_alone(tmp_path, listed):
    if listed:
        fill(tmp_path / "out", "a")
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "out" / "deep" / "mine").write_text("dear")
    with pytest.raises(NodeError, match="the folder 'out' holds 'deep/mine', which no run"):
        fill(tmp_path / "out", "b")
    assert (tmp_path / "out" / "deep" / "mine").read_text() == "dear"


def test_a_link_in_it_counts_as_something_else_and_a_link_to_it_stays(tmp_path):
    fill(tmp_path / "real", "a")
    (tmp_path / "link").symlink_to("real")
    fill(tmp_path / "link", "b")
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "real") == [LIST, "b"]
    (tmp_path / "real" / "other").symlink_to(tmp_path)
    with pytest.raises(NodeError, match="holds 'other'"):
        fill(tmp_path / "real", "c")


def test_what_fails_keeps_the_old_folder(tmp_path):
    fill(tmp_path / "out", "a")

    def fill_half():
        with publish_folder(tmp_path / "out") as folder:
            (folder / "b").write_text("b")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_half()
    assert names(tmp_path / "out") == [LIST, "a"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_artifacts_of_a_task_reach_a_folder(flow, weirflow, tmp_path):
    done = weirflow("run", flow(SAVED % (3, "output/items")), "-j", 1)
    assert done.returncode == 0, done.stderr
    assert "/output/items\n" in done.stderr
    assert names(tmp_path / "output" / "items") == [LIST, *(f"made/item-{i}.txt" for i in range(3))]
    assert (tmp_path / "output" / "items" / "made" / "item-2.txt").read_text() == "2"
    assert weirflow("run", flow(SAVED % (1, "output/items")), "-j", 1).returncode == 0
    assert names(tmp_path / "output" / "items") == [LIST, "made/item-0.txt"]
    assert weirflow("run", flow(SAVED % (1, "output/items")), "-o", tmp_path / "there").returncode == 0
    assert names(tmp_path / "there" / "items") == [LIST, "made/item-0.txt"]


def test_what_cannot_be_filled_is_said_before_anything_is_done(flow, weirflow, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    done = weirflow("run", flow(SAVED % (2, "mine")))
    assert done.returncode == 1
    assert (
        "error[WF601]: the folder 'mine' holds 'letter.txt', which no run of a flow has put there"
        in done.stderr
    )
    assert "hint: a folder is replaced whole" in done.stderr
    done = weirflow("run", flow(SAVED % (2, "mine/letter.txt")))
    assert "cannot write 'mine/letter.txt': a file stands where the folder should be" in done.stderr
    assert names(tmp_path / "mine") == ["letter.txt"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("files/out", "'saved' would write into 'files', which 'sums' reads"),
        ("files", "'saved' would write over 'files', which 'sums' reads"),
        (".", "'saved' replaces the folder in which 'sums' reads 'files'"),
        ("tables", "'saved' replaces the folder in which 'table' writes 'sums.csv'"),
    ],
)
def test_a_folder_that_is_filled_is_its_own(flow, weirflow, tmp_path, path, text):
    (tmp_path / "files").mkdir()
    nodes = (
        "- {id: sums, operator: files.hash, parameters: {folder: files}}\n"
        "- {id: table, operator: write.csv, parameters: {path: tables/sums.csv}}\n"
    )
    done = weirflow("check", flow(nodes + SAVED % (2, path)))
    assert done.returncode == 3
    assert f"error[WF311]: {text}" in done.stdout + done.stderr
