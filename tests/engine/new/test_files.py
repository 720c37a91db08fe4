"""All files or none."""

import pytest

from weirflow.errors import UsageError
from weirflow.new.files import refuse_existing, render, writing


def tree(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")
    }


def test_files_are_written_with_their_folders(tmp_path):
    texts = {tmp_path / "a" / "b" / "c.txt": "ü\n", tmp_path / "d.txt": ""}
    with writing(texts) as written:
        assert written == tuple(texts)
    assert tree(tmp_path) == {"a": None, "a/b": None, "a/b/c.txt": b"\xc3\xbc\n", "d.txt": b""}


@pytest.mark.parametrize("kind", ["file", "folder", "link to nothing"])
def test_nothing_is_written_where_one_exists(tmp_path, kind, monkeypatch):
    monkeypatch.chdir(tmp_path)
    there = tmp_path / "there"
    if kind == "file":
        there.write_text("kept")
    elif kind == "folder":
        there.mkdir()
    else:
        there.symlink_to("nowhere")
    with (
        pytest.raises(UsageError, match="there exists, and nothing is written over") as caught,
        writing({tmp_path / "a" / "b.txt": "", there: "new"}),
    ):
        pass
    assert caught.value.diagnostics[0].code == "WF802"
    assert [p.name for p in tmp_path.iterdir()] == ["there"]
    assert kind != "file" or there.read_text() == "kept"


def test_nothing_is_left_where_one_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("a file, and no folder")
    before = tree(tmp_path)
    texts = {tmp_path / "new" / "a.txt": "", tmp_path / "file" / "b.txt": ""}
    with pytest.raises(OSError, match=r"b\.txt"), writing(texts):
        pass
    assert tree(tmp_path) == before


@pytest.mark.parametrize("error", [RuntimeError("stop"), KeyboardInterrupt("stop")], ids=type)
def test_nothing_is_left_where_what_follows_fails(tmp_path, error):
    (tmp_path / "old").mkdir()
    before = tree(tmp_path)
    with (
        pytest.raises(type(error), match="stop"),
        writing({tmp_path / "new" / "a.txt": "", tmp_path / "old" / "b.txt": ""}),
    ):
        raise error
    assert tree(tmp_path) == before


def test_a_folder_stays_that_something_else_was_put_into(tmp_path):
    def fail():
        (tmp_path / "new" / "theirs.txt").write_text("theirs")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"), writing({tmp_path / "new" / "a.txt": ""}):
        fail()
    assert tree(tmp_path) == {"new": None, "new/theirs.txt": b"theirs"}


def test_a_path_below_is_named_as_it_would_be_typed(tmp_path, monkeypatch):
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a")
    with pytest.raises(UsageError, match=r"^WF802: b exists"):
        refuse_existing([tmp_path / "a" / "b"])
    monkeypatch.chdir(tmp_path / "a" / "b")
    with pytest.raises(UsageError, match=rf"^WF802: {tmp_path}/a exists"):
        refuse_existing([tmp_path / "a"])


def test_a_value_that_a_template_wants_must_be_given():
    with pytest.raises(KeyError, match="name"):
        render("flow/flow", {})
