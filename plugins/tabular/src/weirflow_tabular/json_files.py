"""JSON in files: the objects of arrays and of lines as lazy tables, and where in a file a fault lies."""

from __future__ import annotations

import glob
import gzip
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from weirflow.api import NodeError

if TYPE_CHECKING:
    import polars as pl

_BATCH = 1_000  # rows that are tried together in the search for a value
_SPACE = re.compile(r"\s*")
_BOM = b"\xef\xbb\xbf"
_MARK = "begins with a byte order mark"
_UNMARKED = "save it as UTF-8 without a byte order mark"


def _no_json(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_json)


class JsonFile:
    """A file of objects: one a line, or, as `whole`, an array of them or a single one."""

    def __init__(self, path: Path, *, whole: bool) -> None:
        self.path = path
        self.whole = whole

    def source(self) -> str | bytes:
        """What Polars reads objects from, one a line: the file itself, or the objects of an array laid out so.

        Raises NodeError on an array that is none.
        """
        if not self.whole:
            return glob.escape(str(self.path))  # which Polars would take for a pattern
        return "\n".join(row.replace("\n", " ").replace("\r", " ") for _, row in self.objects()).encode()

    def objects(self) -> Iterator[tuple[int, str]]:
        """Each object's text with the line that it begins on. Raises NodeError at what is none."""
        if self.whole:
            yield from self._array()
            return
        try:
            with gzip.open(self.path) if self.path.suffix == ".gz" else self.path.open("rb") as stream:
                for number, line in enumerate(stream, 1):
                    if number == 1 and line.startswith(_BOM):
                        raise NodeError(f"{self.path.name} {_MARK}", hint=_UNMARKED, code="WF603")
                    text = self._decoded(line, number)
                    if text.strip():
                        self._judge(text, number)
                        yield number, text
        except (OSError, EOFError):
            raise self._unpacked() from None

    def misfit(self, types: pl.Schema) -> NodeError | None:
        """The first value that does not fit its column's type; the objects before it are whole."""
        rows = self.objects()
        while batch := list(islice(rows, _BATCH)):
            if not _fits([text for _, text in batch], types):
                line, text = next((n, t) for n, t in batch if not _fits([t], types))
                name = next((c for c in types if not _fits([text], {c: types[c]})), None)
                column = f" in column '{name}'" if name is not None else ""
                return NodeError(
                    f"line {line} of {self.path.name}: a value{column} is of another type than those before",
                    hint="mend it, or let `infer_rows` reach so far",
                    code="WF603",
                )
        return None

    def _array(self) -> Iterator[tuple[int, str]]:
        text = self._text()
        at = _after_space(text, 0)
        if text[at : at + 1] != "[":
            end, _ = self._object(text, at)
            if _after_space(text, end) < len(text):
                self._fail(
                    text, end, "more follows the object", "if each line is one, use `operator: read.ndjson`"
                )
            yield _line(text, at), text[at:end]
            return
        line, counted = 1, 0
        at = _after_space(text, at + 1)
        while text[at : at + 1] != "]":
            line, counted = line + text.count("\n", counted, at), at
            end, _ = self._object(text, at)
            yield line, text[at:end]
            at = _after_space(text, end)
            if text[at : at + 1] == ",":
                at = _after_space(text, at + 1)
                if text[at : at + 1] == "]":
                    self._fail(text, at, "a comma before the array's end")
            elif text[at : at + 1] != "]":
                self._fail(text, at, "the file is cut short" if at >= len(text) else "a comma is missing")
        if _after_space(text, at + 1) < len(text):
            self._fail(text, _after_space(text, at + 1), "more follows the array")

    def _object(self, text: str, at: int) -> tuple[int, object]:
        """Where the object that begins at a place ends, and the object."""
        if at >= len(text):
            self._fail(text, at, "the file is empty" if not text.strip() else "the file is cut short")
        try:
            value, end = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            short = _after_space(text, error.pos) >= len(text) or "Unterminated" in error.msg
            self._fail(
                text,
                error.pos,
                "the file is cut short" if short else f"this is no JSON ({error.msg.lower()})",
            )
        except (ValueError, RecursionError) as error:
            deep = isinstance(error, RecursionError)
            self._fail(text, at, "it is nested too deeply" if deep else str(error))
        if not isinstance(value, dict):
            self._fail(text, at, f"an object is wanted, and this is {_kind(value)}")
        return end, value

    def _text(self) -> str:
        try:
            data = self.path.read_bytes()
            if self.path.suffix == ".gz":
                data = gzip.decompress(data)
        except (OSError, EOFError):
            raise self._unpacked() from None
        return self._decoded(data.removeprefix(_BOM), 1)

    def _decoded(self, data: bytes, line: int) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            line += data.count(b"\n", 0, error.start)
            raise NodeError(
                f"line {line} of {self.path.name} is not UTF-8 text",
                hint="JSON is UTF-8: convert the file",
                code="WF603",
            ) from None

    def _judge(self, text: str, number: int) -> None:
        try:
            value = _DECODER.decode(text)
        except json.JSONDecodeError as error:
            if error.msg == "Extra data":
                reason = "more follows the object"
            elif number == 1 and text.lstrip().startswith(("[", "{")) and not text.rstrip().endswith("}"):
                self._refuse(
                    number, "no whole object", "if the file is one JSON value, use `operator: read.json`"
                )
            else:
                reason = f"no JSON ({error.msg.lower()})"
            self._refuse(number, reason)
        except (ValueError, RecursionError) as error:
            self._refuse(number, "nested too deeply" if isinstance(error, RecursionError) else str(error))
        if not isinstance(value, dict):
            hint = "if the file is one array, use `operator: read.json`" if isinstance(value, list) else None
            self._refuse(number, f"an object is wanted, and this is {_kind(value)}", hint)

    def _fail(self, text: str, at: int, reason: str, hint: str | None = None) -> NoReturn:
        self._refuse(_line(text, at), reason, hint)

    def _refuse(self, line: int, reason: str, hint: str | None = None) -> NoReturn:
        raise NodeError(f"line {line} of {self.path.name}: {reason}", hint=hint, code="WF603")

    def _unpacked(self) -> NodeError:
        return NodeError(
            f"{self.path.name} cannot be unpacked as gzip: it is cut short, or is none", code="WF603"
        )


