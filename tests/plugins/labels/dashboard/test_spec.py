"""Specs of dashboards: what is wrong is said with file and line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from weirflow.api import NodeError
from weirflow_labels.dashboard.spec import Measure
from weirflow_labels.dashboard.spec_file import SHIPPED, parse_spec, read_spec, shipped_text

GOOD = """\
title: Signs
panels:
  - title: Signs by class
    kind: pie
    from: annotations
    by: class_name
"""

WRONG = {
    "unknown kind": (
        GOOD.replace("pie", "pei"),
        "mine.yaml:4: 'pei' is no kind of panel",
        "did you mean 'pie'?",
    ),
    "no kind": (GOOD.replace("    kind: pie\n", ""), "mine.yaml:3: panels[1].kind is missing", None),
    "unknown key": (
        GOOD + "    color: class_name\n",
        "mine.yaml:7: `color` is no key here",
        "did you mean 'colour'?",
    ),
    "bad YAML": (
        GOOD + "    by: [a\n",
        "mine.yaml:8: expected ',' or ']', but got '<stream end>'",
        None,
    ),
    "no mapping": ("- title\n", "mine.yaml:1: a spec is a mapping with `title` and `panels`", None),
    "no attribute": (
        GOOD.replace("class_name", "{attribut: Moving}"),
        "mine.yaml:6: panels[1].by is a column, `{attribute: NAME}` or `{date: COLUMN}`",
        None,
    ),
    "no by": (
        GOOD.replace("    by: class_name\n", ""),
        "mine.yaml:3: panels[1]: a `pie` needs `by`: what its parts are",
        None,
    ),
    "bad value": (
        GOOD + "    value: median(width)\n",
        (
            "mine.yaml:7: panels[1].value: 'median(width)' is no value: write `count`, or `sum`, `mean`, `min`, `max`"
            " or `distinct` of a column, as `sum(active_s) in seconds`"
        ),
        None,
    ),
    "zeros of a number": (
        "title: T\npanels:\n- {title: N, kind: number, from: labels, zeros: labels}\n",
        "mine.yaml:3: panels[1]: `zeros` are of parts: not of a number, a histogram or dates",
        None,
    ),
    "no sum": (
        GOOD + "    value: mean(width)\n",
        "mine.yaml:3: panels[1]: the parts of a `pie` must add up: its value is `count` or a `sum`",
        None,
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_with_its_line(case: str):
    text, message, hint = WRONG[case]
    with pytest.raises(NodeError) as caught:
        parse_spec(text, "mine.yaml", shipped=False)
    assert caught.value.message == message
    assert caught.value.hint == hint


def test_a_missing_file_names_the_shipped_specs(tmp_path: Path):
    with pytest.raises(NodeError, match="there is no spec") as caught:
        read_spec("mine.yaml", tmp_path / "mine.yaml")
    assert caught.value.hint == "name a YAML file, or one of the shipped specs `annotations` and `workers`"


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_spec_is_printed_to_be_edited(name: str):
    command = [sys.executable, "-m", "weirflow_labels.dashboard", name]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout.decode() == shipped_text(name)
    assert parse_spec(done.stdout.decode(), "mine.yaml", shipped=False).spec.panels


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("count", Measure("count")),
        ("sum(active_s) in seconds", Measure("sum", "active_s", "seconds")),
        ("distinct(job)", Measure("distinct", "job")),
    ],
)
def test_values(text: str, measure: Measure):
    assert Measure.of(text) == measure
