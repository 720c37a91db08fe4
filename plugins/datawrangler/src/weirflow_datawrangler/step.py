"""What an operator of the vendor's becomes here, and how its parameters are read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode, section

Trained: TypeAlias = Mapping[str, Any]
"""What a node of ours learns, as its `TrainedParameters` would be written in JSON."""


@dataclass(frozen=True)
class Step:
    """A node of ours that stands for one of the vendor's.

    `notes` are sentences for a reader of the file. `reason` says why it is no equal, where it is none: what has one
    counts as not mapped. `trained` gives what the service learned, in the form of our
    operator; it is called when it is needed, since to decode a model takes time, and raises NodeError where that
    fails. `found` are the columns that selectors among the parameters stand for, where that was learned. `then` are
    further nodes, each fed by the one before. `ports` are our names of the outputs, by theirs.
    """

    operator: str
    parameters: dict[str, Any]
    notes: tuple[str, ...] = ()
    trained: Callable[[], Trained] | None = None
    then: tuple[Step, ...] = ()
    ports: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reason: str = ""

    @property
    def mapped(self) -> bool:
        """Whether it means the same here."""
        return not self.reason and not self.operator.startswith("datawrangler.unmapped")


Mapper: TypeAlias = Callable[[VendorNode], Step]


class UnmappedError(Exception):
    """An operator that is known, with options that have no equal here; the reason."""


@dataclass(frozen=True)
class Parameters:
    """A reader of the vendor's parameters, which come as texts, numbers and lists alike."""

    found: Mapping[str, Any]
    node: VendorNode = field(repr=False)

    def text(self, key: str) -> str:
        """A text that must be there; a list of one counts."""
        value = self.found.get(key)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, str) or not value:
            raise UnmappedError(f"it has no {key}")
        return value

    def columns(self, key: str) -> list[str]:
        """Columns that must be there, one or several."""
        value = self.found.get(key)
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not names or not all(isinstance(n, str) and n for n in names):
            raise UnmappedError(f"it has no {key}")
        return list(dict.fromkeys(names))

    def optional(self, key: str) -> str | None:
        """A text, if there is one that is not empty."""
        value = self.found.get(key)
        return value if isinstance(value, str) and value else None

    def choice(self, key: str, choices: Mapping[str, str], default: str) -> str:
        """Our word for one of theirs, in whichever case it is written; `default` is theirs."""
        value = self.found.get(key)
        given = default if value is None or value == "" else str(value)
        for theirs, ours in choices.items():
            if theirs.lower() == given.lower():
                return ours
        raise UnmappedError(f"{key} is '{given}'")

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false, as such or as a text; `Yes` and `No` count."""
        value = self.found.get(key)
        if isinstance(value, str) and value.lower() in {"true", "false", "yes", "no"}:
            value = value.lower() in {"true", "yes"}
        if value is None or value == "":
            return default
        if not isinstance(value, bool):
            raise NodeError(
                f"{key} of {self.node.title} ({self.node.id}) is neither true nor false",
                hint="write one of them, or leave it out for the service's default",
                code="WF205",
            )
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A number, as such or as a text. Without a default it must be there."""
        value = self.found.get(key)
        if value is None or value == "" or isinstance(value, bool):
            if default is None:
                raise UnmappedError(f"it has no {key}")
            return default
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise NodeError(
                f"{key} of {self.node.title} ({self.node.id}) is not a number",
                hint="write one, such as 0.5, or leave it out for the service's default",
                code="WF205",
            )
        return number

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number, as such or as a text. Without a default it must be there."""
        value = self.number(key, default)
        if value != int(value):
            raise NodeError(
                f"{key} of {self.node.title} ({self.node.id}) is not a whole number", code="WF205"
            )
        return int(value)

    def inner(self, key: str) -> Parameters:
        """A mapping within; empty where there is none."""
        value = self.found.get(key)
        return Parameters(value if isinstance(value, Mapping) else {}, self.node)

    def chosen(self, key: str) -> Parameters:
        """The parameters of a second choice: `scaler: Min-max scaler` has them under `min_max_scaler_parameters`."""
        label = self.found.get(key)
        return Parameters(section(self.found, label) if isinstance(label, str) else {}, self.node)


def chosen(node: VendorNode) -> Parameters:
    """The parameters of the kind that a node has chosen."""
    return Parameters(node.chosen, node)
