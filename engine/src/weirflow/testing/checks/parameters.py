"""Parameters: described, validated, and the same after a journey through a flow file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from weirflow.plugins.describe import parameter_schema
from weirflow.testing.check import ANY, check, told

if TYPE_CHECKING:
    from weirflow.testing.subject import Subject

_STRANGER = "no_such_parameter"


@check(
    "parameters.valid",
    "N2.1",
    ANY,
    "mend the case's parameters, or what the class demands of them",
    needs=("identity.kind",),
)
def valid(subject: Subject) -> Iterator[str]:
    """The case's parameters make a node."""
    try:
        _ = subject.node
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            place = ".".join(map(str, problem["loc"]))
            yield f"parameter '{place}': {problem['msg']}"


@check("parameters.described", "N2.2", ANY, "give it Field(description=...): editors and listings show it")
def described(subject: Subject) -> Iterator[str]:
    """Every parameter says what it means."""
    for name, info in subject.node_class.model_fields.items():
        if not (info.description or "").strip():
            yield f"parameter '{name}' has no description"


@check(
    "parameters.extras",
    "N2.3",
    ANY,
    "leave `extra` of the model's configuration at 'forbid'",
    needs=("parameters.valid",),
)
def extras(subject: Subject) -> Iterator[str]:
    """A parameter that there is not is refused, and named."""
    try:
        subject.make({**subject.case.parameters, _STRANGER: 1})
    except ValidationError as error:
        if not any(_STRANGER in problem["loc"] for problem in error.errors()):
            yield "a parameter that there is not is refused without being named"
    else:
        yield "a parameter that there is not is accepted"


@check(
    "parameters.frozen",
    "N2.4",
    ANY,
    "leave `frozen` of the model's configuration at True",
    needs=("parameters.valid",),
)
def frozen(subject: Subject) -> Iterator[str]:
    """Parameters cannot be set once the node is made."""
    for name in subject.node_class.model_fields:
        try:
            setattr(subject.make(subject.case.parameters), name, getattr(subject.node, name))
        except ValidationError:
            continue
        yield f"parameter '{name}' can be set after the node was made"


@check(
    "parameters.examples", "N2.5", ANY, "give defaults and examples that the parameter's own type accepts",
    needs=("parameters.valid",),
)  # fmt: skip
def examples(subject: Subject) -> Iterator[str]:
    """Defaults and examples are values that the parameter takes."""
    for name, info in subject.node_class.model_fields.items():
        values = [("example", e) for e in info.examples or ()]
        if not info.is_required() and info.default_factory is None:
            values.append(("default", info.default))
        for what, value in values:
            try:
                subject.node_class.__pydantic_validator__.validate_assignment(
                    subject.node_class.model_construct(**dict(subject.node)), name, value
                )
            except ValidationError as error:
                if any(p["type"] != "frozen_instance" and name in p["loc"] for p in error.errors()):
                    yield f"the {what} of parameter '{name}' is not valid: {value!r}"


@check(
    "parameters.round_trip", "N2.6", ANY,
    "use types that JSON has, or say how they are written with a pydantic serializer",
    needs=("parameters.valid",),
)  # fmt: skip
def round_trip(subject: Subject) -> Iterator[str]:
    """Parameters are the same after a journey through JSON."""
    text = subject.node.model_dump_json(by_alias=True)
    again = subject.make(json.loads(text))
    if again != subject.node:
        yield f"written as {text}, they are read back as other values"


@check(
    "parameters.schema", "N2.7", ANY, "use types that have a JSON Schema: editors complete parameters by it"
)
def schema(subject: Subject) -> Iterator[str]:
    """There is a JSON Schema of the parameters."""
    try:
        found: dict[str, Any] = parameter_schema(subject.node_class)
        json.dumps(found)
    except Exception as error:  # noqa: BLE001 - pydantic and json raise several
        yield f"no JSON Schema can be made of its parameters: {told(error)}"
