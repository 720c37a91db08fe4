"""What the page may ask its server. All are bounded, and nothing else is understood."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Name = Annotated[str, Meta(max_length=500)]
Names = Annotated[list[Name], Meta(max_length=50)]
Number = Annotated[int, Meta(ge=0, le=10_000)]
Concept = Annotated[int, Meta(ge=1, le=2**53)]
Concepts = Annotated[list[Concept], Meta(max_length=20)]
Day = Annotated[str, Meta(pattern=r"^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$")]


class _Ask(Struct, forbid_unknown_fields=True):
    pass


class Nothing(_Ask):
    """A question without details."""


class Search(_Ask):
    """Documents that answer a question."""

    question: Annotated[str, Meta(max_length=1000)] = ""
    values: Annotated[dict[Name, Names], Meta(max_length=20)] = {}
    since: Day = ""
    until: Day = ""
    codes: Names = []
    limit: Annotated[int, Meta(ge=1, le=50)] = 15
    offset: Number = 0


class OfDocument(_Ask):
    """A document with its entities."""

    document: Name


class Sharing(_Ask):
    """Documents that have an entity which a document has."""

    concept: Concept
    document: Name = ""


class Suggest(_Ask):
    """Entities and codes that begin with, or contain, what was typed."""

    typed: Annotated[str, Meta(max_length=100)]


class Cohort(_Ask):
    """Patients whose notes have all of some entities, and none of others."""

    having: Concepts
    lacking: Concepts = []


class Similar(_Ask):
    """Patients like one."""

    patient: Name
