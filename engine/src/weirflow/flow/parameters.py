"""The flow's own parameters: how they are declared, and what a run may give for them."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, cast, get_args

from weirflow.errors import did_you_mean
from weirflow.flow.interpolate import Interpolation, is_name
from weirflow.flow.model import ParameterSpec, ParameterType
from weirflow.flow.scalars import kind, plain
from weirflow.flow.syntax import MalformedTextError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from weirflow.flow.problems import Section

_TYPES: tuple[str, ...] = get_args(ParameterType)
_KEYS = ("type", "default", "required", "description")
_EXPECTED: dict[str, str] = {
    "string": "text",
    "path": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2024-01-31",
    "list": "a list, such as a,b or [a, b]",
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+")


def infer(value: object) -> ParameterType | None:
    """The type of a parameter whose declaration is its default value."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "list"
        case _:
            return None


def coerce(value: Any, type_: ParameterType) -> Any:
    """The value as the type has it; text is read as the type. Raises ValueError where it is none.

    A reference to a secret stays as it is, whatever the type.
    """
    if isinstance(value, str) and "${secret:" in value:
        return value
    match type_:
        case "string" | "path":
            result: Any = str(value) if isinstance(value, (str, PurePath)) else None
        case "integer":
            result = _integer(value)
        case "number":
            result = _number(value)
        case "boolean":
            value = plain(value) if isinstance(value, str) else value
            result = value if isinstance(value, bool) else None
        case "date":
            value = value.strip() if isinstance(value, str) else value
            result = dt.date.fromisoformat(value).isoformat() if isinstance(value, str) else None
            if type(value) is dt.date:
                result = value.isoformat()
        case "list":
            result = _list(value)
    if result is None:
        raise ValueError(type_)
    return result


def _integer(value: Any) -> int | None:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        value = plain(value.strip())
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> int | float | None:
    value = plain(value.strip()) if isinstance(value, str) else value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def _list(value: Any) -> list[Any] | None:
    if isinstance(value, str):
        if value.strip().startswith("["):
            value = written(value)
        else:
            value = [item.strip() for item in value.split(",")] if value.strip() else []
    return list(value) if isinstance(value, (list, tuple)) else None


def written(text: str) -> Any:
    """The value of a text as a flow would have it: `5`, `true`, `[a, b]`, `{a: 1}`, `"5"`, any text.

    Raises ValueError where brackets or quotes are not closed.
    """
    if text.strip()[:1] not in {"[", "{", '"', "'"}:
        return plain(text.strip())
    from weirflow.flow import yaml_reader

    try:
        data = yaml_reader.read(text)
    except MalformedTextError as error:
        raise ValueError(error.fault.message) from None
    if data.twice or data.tags:
        raise ValueError("a key stands twice, or a tag is used")
    return data.value


@dataclass(frozen=True)
class Given:
    """What a run, or an including flow, gives for parameters, and how to speak of it."""

    values: Mapping[str, Any]
    report: Callable[[str, str, str, str | None], None]
    """Takes a code, a message, the parameter's name and a hint."""
    how: str  # how to give one that is missing, with {name}
    included: str = ""  # the included flow's displayed name, if it is one

    @property
    def flow(self) -> str:
        """The flow that declares the parameters, in a message."""
        return f"'{self.included}'" if self.included else "the flow"

    @property
    def of(self) -> str:
        """Whose a parameter is, where that has to be said."""
        return f" of '{self.included}'" if self.included else ""


@dataclass
class Parameters:
    """A flow's parameters with their values for this run, filled from the first declared to the last.

    `unset` are those that should have a value and have not, which is reported already; `later` are those not
    reached yet.
    """

    specs: dict[str, ParameterSpec] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    unset: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)


def settle(
    section: Section,
    data: Mapping[str, Any],
    interpolation: Callable[[Parameters], Interpolation],
    given: Given,
) -> Parameters:
    """Read the declarations and settle the values. A default may name parameters declared above it."""
    result = Parameters(later=set(data))
    defaults = interpolation(result)
    for name in given.values:
        if name not in data:
            known = f"declared: {', '.join(data)}" if data else "it declares none"
            hint = did_you_mean(name, data) or known
            message = f"{given.flow} declares no parameter '{name}'"
            given.report("WF208", message, name, hint)
    for name, raw in data.items():
        before = len(section.problems.found)
        spec = _declaration(section.inside(name), name, raw, defaults)
        result.later.discard(name)
        if spec is None or len(section.problems.found) > before:
            result.unset.add(name)
        if spec is None:
            continue
        result.specs[name] = spec
        if name in given.values:
            result.unset.discard(name)
            _take(spec, given, result)
        elif spec.required and name not in result.unset:
            message = f"parameter '{name}'{given.of} has no value"
            given.report("WF204", message, name, given.how.format(name=name))
            result.unset.add(name)
        elif name not in result.unset:
            result.values[name] = spec.default
    return result


def _take(spec: ParameterSpec, given: Given, result: Parameters) -> None:
    value = given.values[spec.name]
    try:
        result.values[spec.name] = coerce(value, spec.type)
    except ValueError:
        message = f"parameter '{spec.name}'{given.of} should be {_EXPECTED[spec.type]}"
        message += ", and what is given is not" if isinstance(value, str) else f", and is given {kind(value)}"
        given.report("WF205", message, spec.name, None)
        result.unset.add(spec.name)


def _declaration(section: Section, name: str, raw: Any, defaults: Interpolation) -> ParameterSpec | None:
    if not is_name(name):
        hint = "use letters, digits, '_' and '-', beginning with a letter"
        section.error("WF205", f"'{name}' cannot be a parameter's name", key=True, hint=hint)
        return None
    if not isinstance(raw, dict):
        inferred = infer(raw)
        if inferred is None:
            hint = "write a default, or {type: string, required: true}"
            section.error(
                "WF205", f"parameter '{name}' has neither a default nor a type", key=True, hint=hint
            )
            return None
        default = defaults.value(raw, section.where.path)
        return ParameterSpec(name, infer(default) or inferred, default, required=False, description="")
    section.keys(raw, _KEYS, "a parameter")
    type_ = raw.get("type")
    if type_ is None:
        type_ = infer(raw.get("default")) or "string"
    if not isinstance(type_, str) or type_ not in _TYPES:
        hint = did_you_mean(str(type_), _TYPES) or f"types: {', '.join(_TYPES)}"
        section.error("WF205", f"parameter '{name}' has the unknown type '{type_}'", "type", hint=hint)
        return None
    known = cast("ParameterType", type_)
    required = raw.get("required", "default" not in raw)
    if not isinstance(required, bool):
        section.wrong("required", "true or false", required)
        required = False
    if required and "default" in raw:
        section.error(
            "WF205",
            f"parameter '{name}' is required and has a default",
            "required",
            hint="leave one of them out",
        )
        required = False
    default = raw.get("default")
    if default is not None:
        before = len(section.problems.found)
        default = defaults.value(default, (*section.where.path, "default"))
        try:
            default = coerce(default, known)
        except ValueError:
            if len(section.problems.found) > before:  # what could not be put in is no value to judge
                return ParameterSpec(name, known, None, required=False, description="")
            message = (
                f"the default of parameter '{name}' should be {_EXPECTED[known]}, and is {kind(default)}"
            )
            section.error("WF205", message, "default")
    return ParameterSpec(name, known, default, required, section.text(raw, "description"))
