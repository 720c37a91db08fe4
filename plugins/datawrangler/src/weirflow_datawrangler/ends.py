"""Where the vendor's flows read and write: sources and destinations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from weirflow_datawrangler import names
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Parameters, Step

_CODECS = ("snappy", "gzip", "lz4", "zstd")
_READERS = {"parquet": "read.parquet", "orc": "read.orc", "json": "read.json", "jsonl": "read.ndjson"}
"""Of the kinds of files that hold types themselves."""
_QUERIES = ("queryString", "query", "sqlQuery", "sql", "statement")
"""Where a source has what it asks a database. Athena and Redshift have the first; others are not known."""
_IMAGES = "image"
_DELIMITERS = {"\\t": "\t", "tab": "\t", "space": " "}
"""Of those that are hard to type; the others are as they are."""


def source(node: VendorNode) -> Step:
    """The reader of a source: of a file, or of what a database answers; any may be bound to other data."""
    definition = _definition(node)
    execution = _inner(definition, "s3ExecutionContext")
    places = (definition, *(v for k, v in definition.items() if k != "s3ExecutionContext"), node.parameters)
    for place in places:
        query = next((_text(place, k) for k in _QUERIES if _text(place, k)), "")
        if query:
            return _query(node, definition, query)
    if execution or node.operator == "s3_source":
        return _file(node, definition, execution)
    path = f"{names.stem(location(node)) or 'input'}.parquet"
    note = "The service asks another one, and the flow does not hold what: name a file that holds what it answered."
    return Step("read.parquet", {"path": path}, (note,))


def _file(node: VendorNode, definition: Mapping[str, Any], execution: Mapping[str, Any]) -> Step:
    """The reader of a file. The service reads every column of a CSV as text; types come later."""
    kind = (_text(execution, "s3ContentType") or "csv").lower()
    path = _text(execution, "s3Uri") or _text(definition, "name") or f"input.{kind}"
    notes: tuple[str, ...] = ()
    files: dict[str, Any] = {"nested": True} if execution.get("s3DirIncludesNested") is True else {}
    if execution.get("s3AddsFilenameColumn") is True:
        files["file_column"] = "_data_source_filename"
        notes = ("The service writes a file's whole address into its column, where this is its name.",)
    if (reader := _READERS.get(kind)) is not None:
        return Step(reader, {"path": path, **files}, notes)
    if kind == _IMAGES:
        name = f"sagemaker.{node.operator}_{node.version} / {kind}"
        reason = f"there is no reader of {kind}"
        return Step("datawrangler.unmapped_source", {"name": name, "path": path}, reason=reason)
    if kind != "csv":
        return _unread(kind, path, files, notes)
    given = Parameters(execution, node)
    made: dict[str, Any] = {"path": path, "infer": False, "rules": "spark", **files}
    delimiter = str(execution.get("s3FieldDelimiter") or ",")
    delimiter = _DELIMITERS.get(delimiter.lower(), delimiter)
    if len(delimiter) > 1 or not delimiter.isascii():
        return _unread(f"csv with the delimiter '{delimiter}'", path, files, notes)
    if delimiter != ",":
        made["delimiter"] = delimiter
    if not given.flag("s3HasHeader", default=True):
        made["header"] = False
    if (skip := given.integer("s3SkipLines", 0)) > 0:
        made["skip"] = skip
    encoding = next((str(v) for k, v in execution.items() if "encoding" in k.lower() and v), "")
    if encoding.lower().replace("_", "-") not in {"", "utf-8", "utf8"}:
        made["encoding"] = encoding
    return Step("read.csv", made, notes)


def _unread(kind: str, path: str, files: Mapping[str, Any], notes: tuple[str, ...]) -> Step:
    reason = f"there is no reader of {kind}; a file of another kind may be named in its place"
    return Step("read.parquet", {"path": path, **files}, notes, reason=reason)


def _query(node: VendorNode, definition: Mapping[str, Any], query: str) -> Step:
    """The query, to be asked of another database; or, in its place, a file that holds what it gives."""
    kind = names.short(node.operator.removesuffix("_source")) or "database"
    keys = ("catalogName", "clusterIdentifier", "databaseName", "database")
    place = "/".join(_text(definition, k) for k in keys if _text(definition, k))
    notes = ("The service asks a database of its own. Name yours, or a file that holds what it answered.",)
    return Step("read.sql", {"url": f"{kind}://{place}", "query": query}, notes)


def _definition(node: VendorNode) -> Mapping[str, Any]:
    return _inner(node.parameters, "dataset_definition")


def _inner(found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = found.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(found: object, key: str) -> str:
    """A text without the space around it; empty where there is none."""
    value = found.get(key) if isinstance(found, Mapping) else None
    return value.strip() if isinstance(value, str) else ""


def called(node: VendorNode) -> tuple[str, ...]:
    """What a source may be called, besides the id that it gets: as the file has it."""
    definition = _definition(node)
    uri = _text(_inner(definition, "s3ExecutionContext"), "s3Uri")
    return tuple(dict.fromkeys(n for n in (node.id, node.name, _text(definition, "name"), uri) if n))


def location(node: VendorNode) -> str:
    """Where a source lies or what it is called, to name it by."""
    definition = _definition(node)
    return _text(definition, "name") or _text(_inner(definition, "s3ExecutionContext"), "s3Uri")


def destination(node: VendorNode, name: str) -> Step:
    """The writer of a destination, into a file that is called as the node, below `output`."""
    config = node.parameters.get("output_config")
    config = config if isinstance(config, Mapping) else {}
    given = Parameters(config, node)
    kinds = (config.get(k) for k in ("output_content_type", "file_format_type", "file_type"))
    kind = next((str(k) for k in kinds if k), "CSV").upper()
    notes: list[str] = []
    if path := config.get("output_path"):
        notes.append(f"The service writes to {path}.")
    parts = given.inner("partition_config")
    made: dict[str, Any] = {}
    if parts.found.get("partition_by"):
        made["partition_by"] = parts.columns("partition_by")
    if (files := parts.integer("num_partitions", 1)) > 1:
        made["files"] = files
    packed = str(config.get("compression") or "none").lower()
    ending = "parquet" if kind == "PARQUET" else "csv.gz" if packed == "gzip" else "csv"
    path = str(PurePosixPath("output", name if made else f"{name}.{ending}"))
    if kind == "PARQUET":
        codec = {"compression": packed} if packed in _CODECS else {}
        return Step("write.parquet", {"path": path, **made, **codec}, tuple(notes))
    if made and packed == "gzip":
        made["compression"] = "gzip"
    delimiter = str(config.get("delimiter") or ",")
    delimiter = _DELIMITERS.get(delimiter.lower(), delimiter)
    if delimiter != ",":
        made["delimiter"] = delimiter
    return Step("write.csv", {"path": path, **made, "rules": "spark"}, tuple(notes))
