"""Ports, and the first run: what comes in stays as it was, what was declared comes out."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from weirflow.node.model import Estimator, Transform
from weirflow.node.payloads import PORT_TYPES, Inputs, Port
from weirflow.plugins.registry import Registry
from weirflow.testing.check import ANY, RUNNABLE, TABLES, check
from weirflow.testing.compare import differ

if TYPE_CHECKING:
    import polars as pl

    from weirflow.testing.subject import Subject

_MEND = "declare ports as Port(name, type) on the class, of a type that weirflow or a plugin registers"


@check("ports.declared", "N3.1", ANY, _MEND)
def declared(subject: Subject) -> Iterator[str]:
    """Inputs and outputs are ports of known types, and outputs have names of their own."""
    known: Mapping[str, Any] | None = None
    for side in ("inputs", "outputs"):
        ports: Any = getattr(subject.node_class, side)
        if not isinstance(ports, tuple) or not all(isinstance(p, Port) for p in ports):
            yield f"`{side}` is not a tuple of ports"
            continue
        for port in ports:
            if port.type not in PORT_TYPES:
                known = known or Registry.load().port_types
                if port.type not in known:
                    yield f"port '{port.name}' is of type '{port.type}', which nobody registers"
    names = [p.name for p in subject.node_class.outputs]
    if len(set(names)) < len(names):
        yield f"two of its outputs have one name: {', '.join(names)}"


@check(
    "run.example", "N6.1", RUNNABLE, "mend the node, or give the case an example that the node is meant for",
    needs=("identity.kind", "parameters.valid", "ports.declared"),
)  # fmt: skip
def example(subject: Subject) -> Iterator[str]:
    """The node does its work on the case's example."""
    _ = subject.first
    yield from ()


@check(
    "ports.outputs",
    "N3.2",
    RUNNABLE,
    "give exactly the outputs that the class declares",
    needs=("run.example",),
)
def outputs(subject: Subject) -> Iterator[str]:
    """What comes out are the declared outputs, no more and no fewer."""
    declared = [p.name for p in subject.node_class.outputs]
    given = list(subject.first.outputs)
    if sorted(given) != sorted(declared):
        yield f"it gives {', '.join(given) or 'nothing'}, and declares {', '.join(declared) or 'nothing'}"


@check(
    "ports.untouched", "N3.3", TABLES, "make new frames, dictionaries and lists instead of changing those given",
    needs=("run.example",),
)  # fmt: skip
def untouched(subject: Subject) -> Iterator[str]:
    """Inputs, parameters and what was learned are as they were after a run."""
    frames = {p: f.clone() for p, f in subject.example.items()}
    kept = copy.deepcopy(frames)
    node = subject.make(subject.case.parameters)
    first = subject.run(frames, node)
    twin = subject.make(subject.case.parameters)
    if first.trained is not None:
        trained, before = first.trained.canonical(), first.trained.canonical()
        subject.run(frames, node, trained, as_is=True)
        if trained != before:
            yield "its trained parameters are others after `transform`"
    if node != twin:
        yield "its parameters are others after a run"
    for port, frame in kept.items():
        if (found := differ(frame, frames[port])) is not None:
            yield f"the table at input '{port}' is changed: {found}"


@check(
    "run.lazy", "N6.2", TABLES, "stay with lazy expressions, or declare `holds_table = True`",
    needs=("run.example",),
)  # fmt: skip
def lazy(subject: Subject) -> Iterator[str]:
    """A node that does not say that it holds its table computes nothing while it builds its output."""
    if subject.node_class.holds_table:
        return
    computed: list[int] = []

    def watch(frame: pl.DataFrame) -> pl.DataFrame:
        computed.append(frame.height)
        return frame

    import narwhals as nw

    tables = [
        (p, nw.from_native(f.lazy().map_batches(watch, schema=f.schema))) for p, f in subject.example.items()
    ]
    node = subject.first.node
    if isinstance(node, Estimator):
        node.transform(tables[0][1], copy.deepcopy(subject.first.trained))
    elif isinstance(node, Transform):
        node.transform(Inputs(tables))
    if computed:
        yield "`transform` computes its input, which may be larger than memory"
