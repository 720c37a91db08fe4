"""What there is to say about a node: the source of `nodes show`, the reference pages and the JSON Schemas."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, get_args

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import to_jsonable_python

from weirflow.node.deprecation import deprecated_parameters
from weirflow.node.model import Analysis, Estimator, Job, Service, Sink, Source, Task, Transform
from weirflow.plugins.extras import install_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic.fields import FieldInfo

    from weirflow.node.model import Node
    from weirflow.node.payloads import Port
    from weirflow.plugins.hookspecs import NodeReference
    from weirflow.plugins.registry import Registry

KINDS = (Source, Transform, Estimator, Analysis, Task, Job, Service, Sink)
ENGINES = ("polars", "duckdb", "spark")


def describe(registry: Registry, reference: NodeReference) -> dict[str, Any]:
    """All that a reader of flows wants to know about a node, as plain data that JSON can hold.

    Keys: operator, version, versions, summary, description (what follows the summary), kind, plugin, extra,
    lacking (requirements not installed), install (the command that brings them, or empty), inputs, outputs,
    parameters (name, type in words, required, default, description), engines, holds_table, ordered,
    runs_code, deprecated (empty, or when it goes and what to use).
    Raises MissingError where the class cannot be imported.
    """
    node = registry.node_class(reference, to_read=True)
    plugin = registry.plugin_of(reference)
    lacking = registry.lacking(reference)
    _, _, rest = inspect.cleandoc(node.__doc__ or "").partition("\n")
    return {
        "operator": reference.operator,
        "version": reference.version,
        "versions": list(registry.versions(reference.operator)),
        "summary": reference.summary,
        "description": rest.strip(),
        "kind": kind(node),
        "plugin": {
            "name": plugin.name,
            "distribution": plugin.distribution,
            "version": plugin.version,
        },
        "extra": reference.extra,
        "lacking": list(lacking),
        "install": install_command(reference.extra, plugin.distribution) if lacking else "",
        "inputs": [_port(p) for p in node.inputs],
        "outputs": [_port(p) for p in node.outputs],
        "parameters": _parameters(node),
        "engines": [e for e in ENGINES if e in node.engines],
        "holds_table": node.holds_table,
        "ordered": node.ordered,
        "runs_code": node.runs_code,
        "deprecated": str(reference.deprecated or ""),
    }


SUBFLOW = frozenset({"flow", "flow.input", "flow.output"})
"""Operators of no plugin: a flow that is included, and its borders, as plans show them."""


def describe_subflow() -> dict[str, Any]:
    """The same of `flow`, which includes another flow as a node and is no plugin's."""
    path = "the other flow's file, relative to this one's folder"
    given = "values for the other flow's parameters"
    return {
        "operator": "flow",
        "version": 1,
        "versions": [1],
        "summary": "include another flow as a node",
        "description": (
            "What the other flow declares under `inputs`, by name with a port's type, are the node's inputs; what it "
            "lists under `outputs` are its outputs. In its file nodes take an input by its name. Here they are known "
            "as NODE/THEIRS, which selections, `--set` and messages use; plans show its inputs as `flow.input` and its "
            "outputs as `flow.output`.\n\n"
            "  inputs: {rows: table}        # in the other flow\n"
            "  outputs: {clean: scaled}\n\n"
            "  - id: cleaned                # in this one\n"
            "    operator: flow\n"
            "    inputs: {rows: applicants}\n"
            "    parameters: {path: clean.flow, parameters: {limit: 5}}"
        ),
        "kind": "subflow",
        "plugin": {"name": "", "distribution": "", "version": ""},
        "extra": "",
        "lacking": [],
        "install": "",
        "inputs": [],
        "outputs": [],
        "parameters": [
            {"name": "path", "type": "a path or URL", "required": True, "default": None, "description": path},
            {"name": "parameters", "type": "mapping", "required": False, "default": {}, "description": given},
        ],
        "engines": [],
        "holds_table": False,
        "ordered": False,
        "runs_code": False,
        "deprecated": "",
    }


def kind(node: type[Node]) -> str:
    """The kind of a node class in lower case, as `estimator`."""
    return next(k.__name__.lower() for k in KINDS if issubclass(node, k))