def infer(files: Sequence[JsonFile], rows: int | None) -> pl.Schema:
    """The keys of the first `rows` objects of each file (None: of all), in the order met, with types for all.

    Values of several types make text; a key without a value is text too. Raises NodeError that names file and line.
    """
    import polars as pl

    parts = []
    for file in files:
        source = file.source()
        if not source or (isinstance(source, str) and not file.path.stat().st_size):
            continue
        try:
            found = pl.scan_ndjson(source, infer_schema_length=rows).collect_schema()
        except (pl.exceptions.PolarsError, OSError):
            for _ in file.objects():  # which names the line
                pass
            raise NodeError(f"{file.path.name} cannot be read as JSON", code="WF603") from None
        parts.append(pl.LazyFrame(schema=found))
    if not parts:
        raise NodeError(
            f"{files[0].path.name} holds no object, so nobody knows its columns",
            hint="name a file with rows",
            code="WF603",
        )
    merged = pl.concat(parts, how="diagonal_relaxed").collect_schema()
    return pl.Schema({name: settled(dtype) for name, dtype in merged.items()})


def settled(dtype: pl.DataType) -> pl.DataType:
    """A type with text in the place of what no value has told: nulls, empty lists, objects without keys."""
    import polars as pl

    match dtype:
        case pl.List(inner=inner):
            return pl.List(settled(_instance(inner)))
        case pl.Struct(fields=fields) if fields:
            return pl.Struct({f.name: settled(_instance(f.dtype)) for f in fields})
        case pl.Null() | pl.Struct():
            return pl.String()
        case _:
            return dtype


def scan(files: Sequence[JsonFile], types: pl.Schema) -> pl.LazyFrame:
    """The objects of all files as one lazy table; what does not fit is told with its file and line."""
    import polars as pl
    from polars.io.plugins import register_io_source

    def batches(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        left = rows
        for file in files:
            source = file.source()
            if not source or (isinstance(source, str) and not file.path.stat().st_size):
                continue
            lazy = pl.scan_ndjson(source, schema=types)
            if left is not None:
                lazy = lazy.head(left)
            if columns is not None:
                lazy = lazy.select(columns)
            try:
                for frame in lazy.collect_batches(chunk_size=size, maintain_order=True, engine="streaming"):
                    left = None if left is None else left - frame.height
                    yield frame if predicate is None else frame.filter(predicate)
            except pl.exceptions.PolarsError:
                fault = file.misfit(types)
                if fault is None:
                    raise
                raise fault from None
            if left is not None and left <= 0:
                return

    return register_io_source(batches, schema=types)


def _fits(rows: Sequence[str], types: pl.Schema | dict[str, pl.DataType]) -> bool:
    import polars as pl

    text = "\n".join(row.replace("\n", " ").replace("\r", " ") for row in rows).encode()
    try:
        pl.scan_ndjson(text, schema=types).collect()
    except pl.exceptions.PolarsError:
        return False
    return True


def _instance(dtype: object) -> pl.DataType:
    return dtype() if isinstance(dtype, type) else dtype  # type: ignore[return-value]


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _kind(value: object) -> str:
    match value:
        case list():
            return "an array"
        case str():
            return "a text"
        case bool():
            return "true or false"
        case None:
            return "null"
        case _:
            return "a number"
