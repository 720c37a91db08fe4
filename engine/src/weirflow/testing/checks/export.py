"""A real flow of the node, and the pandas code that it exports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from weirflow.errors import WeirflowError
from weirflow.export.pandas import export_pandas
from weirflow.node.model import Estimator, Node, Sink, Source, Transform
from weirflow.testing.check import RUNNABLE, check, told
from weirflow.testing.compare import REL, differ, outputs_differ, pandas_differs
from weirflow.testing.flows import OPTIONS, Around
from weirflow.testing.frames import to_pandas
from weirflow.testing.subject import Subject, contents, shown

if TYPE_CHECKING:
    from weirflow.testing.subject import Frames

_EXPORTED: tuple[type[Node], ...] = (Source, Transform, Estimator, Sink)
_READY = (
    "identity.operator",
    "identity.version",
    "parameters.round_trip",
    "run.example",
    "run.twice",
    "rows.nan",
    "rows.split",
    "effect.opens",
    "effect.unknown_types",
    "effect.of",
    "trained.json",
    "sink.receipt",
    "sink.files",
    "task.items",
    "task.order",
)
"""Where one of these is not kept, a flow would only say the same in other words."""

_ALLOWED = {"pandas", "numpy", "pyarrow", *sys.stdlib_module_names}


class Exported:
    """The module of a flow of a node, executed."""

    def __init__(self, subject: Subject, *, learn: bool = False) -> None:
        self.subject = subject
        self.learn = learn

    @cached_property
    def text(self) -> str:
        """The module's text; empty where it is refused."""
        try:
            return export_pandas(fitted(self.subject).project().plan(OPTIONS), learn=self.learn)
        except WeirflowError:
            return ""

    @cached_property
    def function(self) -> Callable[..., Any] | None:
        """The node's function; None where the node hands its table on as it is."""
        space: dict[str, Any] = {"__name__": "exported"}
        exec(compile(self.text, "<exported>", "exec"), space)  # noqa: S102 - it is the node's own code
        names = ("subject", "read_subject", "write_subject")
        return next((space[n] for n in names if n in space), None)


def fitted(subject: Subject) -> Around:
    """A flow of the node that has run, once. Raises on any problem."""
    if "fitted" not in subject.kept:
        around = Around(subject)
        subject.kept["fitted"] = (around, around.run())
    found: Around = subject.kept["fitted"][0]
    return found


def exported_of(subject: Subject) -> Exported:
    """The fitted module, made once."""
    if "exported" not in subject.kept:
        subject.kept["exported"] = Exported(subject)
    found: Exported = subject.kept["exported"]
    return found


@check(
    "flow.run", "N6.13", RUNNABLE, "let parameters, effect and outputs be as a flow needs them",
    needs=_READY,
)  # fmt: skip
def flow(subject: Subject) -> Iterator[str]:
    """In a flow file it is checked without complaint, runs, and gives the same table; so it does once fitted."""
    again = fitted(subject).run()
    for found in (subject.kept["fitted"][1], again):
        if (difference := outputs_differ(subject.first.frames, found, REL)) is not None:
            yield f"in a flow and alone: {difference}"
            return


@check(
    "export.same", "N9.1", _EXPORTED, "write pandas code that does the very same, or `code.refuse(reason)`",
    needs=("flow.run",),
)  # fmt: skip
def same(subject: Subject) -> Iterator[str]:
    """Exported code runs and gives the same: labels and integers exactly, floats to 1e-12."""
    exported = exported_of(subject)
    if not exported.text:
        return  # a node may have no pandas form
    if isinstance(subject.node, Source):
        yield from _source(subject, exported)
    elif isinstance(subject.node, Sink):
        yield from _sink(subject, exported)
    else:
        yield from _table(subject, exported)


