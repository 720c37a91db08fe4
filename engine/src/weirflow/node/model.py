"""The kinds of node. A node class is a pydantic model: fields are parameters, methods are its meaning."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core.core_schema import no_info_before_validator_function

from weirflow.errors import NodeError
from weirflow.node.columns import ColumnMark, Columns
from weirflow.node.effect import Effect, Made, Rows
from weirflow.node.payloads import Inputs, Port
from weirflow.node.trained import TrainedParameters

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

    from weirflow.node.code import PandasCode
    from weirflow.node.contexts import (
        Item,
        ItemOutput,
        ItemResult,
        JobContext,
        Receipt,
        ServiceContext,
        SourceContext,
        SourceFacts,
        Target,
    )
    from weirflow.node.payloads import Table
    from weirflow.node.report import Report
    from weirflow.node.schema import Schema
    from weirflow.node.statistics import Answers, Statistic

OPERATOR = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*(\.[a-z][a-z0-9]*(_[a-z0-9]+)*)+")
"""What an operator may be called: `family.verb` in lower case, as `encode.one_hot`."""

T = TypeVar("T", bound=TrainedParameters)
V = TypeVar("V")
M = TypeVar("M")


class LocationMark:
    """Marks a field that says where data lies; it is no part of a node's meaning (see `Location`).

    `origin` says that a sink reads there, where it writes to its other locations.
    """

    def __init__(self, *, origin: bool = False) -> None:
        self.origin = origin


Location = Annotated[str, LocationMark()]
"""A path or URL, relative to the flow's folder. It may change from run to run: what was learned stays valid."""


Origin = Annotated[str, LocationMark(origin=True)]
"""A location that a sink reads, as one that keeps a database up to date with a folder: see `Target.origin`."""


class PersonalMark:
    """Marks a field that says which columns are personal; it is no part of a node's meaning."""


PersonalColumns = Annotated[Columns, PersonalMark()]
"""The columns of a source whose values reports must not show. What was learned stays valid whichever they are."""


class HandlingMark:
    """Marks a field that says how a run goes about its work and has no bearing on what comes of it."""


Handling = Annotated[V, HandlingMark()]
"""A field such as a limit or a number of threads: what was done or learned stays valid whatever its value."""


