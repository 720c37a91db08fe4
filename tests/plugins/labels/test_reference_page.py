"""docs/reference/labels.md names every table, view and column, and none that there is not."""

import re

import pytest

from weirflow_labels.compat import SCHEMA


@pytest.fixture
def listed(repository):
    """Relations with their columns, as the page lists them."""
    page = (repository / "docs" / "reference" / "labels.md").read_text(encoding="utf-8")
    found = {}
    for name, columns in re.findall(r"^\| `([^`]+)` \| (.*?) \|", page, re.MULTILINE):
        parts = columns.split(", ")
        taken = re.fullmatch(r"those of `(\w+)`", parts[0])
        found[name] = [*found[taken[1]], *parts[1:]] if taken else parts
    return found


def test_it_lists_what_there_is(labels, listed):
    there = {}
    for row in labels.ask(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema IN ('main', ?) AND table_catalog = current_database() ORDER BY ALL",
        SCHEMA,
    ):
        there.setdefault(row["table_name"], set()).add(f"`{row['column_name']}`")
    assert {n: set(c) for n, c in listed.items()} == there
