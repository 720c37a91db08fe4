import json
import os
import shutil
import subprocess
import sys

import pytest

NEW = """\
flow: 1
name: people
parameters:
  data: {type: path, default: people.csv}
nodes:
  - {id: people, operator: read.csv, parameters: {path: "${data}"}}
  - {id: town, operator: encode.one_hot, parameters: {columns: [city]}}
  - {id: ages, operator: scale.standard, inputs: people, parameters: {columns: age}}
  - {id: out, operator: write.csv, inputs: town, parameters: {path: towns.csv}}
"""

SAID = """\
nodes
  ~ town  (was city)
  ~ out
      path: out.csv -> towns.csv
  + ages
to be learned anew
  town  what it learned is recorded for 'city'
"""


@pytest.fixture
def new(folder):
    file = folder / "new.flow"
    file.write_text(NEW)
    return file


@pytest.fixture
def git(folder, monkeypatch):
    """A git repository in the current folder, with `people.flow` in its first revision."""
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    for name in [n for n in os.environ if n.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in {"AUTHOR": "a", "COMMITTER": "a"}.items():
        monkeypatch.setenv(f"GIT_{name}_NAME", value)
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    def call(*arguments):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)

    call("init", "-q")
    call("add", ".")
    call("commit", "-q", "-m", "one")
    return call


def test_a_flow_and_itself(weirflow):
    done = weirflow("diff", "people.flow", "people.flow")

    assert (done.code, done.out, done.err) == (0, "", "no difference in meaning\n")


def test_what_differs(weirflow, new):
    done = weirflow("diff", "people.flow", "new.flow")

    assert (done.code, done.out, done.err) == (1, SAID, "")


def test_a_copy_that_is_laid_out_and_fitted_is_equal(weirflow, folder):
    (folder / "copy.flow").write_text((folder / "people.flow").read_text())
    assert weirflow("run", "people.flow", "-q", "--report", "none").code == 0
    assert weirflow("fmt", "copy.flow").code == 0

    assert weirflow("diff", "people.flow", "copy.flow").code == 0


def test_json(weirflow, new):
    done = weirflow("diff", "people.flow", "new.flow", "--json")
    found = json.loads(done.out)

    assert (done.code, done.err) == (1, "")
    assert (found["old"], found["new"], found["equal"]) == ("people.flow", "new.flow", False)
    assert found["nodes"] == {
        "added": ["ages"],
        "removed": [],
        "changed": [
            {"id": "town", "was": "city", "operator": None, "parameters": [], "inputs": [], "others": []},
            {
                "id": "out",
                "was": "out",
                "operator": None,
                "parameters": [{"name": "path", "old": "out.csv", "new": "towns.csv"}],
                "inputs": [],
                "others": [],
            },
        ],
    }
    assert found["stale"] == [
        {"node": "town", "reason": "what it learned is recorded for 'city'", "because": ["town"]}
    ]


def test_a_parameter_of_both(weirflow, folder):
    text = (folder / "people.flow").read_text().replace(", default: people.csv", "")
    for name in ("a.flow", "b.flow"):
        (folder / name).write_text(text)

    assert weirflow("diff", "a.flow", "b.flow").code == 3
    assert weirflow("diff", "a.flow", "b.flow", "-p", "data=x.csv").code == 0
    assert weirflow("diff", "a.flow", "people.flow", "-p", "data=people.csv").code == 1
    done = weirflow("diff", "a.flow", "b.flow", "-p", "data=x.csv", "-p", "date=1")
    assert (done.code, done.err) == (2, "error[WF208]: neither flow declares a parameter 'date'\n1 error\n")


def test_a_flow_with_errors(weirflow, new):
    new.write_text(NEW.replace("columns: age", "colums: age"))
    done = weirflow("diff", "people.flow", "new.flow")

    assert (done.code, done.out) == (3, "")
    assert "new.flow:8:71: error[WF203]: unknown parameter 'colums' for scale.standard" in done.err


def test_a_missing_plugin_is_said_and_stops_nothing(weirflow, new):
    new.write_text(NEW.replace("scale.standard", "no.such"))
    done = weirflow("diff", "people.flow", "new.flow")

    assert (done.code, done.err) == (1, "not installed, compared as written: no.such\n")
    assert "  + ages\n" in done.out


@pytest.mark.parametrize("arguments", [["people.flow"], ["people.flow", "new.flow", "--git", "HEAD"]])
def test_two_flows_or_one_and_a_revision(weirflow, new, arguments):
    done = weirflow("diff", *arguments)

    assert done.code == 2
    assert "give two flows, or one flow and --git REF" in done.err


LONG = "one sentence that says at some length what the node is for, and says it once more, " * 2


def test_long_values_are_shown_where_they_differ(weirflow, folder):
    text = (folder / "people.flow").read_text()
    for name, end in (("a", "good."), ("b", "better.")):
        columns = [f"column_{i}" for i in range(12)] + [end]
        (folder / f"{name}.flow").write_text(
            text.replace("columns: city", f"columns: {json.dumps(columns)}").replace(
                "  - id: city", f"  - title: {json.dumps(LONG + end + LONG)}\n    id: city"
            )
        )
    done = weirflow("diff", "a.flow", "b.flow")

    assert done.out.splitlines()[:9] == [
        "nodes",
        "  ~ city",
        "      columns:",
        "        - good.",
        "        + better.",
        "      title:",
        "        - …s for, and says it once more, good.one sentence that says at som…",
        "        + …s for, and says it once more, better.one sentence that says at som…",
        "to be learned anew",
    ]  # fmt: skip


