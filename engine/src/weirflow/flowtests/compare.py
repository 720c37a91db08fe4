"""Hold a table against what is expected of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from weirflow.engines.polars_dtypes import from_polars
from weirflow.errors import Diagnostic, DocumentPath, Where, did_you_mean
from weirflow.flowtests.values import cell, equal, plain
from weirflow.run.describe import MASK
from weirflow.run.events import NodeFailed
from weirflow.run.mask import masked

if TYPE_CHECKING:
    import polars as pl

    from weirflow.flow.cases import Expectation

NOTHING = "(no such row)"
ROW = "(row)"


@dataclass(frozen=True)
class Difference:
    """One cell, row or column that is not as expected. `row` counts from 1; None where it is of no row."""

    row: int | None
    column: str | None
    expected: Any
    got: Any


@dataclass(frozen=True)
class Failure:
    """What is not as expected: a message with its place in the case, and the differences."""

    diagnostic: Diagnostic
    differences: tuple[Difference, ...] = ()


def compare(
    expectation: Expectation,
    frame: pl.DataFrame,
    personal: Collection[str] = (),
    telling: Mapping[str, str] | None = None,
) -> tuple[Failure, ...]:
    """What of a table is not as expected.

    Values of `personal` columns are not shown, and columns whose names are such values go by those in `telling`.
    """
    names = telling or {}
    return tuple(_shown(f, personal, names) for f in _Comparison(expectation, frame).failures())


def missed(expectation: Expectation, message: str, *path: str | int, hint: str | None = None) -> Diagnostic:
    """What to say of an expectation that is not met."""
    where = Where(expectation.where.file, (*expectation.where.path, *path), key=not path)
    return Diagnostic("WF615", message, where, hint=hint)


def rows_of(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table by column name."""
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.rows()]


def same_row(row: Mapping[str, Any], got: Mapping[str, Any], tolerance: float) -> bool:
    """Whether a row is as expected in all columns that the expectation names."""
    return all(name in got and equal(v, got[name], tolerance) for name, v in row.items())


def pair(
    rows: Sequence[Mapping[str, Any]], got: Sequence[Mapping[str, Any]], tolerance: float
) -> tuple[list[int | None], list[int]]:
    """For each expected row the one that it is, in whatever order they stand; and the rows that are left."""
    left = dict.fromkeys(range(len(got)))
    found: list[int | None] = []
    for row in rows:
        match = next((i for i in left if same_row(row, got[i], tolerance)), None)
        found.append(match)
        if match is not None:
            del left[match]
    return found, list(left)


