"""The tutorial, from its first line to its last: each command is given, and each answer compared.

`console` blocks hold commands behind `$ ` with their answers below, where `…` stands for anything and a line of it for
any lines. A block whose first line is a comment with a file's name is that file. A `diff` block names its file behind
`--- `; its hunks, parted by `@@`, are found by their text.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "first-node.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+\.\w+)\n")


def blocks():
    """(language, text, line) of each block."""
    text = PAGE.read_text(encoding="utf-8")
    return [(m[1], m[2], text[: m.start()].count("\n") + 1) for m in BLOCK.finditer(text)]


def patched(text, hunks):
    """A text with the hunks of a diff applied; each must stand in it exactly once."""
    for hunk in re.split(r"^@@\n", hunks, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        assert {line[0] for line in lines} <= set(" +-"), hunk
        old = "".join(line[1:] for line in lines if line[0] != "+")
        assert text.count(old) == 1, f"{text.count(old)} times in the file:\n{old}"
        text = text.replace(old, "".join(line[1:] for line in lines if line[0] != "-"))
    return text


def answers(text):
    """(command, pattern of its answer) of a console block."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, answer = part.partition("\n")
        lines = [re.escape(line).replace("…", ".*") for line in answer.splitlines()]
        yield command, "".join(r"(?:.*\n)*" if line == ".*" else f"{line}\n" for line in lines)


class Reader:
    """Someone who does as the page says, in a folder, with an environment."""

    def __init__(self, folder, environ):
        self.folder = folder
        self.environ = {**environ, "PYTHONDONTWRITEBYTECODE": "1"}
        self.given = []

    def give(self, command):
        """Give a command; all that it says. It must end well unless it tells of an error."""
        self.given.append(command)
        if command.startswith("cd "):
            self.folder = (self.folder / command.removeprefix("cd ")).resolve(strict=True)
            return ""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is ("error[" not in done.stdout), f"$ {command}\n{done.stdout}"
        return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())

    def follow(self, language, text):
        """Do what a block says."""
        if language == "console":
            for command, pattern in answers(text):
                said = self.give(command)
                assert re.fullmatch(pattern, said), f"$ {command}\n{said}"
        elif language == "diff":
            name, _, hunks = text.removeprefix("--- ").partition("\n")
            file = self.folder / name
            file.write_text(patched(file.read_text(encoding="utf-8"), hunks), encoding="utf-8")
        else:
            name = FILE.match(text)
            assert name is not None, f"what is this block for?\n{text}"
            (self.folder / name[1]).write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_each_command_answers_as_shown(fresh, tmp_path):
    reader = Reader(tmp_path, fresh)
    try:
        for language, text, line in blocks():
            try:
                reader.follow(language, text)
            except AssertionError as error:
                pytest.fail(f"{PAGE.name}:{line}: {error}", pytrace=False)
    finally:
        reader.give("pip uninstall --quiet --yes weirflow-readings")


def test_it_goes_from_a_new_plugin_to_a_run():
    typed = [c for language, text, _ in blocks() if language == "console" for c, _ in answers(text)]
    assert typed[0] == "weirflow new plugin readings"
    assert {"python -m pytest -q", "weirflow run rome.flow"} <= set(typed)
    assert {language for language, _, _ in blocks()} == {"console", "python", "diff", "yaml"}


@pytest.mark.parametrize(
    ("answer", "said", "fits"),
    [
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\nd\n", "a\nd\n", True),
        ("done in … ms\n", "done in 12 ms\n", True),
        ("done in … ms\n", "done in 12 s\n", False),
        ("a.b (c)\n", "axb (c)\n", False),
        ("", "something\n", False),
        ("something\n", "", False),
    ],
)
def test_an_answer_is_compared(answer, said, fits):
    ((command, pattern),) = answers(f"$ weirflow\n{answer}")
    assert command == "weirflow"
    assert bool(re.fullmatch(pattern, said)) is fits


def test_a_command_that_fails_without_a_word_of_it_is_seen(tmp_path):
    reader = Reader(tmp_path, {"PATH": os.environ["PATH"]})
    with pytest.raises(AssertionError, match="exit 3"):
        reader.give("exit 3")
    with pytest.raises(AssertionError, match="error"):
        reader.give("echo 'error[WF900]: a bug'")
    assert reader.give("echo 'error[WF203]: expected'; exit 3") == "error[WF203]: expected\n"


def test_a_hunk_is_put_where_it_stands_and_nowhere_else():
    hunks = " b\n-c\n+d\n@@\n+first\n a\n"
    assert patched("a\nb\nc\n", hunks) == "first\na\nb\nd\n"
    with pytest.raises(AssertionError, match="0 times in the file"):
        patched("a\nb\n", hunks)
    with pytest.raises(AssertionError, match="2 times in the file"):
        patched("a\nb\nc\nb\nc\n", hunks)
