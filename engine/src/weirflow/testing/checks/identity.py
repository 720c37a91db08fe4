"""Identity: what a class says of itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from weirflow.node.model import OPERATOR
from weirflow.plugins.describe import KINDS
from weirflow.testing.check import ANY, check

if TYPE_CHECKING:
    from weirflow.testing.subject import Subject

_LONG = 120  # characters of a summary: a line of a listing


@check("identity.operator", "N1.1", ANY, "set `operator` to family.verb in lower case, as 'encode.one_hot'")
def operator(subject: Subject) -> Iterator[str]:
    """The operator is called family.verb."""
    name: Any = getattr(subject.node_class, "operator", None)
    if not isinstance(name, str):
        yield f"{subject.name} has no `operator`"
    elif not OPERATOR.fullmatch(name):
        yield f"'{name}' is no operator's name"


@check("identity.version", "N1.2", ANY, "set them to whole numbers from 1 on")
def version(subject: Subject) -> Iterator[str]:
    """Version and revision are whole numbers from 1 on."""
    for what in ("version", "revision"):
        value: Any = getattr(subject.node_class, what)
        if type(value) is not int or value < 1:
            yield f"its {what} is {value!r}"


@check("identity.kind", "N1.3", ANY, "derive from one of the kinds of node and define its methods")
def kind(subject: Subject) -> Iterator[str]:
    """The class is of one kind, and whole."""
    kinds = [k.__name__ for k in KINDS if issubclass(subject.node_class, k)]
    if len(kinds) != 1:
        yield f"it is of {len(kinds)} kinds ({', '.join(kinds) or 'none'})"
    lacking = sorted(subject.node_class.__abstractmethods__)
    if lacking:
        yield f"it does not define {', '.join(lacking)}"


@check(
    "identity.docstring", "N1.4", ANY, "begin the class's docstring with one short sentence and a full stop"
)
def docstring(subject: Subject) -> Iterator[str]:
    """The docstring begins with a sentence for listings."""
    own = subject.node_class.__dict__.get("__doc__")
    first = inspect.cleandoc(own or "").partition("\n")[0]
    if not first:
        yield "it has no docstring"
    elif not first.endswith((".", "!", "?")) or len(first) > _LONG:
        yield f"its docstring begins with '{first[:_LONG]}', which is no sentence of one line"


@check(
    "identity.upgrade",
    "N1.5",
    ANY,
    "let the upgrade give parameters of the version it leads to",
    needs=("identity.operator", "identity.version"),
)
def upgrade(subject: Subject) -> Iterator[str]:
    """Stored parameters of older versions become those of this one, with the same meaning."""
    steps = {(u.operator, u.version): u for u, _ in subject.case.older}
    for first, stored in subject.case.older:
        parameters: Mapping[str, Any] = dict(stored)
        version = first.version
        while (first.operator, version) in steps:
            step = steps[first.operator, version]
            module, _, name = step.target.partition(":")
            before = repr(parameters)
            made = getattr(import_module(module), name)(parameters)
            if repr(parameters) != before:
                yield f"the upgrade from version {version} changes the parameters that it is given"
            parameters, version = made, step.to
        if (first.operator, version) != (subject.node_class.operator, subject.node_class.version):
            yield f"the upgrade from {first.operator}@{first.version} ends at version {version}"
        elif subject.make(parameters) != subject.node:
            yield f"{first.operator}@{first.version} becomes {dict(parameters)}, which means something else"
