"""Indexes as files: the same bytes for the same table, nothing half done, and inputs of all kinds."""

import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from weirflow.api import NodeError
from weirflow_fhir.search.ask import SearchQuery
from weirflow_fhir.search.build import Layout, build
from weirflow_fhir.search.index import Searcher
from weirflow_fhir.search.make import SearchIndex

NOTES = {"note_id": ["a", "b", "b", None], "text": ["fever", "chest pain", "knee", "hip"]}

KILLED = """
import os, signal, sys
from pathlib import Path
from weirflow_fhir.search import build as module
real = module.synonymous.write
def stop(*_a, **_k):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "killed":
    module.synonymous.write = stop
import narwhals as nw, polars as pl
from weirflow.api import Inputs
from weirflow.run.job import Working
from weirflow_fhir.search.make import SearchIndex
table = nw.from_native(pl.LazyFrame({"note_id": ["a"], "text": ["fever"]}))
SearchIndex().run(Inputs([("default", table)]), Working(Path(sys.argv[1]), "node", lambda *_a, **_k: None, None))
"""


def rows(count=500):
    return [{"id": f"n{i}", "text": f"fever {i} and cough {i % 7}", "who": f"p{i % 5}"} for i in range(count)]


def test_the_same_table_makes_the_same_bytes(tmp_path, entity):
    found = [entity(f"n{i}", "fever", "R50.9", "Fever, unspecified", negated=i % 3 == 0) for i in range(500)]
    for name in ("one", "two"):
        layout = Layout("id", ["text"], metadata=["who"])
        build(tmp_path / name, rows(), layout, found, [("fever", "heat")])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_job(carry_out):
    made = carry_out(SearchIndex(), default=NOTES)["index"]
    assert made.format == "sqlite-fts5"
    facts = dict(made.facts)
    assert (facts["documents"], facts["repeated"], facts["nameless"]) == (2, 1, 1)
    assert Searcher(made.path).search("chest").hits[0].document == "b"


def test_all_inputs_and_parameters(carry_out, entity):
    notes = {
        "key": [1, 2, 3],
        "heading": ["One", None, "Three"],
        "body": ["fever", "zorp", None],
        "more": ["cough", None, "knee"],
        "on": [date(2024, 2, 29), None, date(2023, 1, 1)],
        "kind": ["x", "y", "y"],
    }
    job = SearchIndex(
        id="key", text=["body", "more"], title="heading", date="on", metadata=["kind"], medical=False
    )
    found = [entity("1", "fever", "R50.9", "Raised temperature")]
    made = carry_out(
        job,
        default=notes,
        entities=pl.DataFrame(found).to_dict(as_series=False),
        synonyms={"a": ["fever", None], "b": ["zorp", "z"]},
    )["index"]
    searcher = Searcher(made.path)
    assert {h.document for h in searcher.search("fever").hits} == {"1", "2"}
    assert [h.document for h in searcher.search("raised temperature").hits] == ["1"]
    assert searcher.document("1").text == "fever\n\ncough"
    assert (searcher.document("1").day, searcher.document("1").metadata) == ("2024-02-29", {"kind": "x"})
    assert made.facts["undated"] == 1


def test_times_become_days(tmp_path):
    moments = [
        datetime(2024, 2, 29, 23, 30, tzinfo=UTC),
        "2024-02-29 10:00",
        "2024-02-29T10",
        "20240229",
        " 2024",
    ]
    build(
        tmp_path / "x",
        [{"id": str(i), "text": "", "at": m} for i, m in enumerate(moments)],
        Layout("id", ["text"], date="at"),
    )
    days = [Searcher(tmp_path / "x").document(str(i)).day for i in range(5)]
    assert days == ["2024-02-29", "2024-02-29", "2024-02-29", None, None]


@pytest.mark.parametrize("table", [
    {"note_id": pl.Series([], dtype=pl.String), "text": pl.Series([], dtype=pl.String)},
    {"note_id": pl.Series([None], dtype=pl.String), "text": ["x"]},
])  # fmt: skip
def test_an_empty_table_is_told(carry_out, table):
    with pytest.raises(NodeError, match="there is no document to index"):
        carry_out(SearchIndex(), default=table)


def test_synonyms_need_two_columns(carry_out):
    with pytest.raises(NodeError, match="has one column"):
        carry_out(SearchIndex(), default=NOTES, synonyms={"a": ["x"]})


def test_who_is_killed_begins_anew(tmp_path):
    """What was made before stays; what is half done is never taken for whole."""
    former = tmp_path / "former.sqlite"
    build(former, rows(10), Layout("id", ["text"]))
    reader = Searcher(former)
    place = tmp_path / "job"

    def run(how):
        return subprocess.run(
            [sys.executable, "-c", KILLED, str(place), how], check=False, capture_output=True
        )

    assert run("killed").returncode == -signal.SIGKILL
    assert [p for p in (place / "checkpoints").iterdir() if not p.name.startswith(".")] == []
    assert reader.search("fever").total == 10
    done = run("whole")
    assert done.returncode == 0, done.stderr
    (path,) = place.glob("checkpoints/[0-9]*/index.sqlite")
    assert Searcher(path).search("fever").total == 1
    before = path.stat().st_mtime_ns
    assert run("killed").returncode == 0, "a run that has its checkpoint makes nothing"
    assert path.stat().st_mtime_ns == before


def test_questions_as_a_table(carry_out):
    index = carry_out(SearchIndex(title="note_id"), default=NOTES)["index"]
    job = SearchQuery(questions=["fever"], column="q", limit=1)
    answers = (
        carry_out(job, index=index, questions={"q": ["chest", None, "nothing"]})["default"]
        .collect()
        .to_native()
    )
    assert answers.columns == ["question", "rank", "document", "score", "title", "day", "excerpt"]
    assert answers.select("question", "rank", "document", "title", "excerpt").rows() == [
        ("fever", 1, "a", "a", "fever"),
        ("chest", 1, "b", "b", "chest pain"),
    ]
    none = carry_out(SearchQuery(questions=["nothing"]), index=index)["default"].collect()
    assert (none.shape, none.schema["score"]) == ((0, 7), answers_type())


def answers_type():
    import narwhals as nw

    return nw.Float64


def test_filters_of_questions(carry_out):
    notes = {"note_id": ["a", "b"], "text": ["fever", "fever"], "who": ["p1", "p2"], "date": ["2024", "2023"]}
    index = carry_out(SearchIndex(metadata=["who"], date="date"), default=notes)["index"]
    for told, expected in (
        ({"where": {"who": "p1"}}, ["a"]),
        ({"where": {"who": ["p1", "p2"]}}, ["a", "b"]),
        ({"until": "2023"}, ["b"]),
        ({"codes": ["E11"]}, []),
    ):
        table = carry_out(SearchQuery(questions=["fever"], **told), index=index)["default"].collect()
        assert table["document"].to_list() == expected


def test_a_column_without_its_table(carry_out):
    index = carry_out(SearchIndex(), default=NOTES)["index"]
    with pytest.raises(NodeError, match="there is no input `questions`"):
        carry_out(SearchQuery(column="q"), index=index)


def test_the_former_index_is_readable_while_another_is_made(carry_out, tmp_path):
    place = tmp_path / "job"
    index = carry_out(SearchIndex(), folder=place, default=NOTES)["index"]
    searcher = Searcher(Path(index.path))
    again = carry_out(
        SearchIndex(), folder=tmp_path / "other", default={"note_id": ["z"], "text": ["fever"]}
    )["index"]
    assert searcher.search("fever").hits[0].document == "a"
    assert Searcher(again.path).search("fever").hits[0].document == "z"
