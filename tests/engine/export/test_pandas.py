"""Exports of small flows, made of nodes of this module, run where weirflow cannot be imported."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any, ClassVar

import narwhals as nw
import pandas as pd
import pytest

from weirflow.api import (
    Analysis,
    Columns,
    CsvFormat,
    Effect,
    Estimator,
    FileFact,
    Inputs,
    Item,
    ItemOutput,
    ItemResult,
    Location,
    Made,
    Mean,
    PandasCode,
    Port,
    Receipt,
    Report,
    Schema,
    Sink,
    Source,
    SourceFacts,
    Task,
    TrainedParameters,
    Transform,
)
from weirflow.errors import RunError
from weirflow.export.pandas import ExportError, export_pandas
from weirflow.plan.model import Options
from weirflow.plugins.registry import Registry
from weirflow.project import Project

ALONE = """
import runpy, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"weirflow", "polars", "narwhals", "pydantic"}:
            raise ImportError(f"{name} is not here")
sys.meta_path.insert(0, Refuse())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Read(Source):
    """Read numbers."""

    operator: ClassVar[str] = "t.read"
    path: Location

    def inspect(self, context):
        file = FileFact(context.resolve(self.path), 1)
        return SourceFacts(Schema.of({"a": "int64", "b": "int64"}), (file,))

    def scan(self, context, schema):
        return context.tables.scan_csv([context.resolve(self.path)], schema, CsvFormat())

    def to_pandas(self, code):
        code.write(f"df = pd.read_csv({code.argument(self.path)})")


class Write(Sink):
    """Write numbers."""

    operator: ClassVar[str] = "t.write"
    path: Location

    def write(self, table, target):
        with target.file(self.path) as file:
            target.tables.sink_csv(table, file, CsvFormat())
        return Receipt((target.path(self.path),))

    def to_pandas(self, code):
        code.write(f"df.to_csv({code.argument(self.path)}, index=False)")


class Add(Transform):
    """Add a number to columns. Nulls stay."""

    operator: ClassVar[str] = "t.add"
    columns: Columns
    n: int = 1

    def transform(self, inputs):
        return inputs.table.with_columns(nw.col(*self.columns) + self.n)

    def to_pandas(self, code):
        code.use("import numpy as np")
        for column in self.columns:
            code.write(f"df[{column!r}] = df[{column!r}] + {self.n}")


class Centres(TrainedParameters):
    mean: dict[str, float]


class Center(Estimator[Centres]):
    """Subtract the mean."""

    operator: ClassVar[str] = "t.center"
    columns: Columns
    learns: bool = True

    def ask(self, schema, known):
        return [Mean(c) for c in self.columns]

    def fit(self, answers):
        return Centres(mean={c: answers[Mean(c)] for c in self.columns})

    def transform(self, table, trained):
        return table.with_columns(nw.col(c) - m for c, m in trained.mean.items())

    def to_pandas(self, code, trained):
        column = self.columns[0]
        learn = f"df[{column!r}].mean()" if self.learns else None
        mean = code.value("mean", trained.mean[column], learn)
        code.write(f"df = df.assign({column}=df['{column}'] - {mean})")


class Look(Analysis):
    """Look."""

    operator: ClassVar[str] = "t.look"

    def ask(self, schema, known):
        return []

    def report(self, schema, answers):
        return Report(title="look")


class Halves(Transform):
    """Take rows apart."""

    operator: ClassVar[str] = "t.halves"
    outputs: ClassVar[tuple[Port, ...]] = (Port("low"), Port("high"))

    def effects(self, inputs):
        return {"low": Effect(), "high": Effect()}

    def transform(self, inputs):
        table = inputs.table
        return {"low": table.filter(nw.col("a") < 3), "high": table.filter(nw.col("a") >= 3)}

    def to_pandas(self, code):
        code.write('low = df[df["a"] < 3]\nhigh = df[df["a"] >= 3]')
        code.result = "low, high"