class NullMark:
    """Lets a choice that has the word `null` take YAML's null for it as well."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read nothing as the word."""
        return no_info_before_validator_function(lambda v: "null" if v is None else v, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The choice, with null."""
        found = handler(schema)
        found.pop("type", None)
        return {**found, "enum": [*found["enum"], None]}


NullWord = Annotated[V, NullMark()]
"""A choice (a `Literal`) with the word `null`, which a flow may write without quotes: `unseen: null`."""


class Node(BaseModel, ABC):
    """Base of all nodes. Authors derive from one of the kinds below, never from this class.

    Class attributes: `operator` is its public name, `version` rises when meaning, defaults or output columns
    change, `revision` when only the code's results do (a mended bug): what is kept under the old one is stale.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True, populate_by_name=True, allow_inf_nan=False
    )

    operator: ClassVar[str]
    version: ClassVar[int] = 1
    revision: ClassVar[int] = 1
    inputs: ClassVar[tuple[Port, ...]] = (Port(),)
    outputs: ClassVar[tuple[Port, ...]] = (Port(),)
    engines: ClassVar[frozenset[str]] = frozenset({"polars"})  # those on which it is proven
    holds_table: ClassVar[bool] = False  # it needs all rows in memory and receives an eager table made lazy
    ordered: ClassVar[bool] = False  # it observes the order of rows
    runs_code: ClassVar[bool] = False  # it runs Python that the flow brings: needs --allow-code

    @classmethod
    def reference(cls) -> str:
        """The operator with its version, as `encode.one_hot@1`."""
        return f"{cls.operator}@{cls.version}"

    @classmethod
    def column_fields(cls) -> Mapping[str, ColumnMark | None]:
        """The fields that name columns: a mark for a single name, None for `Columns`."""
        found: dict[str, ColumnMark | None] = {}
        for name, info in cls.model_fields.items():
            mark = next((m for m in info.metadata if isinstance(m, ColumnMark)), None)
            if mark is None:
                mark = _mark_in(info.annotation, ColumnMark)
            if mark is not None:
                found[name] = mark
            elif info.annotation is Columns or Columns in get_args(info.annotation):
                found[name] = None
        return found

    @classmethod
    def location_fields(cls) -> frozenset[str]:
        """The fields that say where data lies."""
        return cls._marked(LocationMark)

    @classmethod
    def written_fields(cls) -> frozenset[str]:
        """The fields that say where a sink writes: its locations without those that it reads."""
        return frozenset(f for f, m in cls._marks_of(LocationMark) if not m.origin)

    @classmethod
    def personal_fields(cls) -> frozenset[str]:
        """The fields that say which columns are personal."""
        return cls._marked(PersonalMark)

    @classmethod
    def handling_fields(cls) -> frozenset[str]:
        """The fields that have no bearing on what comes of the node's work."""
        return cls._marked(HandlingMark)

    @classmethod
    def _marked(cls, mark: type) -> frozenset[str]:
        return frozenset(f for f, _ in cls._marks_of(mark))

    @classmethod
    def _marks_of(cls, mark: type[M]) -> Iterator[tuple[str, M]]:
        for name, info in cls.model_fields.items():
            found = next((m for m in info.metadata if isinstance(m, mark)), None) or _mark_in(
                info.annotation, mark
            )
            if found is not None:
                yield name, found

    def obstacle(self) -> str | None:
        """Why no run can carry this node out, where its parameters tell; `check` and `plan` warn of it (WF617)."""
        return None

    def impure(self) -> bool:
        """Whether it may give something else at another time, of the same input: it asks a clock, or chance.

        Nothing that tasks and jobs make of it is kept for the next run.
        """
        return False

    def columns_read(self, port: str | None = None) -> tuple[tuple[str, str], ...]:
        """(field, column) for every column of an input that parameters name; selectors add none."""
        found: list[tuple[str, str]] = []
        for name, mark in self.column_fields().items():
            value = getattr(self, name)
            if mark is not None and (mark.new or mark.port != port):
                continue
            if isinstance(value, Columns):
                chosen = value.names if value.resolved else (value.selector.except_ if value.selector else ())
                found += [(name, c) for c in chosen]
            elif isinstance(value, str):
                found.append((name, value))
            elif isinstance(value, (list, tuple, dict)):
                found += [(name, c) for c in value if isinstance(c, str)]
        return tuple(found)

    def selectors(self) -> tuple[str, ...]:
        """The fields whose columns are still to be chosen."""
        return tuple(
            name
            for name in self.column_fields()
            if isinstance(value := getattr(self, name), Columns) and not value.resolved
        )

    def resolve(self, chosen: Mapping[str, Iterable[str]]) -> Self:
        """The same node with these fields' columns by name."""
        return self.model_copy(update={f: Columns(n) for f, n in chosen.items()}) if chosen else self

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """What each table output does to the first input. Nodes with one table in and out say it in `effect`."""
        if not any(p.type == "table" for p in self.inputs):
            return {p.name: Effect.unknown() for p in self.outputs if p.type == "table"}
        effect = self.effect(inputs.table)
        return {p.name: effect for p in self.outputs if p.type == "table"}

    def effect(self, schema: Schema) -> Effect:
        """What the node does to its input's columns and rows, from its parameters and the schema alone.

        The default: every column that a `Columns` field or a `ColumnName` field names is changed in place and
        depends on itself alone. A node without such a field is opaque.
        """
        del schema
        fields = self.column_fields()
        if not fields:
            return Effect.unknown()
        return Effect(makes={c: Made(of=(c,)) for _, c in self.columns_read()})


def _mark_in(annotation: Any, kind: type[M]) -> M | None:
    """Find a mark inside `list[ColumnName]`, `ColumnName | None`, `Origin | None` and the like."""
    for part in get_args(annotation):
        if isinstance(part, kind):
            return part
        found = _mark_in(part, kind)
        if found is not None:
            return found
    return None


class Source(Node):
    """Brings a table in. Types are sniffed once, by `inspect`, and handed to every engine."""

    inputs: ClassVar[tuple[Port, ...]] = ()

    @abstractmethod
    def inspect(self, context: SourceContext) -> SourceFacts:
        """Look at the data without reading it all: its schema, files, sizes and etags."""

    @abstractmethod
    def scan(self, context: SourceContext, schema: Schema) -> Table:
        """The table, lazily, with exactly the columns and types of the schema."""

    def location(self) -> str | None:
        """Where its data lies, if one field says so."""
        fields = self.location_fields()
        value = getattr(self, next(iter(fields))) if len(fields) == 1 else None
        return value if isinstance(value, str) else None

    def at(self, location: str) -> Source:
        """The source that reads another location: `weirflow run --source NAME=LOCATION`.

        By default the same with another location; a family may give another of its sources, which suits what lies
        there. Raises NodeError where none does.
        """
        if self.location() is None:
            raise NodeError(f"{self.operator} does not read from one location", code="WF209")
        return self.model_copy(update={next(iter(self.location_fields())): location})

    def to_pandas(self, code: PandasCode) -> None:
        """Write pandas code that reads the same table. Without it the node is named and the export refused."""
        code.refuse()


