"""Sections of a note by their headings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = (
    "admission diagnos[ei]s",
    "allergies",
    "assessment",
    "assessment(?: and |/| & )plan",
    "a(?:/|&| and )p",
    "brief hospital course",
    "cc",
    "chief complaint",
    "clinical (?:history|indication|impression)",
    "comparison",
    "conclusion",
    "current medications",
    "diagnos[ei]s",
    "discharge (?:condition|diagnos[ei]s|disposition|instructions|medications|plan)",
    "ed course",
    "exam",
    "examination",
    "fam(?:ily)? h(?:x|istory)",
    "fh",
    "fhx",
    "final diagnos[ei]s",
    "findings",
    "follow[ -]?up",
    "history",
    "history of (?:the )?present(?:ing)? illness",
    "hospital course",
    "hpi",
    "immunizations",
    "impression",
    "impression and plan",
    "indications?",
    "interval history",
    "labs",
    "laborator(?:y|ies)(?: data| results)?",
    "medications?",
    "meds",
    "objective",
    "past (?:medical |surgical |medical and surgical )?h(?:x|istory)",
    "physical exam(?:ination)?",
    "plan",
    "pmh",
    "pmhx",
    "post-?operative diagnos[ei]s",
    "pre-?operative diagnos[ei]s",
    "present(?:ing)? (?:complaint|illness)",
    "principal diagnos[ei]s",
    "problem list",
    "problems",
    "procedures?",
    "psh",
    "reason for (?:admission|consult(?:ation)?|exam(?:ination)?|referral|visit)",
    "recommendations?",
    "review of systems",
    "ros",
    "secondary diagnos[ei]s",
    "sh",
    "shx",
    "social h(?:x|istory)",
    "subjective",
    "surgical h(?:x|istory)",
    "technique",
    "vitals?(?: signs)?",
)
_KNOWN = "|".join(_NAMES)
_HEADING = re.compile(
    r"[ \t]*(?:\#{1,6}[ \t]+(?P<marked>[^\n]+?)[ \t\r#]*$"  # Markdown
    rf"|\**(?P<begun>(?i:{_KNOWN}))\**[ \t]*(?::\**|-[ \t]|\r?$)"  # known, followed by text or alone
    r"|(?P<capitals>[A-Z][A-Z/&-]+(?:[ \t]+[A-Z/&][A-Z/&-]*){1,7})[ \t]*:?[ \t\r]*$"  # alone on its line
    r"|(?P<alone>[A-Z][\w/&-]*(?:[ \t]+[\w/&-]+){0,5})[ \t]*:[ \t\r]*$)",
    re.MULTILINE,
)
_WITHIN = re.compile(rf"[ \t](?<=[.;][ \t])(?P<within>(?i:{_KNOWN})):")  # in the midst of a line
_FAMILY = re.compile(r"\bfam(?:ily)?\b|\bfhx?\b", re.IGNORECASE)


class Section(NamedTuple):
    """A heading without its signs, None before the first, and where the text below begins and ends."""

    heading: str | None
    begin: int
    end: int

    @property
    def is_family(self) -> bool:
        """Whether it tells of the patient's family."""
        return self.heading is not None and _FAMILY.search(self.heading) is not None


def sections(text: str) -> Iterator[Section]:
    """The sections of a note, in their order; headings belong to none."""
    heading, begin = None, 0
    for match in _headings(text):
        yield Section(heading, begin, match.start())
        heading, begin = match[match.lastgroup or 0].strip().rstrip(":*"), match.end()
    yield Section(heading, begin, len(text))


def _headings(text: str) -> Iterator[re.Match[str]]:
    at = 0
    for line in text.splitlines(keepends=True):
        begin, end = at, at + len(line)
        if match := _HEADING.match(text, begin, end):
            yield match
            begin = match.end()
        if ":" in line:
            yield from _WITHIN.finditer(text, begin, end)
        at = end