class Stack(Transform):
    """Put one table below another."""

    operator: ClassVar[str] = "t.stack"
    inputs: ClassVar[tuple[Port, ...]] = (Port("upper"), Port("lower"))

    def transform(self, inputs):
        return nw.concat([inputs["upper"], inputs["lower"]])

    def to_pandas(self, code):
        upper, lower = code.frames
        code.write(f"df = pd.concat([{upper}, {lower}], ignore_index=True)")


class Plain(Transform):
    """No pandas form."""

    operator: ClassVar[str] = "t.plain"

    def transform(self, inputs):
        return inputs.table


class Snippet(Transform):
    """Code of the flow's own."""

    operator: ClassVar[str] = "t.snippet"
    runs_code: ClassVar[bool] = True
    code: str

    def transform(self, inputs):
        raise AssertionError("an export executes nothing")

    def to_pandas(self, code):
        code.write(self.code)


class Label(Transform):
    """Fill a column with a text."""

    operator: ClassVar[str] = "t.label"
    text: str

    def effect(self, schema):
        return Effect(makes={"label": Made()})

    def transform(self, inputs):
        return inputs.table.with_columns(label=nw.lit(self.text))

    def to_pandas(self, code):
        code.write(f"df = df.assign(label={self.text!r}, again={code.constant('text', [self.text])}[0])")


class Tile(Task):
    """Not a table."""

    operator: ClassVar[str] = "t.tile"
    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)

    def items(self, inputs: Inputs[Any]):
        return [Item("a")]

    def process(self, item: Item, out: ItemOutput):
        return ItemResult("a")

    def finish(self, results):
        return {}


NODES = (Read, Write, Add, Center, Look, Halves, Stack, Plain, Snippet, Label, Tile)


@pytest.fixture
def flow(tmp_path):
    """Opens a flow of the given nodes, beside a small source."""
    (tmp_path / "in.csv").write_text("a,b\n1,10\n2,20\n3,30\n6,60\n")

    def opened(nodes: str, head: str = "name: small-flow") -> Project:
        path = tmp_path / "small.flow"
        path.write_text(f"flow: 1\n{head}\nnodes:\n{textwrap.dedent(nodes)}")
        return Project(path, registry=Registry.load({"WEIRFLOW_PLUGINS": ""}, []).with_nodes(*NODES))

    return opened


def exported(project: Project, *, run: bool = False, learn: bool = False) -> str:
    if run:
        project.run(Options(report="none"), apart=False).check()
        project = Project(project.path, registry=project.registry)
    return export_pandas(project.plan(), learn=learn)


