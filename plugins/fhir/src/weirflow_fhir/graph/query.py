"""`graph.query` and `graph.construct`: SPARQL on a graph, as a table or as another graph."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import model_validator

from weirflow.api import (
    Field,
    Graph,
    Handling,
    Item,
    ItemOutput,
    ItemResult,
    Location,
    NodeError,
    Port,
    Task,
)
from weirflow_fhir.graph.load import STORE, build, etag_of, finished
from weirflow_fhir.graph.sparql import kind_of, term_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from weirflow.api import Inputs

_ANSWER = "answer.parquet"


class _Asking(Task):
    """Base of the nodes that ask a graph."""

    inputs: ClassVar[tuple[Port, ...]] = (Port("graph", "graph"),)
    by_item: ClassVar[bool] = True
    kinds: ClassVar[frozenset[str]]
    instead: ClassVar[str]

    query: str | None = Field(
        default=None, min_length=1, description="the query: `SELECT ?s WHERE { ?s a ?class }`"
    )
    path: Location | None = Field(default=None, description="a file that has it: `queries/cohort.rq`")
    bind: dict[str, bool | int | float | str | dict[str, str]] = Field(
        default_factory=dict,
        description="values of the query's variables, by name: text, a number, `{iri: ...}`,"
        " `{value: '2024-02-29', type: xsd:date}` or `{value: ..., language: en}`",
    )
    union: bool = Field(
        default=True,
        description="whether all graphs together are asked; else the default graph, and others by GRAPH",
    )
    seconds: Handling[int] = Field(default=60, ge=1, description="how long the query may take")
    memory: Handling[int] = Field(default=2048, ge=64, description="megabytes that it may take (on Linux)")
    max_rows: Handling[int] = Field(default=1_000_000, ge=1, description="rows that an answer may have")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.path is None) == (self.query is None):
            raise ValueError("give `query` or `path`")
        return self

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The one query."""
        graph: Graph = inputs["graph"]
        query = self._text()
        kind = kind_of(query)
        if kind not in self.kinds:
            raise NodeError(f"the query is a {kind}, which {self.instead} answers", code="WF402")
        terms = {name: term_of(name, value) for name, value in sorted(self.bind.items())}
        payload = {"graph": str(graph.path), "query": query, "terms": terms}
        return [Item("query", payload, etag_of(_stamp(graph), query, terms, self.union))]

    def _text(self) -> str:
        if self.query is not None:
            return self.query
        assert self.path is not None
        file = Path(self.path)
        try:
            return file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise NodeError(f"'{file.name}' is not UTF-8", code="WF603") from error
        except OSError as error:
            raise NodeError(f"'{file.name}' cannot be read: {error.strerror}", code="WF602") from error

    def _ask(self, item: Item, out: ItemOutput) -> None:
        """Let a process of its own answer into the item's folder."""
        from weirflow_fhir.graph.ask import OUTCOME

        limits = {
            "seconds": self.seconds,
            "memory": self.memory,
            "max_rows": self.max_rows,
            "union": self.union,
        }
        task = {**item.payload, **limits, "folder": str(out.folder)}
        command = [sys.executable, "-m", "weirflow_fhir.graph.ask"]
        child = out.spawn(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(task).encode())
        child.stdin.close()
        child.stdout.readline()  # it is ready, or has ended
        try:
            child.wait(self.seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            raise NodeError(
                f"the query took longer than {self.seconds} s, and was ended",
                hint="`seconds` sets the limit",
                code="WF402",
            ) from None
        finally:
            child.stdout.close()
        outcome = out.folder / OUTCOME
        if outcome.exists():
            said = json.loads(outcome.read_text(encoding="utf-8"))
            outcome.unlink()
            raise NodeError(said["message"], hint=said["hint"], code="WF402")
        if child.returncode:
            raise NodeError(
                f"the query was ended: it needs more than {self.memory} MB of memory, or a library failed",
                hint="`memory` sets the limit",
                code="WF402",
            )


class QueryGraph(_Asking):
    """Answer SPARQL (SELECT or ASK) from a graph, as a table.

    A column of whole numbers, other numbers, truth values, dates or instants has that type; all else is text, IRIs too.
    ASK gives one row with the column `answer`. Without ORDER BY rows come in any order.

    Values of `bind` stand for variables as terms: whatever a text holds, it is that text. A query reads the graph and
    changes nothing: updates and SERVICE are refused. It runs in a process of its own, which is ended when its time is
    over.
    """

    operator: ClassVar[str] = "graph.query"
    kinds: ClassVar[frozenset[str]] = frozenset({"SELECT", "ASK"})
    instead: ClassVar[str] = "graph.construct"

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Answer it."""
        self._ask(item, out)
        return ItemResult(item.key)

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The table."""
        import narwhals as nw
        import polars as pl

        for result in results:
            assert result.folder is not None
            answer = pl.scan_parquet(result.folder / _ANSWER, glob=False, hive_partitioning=False)
            return {"default": nw.from_native(answer)}
        raise NodeError("the query failed, and without its answer there is no table")


class ConstructGraph(_Asking):
    """Make a graph of another with SPARQL (CONSTRUCT or DESCRIBE). The statements are in the default graph.

    Parameters and limits are as in `graph.query`.
    """

    operator: ClassVar[str] = "graph.construct"
    outputs: ClassVar[tuple[Port, ...]] = (Port("graph", "graph"),)
    kinds: ClassVar[frozenset[str]] = frozenset({"CONSTRUCT", "DESCRIBE"})
    instead: ClassVar[str] = "graph.query"

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Answer it, and load the answer."""
        from weirflow_fhir.graph.fill import fill

        self._ask(item, out)
        triples = out.folder / "answer.nt"
        facts = build(out.folder / STORE, lambda store: fill(store, triples, "answer.nt", apart=False))
        triples.unlink()
        return ItemResult(item.key, facts)

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The graph."""
        return {"graph": finished(results)}


def _stamp(graph: Graph) -> list[list[object]]:
    """What tells a store from one that has taken its place: its files, which are written once."""
    return sorted([p.name, p.stat().st_size, p.stat().st_mtime_ns] for p in graph.path.iterdir())
