"""The reference pages that are made from the code: `python docs/generate`, with `--check` only compared.

What a page says of an operator, a verb, a hook or a public name is read where it is defined, so that it cannot
say something else. The operators' examples are the cases by which the conformance kit holds them to the node
specification. Operators are those that ship with weirflow, whatever else is installed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["WEIRFLOW_PLUGINS"] = ""  # before anything loads a registry

import hooks
import operators
import public
import verbs
from weirflow.cli.explain import page as errors

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
OPERATORS = "operators"


def pages() -> dict[str, str]:
    """The text of every generated page, by its path below docs/reference."""
    return {
        "api.md": public.page(),
        "errors.md": errors(),
        "hooks.md": hooks.page(),
        "verbs.md": verbs.page(),
        **{f"{OPERATORS}/{name}": text for name, text in operators.pages().items()},
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that are not fresh and end with 1."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python docs/generate [--check]\n")
        return 2
    made = pages()
    stale = [name for name, text in made.items() if _read(REFERENCE / name) != text]
    surplus = [p for p in sorted((REFERENCE / OPERATORS).glob("*.md")) if f"{OPERATORS}/{p.name}" not in made]
    for name in [*stale, *(f"{OPERATORS}/{p.name}" for p in surplus)]:
        sys.stderr.write(f"docs/reference/{name}\n")
    if arguments:
        if stale or surplus:
            sys.stderr.write("not fresh; bring up to date: python docs/generate\n")
        return 1 if stale or surplus else 0
    for name in stale:
        (REFERENCE / name).parent.mkdir(parents=True, exist_ok=True)
        (REFERENCE / name).write_text(made[name], encoding="utf-8")
    for path in surplus:
        path.unlink()
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
