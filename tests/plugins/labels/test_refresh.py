"""What becomes of files that are new, changed, bad, mended, touched or gone."""

import pytest

from weirflow.api import NodeError
from weirflow_labels import database, refresh

A, B = '{"source": "a1"}\n{"source": "a2"}\n', '{"source": "b1"}\n'
ONE, TWO = "one/manifests/output/output.manifest", "two/manifests/output/output.manifest"


@pytest.fixture
def two(kept):
    kept.put(ONE, A)
    kept.put(TWO, B)
    kept.refresh()
    return kept


def test_a_lake_is_read(two):
    assert two.states == {ONE: "loaded", TWO: "loaded"}
    assert two.sources == ["a1", "a2", "b1"]
    assert two.rows("SELECT job, count(*) FROM labels GROUP BY job ORDER BY job") == [("one", 2), ("two", 1)]
    assert two.rows("SELECT size FROM files WHERE path = 'one/manifests/output/output.manifest'") == [
        (len(A),)
    ]


def test_where_nothing_changed_nothing_is_written(two):
    before = two.file.stat()
    assert two.refresh() == []
    assert two.file.stat().st_ino == before.st_ino
    assert two.file.stat().st_mtime_ns == before.st_mtime_ns


def test_only_what_changed_is_read(two, lines):
    lines.CALLS.clear()
    two.put(TWO, '{"source": "b2"}\n')
    two.refresh()
    assert lines.CALLS == [1]
    assert two.sources == ["a1", "a2", "b2"]


def test_a_late_file_and_one_that_grows(two):
    two.put("nil/manifests/output/output.manifest", '{"source": "c1"}\n')
    two.put(ONE, A + '{"source": "a3"}\n')
    two.refresh()
    assert two.sources == ["a1", "a2", "a3", "b1", "c1"]


def test_a_file_that_is_touched_is_not_read(two, lines):
    lines.CALLS.clear()
    two.put(ONE, A)
    two.refresh()
    assert lines.CALLS == []
    before = two.file.stat().st_ino
    two.refresh()  # the new time is known
    assert two.file.stat().st_ino == before


def test_rows_of_a_file_that_vanished_go_and_come_back(two):
    (two.lake / TWO).unlink()
    two.refresh()
    assert two.states == {ONE: "loaded", TWO: "deleted"}
    assert two.sources == ["a1", "a2"]
    seen = two.rows(f"SELECT epoch_us(first_seen) FROM files WHERE path = '{TWO}'")
    two.put(TWO, B)
    two.refresh()
    assert two.states[TWO] == "loaded"
    assert two.sources == ["a1", "a2", "b1"]
    assert two.rows(f"SELECT epoch_us(first_seen) FROM files WHERE path = '{TWO}'") == seen


def test_a_bad_line_loses_nothing_else(two):
    said = two.refresh() + two.refresh()
    assert said == []
    two.put(ONE, A + "{oh\n" + '{"source": "a4"}\n')
    assert two.refresh() == [f"{ONE}, line 3: it is not JSON"]
    assert two.sources == ["a1", "a2", "a4", "b1"]
    assert two.states[ONE] == "loaded"
    assert two.rows("SELECT line_no, reason, raw FROM rejects") == [(3, "it is not JSON", "{oh")]
    two.put(TWO, '{"source": "b9"}\n')
    assert two.refresh() == [
        "1 that earlier runs could not read are still left out: the view `left_out` of 'labels.duckdb' lists all"
    ]
    assert two.rows("SELECT count(*) FROM rejects") == [(1,)]
    two.put(ONE, A)
    two.refresh()
    assert two.rows("SELECT count(*) FROM rejects") == [(0,)]


def test_a_file_that_went_bad_keeps_its_last_good_rows(two, lines):
    loaded = two.rows(f"SELECT loaded_run, epoch_us(loaded_at) FROM files WHERE path = '{ONE}'")
    two.put(ONE, "!\n")
    assert two.refresh() == [f"{ONE}: it begins with a shout; the last good rows of the file stay"]
    assert two.states == {ONE: "stale", TWO: "loaded"}
    assert two.sources == ["a1", "a2", "b1"]
    facts = f"SELECT f.error, r.line_no, r.reason FROM files f JOIN rejects r USING (file_id) WHERE path = '{ONE}'"
    assert two.rows(facts) == [("it begins with a shout", None, "it begins with a shout")]
    assert two.rows(f"SELECT loaded_run, epoch_us(loaded_at) FROM files WHERE path = '{ONE}'") == loaded

    lines.CALLS.clear()
    two.refresh()
    assert lines.CALLS == []  # not tried again

    two.put(ONE, "!!\n")  # bad in another way
    two.refresh()
    assert (two.states[ONE], two.sources) == ("stale", ["a1", "a2", "b1"])
    assert two.rows("SELECT count(*) FROM rejects") == [(1,)]

    two.put(ONE, A)  # mended: the bytes that it had
    two.refresh()
    assert two.states[ONE] == "loaded"
    assert two.sources == ["a1", "a2", "b1"]
    assert two.rows("SELECT count(*) FROM rejects") == [(0,)]
    assert two.rows(f"SELECT error FROM files WHERE path = '{ONE}'") == [(None,)]


