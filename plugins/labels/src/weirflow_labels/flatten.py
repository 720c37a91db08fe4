"""`labels.flatten`: manifests as one flat table, without a database."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from weirflow.api import (
    BOOLEAN,
    FLOAT64,
    INT64,
    STRING,
    DType,
    Effect,
    Field,
    File,
    Files,
    Inputs,
    Item,
    ItemOutput,
    ItemResult,
    Location,
    Made,
    NodeError,
    Port,
    Rows,
    Schema,
    Task,
    remote,
)
from weirflow_labels.layout import Layout, Place
from weirflow_labels.listing import Found, Lake
from weirflow_labels.readers.base import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from weirflow_labels.readers.manifest_pairs import Pair
    from weirflow_labels.readers.manifest_sql import Scan

TOLD = 5  # bad lines of a manifest that are told one by one
NAME = "labels.parquet"

_UTC = DType("datetime", zone="UTC")
_COMMON = {
    "path": STRING,
    "line_no": INT64,
    "source": STRING,
    "label_attribute": STRING,
    "task_type": STRING,
    "job_name": STRING,
}
_CUBOID = ("center_x", "center_y", "center_z", "length", "width", "height", "roll", "pitch", "yaw")
COLUMNS = {
    "annotations": _COMMON
    | {"idx": INT64, "shape": STRING, "class_id": STRING, "class_name": STRING}
    | dict.fromkeys(("confidence", "left", "top", "width", "height"), FLOAT64)
    | {f"cuboid_{part}": FLOAT64 for part in _CUBOID}
    | {"text_start": INT64, "text_end": INT64}
    | dict.fromkeys(("mask_uri", "color", "object_name", "attributes"), STRING),
    "labels": _COMMON
    | {"source_kind": STRING, "created": _UTC, "human": BOOLEAN, "confidence": FLOAT64}
    | dict.fromkeys(("class_id", "class_name", "adjustment_status", "comment"), STRING)
    | {"image_width": INT64, "image_height": INT64, "value": STRING, "metadata": STRING},
}
"""The columns of the tables, with their types."""

_SQL = {STRING: "VARCHAR", INT64: "BIGINT", FLOAT64: "DOUBLE", BOOLEAN: "BOOLEAN", _UTC: "TIMESTAMPTZ"}


class Flatten(Task):
    """Read the labels of manifests into one flat table.

    `annotations` has a row for each box, span, mask, cuboid and class of several; `labels` one for each label of each
    line. The columns are those of the tables of the same names in docs/reference/labels.md, with `path`, that of the
    manifest, in the place of its number there; `job_name` is that of the job that made the label. Cuboids are columns
    of their own, and `attributes`, `value` and `metadata` are JSON text.

    `path` is a manifest, a pattern such as `jobs/**/output.manifest`, a folder, whose final manifests are read, or
    one of these on S3. A line that cannot be read is left out, with a warning that has its number and the reason.

    Each manifest is kept as Parquet, so that later runs read those again that have changed. The port `files` has these
    files, `<manifest>.parquet`, with the columns that labels of the manifest's types fill.
    """

    operator: ClassVar[str] = "labels.flatten"
    inputs: ClassVar[tuple[Port, ...]] = ()
    outputs: ClassVar[tuple[Port, ...]] = (Port(), Port("files", "files"))

    path: Location = Field(description="a manifest, a pattern, a folder, or `s3://bucket/prefix`")
    table: Literal["annotations", "labels"] = Field(
        default="annotations", description="what a row is: a thing that is marked, or a label of a line"
    )

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns, which depend on the table alone."""
        del inputs
        makes = {name: Made(dtype=dtype) for name, dtype in COLUMNS[self.table].items()}
        return {"default": Effect(makes=makes, rows=Rows.changed(by=()))}

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The manifests, by path."""
        del inputs
        found = self._found()
        if not found:
            where = self.path if remote.is_remote(self.path) else Path(self.path).name
            raise NodeError(
                f"there is no manifest in '{where}'",
                hint="a pattern names files that are not called `*.manifest`: `jobs/**/*.jsonl`",
                code="WF602",
            )
        return [Item(f.path, {"name": f.name}, f"{f.size}-{f.mtime_ns}-{f.etag or ''}") for f in found]

    def _found(self) -> Sequence[Found]:
        """The files that a path or a pattern names, and those of a folder that are manifests."""
        lake, layout = Lake.at(self.path), Layout()

        def place(path: str, above: str) -> Place | None:
            if lake.names(path, above):
                return Place("manifest")
            found = layout.place(path, above)
            return found if found is not None and found.kind == "manifest" else None

        return lake.files(place)

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Write the rows of one manifest."""
        from weirflow_labels.database import connect
        from weirflow_labels.readers.manifest import read
        from weirflow_labels.readers.manifest_sql import Scan, annotation_rows, label_rows, shape, union
        from weirflow_labels.spelling import literal

        target = out.folder / NAME
        columns = COLUMNS[self.table]
        make = annotation_rows if self.table == "annotations" else label_rows
        rows = 0

        def use(scan: Scan, pairs: Sequence[Pair]) -> None:
            nonlocal rows
            flat = [_flat(row) | {"path": literal(item.key)} for row in make(scan, pairs)]
            query = union(
                [{n: _constant(e) for n, e in row.items()} for row in flat] or [{"FROM": "range(0)"}],
                {
                    n: f"NULL::{_SQL[d]}"
                    for n, d in columns.items()
                    if n in _COMMON or any(n in r for r in flat)
                },
            )
            written = db.execute(
                f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"
            ).fetchall()
            rows = written[0][0]

        def unused(pair: Pair) -> bool:
            return self.table == "annotations" and not shape(pair).lists

        lake = Lake.at(self.path)
        with tempfile.TemporaryDirectory() as copies, connect(Path(":memory:")) as db:
            try:
                file = Found(item.key, item.payload["name"], Place("manifest"), 0, 0)
                local = lake.local(file, Path(copies))
                rejects = read(db, local, use, lambda: None, unused, out.folder)
            except UnreadableError as error:
                raise NodeError(str(error), code="WF603") from error
            if not target.exists():
                use(Scan("", 0), [])
        for reject in rejects[:TOLD]:
            out.warn(f"line {reject.line_no}: {reject.reason}")
        if len(rejects) > TOLD:
            out.warn(f"{len(rejects) - TOLD} more of its lines cannot be read")
        return ItemResult(item.key, {"rows": rows, "rejected": len(rejects)}, out.folder)

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The table of all manifests, and the files that it is in."""
        import narwhals as nw
        import polars as pl

        types = {STRING: pl.String, INT64: pl.Int64, FLOAT64: pl.Float64, BOOLEAN: pl.Boolean}
        instant = pl.Datetime("us", "UTC")
        schema = {n: types.get(t, instant) for n, t in COLUMNS[self.table].items()}
        paths = {r.key: r.folder / NAME for r in results if r.folder is not None}
        files = [File(p, p.stat().st_size, name=f"{key}.parquet") for key, p in paths.items()]
        if paths:
            places = list(paths.values())
            table = pl.scan_parquet(places, glob=False, schema=schema, missing_columns="insert")
        else:  # every one is bad, and that many may be
            table = pl.LazyFrame(schema=schema)
        return {"default": nw.from_native(table), "files": Files(tuple(files))}


def _constant(expression: str) -> str:
    """A text as a type with that value alone, whose Parquet is written without a look at every row."""
    return f"{expression}::ENUM({expression})" if expression.startswith("'") else expression


def _flat(row: Mapping[str, str]) -> dict[str, str]:
    """A row with a column for each part of a cuboid, and JSON in the place of other values that have parts."""
    flat = dict(row)
    if (cuboid := flat.pop("cuboid", None)) is not None:
        flat |= {f"cuboid_{part}": f"struct_extract({cuboid}, '{part}')" for part in _CUBOID}
    for name in ("attributes", "value", "metadata"):
        if name in flat:
            flat[name] = f"to_json({flat[name]})::VARCHAR"
    for name in ("image_width", "image_height"):
        if name in flat:
            flat[name] = f"({flat[name]})::BIGINT"
    return flat
