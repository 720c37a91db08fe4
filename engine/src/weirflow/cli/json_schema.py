"""JSON Schemas (draft 2020-12) of flow files and of operators, for editors: what `weirflow schema` writes.

Editors follow the first line of a flow, `# yaml-language-server: $schema=...`. The schema of flows knows every
installed operator, so it completes and explains operators and their parameters. It checks shapes alone: what
spans nodes, such as edges and columns, is `weirflow check`'s.
"""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from weirflow.cli.json_schema_cases import cases
from weirflow.errors import MissingError
from weirflow.flow.model import FORMAT, ParameterType
from weirflow.plugins.describe import kind, parameter_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.node.model import Node
    from weirflow.plugins.hookspecs import NodeReference
    from weirflow.plugins.registry import Registry

Json: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_INTERPOLATION = {"$ref": "#/$defs/interpolation"}
_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


def all_schemas(registry: Registry) -> dict[str, str]:
    """Every schema file by its path: of flows, of files of tests, and `operators/<operator>@<version>.schema.json`."""
    found = {"flow.schema.json": text(flow_schema(registry)), "tests.schema.json": text(_tests_schema())}
    for reference in registry.references():
        try:
            schema = operator_schema(registry, reference)
        except MissingError:  # its library is not installed: the schema of flows has its name alone
            continue
        found[f"operators/{reference.reference}.schema.json"] = text(schema)
    return found


def text(schema: Json) -> str:
    """A schema as its file has it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def operator_schema(registry: Registry, reference: NodeReference) -> Json:
    """The schema of an operator's parameters. Raises MissingError where its class cannot be imported."""
    node = registry.node_class(reference, to_read=True)
    return {
        "$schema": DIALECT,
        "title": reference.reference,
        "description": _sentence(reference, kind(node)),
        **parameter_schema(node),
    }


def flow_schema(registry: Registry) -> Json:
    """The schema of flow files, with the operators of a registry."""
    names: list[Json] = []
    branches: list[Json] = []
    definitions: Json = {
        "interpolation": {
            "type": "string",
            "pattern": r"^\$\{.+\}$",
            "description": "a value put in when the flow is read: ${name}, ${env:NAME} or ${secret:NAME}",
        }
    }
    for reference in registry.references():
        try:
            node = registry.node_class(reference, to_read=True)
        except MissingError:
            names += _names(registry, reference, {"description": reference.summary})
            continue
        names += _names(registry, reference, _documentation(reference, node))
        schema = parameter_schema(node)
        required = bool(schema.get("required"))
        definitions[reference.reference] = _inside(schema, f"#/$defs/{reference.reference}")
        branches.append(_branch(registry, reference, required=required))
    names.append({"const": "flow", "description": "Include another flow as a node."})
    branches.append(_included())
    definitions["node"] = _node(names, branches)
    return {
        "$schema": DIALECT,
        "title": "weirflow flow",
        "description": "A graph of operators. `weirflow check` says what an editor cannot: edges, columns, types.",
        "type": "object",
        "properties": {
            "flow": {"const": FORMAT, "description": "the version of the format"},
            "name": {"type": "string", "description": "the flow's name; by default the file's"},
            "description": {"type": "string", "description": "what the flow is for"},
            "seed": _seed("the seed of everything random, 0 if not given"),
            "parameters": _declarations(),
            "inputs": {
                "type": "object",
                "description": "what an including flow hands in, by name, each with the type of its port",
                "additionalProperties": {"type": "string"},
            },
            "nodes": {
                "type": "array",
                "description": "the steps; each is fed by the nearest node above unless it says otherwise",
                "items": {"$ref": "#/$defs/node"},
            },
            "outputs": _outputs(),
            "tests": cases(),
            "requires": {**_TEXTS, "description": "what has to be installed, as `weirflow-family>=1`"},
        },
        "required": ["flow", "nodes"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _tests_schema() -> Json:
    return {
        "$schema": DIALECT,
        "title": "weirflow tests",
        "description": "Cases for `weirflow test` in NAME.tests.yaml, beside the flow NAME.flow.",
        "type": "object",
        "properties": {"tests": cases()},
        "required": ["tests"],
        "additionalProperties": False,
    }


def _sentence(reference: NodeReference, kind_: str) -> str:
    return f"{reference.summary} ({kind_})"


def _spellings(registry: Registry, reference: NodeReference) -> list[str]:
    """How a flow may name an operator: the newest version also without it."""
    newest = reference.version == registry.versions(reference.operator)[-1]
    return [*([reference.operator] if newest else []), reference.reference]


def _documentation(reference: NodeReference, node: type[Node]) -> Json:
    """A line for every editor, and for those that show more the whole docstring, in a keyword of theirs."""
    sentence = _sentence(reference, kind(node))
    found: Json = {"description": sentence}
    _, _, rest = inspect.cleandoc(node.__doc__ or "").partition("\n")
    if rest.strip():
        found["markdownDescription"] = f"{sentence}\n\n{rest.strip()}"
    if reference.deprecated:
        found["deprecated"] = True
        found["deprecationMessage"] = str(reference.deprecated)
    return found


def _names(registry: Registry, reference: NodeReference, documentation: Json) -> list[Json]:
    return [{"const": name, **documentation} for name in _spellings(registry, reference)]


def _branch(registry: Registry, reference: NodeReference, *, required: bool) -> Json:
    """Which parameters go with an operator."""
    then: Json = {"properties": {"parameters": {"$ref": f"#/$defs/{reference.reference}"}}}
    if required:
        then["required"] = ["parameters"]
    return _if(_spellings(registry, reference), then)


def _if(operators: list[str], then: Json) -> Json:
    return {
        "if": {"properties": {"operator": {"enum": operators}}, "required": ["operator"]},
        "then": then,
    }


def _included() -> Json:
    parameters: Json = {
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "the other flow's file, relative to this one's folder"},
            "parameters": {"type": "object", "description": "values for the other flow's parameters"},
        },
        "required": ["path"],
        "additionalProperties": False,
    }
    return _if(["flow", "flow@1"], {"properties": {"parameters": parameters}, "required": ["parameters"]})


