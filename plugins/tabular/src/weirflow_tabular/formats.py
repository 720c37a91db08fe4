"""Which reader suits a location: by the ending of a file's name, or by its first bytes."""

from __future__ import annotations

import glob
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.api import Source
from weirflow_tabular.files import is_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

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
_START = 1 << 16  # bytes


class FileSource(Source):
    """Base of the sources of files: one can stand for another where a run names a file of another format."""

    def at(self, location: str) -> Source:
        """The reader of a location: this one, or the one of the format in which the data there is.

        Options of a format that another lacks are left out; which columns are personal is kept.
        """
        own = self.operator.removeprefix("read.")
        kind = format_of(location) or own
        if kind == "json" and own == "ndjson" and _lines_or_whole(location) != "json":
            kind = own
        tabs = kind == "csv" and location.removesuffix(".gz").endswith(".tsv")
        if kind == own:
            made = super().at(location)
            usual = tabs and "delimiter" not in self.model_fields_set
            return made.model_copy(update={"delimiter": "\t"}) if usual else made
        given = {name: getattr(self, name) for name in self.personal_fields()} | {"path": location}
        return _reader(kind).model_validate(given | ({"delimiter": "\t"} if tabs else {}))


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
    return _ENDINGS.get(Path(location.removesuffix(".gz")).suffix.lower())


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
