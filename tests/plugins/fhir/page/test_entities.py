"""What notes have in common, by hand on seven notes; and texts cut at their entities."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirflow_fhir.page.entities import Entities, TooLongError
from weirflow_fhir.page.pieces import pieces


@pytest.fixture(scope="module")
def known(entities):
    found = Entities(entities)
    yield found
    found.close()


def concept(known, typed):
    return known.suggest(typed)[0]


def test_concepts_are_counted_without_what_is_denied_or_said_of_relatives(known):
    diabetes = concept(known, "E11")
    assert (diabetes.notes, diabetes.patients) == (4, 2)  # n1, n2, n3, n7; p1, p2
    fever = concept(known, "fever")
    assert (fever.notes, fever.patients) == (1, 1)
    assert concept(known, "headache").code is None


def test_notes_that_share_most_come_first(known):
    total, rows = known.sharing(concept(known, "E11").concept, "n1")
    assert total == 3
    assert [r[0] for r in rows] == ["n2", "n3", "n7"]  # diabetes alone, each: by name
    assert {r[2] for r in rows} == {1}


def test_a_cohort_and_what_it_also_has(known):
    ids = {name: concept(known, name).concept for name in ("E11", "I10", "6809")}
    found = known.cohort([ids["E11"]], [])
    assert (found.total, found.of) == (2, 3)
    assert found.patients == (("p1", 3), ("p2", 1))
    assert dict((c.label, n) for c, n in found.others)["metformin"] == 1  # noqa: C402
    assert known.cohort([ids["E11"], ids["I10"]], []).patients == (("p1", 3),)
    assert known.cohort([ids["I10"]], [ids["E11"]]).patients == (("p3", 1),)
    assert known.cohort([], []).total == 0


def test_an_entity_without_a_code_is_what_has_one_at_its_place(entities):
    bare = {
        **entities[0],
        "source": "detect",
        "code": None,
        "code_system": None,
        "description": None,
        "rank": None,
    }
    found = Entities([*entities, bare])
    mentions, concepts = found.of("n1")
    assert [m.sources for m in mentions if m.text == "diabetes"] == [("detect", "tagger")]
    assert len(concepts) == 3
    found.close()


def test_a_question_ends_in_time(entities):
    many = [
        {**e, "note_id": f"{e['note_id']}-{n}", "patient_id": f"p{n}"} for n in range(3000) for e in entities
    ]
    found = Entities(many, seconds=0.0)
    begin = time.monotonic()
    with pytest.raises(TooLongError):
        found.cohort([1, 2], [3])
    assert time.monotonic() - begin < 5
    found.close()


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(-3, 33), st.integers(-3, 33)), max_size=8))
def test_pieces_are_the_text_and_say_what_covers_them(text, spans):
    found = pieces(text, spans)
    assert "".join(t for t, _ in found) == text
    covering = [set() for _ in text]
    at = 0
    for piece, numbers in found:
        for n in range(at, at + len(piece)):
            covering[n] |= set(numbers)
        at += len(piece)
    for place, numbers in enumerate(covering):
        assert numbers == {n for n, (begin, end) in enumerate(spans) if begin <= place < end}
