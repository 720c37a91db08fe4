"""`graph.query` and `graph.construct`: types, parameters, what is refused, and what is ended."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import polars as pl
import pytest

from weirflow.api import NodeError
from weirflow.testing.subject import quads_of
from weirflow_fhir.graph.query import ConstructGraph, QueryGraph
from weirflow_fhir.graph.sparql import bound, kind_of, term_of

EX = "http://a.example/"
XSD = "http://www.w3.org/2001/XMLSchema#"
MANY = "".join(f'<{EX}{i}> <{EX}p> "{i}"^^<{XSD}integer> .\n' for i in range(400))


@pytest.fixture
def ask(graph, carry_out):
    def run(query, quads=MANY, **parameters):
        outputs, _ = carry_out(QueryGraph(query=query, **parameters), graph(quads))
        return outputs["default"].to_native().collect()

    return run


@pytest.mark.parametrize(
    ("values", "expected", "dtype"),
    [
        ('"1"^^xsd:integer "-2"^^xsd:integer', [1, -2], pl.Int64),
        ('"1"^^xsd:integer "2.5"^^xsd:decimal', [1.0, 2.5], pl.Float64),
        ('"NaN"^^xsd:double "1e3"^^xsd:double', [None, 1000.0], pl.Float64),
        ("true false", [True, False], pl.Boolean),
        ('"2024-02-29"^^xsd:date', [date(2024, 2, 29)], pl.Date),
        (
            '"2024-02-29T12:00:00+01:00"^^xsd:dateTime',
            [datetime(2024, 2, 29, 11, tzinfo=UTC)],
            pl.Datetime("us", "UTC"),
        ),
        ('<http://a.example/x> "x"@en "x"', [f"{EX}x", "x", "x"], pl.String),
        ('"1"^^xsd:integer "x"', ["1", "x"], pl.String),
        ("UNDEF 1", [None, 1], pl.Int64),
    ],
)
def test_columns_have_the_type_that_their_literals_have(values, expected, dtype, ask):
    found = ask(f"PREFIX xsd: <{XSD}> SELECT ?v {{ VALUES ?v {{ {values} }} }}")["v"]
    assert (found.to_list(), found.dtype) == (expected, dtype)


def test_ask_is_one_row_and_an_empty_answer_keeps_its_columns(ask):
    assert ask("ASK { ?s ?p 3 }").to_dicts() == [{"answer": True}]
    assert ask("SELECT ?a ?b { ?a <urn:none> ?b }").columns == ["a", "b"]


def test_parameters_are_terms_in_filters_subqueries_and_projections(ask):
    query = (
        f"SELECT ?v (COUNT(*) AS ?n) {{ {{ SELECT ?s {{ ?s <{EX}p> ?o FILTER(?o < ?v) }} }} }} GROUP BY ?v"
    )
    assert ask(query, bind={"v": 7}).to_dicts() == [{"v": 7, "n": 7}]
    found = ask(f"SELECT ?o {{ $s <{EX}p> ?o }}", bind={"s": {"iri": EX + "5"}})
    assert found.to_dicts() == [{"o": 5}]


@pytest.mark.parametrize(
    "hostile",
    [
        '" . } ; DROP ALL #',
        'x" FILTER(true) } UNION { ?s ?p ?o } #',
        '\\" } #',
        "'''\n\"\"\"",
        "> . <http://a.example/p> ?o . }",
        "?s",
        "\\u0022 }",
    ],
)
def test_a_parameter_is_text_whatever_it_holds(hostile, ask):
    escaped = term_of("v", hostile)
    quads = f'<{EX}hit> <{EX}q> {escaped} .\n<{EX}miss> <{EX}q> "x" .\n'
    found = ask(f"SELECT ?s {{ ?s <{EX}q> ?o FILTER(?o = ?v) }}", quads, bind={"v": hostile})
    assert found["s"].to_list() == [EX + "hit"]


@pytest.mark.parametrize(
    "value", [{"iri": "http://a> ?s ?p"}, {"iri": "relative"}, {"what": "x"}, {"value": "x", "type": "> x"}]
)
def test_a_parameter_that_is_no_term_is_refused(value, ask):
    with pytest.raises(NodeError, match="is no term"):
        ask("SELECT * { ?s ?p ?v }", bind={"v": value})


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("INSERT DATA { <urn:a> <urn:b> 1 }", "line 1, column 1: INSERT changes a graph"),
        (
            "SELECT * {\n  service <http://localhost/> { ?s ?p ?o } }",
            "line 2, column 3: SERVICE asks another server",
        ),
        ("SELECT * { SERVICE\tSILENT?x{ ?s ?p ?o } }", "SERVICE asks"),
        ("SELECT * { # hidden\n# SERVICE\nSERVICE<http://x/>{} }", "line 3, column 1: SERVICE"),
        ("SELECT * { FILTER(1<2) SERVICE <http://x/> {} }", "SERVICE asks"),
        ("SELECT * { \\u0053ERVICE <http://x/> {} }", "an escape is read in strings"),
        ("LOAD <http://x/>", "LOAD changes"),
        ("PREFIX a: <urn:a>", "there is no query"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "the query is a CONSTRUCT, which graph.construct answers"),
    ],
)
def test_what_does_more_than_read_is_refused(query, reason, ask):
    with pytest.raises(NodeError, match=reason):
        ask(query)


def test_words_in_texts_names_and_comments_are_no_keywords():
    text = 'PREFIX load: <http://x/service#> SELECT ?insert { ?insert load:add "SERVICE" ;'
    text += " load:drop '''DELETE ''' } # LOAD"
    assert kind_of(text) == "SELECT"


def test_a_fault_of_syntax_is_told_where_it_was_written(ask):
    with pytest.raises(NodeError, match=r"line 2, column 1[23]: it is no SPARQL"):
        ask("SELECT ?s\n{ ?s ?p ?v ]", bind={"v": "a long text that would move what follows"})


def test_a_query_that_runs_away_is_ended(ask):
    began = time.monotonic()
    cross = " ".join(f"?s{i} ?p{i} ?o{i} ." for i in range(6))
    with pytest.raises(NodeError, match="took longer than 1 s, and was ended"):
        ask(f"SELECT (COUNT(*) AS ?n) {{ {cross} }}", seconds=1)
    assert time.monotonic() - began < 60


def test_a_query_that_takes_too_much_is_ended(ask):
    cross = " ".join(f"?s{i} ?p{i} ?o{i} ." for i in range(4))
    with pytest.raises(NodeError, match="more than 64 MB"):
        ask(f"SELECT * {{ {cross} }} ORDER BY ?o3", memory=64, seconds=300)
    with pytest.raises(NodeError, match="more than 10 rows"):
        ask("SELECT * { ?s ?p ?o }", max_rows=10)


def test_all_graphs_are_asked_unless_told_otherwise(ask):
    quads = f'<{EX}a> <{EX}p> "1" <{EX}g> .\n<{EX}b> <{EX}p> "2" .\n'
    assert ask("SELECT ?s { ?s ?p ?o }", quads).height == 2
    assert ask("SELECT ?s { ?s ?p ?o }", quads, union=False).height == 1
    assert ask("SELECT ?s ?g { GRAPH ?g { ?s ?p ?o } }", quads).to_dicts() == [{"s": EX + "a", "g": EX + "g"}]


def test_bindings_that_nothing_uses_or_that_the_query_makes_are_told():
    with pytest.raises(NodeError, match=r"no variable '\?w'"):
        bound("SELECT ?v { ?s ?p ?v }", {"w": '"x"'})
    with pytest.raises(NodeError, match="line 1, column 22: 'v' is a parameter"):
        bound("SELECT (1 + 1 AS ?v) {}".replace("1 + 1", "1 + 1 + 1"), {"v": '"x"'})


def test_construct_makes_a_graph(graph, carry_out):
    node = ConstructGraph(
        query=f"CONSTRUCT {{ ?s <{EX}twice> ?d }} {{ ?s ?p ?o BIND(?o * 2 AS ?d) FILTER(?o = ?v) }}",
        bind={"v": 3},
    )
    made = carry_out(node, graph(MANY))[0]["graph"]
    assert quads_of(made) == [f'<{EX}3> <{EX}twice> "6"^^<{XSD}integer> .'.encode()]
