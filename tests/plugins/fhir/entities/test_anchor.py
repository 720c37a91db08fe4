"""Offsets against texts."""

import pytest

from weirflow_fhir.entities.anchor import EXACT, LOST, MOVED, place
from weirflow_fhir.notes.attachment import Content


def content(text, raw=None):
    return Content(text, text if raw is None else raw, None, None)


NOTE = "Fièvre 😀 and cough; later cough."


@pytest.mark.parametrize(
    ("begin", "end", "at", "fault"),
    [
        (13, 18, 13, EXACT),  # in code points
        (14, 19, 13, EXACT),  # in units of UTF-16, of which the face has two
        (17, 22, 13, EXACT),  # in bytes of UTF-8: two of the letter, four of the face
        (26, 31, 26, EXACT),
        (24, 29, 26, MOVED),
        (0, 5, 13, MOVED),
        (-3, 2, 13, MOVED),
        (900, 905, 26, MOVED),
    ],
)
def test_units(begin, end, at, fault):
    found = place([content(NOTE)], "cough", begin, end)
    assert (found.begin, found.end, found.fault) == (at, at + 5, fault)
    assert NOTE[found.begin : found.end] == "cough"


def test_what_is_not_there_has_no_place():
    assert place([content(NOTE)], "gout", 0, 4)[1:] == (None, None, LOST)
    assert place([content(NOTE)], "cough", None, None)[1:] == (None, None, LOST)  # there are two
    assert place([content("a cough")], "cough", None, None)[1:] == (2, 7, MOVED)
    assert place([content(NOTE)], "  ", 0, 2)[1:] == (None, None, LOST)


def test_offsets_of_markup_lead_to_the_same_word_without_it():
    raw = "<p>cough</p><p>more <b>cough</b></p>"
    found = place(
        [content("cough\n\nmore cough", raw)], "cough", raw.rindex("cough"), raw.rindex("cough") + 5
    )
    assert found == (0, 12, 17, EXACT)


def test_white_space_and_case_may_differ():
    assert place([content("Chest\n pain")], "chest pain", 40, 50)[1:] == (0, 11, MOVED)


def test_of_several_texts_that_one_counts_which_has_it():
    texts = [content("nothing"), content("has gout")]
    assert place(texts, "gout", 4, 8) == (1, 4, 8, EXACT)
