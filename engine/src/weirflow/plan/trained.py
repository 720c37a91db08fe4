"""Trained parameters as they lie beside a flow, and whether they still belong to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from weirflow.errors import Diagnostic, NodeError, Severity
from weirflow.graph.schemas import Learned
from weirflow.node.model import Estimator
from weirflow.node.schema import DType
from weirflow.plan.recipe import digest, parameters, recipes

if TYPE_CHECKING:
    from collections.abc import Container

    from weirflow.graph.model import Graph, GraphNode
    from weirflow.node.imported import ImportedFlow


class Entry(BaseModel):
    """What one node learned, and the facts that it is bound to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operator: str = Field(description="with its version, as encode.one_hot@1")
    recipe: str
    parameters: dict[str, Any]
    inputs: dict[str, str] = Field(description="the recipe of each node that feeds it")
    columns: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="what selectors found, by parameter"
    )
    upon: dict[str, str] | None = Field(
        default=None,
        description="a digest of what each node had learned that the columns it asked about depend on; "
        "null where that was not recorded",
    )
    trained: dict[str, Any]


class TrainedFile(BaseModel):
    """The file `<flow>.trained.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weirflow: int = Field(default=1, description="the format's version")
    flow: str = ""
    nodes: dict[str, Entry] = Field(default_factory=dict)
    sources: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="the types of the columns that were learned from, by source and column",
    )

    def types(self) -> dict[str, dict[str, DType]]:
        """The types of the sources' columns that were learned from, by source and column."""
        return {n: {c: DType.parse(t) for c, t in of.items()} for n, of in self.sources.items()}

    @model_validator(mode="after")
    def _knows_types(self) -> Self:
        self.types()  # ValueError where one is none
        return self


def versions(file: TrainedFile) -> dict[str, int]:
    """The operator versions that the trained parameters were learned with, by node."""
    found = {n: re.fullmatch(r".*@(\d+)", e.operator) for n, e in file.nodes.items()}
    return {n: int(m[1]) for n, m in found.items() if m}


def entry_of(node: GraphNode, recipe: Mapping[str, str], learned: Learned) -> Entry:
    """Bind what a node learned to its recipe."""
    return Entry(
        operator=node.reference,
        recipe=recipe[node.id],
        parameters=parameters(node.node),
        inputs={e.source: recipe[e.source] for e in node.inputs},
        columns=dict(learned.chosen),
        upon=None if learned.upon is None else dict(learned.upon),
        trained=learned.trained.model_dump(mode="json"),
    )


def bound(
    graph: Graph, imported: ImportedFlow, without: Container[str] = ()
) -> tuple[dict[str, Entry], tuple[Diagnostic, ...]]:
    """Bind what another program learned to the nodes that its flow became, but for those in `without`.

    What cannot be read is warned of: those nodes are fitted.
    """
    recipe = recipes(graph)
    entries: dict[str, Entry] = {}
    found: list[Diagnostic] = []
    for made in imported.nodes:
        node = graph.nodes.get(made.id)
        if made.trained is None or node is None or made.id in without or not isinstance(node.node, Estimator):
            continue
        try:
            trained = type(node.node).trained_model().model_validate(made.trained())
        except (NodeError, ValidationError) as error:
            why = error.message if isinstance(error, NodeError) else f"it is not what {node.reference} learns"
            found.append(
                Diagnostic(
                    "WF702",
                    f"what the file says that '{node.id}' has learned cannot be used: {why}",
                    node.spec.where,
                    node=node.id,
                    hint="it is learned from the data",
                    severity=Severity.WARNING,
                )
            )
            continue
        entries[node.id] = entry_of(node, recipe, Learned(trained, dict(made.found), None))
    return entries, tuple(found)


def still_learned(node: GraphNode, entry: Entry) -> Learned | Diagnostic:
    """What an entry holds, as the node's own class reads it."""
    assert isinstance(node.node, Estimator)
    try:
        trained = type(node.node).trained_model().model_validate(entry.trained)
    except ValidationError:
        return Diagnostic(
            "WF702",
            f"what is recorded for '{node.id}' is not what {node.reference} learns",
            node=node.id,
            hint="fit it anew with --refit",
        )
    return Learned(trained, dict(entry.columns), entry.upon)


def digest_of(learned: Learned) -> str:
    """A digest of what a node has learned."""
    return digest({"trained": learned.trained.model_dump(mode="json"), "columns": learned.chosen})


def why_stale(
    node: GraphNode, entry: Entry, recipe: Mapping[str, str], learned: Mapping[str, Learned]
) -> str | None:
    """Why an entry no longer belongs to its node, in words; None where it does.

    `learned` holds what the nodes above have learned; those that are not in it will be fitted.
    """
    if entry.recipe == recipe[node.id]:
        return _fitted_anew(entry.upon or {}, recipe, learned)
    if entry.operator != node.reference:
        return f"operator changed: {entry.operator} -> {node.reference}"
    now = parameters(node.node)
    changed = sorted(k for k in {*now, *entry.parameters} if now.get(k) != entry.parameters.get(k))
    if changed:
        return f"parameters changed: {', '.join(changed)}"
    fed = {e.source: recipe[e.source] for e in node.inputs}
    if set(fed) != set(entry.inputs):
        return f"inputs changed: {', '.join(sorted(set(fed) ^ set(entry.inputs)))}"
    moved = [n for n, r in fed.items() if entry.inputs[n] != r]
    return f"input changed: {', '.join(moved)}" if moved else "inputs changed"


def _fitted_anew(
    upon: Mapping[str, str], recipe: Mapping[str, str], learned: Mapping[str, Learned]
) -> str | None:
    """Which nodes that a fit stood upon have learned something else since, or are about to."""
    gone = [n for n in upon if n not in recipe]
    if gone:
        return f"inputs changed: {', '.join(gone)}"
    pending = [n for n in upon if n not in learned]
    changed = [n for n in upon if n in learned and digest_of(learned[n]) != upon[n]]
    for nodes, one, several in ((changed, "was", "were"), (pending, "is", "are")):
        if nodes:
            named = ", ".join(f"'{n}'" for n in nodes)
            return f"{named} {one if len(nodes) == 1 else several} fitted anew"
    return None
