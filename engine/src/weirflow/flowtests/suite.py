"""All cases of one flow, each on the graph that its own parameters give."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.errors import Diagnostic, Severity, Where
from weirflow.flowtests.carry_out import Outcome, Permissions, carry_out
from weirflow.graph.cases import is_entry, resolve
from weirflow.project import Project
from weirflow.project.opened import failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow.flow.cases import Case
    from weirflow.plugins.registry import Registry


@dataclass
class Suite:
    """The tests of a flow: its cases whose names hold `word`, in whatever case it is written."""

    project: Project
    registry: Registry
    word: str = ""
    _variants: dict[str, Project] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The flow's file."""
        return self.project.path

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases to carry out."""
        return tuple(c for c in self.project.cases.cases if self.word.lower() in c.name.lower())

    def problems(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the text of the cases, or keeps the flow from having any."""
        if self.project.loaded.flow is None:
            return self.project.loaded.diagnostics
        return self.project.cases.diagnostics

    def outcomes(self, may: Permissions) -> Iterator[Outcome]:
        """Carry the cases out, one after another."""
        for case in self.cases:
            project = self.variant(case.parameters)
            wrong = _placed(_unfit(project), case)
            if wrong:
                yield Outcome(case, invalid=wrong, exit_code=failure(wrong).exit_code)
                continue
            assert project.built is not None  # or there would be something wrong
            resolved = resolve(project.built.graph, [case])[0]
            if resolved.diagnostics:
                yield Outcome(case, invalid=resolved.diagnostics)
                continue
            yield carry_out(project.built.graph, resolved, project.environ, may)

    def variant(self, parameters: Mapping[str, object]) -> Project:
        """The flow with these values of its parameters."""
        if not parameters:
            return self.project
        key = json.dumps(parameters, sort_keys=True, default=str)
        if key not in self._variants:
            self._variants[key] = Project(
                self.path, parameters=parameters, registry=self.registry, environ=self.project.environ
            )
        return self._variants[key]


def _unfit(project: Project) -> list[Diagnostic]:
    """Why a flow cannot be tested. That nothing feeds the inputs of a subflow is none: a case mocks them."""
    graph = project.built.graph if project.built is not None else None
    return [
        d
        for d in project.flow_problems()
        if d.severity is Severity.ERROR
        and not (d.code == "WF306" and d.node and graph and d.node in graph.nodes and is_entry(graph[d.node]))
    ]


def _placed(found: Sequence[Diagnostic], case: Case) -> tuple[Diagnostic, ...]:
    """What has no place in the flow comes of the case's parameters."""
    where = Where(case.where.file, (*case.where.path, "parameters"))
    return tuple(d if d.where is not None else replace(d, where=where) for d in found)
