import csv
import io
import json

import pytest

from weirflow.cli.preview import _blocks, _text

COLUMNS = ["name", "age", "city_Rome", "city_Oslo"]


def test_a_table_for_people(weirflow):
    done = weirflow("preview", "people.flow", "city", "--rows", "2")
    lines = [line.split() for line in done.out.splitlines()]

    assert done.code == 0
    assert lines == [
        COLUMNS,
        ["string", "int64", "int64", "int64"],
        ["ann", "31", "1", "0"],
        ["bob", "42", "0", "1"],
    ]
    assert done.err == "2 rows of 4 columns\n"


def test_the_last_table_unless_named(weirflow):
    assert weirflow("preview", "people.flow").out.split()[:4] == COLUMNS


def test_csv(weirflow):
    out = weirflow("preview", "people.flow", "city", "--format", "csv").out

    assert list(csv.reader(io.StringIO(out)))[:2] == [COLUMNS, ["ann", "31", "1", "0"]]


def test_json(weirflow):
    found = json.loads(weirflow("preview", "people.flow", "people", "--rows", "1", "--format", "json").out)

    assert found == [{"name": "ann", "city": "Rome", "age": 31}]


@pytest.mark.parametrize(
    ("node", "words"),
    [("citty", "did you mean 'city'?"), ("out", "'out' gives no table"), ("city.left", "no table 'left'")],
)
def test_no_such_table_is_usage(weirflow, node, words):
    done = weirflow("preview", "people.flow", node)

    assert (done.code, done.out) == (2, "")
    assert words in done.err


@pytest.mark.parametrize(
    ("node", "hint"),
    [("out", "look at 'city', which feeds it"), ("city.left", "it gives default")],
)
def test_a_table_near_by_is_named(weirflow, node, hint):
    assert f"hint: {hint}" in weirflow("preview", "people.flow", node).err


def test_to_serve_what_has_no_service_is_usage(weirflow):
    done = weirflow("serve", "people.flow")
    assert done.code == 2
    assert "error[WF302]: the flow has no service" in done.err
    assert "here are source, estimator, sink alone, which `weirflow run` does" in done.err


def test_nothing_is_remembered(weirflow, folder):
    weirflow("preview", "people.flow")

    assert not (folder / "people.trained.json").exists()
    assert not (folder / "out.csv").exists()


def test_code_is_refused_with_the_command_that_allows_it(weirflow, folder):
    code = "  - {id: snippet, operator: custom.pandas, inputs: people, parameters: {code: df = df}}\n"
    (folder / "code.flow").write_text((folder / "people.flow").read_text() + code)
    done = weirflow("preview", "code.flow", "snippet", "-p", "data=people.csv")

    assert (done.code, done.out) == (2, "")
    assert "weirflow preview code.flow snippet -p data=people.csv --allow-code\n" in done.err
    assert weirflow("preview", "code.flow", "snippet", "--allow-code").code == 0


@pytest.mark.parametrize(
    ("sizes", "room", "blocks"),
    [
        ([3, 3, 3], 13, [range(3)]),  # 3 + 2 + 3 + 2 + 3
        ([3, 3, 3], 12, [range(2), range(2, 3)]),
        ([50, 3], 10, [range(1), range(1, 2)]),
        ([], 10, []),
    ],
)
def test_columns_that_do_not_fit_go_below(sizes, room, blocks):
    assert _blocks(sizes, room) == blocks


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (1 / 3, "0.333333"),
        ([1, None], "[1, null]"),
        ("a\nb\x1b[2J", "a⏎b�[2J"),  # what data holds must not drive the terminal
    ],
)
def test_cells(value, shown):
    assert _text(value, null="null") == shown


def test_json_has_no_infinity(folder, weirflow):
    """As pandas and Polars write it: `pl.DataFrame({"a": [math.inf]}).write_json()` is `[{"a":null}]`."""
    (folder / "inf.csv").write_text("name,city,age\nann,Rome,inf\nbob,Oslo,1.5\ncay,Rome,-inf\n")
    done = weirflow("preview", "people.flow", "people", "-p", "data=inf.csv", "--format", "json")

    assert done.code == 0, done.err
    assert [row["age"] for row in json.loads(done.out)] == [None, 1.5, None]


def test_a_preview_writes_nothing(folder, weirflow):
    before = sorted(folder.rglob("*"))
    assert weirflow("preview", "people.flow", "city").code == 0
    assert sorted(folder.rglob("*")) == before


def test_a_store_that_is_given_is_used(folder, weirflow):
    assert weirflow("preview", "people.flow", "city", "--store", "kept").code == 0
    assert (folder / "kept" / "store.json").exists()
