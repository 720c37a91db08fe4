"""Which reader suits a location: by the ending of a file's name, or by its first bytes."""

from __future__ import annotations

import glob
import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import narwhals as nw
from pydantic import Field

from weirflow.api import STRING, Column, Location, NodeError, Schema, Source, portable, remote
from weirflow_tabular.files import find_files, is_folder, is_pattern
from weirflow_tabular.partitions import partitions_of, with_partitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from weirflow.api import PandasCode, SourceContext, Table

_ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".orc": "orc",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
}
_MAGIC = {b"PAR1": "parquet", b"ORC": "orc"}
_QUERY = "a query is needed for that: use `operator: read.sql`"
_START = 1 << 16  # bytes


class FileSource(Source):
    """Base of the sources of files: one can stand for another where a run names a file of another format."""

    path: Location = Field(
        description="the file, folder or pattern, relative to the flow's folder; or a URL, https:// or s3://"
    )
    nested: bool = Field(
        default=False, description="whether to read the files in the folders of a folder too"
    )
    partitions: bool = Field(
        default=False,
        description=(
            "whether folders called `column=value`, within the folder, give a column of that name, put last; the files "
            "in them are read then"
        ),
    )
    file_column: str | None = Field(
        default=None, min_length=1, description="a column to add, with the name of the file of each row"
    )

    def at(self, location: str) -> Source:
        """The reader of a location: this one, or the one of the format in which the data there is.

        Options of a format that another lacks are left out; which columns are personal is kept.
        """
        _refuse_database(self, location)
        own = self.operator.removeprefix("read.")
        kind = format_of(location) or own
        if kind == "json" and own == "ndjson" and ("://" in location or _lines_or_whole(location) != "json"):
            kind = own
        if kind != own:
            return file_source(self, location, kind)
        made = super().at(location)
        usual = kind == "csv" and _is_tabbed(location) and "delimiter" not in self.model_fields_set
        return made.model_copy(update={"delimiter": "\t"}) if usual else made

    def find(self, context: SourceContext, endings: Sequence[str]) -> tuple[Path, ...]:
        """The files, in the order of their names. Raises NodeError."""
        return find_files(context, self.path, endings, nested=self.nested or self.partitions)

    def with_file_column(self, schema: Schema, files: Sequence[Path]) -> Schema:
        """What the files hold, and the columns of their places. Raises NodeError where they hold one so called."""
        if self.partitions:
            schema = with_partitions(schema, files)
        if self.file_column is None:
            return schema
        if self.file_column in schema:
            raise NodeError(
                f"there is a column '{self.file_column}' already",
                hint="`file_column` should name another",
                code="WF403",
            )
        return Schema((*schema.items, Column(self.file_column, STRING)))

    def by_file(
        self, files: Sequence[Path], schema: Schema, scan: Callable[[Sequence[Path], Schema], Table]
    ) -> Table:
        """The files as one table, with the column of their names where that is wanted."""
        names = {self.file_column} & set(schema.names)
        if self.partitions:
            names |= {n for f in files for n in partitions_of(f) if n in schema}
        if not names:
            return scan(files, schema)
        held = schema.select(n for n in schema.names if n not in names)
        return nw.concat([self._placed(scan([f], held), f, schema).select(*schema.names) for f in files])

    def _placed(self, table: Table, file: Path, schema: Schema) -> Table:
        """The rows of one file, with the columns of its place."""
        for name, text in partitions_of(file).items() if self.partitions else ():
            if (dtype := schema.dtype(name)) is not None:
                value = portable.cast_or_null(nw.lit(text, dtype=nw.String), dtype, STRING)
                table = table.with_columns(value.alias(name))
        if self.file_column is not None and self.file_column in schema:
            table = table.with_columns(nw.lit(file.name).alias(self.file_column))
        return table

    def refused(self, code: PandasCode) -> bool:
        """Refuse an export for what the files' places ask, which pandas has no plain words for."""
        if self.nested or self.partitions or self.file_column is not None:
            code.refuse("`nested`, `partitions` and `file_column` have no pandas form")
        elif "://" in self.path and (is_pattern(self.path) or is_folder(self.path)):
            code.refuse("pandas finds no files in an object store")
        else:
            return False
        return True


def file_source(other: Source, location: str, otherwise: str) -> Source:
    """The reader of a file in the place of another source, by its format; `otherwise` where that is not known."""
    _refuse_database(other, location)
    kind = format_of(location) or otherwise
    given = {name: getattr(other, name) for name in other.personal_fields()} | {"path": location}
    tabs = kind == "csv" and _is_tabbed(location)
    return _reader(kind).model_validate(given | ({"delimiter": "\t"} if tabs else {}))


def _refuse_database(source: Source, location: str) -> None:
    if re.match(r"(sqlite|duckdb|postgres\w*|mysql|mssql|oracle)[+:]", location):
        raise NodeError(f"{source.operator} does not ask a database", hint=_QUERY, code="WF209")


def _is_tabbed(location: str) -> bool:
    return _path_of(location).removesuffix(".gz").endswith(".tsv")


def format_of(location: str) -> str | None:
    """`csv`, `parquet`, `orc`, `json` or `ndjson`, as far as a location and what lies there tell."""
    if "://" not in location:
        if is_pattern(location) and not Path(location).exists():
            return _most(glob.iglob(location, recursive=True)) or _by_name(location)  # noqa: PTH207 -- absolute
        path = Path(location)
        if path.is_dir():
            return _most(str(f) for f in path.iterdir() if not f.name.startswith((".", "_")))
    found = _by_name(location)
    return _by_content(location) if found in {None, "json"} else found


def _reader(kind: str) -> type[Source]:
    match kind:
        case "csv":
            from weirflow_tabular.read import ReadCsv

            return ReadCsv
        case "parquet":
            from weirflow_tabular.read import ReadParquet

            return ReadParquet
        case "orc":
            from weirflow_tabular.read_orc import ReadOrc

            return ReadOrc
        case "ndjson":
            from weirflow_tabular.read_json import ReadNdjson

            return ReadNdjson
        case _:
            from weirflow_tabular.read_json import ReadJson

            return ReadJson


def _by_name(location: str) -> str | None:
    return _ENDINGS.get(Path(_path_of(location).removesuffix(".gz")).suffix.lower())


def _path_of(location: str) -> str:
    return urlsplit(location).path if remote.is_web(location) else location


def _most(locations: Iterable[str]) -> str | None:
    """The format of most files; of those called .json the first is looked at."""
    named = [(f, k) for f in sorted(locations) if Path(f).is_file() and (k := _by_name(f) or _by_content(f))]
    if not named:
        return None
    kind = Counter(k for _, k in named).most_common(1)[0][0]
    return _by_content(next(f for f, k in named if k == kind)) if kind == "json" else kind


def _by_content(location: str) -> str | None:
    start = _start(location)
    found = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)
    if found is None and (_by_name(location) == "json" or start.lstrip()[:1] == b"{"):
        return _lines_or_whole(location)
    return found


def _lines_or_whole(location: str) -> str:
    """`ndjson` where the first line is an object by itself and more follows, else `json`."""
    first, _, rest = _start(location).lstrip().partition(b"\n")
    try:
        return "ndjson" if isinstance(json.loads(first), dict) and rest.strip() else "json"
    except ValueError:
        return "json"


def _start(location: str) -> bytes:
    import gzip

    if "://" in location:
        return b""
    try:
        with gzip.open(location) if location.endswith(".gz") else Path(location).open("rb") as stream:
            return stream.read(_START)
    except (OSError, EOFError):
        return b""  # reading it says why
