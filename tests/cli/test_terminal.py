import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirflow.cli.tables import clip, columns, pad, width
from weirflow.cli.terminal import Terminal, near


class Screen:
    """A stream that a person watches."""

    def isatty(self):
        return True


@pytest.fixture
def watch(monkeypatch):
    """Put a screen in place of standard error; when called, since pytest puts its own there before each test."""

    def begin(**environ):
        monkeypatch.setattr(sys, "stderr", Screen())
        monkeypatch.delenv("NO_COLOR", raising=False)
        for name, value in {"TERM": "xterm", **environ}.items():
            monkeypatch.setenv(name, value)

    return begin


def test_a_terminal_takes_colours(watch):
    watch()
    assert Terminal().paint("x", "red") == "\x1b[31mx\x1b[0m"


def test_no_color_in_the_environment_is_heeded(watch):
    watch(NO_COLOR="1")
    assert Terminal().paint("x", "red") == "x"


def test_an_empty_no_color_is_none(watch):
    """As no-color.org has it: the variable counts when it is not empty."""
    watch(NO_COLOR="")
    assert Terminal().colour()


def test_the_option_is_heeded(watch):
    watch()
    assert not Terminal(no_color=True).colour()


def test_a_dumb_terminal_takes_none(watch):
    watch(TERM="dumb")
    assert not Terminal().colour()


def test_a_pipe_takes_none(capsys):
    assert not Terminal().colour("stdout")


def test_quiet_says_only_what_is_wrong(capsys):
    terminal = Terminal(quiet=True)
    terminal.say("by the way")
    terminal.say("this is wrong", always=True)
    terminal.out("result")

    assert capsys.readouterr() == ("result\n", "this is wrong\n")


def test_a_command_can_be_pasted_into_a_shell():
    terminal = Terminal(("run", "my flow.flow", "--force", "-p", "a=b c"))

    assert terminal.command(without=["--force"]) == "weirflow run 'my flow.flow' -p 'a=b c'"
    assert terminal.command(add=["--allow-code"]).endswith(" --force -p 'a=b c' --allow-code")


def test_near_paths_are_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert near(tmp_path / "a" / "b.html") == "a/b.html"
    assert near(tmp_path.parent / "c") == str(tmp_path.parent / "c")


def test_columns_line_up():
    rows = [("a", "long word", "1"), ("bcd", "x", "200")]

    assert columns(rows, right=frozenset({2})) == ["a    long word    1", "bcd  x          200"]


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0)])
def test_width_counts_cells(text, cells):
    assert width(text) == cells


@given(st.text(), st.integers(1, 20))
def test_clipped_text_fits(text, size):
    assert width(clip(text, size)) <= max(size, 1)
    if width(text) <= size:
        assert clip(text, size) == text


@given(st.text("ab日"), st.integers(0, 20), st.booleans())
def test_padded_text_fills(text, size, right):
    assert width(pad(text, size, right=right)) == max(size, width(text))