def lint(text: str) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    done = subprocess.run(
        [*ruff, "format", "--isolated", "--quiet", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    assert text == done.stdout
    rules = ["check", "--isolated", "--select", "E,F,I,W,B,D1", "--quiet", "-"]
    done = subprocess.run([*ruff, *rules], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def execute(text: str, folder, *arguments: str, environ=None) -> subprocess.CompletedProcess[str]:
    lint(text)
    folder.mkdir(exist_ok=True)
    module = folder / "module.py"
    module.write_text(text)
    command = [sys.executable, "-I", "-W", "error", "-c", ALONE, str(module), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environ)


LINE = """
  - {id: numbers, title: The numbers, operator: t.read, parameters: {path: in.csv}}
  - {id: addOne, operator: t.add, parameters: {columns: a}}
  - {id: sum, operator: t.center, parameters: {columns: b}}
  - {id: look, operator: t.look}
  - {id: out, operator: t.write, inputs: sum, parameters: {path: made/out.csv}}
"""


def test_a_line_of_steps_reads_like_one(flow):
    assert exported(flow(LINE, "name: small-flow\ndescription: Centre some numbers."), run=True) == (
        '''\
"""Small flow.

Centre some numbers.

Run it as a script. `--help` names the files that it reads and writes; relative paths
start from the current directory. The constants are what its steps were given or learned
in training. Exported by weirflow from small.flow.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

SUM_MEAN = 30.0


def read_numbers(path: str | Path) -> pd.DataFrame:
    """The numbers."""
    return pd.read_csv(path)


def add_one(df: pd.DataFrame) -> pd.DataFrame:
    """Add a number to columns."""
    df = df.copy()
    df["a"] = df["a"] + 1
    return df


def sum_step(df: pd.DataFrame) -> pd.DataFrame:
    """Subtract the mean."""
    return df.assign(b=df["b"] - SUM_MEAN)


def write_out(df: pd.DataFrame, path: str | Path) -> None:
    """Write numbers."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    df.to_csv(path, index=False)


# Left out, since no destination depends on it: look.
def main() -> None:
    """Run all steps, from the sources to the destinations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--numbers",
        metavar="PATH",
        default="in.csv",
        help="source: The numbers (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        metavar="PATH",
        default="made/out.csv",
        help="destination (default: %(default)s)",
    )
    args = parser.parse_args()

    df = read_numbers(args.numbers)
    df = add_one(df)
    df = sum_step(df)
    write_out(df, args.out)


if __name__ == "__main__":
    main()
'''
    )


def test_it_makes_what_the_run_makes(flow, tmp_path):
    text = exported(flow(LINE), run=True)
    done = execute(text, tmp_path / "else", "--numbers", str(tmp_path / "in.csv"))
    assert done.returncode == 0, done.stderr
    made = pd.read_csv(tmp_path / "else/made/out.csv")
    assert made.to_dict("list") == {"a": [2, 3, 4, 7], "b": [-20.0, -10.0, 0.0, 30.0]}
    pd.testing.assert_frame_equal(made, pd.read_csv(tmp_path / "made/out.csv"))


def test_help_names_sources_and_destinations(flow, tmp_path):
    done = execute(exported(flow(LINE), run=True), tmp_path / "else", "--help")
    assert done.returncode == 0
    words = " ".join(done.stdout.split())
    assert "--numbers PATH source: The numbers (default: in.csv)" in words
    assert "relative paths start from the current directory" in words


def test_learning_code_learns_from_the_data_it_is_given(flow, tmp_path):
    text = exported(flow(LINE), learn=True)  # never fitted
    assert "SUM_MEAN" not in text
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,1\n2,4\n")
    done = execute(text, tmp_path / "else", "--numbers", str(other), "--out", "new.csv")
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(tmp_path / "else/new.csv")["b"].tolist() == [-1.5, 1.5]


def test_a_flow_that_is_not_fitted_is_refused(flow):
    with pytest.raises(RunError, match="WF612: 'sum' is not fitted: never fitted") as caught:
        exported(flow(LINE))
    (found,) = caught.value.diagnostics
    assert (found.node, found.hint) == ("sum", "run it first, or export with --refit")
    assert found.where is not None
    assert found.where.path == ("nodes", 2)


def test_what_cannot_be_learned_in_pandas_is_said(flow):
    project = flow(LINE.replace("columns: b}", "columns: b, learns: false}"))
    assert "SUM_MEAN = 30.0" in exported(project, run=True)
    with pytest.raises(ExportError, match=r"t\.center@1 \('sum'\) .* pandas code cannot learn its 'mean'"):
        exported(project, learn=True)


def test_all_refusals_are_named_at_once(flow):
    project = flow("""
      - {id: numbers, operator: t.read, parameters: {path: in.csv}}
      - {id: plain, operator: t.plain}
      - {id: broken, operator: t.snippet, parameters: {code: "df = ("}}
      - {id: fitted, operator: t.center, parameters: {columns: b}}
      - {id: out, operator: t.write, parameters: {path: out.csv}}
      - {id: tiles, operator: t.tile, inputs: numbers}
      - {id: unused, operator: t.plain, inputs: numbers}
    """)
    with pytest.raises(ExportError, match="WF801") as caught:
        exported(project)
    assert [(d.code, d.node, d.where.path if d.where else None) for d in caught.value.diagnostics] == [
        ("WF801", "plain", ("nodes", 1)),
        ("WF801", "broken", ("nodes", 2)),
        ("WF612", "fitted", ("nodes", 3)),
        ("WF801", "tiles", ("nodes", 5)),
    ]
    messages = [d.message for d in caught.value.diagnostics]
    assert messages[0] == "t.plain@1 ('plain') cannot be exported to pandas: it has no pandas form"
    assert messages[1].endswith("its code is not valid Python")
    assert messages[3].endswith("a task is no work on tables")


def test_branches_outputs_and_joins(flow, tmp_path):
    text = exported(
        flow("""
          - {id: numbers, operator: t.read, parameters: {path: in.csv}}
          - {id: more, operator: t.read, parameters: {path: in.csv}}
          - {id: both, operator: t.stack, inputs: {upper: numbers, lower: more}}
          - {id: side, operator: t.add, inputs: both, parameters: {columns: b}}
          - {id: side_again, operator: t.add, parameters: {columns: b}}
          - {id: halves, operator: t.halves, inputs: both}
          - {id: high, operator: t.write, inputs: halves.high, parameters: {path: high.csv}}
          - {id: sides, operator: t.write, inputs: side_again, parameters: {path: sides.csv}}
        """),
        run=True,
    )
    body = text[text.index("    args = parser") :].splitlines()[2:]
    assert [line.strip() for line in body[:8]] == [
        "numbers = read_numbers(args.numbers)",
        "more = read_more(args.more)",
        "df = both(numbers, more)",
        "side_df = side(df)",
        "side_df = side_again(side_df)",
        "_, high = halves(df)",
        "write_high(high, args.high)",
        "write_sides(side_df, args.sides)",
    ]
    source = str(tmp_path / "in.csv")
    done = execute(text, tmp_path / "else", "--numbers", source, "--more", source)
    assert done.returncode == 0, done.stderr
    for name in ("high.csv", "sides.csv"):
        assert (tmp_path / "else" / name).read_text() == (tmp_path / name).read_text()
    assert pd.read_csv(tmp_path / "high.csv")["a"].tolist() == [3, 6, 3, 6]
    assert pd.read_csv(tmp_path / "sides.csv")["b"].tolist() == [12, 22, 32, 62] * 2


def test_secrets_are_read_from_the_environment(flow, tmp_path, monkeypatch):
    monkeypatch.setenv("PASSWORD", "hunter2")
    text = exported(
        flow("""
          - {id: numbers, operator: t.read, parameters: {path: in.csv}}
          - {id: label, operator: t.label, parameters: {text: "u:${secret:PASSWORD}@$${secret:X}"}}
          - {id: out, operator: t.write, parameters: {path: "${secret:PASSWORD}.csv"}}
        """)
    )
    assert "hunter2" not in text
    assert "${secret:PASSWORD}" not in text
    assert 'label="u:" + os.environ["PASSWORD"] + "@${secret:X}"' in " ".join(text.split())
    source = ["--numbers", str(tmp_path / "in.csv")]
    environ = {"PASSWORD": "other"}
    done = execute(text, tmp_path / "else", *source, environ=environ)
    assert done.returncode == 0, done.stderr
    made = pd.read_csv(tmp_path / "else/other.csv")
    assert set(made["label"]) == set(made["again"]) == {"u:other@${secret:X}"}
    assert "other" not in execute(text, tmp_path / "else", "--help", environ=environ).stdout


def test_snippets_are_embedded_and_never_executed(flow, tmp_path):
    text = exported(
        flow("""
          - {id: numbers, operator: t.read, parameters: {path: in.csv}}
          - id: mine
            operator: t.snippet
            parameters:
              code: |
                # twice as much
                def twice(x): return x*2
                df['a']=np.array(twice(df['a']))  # in place
                text = "${secret:NOT}"
          - {id: out, operator: t.write, parameters: {path: out.csv}}
          - {id: untouched, operator: t.write, inputs: numbers, parameters: {path: in2.csv}}
        """)
    )
    assert (
        '''
def mine(df: pd.DataFrame) -> pd.DataFrame:
    """Code of the flow's own."""
    df = df.copy()

    # twice as much
    def twice(x):
        return x * 2

    df["a"] = np.array(twice(df["a"]))  # in place
    text = "${secret:NOT}"
    return df
'''
        in text
    )
    assert "import numpy as np\nimport pandas as pd\n" in text
    text = text.replace('    text = "${secret:NOT}"\n', "")  # an unused name is the author's own
    done = execute(text, tmp_path / "else", "--numbers", str(tmp_path / "in.csv"))
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(tmp_path / "else/out.csv")["a"].tolist() == [2, 4, 6, 12]
    assert pd.read_csv(tmp_path / "else/in2.csv")["a"].tolist() == [1, 2, 3, 6]


def test_a_flow_without_a_destination_prints_its_last_table(flow, tmp_path):
    text = exported(
        flow("""
          - {id: numbers, operator: t.read, parameters: {path: in.csv}}
          - {id: more, operator: t.add, parameters: {columns: a}}
          - {id: look, operator: t.look}
        """)
    )
    done = execute(text, tmp_path / "else", "--numbers", str(tmp_path / "in.csv"))
    assert done.stdout.split()[:5] == ["a", "b", "0", "2", "10"]


def test_names_that_clash_are_kept_apart(flow, tmp_path):
    text = exported(
        flow("""
          - {id: help, operator: t.read, parameters: {path: in.csv}}
          - {id: a, operator: t.label, parameters: {text: x}}
          - {id: A, operator: t.label, parameters: {text: y}}
          - {id: filter, operator: t.add, parameters: {columns: a}}
          - {id: args, operator: t.add, parameters: {columns: a}}
          - {id: pd, operator: t.add, parameters: {columns: a}}
          - {id: main, operator: t.write, parameters: {path: out.csv}}
        """)
    )
    assert 'A_TEXT = ["x"]\nA_TEXT_2 = ["y"]\n' in text
    done = execute(text, tmp_path / "else", "--help-path", str(tmp_path / "in.csv"))
    assert done.returncode == 0, done.stderr
    made = pd.read_csv(tmp_path / "else/out.csv")
    assert (made["label"][0], made["again"][0], made["a"].tolist()) == ("y", "y", [4, 5, 6, 9])


def test_only_what_is_selected_is_exported(flow):
    project = flow(LINE + "  - {id: other, operator: t.write, inputs: numbers, parameters: {path: o.csv}}\n")
    text = export_pandas(project.plan(Options(select=("+other",))))
    assert "def write_other" in text
    assert "addOne" not in text
    assert "def sum_step" not in text


def test_a_subflow_is_read_through(flow, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/in.csv").write_text("a,b\n5,50\n")
    (tmp_path / "sub/steps.flow").write_text(
        "flow: 1\nname: steps\ninputs: {table: table}\noutputs: {table: stack}\nnodes:\n"
        "  - {id: fixed, operator: t.read, parameters: {path: in.csv}}\n"
        "  - {id: stack, operator: t.stack, inputs: {upper: table, lower: fixed}}\n"
    )
    project = flow("""
      - {id: numbers, operator: t.read, parameters: {path: in.csv}}
      - {id: outer, operator: flow, parameters: {path: sub/steps.flow}}
      - {id: out, operator: t.write, parameters: {path: out.csv}}
    """)
    text = exported(project)
    assert 'default="sub/in.csv"' in text
    done = execute(text, tmp_path / "else", "--numbers", "../in.csv", "--outer-fixed", "../sub/in.csv")
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(tmp_path / "else/out.csv")["a"].tolist() == [1, 2, 3, 6, 5]


def test_constants_of_one_name_and_value_are_written_once():
    code = PandasCode(name="n", schema=Schema.unknown())
    assert [code.constant("x", 1), code.constant("x", 1), code.constant("x", 2)] == ["N_X", "N_X", "N_X_2"]
    assert code.constants == [("N_X", 1), ("N_X_2", 2)]
