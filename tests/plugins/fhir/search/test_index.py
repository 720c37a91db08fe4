"""Filters, facets, excerpts, and documents as they are."""

import os
import sqlite3
import threading

import pytest

from weirflow.api import NodeError
from weirflow_fhir.search import matching
from weirflow_fhir.search.index import Filters, Searcher, Segment

SNOMED = "http://snomed.info/sct"
NOTES = [
    {"id": "a", "text": "fever", "date": "2024-02-29T23:30:00-05:00", "who": "p1", "type": "Progress note"},
    {"id": "b", "text": "fever", "date": "2024-03", "who": "p1", "type": 'Consult\'s "note"'},
    {"id": "c", "text": "fever", "date": "2024", "who": "p2", "type": None},
    {"id": "d", "text": "fever", "date": None, "who": "p2", "type": "Progress note"},
    {"id": "e", "text": "fever", "date": "29/02/2024", "who": "p3", "type": "Progress note"},
]


def ids(searcher, **filters):
    return {h.document for h in searcher.search("fever", Filters(**filters)).hits}


@pytest.fixture
def notes(make):
    return make(NOTES, metadata=("who", "type"))


def test_values(notes):
    assert ids(notes, values={"who": ["p1"]}) == {"a", "b"}
    assert ids(notes, values={"who": ["p1", "p3"], "type": ["Progress note"]}) == {"a", "e"}
    assert ids(notes, values={"type": ['Consult\'s "note"']}) == {"b"}
    assert ids(notes, values={"who": []}) == set("abcde")
    with pytest.raises(NodeError, match="cannot filter by 'whose'"):
        ids(notes, values={"whose": ["p1"]})


def test_dates_of_mixed_precision(notes):
    """Days are those that the record has, whatever its zone; a month or a year is found where it may be meant."""
    assert ids(notes, since="2024-02-29", until="2024-02-29") == {"a", "c"}
    assert ids(notes, since="2024-03-15") == {"b", "c"}
    assert ids(notes, until="2024-03-15") == {"a", "b", "c"}
    assert ids(notes, since="2024-02", until="2024-02") == {"a", "c"}
    assert ids(notes, since="2024") == {"a", "b", "c"}
    assert ids(notes, since="2025") == set()
    assert [notes.document(x).day for x in "abcde"] == ["2024-02-29", "2024-03", "2024", None, None]
    for wrong in ("yesterday", "2024-2-1", "2024-02-29T10:00"):
        with pytest.raises(NodeError, match="a day to filter by"):
            ids(notes, since=wrong)


def test_codes_stand_for_those_below(make, entity):
    entities = [
        entity("a", "x", "E11.9"),
        entity("b", "x", "E11"),
        entity("c", "x", "E11.9", negated=True),
        entity("d", "x", "E10.9"),
        entity("e", "x", "44054006", system=SNOMED),
        entity("elsewhere", "x", "E11.9"),
    ]
    searcher = make(NOTES, entities, metadata=("who",))
    assert ids(searcher, codes=["E11"]) == {"a", "b"}
    assert ids(searcher, codes=["E11.9"]) == {"a"}
    assert ids(searcher, codes=["E11", "E10"]) == set()
    assert ids(searcher, codes=["4405"]) == set(), "a number is no part of another"
    assert ids(searcher, codes=["44054006"]) == {"e"}
    assert ids(searcher, codes=["E11"], values={"who": ["p1"]}, since="2024-03") == {"b"}


def test_facets(notes):
    assert notes.facets("who") == (("p1", 2), ("p2", 2), ("p3", 1))
    assert notes.facets("type", 1) == (("Progress note", 3),)
    with pytest.raises(NodeError, match="cannot filter by 'day'") as told:
        notes.facets("day")
    assert told.value.hint == "by who, type"


def test_columns_of_any_name(make):
    searcher = make([{"id": "a", "x\ny": "1", 'Q"': "2", "q": "3"}], metadata=("x\ny", 'Q"', "q"))
    assert searcher.document("a").metadata == {"x\ny": "1", 'Q"': "2", "q": "3"}
    assert searcher.facets('Q"') == (("2", 1),)


def test_without_a_question_the_newest_come_first(notes):
    found = notes.search("", limit=3)
    assert ([h.document for h in found.hits], found.total) == (["b", "a", "c"], 5)
    rest = notes.search("?!", limit=3, offset=3)
    assert ([h.document for h in rest.hits], rest.total) == (["d", "e"], 5)


def test_pages_hold_all_once(make):
    searcher = make({f"n{i}": "fever " * (1 + i % 3) for i in range(50)})
    pages = [searcher.search("fever", limit=7, offset=o) for o in range(0, 56, 7)]
    assert {p.total for p in pages} == {50}
    assert sorted(h.document for p in pages for h in p.hits) == sorted(f"n{i}" for i in range(50))


