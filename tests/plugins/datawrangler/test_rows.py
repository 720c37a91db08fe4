"""Operators on rows: what the vendor's parameters become, and what comes out where Spark computes it."""

from __future__ import annotations

import json

import pytest

from weirflow.plan.model import Options
from weirflow.project import Project
from weirflow_datawrangler.convert import convert


@pytest.fixture
def mapped(file_of, source, vendor):
    """The operators and parameters that a node becomes."""

    def make(label, given):
        key = f"{'_'.join(label.lower().split())}_parameters"
        node = vendor("x", "spark.manage_rows", {"operator": label, key: given}, "s")
        return [(n.operator, n.parameters) for n in convert(file_of(source(), node)).nodes[1:-1]]

    return make


def condition(column, operator, value=None, names=("input_column", "operator", "value")):
    given = dict(zip(names, (column, operator, value), strict=True))
    return {k: v for k, v in given.items() if v is not None}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"sort_by": "a", "order": "Ascending"}, {"by": ["a"]}),
        ({"sort_by": "a", "order": "Descending", "conditions": []}, {"by": ["a"], "descending": True}),
        (
            {
                "conditions": [
                    {"sort_by": "a", "order": "Descending"},
                    {"sort_by": "b", "order": "Ascending"},
                ],
                "sort_by": "c",
                "order": "Ascending",
            },
            {"by": ["a", "b"], "descending": [True, False]},
        ),
        ({"sort_by": "a", "ascending": False}, {"by": ["a"], "descending": True}),
    ],
)
def test_sort(mapped, given, wanted):
    assert mapped("Sort", given) == [("rows.sort", {**wanted, "nulls": "least"})]


def test_rows_that_go(mapped):
    assert mapped("Shuffle", {}) == [("rows.shuffle", {})]
    assert mapped("Drop duplicates", {}) == [("rows.drop_duplicates", {})]
    assert mapped("Drop empty", {"columns": None}) == [("missing.drop", {"how": "all"})]


SHAPES = [
    (condition("a", ">=", "3"), {"column": "a", "is": ">=", "value": "3", "parse": True}),
    (condition("a", "=", 3), {"column": "a", "is": "==", "value": 3, "parse": True}),
    (
        condition("a", "is not equal to", "x", ("column", "comparison", "value")),
        {"column": "a", "is": "!=", "value": "x", "parse": True},
    ),
    (condition(["a"], "Is missing"), {"column": "a", "is": "null"}),
    (condition("a", "in", "x, y"), {"column": "a", "is": "in", "value": ["x", "y"], "parse": True}),
    (
        {"conditions": [condition("a", ">", 1), condition("a", "<", 5), condition("b", "is not null")]},
        {"conditions": {"a": {">": 1, "<": 5}, "b": "not_null"}, "parse": True},
    ),
    (
        {"conditions": [condition("a", "=", "x"), condition("a", "=", "y")], "logical_operator": "OR"},
        {"conditions": {"a": {"==": "x", "in": ["y"]}}, "parse": True, "match": "any"},
    ),
]


@pytest.mark.parametrize(("given", "wanted"), SHAPES)
def test_filter(mapped, given, wanted):
    assert mapped("Filter", given) == [("rows.filter", wanted)]


def test_conditions_that_do_not_go_into_one_filter_go_into_several(mapped):
    given = {
        "conditions": [condition("a", "!=", "x"), condition("a", "!=", "y"), condition("a", "is not null")]
    }
    assert mapped("Filter", given) == [
        ("rows.filter", {"conditions": {"a": {"!=": "x"}}, "parse": True}),
        ("rows.filter", {"conditions": {"a": {"!=": "y"}}, "parse": True}),
        ("rows.filter", {"conditions": {"a": "not_null"}, "parse": True}),
    ]


@pytest.mark.parametrize(
    ("label", "given"),
    [
        ("Sort", {"sort_by": "a"}),
        ("Sort", {"sort_by": "a", "order": "Sideways"}),
        ("Sort", {"conditions": [{"sort_by": "a", "order": "Ascending"}] * 2}),
        ("Drop duplicates", {"keep": "last"}),
        ("Drop empty", {"threshold": 2}),
        ("Filter", {}),
        ("Filter", condition("a", "resembles", "x")),
        ("Filter", condition("a", "=", {"of": 1})),
        ("Filter", {**condition("a", "=", "x"), "case_sensitive": True}),
        ("Filter", {"conditions": [condition("a", ">", 1), condition("b", "=", 2)], "logic": "XOR"}),
        ("Filter", {"conditions": [condition("a", ">", 1), condition("a", ">", 2)], "match": "any"}),
        ("Filter", {"conditions": [condition("a", "is null"), condition("a", ">", 2)], "match": "any"}),
    ],
)
def test_what_cannot_be_read_says_so(mapped, label, given):
    assert [operator for operator, _ in mapped(label, given)] == ["datawrangler.unmapped"]


@pytest.fixture
def ran(tmp_path, file_of, source, vendor):
    """The lines that a flow of one node writes, of a file of text."""

    def make(text, label, given, types):
        key = f"{'_'.join(label.lower().split())}_parameters"
        (tmp_path / "in.csv").write_text(text)
        cast = vendor("c", "spark.infer_and_cast_type", {}, "s", trained_parameters={"schema": types})
        node = vendor("x", "spark.manage_rows", {"operator": label, key: given}, "c")
        path = tmp_path / "theirs.flow"
        path.write_text(json.dumps(file_of(source(), cast, node)))
        project = Project(path, sources={"": str(tmp_path / "in.csv")})
        assert project.run(Options(report="none"), apart=False).check().ok
        (file,) = (tmp_path / "output").glob("*.csv")
        lines = file.read_text().splitlines()[1:]
        file.unlink()
        return lines

    return make


TEXT = 'n,t\n2,b\n,a\n1,\n2,""\n,\n2,b\n'
TYPES = {"n": "long", "t": "string"}


def test_a_flow_sorts_and_drops_as_spark_does(ran, spark, tmp_path):
    (tmp_path / "spark.csv").write_text(TEXT)
    table = spark.read.csv(str(tmp_path / "spark.csv"), header=True, schema="n long, t string")

    def theirs(made):
        return [f"{'' if r['n'] is None else r['n']},{r['t'] or ''}" for r in made.collect()]

    conditions = [{"sort_by": "n", "order": "Descending"}, {"sort_by": "t", "order": "Ascending"}]
    by = [table["n"].desc(), table["t"].asc()]
    assert ran(TEXT, "Sort", {"conditions": conditions}, TYPES) == theirs(table.sort(*by))
    assert ran(TEXT, "Drop empty", {}, TYPES) == theirs(table.dropna(how="all"))
    assert sorted(ran(TEXT, "Drop duplicates", {}, TYPES)) == sorted(theirs(table.dropDuplicates()))
    assert ran(TEXT, "Filter", condition("n", "!=", "1"), TYPES) == theirs(table.filter("n != 1"))