class _Comparison:
    def __init__(self, expectation: Expectation, frame: pl.DataFrame) -> None:
        self.expectation = expectation
        self.frame = frame
        self.name = f"'{expectation.node}'"
        self.got = rows_of(frame) if expectation.looks else []

    def failures(self) -> Iterator[Failure]:
        expectation, frame = self.expectation, self.frame
        if expectation.count is not None and expectation.count != frame.height:
            text = f"{self.name} has {_rows(frame.height)}, and {expectation.count} are expected"
            yield Failure(missed(expectation, text, "rows"))
        if expectation.columns is not None and list(expectation.columns) != frame.columns:
            yield self._columns(expectation.columns)
        wrong = [
            Difference(None, n, str(t), str(from_polars(frame.schema[n])) if n in frame.columns else None)
            for n, t in expectation.schema.items()
            if n not in frame.columns or from_polars(frame.schema[n]) != t
        ]
        if wrong:
            text = f"{_columns(len(wrong))} of {self.name} {_are(wrong)} of another type than expected"
            yield Failure(missed(expectation, text, "schema", str(wrong[0].column)), tuple(wrong))
        if expectation.rows is not None:
            yield from self._in_any_order() if expectation.unordered else self._in_order()
        yield from self._contains()
        yield from self._properties()

    # ------------------------------------------------------------------ rows

    def _path(self, row: int, column: str | None) -> DocumentPath:
        """Where the expectation of a cell stands in the text."""
        written = self.expectation.written
        if isinstance(written, list):
            return (row,) if column is None else (row, column)
        if "rows" in written:
            return ("rows", row) if column is None else ("rows", row, column)
        return ("columns",) if column is None else ("columns", column, row)

    def _in_order(self) -> Iterator[Failure]:
        expectation, got = self.expectation, self.got
        rows = expectation.rows or ()
        wrong: list[Difference] = []
        missing = self._missing(rows)
        for i, (row, found) in enumerate(zip(rows, got, strict=False)):
            wrong += [
                Difference(i + 1, name, value, found[name])
                for name, value in row.items()
                if name in found and not equal(value, found[name], expectation.tolerance)
            ]
        different = len({d.row for d in wrong})
        named = dict.fromkeys(n for row in rows for n in row)
        wrong += [Difference(i + 1, ROW, dict(rows[i]), NOTHING) for i in range(len(got), len(rows))]
        wrong += [
            Difference(i + 1, ROW, NOTHING, {n: v for n, v in got[i].items() if n in named or not named})
            for i in range(len(rows), len(got))
        ]
        if missing:
            yield self._no_columns(missing)
        if not wrong:
            return
        text = f"{different} of {_rows(min(len(rows), len(got)))} of {self.name} differ from what is expected"
        if len(rows) != len(got):
            text = f"{self.name} has {_rows(len(got))}, and {len(rows)} are expected"
        first = wrong[0]
        place = min((first.row or 1) - 1, len(rows) - 1)
        path = self._path(place, None if first.column == ROW else first.column) if rows else ()
        yield Failure(missed(expectation, text, *path), tuple(wrong))

    def _in_any_order(self) -> Iterator[Failure]:
        expectation, got = self.expectation, self.got
        rows = expectation.rows or ()
        missing = self._missing(rows)
        if missing:
            yield self._no_columns(missing)
            rows = tuple({n: v for n, v in row.items() if n not in missing} for row in rows)
        found, left = pair(rows, got, expectation.tolerance)
        named = dict.fromkeys(n for row in rows for n in row)
        wrong = [Difference(None, ROW, dict(rows[i]), NOTHING) for i, m in enumerate(found) if m is None]
        absent = len(wrong)
        wrong += [
            Difference(i + 1, ROW, NOTHING, {n: v for n, v in got[i].items() if n in named or not named})
            for i in left
        ]
        if wrong:
            text = (
                f"{self.name} lacks {_rows(absent)} that {_are(absent)} expected, and has {len(left)} others"
            )
            first = next((i for i, m in enumerate(found) if m is None), None)
            path = self._path(first, None) if first is not None else ()
            yield Failure(missed(expectation, text, *path), tuple(wrong))

    def _missing(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        named = dict.fromkeys(n for row in rows for n in row)
        return [n for n in named if n not in self.frame.columns]

    def _no_columns(self, missing: Sequence[str]) -> Failure:
        listed = " and ".join(f"'{n}'" for n in missing)
        hint = did_you_mean(missing[0], self.frame.columns)
        text = f"{self.name} has no column {listed}"
        return Failure(missed(self.expectation, text, hint=hint or f"it has {', '.join(self.frame.columns)}"))

    def _columns(self, wanted: Sequence[str]) -> Failure:
        there = self.frame.columns
        wrong = [Difference(None, n, "(a column)", None) for n in wanted if n not in there]
        wrong += [Difference(None, n, None, "(a column)") for n in there if n not in wanted]
        text = f"the columns of {self.name} are not those expected"
        if not wrong:
            text = f"the columns of {self.name} stand in another order than expected"
            places = enumerate(zip(wanted, there, strict=False), start=1)
            wrong = [Difference(None, f"(place {i})", w, t) for i, (w, t) in places if w != t]
        return Failure(missed(self.expectation, text, "columns"), tuple(wrong))

    def _contains(self) -> Iterator[Failure]:
        expectation = self.expectation
        absent = [
            i
            for i, row in enumerate(expectation.contains)
            if not any(same_row(row, g, expectation.tolerance) for g in self.got)
        ]
        if absent:
            wrong = tuple(Difference(None, ROW, dict(expectation.contains[i]), NOTHING) for i in absent)
            text = f"{self.name} lacks {_rows(len(absent))} that it should contain"
            yield Failure(missed(expectation, text, "contains", absent[0]), wrong)

    # ------------------------------------------------------------------ properties

    def _properties(self) -> Iterator[Failure]:
        expectation, there = self.expectation, self.frame.columns
        for key, names in (
            ("unique", [n for s in expectation.unique for n in s]),
            ("not_null", [*expectation.not_null]),
            ("between", [*expectation.between]),
        ):
            missing = [n for n in dict.fromkeys(names) if n not in there]
            if missing:
                yield self._no_columns(missing)
            else:
                wrong = tuple(
                    {"unique": self._twice, "not_null": self._null, "between": self._outside}[key]()
                )
                if wrong:
                    text = f"{len(wrong)} of {_rows(len(self.got))} of {self.name} {_are(wrong)} not as '{key}' says"
                    yield Failure(missed(expectation, text, key), wrong)

    def _twice(self) -> Iterator[Difference]:
        for names in self.expectation.unique:
            first: dict[str, int] = {}
            for i, row in enumerate(self.got):
                values = [row[n] for n in names]
                if None in values:
                    continue
                known = first.setdefault(repr(values), i)
                if known != i:
                    shown = values[0] if len(values) == 1 else dict(zip(names, values, strict=True))
                    yield Difference(i + 1, ", ".join(names), f"(other than row {known + 1})", shown)

    def _null(self) -> Iterator[Difference]:
        for name in self.expectation.not_null:
            yield from (
                Difference(i + 1, name, "(a value)", None) for i, r in enumerate(self.got) if r[name] is None
            )

    def _outside(self) -> Iterator[Difference]:
        for name, bounds in self.expectation.between.items():
            dtype = from_polars(self.frame.schema[name])
            try:
                least, most = (cell(b, dtype) if isinstance(b, str) else b for b in bounds)
            except ValueError:
                yield Difference(None, name, "(bounds of its type)", str(dtype))
                continue
            said = f"({'any' if least is None else plain(least)} to {'any' if most is None else plain(most)})"
            for i, row in enumerate(self.got):
                value = row[name]
                try:
                    inside = value is None or (
                        (least is None or least <= value) and (most is None or value <= most)
                    )
                except TypeError:
                    inside = False
                if not inside:
                    yield Difference(i + 1, name, said, value)


def _shown(failure: Failure, personal: Collection[str], names: Mapping[str, str]) -> Failure:
    event = masked(NodeFailed("", failure.diagnostic), names)
    assert isinstance(event, NodeFailed)
    return Failure(event.diagnostic, tuple(_masked(d, personal, names) for d in failure.differences))


def _masked(difference: Difference, personal: Collection[str], names: Mapping[str, str]) -> Difference:
    """The difference as it may be shown: with plain values, those of personal columns withheld."""
    got, column = plain(difference.got), difference.column
    if isinstance(got, dict) and column == ROW:
        got = {names.get(n, n): MASK if n in personal else v for n, v in got.items()}
    elif got is not None and any(n in personal for n in (column or "").split(", ")):
        got = MASK
    elif isinstance(got, str):
        got = names.get(got, got)
    return replace(difference, got=got, column=names.get(column, column) if column is not None else None)


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def _columns(count: int) -> str:
    return f"{count} column{'' if count == 1 else 's'}"


def _are(count: int | Sequence[object]) -> str:
    return "is" if (count if isinstance(count, int) else len(count)) == 1 else "are"
