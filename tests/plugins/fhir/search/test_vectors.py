"""Meanings as numbers: a model that needs no network, vectors in the index, rankings put together."""

import socket
import sys

import numpy as np
import pytest

from weirflow.api import NodeError
from weirflow_fhir.search.index import Filters, Searcher
from weirflow_fhir.search.make import SearchIndex
from weirflow_fhir.search.vectors import Model, Near, fused, pieces


def test_reciprocal_rank_fusion_by_hand():
    scores = fused([[1, 2, 3], [3, 1]])
    assert scores == pytest.approx({1: 1 / 61 + 1 / 62, 2: 1 / 62, 3: 1 / 63 + 1 / 61})


def test_long_texts_are_cut_between_sentences():
    text = "A sentence of some words. " * 200
    some = pieces(text)
    assert len(some) > 3
    assert all(len(p) <= 1200 and p.startswith("A ") and p.endswith(".") for p in some)
    assert " ".join(some) == text.strip()
    assert pieces(" \n ") == []
    assert [len(p) for p in pieces("x" * 3000)] == [1200, 1200, 600]
    assert len(pieces("word " * 1_000_000)) == 64


def test_without_its_package(monkeypatch, carry_out):
    monkeypatch.setitem(sys.modules, "wordllama", None)
    with pytest.raises(NodeError, match="WordLlama, which is not installed") as told:
        carry_out(SearchIndex(embeddings=True), default={"note_id": ["a"], "text": ["x"]})
    assert "pip install 'weirflow[embeddings]'" in told.value.hint


def test_vectors_are_asked_for_that_are_not_there(make):
    with pytest.raises(NodeError, match="has no vectors"):
        Searcher(make({"a": "x"}).path, hybrid=True)


@pytest.fixture(scope="module")
def model():
    pytest.importorskip("wordllama")
    return Model()


NOTES = {
    "heart": "Coronary stent after an acute myocardial infarction.",
    "knee": "Osteoarthritis of the knee, exercises.",
    "head": "Migraine with nausea.",
}


def test_what_is_near_is_found_without_a_word_in_common(make, model, found):
    searcher = make(NOTES, model=model)
    assert found(searcher, "cardiac catheterization")[0] == "heart"
    assert found(searcher, "joint pain in the leg")[0] == "knee"
    assert found(Searcher(searcher.path, hybrid=False), "cardiac catheterization") == []


def test_filters_hold_for_what_is_near_and_needed_words_need_be_there(make, model, found):
    rows = [{"id": k, "text": t, "who": k} for k, t in NOTES.items()]
    searcher = make(rows, model=model, metadata=("who",))
    assert found(searcher, "cardiac catheterization", Filters({"who": ["knee", "head"]})).count("heart") == 0
    assert found(searcher, "+knee heart") == ["knee"]
    assert found(searcher, '"acute myocardial"') == ["heart"]


def test_a_page_after_a_page(make, model, found):
    searcher = make({f"n{i}": f"fever {i}" for i in range(30)}, model=model)
    pages = [found(searcher, "fever", limit=10, offset=o) for o in (0, 10, 20)]
    assert sorted(x for p in pages for x in p) == sorted(f"n{i}" for i in range(30))


def test_nearness_is_the_cosine(make, model):
    searcher = make(NOTES, model=model)
    vectors = model([*NOTES.values(), "headache"])
    order = np.argsort(-(vectors[:3] @ vectors[3]))
    assert Near(searcher._db).ranked("headache", 3) == [int(n) + 1 for n in order]


def test_no_network(make, model, monkeypatch, found):
    def refused(*_args):
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    assert found(make(NOTES, model=Model()), "migraines")[0] == "head"