def _table(subject: Subject, exported: Exported) -> Iterator[str]:
    trained = subject.first.trained
    ports = [p.name for p in subject.node_class.outputs if p.type == "table"]
    for frames in subject.drawn:
        outcome = subject.run(frames, subject.first.node, trained)
        given = _pandas(subject, frames)
        kept = [df.copy(deep=True) for df in given]
        try:
            made = exported.function(*given) if exported.function else given[0]
        except Exception as error:  # noqa: BLE001 - where the run refuses, code may raise anything
            if outcome.refused is None:
                yield f"the code raises {told(error)}; input {shown(frames)}"
                return
            continue
        if outcome.refused is not None:
            yield f"the code gives a table where the run refuses ({outcome.refused}); input {shown(frames)}"
            return
        if not all(before.equals(after) for before, after in zip(kept, given, strict=True)):
            yield "the code changes the frame that it is given"
            return
        tables = made if isinstance(made, tuple) else (made,)
        for port, df in zip(ports, tables, strict=True):
            if (found := pandas_differs(outcome.frames[port], df)) is not None:
                yield f"{found}; input {shown(frames)}"
                return


def _pandas(subject: Subject, frames: Frames) -> list[Any]:
    given = []
    for frame in frames.values():
        schema = subject.engine.schema(subject.engine.from_frame(frame))
        given.append(to_pandas(frame, {c.name: c.dtype.kind if c.dtype else "object" for c in schema}))
    return given


def _source(subject: Subject, exported: Exported) -> Iterator[str]:
    location = next(iter(subject.node_class.location_fields()))
    assert exported.function is not None
    df = exported.function(subject.base / getattr(subject.node, location))
    if (found := pandas_differs(next(iter(subject.first.frames.values())), df)) is not None:
        yield found


def _sink(subject: Subject, exported: Exported) -> Iterator[str]:
    folder = subject.new_folder()
    location = next(iter(subject.node_class.location_fields()))
    assert exported.function is not None
    exported.function(*_pandas(subject, subject.example), folder / getattr(subject.node, location))
    run = subject.first.outputs[subject.node_class.outputs[0].name]
    code = contents(folder)
    if sorted(code) != sorted(run):
        yield f"the code writes {', '.join(code) or 'nothing'}, and the run {', '.join(run)}"
        return
    for name, content in run.items():
        read = pl.read_parquet if name.endswith(".parquet") else pl.read_csv
        if (found := differ(read(content), read(code[name]), REL)) is not None:
            yield f"in the file '{name}' {found} (the code's second)"


@check(
    "export.learned", "N9.2", (Estimator,), "give `code.value(name, trained, learn=...)` an expression that learns it",
    needs=("export.same",),
)  # fmt: skip
def learned(subject: Subject) -> Iterator[str]:
    """Code that learns for itself gives the same on the data that was learned from."""
    exported = Exported(subject, learn=True)
    if not exported.text or exported.function is None:
        return
    df = exported.function(*_pandas(subject, subject.example))
    if (found := pandas_differs(next(iter(subject.first.frames.values())), df)) is not None:
        yield found


@check(
    "export.imports", "N9.3", _EXPORTED, "write code for pandas and numpy alone",
    needs=("export.same",),
)  # fmt: skip
def imports(subject: Subject) -> Iterator[str]:
    """Exported code imports pandas, NumPy, PyArrow and the standard library."""
    for found in ast.walk(ast.parse(exported_of(subject).text)):
        names: list[str] = []
        if isinstance(found, ast.Import):
            names = [a.name for a in found.names]
        elif isinstance(found, ast.ImportFrom):
            names = [found.module or ""]
        for name in names:
            if name.partition(".")[0] not in {*_ALLOWED, "__future__"}:
                yield f"the code imports {name}"


@check(
    "engines.same", "N6.14", (Transform, Estimator),
    "use `weirflow.api.portable` for what engines do differently, or claim fewer engines",
    needs=("run.example", "run.twice"),
)  # fmt: skip
def engines(subject: Subject) -> Iterator[str]:
    """Each table engine that the class claims gives the same answer."""
    from weirflow.plugins.describe import ENGINES
    from weirflow.testing.relations import on_duckdb

    unknown = sorted(subject.node_class.engines - set(ENGINES))
    if unknown:
        yield f"it claims the engine '{unknown[0]}', which there is not"
    if "duckdb" not in subject.node_class.engines:
        return
    for frames in subject.drawn:
        expected = subject.run(frames, subject.first.node, subject.first.trained)
        if expected.refused is not None:
            continue
        found = on_duckdb(expected, frames)
        if (difference := outputs_differ(expected.outputs, found, REL)) is not None:
            yield f"on polars and on duckdb: {difference}; input {shown(frames)}"
            return
