"""The hooks: all of what a plugin may implement, and what they return.

A plugin is a module named by an entry point of the group `weirflow`:

    [project.entry-points.weirflow]
    example = "weirflow_example.plugin"

It is imported whenever weirflow looks for operators, so it holds references and no node classes, and imports
`weirflow.api` alone. One that raises is reported by name and leaves all others working. It says which version of
`weirflow.api` it was built for, by which one that fits no longer, or not yet, is told apart from one that is broken:

    WEIRFLOW_API = 1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.node.deprecation import Deprecated
    from weirflow.node.payloads import PortType

PROJECT = "weirflow"

API_VERSION = 1
"""The version of `weirflow.api`: raised when something is taken away that plugins may use, or means something else."""

API_OLDEST = 1
"""The oldest version that plugins may have been built for. A module that names none was built for version 1."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class NodeReference:
    """Where a node class is, so that listing it imports nothing: `target` is `module:Class`.

    `extra` names the optional dependencies that it needs (`slides`), one of the extras of the distribution
    that brings the plugin; empty for none. `deprecated` says in which version it goes and what to use instead,
    as `Deprecated("2.0", "use encode.ordinal")`; flows that use it warn.
    """

    operator: str
    target: str
    summary: str
    version: int = 1
    extra: str = ""
    deprecated: Deprecated | None = None

    @property
    def reference(self) -> str:
        """The operator with its version, as `encode.one_hot@1`."""
        return f"{self.operator}@{self.version}"


@dataclass(frozen=True)
class Upgrade:
    """How the parameters of an old version of an operator become those of the later version `to`.

    `target` is `module:function`. The function takes the old parameters as a mapping and returns the new
    ones, with the same meaning; it raises `NodeError` where there are none. An old version has either an
    upgrade or a class of its own, and upgrades are followed one after another until there is a class.
    """

    operator: str
    version: int
    to: int
    target: str


@dataclass(frozen=True)
class ImporterReference:
    """Where the reader of another program's flow files is: `target` is `module:function`.

    `keys` are those that the top level of such a file has, so that others are not handed over. The function takes the
    file's data, a mapping, and returns an `ImportedFlow`; None where the file is not of that program after all. It
    raises `NodeError` where it is, and cannot be read.
    """

    program: str
    target: str
    keys: frozenset[str]


@hookspec
def weirflow_nodes() -> Iterable[NodeReference | Upgrade]:  # type: ignore[empty-body]
    """The operators that the plugin brings, as lazy references, and the upgrades from their older versions.

    Arguments: none.

    Returns: `NodeReference`s and `Upgrade`s. An operator belongs to the first plugin that brings it, those
    shipped with weirflow before all others.

        @hookimpl
        def weirflow_nodes():
            return [
                NodeReference(
                    operator="example.winsorise",
                    version=2,
                    target="weirflow_example.winsorise:Winsorise",
                    summary="Pull values beyond two quantiles back to them.",
                ),
                Upgrade("example.winsorise", version=1, to=2, target="weirflow_example.winsorise:from_1"),
            ]
    """


@hookspec
def weirflow_ports() -> Iterable[PortType]:  # type: ignore[empty-body]
    """The port types that the plugin's nodes exchange, beyond weirflow's own.

    Arguments: none.

    Returns: `PortType`s. Two plugins may declare one type in the same words; the first to declare it is right
    where the words differ.

        @hookimpl
        def weirflow_ports():
            return [PortType("mesh", "a triangle mesh in files (weirflow.api.Files)")]
    """


@hookspec
def weirflow_importers() -> Iterable[ImporterReference]:  # type: ignore[empty-body]
    """The readers of other programs' flow files that the plugin brings. Every verb then takes such files.

    Arguments: none.

    Returns: `ImporterReference`s. The first that takes a file is used.

        @hookimpl
        def weirflow_importers():
            return [ImporterReference("Other Studio", "weirflow_other.read:convert", keys=frozenset({"blocks"}))]
    """
