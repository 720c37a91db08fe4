"""The conformance kit for node authors: what `docs/reference/node.md` says, as checks.

`check_node(NodeClass, case)` gives what is not as it should be; `conformance` makes a pytest test for each check:

    from weirflow.testing import Case, conformance

    test_ratio = conformance((Ratio, Case({"top": "a", "bottom": "b", "output": "q"}, frame)))

It needs hypothesis (for `polars.testing.parametric`), and pytest for `conformance`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weirflow.testing.case import Case
    from weirflow.testing.check import Check, Finding
    from weirflow.testing.kit import check_node, checks_for, conformance

__all__ = ["Case", "Check", "Finding", "check_node", "checks_for", "conformance"]

_WHERE = {"Case": "case", "Check": "check", "Finding": "check"}


def __getattr__(name: str) -> Any:
    """Load the kit only when it is used: a child process measures what importing a node's module brings."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(f"weirflow.testing.{_WHERE.get(name, 'kit')}"), name)
    raise AttributeError(f"module 'weirflow.testing' has no attribute '{name}'")