def parameter_schema(node: type[Node]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a node's parameters, as flow files spell them.

    The keyword `x-weirflow` marks texts that name a `column`, a `new-column` or a `location`.
    """
    schema = node.model_json_schema(schema_generator=_Schema)
    schema.pop("description", None)  # the node's own, which is shown beside the parameters
    for name in node.location_fields():
        schema["properties"][_spelled(node, name)]["x-weirflow"] = "location"
    for name, text in deprecated_parameters(node).items():
        part = schema["properties"][name]
        part["description"] = f"{part.get('description', '')} (deprecated: {text})".lstrip()
    return schema


class _Schema(GenerateJsonSchema):
    """JSON Schema without the titles that pydantic derives from field and class names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """A field's title would repeat its name."""
        del schema
        return False

    def generate(self, schema: Any, mode: Any = "validation") -> dict[str, Any]:
        """The schema, with the classes' titles removed."""
        found = super().generate(schema, mode)
        for part in (found, *found.get("$defs", {}).values()):
            part.pop("title", None)
        return found


def _port(port: Port) -> dict[str, Any]:
    return {"name": port.name, "type": port.type, "optional": port.optional, "many": port.many}


def _parameters(node: type[Node]) -> list[dict[str, Any]]:
    """The parameters in the order in which the class declares them, inherited ones last."""
    schema = parameter_schema(node)
    required = set(schema.get("required", ()))
    own = [f for f in node.model_fields if f in inspect.get_annotations(node)]
    columns = node.column_fields()
    found = []
    for field in (*own, *(f for f in node.model_fields if f not in own)):
        name = _spelled(node, field)
        part = schema["properties"][name]
        words = _words(part, schema)
        if columns.get(field, ...) is None:  # a `Columns` field
            words = "a column, list of columns or selector such as {type: numeric}"
            words += ", or null" if type(None) in get_args(node.model_fields[field].annotation) else ""
        found.append(
            {
                "name": name,
                "type": words,
                "required": name in required,
                "default": part.get("default", _made(node.model_fields[field])),
                "description": part.get("description", ""),
            }
        )
        if kinds := _kinds(part, schema):
            found[-1]["kinds"] = kinds
    return found


def _kinds(part: Mapping[str, Any], root: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of mappings that are of several kinds, as `{do: resize, width: 8}`, what each has: with `of`, its kind."""
    told = part.get("items") or part
    key = told.get("discriminator", {}).get("propertyName")
    found = []
    for kind_, reference in told.get("discriminator", {}).get("mapping", {}).items():
        whole = root["$defs"][reference.rpartition("/")[2]]
        for name, inner in whole["properties"].items():
            found.append(
                {
                    "of": kind_,
                    "name": name,
                    "type": _words(inner, root),
                    "required": name in whole.get("required", ()),
                    "default": inner.get("default"),
                    "description": inner.get("description", ""),
                    "tells": name == key,
                }
            )
    return found


def _made(field: FieldInfo) -> Any:
    """The default that a factory makes, which schemas leave out; None where there is no such factory."""
    if field.default_factory is None or field.default_factory_takes_validated_data:
        return None
    return to_jsonable_python(field.get_default(call_default_factory=True))


def _spelled(node: type[Node], field: str) -> str:
    """A field's name in flow files."""
    return node.model_fields[field].alias or field


_SIMPLE = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}
_MARKS = {"column": "a column", "new-column": "a new column's name", "location": "a path or URL"}
_PLURALS = {
    "a column": "columns",
    "a new column's name": "new columns' names",
    "a path or URL": "paths or URLs",
    "a value": "values",
    "integer": "integers",
    "number": "numbers",
    "text": "texts",
}
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


def _words(part: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """A type in words, from its JSON Schema."""
    if "$ref" in part:
        part = {**root["$defs"][part["$ref"].rpartition("/")[2]], **part}
    if "x-weirflow" in part:
        return _MARKS[part["x-weirflow"]]
    if "enum" in part or "const" in part:
        found = part.get("enum", [part.get("const")])
        return _either([_literal(v) for v in found if not (v == "null" and None in found)])
    if "discriminator" in part:
        return f"a mapping whose `{part['discriminator']['propertyName']}` tells of what kind it is"
    for union in ("anyOf", "oneOf"):
        if union in part:
            return _either(_plain(dict.fromkeys(_words(p, root) for p in part[union])))
    match part.get("type"):
        case "array":
            if "prefixItems" in part:
                return f"[{', '.join(_words(p, root) for p in part['prefixItems'])}]"
            inner = part.get("items")
            return f"list of {_several(_words(inner, root))}" if inner else "list"
        case "object" if part.get("properties"):
            return f"mapping with {', '.join(part['properties'])}"
        case "object":
            inner = part.get("additionalProperties")
            return (
                f"mapping of names to {_several(_words(inner, root))}"
                if isinstance(inner, dict)
                else "mapping"
            )
        case str(name):
            bounds = [f"{words} {part[key]:g}" for key, words in _BOUNDS.items() if key in part]
            return ", ".join([_SIMPLE[name], *bounds])
        case _:
            return "any value"


def _plain(words: Iterable[str]) -> list[str]:
    """The members of a union; all simple types together are a value."""
    simple = {_SIMPLE[t] for t in ("boolean", "integer", "number", "string")}
    words = list(words)
    return ["a value", *(w for w in words if w not in simple)] if simple <= set(words) else words


def _several(words: str) -> str:
    """Many of the same."""
    if words in _PLURALS:
        return _PLURALS[words]
    if words.startswith("a mapping whose"):
        return f"mappings{words.removeprefix('a mapping')}"
    return f"({words})" if " or " in words else words


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else "null" if value is None else str(value).lower()


def _either(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
