"""BM25 against arithmetic by hand, synonyms, and what documents deny."""

from math import log

import pytest

from weirflow_fhir.search.index import Searcher

SNOMED = "http://snomed.info/sct"
K, B = 1.2, 0.75  # SQLite's documentation of bm25()


def bm25(frequency, length, average, documents, having):
    return (
        log((documents - having + 0.5) / (having + 0.5))
        * frequency
        * (K + 1)
        / (frequency + K * (1 - B + B * length / average))
    )


def test_bm25_by_hand(make):
    """Lengths count every column, with the one word of the column for denials that every document has."""
    texts = {
        "a": "fever fever cough",
        "b": "fever and a long cough with many other words",
        "c": "knee",
        "d": "hip",
        "e": "leg",
    }
    lengths = {k: len(v.split()) + 1 for k, v in texts.items()}
    average = sum(lengths.values()) / len(texts)
    hits = make(texts).search("fever").hits
    assert {h.document: h.score for h in hits} == pytest.approx(
        {"a": bm25(2, lengths["a"], average, 5, 2), "b": bm25(1, lengths["b"], average, 5, 2)}
    )


def test_a_title_counts_twice(make):
    rows = [{"id": "a", "title": "fever", "text": "one"}, {"id": "b", "title": "one", "text": "fever"}]
    rows += [{"id": x, "title": "one", "text": "two"} for x in "cde"]
    first, second = make(rows).search("fever").hits
    assert (first.document, second.document) == ("a", "b")
    assert first.score == pytest.approx(bm25(2, 3, 3, 5, 2))
    assert second.score == pytest.approx(bm25(1, 3, 3, 5, 2))


def test_words_beside_each_other_count_more(make, found):
    searcher = make({"a": "pain in the chest of one", "b": "the one has chest pain in", "c": "knee"})
    assert found(searcher, "chest pain") == ["b", "a"]
    assert found(searcher, "pain in the chest") == ["a", "b"]


def test_forms_and_accents(make, found):
    searcher = make({"a": "Café visits; diagnosed"})
    for question in ("cafe", "CAFÉ", "visit", "diagnosing", "cafe\u0301"):
        assert found(searcher, question) == ["a"]


def test_needed_and_barred_words(make, found):
    searcher = make({"a": "fever cough", "b": "fever", "c": "cough", "d": "fever cough rash"})
    assert found(searcher, "+fever cough") == ["a", "d", "b"]
    assert found(searcher, "fever -cough") == ["b"]
    assert set(found(searcher, '"fever cough"')) == {"a", "d"}
    assert found(searcher, "-cough") == ["a", "b", "c", "d"], "nothing is asked for"


def test_prefixes(make, found):
    searcher = make({"a": "hypertension", "b": "hypotension", "c": "h"})
    assert found(searcher, "hyper*") == ["a"]
    assert found(searcher, "h*") == ["c"], "a prefix of one letter is a word"


# ------------------------------------------------------------------ synonyms


def test_synonyms_go_both_ways(make, found, entity):
    entities = [entity("a", "heart attack", "I21.9", "Acute myocardial infarction, unspecified")]
    texts = {"a": "had a heart attack", "b": "acute myocardial infarction", "c": "knee"}
    searcher = make(texts, entities)
    assert set(found(searcher, "heart attacks")) == {"a", "b"}
    assert set(found(searcher, "who had an acute myocardial infarction?")) == {"a", "b"}
    words = Searcher(searcher.path, concepts=False, synonyms=False)
    assert found(words, "heart attacks") == ["a"]


def test_texts_of_one_code_are_synonyms_of_each_other(make, found, entity):
    entities = [
        entity("a", "sugar sickness", "1", system=SNOMED),
        entity("b", "diabetes", "1", system=SNOMED),
    ]
    searcher = make({"a": "sugar sickness", "b": "diabetes", "c": "sugar"}, entities)
    assert set(found(searcher, "diabetes")) == {"a", "b"}
    other = [entity("a", "sugar sickness", "1", system=SNOMED), entity("b", "diabetes", "1")]
    assert found(make({"a": "sugar sickness", "b": "diabetes"}, other), "diabetes") == ["b"]


