"""A real flow around a node: sources that read the case's tables, and the node."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals as nw
import polars as pl
from pydantic import Field

from weirflow.errors import WeirflowError
from weirflow.node.code import PandasCode
from weirflow.node.contexts import FileFact, Item, ItemOutput, ItemResult, SourceContext, SourceFacts
from weirflow.node.model import Location, Source, Task
from weirflow.node.payloads import Files, Graph, Inputs, Port
from weirflow.plan.model import Options
from weirflow.plugins.manager import Plugins
from weirflow.plugins.registry import Registry
from weirflow.project.opened import Project
from weirflow.testing.subject import BrokenPromiseError, file_of

if TYPE_CHECKING:
    from weirflow.node.payloads import Table
    from weirflow.node.schema import Schema
    from weirflow.testing.subject import Subject

OPTIONS = Options(report="none", allow_code=True, jobs=1)


class Given(Source):
    """Read a table of the case."""

    operator: ClassVar[str] = "testing.given"
    path: Location = Field(description="the table's file")

    def inspect(self, context: SourceContext) -> SourceFacts:
        """Names and types from the file."""
        from weirflow.engines.dtypes import schema_of

        path = context.resolve(self.path)
        return SourceFacts(schema_of(nw.from_native(pl.scan_ipc(path))), (FileFact(path, 1),))

    def scan(self, context: SourceContext, schema: Schema) -> Table:
        """The table."""
        del schema
        return nw.from_native(pl.scan_ipc(context.resolve(self.path)))

    def to_pandas(self, code: PandasCode) -> None:
        """As pandas reads it."""
        code.write(f"df = pd.read_feather({code.argument(self.path)})")


class GivenFiles(Task):
    """Give the files of the case."""

    operator: ClassVar[str] = "testing.given_files"
    inputs: ClassVar[tuple[Port, ...]] = ()
    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)
    names: tuple[str, ...] = Field(description="their names")
    folder: str = Field(
        description="where they lie, as an absolute path: it is the flow's, and sinks write into it"
    )

    def items(self, inputs: Inputs[Any]) -> tuple[Item, ...]:
        """Each of them, told by what it holds."""
        del inputs
        return tuple(Item(n, etag=file_of(Path(self.folder, n), n).sha256 or "") for n in self.names)

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Nothing is to be done."""
        del out
        return ItemResult(item.key, {"path": str(Path(self.folder, item.key))})

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """All of them."""
        return {"files": Files(tuple(file_of(Path(r.facts["path"]), r.key) for r in results))}


class GivenGraph(Task):
    """Give the graph of the case."""

    operator: ClassVar[str] = "testing.given_graph"
    inputs: ClassVar[tuple[Port, ...]] = ()
    outputs: ClassVar[tuple[Port, ...]] = (Port("graph", "graph"),)
    path: str = Field(description="where it lies, as an absolute path")

    def items(self, inputs: Inputs[Any]) -> tuple[Item, ...]:
        """The graph itself."""
        del inputs
        return (Item("graph"),)

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Nothing is to be done."""
        del out
        return ItemResult(item.key)

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The graph."""
        del results
        return {"graph": Graph(Path(self.path))}


class Around:
    """A flow file in a folder of its own, with the case's tables, files and graph beside it."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.folder = subject.new_folder()
        subject.put_files(self.folder)
        given: list[dict[str, Any]] = []
        for place, frame in enumerate(subject.example.values()):
            frame.write_ipc(self.folder / f"given_{place}.arrow")
            where = {"path": f"given_{place}.arrow"}
            given.append({"id": f"given_{place}", "operator": Given.operator, "parameters": where})
        if any(p.type == "files" for p in subject.node_class.inputs):
            names = sorted(subject.case.files)
            given.append(
                {
                    "id": "files",
                    "operator": GivenFiles.operator,
                    "parameters": {"names": names, "folder": str(self.folder)},
                }
            )
        for graph in subject.graphs:
            where = {"path": str(graph.path)}
            given.append({"id": "graph", "operator": GivenGraph.operator, "parameters": where})
        written = subject.node.model_dump(mode="json", by_alias=True, include=set(self._given()))
        own: dict[str, Any] = {
            "id": "subject",
            "operator": subject.node_class.reference(),
            "parameters": _escaped(written),
        }
        if given:
            tables = iter([g["id"] for g in given if g["operator"] == Given.operator])
            ids = {"files": "files", "graph": "graph"}
            ports = [p for p in subject.node_class.inputs if p.type in ids or p.name in subject.example]
            own["inputs"] = [ids.get(p.type) or next(tables) for p in ports]
        self.path = self.folder / "case.flow"
        self.path.write_text(json.dumps({"flow": 1, "name": "case", "nodes": [*given, own]}))
        self.registry = Registry(Plugins(())).with_nodes(Given, GivenFiles, GivenGraph, subject.node_class)

    def _given(self) -> list[str]:
        fields = self.subject.node_class.model_fields
        return [n for n, i in fields.items() if {n, i.alias} & set(self.subject.case.parameters)]

    def project(self) -> Project:
        """The flow, opened anew."""
        return Project(self.path, registry=self.registry)

    def run(self) -> dict[str, pl.DataFrame]:
        """Run the flow in this process, and look at the node's tables as they are then. Raises on any problem."""
        project = self.project()
        wrong = [d.message for d in project.diagnose()]
        if wrong:
            raise BrokenPromiseError(f"`check` finds in a flow of it: {wrong[0]}")
        try:
            project.run(OPTIONS, apart=False).check()
            ports = [p.name for p in self.subject.node_class.outputs if p.type == "table"]
            return {p: self._table(p) for p in ports if p in self.subject.first.outputs}
        except WeirflowError as error:
            raise BrokenPromiseError(
                f"a run of a flow of it fails: {error.diagnostics[0].message}"
            ) from error

    def _table(self, port: str) -> pl.DataFrame:
        from weirflow.project.preview import preview

        return preview(
            self.project(), f"subject.{port}", 1_000_000, None, allow_code=True, show_personal=True
        )


def _escaped(value: Any) -> Any:
    """Parameters as a flow file writes them: nothing in them is an interpolation."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, Mapping):
        return {k: _escaped(v) for k, v in value.items()}
    return [_escaped(v) for v in value] if isinstance(value, list) else value
