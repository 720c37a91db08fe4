"""One node of a document: its keys, its operator's name, its edges. Parameters are left to the loader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weirflow.errors import did_you_mean
from weirflow.flow.model import InputSpec
from weirflow.flow.problems import Section, is_id
from weirflow.flow.scalars import kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEYS = ("id", "operator", "parameters", "inputs", "title", "description", "tags", "cache", "seed")
INTERNAL = ("flow.input", "flow.output")
"""Operators that subflows are made of; no file may write them."""

_OPERATOR = re.compile(r"([^@\s]+)(?:@([1-9][0-9]{0,8}))?")
_ID_RULE = "use letters, digits, '_' and '-'"


@dataclass(frozen=True)
class RawNode:
    """A node whose id and operator are known."""

    id: str  # without the scope
    operator: str  # empty where it cannot be told, which breaks the flow
    version: int | None
    data: Mapping[Any, Any]
    section: Section


def read_nodes(
    section: Section, items: Sequence[Any], prefix: str, taken: Mapping[str, Section]
) -> list[RawNode]:
    """Read ids and operators. `taken` are the flow's declared inputs, `prefix` is the scope with a slash."""
    first: dict[str, Section] = dict(taken)
    ids: list[str | None] = []
    for i, data in enumerate(items):
        ids.append(_written_id(section.inside(i), data, prefix, first))
    found: list[RawNode] = []
    for i, data in enumerate(items):
        if not isinstance(data, dict):
            continue
        here = section.inside(i)
        id_ = named = ids[i]
        operator = _operator(here.inside(node=id_ and prefix + id_), data) or ("", None)
        if id_ is None:
            id_ = _made_id(operator[0], first)
            first[id_] = here
        label = (
            None if named is None and "id" in data else prefix + id_
        )  # an id that is wrong is not replaced
        found.append(RawNode(id_, *operator, data, section.inside(i, node=label)))
    return found


def _written_id(section: Section, data: Any, prefix: str, first: dict[str, Section]) -> str | None:
    if not isinstance(data, dict):
        hint = "write '- id: …' and 'operator: …' under it"
        section.error("WF205", f"a node should be a mapping, and is {kind(data)}", hint=hint, breaks=True)
        return None
    id_ = data.get("id")
    if "id" not in data:
        return None
    if not isinstance(id_, str) or not is_id(id_):
        if isinstance(id_, str):
            section.error("WF205", f"'{id_}' cannot be an id", "id", hint=_ID_RULE, breaks=True)
        else:
            section.wrong("id", "text", id_, hint="put it in quotes", breaks=True)
        return None
    if id_ in first:
        also = ((first[id_].at("id"), "it is here first"),)
        Section(section.problems, section.where, prefix + id_).error(
            "WF301", f"two nodes have the id '{id_}'", "id", hint="rename one of them", also=also, breaks=True
        )
        return id_
    first[id_] = section
    return id_


def _made_id(operator: str, taken: Mapping[str, object]) -> str:
    verb = operator.rpartition(".")[2]
    verb = verb if is_id(verb) else "node"
    name, n = verb, 1
    while name in taken:
        n += 1
        name = f"{verb}_{n}"
    return name


def _operator(section: Section, data: Mapping[Any, Any]) -> tuple[str, int | None] | None:
    if "operator" not in data:
        if any(key not in KEYS and did_you_mean(str(key), ["operator"]) for key in data):
            section.problems.broken = True  # misspelt, which is reported with the node's other keys
            return None
        hint = "every node names one, such as 'operator: read.csv'"
        section.error("WF202", "a node has no 'operator'", hint=hint, breaks=True)
        return None
    value = data["operator"]
    found = _OPERATOR.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        if isinstance(value, str):
            hint = "write family.verb or family.verb@version, such as encode.one_hot@1"
            section.error("WF205", f"'{value}' cannot be an operator", "operator", hint=hint, breaks=True)
        else:
            section.wrong("operator", "text", value, breaks=True)
        return None
    if found[1] in INTERNAL:
        hint = "declare 'inputs' and 'outputs' at the top of the subflow"
        section.error(
            "WF205", f"'{found[1]}' cannot be written as an operator", "operator", hint=hint, breaks=True
        )
        return None
    return found[1], int(found[2]) if found[2] else None


def read_reference(
    section: Section, text: Any, prefix: str, *path: str | int
) -> tuple[str, str | None] | None:
    """Read `node` or `node.port`: the node's full id and the port."""
    if not isinstance(text, str):
        message = f"an input should be a node, or node.port, and is {kind(text)}"
        section.error("WF205", message, *path, breaks=True)
        return None
    node, dot, port = text.partition(".")
    if is_id(node) and (not dot or is_id(port)):
        return prefix + node, port if dot else None
    hint = "write a node's id, or id.port"
    if "/" in text:
        hint = "what lies inside a subflow cannot be used from outside: use its outputs, as id.port"
    section.error("WF205", f"'{text}' cannot be an input", *path, hint=hint, breaks=True)
    return None


def read_inputs(section: Section, data: Mapping[Any, Any], prefix: str) -> tuple[InputSpec, ...] | None:
    """Read the edges of a node in their three spellings; None where they are left out."""
    if "inputs" not in data:
        return None
    value = data["inputs"]
    entries: list[tuple[str | None, Any, tuple[str | int, ...]]]
    if isinstance(value, str):
        entries = [(None, value, ("inputs",))]
    elif isinstance(value, list):
        entries = [(None, v, ("inputs", i)) for i, v in enumerate(value)]
    elif isinstance(value, dict):
        entries = [(str(k), v, ("inputs", str(k))) for k, v in value.items()]
    else:
        hint = "leave 'inputs' out to take the nearest node above, or write [] for none"
        expected = "a node, a list of nodes, or a mapping from port to node"
        section.wrong("inputs", expected, value, hint=None if value else hint, breaks=True)
        return None
    found = []
    for port, text, path in entries:
        reference = read_reference(section, text, prefix, *path)
        if reference is not None:
            found.append(InputSpec(port, *reference, section.at(*path)))
    return tuple(found)
