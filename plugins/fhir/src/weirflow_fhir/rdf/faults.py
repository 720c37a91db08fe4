"""What can be wrong with a record: a class of fault and where, never what the record says."""

from __future__ import annotations

from typing import Literal

Reason = Literal[
    "malformed JSON",
    "not UTF-8",
    "nested too deeply",
    "not a resource",
    "unknown resource type",
    "unknown element",
    "wrong type",
    "null value",
    "more than one value",
    "list without an order",
    "node in two places",
    "resources of one IRI",
]


class FaultError(ValueError):
    """A record that cannot be mapped, or a part of one.

    `reason` is the class of fault, `path` the place as FHIR writes it, such as `Patient.name[0].given`. Keys that FHIR
    does not know are left out of the path, as they may be anything.
    """

    def __init__(self, reason: Reason, path: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.path = path

    def within(self, step: str) -> FaultError:
        """Add the step that leads to the place from its parent."""
        joint = "" if not self.path or self.path.startswith(("[", "(")) else "."
        self.path = step + joint + self.path
        return self

    def __str__(self) -> str:
        return f"{self.reason} at {self.path}" if self.path else self.reason
