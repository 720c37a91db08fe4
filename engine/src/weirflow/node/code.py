"""The writer that a node's `to_pandas` receives."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any, Literal

from weirflow.node.schema import Schema


class ExportRefusedError(Exception):
    """A node cannot be expressed as pandas code."""


class PandasCode:
    """Collects the body of one function of exported code.

    The function takes the node's inputs as `frames` (one is called `df`) and returns `result` (`df` unless
    changed; a node with several outputs sets it to their names in the order of its ports, `"train, test"`). The
    author writes lines that assign to it. The frame is the caller's: `df = df.assign(...)` is right; code that
    changes it in place, as `df["a"] = ...` does, is given a copy first. How lines are laid out does not matter:
    the export breaks and quotes them anew, returns the last assignment to `result`, and imports only what is used.
    """

    def __init__(
        self,
        *,
        name: str,
        schema: Schema,
        frames: Sequence[str] = ("df",),
        learn: bool = False,
        taken: set[str] | None = None,
        helpers: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.schema = schema  # of the first input; of a source, what it reads
        self.frames = tuple(frames)
        self.result: str = "df"
        self.learn = learn
        self.status: Literal["written", "skipped", "refused"] = "refused"
        self.reason = ""
        self.lines: list[str] = []
        self.imports: set[str] = set()
        self.constants: list[tuple[str, Any]] = []
        self.not_learned: list[str] = []  # trained values that no code learns though it was asked for
        self.summary = ""
        self.helpers = {} if helpers is None else helpers  # of the whole module: their names by their text
        self._taken = set() if taken is None else taken  # names of the whole module
        self.arguments: dict[str, str] = {}

    def write(self, text: str) -> None:
        """Add lines of code, dedented."""
        self.status = "written"
        self.lines += textwrap.dedent(text).strip("\n").splitlines()

    def use(self, statement: str) -> None:
        """Import something, as `import numpy as np`."""
        self.imports.add(statement)

    def value(self, name: str, trained: Any, learn: str | None = None) -> str:
        """A trained value: a module constant named after the node, or code that learns it when asked for.

        `learn` is a pandas expression over `df`. Returns the name to use in the code.
        """
        if self.learn and learn is not None:
            self.lines.append(f"{name} = {learn}")
            return name
        if self.learn:
            self.not_learned.append(name)
        return self.constant(name, trained)

    def constant(self, name: str, value: Any) -> str:
        """A module constant named after the node, for a value that is not learned. Returns its name.

        With an empty `name` it is called as the node is.
        """
        plain = re.sub(r"\W+", "_", f"{self.name}_{name}".strip("_")).upper()
        constant, count = plain, 2
        while constant in self._taken:
            if any(n == constant and repr(v) == repr(value) for n, v in self.constants):
                return constant
            constant, count = f"{plain}_{count}", count + 1
        self._taken.add(constant)
        self.constants.append((constant, value))
        return constant

    def helper(self, function: str) -> str:
        """A function for the module, written once however many nodes ask for it. Returns its name."""
        text = textwrap.dedent(function).strip("\n")
        if text not in self.helpers:
            plain = text.partition("def ")[2].partition("(")[0]
            name, count = plain, 2
            while name in self._taken:
                name, count = f"{plain}_{count}", count + 1
            self._taken.add(name)
            self.helpers[text] = name
        return self.helpers[text]

    def describe(self, sentence: str) -> None:
        """What the function does, for a node to which the flow gives no title; else its class says it."""
        self.summary = sentence

    def argument(self, location: str, name: str = "path") -> str:
        """A path that whoever runs the module may set: returns the function's argument that holds it."""
        self.arguments[name] = location
        return name

    def skip(self) -> None:
        """The node is no part of the exported table."""
        self.status = "skipped"

    def refuse(self, reason: str = "it has no pandas form") -> None:
        """The node cannot be expressed, and why."""
        self.status = "refused"
        self.reason = reason
