"""Two flows opened to be compared: two files, or a file now and as of a revision."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from weirflow.errors import Diagnostic, RunError, Severity, UsageError, Where
from weirflow.flow.load import Loaded, load
from weirflow.flow.read import Reader, read_file
from weirflow.flow.written import read_written
from weirflow.graph.build import Built, build
from weirflow.plan.compare import Comparison, compare
from weirflow.plan.sides import Side
from weirflow.plan.trained import versions
from weirflow.project.opened import failure
from weirflow.run.trained import read_trained, trained_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from weirflow.plugins.registry import Registry
    from weirflow.project.revision import Revision

_NOT_INSTALLED = frozenset({"WF501", "WF503", "WF504"})


@dataclass(frozen=True)
class Version:
    """A flow as it is, or as it was in a revision."""

    path: Path
    revision: Revision | None = None

    @property
    def reader(self) -> Reader:
        """What reads its files."""
        return read_file if self.revision is None else self.revision.read_text


def compare_flows(
    old: Version,
    new: Version,
    parameters: Mapping[str, Any],
    registry: Registry,
    sources: dict[str, str],
) -> Comparison:
    """Compare two flows; their texts go into `sources`, for messages.

    `parameters` are values for the parameters that both or one of them declare. Raises UsageError where neither
    does, FlowError where one is not right; what is not installed is no error.
    """
    sides = [_loaded(v, parameters, registry, sources) for v in (old, new)]
    for name in parameters:
        if all(loaded.flow is not None and name not in loaded.flow.parameters for loaded in sides):
            raise UsageError(Diagnostic("WF208", f"neither flow declares a parameter '{name}'"))
    recorded = [_recorded(v.path) for v in (old, new)]
    known = ({**recorded[1], **recorded[0]}, {**recorded[0], **recorded[1]})
    found: list[Diagnostic] = []
    made: list[Side] = []
    for version, loaded, fitted in zip((old, new), sides, known, strict=True):
        wrong = [*loaded.diagnostics]
        if loaded.flow is not None:
            built = build(loaded.flow, registry, fitted)
            wrong += [
                d for d in built.diagnostics if d.node not in loaded.wrong_nodes and not _bearable(d, built)
            ]
            made.append(Side(loaded.flow, built.graph, read_written(loaded, loaded.flow)))
        found += (_named(d, version) for d in wrong if d.severity is Severity.ERROR)
    if found:
        raise failure(list(dict.fromkeys(found)))
    return compare(*made)


def _loaded(
    version: Version, parameters: Mapping[str, Any], registry: Registry, sources: dict[str, str]
) -> Loaded:
    """Load one side with the values for those parameters that it declares."""
    loaded = load(version.path, read_text=version.reader, importing=registry.imported)
    declared = loaded.flow.parameters if loaded.flow is not None else {}
    given = {n: v for n, v in parameters.items() if n in declared}
    if given:
        loaded = load(version.path, parameters=given, read_text=version.reader, importing=registry.imported)
    sources.update({_prefixed(name, version): text for name, text in loaded.sources.items()})
    return loaded


def _recorded(path: Path) -> dict[str, int]:
    """The operator versions that the trained parameters beside a flow were learned with."""
    with contextlib.suppress(RunError, OSError):
        return versions(read_trained(trained_path(path)))
    return {}


def _bearable(diagnostic: Diagnostic, built: Built) -> bool:
    """What does not keep a flow from being compared: missing plugins, and inputs that an including flow would feed."""
    if diagnostic.code in _NOT_INSTALLED:
        return True
    node = built.graph.nodes.get(diagnostic.node or "")
    return diagnostic.code == "WF306" and node is not None and node.spec.operator == "flow.input"


def _named(diagnostic: Diagnostic, version: Version) -> Diagnostic:
    """A diagnostic whose places name the revision."""
    if version.revision is None or diagnostic.where is None:
        return diagnostic
    return replace(
        diagnostic,
        where=_moved(diagnostic.where, version),
        also=tuple((_moved(where, version), text) for where, text in diagnostic.also),
    )


def _moved(where: Where, version: Version) -> Where:
    return replace(where, file=_prefixed(where.file, version))


def _prefixed(file: str, version: Version) -> str:
    return file if version.revision is None else f"{version.revision.name}:{os.path.normpath(file)}"
