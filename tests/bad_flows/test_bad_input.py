"""Bad input, each through the command line: the message, the exit code, and nothing half-written left behind."""

import functools
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest

from weirflow.cli import main
from weirflow.errors import RunError
from weirflow.project import Project

READ = """\
flow: 1
parameters:
  data: {type: path, default: people.csv}
nodes:
  - id: people
    operator: read.csv
    parameters: {path: "${data}"}
"""
WRITE = """\
  - id: csv
    operator: write.csv
    parameters: {path: out.csv}
  - id: parquet
    operator: write.parquet
    inputs: %s
    parameters: {path: out.parquet}
"""
PEOPLE = "name,city,age,pay\nann,Rome,31,7\nbob,Oslo,42,7\ncay,Rome,27,7\n"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


def flow(node="", last="people"):
    return READ + node + WRITE % last


def step(operator, parameters, id_="step"):
    return f"  - id: {id_}\n    operator: {operator}\n    parameters: {parameters}\n"


def left(folder):
    """What was written beside the flow and its data, the run's own records apart."""
    return sorted(
        p.name for p in folder.iterdir() if p.name not in {"x.flow", "people.csv", "other.csv", ".weirflow"}
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEIRFLOW_PLUGINS", "")
    (tmp_path / "people.csv").write_text(PEOPLE)
    return tmp_path


@pytest.fixture
def run(folder, capfd):
    """Write the flow and run it, with its worker process."""

    def call(text, *arguments):
        (folder / "x.flow").write_text(text)
        capfd.readouterr()
        code = main(["run", "x.flow", "-q", "--report", "none", *arguments])
        return Outcome(code, *capfd.readouterr())

    return call


@pytest.mark.parametrize(
    ("text", "arguments", "code", "said"),
    [
        (
            flow(),
            ["-p", "data=peple.csv"],
            1,
            ["x.flow:7:24: error[WF602]", "no file 'peple.csv'", "did you mean 'people.csv'?"],
        ),
        (
            flow(step("columns.keep", "{columns: [name, agee]}"), "step"),
            [],
            3,
            ["x.flow:10:34: error[WF401]", "no column 'agee'", "did you mean 'age'?"],
        ),
        (
            flow(step("columns.keep", "{columns: [name]}", "people")),
            [],
            3,
            ["x.flow:8:9: error[WF301]", "x.flow:5:9"],
        ),
        (
            flow(step("encode.onehot", "{columns: city}")),
            [],
            4,
            ["error[WF501]", "did you mean 'encode.one_hot'?"],
        ),
        (
            flow("  - id: look\n    operator: analyse.summary\n", "look"),
            [],
            3,
            ["error[WF305]", "'look' gives a report"],
        ),
        (
            flow(
                step("rows.limit", "{n: 1}").replace("    para", "    inputs: back\n    para")
                + step("rows.limit", "{n: 2}", "back")
            ),
            [],
            3,
            ["error[WF303]", "step -> back -> step"],
        ),
    ],
    ids=["missing file", "missing column", "one id twice", "unknown operator", "type of edge", "circle"],
)
def test_a_flow_that_cannot_run_leaves_nothing(run, folder, text, arguments, code, said):
    done = run(text, *arguments)

    assert (done.code, done.out) == (code, "")
    for words in said:
        assert words in done.err
    assert "resume" not in done.err
    assert left(folder) == []
    assert not (folder / ".weirflow").exists()


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        ("name;age\nann;31\n", 1, ["error[WF603]", 'set `delimiter: ";"`']),
        ("name,age,age\nann,31,31\n", 1, ["error[WF603]", "other.csv has a column more than once: 'age'"]),
        ("name,age\nann,31\nbob\n", 1, ["error[WF603]", "line 3 of other.csv has 1 field"]),
        ("", 1, ["error[WF603]", "other.csv is empty"]),
    ],
    ids=["wrong delimiter", "duplicate columns", "ragged", "empty file"],
)
def test_data_that_cannot_be_read_leaves_nothing(run, folder, data, code, said):
    (folder / "other.csv").write_text(data)
    done = run(flow(step("columns.keep", "{columns: [name, age]}"), "step"), "-p", "data=other.csv")

    assert (done.code, done.out) == (code, "")
    for words in said:
        assert words in done.err
    assert left(folder) == []


