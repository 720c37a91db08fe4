"""What people and programs see of diagnostics. The expected texts are written by hand after the style guide."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from weirflow.errors import Diagnostic, Severity, Where
from weirflow.flow.load import load
from weirflow.flow.show import as_json, render

TEXT = """\
flow: 1
nodes:
  - id: enc
    operator: encode.one_hot@1
    parameters:
      colums: [city]
  - id: enc
    operator: read.csv
"""
SOURCES = {"flows/churn.flow": TEXT}
UNKNOWN = Diagnostic(
    "WF203",
    "unknown parameter 'colums' for encode.one_hot@1",
    Where("flows/churn.flow", ("nodes", 0, "parameters", "colums"), key=True),
    node="enc",
    hint="did you mean 'columns'?",
    notes=("allowed: columns, drop",),
)
TWICE = Diagnostic(
    "WF301",
    "two nodes have the id 'enc'",
    Where("flows/churn.flow", ("nodes", 1, "id")),
    node="enc",
    hint="rename one of them",
    also=((Where("flows/churn.flow", ("nodes", 0, "id")), "it is here first"),),
)
WARNING = Diagnostic(
    "WF603",
    "a line is too long",
    Where("flows/churn.flow", ("nodes", 1, "operator")),
    severity=Severity.WARNING,
)


def test_the_whole_text():
    assert (
        render([WARNING, TWICE, UNKNOWN, UNKNOWN], SOURCES)
        == """\
flows/churn.flow:6:7: error[WF203]: unknown parameter 'colums' for encode.one_hot@1 (node 'enc')
  5 |     parameters:
  6 |       colums: [city]
    |       ^^^^^^ did you mean 'columns'?
  allowed: columns, drop
flows/churn.flow:7:9: error[WF301]: two nodes have the id 'enc'
  6 |       colums: [city]
  7 |   - id: enc
    |         ^^^
  hint: rename one of them
  it is here first: flows/churn.flow:3:9
  3 |   - id: enc
    |         ^^^
flows/churn.flow:8:15: warning[WF603]: a line is too long
  7 |   - id: enc
  8 |     operator: read.csv
    |               ^^^^^^^^
2 errors, 1 warning in 1 file
"""
    )


def test_nothing_to_say():
    assert render([], SOURCES) == ""


def test_without_a_place_or_a_text():
    found = render(
        [
            Diagnostic("WF209", "no node 'x'", None, hint="did you mean 'y'? the flow has 3"),
            Diagnostic("WF101", "there is no file", Where("gone.flow"), hint="check it"),
            Diagnostic("WF601", "it failed", Where("gone.flow", line=3), node="n"),
        ],
        {},
    )
    assert (
        found
        == """\
error[WF209]: no node 'x'
  did you mean 'y'?
  hint: the flow has 3
gone.flow: error[WF101]: there is no file
  hint: check it
gone.flow:3:1: error[WF601]: it failed (node 'n')
3 errors in 1 file
"""
    )


def test_color_adds_escapes_and_nothing_else():
    plain = render([UNKNOWN, TWICE, WARNING], SOURCES)
    colored = render([UNKNOWN, TWICE, WARNING], SOURCES, color=True)
    assert "\x1b[1;31merror[WF203]:\x1b[0m" in colored
    assert "\x1b[1;33mwarning[WF603]:\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_tabs_wide_and_hostile_characters_keep_the_caret_in_place():
    text = 'a:\t"漢字\u202e" \x7f: x'
    found = render([Diagnostic("WF102", "m", Where("x", line=1, column=11))], {"x": text})
    line, caret = found.splitlines()[1:3]
    assert line == '  1 | a:→"漢字�" �: x'
    assert (
        caret == "    |             ^"
    )  # twelve columns: eight narrow characters before it and two wide ones


def test_a_long_line_is_shown_around_the_place():
    text = "x" * 500 + " HERE " + "y" * 500
    found = render([Diagnostic("WF102", "m", Where("x", line=1, column=502))], {"x": text})
    line, caret = found.splitlines()[1:3]
    assert len(line) <= 110
    assert line[caret.index("^") : caret.index("^") + 4] == "HERE"
    assert caret.count("^") == 4
    assert line.startswith("  1 | …x")
    assert line.endswith("y…")


def test_the_end_of_the_text():
    found = render([Diagnostic("WF102", "m", Where("x", line=2, column=1))], {"x": "a: [\n"})
    assert found.splitlines()[:3] == ["x:2:1: error[WF102]: m", "  1 | a: [", "    |     ^"]


def test_order_is_by_file_then_place_with_errors_first():
    sources = {"b": "a: 1\nb: 2\n", "a": "a: 1\n"}
    places = [("a", 1), ("b", 2), ("b", 1)]
    found = [Diagnostic("WF201", f"{f}{n}", Where(f, line=n, column=1)) for f, n in places]
    found.append(Diagnostic("WF100", "w", Where("b", line=1, column=1), severity=Severity.WARNING))
    found.append(Diagnostic("WF999", "no place"))
    assert [d["message"] for d in as_json(found, sources)] == ["no place", "b1", "w", "b2", "a1"]


def test_plain_data():
    assert as_json([TWICE, UNKNOWN], SOURCES)[0] == {
        "code": "WF203",
        "severity": "error",
        "file": "flows/churn.flow",
        "line": 6,
        "col": 7,
        "end_line": 6,
        "end_col": 13,
        "node": "enc",
        "message": "unknown parameter 'colums' for encode.one_hot@1",
        "hint": "did you mean 'columns'?",
    }
    (bare,) = as_json([Diagnostic("WF209", "m")], {})
    assert json.loads(json.dumps(bare)) == bare
    assert {k for k, v in bare.items() if v is None} == {
        "file",
        "line",
        "col",
        "end_line",
        "end_col",
        "node",
        "hint",
    }


@pytest.mark.parametrize(
    "text", ["a: [", "{", "flow: 1\nnodes: 5", "flow: 1\nnodes: [5, {operator: []}]", "flow: {}", "- 1"]
)
def test_no_jargon(text, tmp_path):
    loaded = load(tmp_path / "x.flow", text=text)
    found = " ".join(f"{d.message} {d.hint or ''}" for d in (*loaded.diagnostics, *load(Path()).diagnostics))
    assert loaded.diagnostics
    jargon = r"Traceback|None|True|\b(dict|str|int|NoneType|float)\b|Extra inputs|<class|Errno"
    assert re.search(jargon, found) is None
