"""Parameters that name columns: one (`ColumnName`), several or a selection of them (`Columns`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, get_args, overload

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from weirflow.errors import NodeError, did_you_mean
from weirflow.node.schema import Column, DType, Schema

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue

TypeGroup: TypeAlias = Literal["numeric", "integer", "float", "string", "boolean", "temporal", "list", "all"]


class ColumnMark:
    """Marks a field whose value names a column of the node's (first) input, or of the input `port`.

    `new` marks a name that the node gives instead: nothing is looked up.
    """

    def __init__(self, *, new: bool = False, port: str | None = None) -> None:
        self.new = new
        self.port = port

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Tell editors and documentation that the text is a column's name."""
        return {**handler(schema), "x-weirflow": "new-column" if self.new else "column"}


ColumnName = Annotated[str, ColumnMark()]
"""A column of the input, by name. It is checked to exist, before anything runs, where that can be known."""

NewColumn = Annotated[str, ColumnMark(new=True)]
"""The name of a column that the node makes."""


class Selector(BaseModel):
    """Columns chosen by what they are instead of by name: all conditions must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: TypeGroup = Field(default="all", description="the group of types the columns must be of")
    matching: str | None = Field(default=None, description="a regular expression found in the name")
    except_: tuple[str, ...] = Field(default=(), alias="except", description="columns left out, by name")

    def accepts(self, name: str, dtype: DType) -> bool:
        """Whether a column of that name and type is chosen."""
        return (
            _in_group(dtype, self.type)
            and (self.matching is None or re.search(self.matching, name) is not None)
            and name not in self.except_
        )

    def choose(self, schema: Schema) -> tuple[str, ...] | None:
        """The chosen names in the schema's order, or None while that cannot be known."""
        if schema.is_open or (self.type != "all" and any(c.dtype is None for c in schema)):
            return None
        return tuple(c.name for c in schema if self.accepts(c.name, c.dtype or DType("object")))


def _in_group(dtype: DType, group: TypeGroup) -> bool:
    match group:
        case "all":
            return True
        case "numeric":
            return dtype.is_numeric
        case "integer":
            return dtype.is_integer
        case "float":
            return dtype.is_float
        case "string":
            return dtype.is_text
        case "temporal":
            return dtype.is_temporal
        case _:
            return dtype.kind == group


def mark_personal(schema: Schema, columns: Columns) -> Schema:
    """The schema with these columns marked personal. Raises NodeError on a name that it does not have."""
    chosen = columns.selector.choose(schema) if columns.selector is not None else columns.names
    excepted = columns.selector.except_ if columns.selector is not None else ()
    for name in (*(chosen or ()), *excepted):
        if name not in schema:
            raise NodeError(
                f"there is no column '{name}' to mark as personal",
                hint=did_you_mean(name, schema.names),
                code="WF401",
            )
    # what cannot be told is personal: better too much is masked than too little
    return Schema(
        tuple(
            replace(i, personal=i.personal or chosen is None or (isinstance(i, Column) and i.name in chosen))
            for i in schema.items
        )
    )


class Columns(Sequence[str]):
    """Columns of the input: in a flow a name, a list of names, or a selector such as `{type: numeric}`.

    A node sees the names: the engine resolves a selector against the input's schema before it asks, fits or
    transforms, and keeps what it found with the trained parameters.
    """

    __slots__ = ("names", "selector")

    def __init__(self, names: Iterable[str] = (), *, selector: Selector | None = None) -> None:
        self.names: tuple[str, ...] = tuple(names)
        self.selector = selector  # set only until it is resolved

    @property
    def resolved(self) -> bool:
        """Whether the names are known."""
        return self.selector is None

    def _known(self) -> tuple[str, ...]:
        if self.selector is not None:
            raise RuntimeError("a selector is read before it is resolved against a schema")
        return self.names

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self._known()[index]

    def __len__(self) -> int:
        return len(self._known())

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Columns):
            return (self.names, self.selector) == (other.names, other.selector)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.names, self.selector))

    def __repr__(self) -> str:
        return f"Columns({list(self.names) if self.selector is None else self.selector!r})"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Accept a name, a list of distinct names or a selector."""
        text = core_schema.str_schema()
        names = core_schema.list_schema(text)
        selector = handler.generate_schema(Selector)
        return core_schema.no_info_after_validator_function(
            cls._build,
            core_schema.union_schema(
                [core_schema.is_instance_schema(cls), text, names, selector],
                custom_error_type="columns",
                custom_error_message=(
                    "expected a column's name, a list of names, or a selector such as {type: numeric}, with "
                    f"matching, except and type, which is one of {', '.join(get_args(TypeGroup))}"
                ),
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(cls._plain),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the three spellings to editors."""
        column = {"type": "string", "x-weirflow": "column"}
        return {
            "anyOf": [
                column,
                {"type": "array", "items": column, "uniqueItems": True},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "type": {"enum": list(get_args(TypeGroup))},
                        "matching": {"type": "string"},
                        "except": {"type": "array", "items": column},
                    },
                },
            ]
        }

    @classmethod
    def _build(cls, value: Columns | str | list[str] | Selector) -> Columns:
        if isinstance(value, Columns):
            return value
        if isinstance(value, Selector):
            return cls(selector=value)
        names = [value] if isinstance(value, str) else value
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"column '{twice[0]}' is named twice")
        return cls(names)

    @staticmethod
    def _plain(value: Columns) -> Any:
        if value.selector is not None:
            return value.selector.model_dump(by_alias=True, exclude_defaults=True)
        return list(value.names)
