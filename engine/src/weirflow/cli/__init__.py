"""The command line: one small module a verb, imported only when it is used."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code (`weirflow.errors.ExitCode`). Nothing is raised."""
    gc.set_threshold(
        200_000
    )  # imports make many objects that stay: looking for garbage among them is in vain
    from weirflow.cli.app import app
    from weirflow.cli.failures import guard
    from weirflow.cli.terminal import Terminal

    given = list(sys.argv[1:] if arguments is None else arguments)
    terminal = Terminal.here(given)
    return guard(terminal, lambda: app.main(given, "weirflow", standalone_mode=False, obj=terminal))
