"""Measures against scikit-learn and by hand, and the report of a judgement."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from weirflow.api import Index, NodeError
from weirflow_fhir.search.judge import SearchJudge
from weirflow_fhir.search.measures import ndcg, recall, reciprocal_rank

JUDGED = {
    "question": ["fever", "fever", "knee", "knee"],
    "document": ["a", "b", "c", "elsewhere"],
    "grade": [3, 1, 2, 0],
}


@given(st.lists(st.integers(0, 3), min_size=2, max_size=30), st.randoms(), st.integers(1, 15))
def test_ndcg_is_that_of_scikit_learn(grades, chance, depth):
    names = [str(n) for n in range(len(grades))]
    ranking = chance.sample(names, len(names))
    scores = [len(names) - ranking.index(n) for n in names]
    expected = ndcg_score(np.array([grades]), np.array([scores]), k=depth)
    assert ndcg(ranking, dict(zip(names, grades, strict=True)), depth) == pytest.approx(expected)


def test_recall_and_reciprocal_rank():
    grades = {"a": 3, "b": 1, "c": 0, "d": 2}
    assert recall(["c", "a", "x"], grades, 10) == pytest.approx(1 / 3)
    assert recall(["c", "a", "b"], grades, 2) == pytest.approx(1 / 3)
    assert reciprocal_rank(["c", "a", "b"], grades) == pytest.approx(1 / 2)
    assert (recall([], grades, 10), reciprocal_rank(["c"], grades), ndcg([], grades)) == (0, 0, 0)
    assert (recall(["a"], {}, 10), ndcg(["a"], {"a": 0})) == (0, 0)


@pytest.fixture
def index(make):
    searcher = make(
        {"a": "fever", "b": "a long note with fever", "c": "painful articulation", "d": "hip"},
        synonyms=[("knee", "articulation")],
    )
    return Index(Path(searcher.path), "sqlite-fts5")


def test_a_judgement(carry_out, index):
    made = carry_out(SearchJudge(), index=index, judgements=JUDGED)
    report = made["report"]
    ways = {
        row[0]: row[1:]
        for block in report.blocks
        if block.kind == "table" and "MRR" in block.columns
        for row in block.rows
    }
    assert ways["words"] == (0.5, 0.5, 0.5)
    assert ways["words, concepts, synonyms"] == (1, 1, 1)
    assert "words, concepts, synonyms, vectors" not in ways
    assert report.metric("ndcg_0").value == 0.5
    assert "1 documents of the judgements are not in the index." in [
        b.text for b in report.blocks if b.kind == "notice"
    ]
    table = made["default"].collect().to_native()
    assert table.filter(way="words").select("question", "ndcg").rows() == [("fever", 1.0), ("knee", 0.0)]


def test_grades_that_are_none(carry_out, index):
    for wrong in ([4, 1, 1, 1], [1.5, 1, 1, 1], [-1, 1, 1, 1]):
        with pytest.raises(NodeError, match="a grade in 'grade' is none"):
            carry_out(SearchJudge(), index=index, judgements=JUDGED | {"grade": wrong})
    with pytest.raises(NodeError, match="there are no judgements"):
        carry_out(
            SearchJudge(), index=index, judgements={"question": [None], "document": ["a"], "grade": [1]}
        )


def test_the_judgements_of_the_flow_are_those_of_its_notes(repository, tmp_path, monkeypatch):
    """The notes are made, and so may change: then `judge_notes.py` has to be run again."""
    from runpy import run_path

    folder = repository / "flows" / "health-graph"
    monkeypatch.syspath_prepend(str(folder))
    run_path(str(folder / "judge_notes.py"))["main"](str(tmp_path / "made.csv"))
    assert (tmp_path / "made.csv").read_text() == (folder / "judgements.csv").read_text()
