"""`weirflow new`: what it begins works at once."""

import csv
import os
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET

import pytest

from weirflow.cli.new import KINDS
from weirflow.new.plugin import SUMMARIES, new_node, new_plugin
from weirflow.plugins.registry import Registry

CLASSES = {kind: f"My{kind.capitalize()}" for kind in KINDS}


def tree(folder):
    return {p: p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


# flows


def test_a_flow_with_an_example(weirflow, folder):
    made = weirflow("new", "flow", "rents")
    assert (made.code, made.out.splitlines()) == (0, ["rents.flow", "rents.csv"])
    assert made.err == "run it: weirflow run rents.flow\n"
    assert weirflow("check", "--with-data", "rents.flow").code == 0
    assert weirflow("fmt", "--check", "rents.flow").code == 0

    done = weirflow("run", "rents.flow", "--report", "none")

    assert done.code == 0, done.err
    rows = list(csv.DictReader((folder / "output" / "rents.csv").read_text().splitlines()))
    assert list(rows[0]) == ["rooms", "rent", "city_Oslo", "city_Rome", "city_Bern"]
    assert [r["city_Rome"] for r in rows] == ["0", "1", "1", "0", "0"]
    # rooms 2, 3, 1, 4, 2: mean 2.4, sample variance 5.2 / 4
    assert [float(r["rooms"]) for r in rows] == pytest.approx([(n - 2.4) / 1.3**0.5 for n in (2, 3, 1, 4, 2)])
    assert [r["rent"] == "" for r in rows] == [False, False, True, False, False]


def test_a_flow_over_a_file_elsewhere(weirflow, folder):
    away = folder / "away: #1"
    away.mkdir()
    (away / "my data.csv").write_text('"a b",Größe,"","${env:HOME}",kind\n1,2.5,3,4,x\n2,3.5,5,6,y\n')
    made = weirflow("new", "flow", "odd", "--data", "away: #1/my data.csv")
    assert (made.code, made.out) == (0, "odd.flow\n")
    done = weirflow("run", "odd.flow", "--report", "none")
    assert done.code == 0, done.err
    header, *rows = csv.reader((folder / "output" / "odd.csv").read_text().splitlines())
    assert header == ["a b", "Größe", "", "${env:HOME}", "kind_x", "kind_y"]
    assert [r[4:] for r in rows] == [["1", "0"], ["0", "1"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["people"], "error[WF802]: people.flow exists, and nothing is written over\n  hint: choose another name"),
        (["taken"], "error[WF802]: taken.csv exists, and nothing is written over\n  hint: choose another name, or"),
        (["Rents"], "error[WF205]: 'Rents' is not a flow's name; expected words in lower case, joined by - or _"),
        (["b", "--data", "peopel.csv"], "error[WF602]: there is no file 'peopel.csv'\n  did you mean 'people.csv'"),
        (["rents", "--data", "nothing.csv"], "error[WF603]: nothing.csv is empty"),
        (["rents", "--data", "ragged.csv"], "error[WF603]: line 3 of ragged.csv has 3 fields, where the first"),
        (["rents", "--data", "people.parquet"], "error[WF603]: people.parquet is a Parquet file, not delimited text"),
    ],
    ids=["flow exists", "example exists", "name", "no file", "empty", "ragged", "parquet"],
)  # fmt: skip
def test_a_flow_is_refused(weirflow, folder, arguments, said):
    (folder / "taken.csv").write_text("a\n1\n")
    (folder / "nothing.csv").touch()
    (folder / "ragged.csv").write_text("a,b\n1,2\n1,2,3\n")
    (folder / "people.parquet").write_bytes(b"PAR1" + bytes(20) + b"PAR1")
    before = tree(folder)
    done = weirflow("new", "flow", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(said)
    assert tree(folder) == before


# plugins


def test_a_plugin_says_what_it_made_and_what_comes_next(weirflow, folder):
    made = weirflow("new", "plugin", "stock_prices")
    assert made.code == 0
    assert made.err == "install it: cd weirflow-stock-prices && pip install -e '.[dev]'\n"
    files = {
        p.relative_to(folder).as_posix() for p in (folder / "weirflow-stock-prices").rglob("*") if p.is_file()
    }
    assert set(made.out.splitlines()) == files
    assert "weirflow-stock-prices/src/weirflow_stock_prices/multiply.py" in files


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("taken", "error[WF802]: weirflow-taken exists, and nothing is written over\n"),
        ("encode", "error[WF505]: plugin 'tabular' (weirflow {v}) has operators of the family 'encode' already, such"),
        ("tabular", "error[WF505]: plugin 'tabular' (weirflow {v}) is installed\n  hint: choose another name\n"),
        ("my-prices", "error[WF205]: 'my-prices' is not a family's name; expected words in lower case, joined by _"),
        ("../prices", "error[WF205]: '../prices' is not a family's name"),
    ],
)  # fmt: skip
def test_a_plugin_is_refused(weirflow, folder, name, said):
    (folder / "weirflow-taken").mkdir()
    before = tree(folder)
    done = weirflow("new", "plugin", name)
    assert (done.code, done.out) == (2, "")
    version = weirflow("--version").out.split()[-1]
    assert done.err.startswith(said.format(v=version))
    assert tree(folder) == before