@pytest.mark.parametrize("text", [
    '<b onclick=alert(1)>fever</b> & "x" </script>',
    "a \x02fever\x03 \x01 b \x04\x05\x06\x07\x08",
    "\u202eabc fever \u202c \u200b\u05e9\u05dc\u05d5\u05dd",
    "x\0y fever",
    "\ue000 fever \ue001",
    "fever \U0001f642 e\u0301",
])  # fmt: skip
def test_excerpts_are_text(make, text):
    (hit,) = make({"a": text}).search("fever").hits
    assert [s.text for s in hit.excerpt if s.hit] == ["fever"]
    assert "".join(s.text for s in hit.excerpt) == text.replace("\0", "\ufffd")


def test_an_excerpt_shows_what_was_asked_for_and_synonyms(make):
    text = "first " * 200 + "\n\n of fever and\tpyrexia here " + "last " * 200
    (hit,) = make({"a": text}, synonyms=[("fever", "pyrexia")]).search("pyrexia").hits
    assert [s.text for s in hit.excerpt if s.hit] == ["fever", "pyrexia"]
    assert "of " in "".join(s.text for s in hit.excerpt)
    assert all("\n" not in s.text and "\t" not in s.text for s in hit.excerpt)


def test_an_excerpt_of_what_is_found_by_title_or_meaning_alone(make, entity):
    searcher = make([{"id": "a", "title": "fever", "text": "some words"}], [entity("a", "x", "R05", "Cough")])
    for question in ("fever", "cough"):
        (hit,) = searcher.search(question).hits
        assert hit.excerpt == (Segment("some words"),)


def test_repeated_ids_null_texts_and_rows_without_an_id(make, found):
    rows = [
        {"id": "a", "text": "first"},
        {"id": "a", "text": "second"},
        {"id": None, "text": "third"},
        {"id": "b", "text": None},
        {"id": 7, "text": "seventh"},
    ]
    searcher = make(rows)
    assert found(searcher, "first second third seventh") == ["a", "7"]
    assert searcher.search("").total == 3
    assert searcher.document("b").text == ""
    assert searcher.document("nobody") is None


def test_a_huge_document(make):
    text = "word " * 1_000_000 + "needle " + "word " * 1_000_000
    searcher = make({"a": text, "b": "needle"})
    first, second = searcher.search("needle").hits
    assert (first.document, second.document) == ("b", "a")
    assert Segment("needle", hit=True) in second.excerpt


def test_common_words_rank_the_newest_alone(make, found, monkeypatch):
    monkeypatch.setattr(matching, "MOST", 5)
    monkeypatch.setattr("weirflow_fhir.search.index.MOST", 5)
    monkeypatch.setattr(matching, "_ENOUGH", 3)
    rows = [{"id": f"n{i:02}", "text": "fever cough", "date": f"2024-01-{i + 1:02}"} for i in range(20)]
    rows += [{"id": "rare", "text": "fever rash", "date": "2020"}]
    rows += [{"id": f"m{i:02}", "text": "knee hip", "date": f"2023-01-{i + 1:02}"} for i in range(20)]
    searcher = make(rows)
    newest = ["n19", "n18", "n17", "n16", "n15"]
    assert found(searcher, "fever") == newest
    assert searcher.search("fever").total == 21
    assert found(searcher, "fever cough") == newest
    assert found(searcher, "fever rash") == ["rare"], "documents with the rare word alone"
    assert len(found(searcher, "fever knee")) == 5, "no document has all: those with one are ranked"


def test_threads(make):
    searcher = make({f"n{i}": f"fever {i}" for i in range(200)})
    expected = {n: [h.document for h in searcher.search(f"fever {n}").hits] for n in range(20)}
    wrong = []

    def ask():
        answers = {n: [h.document for h in searcher.search(f"fever {n}").hits] for n in range(20)}
        wrong.extend(n for n in answers if answers[n] != expected[n])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []


def test_it_is_opened_for_reading(make):
    searcher = make({"a": "fever"})
    before = searcher.path.read_bytes()
    searcher.path.chmod(0o444)
    searcher.search("fever")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        searcher._db.execute("DELETE FROM documents")
    assert searcher.path.read_bytes() == before
    assert os.listdir(searcher.path.parent) == [searcher.path.name]  # noqa: PTH208 -- names, in a word


@pytest.mark.parametrize("content", [b"", b"no database at all", None])
def test_what_is_no_index(tmp_path, content):
    path = tmp_path / "x.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NodeError, match="is no search index") as told:
        Searcher(path)
    assert told.value.code == "WF603"


def test_an_index_of_another_version(make):
    path = make({"a": "fever"}).path
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '0' WHERE key = 'version'")
    with pytest.raises(NodeError, match="another version"):
        Searcher(path)
