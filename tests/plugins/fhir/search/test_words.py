"""Questions taken apart, and that none of them is an error."""

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from weirflow_fhir.search.build import Layout, build
from weirflow_fhir.search.index import Searcher
from weirflow_fhir.search.stems import Stemmer
from weirflow_fhir.search.words import asserted, terms, words_of


def short(question):
    marks = {"wanted": "", "needed": "+", "barred": "-", "denied": "!", "idle": "~"}
    return [marks[t.role] + " ".join(t.words) + "*" * t.prefix for t in terms(question)]


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Heart attack", ["heart", "attack"]),
        ('"heart attack" aspirin', ["+heart attack", "aspirin"]),
        ('"heart attack', ["heart attack"]),
        ("+aspirin -warfarin", ["+aspirin", "-warfarin"]),
        ('-"heart attack" x', ["-heart attack", "x"]),
        ("hyper*", ["hyper*"]),
        ("what is the dose of metformin?", ["~what", "~is", "~the", "dose", "~of", "metformin"]),
        ("who is it", ["who", "is", "it"]),
        ("and -x", ["and", "-x"]),
        ("COVID-19 follow_up", ["covid 19", "follow up"]),
        ("without chest pain", ["!chest pain"]),
        ("no fever, chest pain or nausea", ["!fever", "!chest pain", "!nausea"]),
        ("no shortness of breath", ["!shortness of breath"]),
        ("no evidence of the pneumonia but cough", ["!pneumonia", "~but", "cough"]),
        ("who denies any pain and has asthma", ["~who", "!pain", "~has", "asthma"]),
        ("no pain. fever", ["!pain", "fever"]),
        ("no +fever", ["+fever"]),
        ("no", []),
        ("re\u0301sume\u0301", ["r\xe9sum\xe9"]),
        ("", []),
        ('" - + * ""', []),
    ],
)
def test_the_parts_of_questions(question, parts):
    assert short(question) == parts


def test_denials_as_words_where_an_index_knows_none():
    found = asserted(terms("without shortness of breath"))
    assert [(t.words, t.role) for t in found] == [
        (("shortness",), "wanted"),
        (("of",), "idle"),
        (("breath",), "wanted"),
    ]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "index.sqlite"
    rows = [{"id": "a", "text": "no chest pain, or fever"}, {"id": "b", "text": "near and not this"}]
    denied = {"note_id": "a", "text": "chest pain", "code": "R07.9", "negated": True}
    build(path, rows, Layout("id", ["text"]), [denied])
    return Searcher(path)


PIECES = [
    "AND",
    "OR",
    "NOT",
    "NEAR(",
    "(",
    ")",
    '"',
    '""',
    "*",
    "^",
    ":",
    "{a}",
    "-",
    "+",
    "no",
    "pain",
    ",",
    "\0",
    "\ue000",
]


@given(st.text() | st.lists(st.sampled_from(PIECES)).map(" ".join))
@example("a AND NOT (b")
@example('NEAR("a" "b", 2)')
@example("{denied} : x")
@example("'; DROP TABLE documents; --")
@example("\ud800")
@example("_ __ ___")
@example("²³ ⅷ ª")
def test_no_question_is_an_error(searcher, question):
    found = searcher.search(question)
    assert found.total >= len(found.hits)


@given(st.text(alphabet=st.characters(max_codepoint=0x52F)))
def test_words_are_those_of_the_tokenizer(text):
    """Latin, Greek and Cyrillic: each of our words is one of its own, never nothing."""
    words = words_of(text)
    assert all(Stemmer(sqlite3.connect(":memory:"))(words))