# nodes


@pytest.fixture
def plugin(weirflow, folder, monkeypatch):
    """The current folder: a new plugin, which is not installed."""
    assert weirflow("new", "plugin", "prices").code == 0
    monkeypatch.chdir(folder / "weirflow-prices")
    return folder / "weirflow-prices"


def test_a_node_says_what_it_made_and_what_comes_next(weirflow, plugin):
    made = weirflow("new", "node", "prices.to_euro", "--kind", "estimator")
    assert made.code == 0
    assert made.out.splitlines() == ["src/weirflow_prices/to_euro.py", "tests/test_to_euro.py"]
    assert made.err == (
        "added to src/weirflow_prices/plugin.py\ncheck it: python -m pytest tests/test_to_euro.py\n"
    )
    assert "class ToEuro(Estimator[Means]):" in (plugin / "src/weirflow_prices/to_euro.py").read_text()


def test_a_node_of_a_plugin_without_src_or_tests(weirflow, plugin):
    (plugin / "src" / "weirflow_prices").rename(plugin / "weirflow_prices")
    (plugin / "tests").rename(plugin / "checks")
    made = weirflow("new", "node", "prices.to_euro")
    assert made.out.splitlines() == ["weirflow_prices/to_euro.py", "tests/test_to_euro.py"]
    assert "prices.to_euro" in (plugin / "weirflow_prices" / "plugin.py").read_text()


