"""A flow as one readable pandas module: a function a node, what was learned as constants, and `main`."""

from __future__ import annotations

import ast
import os.path
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.errors import ExitCode, RunError, WeirflowError
from weirflow.export import secret
from weirflow.export.layout import docstring, filled, tidy
from weirflow.export.lines import expression
from weirflow.export.names import Names, snake
from weirflow.export.step import Function, Translator
from weirflow.export.syntax import WIDTH, flat

if TYPE_CHECKING:
    from weirflow.graph.model import Graph, GraphNode, Place
    from weirflow.plan.model import Plan

_IMPORTS = (
    "import argparse",
    "import datetime as dt",
    "import numpy as np",
    "import os",
    "import pandas as pd",
    "from pathlib import Path",
)
"""What is imported where a name of it is used."""


class ExportError(WeirflowError):
    """The flow cannot be exported: diagnostics name every node and the reason."""

    exit_code = ExitCode.FAILED


def export_pandas(plan: Plan, *, learn: bool = False) -> str:
    """The pandas module of a plan: it reads the same sources and writes the same destinations.

    With `learn` the module learns from the data it is given instead of holding what was learned. Raises
    RunError where a node is not fitted, ExportError where nodes have no pandas form; all are named at once.
    Nothing of the flow is executed.
    """
    return _Module(plan, learn=learn).text()


@dataclass
class _Body:
    """The lines of `main`, and the variable that holds each output at the moment."""

    lines: list[str] = field(default_factory=list)
    variables: dict[Place, str] = field(default_factory=dict)