UNSEEN = PEOPLE + "dan,Bonn,50,7\n"


@pytest.mark.parametrize(
    ("operator", "policy", "expected"),
    [
        ("encode.one_hot", "ignore", ["city_Rome,city_Oslo", "0,0"]),
        ("encode.ordinal", "null", ["", ""]),
        ("encode.ordinal", "keep", ["", "2"]),
        ("encode.one_hot", "error", None),
        ("encode.ordinal", "error", None),
    ],
)
def test_an_unseen_category(run, folder, operator, policy, expected):
    text = flow(step(operator, f"{{columns: city, unseen: {policy}}}"), "step")
    assert run(text).code == 0
    for name in ("out.csv", "out.parquet"):
        (folder / name).unlink()
    (folder / "other.csv").write_text(UNSEEN)
    done = run(text, "--frozen", "-p", "data=other.csv")

    if expected is None:
        assert done.code == 1
        assert done.err.count("error[WF610]") == 1
        assert "x.flow:10:27: error[WF610]: column 'city' holds a category that was not seen" in done.err
        assert "Bonn" not in done.err
        assert done.err.splitlines()[-1].startswith("resume: weirflow run x.flow")
        assert left(folder) == ["x.trained.json"]
    else:
        assert done.code == 0, done.err
        lines = (folder / "out.csv").read_text().splitlines()
        names, values = lines[0].split(","), lines[-1].split(",")
        made = dict(zip(names, values, strict=True))
        assert made["name"] == "dan"
        if operator == "encode.one_hot":
            assert (made["city_Rome"], made["city_Oslo"]) == ("0", "0")
        else:
            assert made["city"] == expected[1]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (
            "encode.map, parameters: {columns: city, mapping: {Rome: 1, Oslo: 2}, otherwise: null}",
            "dan,,50,7",
        ),
        ("columns.cast, parameters: {types: {name: int64}, invalid: null}", ",Bonn,50,7"),
        ("rows.filter, parameters: {column: name, is: null}", None),
    ],
)
def test_null_is_a_choice_without_quotes(run, folder, node, expected):
    (folder / "other.csv").write_text(UNSEEN)
    done = run(flow(f"  - {{id: step, operator: {node}}}\n", "step"), "-p", "data=other.csv")
    assert done.code == 0, done.err
    lines = (folder / "out.csv").read_text().splitlines()
    assert (lines[-1] if expected else len(lines)) == (expected or 1)


@pytest.mark.parametrize("scaler", ["standard", "robust", "min_max", "max_abs"])
def test_a_constant_column_is_scaled_to_finite_numbers(run, folder, scaler):
    more = ", center: true" if scaler in {"standard", "robust"} else ""
    done = run(flow(step(f"scale.{scaler}", f"{{columns: pay{more}}}"), "step"))

    assert done.code == 0, done.err
    # no spread: 0 from the centre, the middle of the range as in Spark's MinMaxScaler, 1 of the greatest value
    expected = {"min_max": 0.5, "max_abs": 1.0}.get(scaler, 0.0)
    values = [float(line.split(",")[3]) for line in (folder / "out.csv").read_text().splitlines()[1:]]
    assert values == [expected] * 3


@pytest.mark.parametrize(
    ("data", "operator"),
    [
        ("name,city,age,pay\n", "encode.one_hot"),
        ("name,city,age,pay\nann,,31,7\nbob,,42,7\n", "encode.ordinal"),
    ],
    ids=["zero rows", "all null"],
)
def test_nothing_to_learn_from(run, folder, data, operator):
    (folder / "other.csv").write_text(data)
    done = run(flow(step(operator, "{columns: city}"), "step"), "-p", "data=other.csv")

    assert done.code == 1
    assert "error[WF614]: column 'city' has no value to learn categories from" in done.err
    assert done.err.count("error[") == 1
    assert left(folder) == []


