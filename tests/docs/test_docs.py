"""What the pages say holds: their flows are right, their links lead somewhere, their commands exist."""

from __future__ import annotations

import re
import shlex
import shutil
import textwrap
from pathlib import Path

import click
import narwhals as nw
import polars as pl
import pytest

from weirflow.api import Inputs, Schema
from weirflow.cli.app import VERBS, app
from weirflow.cli.terminal import Terminal
from weirflow.errors import ExitCode

ROOT = Path(__file__).resolve().parents[2]
AWAY = {".venv", ".git", ".weirflow", "node_modules", "output", "build", "dist"}
PAGES = sorted(p for p in ROOT.rglob("*.md") if not AWAY & {*p.relative_to(ROOT).parts})
README = (ROOT / "README.md").read_text(encoding="utf-8")

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TESTS = r"^.*&& (\.venv/bin/python -m pytest.*)$"


def name(page):
    return str(page.relative_to(ROOT))


def fences(text, *languages):
    return [textwrap.dedent(m[3]) for m in FENCE.finditer(text) if m[2] in languages]


def commands():
    """Every line in a shell block that calls weirflow, in whatever way it is called."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        typed = re.findall(r"^\$ .*", "\n".join(fences(text, "console")), re.MULTILINE)
        for block in (*fences(text, "sh"), "\n".join(typed)):
            for line in block.splitlines():
                for part in re.split(r" && | \|\|? | > |\)$", line.removeprefix("$ ")):
                    if re.match(r"(\S*/)?weirflow ", part):
                        words = shlex.split(part, comments=True)
                        found.append(pytest.param(words[1:], id=f"{name(page)}: {' '.join(words[1:])}"))
    return found


def test_there_is_something_to_check():
    assert {"README.md", "CONTRIBUTING.md", "docs/explanation/architecture.md"} <= {name(p) for p in PAGES}
    assert len(commands()) > 8


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_relative_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [t.partition("#")[0] for t in LINK.findall(text) if "://" not in t]
    assert [t for t in targets if t and not (page.parent / t).exists()] == []


def anchors(page):
    """What `#...` may be on a page: its headings, as web sites for code turn them into anchors."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", LINK.sub(r"\1", h).lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_anchors_of_links_are_headings(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [t.partition("#") for t in LINK.findall(text) if "://" not in t and "#" in t]
    pages = [(page.parent / t if t else page, anchor) for t, _, anchor in targets]
    assert [f"{p}#{a}" for p, a in pages if a not in anchors(p)] == []


SPAN = re.compile(r"`weirflow\s+([^`\n]+(?:\n[^`\n]+)?)`")
PLACEHOLDER = re.compile(r"[A-Z]{2,}|\.\.\.|…|[\"']")


@pytest.mark.parametrize(
    "text",
    sorted({t for p in PAGES for t in SPAN.findall(FENCE.sub("", p.read_text(encoding="utf-8")))}),
)
def test_a_command_within_a_sentence_can_be_given(text):
    words = text.split()
    given(words[: next((i for i, w in enumerate(words) if PLACEHOLDER.search(w)), None)], whole=False)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_page_names_a_path_of_some_machine(page):
    assert re.findall(r"(?<![\w.])/(?:home|root|tmp|work|Users)/\S*", page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("words", commands())
def test_a_command_on_a_page_can_be_given(words):
    given(words, whole=True)


def given(words, *, whole):
    """Look a command up with its options; as a part of one, it may lack arguments."""
    command, verb = app, "weirflow"
    while isinstance(command, click.Group) and (whole or words):
        verb, *words = words
        found = command.get_command(click.Context(app), verb)
        if found is None and verb.startswith("-"):
            return
        assert found is not None, verb
        command = found
    assert [w for w in words if w.startswith("flows/") and not (ROOT / w).exists()] == []
    try:
        command.make_context(verb, list(words), obj=Terminal())  # refuses options that there are not
    except (click.MissingParameter, click.exceptions.NoArgsIsHelpError):
        assert not whole


def test_the_readme_begins_with_two_commands_and_a_picture():
    blocks = fences(README, "sh")
    assert blocks[0].startswith("python3 -m venv .venv && .venv/bin/pip install -e '.[reports]' && ")
    assert blocks[0].strip().count("\n") == 0
    assert blocks[1] == ".venv/bin/pip install -e '.[dev]' && .venv/bin/python -m pytest -n 2\n"
    assert README.index(blocks[0]) < README.index(blocks[1]) < README.index("](docs/pictures/")


def test_ci_uses_the_commands_of_the_readme():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    extraction = re.search(r"sed -n 's/(.*)/\\1/p' README.md", ci)
    assert extraction is not None
    pattern = extraction[1].replace(r"\(", "(").replace(r"\)", ")").replace(r"\/", "/")
    assert re.findall(pattern, README, re.MULTILINE)[0] == ".venv/bin/python -m pytest -n 2"
    run = fences(README, "sh")[0].strip().rpartition(" && .venv/bin/")[2]
    assert run in ci.splitlines()


def test_the_readme_lists_every_verb():
    table = README.partition("## The verbs")[2].partition("```")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(VERBS)


def test_every_exit_code_is_documented():
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    assert [int(c) for c in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == [int(c) for c in ExitCode]


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "decisions"
    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(p.name for p in folder.glob("0*.md"))


def test_the_node_of_the_readme_works():
    (code,) = [b for b in fences(README, "python") if "class Ratio" in b]
    space = {"__name__": "readme"}
    exec(compile(code, "README.md", "exec", dont_inherit=True), space)
    node = space["Ratio"](top="a", bottom="b", output="q")
    frame = pl.DataFrame({"a": [1, 3, None, 5], "b": [2, 0, 1, None]})
    schema = Schema.of({"a": "int64", "b": "int64"})
    assert node.effect(schema).apply(schema) == Schema.of({"a": "int64", "b": "int64", "q": "float64"})
    table = node.transform(Inputs([("default", nw.from_native(frame.lazy()))]))
    assert table.collect().to_native()["q"].to_list() == [0.5, None, None, None]


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: the README's pipeline is not run")
    copy = tmp_path / "flows" / "credit-risk"
    copy.mkdir(parents=True)
    for file in ("credit-risk.flow", "german_credit_data.csv"):
        shutil.copy(ROOT / "flows" / "credit-risk" / file, copy)
    monkeypatch.chdir(tmp_path)
    blocks = [b for b in fences(README, "python") if "class Ratio" not in b]
    space = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec", dont_inherit=True), space)
    assert space["flow"].transform(space["applications"]).shape == (1000, 24)
    # always "low risk", the larger class, is right in 700 of 1,000 cases
    assert space["model"].score(space["applications"], space["applications"]["risk"]) > 0.7
