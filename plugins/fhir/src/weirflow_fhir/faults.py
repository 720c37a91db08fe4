"""Faults of a file by their class, told in a few sentences that name lines and never content."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMED = 5  # lines that a sentence names


class Faults:
    """Counts faults by class and keeps the first lines of each."""

    def __init__(self) -> None:
        self._lines: dict[str, list[int | None]] = {}
        self._counts: dict[str, int] = {}

    def add(self, reason: str, line: int | None) -> None:
        """Count one, on a line; None where it is of the file as a whole."""
        lines = self._lines.setdefault(reason, [])
        self._counts[reason] = self._counts.get(reason, 0) + 1
        if len(lines) < _NAMED and line not in lines:
            lines.append(line)

    def tell(self, warn: Callable[[str], None]) -> None:
        """Warn of each class, in the order in which they were met."""
        for reason, count in self._counts.items():
            lines = [str(n) for n in self._lines[reason] if n is not None]
            if not lines:
                warn(reason)
                continue
            where = f"line{'s' if len(lines) > 1 else ''} {', '.join(lines)}"
            warn(f"{reason}: {where}" + (f" ({count} in all)" if count > len(lines) else ""))
