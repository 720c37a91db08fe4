"""The pages of docs/reference that are made from the code are fresh, whole, and true."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from weirflow import api
from weirflow.cli.app import VERBS, app
from weirflow.plugins import hookspecs
from weirflow.plugins.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
HOOKS = [n for n in vars(hookspecs) if n.startswith("weirflow_")]


def generate(root, *arguments, program=()):
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "WEIRFLOW_PLUGINS": "example"}
    command = [sys.executable, *program, str(root / "docs" / "generate"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environ, check=False)


def read(name):
    return (REFERENCE / name).read_text(encoding="utf-8")


def test_they_are_fresh_and_what_is_not_is_named_and_mended(tmp_path):
    """If another page than the three is named: `python docs/generate`."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    pages = tmp_path / "docs" / "reference"
    (pages / "verbs.md").write_text("# Verbs\n", encoding="utf-8")
    (pages / "operators" / "read.md").unlink()
    (pages / "operators" / "gone.md").write_text("# gone\n", encoding="utf-8")
    named = "".join(f"docs/reference/{n}\n" for n in ("verbs.md", "operators/read.md", "operators/gone.md"))

    mended = generate(tmp_path)

    assert (mended.returncode, mended.stdout, mended.stderr) == (0, "", named)
    assert not (pages / "operators" / "gone.md").exists()
    assert (pages / "verbs.md").read_text(encoding="utf-8") == read("verbs.md")
    assert (pages / "operators" / "read.md").read_text(encoding="utf-8") == read("operators/read.md")


SHORT = """
import runpy, sys
sys.path.insert(0, sys.argv[1])
main = runpy.run_path(sys.argv[1] + "/__main__.py", run_name="generate")["main"]
main.__globals__["pages"] = lambda: {"a.md": "a", "operators/b.md": "b"}
sys.exit(main(sys.argv[2:]))
"""


def test_a_check_names_what_is_not_fresh_and_mends_nothing(tmp_path):
    """The pages are two texts here: to make the real ones takes long."""
    shutil.copytree(ROOT / "docs" / "generate", tmp_path / "docs" / "generate")
    pages = tmp_path / "docs" / "reference"
    (pages / "operators").mkdir(parents=True)
    (pages / "a.md").write_text("old", encoding="utf-8")
    (pages / "operators" / "gone.md").write_text("gone", encoding="utf-8")
    named = "docs/reference/a.md\ndocs/reference/operators/b.md\ndocs/reference/operators/gone.md\n"

    def check():
        done = generate(tmp_path, "--check", program=("-c", SHORT))
        return done.returncode, done.stdout, done.stderr

    assert check() == (1, "", f"{named}not fresh; bring up to date: python docs/generate\n")
    assert (pages / "a.md").read_text(encoding="utf-8") == "old"
    assert [p.name for p in (pages / "operators").iterdir()] == ["gone.md"]
    (pages / "a.md").write_text("a", encoding="utf-8")
    (pages / "operators" / "gone.md").rename(pages / "operators" / "b.md")
    (pages / "operators" / "b.md").write_text("b", encoding="utf-8")
    assert check() == (0, "", "")


def test_an_argument_that_there_is_not_is_refused():
    done = generate(ROOT, "--fix")

    assert (done.returncode, done.stderr) == (2, "usage: python docs/generate [--check]\n")


def test_every_operator_has_an_entry_with_all_parameters_and_an_example():
    registry = Registry.load({"WEIRFLOW_PLUGINS": ""})
    index = read("operators/README.md")
    for reference in registry.references():
        family = reference.operator.partition(".")[0]
        _, _, entry = read(f"operators/{family}.md").partition(f"\n## {reference.operator}\n")
        entry = entry.partition("\n## ")[0]
        fields = registry.node_class(reference).model_fields
        assert f"| [`{reference.operator}`]({family}.md#" in index
        assert {i.alias or n for n, i in fields.items()} <= {
            *re.findall(r"^\| `(\w+)` \|", entry, re.MULTILINE)
        }
        if not reference.operator.startswith("datawrangler.unmapped"):  # which does nothing to show
            assert f"- operator: {reference.operator}\n" in entry


def test_every_verb_has_its_usage_and_options():
    page = read("verbs.md")
    for verb in VERBS:
        context = click.Context(app)
        command = app.get_command(context, verb)
        assert f"## {verb}\n\n```text\nweirflow {verb} " in page
        _, _, entry = page.partition(f"\n## {verb}\n")
        entry = entry.partition("\n## ")[0]
        common = {"--quiet", "--verbose", "--no-color"}
        options = {o for p in command.params if isinstance(p, click.Option) for o in p.opts if o[:2] == "--"}
        assert {o for o in options - common if not re.search(rf"`[^`]*{o}\b", entry)} == set()


def test_every_public_name_has_an_entry():
    headings = re.findall(r"^(?:### |- )`(\w+)`$", read("api.md"), re.MULTILINE)

    assert set(api.__all__) - {"portable", "remote"} <= set(headings)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_and_has_a_user_and_a_test(hook):
    assert f"### `{hook}`\n\n```python\ndef {hook}(" in read("hooks.md")
    plugins = [*ROOT.glob("plugins/*/src/*/plugin.py"), *ROOT.glob("docs/how-to/*.md")]
    assert [p for p in plugins if f"def {hook}(" in p.read_text(encoding="utf-8")]
    tests = (ROOT / "tests" / "engine" / "plugins").glob("test_*.py")
    named = [ast.walk(ast.parse(t.read_text(encoding="utf-8"))) for t in tests]
    texts = [
        n.value for walk in named for n in walk if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]
    assert [t for t in texts if f"def {hook}(" in t]
