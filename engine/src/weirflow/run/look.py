"""Look at the sources of a flow: their columns, sizes and etags, before anything is planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from weirflow.errors import Diagnostic, RunError, WeirflowError
from weirflow.graph.model import Graph
from weirflow.graph.secrets import concealed, references, revealed
from weirflow.node.contexts import SourceContext, SourceFacts
from weirflow.node.model import Source
from weirflow.run.tables import say


@dataclass(frozen=True)
class Looked:
    """What was found out about the sources, or why nothing was."""

    facts: Mapping[str, SourceFacts] = field(default_factory=dict)
    refused: type[WeirflowError] | None = None
    problems: tuple[Diagnostic, ...] = ()

    def check(self) -> Mapping[str, SourceFacts]:
        """The facts. Raises the error that names all the sources that cannot be looked at."""
        if self.refused is not None:
            raise self.refused(self.problems)
        return self.facts


def look(graph: Graph, environ: Mapping[str, str]) -> Looked:
    """Look at every source of a graph."""
    facts: dict[str, SourceFacts] = {}
    found: list[Diagnostic] = []
    try:
        nodes = revealed(graph, environ)
    except WeirflowError as error:
        return Looked(refused=type(error), problems=tuple(error.diagnostics))
    secrets = references(graph, environ)
    for node in nodes:
        if not isinstance(node.node, Source):
            continue
        try:
            facts[node.id] = node.node.inspect(SourceContext(node.spec.base))
        except Exception as error:  # noqa: BLE001 - whatever one source raises, the others are looked at
            said = say(error, graph[node.id], otherwise="WF603")
            hint = said.hint and concealed(said.hint, secrets)
            found.append(replace(said, message=concealed(said.message, secrets), hint=hint))
    return Looked(facts, RunError if found else None, tuple(found))
