"""What a server says of a finished export: its files, by kind, and where they lie."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from weirflow.api import NodeError

Kind: TypeAlias = Literal["output", "error", "deleted"]

_KINDS: tuple[Kind, ...] = ("output", "deleted", "error")
_TYPE = re.compile(r"[A-Z][A-Za-z]*")


@dataclass(frozen=True)
class Listed:
    """A file of an export.

    name: what it is called here: its type, and its number among those of the type.
    count: of its resources, where the server tells.
    """

    kind: Kind
    name: str
    type: str
    url: str
    count: int | None = None


@dataclass(frozen=True)
class Manifest:
    """The files of an export, whether the token is needed for them, and its instant by the server's clock."""

    files: tuple[Listed, ...]
    token: bool
    instant: str | None = None

    @classmethod
    def read(cls, body: bytes) -> Manifest:
        """The manifest that an answer holds. Raises NodeError where it is none."""
        try:
            told = json.loads(body)
            files = tuple(f for kind in _KINDS for f in _listed(kind, told.get(kind) or ()))
            instant = told.get("transactionTime")
            return cls(
                files, bool(told["requiresAccessToken"]), instant if isinstance(instant, str) else None
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NodeError("the server's list of files is not as it should be", code="WF603") from None


def _listed(kind: Kind, entries: Any) -> list[Listed]:
    numbers: Counter[str] = Counter()
    found = []
    for entry in entries:
        what = entry.get("type") or ("Bundle" if kind == "deleted" else "OperationOutcome")
        count = entry.get("count")
        if not _TYPE.fullmatch(what) or not isinstance(entry["url"], str):
            raise ValueError
        if count is not None and (type(count) is not int or count < 0):
            raise ValueError
        found.append(Listed(kind, f"{what}.{numbers[what]:03d}.ndjson", what, entry["url"], count))
        numbers[what] += 1
    return found
