"""Where the vendor's flows read and write: sources and destinations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from weirflow_datawrangler import names
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Step

_QUERIES = ("athena_source", "redshift_source")
_READERS = {"parquet": "read.parquet", "orc": "read.orc", "json": "read.json", "jsonl": "read.ndjson"}
"""Of the kinds of files that hold types themselves."""


def source(node: VendorNode) -> Step:
    """The reader of a source. The service reads every column of a CSV as text; types come later."""
    definition = node.parameters.get("dataset_definition")
    definition = definition if isinstance(definition, Mapping) else {}
    execution = definition.get("s3ExecutionContext")
    execution = execution if isinstance(execution, Mapping) else {}
    if node.operator in _QUERIES:
        return _query(node, definition)
    path = execution.get("s3Uri") or definition.get("name") or ""
    kind = str(execution.get("s3ContentType") or "csv").lower()
    if not path:
        path = f"input.{kind}"
    notes: tuple[str, ...] = ()
    files: dict[str, Any] = {"nested": True} if execution.get("s3DirIncludesNested") is True else {}
    if execution.get("s3AddsFilenameColumn") is True:
        files["file_column"] = "_data_source_filename"
        notes = ("The service writes a file's whole address into its column, where this is its name.",)
    if (reader := _READERS.get(kind)) is not None:
        return Step(reader, {"path": path, **files}, notes)
    if kind != "csv":
        return Step(
            "datawrangler.unmapped_source",
            {"name": f"sagemaker.{node.operator}_{node.version} / {kind}", "path": path},
            (f"not mapped: there is no reader of {kind}",),
        )
    made: dict[str, Any] = {"path": path, "infer": False, **files}
    if (delimiter := execution.get("s3FieldDelimiter")) not in (None, "", ","):
        made["delimiter"] = delimiter
    if execution.get("s3HasHeader") is False:
        made["header"] = False
    if (skip := int(execution.get("s3SkipLines") or 0)) > 0:
        made["skip"] = skip
    encoding = next((str(v) for k, v in execution.items() if "encoding" in k.lower() and v), "")
    if encoding.lower().replace("_", "-") not in {"", "utf-8", "utf8"}:
        made["encoding"] = encoding
    return Step("read.csv", made, notes)


def _query(node: VendorNode, definition: Mapping[str, Any]) -> Step:
    """The query, to be asked of another database; or, in its place, a file that holds what it gives."""
    query = str(definition.get("queryString") or "").strip()
    if not query:
        return Step(
            "read.parquet",
            {"path": f"{names.stem(location(node)) or 'query'}.parquet"},
            ("The service asks a database, and the flow does not hold what.",),
        )
    kind = node.operator.removesuffix("_source")
    parts = (
        definition.get("catalogName") or definition.get("clusterIdentifier"),
        definition.get("databaseName"),
    )
    place = "/".join(str(p) for p in (*parts, definition.get("database")) if p)
    notes = ("The service asks a database of its own. Name yours, or a file that holds what it answered.",)
    return Step("read.sql", {"url": f"{kind}://{place}", "query": query}, notes)


def location(node: VendorNode) -> str:
    """Where a source lies or what it is called, to name it by."""
    definition = node.parameters.get("dataset_definition")
    definition = definition if isinstance(definition, Mapping) else {}
    execution = definition.get("s3ExecutionContext")
    uri = execution.get("s3Uri") if isinstance(execution, Mapping) else None
    return str(definition.get("name") or uri or "")


def destination(node: VendorNode, name: str) -> Step:
    """The writer of a destination, into a file that is called as the node, below `output`."""
    config = node.parameters.get("output_config")
    config = config if isinstance(config, Mapping) else {}
    kind = str(config.get("output_content_type") or "CSV").upper()
    notes: list[str] = []
    if path := config.get("output_path"):
        notes.append(f"The service writes to {path}.")
    if config.get("partition_config"):
        notes.append("The partitions of the service's output are left out: this is one file.")
    made: dict[str, Any] = {
        "path": str(PurePosixPath("output", f"{name}.{'parquet' if kind == 'PARQUET' else 'csv'}"))
    }
    if kind == "CSV" and config.get("delimiter") not in (None, "", ","):
        made["delimiter"] = config["delimiter"]
    return Step("write.parquet" if kind == "PARQUET" else "write.csv", made, tuple(notes))
