"""The first rows of delimited files: names, types, and what is wrong with them. No table library is loaded."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from weirflow.api import INT64, Column, CsvFormat, DType, NodeError, Schema, csv_records
from weirflow_tabular.file_kind import check_kind
from weirflow_tabular.sniff import NULL_WORDS, fitting, is_not_finite, type_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_RENAME = "name them in the file, or read it with `header: false` and `skip: 1`"
_SHOWN = 5  # columns that a warning names


@dataclass
class Sample:
    """Names and the first rows' texts by column, over all files; warnings for the user."""

    names: list[str] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    rows: int = 0


def sample(files: Sequence[Path], fmt: CsvFormat, rows: int, known: Collection[str] = ()) -> Sample:
    """Read the headers of all files, which must agree, and up to `rows` rows.

    A file of one column whose lines all hold another usual delimiter is refused, unless the column is `known`.
    """
    found = Sample()
    for file in files:
        check_kind(file, fmt)
        _add(found, file, fmt, rows, known)
    return found


def _add(found: Sample, file: Path, fmt: CsvFormat, most: int, known: Collection[str]) -> None:
    records = csv_records(file, fmt)
    _, first = next(records)
    names = first if fmt.header else _numbered(len(first), fmt)
    _check_names(file.name, names)
    if not found.names:
        found.names, found.texts = names, [[] for _ in names]
        found.warnings += _about_names(file.name, names)
    elif names != found.names:
        raise NodeError(
            f"{file.name} has other columns than the first file",
            hint="read files of one layout; the names and their order must be the same",
            code="WF603",
        )
    before = found.rows
    if not fmt.header:
        _add_row(found, first)
    for _, row in records:
        if found.rows >= most:
            break
        _add_row(found, row)
    if len(names) == 1 and names[0] not in known and not fmt.lenient:
        _check_delimiter(file.name, [first[0], *found.texts[0][before:]], names[0], fmt.delimiter)


def _numbered(count: int, fmt: CsvFormat) -> list[str]:
    return [f"_c{i}" if fmt.lenient else f"column_{i + 1}" for i in range(count)]


def _add_row(found: Sample, row: list[str]) -> None:
    found.rows += 1
    for texts, text in zip(found.texts, row, strict=True):
        texts.append(text)


def _check_names(file: str, names: list[str]) -> None:
    unnamed = [str(i + 1) for i, n in enumerate(names) if not n]
    if len(unnamed) > 1:
        listed = f"{', '.join(unnamed[:-1])} and {unnamed[-1]}"
        raise NodeError(
            f"{file} has {len(unnamed)} columns without a name: columns {listed}", hint=_RENAME, code="WF603"
        )
    twice = [n for n, count in Counter(names).items() if count > 1]
    if twice:
        listed = ", ".join(f"'{n}'" for n in twice)
        raise NodeError(
            f"{file} has {'a column' if len(twice) == 1 else 'columns'} more than once: {listed}",
            hint=_RENAME,
            code="WF603",
        )


def _about_names(file: str, names: list[str]) -> list[str]:
    if "" not in names:
        return []
    return [
        f"column {names.index('') + 1} of {file} has no name: it is known as '' (an index, perhaps; drop it)"
    ]


def _check_delimiter(file: str, lines: list[str], column: str, delimiter: str) -> None:
    for other, name in _DELIMITERS.items():
        counts = {line.count(other) for line in lines}
        if other != delimiter and len(counts) == 1 and counts != {0}:
            shown = "\\t" if other == "\t" else other
            raise NodeError(
                f"{file} has a single column, with {name} in each line",
                hint=f'set `delimiter: "{shown}"`; if it is one column, give its type in `types`, as '
                f"{{{json.dumps(column, ensure_ascii=False)}: string}}",
                code="WF603",
            )


def typed(
    found: Sample,
    types: Mapping[str, str],
    nulls: Sequence[str],
    *,
    infer: bool,
    before: Mapping[str, DType] | None = None,
) -> Schema:
    """The schema: types as given, else as they were `before`, the rest by what the sample's texts are, or string.

    A number that was an integer before may be a float now.
    """
    columns = []
    empty = []
    for name, texts in zip(found.names, found.texts, strict=True):
        was = (before or {}).get(name)
        if name in types:
            kind = types[name]
        elif was is not None:
            fraction = was == INT64 and _fitting([t for t in texts if t not in nulls]) == "float64"
            kind = "float64" if fraction else str(was)
        elif infer:
            values = [t for t in texts if t not in nulls]
            kind = _fitting(values)
            found.warnings += _about_nulls(name, kind, values)
            if not values:
                empty.append(f"'{name}'")
        else:
            kind = "string"
        columns.append(Column(name, DType.parse(kind)))
    if empty:
        found.warnings.append(_about_empty(empty))
    return Schema(tuple(columns))


def _fitting(values: list[str]) -> str:
    """The type of all values. NaN and infinities are floats where there are numbers beside them."""
    kind = fitting(values)
    if kind == "string" and any(is_not_finite(v) for v in values):
        rest = fitting(v for v in values if not is_not_finite(v))
        return "float64" if rest in {"int64", "float64"} else kind
    return kind


def _about_empty(columns: list[str]) -> str:
    if len(columns) == 1:
        return f"column {columns[0]} holds no value, so it is read as text; give its type in `types`"
    if len(columns) > _SHOWN:
        listed = f"{', '.join(columns[:_SHOWN])} and {len(columns) - _SHOWN} more"
    else:
        listed = f"{', '.join(columns[:-1])} and {columns[-1]}"
    return f"columns {listed} hold no value, so they are read as text; give their types in `types`"


def _about_nulls(name: str, kind: str, values: list[str]) -> list[str]:
    """Say so if a column would be of another type but for words for missing values."""
    if kind not in {"string", "float64"} or not any(type_of(v) != "string" for v in values[:1000]):
        return []
    words = {v for v in values if v.strip().lower() in NULL_WORDS}
    rest = fitting(v for v in values if v not in words)
    if not words or rest in {"string", kind}:
        return []
    listed = ", ".join(f'"{w}"' for w in ["", *sorted(words - {""})])
    return [
        f"column '{name}' would be {rest} but for words for missing values: set `null_values: [{listed}]`"
    ]
