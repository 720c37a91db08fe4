"""Scoring: frames put through what a flow has learned, planned once for frames of one schema."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from weirflow.errors import Diagnostic, FlowError, RunError, UsageError, did_you_mean
from weirflow.graph.leave_out import leave_out
from weirflow.graph.lineage import Lineage
from weirflow.graph.model import Graph
from weirflow.graph.schemas import flow_schemas
from weirflow.graph.secrets import conceal, references, revealed, shown_cause
from weirflow.node.contexts import SourceContext
from weirflow.node.model import Source
from weirflow.node.schema import Column, DType, Schema
from weirflow.run.blame import attribute
from weirflow.run.tables import NodeFailedError, Tables, blame

if TYPE_CHECKING:
    import polars as pl

    from weirflow.engines.base import Engine
    from weirflow.graph.model import Place
    from weirflow.graph.schemas import Flowed, Learned
    from weirflow.node.payloads import Table

MOST = 32  # schemas that are remembered: nulls make some, other columns make some

Shape: TypeAlias = "tuple[tuple[str, pl.DataType], ...]"
K = TypeVar("K")
V = TypeVar("V")
F = TypeVar("F", "pl.DataFrame", "pl.LazyFrame")


@dataclass(frozen=True)
class FittedFlow:
    """What scoring needs of a flow: plain data, which can be pickled. No code, no rows.

    `types` are those that the sources' columns had when the flow was fitted, `store` where they keep copies.
    """

    graph: Graph
    learned: Mapping[str, Learned]
    place: Place
    source: str
    types: Mapping[str, Mapping[str, DType]] = field(default_factory=dict)
    store: Path | None = None


@dataclass(frozen=True)
class Route:
    """How frames of one schema go through the flow; `names` are None where only a run can tell them."""

    graph: Graph
    flowed: Flowed
    learned: Mapping[str, Learned]
    names: tuple[str, ...] | None
    changes_rows: str | None  # the node that does, if one does
    casts: Mapping[str, pl.DataType]  # of columns without a single value

    @property
    def reusable(self) -> bool:
        """Whether the query can be kept: no node on the way takes rows in hand."""
        return not any(n.node.holds_table for n in self.graph)


class _Built(NamedTuple):
    graph: Graph
    engine: Engine
    tables: Tables


class Scorer:
    """Puts frames through a fitted flow. Safe to call from several threads at once.

    without: columns of the source that frames do not have, or whose values are not looked at.
    types: the types of columns without a single value, where they are known.
    seen: names of columns that were in other frames, besides those that the flow names.
    """

    def __init__(
        self,
        fitted: FittedFlow,
        without: Collection[str] = (),
        types: Mapping[str, pl.DataType] | None = None,
        seen: Collection[str] = (),
    ) -> None:
        from weirflow.engines.base import engine
        from weirflow.engines.polars_dtypes import to_polars

        self.fitted = fitted
        self.without = frozenset(without)
        self.types = types or {}
        self.seen = frozenset(seen)
        self.engine = engine("polars")
        self._before = fitted.types.get(fitted.source, {})
        self._learned_from = {n: to_polars(t) for n, t in self._before.items()}
        self._routes: dict[Shape, Route] = {}
        self._others: tuple[dict[str, Schema], dict[Place, Table]] | None = None
        self._lock = threading.RLock()
        self._own = threading.local()

    def score(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, Route]:
        """The output for a frame in the source's place. Raises FlowError, RunError, UsageError."""
        route = self.route(frame)
        frame = self._cut(frame)
        if route.casts:
            frame = frame.cast(dict(route.casts))  # type: ignore[arg-type]
        if route.reusable:
            query = self._query(route, frame)
            if query is not None:
                try:
                    return query(frame), route
                except Exception:  # noqa: BLE001, S110 - done again step by step, to say which node it was
                    pass
        return self._step_by_step(route, frame), route

    def no_rows(self) -> pl.DataFrame:
        """What stands for a list without a row: the columns that were learned from, as far as they are recorded."""
        import polars as pl

        return pl.DataFrame(schema=self._learned_from)

    def route(self, frame: pl.DataFrame) -> Route:
        """How frames with these columns and types go through."""
        cut = self._cut(frame)
        shape = tuple(cut.schema.items())
        route = self._routes.get(shape)
        if route is None:
            with self._lock:
                self.check_without(frame.columns, strict=False)
                route = _remember(self._routes, shape, self._find_route(cut))
        return route

    def _cut(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame without what is not looked at, and with types of their own only for columns with a value."""
        gone = [c for c in self.without if c in frame.columns]
        frame = frame.drop(gone) if gone else frame
        empty: dict[Any, pl.DataType] = {
            name: _null()
            for name, dtype in frame.schema.items()
            if dtype != self._learned_from.get(name, dtype) and frame[name].null_count() == frame.height
        }
        return frame.cast(empty) if empty else frame

    # ------------------------------------------------------------------ once for each schema

    def _find_route(self, frame: pl.DataFrame) -> Route:
        from weirflow.engines.polars_dtypes import to_polars

        fitted = self.fitted
        schema = self.engine.schema(self.engine.from_frame(frame.head(0)))
        schema = Schema(tuple(self._typed(c) for c in schema.columns))
        for column in schema.columns:
            if column.dtype is None:
                schema = self._settle(schema, column.name)
        casts = {n: to_polars(schema.dtype(n)) for n, t in frame.schema.items() if t.is_(_null())}
        flowed = self._flow(fitted.graph, fitted.learned, self._full(schema))
        graph, learned = fitted.graph, fitted.learned
        after = flowed.schemas[fitted.place]
        names = None if after.is_open else after.names
        if self.without:
            lesser = leave_out(graph, flowed, learned, fitted.source, self.without, fitted.place)
            graph, learned = lesser.graph, lesser.learned
            flowed = self._flow(graph, learned, schema)
            if names is not None:
                names = tuple(n for n in names if n not in lesser.gone[fitted.place])
        site, _ = Lineage(graph, flowed, ()).site(fitted.place, ())
        changes = None if site[0] == fitted.source else site[0]
        return Route(graph, flowed, learned, names, changes, casts)

    def _full(self, schema: Schema) -> Schema:
        return Schema((*schema.items, *(Column(c) for c in sorted(self.without))))

    def _typed(self, column: Column) -> Column:
        """A column of nulls alone has no type of its own: its type is as it was in the fit, or unknown."""
        from weirflow.engines.polars_dtypes import from_polars

        if column.dtype != DType("null"):
            return column
        known = self.types.get(column.name)
        if known is not None and not known.is_(_null()):
            return replace(column, dtype=from_polars(known))
        return replace(column, dtype=self._before.get(column.name))

    def _settle(self, schema: Schema, name: str) -> Schema:
        """The first type that the flow takes for a column without a single value: a null is one in every type."""
        tried = [_retyped(schema, name, DType(kind)) for kind in ("float64", "string", "boolean", "datetime")]
        counts = [len(self._problems(self._full(s))) for s in tried]
        return tried[counts.index(min(counts))]

    def _problems(self, schema: Schema) -> list[Diagnostic]:
        flowed = flow_schemas(self.fitted.graph, {self.fitted.source: schema}, self.fitted.learned)
        return flowed.diagnostics

    def _flow(self, graph: Graph, learned: Mapping[str, Learned], schema: Schema) -> Flowed:
        others, _ = self._other_sources()
        flowed = flow_schemas(graph, {**others, self.fitted.source: schema}, learned)
        if flowed.diagnostics:
            raise FlowError([self._helped(d) for d in flowed.diagnostics])
        return flowed

    def _helped(self, found: Diagnostic) -> Diagnostic:
        if found.code != "WF401" or found.hint is not None or self.without:
            return found
        return replace(found, hint="if new data does not have it, say so: without=[...]")

    def check_without(self, columns: Collection[str], *, strict: bool) -> None:
        """Refuse a name in `without` that may be a slip, which would let the label through.

        It is one if it is near another name; `strict` takes any for one that neither these columns nor nodes have.
        """
        known = {*columns, *self.seen}
        for node in self.fitted.graph:
            for port in (None, *(p.name for p in node.input_ports)):
                known |= {c for _, c in node.node.columns_read(port)}
        for name in sorted(self.without - known):
            hint = did_you_mean(name, known - self.without)
            if strict or hint is not None:
                raise UsageError(
                    Diagnostic(
                        "WF401",
                        f"`without` names column '{name}', which neither the frame nor any node has",
                        hint=hint or "leave it out of `without`",
                    )
                )

    def _other_sources(self) -> tuple[dict[str, Schema], dict[Place, Table]]:
        """The tables of sources whose place no frame takes, such as one to look codes up in: read once."""
        if self._others is None:
            schemas: dict[str, Schema] = {}
            tables: dict[Place, Table] = {}
            for node in revealed(self.fitted.graph, os.environ):
                if not isinstance(node.node, Source) or node.id == self.fitted.source:
                    continue
                try:
                    with blame(node):
                        types = self.fitted.types.get(node.id, {})
                        context = SourceContext(node.spec.base, types=types, store=self.fitted.store)
                        schemas[node.id] = node.node.inspect(context).schema
                        context = SourceContext(node.spec.base, self.engine, store=self.fitted.store)
                        held = self.engine.hold(node.node.scan(context, schemas[node.id]))
                except NodeFailedError as error:
                    raise self._refused(error) from shown_cause(self.fitted.graph, error)
                tables |= {(node.id, p.name): held for p in node.output_ports}
            self._others = schemas, tables
        return self._others

    # ------------------------------------------------------------------ for each frame

    def _tables(self, route: Route, table: Table) -> Tables:
        graph = revealed(route.graph, os.environ)
        ports = graph[self.fitted.source].output_ports
        sources = {**self._other_sources()[1], **{(self.fitted.source, p.name): table for p in ports}}
        return Tables(graph, route.flowed, route.learned, self.engine, sources, {})

    def _step_by_step(self, route: Route, frame: pl.DataFrame) -> pl.DataFrame:
        """Build the tables for this frame alone; an error is put down to the node that causes it."""
        place = self.fitted.place
        tables = self._tables(route, self.engine.from_frame(frame))
        try:
            return _ordered(self.engine.frame(tables.get(place)), route)
        except Exception as error:  # noqa: BLE001 - an engine's error is put down to the node behind it
            failed = attribute(_Built(route.graph, self.engine, tables), place, error)
            raise self._refused(failed) from shown_cause(route.graph, error)

    def _refused(self, failed: NodeFailedError) -> RunError:
        return RunError(conceal(failed.diagnostic, references(self.fitted.graph, os.environ)))

    def _query(self, route: Route, frame: pl.DataFrame) -> Callable[[pl.DataFrame], pl.DataFrame] | None:
        """The query for frames of this schema, each thread its own; None where building it wants rows."""
        queries: dict[Shape, _Query | None] = self._own.__dict__.setdefault("queries", {})
        shape = tuple(frame.schema.items())
        if shape not in queries:
            _remember(queries, shape, self._compile(route, frame))
        return queries[shape]

    def _compile(self, route: Route, frame: pl.DataFrame) -> _Query | None:
        import narwhals as nw
        import polars as pl

        query = _Query(frame.schema)
        floats = [pl.col(name).fill_nan(None) for name, dtype in frame.schema.items() if dtype.is_float()]
        source = query.source.with_columns(floats) if floats else query.source
        try:
            table = self._tables(route, nw.from_native(source)).get(self.fitted.place)
        except NodeFailedError:
            return None
        found = nw.to_native(table)
        assert isinstance(found, pl.LazyFrame)
        query.result = _ordered(found, route)
        return query


class _Query:
    """A lazy query over a frame that is put in its place when it is computed. For one thread at a time."""

    def __init__(self, schema: pl.Schema) -> None:
        from polars.io.plugins import register_io_source

        self._frame: pl.DataFrame | None = None
        self.source = register_io_source(self._read, schema=schema)
        self.result = self.source

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        self._frame = frame
        try:
            return self.result.collect(engine="in-memory")
        finally:
            self._frame = None

    def _read(
        self,
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        del batch_size
        frame = self._frame
        if frame is None:
            raise RuntimeError("a node computed its table while the query was built")
        if with_columns is not None:
            frame = frame.select(with_columns)
        if n_rows is not None:
            frame = frame.head(n_rows)
        yield frame if predicate is None else frame.filter(predicate)


def _ordered(table: F, route: Route) -> F:
    """The columns in the order that the run gives them."""
    return table if route.names is None else table.select(route.names)


def _retyped(schema: Schema, name: str, dtype: DType) -> Schema:
    return Schema(tuple(replace(c, dtype=dtype) if c.name == name else c for c in schema.columns))


def _null() -> pl.DataType:
    import polars as pl

    return pl.Null()


def _remember(cache: dict[K, V], key: K, value: V) -> V:
    """Keep a value, and no more than the newest few."""
    while len(cache) >= MOST:
        cache.pop(next(iter(cache)))
    cache[key] = value
    return value
