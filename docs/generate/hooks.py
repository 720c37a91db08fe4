"""docs/reference/hooks.md: what a plugin may implement, and what its hooks return."""

from __future__ import annotations

from pathlib import Path

import stubs
from prose import prose
from weirflow.plugins import hookspecs
from weirflow.plugins.registry import Registry

HOW_TO = Path(__file__).resolve().parents[1] / "how-to"
MODULE = hookspecs.__name__
RETURNED = {
    "NodeReference": MODULE,
    "Upgrade": MODULE,
    "Deprecated": "weirflow.node.deprecation",
    "PortType": "weirflow.node.payloads",
}


def names() -> list[str]:
    """The hooks, in the order in which they are specified."""
    return [n for n in vars(hookspecs) if n.startswith(f"{hookspecs.PROJECT}_")]


def page() -> str:
    """The page."""
    users = {h: [p.name for p in Registry.load().plugins if h in p.hooks] for h in names()}
    return (
        "\n".join(
            [
                "# Hooks\n",
                prose(stubs.docstring(MODULE).partition("\n\n")[2]),
                "\nA hook that there is not is refused by name. [Plugins](../how-to/plugins.md) says how plugins are",
                "listed and allowed, and what becomes of one that fails.\n",
                "## The hooks\n",
                *(_hook(name, users[name]) for name in names()),
                "## What they return\n",
                *(_entry(name, stubs.stub(module, name)) for name, module in RETURNED.items()),
                "## The version of the API\n",
                *(
                    f"`{name}`: {stubs.stub(MODULE, name).docstring}\n"
                    for name in ("API_VERSION", "API_OLDEST")
                ),
            ]
        ).rstrip()
        + "\n"
    )


def _hook(name: str, users: list[str]) -> str:
    found = stubs.stub(MODULE, name)
    used = ", ".join(users) or "none of the plugins that ship with weirflow"
    pages = [p for p in sorted(HOW_TO.glob("*.md")) if f"def {name}(" in p.read_text(encoding="utf-8")]
    shown = "".join(f" Worked example: [{p.stem}](../how-to/{p.name})." for p in pages)
    return f"{_entry(name, found)}\nImplemented by {used}.{shown}\n"


def _entry(name: str, found: stubs.Stub) -> str:
    return f"### `{name}`\n\n```python\n{found.text}\n```\n\n{prose(found.docstring)}\n"