def test_the_module_of_hooks_keeps_its_permissions_and_its_link(weirflow, plugin):
    hooks, real = plugin / "src/weirflow_prices/plugin.py", plugin / "real.py"
    hooks.rename(real)
    real.chmod(0o640)
    hooks.symlink_to(real)
    assert weirflow("new", "node", "prices.to_euro").code == 0
    assert hooks.is_symlink()
    assert "prices.to_euro" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def rewrite(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def no_plugin(plugin):
    (plugin / "pyproject.toml").unlink()


def no_toml(plugin):
    (plugin / "pyproject.toml").write_text("[project\n")


def no_entry_point(plugin):
    rewrite(plugin / "pyproject.toml", "[project.entry-points.weirflow]", "[project.entry-points.other]")


def entry_points_are_text(plugin):
    (plugin / "pyproject.toml").write_text("[project]\nentry-points = 'prices'\n")


def two_entry_points(plugin):
    rewrite(plugin / "pyproject.toml", '.plugin"\n', '.plugin"\nmore = "more.plugin"\n')


def no_module(plugin):
    rewrite(plugin / "pyproject.toml", '.plugin"', '.hooks"')


def no_package(plugin):
    rewrite(plugin / "pyproject.toml", "weirflow_prices.plugin", "weirflow_prices")


def other_hooks(plugin):
    rewrite(plugin / "src/weirflow_prices/plugin.py", "return [", "return list(NODES) + [")


def hooks_that_are_no_text(plugin):
    (plugin / "src/weirflow_prices/plugin.py").write_bytes(b"\xff\xfe")


def module_exists(plugin):
    (plugin / "src/weirflow_prices/to_euro.py").touch()


def test_exists(plugin):
    (plugin / "tests/test_to_euro.py").touch()


test_exists.__test__ = False


def nothing(plugin):
    del plugin


HERE = "  hint: go to the folder of a plugin, or make one with `weirflow new plugin NAME`\n1 error\n"


@pytest.mark.parametrize(
    ("change", "operator", "said"),
    [
        (no_plugin, "prices.to_euro", f"error[WF602]: there is no pyproject.toml in this folder\n{HERE}"),
        (no_toml, "prices.to_euro", "error[WF101]: pyproject.toml is not TOML: "),
        (
            no_entry_point,
            "prices.to_euro",
            "error[WF602]: pyproject.toml has no entry point of the group weirflow, or several; expected one\n" + HERE,
        ),
        (entry_points_are_text, "prices.to_euro", "error[WF602]: pyproject.toml has no entry point of the group"),
        (two_entry_points, "prices.to_euro", "error[WF602]: pyproject.toml has no entry point of the group"),
        (
            no_module,
            "prices.to_euro",
            "error[WF602]: the entry point names weirflow_prices.hooks; expected a module in a package, as "
            "weirflow_prices.plugin in src/weirflow_prices/plugin.py\n" + HERE,
        ),
        (no_package, "prices.to_euro", "error[WF602]: the entry point names weirflow_prices; expected a module in"),
        (
            other_hooks,
            "prices.to_euro",
            "error[WF205]: src/weirflow_prices/plugin.py is not written as expected: NodeReference imported from weir",
        ),
        (hooks_that_are_no_text, "prices.to_euro", "error[WF205]: src/weirflow_prices/plugin.py is not written as"),
        (module_exists, "prices.to_euro", "error[WF802]: src/weirflow_prices/to_euro.py exists, and nothing"),
        (test_exists, "prices.to_euro", "error[WF802]: tests/test_to_euro.py exists, and nothing is written over"),
        (nothing, "prices.multiply", "error[WF505]: src/weirflow_prices/plugin.py has the operator prices.multiply"),
        (nothing, "encode.one_hot", "error[WF505]: plugin 'tabular' (weirflow 0.1.0) has the operator encode.one_hot"),
        (nothing, "to_euro", "error[WF205]: 'to_euro' is not an operator's name; expected family.verb in lower case"),
    ],
    ids=lambda v: v.__name__ if callable(v) else None,
)  # fmt: skip
def test_a_node_is_refused_and_nothing_half_written(weirflow, plugin, change, operator, said):
    change(plugin)
    before = tree(plugin)
    done = weirflow("new", "node", operator)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(said)
    assert tree(plugin) == before


def test_a_node_that_cannot_be_written_leaves_nothing(weirflow, plugin):
    for test in (plugin / "tests").iterdir():
        test.unlink()
    (plugin / "tests").rmdir()
    (plugin / "tests").write_text("a file, and no folder")
    before = tree(plugin)
    done = weirflow("new", "node", "prices.to_euro")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error[WF803]: tests/test_to_euro.py: not a directory\n")
    assert tree(plugin) == before


def test_hooks_that_cannot_be_replaced_leave_nothing(weirflow, plugin):
    long = "h" * 250  # no room in a file's name for the one that is written first
    (plugin / "src/weirflow_prices/plugin.py").rename(plugin / f"src/weirflow_prices/{long}.py")
    rewrite(plugin / "pyproject.toml", "weirflow_prices.plugin", f"weirflow_prices.{long}")
    before = tree(plugin)
    done = weirflow("new", "node", "prices.to_euro")
    assert (done.code, done.out) == (1, "")
    assert "file name too long" in done.err
    assert tree(plugin) == before


def test_a_kind_that_there_is_not(weirflow, plugin):
    before = tree(plugin)
    done = weirflow("new", "node", "prices.to_euro", "--kind", "sauce")
    assert done.code == 2
    assert "'sauce' is not one of 'transform', 'estimator', 'source', 'sink', 'analysis', 'task'" in done.err
    assert tree(plugin) == before


# what is made works


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A plugin with a node of each kind."""
    folder = tmp_path_factory.mktemp("made")
    registry = Registry.load()
    new_plugin("stock_prices", folder, registry)
    for kind in KINDS:
        new_node(f"stock_prices.my_{kind}", kind, folder / "weirflow-stock-prices", registry)
    return folder / "weirflow-stock-prices"


def own_tests(made, site):
    """What a plugin's own tests come to, (module, name, outcome); it is found as if pip had installed it."""
    project = tomllib.loads((made / "pyproject.toml").read_text())["project"]
    facts = site / "weirflow_stock_prices-0.1.0.dist-info"
    facts.mkdir()
    facts.joinpath("METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    ((name, module),) = project["entry-points"]["weirflow"].items()
    facts.joinpath("entry_points.txt").write_text(f"[weirflow]\n{name} = {module}\n")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTEST", "WEIRFLOW_"))}
    path = os.pathsep.join(filter(None, [str(site), str(made / "src"), os.environ.get("PYTHONPATH")]))
    results = site / "results.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={results}"],
        cwd=made,
        env={**kept, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert results.exists(), done.stdout + done.stderr
    return [
        (case.get("classname"), case.get("name"), next((e.tag for e in case), "passed"))
        for case in ET.parse(results).iter("testcase")
    ]


def test_there_is_a_template_of_every_kind():
    assert tuple(SUMMARIES) == KINDS


def test_the_tests_of_what_is_made_pass(made, tmp_path):
    """One test, since it takes a while: a node of each kind, and the plugin as it begins."""
    outcomes = own_tests(made, tmp_path)
    assert [o for o in outcomes if o[2] != "passed"] == []
    assert ("tests.test_flow", "test_a_flow_runs", "passed") in outcomes
    for module in ("multiply", *(f"my_{kind}" for kind in KINDS)):
        names = {name for of, name, _ in outcomes if of == f"tests.test_{module}"}
        assert f"test_conformance[stock_prices.{module}-identity.operator]" in names
        assert f"test_conformance[stock_prices.{module}-process.same]" in names
        assert [n for n in names if not n.startswith("test_conformance")]


@pytest.mark.parametrize("length", [88, 110])
def test_what_is_made_is_as_ruff_has_it(made, length):
    pytest.importorskip("ruff", reason="ruff is not installed: what `new` writes is not checked by it")
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--no-cache", "--line-length", str(length), "--target-version", "py311"]
    for command in (
        ["format", "--check", *options],
        ["check", "--extend-select", "I,UP,B", *options],
    ):
        done = subprocess.run([*ruff, *command, "."], cwd=made, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_what_is_made_is_as_mypy_has_it(made, tmp_path):
    pytest.importorskip("mypy", reason="mypy is not installed: what `new` writes is not checked by it")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        tmp_path,
        "--config-file",
        os.devnull,
        "src",
    ]
    done = subprocess.run(command, cwd=made, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Success: no issues found in 9 source files"), done.stdout


# and all of it from a wheel, by pip


@pytest.mark.slow
def test_from_the_wheel_to_a_plugin_that_is_installed(fresh, repository, tmp_path):
    def type_(*command, folder):
        done = subprocess.run(
            command,
            cwd=folder,
            env=fresh,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    type_("weirflow", "new", "flow", "rents", folder=tmp_path)
    type_("weirflow", "run", "rents.flow", "--report", "none", folder=tmp_path)
    type_("weirflow", "new", "plugin", "prices", folder=tmp_path)
    here = tmp_path / "weirflow-prices"
    type_("pip", "install", "--quiet", "-e", ".[dev]", folder=here)
    try:
        for kind in KINDS:
            type_("weirflow", "new", "node", f"prices.my_{kind}", "--kind", kind, folder=here)
        listed = [
            line.split("  ")[0]
            for line in type_("weirflow", "nodes", "list", "prices", folder=here).splitlines()
        ]
        assert listed == sorted(["prices.multiply", *(f"prices.my_{kind}" for kind in KINDS)])
        (here / "in.txt").write_text("a line\n")
        (here / "folder").mkdir()
        (here / "folder" / "b.txt").write_text("a line\n")
        given = {"source": f"path={here / 'in.txt'}", "task": f"folder={here / 'folder'}"}
        for kind in KINDS:
            parameters = ["-p", given[kind]] if kind in given else []
            node = f"weirflow_prices.my_{kind}:{CLASSES[kind]}"
            checked = type_("weirflow", "nodes", "check", node, *parameters, folder=tmp_path)
            assert re.fullmatch(r"all \d+ checks pass\n", checked)
        assert re.search(r"^\d+ passed in", type_("python", "-m", "pytest", "-q", folder=here), re.MULTILINE)
    finally:
        type_("pip", "uninstall", "--quiet", "--yes", "weirflow-prices", folder=tmp_path)