class _Module:
    def __init__(self, plan: Plan, *, learn: bool) -> None:
        self.plan = plan
        self.graph: Graph = plan.graph
        self.learn = learn
        self.names = Names()
        self.flags = Names(frozenset({"help"}))
        self.translator = Translator(plan, learn=learn, taken=self.names.taken)
        self.functions: dict[str, Function] = {}
        self.passed: set[str] = set()  # nodes that hand their table on as it is

    def text(self) -> str:
        kept = self._kept()
        for statement in _IMPORTS:
            self.names.taken |= _bound(statement)
        for node in self.graph:
            if node.id in kept:
                function = self.translator.function(node, self._name(node))
                if function is not None:
                    self.functions[node.id] = function
                else:
                    self.passed.add(node.id)
        if self.translator.found:
            found = self.translator.found
            raise RunError(found) if all(d.code == "WF612" for d in found) else ExportError(found)
        constants = [c for f in self.functions.values() for c in f.constants]
        listed = [line for name, value in constants for line in expression(value, 0, f"{name} = ")]
        blocks = [*self.translator.shared(), *(list(f.lines) for f in self.functions.values())]
        blocks.append([*self._left_out(kept), *self._main()])
        blocks.append(['if __name__ == "__main__":', "    main()"])
        imports = _imports([listed, *blocks], (i for f in self.functions.values() for i in f.imports))
        head = [*self._header(constants=bool(constants)), "", *imports]
        head += ["", *listed] if listed else []
        return "\n\n\n".join("\n".join(b) for b in (head, *blocks)) + "\n"

    def _kept(self) -> frozenset[str]:
        """The destinations and all that feeds them; in a flow without one, all that makes a table."""
        wanted = [n for n in self.graph if self.plan.wanted(n.id)]
        ends = [n.id for n in wanted if n.is_step]
        ends = ends or [n.id for n in wanted if any(p.type == "table" for p in n.output_ports)]
        return self.graph.ancestors(ends)

    def _name(self, node: GraphNode) -> str:
        name = snake(node.id)
        verbs = {"source": ("read_", "load_"), "sink": ("write_", "save_")}.get(node.kind, ())
        if verbs and not name.startswith(verbs):
            name = verbs[0] + name
        return self.names.take(name)

    def _header(self, *, constants: bool) -> list[str]:
        flow = self.graph.flow
        name = re.sub(r"[-_]+", " ", flow.name or flow.file.stem).strip()
        paragraphs = [f"{name[:1].upper()}{name[1:]}."]
        if flow.description.strip():
            paragraphs.append(flow.description.strip())
        usage = "Run it as a script."
        if any(f.arguments for f in self.functions.values()):
            usage += " `--help` names the files that it reads and writes;"
            usage += " relative paths start from the current directory."
        if self.learn and any(self.graph[n].kind == "estimator" for n in self.functions):
            usage += " What its steps learn, they learn from the data that is read."
        elif constants:
            usage += " The constants are what its steps were given or learned in training."
        paragraphs.append(f"{usage} Exported by weirflow from {flow.file.name}.")
        return docstring("\n\n".join(paragraphs), 0)

    def _left_out(self, kept: frozenset[str]) -> list[str]:
        out = [
            n.id
            for n in self.graph
            if self.plan.wanted(n.id) and n.id not in kept | {"flow.input", "flow.output"}
        ]
        if not out:
            return []
        text = f"Left out, since no destination depends on {'it' if len(out) == 1 else 'them'}: {', '.join(out)}."
        return [f"# {line}" for line in filled(text, WIDTH - 2)]

    def _main(self) -> list[str]:
        arguments = {
            (function.node, argument): self._flag(function, argument)
            for function in self.functions.values()
            for argument in function.arguments
        }
        lines: list[str] = []
        if arguments:
            lines.append("parser = argparse.ArgumentParser(description=__doc__)")
            lines += [self._argument(n, a, flag) for (n, a), flag in arguments.items()]
            lines += ["args = parser.parse_args()", ""]
        lines += self._calls(arguments)
        doc = '"""Run all steps, from the sources to the destinations."""'
        body = textwrap.indent("\n".join([doc, *lines]), "    ")
        return tidy(f"def main() -> None:\n{body}")

    def _flag(self, function: Function, argument: str) -> str:
        plain = snake(function.node)
        name = plain if argument == "path" else f"{plain}_{argument}"
        return self.flags.take(name, "path")

    def _argument(self, node: str, argument: str, flag: str) -> str:
        spec = self.graph[node].spec
        location = self._location(node, argument)
        word = {"source": "source", "sink": "destination"}.get(self.graph[node].kind, "file")
        meaning = f"{word}: {spec.title}" if spec.title else word
        option = flag.replace("_", "-")
        if secret.refers(location):
            told, default = "by default from the environment", ""
        else:
            told, default = "default: %(default)s", f", default={flat(ast.Constant(location))}"
        told = f"{meaning.replace('%', '%%')} ({told})"
        return f'parser.add_argument("--{option}", metavar="PATH"{default}, help={flat(ast.Constant(told))})'

    def _location(self, node: str, argument: str) -> str:
        """A location as seen from the flow's folder, also where a subflow in another folder gives it."""
        location = self.functions[node].arguments[argument]
        base, own = self.graph.flow.base, self.graph[node].spec.base
        if own == base or "://" in location or Path(location).is_absolute() or secret.refers(location):
            return location
        return os.path.relpath(own / location, base)

    def _given(self, node: str, argument: str, flag: str) -> str:
        location = self._location(node, argument)
        if not secret.refers(location):
            return f"args.{flag}"
        return f"args.{flag} or {flat(secret.lookup(location))}"

    def _calls(self, arguments: Mapping[tuple[str, str], str]) -> list[str]:
        """Call the functions in the flow's order. A table that nothing else needs passes its variable on."""
        left: dict[Place, int] = {}
        for node in self.functions:
            for place in self._feeds(node):
                left[place] = left.get(place, 0) + 1
        single = sum(self.graph[n].kind == "source" for n in self.functions) == 1
        body = _Body()
        for node, function in self.functions.items():
            feeds = self._feeds(node)
            given = [body.variables[p] for p in feeds]
            given += [self._given(node, a, arguments[node, a]) for a in function.arguments]
            for place in feeds:
                left[place] -= 1
            call = f"{function.name}({', '.join(given)})"
            outputs = [(node, p.name) for p in self.graph[node].output_ports if p.type == "table"]
            if not outputs:
                body.lines.append(call)
                continue
            live = {v for p, v in body.variables.items() if left.get(p, 0) > 0}
            names = self._variables(outputs, feeds, body.variables, live, left, single=single)
            body.lines.append(f"{', '.join(names)} = {call}")
            body.variables |= dict(zip(outputs, names, strict=True))
        ends = [v for p, v in body.variables.items() if p not in left] if not self._writes() else []
        return [*body.lines, *(f"print({v})" for v in ends)]

    def _writes(self) -> bool:
        return any(self.graph[n].is_step for n in self.functions)

    def _feeds(self, node: str) -> list[Place]:
        return [self._origin(e.place) for e in self.graph[node].inputs if e.type == "table"]

    def _origin(self, place: Place) -> Place:
        """Where a table was made, past nodes that hand it on as it is."""
        node, output = place
        while node in self.passed:
            edges = self.graph[node].inputs
            edge = next((e for e in edges if e.input == output), edges[0])
            node, output = edge.place
        return node, output

    def _variables(
        self,
        outputs: Sequence[Place],
        feeds: Sequence[Place],
        variables: Mapping[Place, str],
        live: set[str],
        left: Mapping[Place, int],
        *,
        single: bool,
    ) -> list[str]:
        node = outputs[0][0]
        if len(outputs) > 1:
            writes = self._writes()
            return ["_" if writes and p not in left else self.names.take(snake(p[1]), "df") for p in outputs]
        if not live and (feeds or single):
            return ["df"]
        free = [variables[p] for p in feeds if variables[p] not in live]
        if free:
            return [free[0]]
        name = snake(node)
        return [self.names.take(name if not feeds else f"{name}_df", "df")]


def _bound(statement: str) -> set[str]:
    """The names that an import binds."""
    found: set[str] = set()
    for node in ast.parse(statement).body:
        assert isinstance(node, ast.Import | ast.ImportFrom)
        found |= {(a.asname or a.name).partition(".")[0] for a in node.names}
    return found


def _imports(blocks: Iterable[Sequence[str]], asked: Iterable[str]) -> list[str]:
    """The imports that the code uses, in the order in which isort has them."""
    used = {
        n.id for block in blocks for n in ast.walk(ast.parse("\n".join(block))) if isinstance(n, ast.Name)
    }
    plain: dict[bool, set[str]] = {True: set(), False: set()}
    members: dict[str, set[str]] = {}
    for statement in {*_IMPORTS, *asked}:
        for node in ast.parse(statement).body:
            assert isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names:
                if (alias.asname or alias.name).partition(".")[0] not in used:
                    continue
                if isinstance(node, ast.ImportFrom):
                    members.setdefault(node.module or "", set()).add(ast.unparse(alias))
                else:
                    plain[_standard(alias.name)].add(f"import {ast.unparse(alias)}")
    lines = ["from __future__ import annotations"]
    for standard in (True, False):
        own = [m for m in sorted(members) if _standard(m) is standard]
        froms = [f"from {m} import {', '.join(sorted(members[m], key=_isort))}" for m in own]
        section = [*sorted(plain[standard], key=str.casefold), *froms]
        lines += ["", *section] if section else []
    return lines


def _isort(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def _standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names
