"""What a job was asked to label: its label category configuration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from weirflow_labels.readers.base import Reject, UnreadableError
from weirflow_labels.readers.common import document, file_ids, insert, text

if TYPE_CHECKING:
    import duckdb

SHAPES = {"BoundingBox": "box", "Polyline": "polyline", "Polygon": "polygon", "Keypoint": "keypoint"}


class _Attribute(BaseModel):
    name: str
    type: str | None = None
    enum: list[Any] | None = None
    required: bool | None = Field(default=None, validation_alias="isRequired")


class _Class(BaseModel):
    label: str
    attributes: list[_Attribute] = Field(
        default=[], validation_alias=AliasChoices("categoryAttributes", "attributes")
    )


class _Configuration(BaseModel):
    model_config = ConfigDict(strict=True)

    labels: list[_Class]
    attributes: list[_Attribute] = Field(default=[], validation_alias="categoryGlobalAttributes")
    frame_attributes: list[_Attribute] = Field(default=[], validation_alias="frameAttributes")
    annotation: str | None = Field(default=None, validation_alias="annotationType")


class Categories:
    """Reads label category configurations, of `document-version` 2018-11-28 and later, into `categories`.

    Positions count from 0: that of a class is its number in the job's output. Attributes of all classes come before
    those of one. The shape is null where the configuration does not say it: jobs on video then ask for boxes.
    """

    def load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> Sequence[Reject]:
        """Stage the classes and attributes of some files."""
        jobs = file_ids(db)
        rows: list[dict[str, Any]] = []
        for path in paths:
            file_id, job = jobs[path]
            rows += ({"file_id": file_id, "job": job} | row for row in _rows(_configuration(document(path))))
        insert(db, "categories", rows)
        return ()


def _configuration(value: Any) -> _Configuration:
    try:
        return _Configuration.model_validate(value)
    except ValidationError as error:
        if not isinstance(value, dict) or "labels" not in value:
            raise UnreadableError("it has no `labels`, so it is no configuration of categories") from error
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UnreadableError(f"`{where}` is missing or of another type than the format says") from error


def _rows(found: _Configuration) -> Iterator[dict[str, Any]]:
    shape = None if found.annotation is None else SHAPES.get(found.annotation, found.annotation.lower())
    for position, each in enumerate(found.labels):
        yield {
            "scope": "class",
            "class_name": each.label,
            "position": position,
            "name": each.label,
            "shape": shape,
        }
    yield from _attributes("attribute", found.attributes)
    for each in found.labels:
        yield from _attributes("attribute", each.attributes, each.label)
    yield from _attributes("frame attribute", found.frame_attributes)


def _attributes(
    scope: str, found: Sequence[_Attribute], owner: str | None = None
) -> Iterator[dict[str, Any]]:
    for position, each in enumerate(found):
        choices = None if each.enum is None else [text(value) for value in each.enum]
        about = {"scope": scope, "class_name": owner, "position": position, "name": each.name}
        yield about | {"type": each.type, "choices": choices, "required": each.required}
