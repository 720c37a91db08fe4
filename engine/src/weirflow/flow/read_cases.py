"""Read the cases of `weirflow test`: from `tests:` in a flow, and from `NAME.tests.yaml` beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weirflow.catalogue import TITLES
from weirflow.errors import Where, did_you_mean
from weirflow.flow.cases import TOLERANCE, Case, Cases, Expectation, Mock, cases_path
from weirflow.flow.document import display_name
from weirflow.flow.problems import Problems, Section, arrange, nearest
from weirflow.flow.read import parse, read_file
from weirflow.flow.scalars import kind, shown
from weirflow.node.schema import KINDS, DType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from weirflow.flow.model import Flow

KEYS = ("name", "mock", "expect", "parameters", "trained_parameters", "sources")
MOCK_KEYS = ("rows", "columns", "schema")
EXPECT_KEYS = (
    "rows", "columns", "schema", "contains", "unique", "not_null", "between", "unordered", "tolerance", "error",
)  # fmt: skip
MOCK_FILES = (".csv", ".json", ".parquet")

_ROWS = "a list of rows, each a mapping from column to value"


def read_cases(flow: Flow, sources: Mapping[str, str]) -> Cases:
    """All cases of a flow, those in its file first. `sources` are the texts that were read for it."""
    texts = dict(sources)
    problems = Problems(texts)
    cases = list(_Reader(Section(problems, Where(flow.display)), flow.base).cases(flow.tests))
    path = cases_path(flow.file)
    if path.is_file():
        display = display_name(path) if flow.display == display_name(flow.file) else path.name
        section = Section(problems, Where(display))
        data = _open(section, path, texts)
        cases += _Reader(section, flow.base).cases(data)
    first: dict[str, Case] = {}
    for case in cases:
        for name in case.parameters:
            if name not in flow.parameters:
                where = Where(case.where.file, (*case.where.path, "parameters", name), key=True)
                hint = nearest(name, flow.parameters, "the flow declares no parameter")
                problems.add("WF310", f"the flow has no parameter '{name}'", where, hint=hint)
        known = first.setdefault(case.name, case)
        if known is not case:
            also = ((Where(known.where.file, (*known.where.path, "name")), "it is here first"),)
            where = Where(case.where.file, (*case.where.path, "name"))
            problems.add(
                "WF205", f"two cases are called '{case.name}'", where, hint="rename one of them", also=also
            )
    return Cases(tuple(cases), arrange(problems.found, texts), texts)


def _open(section: Section, path: Path, texts: dict[str, str]) -> list[Any]:
    """The list of cases in a file of its own."""
    display = section.where.file
    read = read_file(path, display)
    section.problems.found += read.diagnostics
    if read.text is None:
        return []
    texts[display] = read.text
    parsed = parse(read.text, display)
    section.problems.found += parsed.diagnostics
    if not parsed.complete:
        return []
    data = parsed.data
    if not isinstance(data, dict) or "tests" not in data:
        found = "" if isinstance(data, dict) else f", and this is {kind(data)}"
        hint = "begin it with 'tests:', as in a flow"
        section.error("WF202", f"a file of cases is a mapping with 'tests'{found}", hint=hint)
        return []
    section.keys(data, ("tests",), "a file of cases")
    if not isinstance(data["tests"], list):
        section.wrong("tests", "a list of cases", data["tests"])
        return []
    return data["tests"]


class _Reader:
    """Reads the cases of one document. What is wrong is reported, and left out."""

    def __init__(self, section: Section, base: Path) -> None:
        self.section = section
        self.base = base

    def cases(self, items: Any) -> Iterator[Case]:
        for index, data in enumerate(items):
            here = self.section.inside("tests", index)
            if not isinstance(data, dict):
                hint = "write '- name: …', and 'mock:' and 'expect:' under it"
                here.error("WF205", f"a case should be a mapping, and is {kind(data)}", hint=hint)
                continue
            here.keys(data, KEYS, "a case")
            case = self._case(here, index, data)
            if case is not None:
                yield case

    def _case(self, here: Section, index: int, data: dict[Any, Any]) -> Case | None:
        meant = " ".join(did_you_mean(str(k), KEYS) or "" for k in data if k not in KEYS)
        for key, hint in (
            ("name", "say what it is about"),
            ("expect", "say what has to come of it, by node"),
        ):
            if key not in data and f"'{key}'" not in meant:
                here.error("WF202", f"a case has no '{key}'", hint=hint)
        if "name" not in data or "expect" not in data:
            return None
        name = here.text(data, "name")
        mocks = [self._mock(here.inside("mock", n), n, v) for n, v in here.mapping(data, "mock").items()]
        expect = here.mapping(data, "expect")
        if not expect and data["expect"] in (None, {}):
            here.error(
                "WF205", "'expect' names no node", "expect", key=True, hint="write 'node: rows' under it"
            )
        expected = [self._expectation(here.inside("expect", n), n, v) for n, v in expect.items()]
        trained = here.mapping(data, "trained_parameters")
        for node, learned in trained.items():
            if not isinstance(learned, dict):
                section = here.inside("trained_parameters")
                section.wrong(node, "a mapping of what the node has learned", learned)
        return Case(
            name,
            index,
            here.where,
            tuple(m for m in mocks if m is not None),
            tuple(e for e in expected if e is not None),
            here.mapping(data, "parameters"),
            {n: t for n, t in trained.items() if isinstance(t, dict)},
            here.texts(data, "sources"),
        )

    # ------------------------------------------------------------------ mocks

    def _mock(self, here: Section, node: str, data: Any) -> Mock | None:
        if isinstance(data, str):
            return self._file(here, node, data)
        if isinstance(data, list):
            rows = _rows(here, data)
            return None if rows is None else Mock(node, here.where, _by_column(rows))
        if not isinstance(data, dict) or not data:
            expected = f"{_ROWS}; {{columns: …}}; or a file, such as rows.csv"
            found = "an empty mapping" if data == {} else shown(data)
            here.error("WF205", f"a mock should be {expected}, and is {found}")
            return None
        here.keys(data, MOCK_KEYS, "a mock")
        schema = _types(here, data)
        if "rows" in data and "columns" in data:
            here.error(
                "WF205", "a mock has both 'rows' and 'columns'", "columns", key=True, hint="remove one"
            )
        elif "rows" in data:
            rows = _rows(here.inside("rows"), data["rows"])
            return None if rows is None else Mock(node, here.at("rows"), _by_column(rows), schema=schema)
        elif "columns" in data:
            columns = _columns(here.inside("columns"), data["columns"])
            return (
                None
                if columns is None
                else Mock(node, here.at("columns"), columns, by_rows=False, schema=schema)
            )
        elif not any(key not in MOCK_KEYS for key in data):
            here.error("WF202", "a mock has neither 'rows' nor 'columns'", hint="give it one of them")
        return None

    def _file(self, here: Section, node: str, text: str) -> Mock | None:
        path = self.base / text
        if path.suffix.lower() not in MOCK_FILES:
            here.error("WF205", f"'{text}' is no file of a mock", hint=f"it can be {', '.join(MOCK_FILES)}")
            return None
        if not path.is_file():
            hint = did_you_mean(path.name, [p.name for p in path.parent.glob("*.*")])
            here.error(
                "WF602", f"there is no file '{text}'", hint=hint or "paths are relative to the flow's folder"
            )
            return None
        return Mock(node, here.where, path=path)

    # ------------------------------------------------------------------ expectations

    def _expectation(self, here: Section, node: str, data: Any) -> Expectation | None:
        if isinstance(data, list):
            rows = _rows(here, data)
            return None if rows is None else Expectation(node, here.where, data, rows=tuple(rows))
        if not isinstance(data, dict):
            here.error("WF205", f"an expectation should be {_ROWS}, or a mapping, and is {shown(data)}")
            return None
        here.keys(data, EXPECT_KEYS, "an expectation")
        count = here.whole(data, "rows") if not isinstance(data.get("rows"), list) else None
        rows = _rows(here.inside("rows"), data["rows"]) if isinstance(data.get("rows"), list) else None
        names = None
        if isinstance(data.get("columns"), dict):
            columns = _columns(here.inside("columns"), data["columns"])
            if rows is not None or count is not None:
                hint = "'columns' with values says how many rows there are: remove 'rows'"
                here.error(
                    "WF205", "'rows' and values under 'columns' say the same", "rows", key=True, hint=hint
                )
            rows = None if columns is None else _by_row(columns)
        elif "columns" in data:
            names = here.texts(data, "columns")
        unordered = data.get("unordered", False)
        if not isinstance(unordered, bool):
            here.wrong("unordered", "true or false", unordered)
        expectation = Expectation(
            node,
            here.where,
            data,
            rows=None if rows is None else tuple(rows),
            count=count,
            columns=names,
            schema=_types(here, data),
            contains=tuple(_rows(here.inside("contains"), data.get("contains", [])) or ()),
            unique=_sets(here, data),
            not_null=here.texts(data, "not_null"),
            between=_bounds(here, data),
            unordered=unordered is True,
            tolerance=_tolerance(here, data),
            error=_code(here, data),
        )
        if expectation.error is not None and expectation.looks:
            hint = "a node that fails gives no table: keep one of the two"
            here.error("WF205", "a case expects both an error and a table", "error", key=True, hint=hint)
        return expectation


def _rows(here: Section, data: Any) -> list[dict[str, Any]] | None:
    """Rows as written, if they are rows."""
    if not isinstance(data, list):
        here.error("WF205", f"rows should be {_ROWS}, and are {shown(data)}")
        return None
    good = True
    for i, row in enumerate(data):
        if not isinstance(row, dict):
            here.error("WF205", f"a row should be a mapping from column to value, and is {kind(row)}", i)
            good = False
            continue
        good = _named(here.inside(i), row) and good
    return data if good else None


def _columns(here: Section, data: Any) -> dict[str, tuple[Any, ...]] | None:
    """Columns of values as written, if they are columns and equally long."""
    if not isinstance(data, dict):
        here.error(
            "WF205", f"columns should be a mapping from column to a list of values, and are {shown(data)}"
        )
        return None
    good = _named(here, data)
    lengths = {name: len(v) for name, v in data.items() if isinstance(v, list)}
    for name, values in data.items():
        if not isinstance(values, list):
            here.wrong(str(name), "a list of values", values)
            good = False
        elif len(values) != next(iter(lengths.values())):
            first = next(iter(lengths))
            text = f"column '{name}' is {len(values)} long, and '{first}' is {lengths[first]}"
            here.error("WF205", text, str(name), hint="give all columns as many values")
            good = False
    return {n: tuple(v) for n, v in data.items()} if good else None


def _named(here: Section, data: dict[Any, Any]) -> bool:
    wrong = [k for k in data if not isinstance(k, str)]
    for key in wrong:
        text = f"a column's name is text, and this is {kind(key)}"
        here.error("WF205", text, str(key), key=True, hint="put it in quotes")
    return not wrong


def _by_column(rows: list[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: tuple(row.get(name) for row in rows) for name in names}


def _by_row(columns: Mapping[str, tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _types(here: Section, data: dict[Any, Any]) -> dict[str, DType]:
    """Types of columns by name."""
    found: dict[str, DType] = {}
    for name, written in here.mapping(data, "schema").items():
        try:
            found[name] = DType.parse(written)
        except (ValueError, TypeError):
            near = did_you_mean(written, KINDS) if isinstance(written, str) else None
            text = (
                f"unknown type '{written}'"
                if isinstance(written, str)
                else f"a type is text, not {kind(written)}"
            )
            hint = near or "types are such as int64, float64, string, boolean, date, datetime, list[string]"
            here.error("WF205", text, "schema", name, hint=hint)
    return found


def _sets(here: Section, data: dict[Any, Any]) -> tuple[tuple[str, ...], ...]:
    """`unique`: a column, or a list in which each entry is a column or a list of columns that count together."""
    value = data.get("unique", [])
    entries = [value] if isinstance(value, str) else value
    sets = [[e] if isinstance(e, str) else e for e in entries] if isinstance(entries, list) else None
    if sets is None or not all(
        isinstance(s, list) and s and all(isinstance(n, str) for n in s) for s in sets
    ):
        here.wrong("unique", "a column, or a list of columns or of lists of them", value)
        return ()
    return tuple(tuple(s) for s in sets)


def _bounds(here: Section, data: dict[Any, Any]) -> dict[str, tuple[Any, Any]]:
    """`between`: for each column its least and greatest value."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, value in here.mapping(data, "between").items():
        pair = value if isinstance(value, list) and len(value) == 2 else None  # noqa: PLR2004 - a pair
        known = [v for v in pair or () if v is not None]
        numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in known)
        if pair is None or not known or not (numbers or all(isinstance(v, str) for v in known)):
            text = f"the bounds of '{name}' should be [least, greatest], one of them null where there is none"
            here.error("WF205", text, "between", name, hint="as in between: {age: [0, 120]}")
            continue
        found[name] = (pair[0], pair[1])
    return found


def _tolerance(here: Section, data: dict[Any, Any]) -> float:
    value = data.get("tolerance", TOLERANCE)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    here.wrong("tolerance", "a number, 0 or above", value)
    return TOLERANCE


def _code(here: Section, data: dict[Any, Any]) -> str | None:
    value = data.get("error")
    if value is None or (isinstance(value, str) and value in TITLES):
        return value
    text = (
        f"there is no error '{value}'" if isinstance(value, str) else f"an error is a code, not {kind(value)}"
    )
    here.error("WF205", text, "error", hint="`weirflow explain --all` lists them, such as WF610")
    return None
