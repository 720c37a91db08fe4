"""Each check finds the fault that it is there for, and nothing else is found; good nodes pass all of them."""

from __future__ import annotations

import importlib
import itertools
import re
import sys
from pathlib import Path

import polars as pl
import pytest

from weirflow.api import Sink
from weirflow.testing import Case, check_node, checks_for
from weirflow.testing.checks import in_order

GOOD = Path(__file__).with_name("good_nodes.txt").read_text(encoding="utf-8")
FRAME = pl.DataFrame(
    {"a": [1, 2, None, 4, 6], "b": [0.5, 4.0, 2.5, 0.0, None], "c": ["x", "y", None, "x", "z"]}
)
SHARE = {"top": "a", "bottom": "b", "output": "q"}
CASES = {
    "Share": Case(SHARE, FRAME, examples=6),
    "Above": Case({"column": "b", "bound": 0.25}, FRAME, examples=6),
    "Copy": Case({"column": "a", "output": "d"}, FRAME, examples=6),
    "Centre": Case({"columns": ["a", "b"]}, FRAME, examples=6),
    "Spread": Case({"column": "c"}, FRAME, examples=6),
    "Range": Case({"column": "a"}, FRAME, examples=6),
    "Lines": Case({"path": "in.csv"}, files={"in.csv": "line\nfirst\nsecond\n"}),
    "Save": Case({"path": "out.csv"}, FRAME, examples=6),
    "Sizes": Case({"folder": "in"}, files={"in/a": "1", "in/b": "22"}),
}
COUNT = itertools.count()
CHECKS = in_order()


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Import the good nodes with some text replaced, as a module that other processes find too."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = []

    def make(*changes):
        text = GOOD
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
            text = text.replace(old, new)
        names.append(f"planted_{next(COUNT)}")
        (tmp_path / f"{names[-1]}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module(names[-1])

    yield make
    for name in names:
        sys.modules.pop(name, None)


NUMBER = 'no number")\n        return Effect(makes={self.output'
NUMERIC = (
    "if dtype is not None and not dtype.is_numeric:\n                raise NodeError(f\"column '{name}' is "
    + NUMBER
)
SUMMARY = '"""Divide a column by another. A divisor of zero gives null."""'
MADE = "        made = nw.when(bottom != 0).then(top / bottom)\n"
SHARED = "return inputs.table.with_columns(made.alias(self.output))"
SHARE_OF = "Made(of=(self.top, self.bottom), dtype=FLOAT64)"
SHARE_CODE = '            share = df[{self.top!r}].astype("float64") / bottom.where(bottom != 0)\n'
ABOVE = "nw.col(self.column) > self.bound"
COPIED = "return inputs.table.rename({self.column: self.output})"
COPY_OF = "Made(of=(self.column,), alias=True)"
LEARNED = "return Means(means={c: answers[Mean(c)] for c in self.columns})"
CENTRED = "trained.means[c] for c in self.columns)"
ASKED = "return [Minimum(self.column), Maximum(self.column)]"
SIZES = "    inputs: ClassVar = ()\n\n    folder: Location"
SIZED = 'return ItemResult(item.key, {"size": Path(item.payload["path"]).stat().st_size})'
LISTED = 'return [Item(p.name, {"path": str(p)})'
WRITTEN = "            target.tables.sink_csv(table, file, CsvFormat())\n"


def config(**settings):
    return ('    operator = "good.share"\n', f'    operator = "good.share"\n    model_config = {settings}\n')


def before(line, *lines):
    """The line, preceded by others as deep as it."""
    depth = line[: len(line) - len(line.lstrip())]
    return (line, "".join(f"{depth}{new}\n" for new in lines) + line)


HIDDEN = '''

def make():
    class Hidden(Above):
        """Keep rows, from within a function."""

        operator = "good.hidden"

    return Hidden


Hidden = make()
'''

FAULTS = [
    # identity
    ("an operator in capitals", "identity.operator", "Share", ('"good.share"\n', '"Good.Share"\n')),
    ("a version that is text", "identity.version", "Share", ("    version = 2\n", '    version = "2"\n')),
    ("a version of none", "identity.version", "Share", ("    version = 2\n", "    version = 0\n")),
    (
        "a method misspelt",
        "identity.kind",
        "Copy",
        (f"transform(self, inputs):\n        {COPIED}", f"transfrom(self, inputs):\n        {COPIED}"),
    ),
    ("no docstring", "identity.docstring", "Share", (f"    {SUMMARY}\n", "")),
    ("a heading for a docstring", "identity.docstring", "Share", (SUMMARY, '"""Share"""')),
    (
        "an upgrade that means something else",
        "identity.upgrade",
        "Share",
        ('"top": old["column"], "bottom": old["by"]', '"top": old["by"], "bottom": old["column"]'),
    ),
    # parameters
    (
        "a parameter of the wrong type",
        "parameters.valid",
        "Above",
        ("bound: float = Field(default=0.0,", "bound: bool = Field(default=False,"),
    ),
    (
        "no description",
        "parameters.described",
        "Share",
        ('Field(description="what it is divided by")', "Field()"),
    ),
    ("extras that pass", "parameters.extras", "Share", config(extra="ignore")),
    ("parameters that can be set", "parameters.frozen", "Share", config(frozen=False)),
    (
        "a default of the wrong type",
        "parameters.examples",
        "Above",
        ("bound: float = Field(default=0.0,", 'bound: float = Field(default="low",'),
    ),
    ("an example of the wrong type", "parameters.examples", "Share", ('examples=["rate"]', "examples=[7]")),
    (
        "a parameter that JSON loses",
        "parameters.round_trip",
        "Above",
        ("Field(default=0.0,", "Field(default=0.0, exclude=True,"),
    ),
    (
        "a parameter without a schema",
        "parameters.schema",
        "Share",
        ("import csv\n", "from collections.abc import Callable\n"),
        (
            "    output: NewColumn = Field(default",
            '    hook: Callable[[], int] | None = Field(default=None, description="a function")\n    output: NewColumn = Field(default',  # noqa: E501
        ),
    ),
    # ports
    (
        "a port of no type",
        "ports.declared",
        "Sizes",
        (SIZES, SIZES.replace("()\n", '()\n    outputs: ClassVar = (Port("default", "tabel"),)\n', 1)),
    ),
    (
        "an output that was not declared",
        "ports.outputs",
        "Share",
        (
            SHARED,
            'return {"default": inputs.table.with_columns(made.alias(self.output)), "rest": inputs.table}',
        ),
    ),
    (
        "what was learned is used up",
        "ports.untouched",
        "Centre",
        (CENTRED, "trained.means.pop(c) for c in self.columns)"),
    ),
    # the first run
    (
        "an example that fails",
        "run.example",
        "Share",
        (MADE, MADE.replace("top / bottom", "top / self.nonsense")),
    ),
    (
        "an example that is refused",
        "run.example",
        "Share",
        (NUMBER, NUMBER.replace("return", 'raise NodeError("never")\n        return')),
    ),
    ("computing while building", "run.lazy", "Share", before(MADE, "inputs.table.collect()")),
    # effects
    (
        "another type than promised",
        "effect.schema",
        "Share",
        (SHARE_OF, SHARE_OF.replace("FLOAT64", "INT64")),
    ),
    (
        "a column that was not promised",
        "effect.schema",
        "Share",
        (SHARED, SHARED[:-1] + ", nw.lit(1).alias('more'))"),
    ),
    (
        "another order than promised",
        "effect.schema",
        "Copy",
        (COPIED, f"{COPIED}.select(nw.exclude(self.output), nw.col(self.output))"),
    ),
    (
        "a prefix that was not opened",
        "effect.opens",
        "Spread",
        ('opens={f"{self.column}="', 'opens={f"{self.column}_"'),
    ),
    (
        "refusing what is not known",
        "effect.unknown_types",
        "Share",
        (NUMERIC, NUMERIC.replace("dtype is not None and", "dtype is None or")),
    ),
    (
        "guessing a type",
        "effect.unknown_types",
        "Copy",
        (COPY_OF, COPY_OF[:-1] + ", dtype=schema.dtype(self.column) or STRING)"),
    ),
    (
        "rows that go in secret",
        "effect.rows",
        "Share",
        (SHARED, f"{SHARED}.filter(~nw.col(self.bottom).is_null())"),
    ),
    (
        "a column changed in secret",
        "effect.writes",
        "Share",
        (SHARED, SHARED[:-1] + ", nw.col(self.top) + 1)"),
    ),
    (
        "an alias that is none",
        "effect.writes",
        "Copy",
        (COPIED, f"{COPIED}.with_columns(nw.col(self.output).fill_null(0))"),
    ),
    ("a column read in secret", "effect.of", "Share", (SHARE_OF, SHARE_OF.replace(", self.bottom)", ",)"))),
    (
        "rows decided in secret",
        "effect.of",
        "Above",
        (ABOVE, f"{ABOVE}, nw.all_horizontal(~nw.all().is_null(), ignore_nulls=True)"),
    ),
    # questions and learning
    ("questions in secret", "ask.declared", "Range", (ASKED, ASKED[:-1] + ", Mean('b')]")),
    (
        "questions without end",
        "run.example",
        "Range",
        (ASKED, ASKED[:-1] + ", Frequencies(self.column, len(known) + 1)]"),
    ),
    (
        "other questions the second time",
        "ask.pure",
        "Range",
        (
            f"        {ASKED}",
            f"        STATE['n'] = STATE.get('n', 0) + 1\n        {ASKED[:-1]}, *([RowCount()] if STATE['n'] % 2 else [])]",  # noqa: E501
        ),
    ),
    (
        "learning what was not announced",
        "trained.model",
        "Centre",
        (LEARNED, LEARNED.replace("Means(", "Other(")),
        (
            "class Centre(",
            "class Other(TrainedParameters):\n    means: dict[str, float | None]\n\n\nclass Centre(",
        ),
    ),
    (
        "a memory of its own",
        "trained.json",
        "Centre",
        (LEARNED, f"STATE[id(self)] = True\n        {LEARNED}"),
        (CENTRED, f"(trained.means[c] if id(self) in STATE else trained.means[c] * 2) {CENTRED[17:]}"),
    ),
    (
        "a transform that needs nothing",
        "trained.required",
        "Centre",
        (CENTRED, f"(trained.means[c] if trained else 0.0) {CENTRED[17:]}"),
    ),
    ("infinity in a report", "report.plain", "Range", ("value=spread", "value=float('inf')")),
    # rows
    ("chance", "run.twice", "Share", before(MADE, "import random", "top = top + random.random()")),
    (
        "an engine's error",
        "rows.drawn",
        "Share",
        before(
            MADE, "top = top * nw.when(bottom < 0).then(nw.lit('x')).otherwise(nw.lit('1')).cast(nw.Int64)"
        ),
    ),
    (
        "not a number",
        "rows.nan",
        "Share",
        ("nw.when(bottom != 0).then(top / bottom)", "top / bottom"),
        ('"polars", "duckdb"', '"polars"'),
    ),
    (
        "no types without rows",
        "rows.none",
        "Share",
        ("    version = 2\n", "    version = 2\n    holds_table = True\n"),
        before(
            MADE,
            "if not len(inputs.table.collect()):",
            "    return inputs.table.select(self.top, nw.lit('').alias('b'))",
        ),
    ),
    (
        "no way with one row",
        "rows.one",
        "Share",
        ("    version = 2\n", "    version = 2\n    holds_table = True\n"),
        before(MADE, "1 / (len(inputs.table.collect()) - 1)"),
    ),
    (
        "no way with nulls alone",
        "rows.nulls",
        "Share",
        ("    version = 2\n", "    version = 2\n    holds_table = True\n"),
        before(
            MADE,
            "values = inputs.table.collect()[self.bottom]",
            "if len(values) > 1 and values.is_null().all():",
            "    raise IndexError",
        ),
    ),
    (
        "dots in names mean something",
        "rows.names",
        "Share",
        ("nw.col(self.top).cast", "nw.col(self.top.split('.')[-1]).cast"),
    ),
    (
        "a look at other rows",
        "rows.split",
        "Share",
        (MADE, MADE.replace("top / bottom", "(top - top.mean()) / bottom")),
    ),
    (
        "a value in a message",
        "rows.private",
        "Centre",
        (
            LEARNED,
            f"for c in self.columns:\n            if (answers[Mean(c)] or 0) > 90_000_000:\n                raise NodeError(f'a mean of {{answers[Mean(c)]}} is too much')\n        {LEARNED}",  # noqa: E501
        ),
    ),
    (
        "halves that engines round apart",
        "engines.same",
        "Share",
        (MADE, MADE.replace("top / bottom)", "(top / bottom).round(0))")),
        (SHARE_CODE, SHARE_CODE.replace("\n", "\n            share = share.round(0)\n")),
    ),
    ("an engine that there is not", "engines.same", "Share", ('"polars", "duckdb"', '"polars", "dukdb"')),
    # flows and exports
    (
        "an effect that wants its column known",
        "flow.run",
        "Share",
        (NUMBER, NUMBER.replace("return", "schema[self.top]\n        return")),
    ),
    (
        "code that does something else",
        "export.same",
        "Share",
        (SHARE_CODE, SHARE_CODE.replace("/ bottom", "/ -bottom")),
    ),
    (
        "code that fails on a null",
        "export.same",
        "Above",
        (".fillna(False)]", ".astype('int64').astype(bool)]"),
        ("df[(df[{self.column!r}] >", "df[(df[{self.column!r}].astype('Float64') >"),
    ),
    (
        "code that learns something else",
        "export.learned",
        "Centre",
        ("].mean().to_dict()", "].median().to_dict()"),
    ),
    (
        "code that needs polars",
        "export.imports",
        "Share",
        (
            '        code.write(\n            f"""\n            bottom =',
            '        code.use("import polars as pl")\n        code.write(\n            f"""\n            pl.Series([1])\n            bottom =',  # noqa: E501
        ),
    ),
    # side effects
    (
        "a heavy import",
        "process.imports",
        "Share",
        ("import narwhals as nw\n", "import narwhals as nw\nimport polars as pl\n"),
    ),
    ("a print", "process.output", "Share", before(MADE, "print('dividing')")),
    (
        "a file of its own",
        "process.files",
        "Share",
        before(MADE, "Path(__file__).with_suffix('.log').write_text('x')"),
    ),
    (
        "a name looked up",
        "process.network",
        "Share",
        before(MADE, "import socket", "socket.getaddrinfo('127.0.0.1', 80)"),
    ),
    (
        "another program",
        "process.children",
        "Share",
        before(MADE, "import subprocess, sys", "subprocess.run(['true'], check=True)"),
    ),
    ("a class within a function", "process.pickles", "Hidden", ("class Copy(", f"{HIDDEN}\n\nclass Copy(")),
    (
        "a hash of a text",
        "process.same",
        "Share",
        (MADE, MADE.replace("top / bottom)", "top / bottom * (hash('x') % 1_000_003))")),
        (SHARE_CODE, SHARE_CODE.replace("\n", "\n            share = share * {hash('x') % 1_000_003}\n")),
    ),
    # sources, sinks, tasks
    ("more rows than there are", "source.facts", "Lines", (".splitlines()) - 1", ".splitlines())")),
    ("an error without words", "source.missing", "Lines", ("if not path.is_file():", "if False:")),
    ("a wrong receipt", "sink.receipt", "Save", ("None, size)", "7, size)")),
    (
        "half a file left behind",
        "sink.whole",
        "Save",
        before(WRITTEN, "target.path(self.path).write_text('begun')"),
    ),
    (
        "a file besides",
        "sink.files",
        "Save",
        (WRITTEN, WRITTEN + "            target.path('more.txt').write_text('x')\n"),
    ),
    ("one key for all", "task.items", "Sizes", (LISTED, LISTED.replace("p.name", "'one'"))),
    (
        "an item that counts the others",
        "task.order",
        "Sizes",
        (f"        {LISTED}", f"        STATE['n'] = 0\n        {LISTED}"),
        (
            f"        {SIZED}",
            "        STATE['n'] = STATE.get('n', 0) + 1\n        return ItemResult(item.key, {'size': STATE['n']})",
        ),
    ),
]


def case_of(name, module):
    if name == "Hidden":
        return CASES["Above"]
    if name == "Share":
        return Case(SHARE, FRAME, older=((module.UPGRADE, {"column": "a", "by": "b", "output": "q"}),))
    return CASES[name]


@pytest.mark.parametrize("name", CASES)
def test_a_good_node_passes(name, load):
    module = load()
    assert "\n".join(map(str, check_node(getattr(module, name), case_of(name, module)))) == ""


@pytest.mark.parametrize(
    ("check", "name", "changes"),
    [pytest.param(c, n, ch, id=f"{t.replace(' ', '-')}") for t, c, n, *ch in FAULTS],
)
def test_a_fault_is_found_by_the_check_for_it_alone(check, name, changes, load):
    module = load(*changes)
    found = check_node(getattr(module, name), case_of(name, module))
    assert {f.check for f in found} == {check}, "\n".join(map(str, found))


def test_every_check_has_a_fault_that_it_finds():
    assert {c for _, c, *_ in FAULTS} == {c.id for c in CHECKS}


def test_every_check_cites_a_clause_that_cites_it(repository):
    page = (repository / "docs" / "reference" / "node.md").read_text(encoding="utf-8")
    clauses = dict(re.findall(r"^- \*\*(N\d+\.\d+)\*\* (.*(?:\n  .*)*)", page, re.MULTILINE))
    assert {c.id: c.clause for c in CHECKS} == {
        name: clause
        for clause, text in clauses.items()
        for name in re.findall(r"`([a-z]+\.[a-z_]+)`\)", text)
    }
    assert all(re.search(r"\b(MUST|SHOULD|MAY)\b", text) for text in clauses.values())


def test_a_quirk_that_is_declared_is_no_finding_and_one_that_is_none_is(load):
    module = load(before(MADE, "print('dividing')"))
    quirk = Case(SHARE, FRAME, quirks={"process.output": "it is talkative"})
    assert check_node(module.Share, quirk) == ()
    (found,) = check_node(load().Share, quirk)
    assert (found.check, found.clause) == ("process.output", "N8.2")
    assert "nothing is found" in found.seen


def test_needs_are_checks_that_come_before():
    seen = []
    for check in in_order():
        assert set(check.needs) <= set(seen), check.id
        seen.append(check.id)
    assert len(set(seen)) == len(seen) == len(CHECKS)
    assert {c.id for c in checks_for(Sink)} < set(seen)


TOP = '''
class Top(Transform):
    """Append a row of the greatest values; numbers become floats."""

    operator = "good.top"

    def effect(self, schema):
        if schema.is_open:
            return Effect.unknown()
        kinds = {c.name: FLOAT64 if c.dtype is not None and c.dtype.is_numeric else c.dtype for c in schema}
        return Effect(
            makes={c: Made(of=schema.names, dtype=d) for c, d in kinds.items()}, rows=Rows.changed(by=None)
        )

    def transform(self, inputs):
        floats = inputs.table.with_columns(nw.selectors.numeric().cast(nw.Float64))
        return nw.concat([floats, floats.select(nw.all().max())])


'''


def test_a_node_that_makes_every_column_changes_the_kits_numbers_of_rows_too(load):
    module = load(("UPGRADE = ", TOP + "UPGRADE = "))
    assert "\n".join(map(str, check_node(module.Top, Case({}, FRAME, examples=6)))) == ""