def test_a_stale_file_that_vanishes_takes_its_rows_along(two):
    two.put(ONE, "!\n")
    two.refresh()
    (two.lake / ONE).unlink()
    two.refresh()
    assert two.states[ONE] == "deleted"
    assert two.sources == ["b1"]
    assert two.rows("SELECT count(*) FROM rejects") == [(0,)]


def test_a_file_that_was_never_good(kept, lines):
    kept.put(ONE, "!\n")
    kept.put(TWO, B)
    kept.refresh()
    assert kept.states == {ONE: "error", TWO: "loaded"}
    assert kept.rows(f"SELECT loaded_run, loaded_at FROM files WHERE path = '{ONE}'") == [(None, None)]
    lines.CALLS.clear()
    kept.refresh()
    kept.put(ONE, "!\n")  # touched
    kept.refresh()
    assert lines.CALLS == []
    assert kept.states[ONE] == "error"
    kept.put(ONE, A)
    kept.refresh()
    assert kept.states[ONE] == "loaded"
    assert kept.sources == ["a1", "a2", "b1"]


def test_bad_files_among_many_are_found(kept, lines):
    for i in range(40):
        kept.put(
            f"j{i:02}/manifests/output/output.manifest",
            "!\n" if i in {3, 17, 18} else f'{{"source": "{i:02}"}}\n',
        )
    assert len(kept.refresh()) == 3
    assert {p[1:3] for p, s in kept.states.items() if s == "error"} == {"03", "17", "18"}
    assert kept.sources == [f"{i:02}" for i in range(40) if i not in {3, 17, 18}]
    assert lines.CALLS[:3] == [40, 20, 10]


def test_a_refresh_in_many_batches(kept, monkeypatch):
    monkeypatch.setattr(refresh, "BATCH_FILES", 3)
    for i in range(10):
        kept.put(f"j{i:02}/manifests/output/output.manifest", f'{{"source": "{i:02}"}}\n')
    kept.refresh()
    assert kept.sources == [f"{i:02}" for i in range(10)]


def test_rejects_beyond_some_are_told_as_a_number(kept):
    kept.put(ONE, B + "{\n" * 7)
    said = kept.refresh()
    assert said[0] == f"{ONE}, line 2: it is not JSON"
    assert said[5:] == ["2 more could not be read: the view `left_out` of 'labels.duckdb' lists all"]


def test_lines_of_answers_are_not_kept(kept):
    kept.put(
        "one/annotations/worker-response/iteration-1/0/2024-01-01_00:00:00.json", "{worker: anna@example.org"
    )
    kept.refresh()
    assert kept.rows("SELECT kind, reason, raw FROM rejects JOIN files USING (file_id)") == [
        ("responses", "it is not JSON", None)
    ]


def test_a_mistake_in_a_reader_is_no_end(two, lines, monkeypatch):
    load = lines.Lines.load

    def fail(self, db, paths):
        if any("two" in p for p in paths):
            raise KeyError("anna@example.org")
        return load(self, db, paths)

    monkeypatch.setattr(lines.Lines, "load", fail)
    two.put(ONE, '{"source": "new"}\n')
    two.put(TWO, '{"source": "newer"}\n')
    assert two.refresh() == [
        f"{TWO}: it does not have the form of its kind (KeyError); the last good rows of the file stay"
    ]
    assert two.sources == ["b1", "new"]


@pytest.mark.parametrize("error", [MemoryError(), OSError(28, "No space left on device")])
def test_what_is_no_fault_of_a_file_ends_the_run(two, lines, monkeypatch, error):
    def fail(self, db, paths):
        raise error

    monkeypatch.setattr(lines.Lines, "load", fail)
    before = two.file.read_bytes()
    two.put(ONE, "{}\n")
    with pytest.raises(type(error)):
        two.refresh()
    assert two.file.read_bytes() == before


def test_the_same_size_and_time_need_a_look_at_the_content(two):
    two.put(ONE, A.replace("a2", "aX"), old=True)
    two.refresh()
    assert two.sources == ["a1", "a2", "b1"]
    two.refresh(verify="content")
    assert two.sources == ["a1", "aX", "b1"]
    before = two.file.stat().st_ino
    two.refresh(verify="content")
    assert two.file.stat().st_ino == before


