"""What workers are called: pseudonyms by SHA-256, and names from a file."""

import hashlib

import pytest

from weirflow.api import NodeError

PATH = "one/x.manifest"
LINES = (
    '{"worker": "private.1", "sub": "s-1"}\n{"worker": "private.2", "sub": "s-2"}\n{"worker": "private.1"}\n'
)
WORKERS = "SELECT worker_id, sub, name, email FROM workers ORDER BY name NULLS LAST, worker_id"


def pseudonym(kind, raw):
    return f"{kind}-{hashlib.sha256(raw.encode()).hexdigest()[:10]}"


ONE = (pseudonym("worker", "private.1"), pseudonym("sub", "s-1"))
TWO = (pseudonym("worker", "private.2"), pseudonym("sub", "s-2"))


@pytest.fixture
def seen(kept):
    kept.put(PATH, LINES)
    return kept


def test_workers_are_pseudonyms(seen):
    seen.refresh()
    assert set(seen.rows(WORKERS)) == {(*ONE, None, None), (*TWO, None, None)}


@pytest.mark.parametrize(
    "text",
    [
        "worker_id,name,email\nprivate.1,Anna,anna@example.org\nnobody,Zoe,z@example.org\n",
        "\ufeffSub;Name;Email\ns-1;Anna;anna@example.org\n",
        "worker_id,sub,name,email\nprivate.1,,Anna,anna@example.org\n",
    ],
)
def test_names_come_from_a_file(seen, text):
    (seen.base / "names.csv").write_text(text)
    seen.refresh(names="names.csv")
    assert seen.rows(WORKERS) == [(*ONE, "Anna", "anna@example.org"), (*TWO, None, None)]


def test_other_names_read_no_file_again(seen, lines):
    seen.refresh()
    run = seen.rows("SELECT value FROM about WHERE key = 'run'")
    lines.CALLS.clear()
    for name in ("Anna", "Ann"):
        (seen.base / "names.csv").write_text(f"worker_id,name\nprivate.1,{name}\n")
        seen.refresh(names="names.csv")
        assert seen.rows(WORKERS) == [(*ONE, name, None), (*TWO, None, None)]
    before = seen.file.stat().st_ino
    seen.refresh(names="names.csv")
    assert seen.file.stat().st_ino == before
    seen.refresh()
    assert seen.rows(WORKERS)[0][2:] == (None, None)
    assert lines.CALLS == []
    assert seen.rows("SELECT value FROM about WHERE key = 'run'") == run


def test_workers_that_are_seen_no_more_go(seen):
    seen.refresh()
    seen.put(PATH, '{"worker": "private.2", "sub": "s-2"}\n')
    seen.refresh()
    assert seen.rows(WORKERS) == [(*TWO, None, None)]


@pytest.mark.parametrize("text", ["worker_id,age\nprivate.1,3\n", "name,email\nAnna,a@example.org\n", ""])
def test_a_file_that_names_nobody(seen, text):
    seen.refresh()
    (seen.base / "names.csv").write_text(text)
    with pytest.raises(NodeError, match=r"'names\.csv' (names no workers|cannot be read as CSV)") as raised:
        seen.refresh(names="names.csv")
    assert raised.value.code == "WF603"
    assert "Anna" not in str(raised.value)
    assert len(seen.rows(WORKERS)) == 2


def test_a_file_of_names_that_is_not_there(seen):
    with pytest.raises(NodeError, match=r"'none\.csv' cannot be read: no such file") as raised:
        seen.refresh(names="none.csv")
    assert raised.value.code == "WF602"
    assert not seen.file.exists()
