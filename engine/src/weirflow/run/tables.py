"""Lazy tables: one for each output, built from the sources with what has been learned so far."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from weirflow.errors import Diagnostic, NodeError
from weirflow.graph.faults import expect, fault, is_fault
from weirflow.graph.schemas import pointed
from weirflow.node.model import Estimator, Transform
from weirflow.node.payloads import Inputs

if TYPE_CHECKING:
    from weirflow.engines.base import Engine
    from weirflow.graph.model import Graph, GraphNode, Place
    from weirflow.graph.schemas import Flowed, Learned
    from weirflow.node.payloads import Table


class NodeFailedError(Exception):
    """A node failed: which, and what to tell the user."""

    def __init__(self, node: str, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.node = node
        self.diagnostic = diagnostic


class Watch:
    """What building tables tells, and asks: this one tells nobody."""

    def printed(self, node: str, text: str) -> None:
        """Custom code has printed something."""

    def holding(self, node: str) -> AbstractContextManager[None]:
        """A node takes a whole table into memory while the block lasts."""
        del node
        return contextlib.nullcontext()

    def attribute(self, node: GraphNode, place: Place, error: Exception) -> NodeFailedError:
        """Put an engine's error, met while a node's input at `place` was computed, down to a node."""
        del place
        return NodeFailedError(node.id, say(error, node))


class Tables:
    """Builds lazy tables on demand.

    An estimator that has not learned yet is a ghost: its columns are there, as nulls, so that what does not
    depend on them can be answered. A node that holds its table runs once; its result is kept in `held`.
    """

    def __init__(
        self,
        graph: Graph,
        flowed: Flowed,
        learned: Mapping[str, Learned],
        engine: Engine,
        given: Mapping[Place, Table],
        held: dict[Place, Table],
        watch: Watch | None = None,
    ) -> None:
        self.graph = graph
        self.flowed = flowed
        self.learned = learned
        self.engine = engine
        self.held = held
        self.watch = watch or Watch()
        self._built: dict[Place, Table] = {**given, **held}

    def get(self, place: Place) -> Table:
        """The table of an output. Raises NodeFailedError where a node on the way fails."""
        stack = [place]
        while stack:  # a loop, not recursion: flows may be long
            top = stack[-1]
            if top in self._built:
                stack.pop()
                continue
            edges = [e for e in self.graph[top[0]].inputs if e.type == "table"]
            missing = [e.place for e in edges if e.place not in self._built]
            if missing:
                stack += missing
                continue
            node = self.graph[top[0]]
            inputs = Inputs([(e.input, self._built[e.place]) for e in edges])
            for port, table in self.apply(node, inputs).items():
                self._built[node.id, port] = table
            if top not in self._built:
                raise NodeFailedError(
                    node.id, Diagnostic("WF601", f"{node.reference} gave no output '{top[1]}'", node=node.id)
                )
            stack.pop()
        return self._built[place]

    def apply(self, node: GraphNode, inputs: Inputs[Table]) -> Mapping[str, Table]:
        """Apply one node to its input tables."""
        if node.node.holds_table:
            with self.watch.holding(node.id):
                return self._hold(node, inputs)
        with blame(node):
            return self._apply(node, inputs)

    def _hold(self, node: GraphNode, inputs: Inputs[Table]) -> Mapping[str, Table]:
        """Apply a node that wants its rows in memory; its result is kept there."""
        places = [e.place for e in node.inputs if e.type == "table"]
        held: list[tuple[str, Table]] = []
        for place, (name, table) in zip(places, inputs.items(), strict=True):
            try:
                held.append((name, self.engine.hold(table)))
            except Exception as error:
                raise self.watch.attribute(node, place, error) from error
        output = io.StringIO()
        try:
            # the stream is the process's: scoring threads, which run no code, must not swap it under one another
            printed = contextlib.redirect_stdout(output) if node.node.runs_code else contextlib.nullcontext()
            with blame(node), printed:
                made = {p: self.engine.hold(t) for p, t in self._apply(node, Inputs(held)).items()}
        finally:
            if output.getvalue():
                self.watch.printed(node.id, output.getvalue())
        self.held.update({(node.id, p): t for p, t in made.items()})
        return made

    def _apply(self, node: GraphNode, inputs: Inputs[Table]) -> Mapping[str, Table]:
        instance = self.flowed.nodes[node.id]
        if isinstance(instance, Estimator):
            learned = self.learned.get(node.id)
            port = node.output_ports[0].name
            if learned is None:
                return {port: self._ghost(node, inputs.table)}
            made: Any = instance.resolve(learned.chosen).transform(inputs.table, learned.trained)
            return {port: a_table(made, "transform()")}
        assert isinstance(instance, Transform)
        made = instance.transform(inputs)
        if not isinstance(made, Mapping):
            return {node.output_ports[0].name: a_table(made, "transform()")}
        return {port: a_table(table, f"transform(), for '{port}',") for port, table in made.items()}

    def _ghost(self, node: GraphNode, table: Table) -> Table:
        """The shape of an estimator that has not learned: the columns it makes, as nulls."""
        effect = self.flowed.effects[node.id, node.output_ports[0].name]
        if effect.opaque:
            return table
        return self.engine.ghost(table, {name: made.dtype for name, made in effect.makes.items()})


def a_table(value: object, what: str) -> Table:
    """A table that a node gave. Raises WrongResultError where it is none."""
    import narwhals as nw

    return expect(value, nw.LazyFrame, what)


@contextlib.contextmanager
def blame(node: GraphNode) -> Any:
    """Turn whatever a node raises into an error that names it."""
    try:
        yield
    except NodeFailedError:
        raise
    except Exception as error:
        raise NodeFailedError(node.id, say(error, node)) from error


def say(error: BaseException, node: GraphNode, otherwise: str = "WF601") -> Diagnostic:
    """An error of a node in the user's words, without values from cells.

    `otherwise` is the code where the node's own error has none.
    """
    where = node.spec.where
    if isinstance(error, NodeError):
        where = pointed(node, error.message)
        code = error.code or otherwise
        return Diagnostic(code, error.message, where, node=node.id, hint=error.hint or _hint(code, node))
    if isinstance(error, ImportError) and error.name:
        return Diagnostic(
            "WF504",
            f"{node.reference} needs the library '{error.name}'",
            where,
            node=node.id,
            hint="install the extra it belongs to",
        )
    if is_fault(error):
        return fault(error, node)
    from weirflow.engines import compat

    code, message = compat.raised(error) or compat.explain_error(error)
    return Diagnostic(code, message, pointed(node, message), node=node.id, hint=_hint(code, node))


def _hint(code: str, node: GraphNode) -> str | None:
    """How to mend what an engine met in the middle of a table."""
    match code:
        case "WF605":
            return "free some space, or use another disk with -o and --store"
        case "WF610" | "WF613":
            operator = node.spec.operator
            return f"choose what becomes of such values: `weirflow nodes show {operator}` lists the choices"
        case "WF614":
            return "look at the nodes above that filter rows, and at the source"
        case _:
            return None
