"""What goes in a later version: parameters and operators that still work, and say what to use instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weirflow.node.model import Node

_VERSION = re.compile(r"\d+(\.\d+)+")


@dataclass(frozen=True)
class Deprecated:
    """Marks an operator or a parameter, which then warns where a flow uses it.

    An operator by `NodeReference(deprecated=...)`, a parameter by its annotation:

        unit: Annotated[str, Deprecated("2.0", "use units")] = Field(default="", description="...")

    `goes` is the version of the plugin's distribution in which it is taken away, `advice` says what to do. The node
    itself reads the parameter as any other. Raises ValueError where `goes` is no version.
    """

    goes: str
    advice: str

    def __post_init__(self) -> None:
        if not _VERSION.fullmatch(self.goes):
            raise ValueError(f"expected the version in which it goes, as '2.0', and not {self.goes!r}")

    def __str__(self) -> str:
        return f"goes in {self.goes}: {self.advice}"

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        schema: dict[str, Any] = handler(core)
        return {**schema, "deprecated": True}


def deprecated_parameters(node: type[Node]) -> dict[str, Deprecated]:
    """The deprecated parameters of a node, as flows spell them."""
    return {
        info.alias or name: mark
        for name, info in node.model_fields.items()
        for mark in info.metadata
        if isinstance(mark, Deprecated)
    }
