"""`graph.link`: a graph's concepts linked to vocabularies in SKOS or OWL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from weirflow.api import (
    STRING,
    Effect,
    Field,
    Graph,
    Item,
    ItemOutput,
    ItemResult,
    Location,
    Made,
    Metric,
    NodeError,
    Port,
    Report,
    Rows,
    Schema,
    Task,
)
from weirflow_fhir.graph.fill import UnreadableError, fill, reject
from weirflow_fhir.graph.load import STORE, build, etag_of
from weirflow_fhir.graph.nquads import part
from weirflow_fhir.graph.places import digest_of, files_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from weirflow.api import Inputs

LINKS = "urn:weirflow:links"
VOCABULARY = "urn:weirflow:vocabulary:"
_COLUMNS = ("concept", "notation", "target", "relation", "by")
_TABLE = "links.parquet"


class LinkGraph(Task):
    """Link a graph's concepts to those of vocabularies in local files: MeSH, MedDRA where licensed, any SKOS or OWL.

    The graph that comes out has all that came in, unchanged; each file in a named graph of its own,
    `urn:weirflow:vocabulary:<name>`; and the links in the graph `urn:weirflow:links`. There a concept of the graph
    (`skos:Concept`, as `graph.notes` makes it) has `skos:exactMatch` to the concept of the same notation in the same
    code system, and where there is none `skos:closeMatch` to the one concept whose label is the same, capitals,
    punctuation and spaces aside. A label that several concepts of a vocabulary share links none. Hierarchies are there
    as `skos:broader`, made of `rdfs:subClassOf`, `skos:narrower` and MeSH's `broaderDescriptor` too, so that a query
    asks for a term and all that are under it: `?c (skos:exactMatch|skos:closeMatch)?/skos:broader* ?term`.

    `systems` says which code system a scheme, or the prefix of notations such as `ICD10CM:I10`, stands for.
    """

    operator: ClassVar[str] = "graph.link"
    inputs: ClassVar[tuple[Port, ...]] = (Port("graph", "graph"),)
    outputs: ClassVar[tuple[Port, ...]] = (Port("graph", "graph"), Port("links"), Port("report", "report"))
    by_item: ClassVar[bool] = True

    path: Location = Field(description="a vocabulary's file, a folder, or a pattern: `vocabularies/*.ttl`")
    format: str | None = Field(default=None, description="the files' format, where their endings do not tell")
    systems: dict[str, str] = Field(
        default_factory=dict,
        description="code systems by scheme or prefix: `{ICD10CM: http://hl7.org/fhir/sid/icd-10-cm}`",
    )
    by: list[Literal["notation", "label"]] = Field(
        default=["notation", "label"], min_length=1, description="what concepts are matched by"
    )

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns of the table of links."""
        del inputs
        makes = {name: Made(dtype=STRING) for name in _COLUMNS}
        return {"links": Effect(makes=makes, rows=Rows.changed(by=()))}

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The graph, which is another when a vocabulary is."""
        graph: Graph = inputs["graph"]
        places = files_at(self.path, anything=self.format is not None)
        stamp = sorted([p.name, p.stat().st_size, p.stat().st_mtime_ns] for p in graph.path.iterdir())
        payload = {"graph": str(graph.path), "files": [[str(p.path), p.name] for p in places]}
        return [Item("graph", payload, etag_of(stamp, digest_of(places)))]

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Copy the store, load the vocabularies into it, and add the links."""
        import polars as pl
        from pyoxigraph import Store

        from weirflow_fhir.graph.matching import Matching

        Store.read_only(item.payload["graph"]).backup(str(out.folder / STORE))
        facts: dict[str, Any] = {}
        links: list[tuple[str, str, str, str, str]] = []

        def use(store: Store) -> None:
            graphs = []
            for place, name in item.payload["files"]:
                graphs.append(VOCABULARY + part(name))
                try:
                    fill(store, Path(place), name, format=self.format, graph=graphs[-1])
                except UnreadableError as error:
                    raise reject(name, str(error)) from None
            matching = Matching(store, graphs, self.systems)
            links.extend(matching.links(frozenset(self.by)))
            matching.write(links, LINKS)
            facts.update(matching.facts)

        facts |= build(out.folder / STORE, use)
        frame = pl.DataFrame(sorted(links), schema=dict.fromkeys(_COLUMNS, pl.String), orient="row")
        frame.write_parquet(out.folder / _TABLE)
        return ItemResult(item.key, facts)

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The graph, the links, and how many there are."""
        import narwhals as nw
        import polars as pl

        for result in results:
            assert result.folder is not None
            facts = json.loads(json.dumps(dict(result.facts)))
            table = pl.scan_parquet(result.folder / _TABLE, glob=False, hive_partitioning=False)
            return {
                "graph": Graph(result.folder / STORE, facts),
                "links": nw.from_native(table),
                "report": _report(facts),
            }
        raise NodeError("the vocabularies could not be joined, and without them there is no graph")


def _report(facts: Mapping[str, Any]) -> Report:
    told = (
        ("concepts", "Concepts of the graph", ""),
        ("known", "Of them in a vocabulary by the same IRI", ""),
        ("notation", "Linked by notation", "skos:exactMatch"),
        ("label", "Linked by label", "skos:closeMatch"),
        ("ambiguous", "With a label that several concepts share", "not linked"),
        ("unlinked", "Not linked", ""),
        ("vocabulary", "Concepts of the vocabularies", ""),
        ("broader", "Steps of their hierarchies", "skos:broader"),
    )
    metrics = tuple(Metric(name=n, label=label, value=facts[n], reading=r) for n, label, r in told)
    return Report(title="Links to vocabularies", blocks=metrics)
