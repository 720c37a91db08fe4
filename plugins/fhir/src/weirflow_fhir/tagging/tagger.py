"""Terms of a note with what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from weirflow_fhir.tagging.negex import contexts
from weirflow_fhir.tagging.sections import sections
from weirflow_fhir.tagging.tokens import sentences, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from weirflow_fhir.tagging.dictionary import Dictionary, Meaning
    from weirflow_fhir.tagging.negex import Context


class Tag(NamedTuple):
    """A term of a note: where it stands, in code points, under which heading, what it means and what is said of it."""

    begin: int
    end: int
    section: str | None
    meanings: tuple[Meaning, ...]
    context: Context


def tags(text: str, dictionary: Dictionary) -> Iterator[Tag]:
    """The terms of a text, the longest from left to right; headings have none."""
    for section in sections(text):
        for begin, end in sentences(text, section.begin, section.end):
            said = words(text, begin, end)
            found = []
            for first, last, meanings in dictionary.matches(said.keys):
                start, stop = said.places[first].start(), said.places[last - 1].end()
                known = tuple(m for m in meanings if m.written is None or m.written == text[start:stop])
                if known:
                    found.append((first, last, start, stop, known))
            if found:
                places = [(first, last) for first, last, *_ in found]
                about = contexts(said.keys, places, family=section.is_family)
                for (_, _, start, stop, known), context in zip(found, about, strict=True):
                    yield Tag(start, stop, section.heading, known, context)