def test_an_empty_file_has_no_rows(kept):
    kept.put(ONE, "")
    kept.put(TWO, B)
    kept.refresh()
    assert kept.states == {ONE: "loaded", TWO: "loaded"}
    assert kept.sources == ["b1"]


@pytest.mark.parametrize("parameters", [{"layout": ("{modality}/{job}",)}, {"kinds": {"x/*": "coco"}}])
def test_with_other_settings_the_database_is_made_anew(two, lines, parameters):
    lines.CALLS.clear()
    two.refresh(**parameters)
    assert sum(lines.CALLS) == 2
    assert two.rows("SELECT value FROM about WHERE key = 'run'") == [("1",)]
    lines.CALLS.clear()
    two.refresh(**parameters)
    assert lines.CALLS == []


def test_a_database_of_another_version_is_made_anew(two, lines, monkeypatch):
    lines.CALLS.clear()
    monkeypatch.setattr("weirflow_labels.read.SCHEMA", "next")
    two.refresh()
    assert sum(lines.CALLS) == 2
    assert two.rows("SELECT value FROM about WHERE key = 'schema'") == [("next",)]


def test_new_views_come_into_a_database_that_is_there(two, lines, monkeypatch):
    lines.CALLS.clear()
    more = [*database.views(), "CREATE OR REPLACE VIEW mine AS SELECT count(*) AS n FROM labels"]
    monkeypatch.setattr(database, "views", lambda: more)
    monkeypatch.setattr("weirflow_labels.read.views", lambda: more)
    two.refresh()
    assert lines.CALLS == []
    assert two.rows("FROM mine") == [(3,)]
    two.put(TWO, B * 2)  # and does not stand in the way of the next refresh
    two.refresh()
    assert two.rows("FROM mine") == [(4,)]


def test_a_lake_that_is_suddenly_empty_leaves_the_database_alone(two):
    two.lake.rename(two.base / "away")
    with pytest.raises(NodeError, match="is not there") as raised:
        two.refresh()
    assert raised.value.code == "WF602"
    two.lake.mkdir()
    (two.lake / "notes.txt").touch()
    with pytest.raises(NodeError, match=r"has no file .* 'labels.duckdb' has rows of 2") as raised:
        two.refresh()
    assert "is it mounted?" in raised.value.hint
    assert two.sources == ["a1", "a2", "b1"]
    with pytest.raises(NodeError, match="has no file that labelling jobs write"):
        two.refresh(path="lake/*/output.manifest")
    assert two.sources == ["a1", "a2", "b1"]


def test_a_file_that_may_not_be_opened_is_tried_again(two, monkeypatch):
    """Its time of change does not tell that the right was given."""
    from weirflow_labels import changes

    digest = changes._digest

    def refuse(path):
        if "two" in path:
            raise PermissionError(13, "Permission denied")
        return digest(path)

    monkeypatch.setattr(changes, "_digest", refuse)
    two.put(TWO, '{"source": "b2"}\n')
    assert two.refresh() == [
        f"{TWO}: it cannot be opened: permission denied; the last good rows of the file stay"
    ]
    assert two.states[TWO] == "stale"
    before = two.file.stat().st_ino
    assert two.refresh() == [
        "1 that earlier runs could not read are still left out: the view `left_out` of 'labels.duckdb' lists all"
    ]
    assert two.file.stat().st_ino == before
    monkeypatch.setattr(changes, "_digest", digest)
    two.refresh()
    assert two.states[TWO] == "loaded"
    assert two.sources == ["a1", "a2", "b2"]


def test_what_is_no_database_of_ours_is_left_alone(kept):
    kept.put(ONE, A)
    kept.file.write_text("precious" * 1000)
    with pytest.raises(NodeError, match="it is no DuckDB database"):
        kept.refresh()
    kept.file.unlink()
    with database.connect(kept.file) as db:
        db.execute("CREATE TABLE precious AS SELECT 1 AS one")
    with pytest.raises(NodeError, match="a database of something else"):
        kept.refresh()
    assert kept.rows("FROM precious") == [(1,)]


def test_the_attribute_of_verdicts_is_told_without_reading_anew(kept):
    kept.put(ONE, A)
    kept.refresh()
    for given, said in (("Verdict", "Verdict"), (None, "")):
        kept.refresh(audit_attribute=given)
        assert kept.rows("SELECT value FROM about WHERE key = 'audit_attribute'") == [(said,)]
        assert kept.rows("SELECT DISTINCT loaded_run FROM files") == [(1,)]