class Transform(Node):
    """Makes tables from tables without learning anything."""

    @abstractmethod
    def transform(self, inputs: Inputs[Table]) -> Table | Mapping[str, Table]:
        """The output table; or, with several outputs, one for each port."""

    def to_pandas(self, code: PandasCode) -> None:
        """Write pandas code that does the same. Without it the node is named and the export refused."""
        code.refuse()


class Estimator(Node, Generic[T]):
    """Learns parameters from statistics of its input, then transforms it with them."""

    @abstractmethod
    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The statistics wanted, given the answers so far; asked again until it wants nothing new."""

    @abstractmethod
    def fit(self, answers: Answers) -> T:
        """Learn: pure arithmetic on the answers."""

    @abstractmethod
    def transform(self, table: Table, trained: T) -> Table:
        """Apply what was learned."""

    def trained_effect(self, schema: Schema, trained: T) -> Effect:
        """The effect once fitted, which may name the columns that `effect` had to leave open."""
        del trained
        return self.effect(schema)

    def to_pandas(self, code: PandasCode, trained: T) -> None:
        """Write pandas code that does the same. Without it the node is named and the export refused."""
        del trained
        code.refuse()

    @classmethod
    def trained_model(cls) -> type[T]:
        """The class of what it learns, from `Estimator[...]`."""
        for base in cls.__mro__:
            metadata = getattr(base, "__pydantic_generic_metadata__", None)
            if metadata and metadata["origin"] is Estimator:
                model: type[T] = metadata["args"][0]
                return model
        raise TypeError(f"{cls.__name__} does not say what it learns: derive from Estimator[...]")


class Analysis(Node):
    """Looks at a table through statistics and reports. It never sees the table and changes nothing."""

    outputs: ClassVar[tuple[Port, ...]] = (Port("report", "report"),)

    def effect(self, schema: Schema) -> Effect:
        """Reads the columns that it names and changes nothing."""
        del schema
        return Effect(reads=tuple(dict.fromkeys(c for _, c in self.columns_read())))

    @abstractmethod
    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The statistics wanted, given the answers so far; asked again until it wants nothing new."""

    @abstractmethod
    def report(self, schema: Schema, answers: Answers) -> Report:
        """Turn answers into numbers, tables, charts and sentences."""

    def to_pandas(self, code: PandasCode) -> None:
        """Analyses are no part of the exported table: nothing is written."""
        code.skip()


class Task(Node):
    """Works on independent items (slides, files) and makes artifacts.

    The engine brings the worker processes, progress, retries, the ledger that lets a killed run resume, and
    quarantine of bad items. The node sees one item at a time.

    `by_item` says that the etag of an item tells all that it takes of the inputs. Then what was done of one is kept
    while others change; otherwise any change of an input begins anew.
    """

    by_item: ClassVar[bool] = False

    max_bad_items: Handling[int] = Field(
        default=0, ge=0, description="how many bad items are set aside before the run counts as failed"
    )

    @abstractmethod
    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """Name the items, each with a stable key and a small payload; no work is done here."""

    @abstractmethod
    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Work on one item. Files go into `out.folder`, which is published when this returns."""

    @abstractmethod
    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """Combine the results, in the order of the items, into the outputs by port."""


class Job(Node):
    """One long stateful work with ordered checkpoints, such as training or tuning."""

    @abstractmethod
    def run(self, inputs: Inputs[Any], job: JobContext) -> Mapping[str, Any]:
        """Do the work from `job.last_checkpoint` on; return the outputs by port."""


class Service(Node):
    """Answers requests on loopback until it is stopped; carried out by `weirflow serve`."""

    outputs: ClassVar[tuple[Port, ...]] = ()

    @abstractmethod
    def serve(self, inputs: Inputs[Any], service: ServiceContext) -> None:
        """Listen, call `service.ready(url)`, and return soon after `service.stopping` is set."""


class Sink(Node):
    """Writes a table, or files, somewhere. Sinks always run.

    One whose location is a folder says so in `writes_folder`, and fills it by `target.folder`. One without inputs
    keeps something that lasts up to date with what lies at its `Origin` locations.
    """

    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)

    @property
    def writes_folder(self) -> bool:
        """Whether its location is a folder of files, not one file."""
        return False

    def effect(self, schema: Schema) -> Effect:
        """Writes every column there is."""
        del schema
        return Effect(rows=Rows(kept=True, by=None))

    @abstractmethod
    def write(self, table: Any, target: Target) -> Receipt:
        """Write the table, streaming, under a temporary name that `target` publishes.

        It is a `Table`, or what another type of input gives: `Files` for a port of files, None where there is no input.
        """

    def to_pandas(self, code: PandasCode) -> None:
        """Write pandas code that writes the same file. Without it the export is refused."""
        code.refuse()
