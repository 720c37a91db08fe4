"""Look at the sources of a flow: their columns, sizes and etags, before anything is planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from weirflow.errors import Diagnostic, RunError, WeirflowError
from weirflow.graph.faults import expect, expect_all
from weirflow.graph.model import Graph
from weirflow.graph.secrets import conceal, concealed, references, revealed
from weirflow.node.contexts import FileFact, SourceContext, SourceFacts
from weirflow.node.model import Source
from weirflow.node.schema import DType, Schema
from weirflow.run.tables import say

Types: TypeAlias = Mapping[str, Mapping[str, DType]]
"""Types of sources' columns: by node, by column."""


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


def look(
    graph: Graph,
    environ: Mapping[str, str],
    types: Types | None = None,
    absent: Types | None = None,
    store: Path | None = None,
) -> Looked:
    """Look at every source of a graph; `types` bind some of them, which may keep copies in `store`.

    With `absent`, a source that is not there has the columns that these say, any where they say nothing, and a
    warning tells of it.
    """
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
            context = SourceContext(node.spec.base, types=(types or {}).get(node.id, {}), store=store)
            seen = checked(node.node.inspect(context))
            facts[node.id] = replace(seen, warnings=tuple(concealed(w, secrets) for w in seen.warnings))
        except Exception as error:  # noqa: BLE001 - whatever one source raises, the others are looked at
            problem = conceal(say(error, graph[node.id], otherwise="WF603"), secrets)
            if node.declared is not None:  # the flow's text says another location
                problem = replace(problem, where=None, hint=None)
            if absent is not None and problem.code == "WF602":
                known = absent.get(node.id)
                schema = Schema.of(known) if known else Schema.unknown()
                how = "by the columns that were learned from" if known else "without its columns"
                text = f"{problem.message}: planned {how}"
                facts[node.id] = SourceFacts(schema, warnings=(text,), absent=True)
            else:
                found.append(problem)
    return Looked(facts, RunError if found else None, tuple(found))


def checked(facts: object) -> SourceFacts:
    """What a source's inspection gave. Raises WrongResultError that names the field that is of a wrong type."""
    found = expect(facts, SourceFacts, "inspect()")
    expect(found.schema, Schema, "SourceFacts.schema")
    expect_all(found.files, FileFact, "SourceFacts.files")
    expect_all(found.warnings, str, "SourceFacts.warnings")
    if found.rows is not None:
        expect(found.rows, int, "SourceFacts.rows")
    return found
