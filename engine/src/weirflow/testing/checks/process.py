"""Side effects, looked at in a child process: see `weirflow.testing.server` and `weirflow.testing.child`."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import TYPE_CHECKING

from weirflow.testing.check import ANY, RUNNABLE, check, told
from weirflow.testing.compare import outputs_differ
from weirflow.testing.parent import imported_by, seen_apart

if TYPE_CHECKING:
    from weirflow.testing.subject import Subject


@check(
    "process.pickles", "N8.6", ANY, "define the class at the top of a module, with parameters that pickle",
    needs=("identity.kind", "parameters.valid"),
)  # fmt: skip
def pickles(subject: Subject) -> Iterator[str]:
    """The node can be sent to a worker process."""
    if "<locals>" in subject.node_class.__qualname__:
        yield "the class is defined inside a function, where no other process finds it"
        return
    try:
        again = pickle.loads(pickle.dumps(subject.node))  # noqa: S301 - our own pickle, of this moment
    except Exception as error:  # noqa: BLE001 - pickling may raise anything
        yield f"it cannot be pickled: {told(error)}"
        return
    if again != subject.node:
        yield "it is another after a journey through pickle"


@check(
    "process.imports",
    "N8.1",
    ANY,
    "import heavy libraries inside the methods that use them",
    needs=("process.pickles",),
)
def imports(subject: Subject) -> Iterator[str]:
    """Importing the node's module loads no table engine and no other heavy library."""
    heavy = imported_by(subject)
    if heavy:
        yield f"importing {subject.node_class.__module__} loads {', '.join(heavy)}"


_CHILD = ("process.pickles", "run.example")


@check(
    "process.output", "N8.2", RUNNABLE, "print nothing: warn through the contexts or a report", needs=_CHILD
)
def output(subject: Subject) -> Iterator[str]:
    """Nothing is written to standard output."""
    if subject.node_class.runs_code:
        return  # what the flow's own code prints is shown with the node
    if seen_apart(subject).printed:
        yield f"it prints {len(seen_apart(subject).printed)} characters"


@check("process.files", "N8.3", RUNNABLE, "write through the contexts that the engine gives", needs=_CHILD)
def files(subject: Subject) -> Iterator[str]:
    """Nothing is written, removed or renamed but through the contexts."""
    yield from seen_apart(subject).events.get("files", ())


@check(
    "process.network",
    "N8.4",
    RUNNABLE,
    "leave the network to sources, sinks, jobs and services",
    needs=_CHILD,
)
def network(subject: Subject) -> Iterator[str]:
    """No connection is opened and no name looked up."""
    yield from seen_apart(subject).events.get("network", ())


@check(
    "process.children",
    "N8.5",
    RUNNABLE,
    "start processes with `out.spawn` in a Task, with `job.spawn` in a Job",
    needs=_CHILD,
)
def children(subject: Subject) -> Iterator[str]:
    """No other program is started."""
    yield from seen_apart(subject).events.get("children", ())


@check(
    "process.same", "N8.7", RUNNABLE, "depend on no global state, no hash of a text and no order of a set",
    needs=(*_CHILD, "run.twice"),
)  # fmt: skip
def same(subject: Subject) -> Iterator[str]:
    """Another process gives the same output."""
    apart = seen_apart(subject)
    if apart.error:
        yield f"in another process it raises {apart.error}"
    elif (found := outputs_differ(subject.first.outputs, apart.outputs)) is not None:
        yield f"here and in another process: {found}"
