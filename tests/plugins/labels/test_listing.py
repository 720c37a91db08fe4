"""Which files of a folder a lake has."""

import os

import pytest

from weirflow.api import NodeError
from weirflow_labels.layout import Layout
from weirflow_labels.listing import Lake

M = "manifests/output/output.manifest"


@pytest.fixture
def folder(tmp_path):
    for path in (f"b/{M}", f"a/{M}", f"a/x/{M}", f".hidden/{M}", f"c/.{M}", "a/image.jpg", "notes.manifest"):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    return tmp_path


def listed(location, layout=None):
    return [f.path for f in Lake.at(str(location)).files((layout or Layout()).place)]


def test_a_folder_without_what_is_hidden_in_the_order_of_paths(folder):
    assert listed(folder) == [f"a/{M}", f"a/x/{M}", f"b/{M}", "notes.manifest"]
    assert listed(f"{folder}/") == listed(folder)


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("*/manifests/output/output.manifest", [f"a/{M}", f"b/{M}"]),
        ("**/output.manifest", [f"a/{M}", f"a/x/{M}", f"b/{M}"]),
        ("a/**/output.manifest", [M, f"x/{M}"]),
        ("?/manifests/**", [f"a/{M}", f"b/{M}"]),
        ("*.manifest", ["notes.manifest"]),
        ("[ab]/*.manifest", None),
    ],
)
def test_patterns(folder, pattern, paths):
    if paths is None:  # a bracket is a character: there is no such folder
        with pytest.raises(NodeError, match="is not there"):
            listed(folder / pattern)
    else:
        assert listed(folder / pattern) == paths


def test_a_pattern_does_not_look_where_nothing_can_match(folder, monkeypatch):
    seen = []
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda p: seen.append(os.path.relpath(p, folder)) or scan(p))
    listed(folder / "?/manifests/output/*.manifest")
    assert sorted(seen) == [
        ".",
        "a",
        "a/manifests",
        "a/manifests/output",
        "b",
        "b/manifests",
        "b/manifests/output",
        "c",
    ]


def test_one_file_knows_its_job(folder):
    lake = Lake.at(str(folder / "a" / M))
    (found,) = lake.files(Layout().place)
    assert (found.path, found.place.kind, found.place.job) == ("output.manifest", "manifest", "a")


def test_the_folder_of_one_job(folder):
    found = {f.path: f.place.job for f in Lake.at(str(folder / "a")).files(Layout().place)}
    assert found == {M: "a", f"x/{M}": "x"}


def test_a_folder_whose_name_has_a_star(folder):
    (folder / "a").rename(folder / "a*")
    assert listed(folder / "a*") == [M, f"x/{M}"]


def test_links(folder):
    elsewhere = folder / ".elsewhere"
    (folder / "b").rename(elsewhere)
    (folder / "b").symlink_to(elsewhere)
    (folder / "a" / "up").symlink_to(folder)
    (folder / "a" / "itself").symlink_to("itself")
    (folder / "a" / "output.manifest").symlink_to("nowhere")
    (folder / "c" / "z.manifest").symlink_to(elsewhere / M)
    assert listed(folder) == [f"a/{M}", f"a/x/{M}", f"b/{M}", "c/z.manifest", "notes.manifest"]


def test_pipes_are_no_files(folder):
    os.mkfifo(folder / "pipe.manifest")
    assert "pipe.manifest" not in listed(folder)


def test_a_root_that_is_not_there(tmp_path):
    with pytest.raises(NodeError, match=r"'.*/none' is not there") as raised:
        listed(tmp_path / "none")
    assert raised.value.code == "WF602"


@pytest.mark.parametrize(
    "name",
    [
        "a*b.manifest",
        "a?[1].manifest",
        "{x}.manifest",
        "k=v/x.manifest",
        b"caf\xe9.manifest",
        "ü 漢.manifest",
    ],
)
def test_names_that_are_strange_are_read(kept, name):
    """DuckDB takes some for patterns or partitions, and none that is no UTF-8."""
    path = kept.lake / os.fsdecode(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text('{"source": "x"}\n')
    kept.refresh()
    assert kept.sources == ["x"]
    shown = name if isinstance(name, str) else "caf\\xe9.manifest"
    assert kept.states == {shown: "loaded"}
    before = kept.file.stat().st_ino
    kept.refresh()
    assert kept.file.stat().st_ino == before


def test_a_lake_in_a_folder_with_a_strange_name(kept):
    kept.put("one/x.manifest", '{"source": "x"}\n')
    kept.lake.rename(kept.base / "l[1]=*")
    kept.refresh(path="l[1]=*")
    assert kept.sources == ["x"]


def test_a_million_images_cost_little():
    """Not by the clock: no pattern is tried for a file whose ending no rule has."""
    layout = Layout(("{modality}/{job}",), (("exports/*.json", "coco"),))
    tried = []

    class Watched:
        def __init__(self, pattern):
            self.pattern = pattern

        def fullmatch(self, path):
            tried.append(path)
            return self.pattern.fullmatch(path)

    for rules in (layout._open, *layout._by_ending.values()):
        for rule in rules:
            object.__setattr__(rule, "pattern", Watched(getattr(rule.pattern, "pattern", rule.pattern)))
    assert layout.place("jobs/one/frames/frame_0001.jpg", "data/lake") is None
    assert tried == []