def test_code_is_shown_by_its_lines(weirflow, folder):
    text = (folder / "people.flow").read_text()
    node = "  - id: more\n    operator: custom.pandas\n    parameters:\n      code: |\n"
    code = node + "        a = 1\n        b = 2\n        df[a] = {}\n"
    for name, value in (("a", "b"), ("b", "3")):
        (folder / f"{name}.flow").write_text(text + code.format(value))
    done = weirflow("diff", "a.flow", "b.flow")

    assert (
        done.out == "nodes\n  ~ more\n      code:\n         b = 2\n        -df[a] = b\n        +df[a] = 3\n"
    )


def test_colour_on_terminals_alone(weirflow, new, monkeypatch):
    monkeypatch.setattr("weirflow.cli.terminal.Terminal.is_terminal", lambda *_: True)
    done = weirflow("diff", "people.flow", "new.flow")

    assert "\x1b[32m  + ages\x1b[0m" in done.out
    assert "\x1b" not in weirflow("diff", "people.flow", "new.flow", "--no-color").out


def test_a_revision(weirflow, folder, git):
    assert weirflow("diff", "people.flow", "--git", "HEAD").code == 0
    (folder / "people.flow").write_text(NEW)
    done = weirflow("diff", "people.flow", "--git", "HEAD")

    assert (done.code, done.out) == (1, SAID)
    assert (
        json.loads(weirflow("diff", "people.flow", "--git", "HEAD", "--json").out)["old"]
        == "HEAD:people.flow"
    )


def test_a_revision_has_its_own_subflows(weirflow, folder, git, monkeypatch):
    inner = "flow: 1\ninputs: {table: table}\noutputs: {default: code}\nnodes:\n"
    inner += "  - {id: code, inputs: table, operator: encode.one_hot, parameters: {columns: city}}\n"
    (folder / "steps").mkdir()
    (folder / "flows").mkdir()
    (folder / "steps" / "real.flow").write_text(inner)
    (folder / "steps" / "inner.flow").symlink_to("real.flow")
    text = (folder / "people.flow").read_text()
    (folder / "flows" / "whole.flow").write_text(
        text.replace("encode.one_hot", "flow").replace("columns: city", "path: ../steps/inner.flow")
    )
    git("add", ".")
    git("commit", "-q", "-m", "two")
    git("tag", "second")
    (folder / "steps" / "real.flow").write_text(inner.replace("columns: city", "columns: name"))
    git("commit", "-q", "-a", "-m", "three")
    (folder / "steps" / "inner.flow").unlink()
    (folder / "steps" / "inner.flow").write_text(inner.replace("columns: city", "columns: [city, name]"))
    monkeypatch.chdir(folder / "flows")
    done = weirflow("diff", "whole.flow", "--git", "second")

    assert done.out == (
        "nodes\n  ~ city/code\n      columns: [city] -> [city, name]\n"
        "to be learned anew\n  city/code  parameters changed: columns\n"
    )
    assert "columns: [name] -> [city, name]" in weirflow("diff", "whole.flow", "--git", "HEAD").out


def test_a_revision_with_errors(weirflow, folder, git):
    good = (folder / "people.flow").read_text()
    (folder / "people.flow").write_text(good.replace("columns: city", "colums: city"))
    git("commit", "-q", "-a", "-m", "two")
    (folder / "people.flow").write_text(good)
    done = weirflow("diff", "people.flow", "--git", "HEAD")

    assert done.code == 3
    assert "HEAD:people.flow:11:18: error[WF203]: unknown parameter 'colums' for encode.one_hot" in done.err
    assert " 11 |     parameters: {colums: city}\n" in done.err


def test_no_such_file_in_the_revision(weirflow, new, git):
    new.with_name("later.flow").write_text(NEW)
    done = weirflow("diff", "later.flow", "--git", "HEAD")

    assert (done.code, done.err) == (
        3,
        "HEAD:later.flow: error[WF101]: there is no file 'later.flow' in the revision 'HEAD'\n1 error in 1 file\n",
    )


GIT_LOG = "  hint: `git log` lists those there are"


@pytest.mark.parametrize("name", ["nope", "--help", "HEAD:people.flow", "", "HEAD\nHEAD"])
def test_no_such_revision(weirflow, git, name):
    done = weirflow("diff", "people.flow", f"--git={name}")

    assert (done.code, done.err) == (
        2,
        f"error[WF107]: there is no revision '{name}' in the repository\n{GIT_LOG}\n1 error\n",
    )


def test_no_repository(weirflow, folder, monkeypatch):
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    done = weirflow("diff", "people.flow", "--git", "HEAD")

    assert (done.code, done.err) == (
        2,
        "error[WF107]: '.' is in no git repository\n  hint: compare two files instead\n1 error\n",
    )


def test_no_git(weirflow, monkeypatch):
    monkeypatch.setenv("PATH", "")
    done = weirflow("diff", "people.flow", "--git", "HEAD")

    assert (done.code, done.err) == (
        2,
        "error[WF107]: there is no git on this machine\n  hint: install git, or compare two files\n1 error\n",
    )


def test_it_loads_no_table_engine(new):
    code = (
        "import sys, json; from weirflow.cli import main; main(['diff', 'people.flow', 'new.flow']);"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not {"polars", "pandas", "pyarrow"} & set(json.loads(done.stdout.splitlines()[-1]))
