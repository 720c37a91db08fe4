"""One node as one function of a pandas module."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weirflow.errors import Diagnostic, NodeError
from weirflow.export import secret
from weirflow.export.layout import docstring, tidy
from weirflow.export.literals import literal
from weirflow.export.names import snake
from weirflow.node.code import ExportRefusedError, PandasCode
from weirflow.node.model import Analysis, Estimator, Sink, Source, Transform
from weirflow.node.statistics import Answers

if TYPE_CHECKING:
    from weirflow.graph.model import GraphNode
    from weirflow.plan.model import Plan


@dataclass(frozen=True)
class Function:
    """The function of one node.

    arguments: the paths it takes after its frames, with the locations that the flow gives.
    """

    node: str
    name: str
    frames: tuple[str, ...]
    arguments: dict[str, str]
    lines: tuple[str, ...]
    constants: tuple[tuple[str, ast.expr], ...]
    imports: frozenset[str]


class _Unlearned:
    """Stands for what a node has not learned yet. It can be passed on, but not be looked at."""

    def __getattr__(self, name: str) -> _Unlearned:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> _Unlearned:
        return self

    def __call__(self, *_args: object, **_options: object) -> _Unlearned:
        return self

    def _look(self, *_: object) -> Any:
        raise _LookedAtError

    __bool__ = __len__ = __iter__ = __contains__ = __eq__ = __lt__ = __le__ = __gt__ = __ge__ = _look
    __hash__ = __str__ = __repr__ = __format__ = __int__ = __float__ = __add__ = __sub__ = __mul__ = _look


class _LookedAtError(Exception):
    """Code depends on what was never learned."""


class Translator:
    """Turns the nodes of a plan into functions."""

    def __init__(self, plan: Plan, *, learn: bool, taken: set[str]) -> None:
        self.plan = plan
        self.learn = learn
        self.taken = taken  # names of the whole module
        self.helpers: dict[str, str] = {}  # functions that several nodes may share: their names by their text
        self.found: list[Diagnostic] = []

    def function(self, node: GraphNode, name: str) -> Function | None:
        """The function of a node; None where it is no part of the table, or where it cannot be had."""
        code = self._written(node)
        if code is None or code.status == "skipped":
            return None
        try:
            return self._function(node, name, code)
        except SyntaxError:
            self._refuse(node, "its code is not valid Python")
        except TypeError as error:
            self._refuse(node, str(error))
        return None

    def shared(self) -> list[list[str]]:
        """The functions that nodes share."""
        return [tidy(re.sub(r"(?<=def )\w+", name, text, count=1)) for text, name in self.helpers.items()]

    def _written(self, node: GraphNode) -> PandasCode | None:
        if node.id in self.plan.flowed.waiting:
            self._unfitted(
                node, "its columns are chosen among those that an earlier node makes when it is fitted"
            )
            return None
        learned = self.plan.learned.get(node.id)
        if node.kind == "estimator" and learned is None and not self.learn:
            self._unfitted(node, self.plan.nodes[node.id].reason)
            return None
        instance = self.plan.flowed.nodes[node.id]
        code = PandasCode(
            name=snake(node.id),
            schema=self._schema(node),
            frames=frames(node),
            learn=self.learn,
            taken=self.taken,
            helpers=self.helpers,
        )
        try:
            if isinstance(instance, Estimator):
                instance.to_pandas(code, _Unlearned() if learned is None else learned.trained)
            elif isinstance(instance, Source | Transform | Analysis | Sink):
                instance.to_pandas(code)
            else:
                code.refuse(f"a {node.kind} is no work on tables")
        except _LookedAtError:
            self._unfitted(node, "its code depends on what it learns", learning=True)
            return None
        except (NodeError, ExportRefusedError) as error:
            code.refuse(str(error))
        if code.status == "refused":
            self._refuse(node, code.reason or "it has no pandas form")
            return None
        if code.not_learned and isinstance(instance, Estimator) and _asks(instance, code):
            names = ", ".join(f"'{n}'" for n in code.not_learned)
            self._refuse(
                node, f"pandas code cannot learn its {names}", hint="export it fitted, without --refit"
            )
            return None
        return code

    def _schema(self, node: GraphNode) -> Any:
        if node.kind == "source":
            return self.plan.flowed.schemas[node.id, node.output_ports[0].name]
        return self.plan.flowed.input_schema(node)

    def _refuse(self, node: GraphNode, reason: str, hint: str | None = None) -> None:
        self.found.append(
            Diagnostic(
                "WF801",
                f"{node.reference} ('{node.id}') cannot be exported to pandas: {reason}",
                node.spec.where,
                node=node.id,
                hint=hint,
            )
        )

    def _unfitted(self, node: GraphNode, reason: str, *, learning: bool = False) -> None:
        ways = "run it first" if learning or self.learn else "run it first, or export with --refit"
        self.found.append(
            Diagnostic(
                "WF612", f"'{node.id}' is not fitted: {reason}", node.spec.where, node=node.id, hint=ways
            )
        )

    def _function(self, node: GraphNode, name: str, code: PandasCode) -> Function:
        body = "\n".join(code.lines)
        constants = [(n, literal(v)) for n, v in code.constants]
        if secret.mentions(node.spec.parameters):
            body = secret.code_with_lookups(body)
            constants = [(n, secret.with_lookups(v)) for n, v in constants]
        outputs = [p for p in node.output_ports if p.type == "table"]
        given = [f"{f}: pd.DataFrame" for f in code.frames]
        given += [f"{a}: str | Path" for a in code.arguments]
        makes = "None" if not outputs else "pd.DataFrame"
        if len(outputs) > 1:
            makes = f"tuple[{', '.join(['pd.DataFrame'] * len(outputs))}]"
        if node.kind == "sink" and "path" in code.arguments and "mkdir" not in body:
            body = f"Path(path).parent.mkdir(parents=True, exist_ok=True)\n{body}"
        body = _complete(body, code.frames, code.result if outputs else None)
        head = tidy(f"def {name}({', '.join(given)}) -> {makes}: ...")[:-1]
        lines = [*head, *docstring(_meaning(node, code.summary), 4), *tidy(body, 4)]
        return Function(
            node.id,
            name,
            code.frames,
            code.arguments,
            tuple(lines),
            tuple(constants),
            frozenset(code.imports),
        )


def frames(node: GraphNode) -> tuple[str, ...]:
    """What a node's input tables are called in its function: `df`, or the names of its ports."""
    names = [e.input for e in node.inputs if e.type == "table"]
    if len(names) <= 1:
        return ("df",) * len(names)
    if len(set(names)) == len(names) and all(n.isidentifier() for n in names):
        return tuple(names)
    return tuple(f"df_{i}" for i in range(1, len(names) + 1))