def test_synonyms_of_a_user(make, found):
    searcher = make({"a": "frobnication", "b": "zorp levels"}, synonyms=[("Frobnication", "zorp level")])
    assert set(found(searcher, "zorp level")) == {"a", "b"}
    assert set(found(searcher, "frobnication")) == {"a", "b"}


def test_abbreviations_of_medicine(make, found):
    texts = {"a": "Known HTN.", "b": "hypertension", "c": "He has T2DM", "d": "type 2 diabetes mellitus"}
    searcher = make(texts, medical=True)
    assert set(found(searcher, "hypertension")) == {"a", "b"}
    assert set(found(searcher, "htn")) == {"a", "b"}
    assert {"c", "d"} <= set(found(searcher, "T2DM"))
    assert found(make(texts), "htn") == ["a"]


def test_an_abbreviation_that_reads_as_a_common_word_is_none(make, found):
    """HA is headache, and the stem of `has` is `ha`."""
    assert found(make({"a": "headache", "b": "He has none."}, medical=True), "headache") == ["a"]


def test_inclusion_terms_of_icd(make, found, entity):
    """ICD-10-CM lists `Chronic obstructive airway disease NOS` under J44.9."""
    pytest.importorskip("simple_icd_10_cm")
    entities = [entity("a", "COPD", "J44.9", "Chronic obstructive pulmonary disease, unspecified")]
    searcher = make({"a": "COPD", "b": "knee"}, entities, medical=True, concepts=False)
    assert found(searcher, "chronic obstructive airway disease") == ["a"]


def test_a_slip_is_read_as_the_word_that_was_meant(make, found):
    searcher = make({"a": "hypertension and pneumonia", "b": "diabetes"})
    assert found(searcher, "hypertention") == ["a"]
    assert found(searcher, "pnuemonia") == ["a"]
    assert dict(searcher.search("diabetis").instead) == {"diabetis": "diabetes"}
    assert found(searcher, "xyzzyish") == []
    assert found(searcher, "xyzzyish diabetes") == ["b"]


# ------------------------------------------------------------------ denials

DENIED = {
    "a": "No chest pain. Cough.",
    "b": "Chest pain since noon. Cough.",
    "c": "knee",
    "d": "hip",
    "e": "toe",
}


@pytest.fixture
def pain(entity):
    """A mention of chest pain."""

    def mention(note, *, negated):
        begin = DENIED[note].lower().index("chest pain")
        where = {"begin": begin, "end": begin + 10}
        text = DENIED[note][begin : begin + 10]
        return entity(note, text, "R07.9", "Chest pain, unspecified", negated=negated, **where)

    return mention


def test_what_is_denied_does_not_count(make, found, pain):
    entities = [pain("a", negated=True), pain("a", negated=True), pain("b", negated=False)]
    searcher = make(DENIED, entities)
    first, second = searcher.search("chest pain").hits
    assert (first.document, second.document) == ("b", "a")
    assert second.score == 0, "all of its words are denied, however often that is said"
    assert found(searcher, "unspecified") == ["b"], "the description is of what is not denied"
    assert found(searcher, "without chest pain") == ["a"]
    assert found(searcher, "cough without chest pain")[0] == "a"
    assert found(searcher, "cough")[0] in {"a", "b"}
    assert searcher.search("cough").hits[1].score > 0


def test_what_is_denied_is_found_by_a_phrase(make, found, pain):
    searcher = make(DENIED, [pain("a", negated=True)])
    assert found(searcher, '"no chest pain"') == ["a"]


@pytest.mark.parametrize(
    "spans",
    [
        [("fever", 3, 8), ("fever chills", 3, 15)],  # one in the other
        [("ever", 4, 8)],  # within a word
        [("fever", None, None)],
        [("fever", 0, 5), ("nothing", None, None)],  # not where it is said to be
        [("fever", 3, 999)],
    ],
)
def test_no_score_is_below_zero_however_spans_are_wrong(make, spans, entity):
    texts = {"a": "no fever chills, feverish", **dict.fromkeys("bcd", "other")}
    entities = [entity("a", t, "R50.9", begin=b, end=e, negated=True) for t, b, e in spans]
    searcher = make(texts, entities)
    for question in ("fever", "chills", "ever", '"fever chills"', "no fever", "feverish"):
        assert all(h.score >= 0 for h in searcher.search(question).hits), question
