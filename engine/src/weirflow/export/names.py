"""Names of functions, variables and arguments in exported code."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata

RESERVED = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "l", "main", "args", "parser", "df", "path"}
)
"""Names that mean something already, or that linters call ambiguous."""


def snake(text: str) -> str:
    """A text as a lower-case identifier: `outer/inner` is outer_inner, `splitStatus` split_status."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", ascii_only)
    name = re.sub(r"[^A-Za-z0-9]+", "_", parted).strip("_").lower()
    return name if name and not name[0].isdigit() else f"step_{name}".rstrip("_")


class Names:
    """Names that are given out once each."""

    def __init__(self, reserved: frozenset[str] = RESERVED) -> None:
        self.taken = set(reserved)

    def take(self, wanted: str, suffix: str = "step") -> str:
        """The wanted name, or the nearest one that is free."""
        name, count = wanted, 2
        if name in RESERVED and suffix:
            name = wanted = f"{wanted}_{suffix}"
        while name in self.taken:
            name, count = f"{wanted}_{count}", count + 1
        self.taken.add(name)
        return name
