"""Every block of YAML on a page is right, and every shell block that can run does.

The blocks of a page are taken in order, in a folder that holds a copy of `flows`. A block whose first line is a
comment with a file's name, `# clean.flow`, is that file. A `sh` block must end well; a `console` block has below
each `$ command` what it prints, where `…` stands for anything, and a command that prints nothing must end well.
Unnamed Python of a how-to page is run as a script.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from weirflow.flow import yaml_reader
from weirflow.project import Project

ROOT = Path(__file__).resolve().parents[2]
AWAY = {".venv", ".git", ".weirflow", "node_modules", "output", "build", "dist"}
PAGES = sorted(p for p in ROOT.rglob("*.md") if not AWAY & {*p.relative_to(ROOT).parts})

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# ([\w./-]+\.\w+)\n")

NOT_RUN = {
    "CONTRIBUTING.md": "sets up a checkout, and runs what CI runs",
    "docs/tutorial/first-node.md": "has a test of its own",
    "plugins/_example/README.md": "tests/plugins/example installs it and does the same",
}
"""Pages whose shell blocks are not run here, and why."""

LEFT_OUT = {
    r"python3 -m venv \S+": "makes an environment: the test has one",
    r"uv venv \S+": "makes an environment: the test has one",
    r"(uv|\.venv/bin/)\s*pip install .*": "installs weirflow: it is installed",
    r"\.venv/bin/python -m pytest.*": "runs all tests, this one too",
    r"weirflow serve \S+": "serves until it is interrupted: the tests of the flow do both",
    r"pre-commit \w+.*": "needs the hooks of a repository, with weirflow's own environment",
}
"""Commands that are not run, wherever they stand, and why."""

ENDS_WITH_1 = {r"weirflow diff .*": "1 means that the flows differ, which the page shows"}
"""Commands whose exit code is not 0, and why."""

FOREIGN = {
    "example": "the family of plugins/_example",
    "readings": "the family of the tutorial's plugin",
    "survey": "the family of the plugin that a page begins",
    "words": "likewise",
}
"""Families whose operators are not known here: pages that begin a plugin install it and run its flows."""

PIP = """\
#!/bin/sh
# what the page installs goes into a folder of its own, offline
shift
while [ "$1" = -e ]; do shift; done
exec "{python}" -m pip install --quiet --no-deps --no-build-isolation --no-index --disable-pip-version-check \\
  --target "$SITE" "$(realpath "${{1%%\\[*}}")"
"""


def name(page):
    return page.relative_to(ROOT).as_posix()


@functools.cache
def fences(page):
    """(language, text) of every block."""
    found = FENCE.finditer(page.read_text(encoding="utf-8"))
    return [(m[2], textwrap.dedent(m[3])) for m in found]


def blocks(language):
    return [
        pytest.param(page, text, id=f"{name(page)} {number}")
        for page in PAGES
        for number, (of, text) in enumerate(fences(page))
        if of == language
    ]


def put_files(page, folder):
    """Write the files that a page names."""
    for _, text in fences(page):
        if match := NAMED.match(text):
            (folder / match[1]).parent.mkdir(parents=True, exist_ok=True)
            (folder / match[1]).write_text(text, encoding="utf-8")


def problems(text, folder, *, whole):
    """What `weirflow check` says of a block, but for what only a whole flow can be blamed for."""
    file = folder / "page.flow"
    file.write_text(text, encoding="utf-8")
    found = [
        d
        for d in Project(file).diagnose()
        if not (d.code == "WF501" and re.search(rf"'({'|'.join(FOREIGN)})\.", d.message))
    ]
    return found if whole else [d for d in found if d.code[:3] not in {"WF3", "WF4"} and d.code != "WF206"]


def nodes_of(data):
    """The nodes that a fragment holds: it is one, a list of them, or has them below some key."""
    if isinstance(data, dict):
        if "operator" in data:
            return [data]
        return [n for value in data.values() for n in nodes_of(value)]
    return [n for value in data for n in nodes_of(value)] if isinstance(data, list) else []


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_a_block_of_yaml_is_right(page, text, tmp_path):
    read = yaml_reader.read(text)
    assert (read.twice, read.tags) == ((), ())
    data = read.value
    put_files(page, tmp_path)
    if isinstance(data, dict) and "flow" in data:
        assert problems(text, tmp_path, whole=True) == []
    elif nodes := nodes_of(data):
        nodes = [{"id": f"node{i}", **n} for i, n in enumerate(nodes)]
        assert problems(yaml.safe_dump({"flow": 1, "nodes": nodes}), tmp_path, whole=False) == []


def test_a_block_that_is_not_right_is_seen(tmp_path):
    node = {"id": "n", "operator": "scale.standard", "parameters": {"colums": "a"}}
    flow = yaml.safe_dump({"flow": 1, "nodes": [node]})
    assert [d.code for d in problems(flow, tmp_path, whole=False)] == ["WF203"]


def commands(script):
    """A script without the commands that are not run; one that is to end with 1 does not stop it."""
    lines = []
    for line in script.splitlines():
        parts = [p for p in line.split(" && ") if not any(re.fullmatch(r, p.strip()) for r in LEFT_OUT)]
        text = " && ".join(p.replace(".venv/bin/", "") for p in parts)
        lines.append(f"{text} || [ $? = 1 ]" if any(re.fullmatch(r, text) for r in ENDS_WITH_1) else text)
    return "\n".join(lines)


def expected(text):
    """A pattern for what a command prints."""
    lines = [re.escape(line.rstrip()).replace("…", ".*") for line in text.splitlines()]
    return "".join(r"(?:.*\n)*?" if line == ".*" else f"{line}\n" for line in lines)


class Shell:
    """Runs the blocks of one page in a folder, one after another."""

    def __init__(self, folder, tmp_path):
        self.here = folder
        self.state = tmp_path / "here"
        site, shims = tmp_path / "site", tmp_path / "bin"
        shims.mkdir()
        (shims / "pip").write_text(PIP.format(python=sys.executable), encoding="utf-8")
        (shims / "pip").chmod(0o755)
        left = {"WEIRFLOW_PLUGINS", "WEIRFLOW_REQUIRE", "PYTEST_ADDOPTS", "NO_COLOR"}
        self.environ = {k: v for k, v in os.environ.items() if k not in left and not k.startswith("GIT_")}
        own = str(Path(sys.executable).parent)
        self.environ |= {
            "PATH": os.pathsep.join([str(shims), own, os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")])),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SITE": str(site),
            "STATE": str(self.state),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CEILING_DIRECTORIES": str(tmp_path),
            **{f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }

    def run(self, script, *, strict=True):
        whole = f'{commands(script)}\npwd > "$STATE"\n'
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", whole],
            cwd=self.here,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0 or not strict, f"{script}\n{done.stdout}"
        if done.returncode == 0:
            self.here = Path(self.state.read_text(encoding="utf-8").strip())
        return done.stdout

    def converse(self, text):
        """Run each command of a console block and compare what it prints."""
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            printed = "".join(
                f"{line.rstrip()}\n" for line in self.run(command, strict=not output.strip()).splitlines()
            )
            assert re.fullmatch(expected(output), printed), f"$ {command}\n{printed}"


def left_by_runs(folder, names):
    """What runs have left in `flows`. What is called `output` further below is data."""
    made = {".weirflow", "output"} if Path(folder).parent == ROOT / "flows" else set()
    return {n for n in names if n in made or n.endswith(".trained.json")}


RUN = [
    pytest.param(p, id=name(p))
    for p in PAGES
    if name(p) not in NOT_RUN and {"sh", "console"} & {language for language, _ in fences(p)}
]


@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_page_run(page, tmp_path):
    folder = tmp_path / "folder"
    shutil.copytree(ROOT / "flows", folder / "flows", ignore=left_by_runs)
    shell = Shell(folder, tmp_path)
    for language, text in fences(page):
        if match := NAMED.match(text):
            (shell.here / match[1]).parent.mkdir(parents=True, exist_ok=True)
            (shell.here / match[1]).write_text(text, encoding="utf-8")
        elif language == "sh":
            shell.run(text)
        elif language == "console":
            shell.converse(text)
        elif language == "python" and page.parent.name == "how-to":
            (tmp_path / "script.py").write_text(text, encoding="utf-8")
            shell.run(f'python "{tmp_path / "script.py"}"')


def test_what_is_left_out_is_there():
    assert [p for p in NOT_RUN if p != "docs/tutorial/first-node.md" and not (ROOT / p).exists()] == []
    lines = [
        part
        for p in PAGES
        for _, text in fences(p)
        for line in text.splitlines()
        for part in line.split(" && ")
    ]
    assert [
        r for r in (*LEFT_OUT, *ENDS_WITH_1) if not any(re.fullmatch(r, part.strip()) for part in lines)
    ] == []


@pytest.mark.parametrize(
    ("text", "printed", "fits"),
    [
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("took … s\n", "took 0.31 s\n", True),
        ("took … s\n", "took 0.31 ms\n", False),
        ("", "a\n", False),
        ("a.b\n", "axb\n", False),
    ],
)
def test_output_is_compared(text, printed, fits):
    assert bool(re.fullmatch(expected(text), printed)) is fits
