"""Subflows: what an including node asks for, what an included flow declares, and how the two are joined."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from weirflow.errors import did_you_mean
from weirflow.flow.model import InputSpec, NodeSpec
from weirflow.flow.nodes import read_reference
from weirflow.flow.problems import Section, is_id, nearest
from weirflow.flow.scalars import kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Feeds: TypeAlias = dict[str, tuple[InputSpec, ...] | None]
"""What feeds each declared input: an edge, none, or None for the nearest node above the including one."""

_NAME_RULE = "use letters, digits, '_' and '-'"


@dataclass(frozen=True)
class Inclusion:
    """What a node `operator: flow` asks for."""

    path: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Output:
    """An output that a flow declares: the edge into it, whose port is its name, and its type."""

    edge: InputSpec
    type: str


def read_inclusion(section: Section, spec: NodeSpec) -> Inclusion | None:
    """Read the parameters of an including node, interpolated already."""
    inside = section.inside("parameters")
    if spec.version not in {None, 1}:
        section.error(
            "WF502", f"operator 'flow' has no version {spec.version}", "operator", hint="write 'flow'"
        )
    for name in spec.parameters:
        if name not in {"path", "parameters"}:
            hint = did_you_mean(name, ["path", "parameters"]) or "it takes path and parameters"
            inside.error(
                "WF203", f"unknown parameter '{name}' for operator 'flow'", name, key=True, hint=hint
            )
    path = spec.parameters.get("path")
    if path is None:
        hint = "write 'path:' and the subflow's file, relative to this one"
        inside.error("WF204", "a subflow has no 'path'", hint=hint, breaks=True)
        return None
    if not isinstance(path, str):
        inside.wrong("path", "text", path, breaks=True)
        return None
    if "${" in path:  # what could not be put in is reported already; a secret is no path
        section.problems.broken = True
        if "${secret:" in path:
            inside.error("WF308", "a subflow's path cannot be a secret", "path")
        return None
    if "://" in path:
        inside.error("WF308", "a subflow is a local file, not a URL", "path", breaks=True)
        return None
    return Inclusion(path, inside.mapping(spec.parameters, "parameters"))


def read_declared_inputs(section: Section, data: Mapping[Any, Any]) -> dict[str, str]:
    """The inputs that a flow declares, with their types, in order."""
    inside = section.inside("inputs")
    found: dict[str, str] = {}
    for name, type_ in section.mapping(data, "inputs", breaks=True).items():
        if not is_id(name):
            inside.error(
                "WF205", f"'{name}' cannot be an input's name", name, key=True, hint=_NAME_RULE, breaks=True
            )
        elif not isinstance(type_, str) or not is_id(type_):
            message = f"input '{name}' should have a type, and has {kind(type_)}"
            inside.error("WF205", message, name, hint="write 'table', or another type of port", breaks=True)
        else:
            found[name] = type_
    return found


def read_declared_outputs(section: Section, data: Mapping[Any, Any], prefix: str) -> tuple[Output, ...]:
    """The outputs that a flow declares: `name: node`, `node.port` or `{from: node, type: files}`."""
    found: list[Output] = []
    for name, value in section.mapping(data, "outputs", breaks=True).items():
        inside = section.inside("outputs", name)
        if not is_id(name):
            inside.error(
                "WF205", f"'{name}' cannot be an output's name", key=True, hint=_NAME_RULE, breaks=True
            )
            continue
        type_: Any = "table"
        text: Any = value
        path: tuple[str, ...] = ()
        if isinstance(value, dict):
            inside.keys(value, ("from", "type"), "an output")
            type_, text, path = value.get("type", "table"), value.get("from"), ("from",)
        if not isinstance(type_, str):
            inside.wrong("type", "the name of a type", type_, breaks=True)
            continue
        reference = read_reference(inside, text, prefix, *path)
        if reference is not None:
            found.append(Output(InputSpec(name, *reference, inside.at(*path)), type_))
    return tuple(found)


def feed(section: Section, names: Sequence[str], edges: tuple[InputSpec, ...] | None) -> Feeds:
    """Join an including node's edges to the inputs that the included flow declares, by name or in order."""
    if edges is None:
        if len(names) > 1:
            _unconnected(section, names)
        return dict.fromkeys(names)
    found: dict[str, InputSpec] = {}
    unnamed = [n for n in names if n not in {e.port for e in edges}]
    for edge in edges:
        if edge.port is None and not unnamed:
            message = (
                f"the subflow takes {len(names)} input{'' if len(names) == 1 else 's'}, and is given more"
            )
            hint = f"inputs: {', '.join(names)}" if names else "remove 'inputs'"
            section.problems.add("WF307", message, edge.where, hint=hint, node=section.node)
        elif edge.port is None:
            found[unnamed.pop(0)] = edge
        elif edge.port in names:
            found[edge.port] = edge
        else:
            message = f"the subflow has no input '{edge.port}'"
            hint = nearest(edge.port, names, "inputs" if names else "it has none")
            section.problems.add("WF304", message, edge.where, hint=hint, node=section.node)
    missing = [n for n in names if n not in found]
    if missing and len(found) == len(edges):
        _unconnected(section, missing)
    return {n: (InputSpec(None, e.node, e.output, e.where),) if (e := found.get(n)) else () for n in names}


def _unconnected(section: Section, names: Sequence[str]) -> None:
    listed = ", ".join(f"'{n}'" for n in names)
    one = len(names) == 1
    message = f"the subflow's input{'' if one else 's'} {listed} {'is' if one else 'are'} not connected"
    hint = f"write 'inputs: {{{', '.join(f'{n}: node' for n in names)}}}'"
    section.error("WF306", message, "inputs", hint=hint)


def rebase(values: dict[str, Any], data: Mapping[Any, Any], outer: Path, inner: Path) -> dict[str, Any]:
    """Values for an included flow's parameters, with paths made relative to its folder where they differ."""
    declared = data.get("parameters")
    if outer == inner or not isinstance(declared, dict):
        return values
    return {
        name: os.path.relpath(outer / value, inner)
        if isinstance(value, str) and _is_path(declared.get(name)) and _is_relative(value)
        else value
        for name, value in values.items()
    }


def _is_path(declaration: Any) -> bool:
    return isinstance(declaration, dict) and declaration.get("type") == "path"


def _is_relative(value: str) -> bool:
    return not (Path(value).is_absolute() or value.startswith("~") or "://" in value or "${" in value)
