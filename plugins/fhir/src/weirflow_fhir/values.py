"""Values of a resource as one may trust them: of the type that is asked for, or none."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

_ID = r"[A-Za-z0-9\-.]{1,64}"
_UUID = re.compile(rf"urn:uuid:({_ID})")


def text(value: object) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value else None


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list, or the one that stands where a list is expected, or none."""
    found = value if isinstance(value, list) else [value]
    return [v for v in found if isinstance(v, dict)]


def first(value: object) -> dict[str, Any]:
    """The first object of a list; an empty one where there is none."""
    return next(iter(objects(value)), {})


def identifier(reference: object, kind: str) -> str | None:
    """The id of a resource of this type that a Reference names: relative, absolute, of a version, or by UUID."""
    if not isinstance(reference, dict):
        return None
    named = text(reference.get("reference")) or ""
    if found := re.search(rf"(?:^|/){kind}/({_ID})(?:/_history/{_ID})?$", named):
        return found[1]
    found = _UUID.fullmatch(named)
    return found[1] if found and reference.get("type", kind) == kind else None


def coding(concept: object) -> tuple[str | None, str | None, str | None]:
    """System, code, and display of a CodeableConcept's first coding; the concept's text where there is no display."""
    if not isinstance(concept, dict):
        return None, None, None
    one = first(concept.get("coding"))
    return (
        text(one.get("system")),
        text(one.get("code")),
        text(one.get("display")) or text(concept.get("text")),
    )


def number(value: object) -> float | None:
    """A number, which the reader gives as text where it has a point."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def whole(value: object) -> int | None:
    """A whole number that a column of INT64 holds."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63 else None
