"""Secrets put into nodes, just before they are used and nowhere else, and taken out of what people see."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from urllib.parse import quote

from pydantic import ValidationError

from weirflow.errors import Diagnostic, FlowError
from weirflow.flow.interpolate import reveal, secret_names
from weirflow.graph.model import Graph, GraphNode

SHORT = 4  # characters below which a value is likely to be part of innocent words


def revealed(graph: Graph, environ: Mapping[str, str]) -> Graph:
    """The graph with secrets in place of their references. Raises FlowError where one is not set.

    What is planned, recorded, kept or exported is the graph with references: this one never leaves a run.
    """
    return replace(graph, nodes={n.id: _revealed(n, environ) for n in graph})


def references(graph: Graph, environ: Mapping[str, str]) -> dict[str, str]:
    """What must not be seen of the secrets that a graph uses, with the reference that is shown in its place.

    That is each value, also as it stands in quoted text, in JSON and in a URL; of a path its last part too.
    """
    found: dict[str, str] = {}
    for name in sorted(set().union(*(_names(n) for n in graph))):
        value = environ.get(name)
        if value:
            forms = {value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, safe=""), quote(value)}
            if "/" in value:
                forms.add(PurePath(value).name)
            found |= dict.fromkeys(forms - {""}, f"${{secret:{name}}}")
    return found


def concealed(text: str, values: Mapping[str, str]) -> str:
    """A text with references in place of secrets' values; of short ones only where they stand as words."""
    if not values:
        return text
    longest = sorted(values, key=len, reverse=True)
    parts = [re.escape(v) if len(v) >= SHORT else rf"(?<!\w){re.escape(v)}(?!\w)" for v in longest]
    return re.sub("|".join(parts), lambda match: values[match[0]], text)


def conceal(diagnostic: Diagnostic, values: Mapping[str, str]) -> Diagnostic:
    """A diagnostic with references in place of secrets' values."""
    return replace(
        diagnostic,
        message=concealed(diagnostic.message, values),
        hint=diagnostic.hint and concealed(diagnostic.hint, values),
        notes=tuple(concealed(n, values) for n in diagnostic.notes),
    )


def shown_cause(graph: Graph, error: Exception) -> Exception | None:
    """What an error may name as its cause: nothing where its text may hold a secret of the graph."""
    return None if any(_names(n) for n in graph) else error


def _names(node: GraphNode) -> set[str]:
    return secret_names(node.node.model_dump(by_alias=True, exclude_unset=True))


def _revealed(node: GraphNode, environ: Mapping[str, str]) -> GraphNode:
    given = node.node.model_dump(by_alias=True, exclude_unset=True)
    try:
        plain = reveal(given, environ)
    except FlowError as error:
        raise FlowError(
            [replace(d, where=node.spec.where, node=node.id) for d in error.diagnostics]
        ) from None
    if plain == given:
        return node
    try:
        return replace(node, node=type(node.node).model_validate(plain))
    except ValidationError as error:  # its text quotes the value
        fields = ", ".join(f"'{f}'" for f in dict.fromkeys(d["loc"][0] for d in error.errors() if d["loc"]))
        named = " or ".join(f"'{n}'" for n in sorted(_names(node)))
        raise FlowError(
            Diagnostic(
                "WF205",
                f"the value of the secret {named} does not fit {fields or 'the parameters'} of {node.reference}",
                node.spec.where,
                node=node.id,
                hint=f"`weirflow nodes show {node.spec.operator}` says what does",
            )
        ) from None