def _node(names: list[Json], branches: list[Json]) -> Json:
    edge = {"type": "string", "description": "a node's id, or id.port"}
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "the node's name; by default the operator's verb"},
            "operator": {
                "anyOf": names,
                "description": "what the node does, as family.verb or family.verb@version",
            },
            "parameters": {"type": "object", "description": "the operator's parameters"},
            "inputs": {
                "description": "what feeds it: a node, several, or a mapping from ports; the nearest above if left out",
                "anyOf": [
                    edge,
                    {"type": "array", "items": edge},
                    {"type": "object", "additionalProperties": edge},
                ],
            },
            "title": {"type": "string", "description": "a few words for pictures and reports"},
            "description": {"type": "string", "description": "why the node is there"},
            "tags": {**_TEXTS, "description": "words to select it by, as `-s tag:word`"},
            "cache": {
                "type": "boolean",
                "description": "compute its table once in a run, into a copy that goes when the run ends",
            },
            "seed": _seed("a seed of its own"),
        },
        "required": ["operator"],
        "additionalProperties": False,
        "allOf": branches,
    }


def _seed(description: str) -> Json:
    return {"type": "integer", "minimum": 0, "description": description}


def _declarations() -> Json:
    return {
        "type": "object",
        "description": "what a run may set with -p name=value; a bare value is a default",
        "additionalProperties": {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {
                        "type": {"enum": list(get_args(ParameterType)), "description": "what values may be"},
                        "default": {"description": "the value where a run gives none"},
                        "required": {"type": "boolean", "description": "whether a run has to give it"},
                        "description": {"type": "string", "description": "what it is for"},
                    },
                    "additionalProperties": False,
                },
                {"type": ["string", "number", "boolean", "array"]},
            ]
        },
    }


def _outputs() -> Json:
    mapping = {
        "type": "object",
        "properties": {"from": {"type": "string"}, "type": {"type": "string"}},
        "required": ["from"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "description": "what an including flow gets, by name: a node, node.port, or {from: node, type: files}",
        "additionalProperties": {"anyOf": [{"type": "string"}, mapping]},
    }


_MAPPINGS = ("properties", "$defs", "patternProperties")
_VALUES = ("items", "additionalProperties")
_UNIONS = ("anyOf", "oneOf", "allOf", "prefixItems")


def _inside(schema: Json, place: str) -> Json:
    """An operator's schema as a part of the flow's: references lead there, and values may be interpolated."""
    found: Json = {}
    for key, value in schema.items():
        if key in _MAPPINGS:
            inner = {name: _inside(part, place) for name, part in value.items()}
            found[key] = {n: _open(p) for n, p in inner.items()} if key != "$defs" else inner
        elif key in _VALUES and isinstance(value, dict):
            found[key] = _open(_inside(value, place))
        elif key in _UNIONS:
            found[key] = [_inside(part, place) for part in value]
        elif key == "$ref":
            found[key] = value.replace("#/", f"{place}/", 1)
        else:
            found[key] = value
    return found


def _open(schema: Json) -> Json:
    """The schema of a value that may also be `${...}`."""
    if _takes_text(schema):
        return schema
    said: Json = {k: schema[k] for k in ("description", "default") if k in schema}
    rest = {k: v for k, v in schema.items() if k not in said}
    branches = rest["anyOf"] if set(rest) == {"anyOf"} else [rest]
    return {**said, "anyOf": [*branches, _INTERPOLATION]}


def _takes_text(schema: Mapping[str, Any]) -> bool:
    """Whether any text is right already."""
    if "anyOf" in schema:
        return any(_takes_text(part) for part in schema["anyOf"])
    closed = {"enum", "const", "pattern", "format", "$ref", "oneOf", "allOf"}
    return schema.get("type", "string") == "string" and not closed & set(schema)
