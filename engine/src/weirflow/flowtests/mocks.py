"""The tables that stand in for nodes, and the graph that they are put into."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Self

import narwhals as nw
import polars as pl
from pydantic import PrivateAttr

from weirflow.engines.base import engine
from weirflow.engines.casts import cast_or_fail
from weirflow.engines.polars_dtypes import to_polars
from weirflow.errors import Diagnostic, FlowError, Where
from weirflow.flowtests.values import cell
from weirflow.graph.model import Graph, GraphNode
from weirflow.node.contexts import SourceFacts
from weirflow.node.model import Node, Sink, Source
from weirflow.node.payloads import Port
from weirflow.node.schema import STRING, DType, Schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from weirflow.flow.cases import Mock
    from weirflow.graph.cases import Resolved
    from weirflow.graph.model import Place
    from weirflow.node.contexts import SourceContext
    from weirflow.node.payloads import Table


class Mocked(Source):
    """A table of a test in a node's place."""

    operator: ClassVar[str] = "test.mock"
    _frame: pl.DataFrame = PrivateAttr()

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Self:
        """The source of a frame."""
        made = cls()
        made._frame = frame
        return made

    def inspect(self, context: SourceContext) -> SourceFacts:
        """The frame's columns."""
        del context
        return SourceFacts(engine().schema(nw.from_native(self._frame.lazy())), rows=self._frame.height)

    def scan(self, context: SourceContext, schema: Schema) -> Table:
        """The frame."""
        del context, schema
        return nw.from_native(self._frame.lazy())


def put_in(graph: Graph, resolved: Resolved, frames: Mapping[Place, pl.DataFrame], folder: Path) -> Graph:
    """The part of a graph that a case needs, with frames in place of what is mocked.

    A node that has several outputs stays for those that are not mocked. Wherever a sink writes, here it writes
    below `folder`.
    """
    nodes: dict[str, GraphNode] = {}
    names = {p: p[0] if len(graph[p[0]].output_ports) == 1 else ".".join(p) for p in frames}
    for node in graph:
        for place, frame in frames.items():
            if place[0] == node.id:
                spec = replace(node.spec, id=names[place], operator=Mocked.operator, inputs=(), cache=False)
                nodes[spec.id] = GraphNode(spec, Mocked.of(frame), output_ports=(Port(place[1]),))
        if node.id in resolved.needed:
            edges = tuple(replace(e, source=names.get(e.place, e.source)) for e in node.inputs)
            nodes[node.id] = replace(node, inputs=edges, node=_moved(node, folder))
    return Graph(graph.flow, nodes)


def _moved(node: GraphNode, folder: Path) -> Node:
    if not isinstance(node.node, Sink):
        return node.node
    fields = {f: getattr(node.node, f) for f in node.node.written_fields()}
    inside = folder / node.id
    places = {f: str(inside / (PurePath(v).name or f)) for f, v in fields.items() if isinstance(v, str)}
    return node.node.model_copy(update=places)


def frame_of(mock: Mock, known: Schema) -> pl.DataFrame:
    """The frame of a mock, each column of the type that it says, else of the one that its node is known to give.

    Other columns are of the type of their values. Raises FlowError naming each value that is not of its type.
    """
    if mock.path is not None:
        return _clean(_read(mock, mock.path, known))
    problems: list[Diagnostic] = []
    series = []
    columns = mock.columns or {c.name: () for c in known}
    rows = max((len(v) for v in mock.columns.values()), default=0)
    for name in dict.fromkeys((*columns, *mock.schema)):
        values = columns.get(name, (None,) * rows)
        dtype = mock.schema.get(name) or known.dtype(name)
        try:
            series.append(_series(name, values, dtype))
        except _WrongValue as wrong:
            path = mock.cell(name, wrong.row)
            where = Where(mock.where.file, (*mock.where.path, *path))
            text = f"the value of '{name}' in the mock of '{mock.node}' is not of type {wrong.dtype}"
            if wrong.dtype is None:
                text = f"column '{name}' in the mock of '{mock.node}' holds values of several types"
            hint = "give the column's type under 'schema', or mend the value"
            problems.append(Diagnostic("WF205", text, where, hint=hint))
    if problems:
        raise FlowError(problems)
    return _clean(pl.DataFrame(series))


class _WrongValue(Exception):  # noqa: N818 - no error yet: it becomes one with its place
    def __init__(self, row: int, dtype: DType | None) -> None:
        super().__init__()
        self.row = row
        self.dtype = dtype


def _series(name: str, values: Sequence[Any], dtype: DType | None) -> pl.Series:
    dtype = dtype or inferred(values)
    if dtype is None:  # lists and mappings
        try:
            return pl.Series(name, list(values), strict=True)
        except (TypeError, pl.exceptions.PolarsError):
            raise _WrongValue(0, None) from None
    cells = []
    for row, value in enumerate(values):
        try:
            cells.append(cell(value, dtype))
        except ValueError:
            raise _WrongValue(row, dtype) from None
    try:
        wanted = None if dtype.kind == "struct" else to_polars(dtype)
        return pl.Series(name, cells, dtype=wanted, strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        raise _WrongValue(0, dtype) from None


def inferred(values: Sequence[Any]) -> DType | None:
    """The type of a column's values; None for lists and mappings. Raises _WrongValue where they are of several."""
    kinds = {type(v): i for i, v in reversed(list(enumerate(values))) if v is not None}
    match set(kinds):
        case found if not found or found == {str}:
            return STRING
        case found if found == {bool}:
            return DType("boolean")
        case found if found == {int}:
            return DType("int64")
        case found if found <= {int, float}:
            return DType("float64")
        case found if len(found) == 1:
            return None
        case _:
            raise _WrongValue(max(kinds.values()), None)


def _read(mock: Mock, path: Path, known: Schema) -> pl.DataFrame:
    """The rows of a file."""
    types = {c.name: c.dtype for c in known if c.dtype is not None}
    try:
        match path.suffix.lower():
            case ".parquet":
                return pl.read_parquet(path, glob=False)
            case ".csv":
                texts = dict.fromkeys(types, pl.String())
                frame = pl.read_csv(
                    path, schema_overrides=texts, infer_schema_length=None, try_parse_dates=True, glob=False
                )
                wanted = {n: t for n, t in types.items() if n in frame.columns}
                casts = [
                    cast_or_fail(nw.col(n), t, STRING, "WF613", f"column '{n}' is not of type {t}")
                    for n, t in wanted.items()
                    if t != STRING
                ]
                return nw.from_native(frame).with_columns(*casts).to_native() if casts else frame
            case _:
                rows = json.loads(path.read_text(encoding="utf-8"))
                names = dict.fromkeys(n for row in rows for n in row)
                columns = {n: [row.get(n) for row in rows] for n in names}
                return pl.DataFrame([_series(n, v, types.get(n)) for n, v in columns.items()])
    except (OSError, ValueError, AttributeError, TypeError, _WrongValue, pl.exceptions.PolarsError):
        text = f"'{path.name}', which stands in for '{mock.node}', cannot be read as its table"
        listed = ", ".join(f"{n}: {t}" for n, t in types.items())
        hint = f"the node gives {listed}" if listed else "JSON is a list of rows, each an object"
        raise FlowError(Diagnostic("WF603", text, mock.where, hint=hint)) from None


def _clean(frame: pl.DataFrame) -> pl.DataFrame:
    """Tables hold no NaN."""
    floats = [pl.col(n).fill_nan(None) for n, t in frame.schema.items() if t.is_float()]
    return frame.with_columns(floats) if floats else frame
