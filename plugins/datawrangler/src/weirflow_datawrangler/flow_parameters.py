"""Parameters of the vendor's flow: `{{name}}` in the addresses of its sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from weirflow.api import Interpolated
from weirflow_datawrangler import names, sample

_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_NAMES = ("name", "parameter_name", "parameterName")
_VALUES = ("default_value", "defaultValue", "default", "value")
"""The manual does not say how a file spells them, and no public file has one."""


class FlowParameters:
    """What a flow's sources leave open, as parameters of ours: `declared` are those that were met.

    The default is the vendor's where the file has one, else what stands in the address, so that a flow can be looked
    at before anybody says which data it shall read.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.declared: dict[str, dict[str, Any]] = {}
        self._ours: dict[str, str] = {}
        self._taken = {*sample.DECLARED}
        listed = data.get("parameters")
        entries = [e for e in listed if isinstance(e, Mapping)] if isinstance(listed, list) else []
        self._values = {str(_first(e, _NAMES)): _first(e, _VALUES) for e in entries}

    def put_into(self, address: str) -> str:
        """The address with `${name}` for each `{{name}}`; a text without them as it is."""
        parts = _PLACE.split(address)
        if len(parts) == 1:
            return address
        literal, named = parts[::2], parts[1::2]
        text = literal[0].replace("${", "$${")
        for name, after in zip(named, literal[1:], strict=True):
            text += f"${{{self._declare(name)}}}" + after.replace("${", "$${")
        return Interpolated(text)

    def _declare(self, name: str) -> str:
        if name not in self._ours:
            short = names.short(name)
            ours = names.unique(
                short if short[:1].isalpha() else f"parameter_{short}".rstrip("_"), self._taken
            )
            value = self._values.get(name)
            plain = isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != ""
            self.declared[ours] = {"type": "string", "default": str(value) if plain else f"{{{{{name}}}}}"}
            self._ours[name] = ours
        return self._ours[name]


def _first(entry: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((entry[k] for k in keys if entry.get(k) is not None), None)
