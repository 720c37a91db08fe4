"""Each case is watched in a process that knows of no other case, whatever became of the one before."""

from __future__ import annotations

import importlib
import os
import sys

import polars as pl
import pytest

from weirflow.testing import Case
from weirflow.testing.parent import imported_by, seen_apart
from weirflow.testing.subject import Subject

NODE = '''
import os

import narwhals as nw

from weirflow.api import ColumnName, Effect, Field, Made, Transform


class Twice(Transform):
    """Put a column beside itself."""

    operator = "mine.twice"

    column: ColumnName = Field(description="the column")

    def effect(self, schema):
        return Effect(makes={"twice": Made(of=(self.column,))})

    def transform(self, inputs):
        if os.getpid() != PID:
            pass
        return inputs.table.with_columns(nw.col(self.column).alias("twice"))
'''.replace("PID", str(os.getpid()))


@pytest.fixture
def subject(tmp_path, monkeypatch):
    """A case of a node that does more where it is watched; its module is written anew each time."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = []

    def make(more="pass", name="kept_apart", head=""):
        file = tmp_path / f"{name}.py"
        file.write_text(head + NODE.replace("pass\n", f"{more}\n"), encoding="utf-8")
        os.utime(file, (len(names), len(names)))  # each later than the one before, however coarse the clock
        sys.modules.pop(name, None)
        names.append(name)
        importlib.invalidate_caches()
        module = importlib.import_module(name)
        return Subject(module.Twice, Case({"column": "a"}, pl.DataFrame({"a": [1, None, 3]})))

    yield make
    for name in names:
        sys.modules.pop(name, None)


def is_good(apart):
    return not apart.error and apart.outputs["default"]["twice"].to_list() == [1, None, 3]


def test_what_a_case_leaves_behind_is_gone_for_the_next(subject):
    spoil = "nw.spoilt = True; os.environ['SPOILT'] = 'yes'; os.chdir('/')"
    assert is_good(seen_apart(subject(spoil, "spoils")))
    assert is_good(
        seen_apart(subject("assert not hasattr(nw, 'spoilt') and 'SPOILT' not in os.environ", "looks"))
    )


def test_a_module_that_was_written_anew_is_read_anew(subject):
    assert imported_by(subject()) == ()
    assert "raises" in seen_apart(subject("raise ValueError('it raises')")).error
    assert imported_by(subject(head="import polars\n")) == ("polars",)


@pytest.mark.parametrize(
    "end", ["os._exit(3)", "os.kill(os.getpid(), 9)", "os.kill(os.getppid(), 9); os._exit(3)"]
)
def test_a_node_that_ends_its_process_is_told_and_the_next_is_watched(subject, end):
    assert seen_apart(subject(end)).error.startswith("an error that ends the process: ")
    assert is_good(seen_apart(subject()))


def test_what_a_process_says_at_its_end_is_told(subject):
    head = f"import os\nif os.getpid() != {os.getpid()}:\n    raise OSError('no such device')\n"
    assert seen_apart(subject(head=head)).error == "an error that ends the process: OSError: no such device"
