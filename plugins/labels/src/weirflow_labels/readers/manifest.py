"""Manifests: files of lines, each a data object with its labels."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow_labels.readers.base import LARGEST, OTHER_TYPE, Reject, UnreadableError
from weirflow_labels.readers.manifest_lines import Mended, culprits, mend
from weirflow_labels.readers.manifest_pairs import Pair, labels_in
from weirflow_labels.readers.manifest_sql import Scan, annotation_rows, check, label_rows, other_types, union
from weirflow_labels.spelling import literal

if TYPE_CHECKING:
    import duckdb

USUAL = 1 << 24
"""Bytes that lines have room for at first: buffers are as large, and there are several."""

MENDED = "mended.manifest"

Use = Callable[[Scan, Sequence[Pair]], None]

_COLUMNS = {
    "labels": (
        *("line_no", "source", "source_kind", "label_attribute", "task_type", "job_name", "created", "human"),
        *(
            "confidence",
            "class_id",
            "class_name",
            "adjustment_status",
            "comment",
            "image_width",
            "image_height",
        ),
        *("value", "metadata"),
    ),
    "annotations": (
        *("line_no", "source", "label_attribute", "task_type", "idx", "shape", "class_id", "class_name"),
        *("confidence", "left", "top", "width", "height", "cuboid", "text_start", "text_end", "mask_uri"),
        *("color", "object_name", "attributes"),
    ),
}


class Manifests:
    """Augmented manifests of labelling jobs, final ones and those of jobs that still run."""

    def load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> Sequence[Reject]:
        """Stage the labels of manifests, and what they mark. Lines that cannot be read are returned."""
        found: list[Reject] = []
        for path in paths:
            file_id, job = db.execute("SELECT file_id, job FROM loading WHERE local = ?", [path]).fetchall()[
                0
            ]
            found += [replace(r, local=path) for r in _stage(db, path, file_id, job)]
        return found


def _stage(db: duckdb.DuckDBPyConnection, path: str, file_id: int, job: str | None) -> list[Reject]:
    of = {"file_id": str(file_id), "job": "NULL" if job is None else literal(job)}

    def use(scan: Scan, pairs: Sequence[Pair]) -> None:
        for table, rows in (
            ("labels", label_rows(scan, pairs)),
            ("annotations", annotation_rows(scan, pairs)),
        ):
            if rows:
                columns = of | dict.fromkeys(_COLUMNS[table], "NULL")
                db.execute(f"INSERT INTO staged_{table} BY NAME {union(rows, columns)}")

    def undo() -> None:
        for table in _COLUMNS:
            db.execute(f"DELETE FROM staged_{table} WHERE file_id = ?", [file_id])  # noqa: S608

    return read(db, Path(path), use, undo)


def read(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    use: Use,
    undo: Callable[[], None],
    unused: Callable[[Pair], bool] = lambda _pair: False,
    scratch: Path | None = None,
) -> list[Reject]:
    """Read a manifest by what `use` does with a file and its pairs, and return the lines that had to be left out.

    `use` fails where a line is bad. Then `undo` takes back what it may have done, and it is given a copy of the file
    without the bad lines, which is in `scratch` for so long. Pairs that are `unused` it is not given. Raises
    UnreadableError where the file cannot be read at all.
    """
    import duckdb

    try:
        found = labels_in(path)
        if not found.odd:
            expected = dict.fromkeys(found.unknown) | {p.attribute: p.type for p in found.pairs if unused(p)}
            for largest in (USUAL, LARGEST):
                scan = Scan(escape(str(path)), largest)
                try:
                    if not expected or not db.execute(other_types(scan, expected)).fetchall()[0][0]:
                        _use(db, use, scan, found.pairs, unused)
                        return []
                except (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.InterruptException):
                    raise
                except duckdb.Error as error:
                    undo()
                    if "maximum_object_size" in str(error):
                        continue
                break
        if scratch is None:
            with tempfile.TemporaryDirectory(prefix="weirflow-labels-") as folder:
                return _read_mended(db, mend(path, Path(folder, MENDED)), use, undo, unused)
        try:
            return _read_mended(db, mend(path, scratch / MENDED), use, undo, unused)
        finally:
            (scratch / MENDED).unlink(missing_ok=True)
    except OSError as error:
        raise UnreadableError(f"it cannot be read: {(error.strerror or '').lower()}") from error


def _read_mended(
    db: duckdb.DuckDBPyConnection,
    mended: Mended,
    use: Use,
    undo: Callable[[], None],
    unused: Callable[[Pair], bool],
) -> list[Reject]:
    import duckdb

    largest = max(USUAL, mended.longest + 1)
    part = mended.path.with_name("part")

    def attempt(path: Path) -> bool:
        try:
            _use(db, use, Scan(escape(str(path)), largest), mended.pairs, unused)
        except (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.InterruptException):
            raise
        except duckdb.Error:
            undo()
            return False
        return True

    def works(lines: Sequence[int]) -> bool:
        mended.some(lines, part)
        if attempt(part):
            undo()
            return True
        return False

    if not attempt(mended.path):
        try:
            mended.without(culprits(range(len(mended.starts)), works), OTHER_TYPE)
        finally:
            part.unlink(missing_ok=True)
        if not attempt(mended.path):
            raise UnreadableError("it does not have the form of a manifest")
    return mended.rejects


def _use(
    db: duckdb.DuckDBPyConnection,
    use: Use,
    scan: Scan,
    pairs: Sequence[Pair],
    unused: Callable[[Pair], bool],
) -> None:
    """Use a file; one without anything to use is read all the same, for the bad lines that it may have."""
    used = [p for p in pairs if not unused(p)]
    if used:
        use(scan, used)
    else:
        db.execute(check(scan)).fetchall()