def _asks(node: Estimator[Any], code: PandasCode) -> bool:
    """Whether anything is learned from data at all."""
    return bool(list(node.ask(code.schema, Answers())))


def _meaning(node: GraphNode, summary: str) -> str:
    """What a node does, as the flow says it, or else as the node or its class does."""
    title, description = node.spec.title.strip(), node.spec.description.strip()
    if title or description:
        return "\n\n".join(_sentence(t) for t in (title, description) if t)
    if summary:
        return _sentence(summary)
    summary = " ".join(inspect.cleandoc(type(node.node).__doc__ or "").partition("\n\n")[0].split())
    return _sentence(re.split(r"(?<=[.!?]) ", summary, maxsplit=1)[0] or node.id)


def _sentence(text: str) -> str:
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?:" else f"{text}."


def _complete(body: str, given: Sequence[str], result: str | None) -> str:
    """A function's body with the copies it needs and what it returns."""
    tree = ast.parse(body)
    copies = [f"{f} = {f}.copy()" for f in given if _changes(tree, f)]
    if result is None:
        return "\n".join([*copies, body])
    last = tree.body[-1] if tree.body else None
    match last:
        case ast.Assign([ast.Name(name)]) if name == result:
            lines = body.splitlines()
            lines[last.lineno - 1] = re.sub(rf"^{re.escape(name)}\s*=\s*", "return ", lines[last.lineno - 1])
            return "\n".join([*copies, *lines])
        case _:
            return "\n".join([*copies, body, f"return {result}"])


_CHANGING = frozenset({"insert", "pop", "update", "clear"})


def _changes(tree: ast.Module, frame: str) -> bool:
    """Whether code changes a frame that is still the caller's."""
    for statement in tree.body:
        if any(_in_place(n, frame) for n in ast.walk(statement)):
            return True
        if isinstance(statement, ast.Assign) and any(_root(t) == frame for t in statement.targets):
            return False
    return False


def _in_place(node: ast.AST, frame: str) -> bool:
    targets: Sequence[ast.expr] = ()
    match node:
        case ast.Assign(found) | ast.Delete(found):
            targets = found
        case ast.AugAssign(found) | ast.For(found):
            targets = [found]
        case ast.Call(ast.Attribute(value, name), _, keywords):
            asked = any(k.arg == "inplace" for k in keywords)
            return (name in _CHANGING or asked) and _root(value) == frame
    return any(not isinstance(t, ast.Name) and _root(t) == frame for t in targets)


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None
