"""Parameters -> node instance, with pydantic's errors said in the user's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from weirflow.errors import Diagnostic, Where, did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from weirflow.flow.model import NodeSpec
    from weirflow.node.model import Node

SHORT = 40  # characters of a value that an error may quote

_EXPECTED: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "none_required": "nothing (null)",
    "date_from_datetime_parsing": "a date as YYYY-MM-DD",
}


def make_node(
    cls: type[Node], spec: NodeSpec, parameters: Mapping[str, Any]
) -> tuple[Node | None, list[Diagnostic]]:
    """Make the node of a spec; None and what is wrong where its parameters do not fit."""
    try:
        return cls.model_validate(dict(parameters)), []
    except ValidationError as error:
        return None, _diagnostics(cls, spec, error, parameters)


def _diagnostics(
    cls: type[Node], spec: NodeSpec, error: ValidationError, parameters: Mapping[str, Any]
) -> list[Diagnostic]:
    found: dict[tuple[object, ...], Diagnostic] = {}
    for detail in error.errors(include_url=False, include_context=True):
        location = _without_tags(detail["loc"], parameters)
        field, inner = location[:1], _inner(location[1:])
        key = (field, inner) if detail["type"] in {"extra_forbidden", "missing"} else (field,)
        found.setdefault(key, _diagnostic(cls, spec, detail, (*field, *inner)))
    # a misspelt parameter is not missing as well
    meant = " ".join(d.hint or "" for d in found.values() if d.code == "WF203")
    return [d for d in found.values() if d.code != "WF204" or f"'{_named(d)}'" not in meant]


def _named(diagnostic: Diagnostic) -> str:
    """The parameter that a WF204 names."""
    return diagnostic.message.rsplit("'", 2)[1]


def _without_tags(location: tuple[int | str, ...], given: Any) -> tuple[int | str, ...]:
    """Leave out the choices of mappings such as `{do: resize, width: 8}`, which pydantic names before what is wrong."""
    kept: list[int | str] = []
    for part in location:
        if (
            isinstance(given, Mapping)
            and part not in given
            and part in {v for v in given.values() if isinstance(v, str)}
        ):
            continue
        kept.append(part)
        try:
            given = given[part]
        except (KeyError, IndexError, TypeError):
            given = None
    return tuple(kept)


def _inner(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Leave out what pydantic adds for the branches of a union: they are not in the document."""
    return tuple(
        part for part in location if isinstance(part, int) or (part.isidentifier() and part.islower())
    )


def _diagnostic(
    cls: type[Node], spec: NodeSpec, detail: ErrorDetails, location: tuple[int | str, ...]
) -> Diagnostic:
    base = (*spec.where.path, "parameters")
    operator = cls.operator
    name = ".".join(str(part) for part in location if not isinstance(part, int))
    fields = tuple(i.alias or n for n, i in cls.model_fields.items())
    match detail["type"]:
        case "extra_forbidden":
            hint = did_you_mean(str(location[-1]), fields) if len(location) == 1 else None
            return Diagnostic(
                "WF203",
                f"unknown parameter '{name}' for {operator}",
                Where(spec.where.file, (*base, *location), key=True),
                node=spec.id,
                hint=hint,
                notes=() if hint or len(location) > 1 else (f"allowed: {', '.join(sorted(fields))}",),
            )
        case "missing":
            where = (*base, *location[:-1])
            return Diagnostic(
                "WF204",
                f"{operator} needs the parameter '{name}'",
                Where(
                    spec.where.file,
                    where if spec.parameters else spec.where.path,
                    key=bool(spec.parameters) and len(location) == 1,
                ),
                node=spec.id,
                hint=_meaning(cls, str(location[0])),
            )
        case _:
            return Diagnostic(
                "WF205",
                f"'{name}' of {operator}: {said(detail)}" if name else f"{operator}: {said(detail)}",
                Where(spec.where.file, (*base, *location), key=not location),
                node=spec.id,
                hint=_meaning(cls, str(location[0])) if location else None,
            )


def _meaning(cls: type[Node], field: str) -> str | None:
    info = next((i for n, i in cls.model_fields.items() if field in {n, i.alias}), None)
    return f"'{field}': {info.description}" if info is not None and info.description else None


def said(detail: ErrorDetails) -> str:
    """Say what was expected and, in a word, what was found; a value is quoted only where it is short text."""
    context = detail.get("ctx", {})
    kind = detail["type"]
    found = _found(detail["input"])
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, found {found}"
    match kind:
        case "union_tag_not_found":
            return f"expected {context['discriminator']} in it, which says of what kind it is"
        case "union_tag_invalid":
            kinds = [o.strip("'") for o in str(context["expected_tags"]).split(", ")]
            hint = did_you_mean(str(context["tag"]), kinds)
            return f"expected {context['discriminator']} to be one of {', '.join(kinds)}" + (
                f"; {hint}" if hint else ""
            )
        case "literal_error" | "enum":
            options = str(context.get("expected", "")).replace(" or ", ", ")
            hint = did_you_mean(str(detail["input"]), [o.strip(" '") for o in options.split(",")])
            return f"expected one of {options}, found {found}" + (f"; {hint}" if hint else "")
        case "greater_than_equal":
            return f"expected at least {context['ge']}, found {found}"
        case "greater_than":
            return f"expected more than {context['gt']}, found {found}"
        case "less_than_equal":
            return f"expected at most {context['le']}, found {found}"
        case "less_than":
            return f"expected less than {context['lt']}, found {found}"
        case "too_short":
            least = context["min_length"]
            return f"expected at least {least} {'entry' if least == 1 else 'entries'}, found {context['actual_length']}"
        case "string_too_short":
            return f"expected {_characters('at least', context['min_length'])}, found {found}"
        case "string_too_long":
            return f"expected {_characters('at most', context['max_length'])}, found {found}"
        case "too_long":
            return f"expected at most {context['max_length']} entries, found {context['actual_length']}"
        case "string_pattern_mismatch":
            return f"{found} is not of the form it should have"
        case "value_error" | "assertion_error":
            return str(context.get("error", detail["msg"])).removeprefix("Value error, ")
        case _:
            text = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
            return text if "expected" in text else f"expected {text}, found {found}"


def _characters(limit: str, number: int) -> str:
    return (
        "one character"
        if number == 1 and limit == "at most"
        else (f"{limit} {number} character{'s' if number > 1 else ''}")
    )


def _found(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str() if len(value) <= SHORT:
            return f"'{value}'"
        case str():
            return "a long text"
        case int() | float():
            return str(value)
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return "something else"
