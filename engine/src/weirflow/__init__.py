"""weirflow: load, check, plan, run and export `.flow` graphs without a screen.

>>> import weirflow
>>> flow = weirflow.open("credit-risk.flow")  # doctest: +SKIP
>>> flow.run()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weirflow.project import Project
    from weirflow.project import open_flow as open  # noqa: A004 - reads as intended: weirflow.open
    from weirflow.project.frozen import FrozenFlow

__all__ = ["FrozenFlow", "Project", "open"]

_WHERE = {
    "open": ("weirflow.project", "open_flow"),
    "Project": ("weirflow.project", "Project"),
    "FrozenFlow": ("weirflow.project.frozen", "FrozenFlow"),
}


def __getattr__(name: str) -> Any:
    """Load the Python surface only when it is used: plugins import this package for its API alone."""
    if name == "__version__":
        from importlib.metadata import version

        return version("weirflow")
    if name in _WHERE:
        from importlib import import_module

        module, attribute = _WHERE[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module 'weirflow' has no attribute '{name}'")