def test_zero_rows_pass_where_nothing_is_learned(run, folder):
    (folder / "other.csv").write_text("name,city,age,pay\n")
    done = run(flow(step("columns.keep", "{columns: [name, age]}"), "step"), "-p", "data=other.csv")

    assert done.code == 0, done.err
    assert (folder / "out.csv").read_text() == "name,age\n"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise ValueError('Rome')", "error[WF608]: line 1 of the snippet raised ValueError"),
        ("del df", "error[WF609]: the snippet left no frame"),
        ("df = 3", "error[WF609]: the snippet left no frame"),
    ],
)
def test_a_snippet_that_fails(run, folder, code, said):
    done = run(flow(step("custom.pandas", f'{{code: "{code}"}}'), "step"), "--allow-code")

    assert done.code == 1
    assert said in done.err
    assert "Rome" not in done.err.partition("code:")[0]
    assert done.err.count("error[") == 1
    assert left(folder) == []


def test_a_source_that_changes_between_plan_and_run(folder):
    (folder / "x.flow").write_text(flow())
    project = Project(folder / "x.flow")
    plan = project.plan()
    (folder / "people.csv").write_text(PEOPLE + "dan,Bonn,50,7\n")

    with pytest.raises(RunError, match="WF611: the data of 'people' changed after the plan was made"):
        project.run(plan=plan, apart=False)
    assert left(folder) == []


SIZE = 1 << 20  # bytes of the small disk
ROWS = 400_000  # of 20 digits each: many times as much, however it is written


@functools.cache
def small_disk():
    """A command that mounts a small disk at a folder, for itself alone, and goes on; None where that is not allowed."""
    if shutil.which("unshare") is None:
        return None
    mount = f'mount -t tmpfs -o size={SIZE} tmpfs "$0" && exec "$@"'
    for unshare in (["unshare", "-m"], ["unshare", "-Urm"]):
        command = [*unshare, "sh", "-c", mount]
        tried = subprocess.run([*command, "/mnt", "true"], check=False, capture_output=True)
        if tried.returncode == 0:
            return command
    return None


def big(folder, operator):
    """A flow whose only output is larger than the disk."""
    lines = (f"{i * 7919 % 1000003:06d}{i * 104729 % 999983:06d}{i:08d}" for i in range(ROWS))
    (folder / "people.csv").write_text("name\n" + "".join(f"x{line}\n" for line in lines))
    (folder / "x.flow").write_text(READ + step(operator, "{path: full/out}", "out"))
    (folder / "full").mkdir()


WEIRFLOW = [sys.executable, "-m", "weirflow", "run", "x.flow", "-q", "--report", "none"]
LISTING = ["sh", "-c", '"$@"; code=$?; ls -A full; exit $code', "sh", *WEIRFLOW]
"""Run, and list what is on the disk while it is still there."""


def limited(command, folder):
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (SIZE, SIZE))
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, preexec_fn=limit)


SINKS = pytest.mark.parametrize("operator", ["write.csv", "write.parquet"])


@SINKS
def test_a_limit_on_the_size_of_files(folder, operator):
    big(folder, operator)
    done = limited(LISTING, folder)

    assert done.returncode == 1, done.stderr
    assert done.stderr.count("error[") == 1
    assert "x.flow:10:24: error[WF605]: the file grew larger than is allowed here" in done.stderr
    assert done.stdout == ""


@SINKS
def test_a_full_disk(folder, operator):
    """On a disk of 1 MB where one can be mounted; elsewhere the limit on the size of files, above, has to do."""
    command = small_disk()
    big(folder, operator)
    done = (
        limited(LISTING, folder)
        if command is None
        else subprocess.run(
            [*command, "full", *LISTING], check=False, capture_output=True, text=True, cwd=folder
        )
    )

    assert done.returncode == 1, done.stderr
    assert done.stderr.count("error[") == 1
    assert "x.flow:10:24: error[WF605]" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("resume: ")
    assert done.stdout == ""


def test_no_room_for_the_store(folder):
    """The store, with what is decoded on the way, lies on the small disk; the flow and its output do not."""
    command = small_disk()
    big(folder, "write.csv")
    (folder / "x.flow").write_text(
        READ
        + step("encode.ordinal", "{columns: name, max_categories: 1000000}")
        + step("write.csv", "{path: out.csv}", "out")
    )
    call = [*WEIRFLOW, "--store", "full"]
    done = (
        limited(call, folder)
        if command is None
        else subprocess.run(
            [*command, "full", *call], check=False, capture_output=True, text=True, cwd=folder
        )
    )

    assert done.returncode == 1, done.stderr
    assert "error[WF605]" in done.stderr
    assert not (folder / "out.csv").exists()
