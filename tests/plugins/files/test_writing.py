"""`files.write`: names, folders, and what it refuses."""

import pytest

from weirflow.api import File, Files, NodeError
from weirflow.engines.base import engine
from weirflow.run.folders import LIST
from weirflow.run.steps import FileTarget
from weirflow_files.writing import Write


@pytest.fixture
def write(tmp_path):
    """Write files of these names; what is then in the folder, and the receipt."""

    def do(*names):
        source = tmp_path / "source"
        source.mkdir(exist_ok=True)
        files = []
        for number, name in enumerate(names):
            (source / str(number)).write_text(f"file {number}")
            files.append(File(source / str(number), name=name))
        receipt = Write(path="out").write(Files(tuple(files)), FileTarget(tmp_path, None, engine("polars")))
        found = {p.relative_to(tmp_path / "out").as_posix(): p for p in (tmp_path / "out").rglob("*")}
        return {n: p.read_text() for n, p in found.items() if p.is_file() and n != LIST}, receipt

    return do


def test_files_lie_under_their_names(write, tmp_path):
    found, receipt = write("a.txt", "deep/er/a.txt")
    assert found == {"a.txt": "file 0", "deep/er/a.txt": "file 1"}
    assert receipt.paths == (tmp_path / "out" / "a.txt", tmp_path / "out" / "deep" / "er" / "a.txt")
    assert receipt.bytes == 12


def test_no_files_make_an_empty_folder(write):
    assert write()[0] == {}


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a", "b", "a"], "two files are called 'a'"),
        (["../a"], r"'\.\./a' would lie outside of the folder"),
        (["/a"], "'/a' would lie outside"),
    ],
)
def test_names_that_cannot_be(write, tmp_path, names, text):
    with pytest.raises(NodeError, match=text):
        write(*names)
    assert not (tmp_path / "out").exists()


def test_a_file_without_a_name_is_called_as_its_path(tmp_path):
    assert File(tmp_path / "x.png").name == "x.png"
