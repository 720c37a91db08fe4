"""The first rows of delimited files: names, types, and what is wrong with them. No table library is loaded."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from weirflow.api import Column, CsvFormat, DType, NodeError, Schema
from weirflow_tabular.sniff import NULL_WORDS, fitting, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


@dataclass
class Sample:
    """Names and the first rows' texts by column, over all files; warnings for the user."""

    names: list[str] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    rows: int = 0


def sample(files: Sequence[Path], fmt: CsvFormat, rows: int) -> Sample:
    """Read the headers of all files, which must agree, and up to `rows` rows."""
    found = Sample()
    for file in files:
        with _opened(file, fmt) as lines:
            try:
                _add(found, file.name, lines, fmt, rows)
            except UnicodeError:
                raise NodeError(
                    f"{file.name} is not {fmt.encoding} text",
                    hint="say which encoding it is in, as `encoding: cp1252`",
                    code="WF603",
                ) from None
            except csv.Error as error:
                raise NodeError(f"{file.name} cannot be read: {error}", code="WF603") from None
    return found


@contextmanager
def _opened(file: Path, fmt: CsvFormat) -> Iterator[IO[str]]:
    encoding = "utf-8-sig" if fmt.encoding.lower() in {"utf-8", "utf8"} else fmt.encoding
    try:
        stream = (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding=encoding, newline="")
    except LookupError:
        raise NodeError(f"there is no text encoding '{fmt.encoding}'", code="WF205") from None
    with stream as lines:
        yield lines


def _add(found: Sample, file: str, lines: IO[str], fmt: CsvFormat, most: int) -> None:
    for _ in range(fmt.skip):
        next(lines, None)
    reader = csv.reader(
        lines,
        delimiter=fmt.delimiter,
        quotechar=fmt.quote,
        quoting=csv.QUOTE_MINIMAL if fmt.quote else csv.QUOTE_NONE,
    )
    first = next(reader, None)
    if not first:
        what = "starts with an empty line" if first is not None else "is empty"
        raise NodeError(f"{file} {what}, where the names of the columns should be", code="WF603")
    names = first if fmt.header else [f"column_{i + 1}" for i in range(len(first))]
    _check_names(file, names)
    if not found.names:
        found.names, found.texts = names, [[] for _ in names]
        found.warnings += _about_names(file, names)
    elif names != found.names:
        raise NodeError(
            f"{file} has other columns than the first file",
            hint="read files of one layout; the names and their order must be the same",
            code="WF603",
        )
    if not fmt.header:
        _add_row(found, first)
    head = [first] if fmt.header else []
    for row in reader:
        if found.rows >= most:
            break
        if len(row) != len(names):
            if row or len(names) > 1:
                raise _ragged(file, reader.line_num + fmt.skip, len(row), len(names))
            row = [""]  # noqa: PLW2901 -- in a file of one column, an empty line is a value
        _add_row(found, row)
        if len(head) < 20:  # noqa: PLR2004 -- enough to tell a delimiter
            head.append(row)
    if len(names) == 1:
        found.warnings += _about_delimiter(file, [row[0] for row in head], fmt.delimiter)


def _add_row(found: Sample, row: list[str]) -> None:
    found.rows += 1
    for texts, text in zip(found.texts, row, strict=True):
        texts.append(text)


def _check_names(file: str, names: list[str]) -> None:
    twice = [n for n, count in Counter(names).items() if count > 1]
    if twice:
        listed = ", ".join(f"'{n}'" for n in twice)
        raise NodeError(
            f"{file} has {'a column' if len(twice) == 1 else 'columns'} more than once: {listed}",
            hint="rename them in the file, or read it with `header: false` and `skip: 1`",
            code="WF603",
        )


def _about_names(file: str, names: list[str]) -> list[str]:
    if "" not in names:
        return []
    return [
        f"column {names.index('') + 1} of {file} has no name: it is known as '' (an index, perhaps; drop it)"
    ]


def _ragged(file: str, line: int, fields: int, wanted: int) -> NodeError:
    has = "is empty" if not fields else f"has {fields} field{'s' if fields > 1 else ''}"
    return NodeError(
        f"line {line} of {file} {has}, where the first line has {wanted}",
        hint="mend the line, or check `delimiter` and `quote`",
        code="WF603",
    )


def _about_delimiter(file: str, lines: list[str], delimiter: str) -> list[str]:
    for other, name in _DELIMITERS.items():
        counts = {line.count(other) for line in lines}
        if other != delimiter and len(counts) == 1 and counts != {0}:
            shown = "\\t" if other == "\t" else other
            return [
                f'{file} has a single column, but {name} in each line: perhaps it needs `delimiter: "{shown}"`'
            ]
    return []


def typed(found: Sample, types: dict[str, str], nulls: Sequence[str], *, infer: bool) -> Schema:
    """The schema: types as given, the rest by what the sample's texts are, or string."""
    columns = []
    for name, texts in zip(found.names, found.texts, strict=True):
        if name in types:
            kind = types[name]
        elif infer:
            values = [t for t in texts if t not in nulls]
            kind = fitting(values)
            found.warnings += _about_nulls(name, kind, values)
        else:
            kind = "string"
        columns.append(Column(name, DType.parse(kind)))
    return Schema(tuple(columns))


def _about_nulls(name: str, kind: str, values: list[str]) -> list[str]:
    """Say so if a column is text only because of a word for missing values."""
    if kind != "string" or not any(type_of(v) != "string" for v in values[:1000]):
        return []
    words = {v for v in values if v.strip().lower() in NULL_WORDS}
    rest = fitting(v for v in values if v not in words)
    if not words or rest == "string":
        return []
    listed = ", ".join(f'"{w}"' for w in ["", *sorted(words - {""})])
    return [
        f"column '{name}' would be {rest} but for words for missing values: set `null_values: [{listed}]`"
    ]
