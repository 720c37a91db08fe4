"""Terms of a note with what is said of them."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from weirflow_fhir.tagging.negex import contexts
from weirflow_fhir.tagging.sections import sections
from weirflow_fhir.tagging.tokens import places, sentences, words

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
        keys = words(text, section.begin, section.end)
        # Most sentences have no term: those that have are looked at one by one, as no term goes across.
        hits = [n for first, last, _ in dictionary.matches(keys) for n in (first, last - 1)]
        if not hits:
            continue
        begins, ends = places(text, section.begin, section.end)
        for begin, end in sentences(text, section.begin, section.end):
            head, tail = bisect_left(begins, begin), bisect_left(begins, end)
            hit = bisect_left(hits, head)
            if hit == len(hits) or hits[hit] >= tail:
                continue
            said, found = keys[head:tail], []
            for first, last, meanings in dictionary.matches(said):
                start, stop = begins[head + first], ends[head + last - 1]
                known = tuple(m for m in meanings if m.written is None or m.written == text[start:stop])
                if known:
                    found.append((first, last, start, stop, known))
            about = contexts(said, [(f, e) for f, e, *_ in found], family=section.is_family)
            for (_, _, start, stop, known), context in zip(found, about, strict=True):
                yield Tag(start, stop, section.heading, known, context)
