"""Two flows compared: what differs in meaning is told, and nothing else."""

import textwrap
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.flow.load import load
from weirflow.flow.written import read_written
from weirflow.graph.build import build
from weirflow.plan.compare import ABSENT, Change, compare
from weirflow.plan.sides import Side
from weirflow.plugins.registry import Registry

REGISTRY = Registry.load({"WEIRFLOW_PLUGINS": "tabular,analyses,files"})

BASE = """\
flow: 1
parameters: {data: a.csv}
nodes:
  - {id: people, operator: read.csv, parameters: {path: "${data}"}}
  - {id: cities, operator: encode.one_hot, parameters: {columns: city}}
  - {id: scaled, operator: scale.standard, parameters: {columns: [age, pay]}}
  - {id: chart, operator: analyse.histogram, inputs: people, parameters: {column: age}}
  - {id: out, operator: write.csv, inputs: scaled, parameters: {path: out.csv}}
"""


def side(text, folder=Path()):
    loaded = load(folder / "x.flow", text=textwrap.dedent(text), environ={})
    assert loaded.ok, loaded.diagnostics
    return Side(loaded.flow, build(loaded.flow, REGISTRY).graph, read_written(loaded, loaded.flow))


def against(new, old=BASE):
    return compare(side(old), side(new))


def edited(*pairs, base=BASE):
    for old, new in pairs:
        assert base.count(old) == 1, old
        base = base.replace(old, new)
    return against(base)


def stale(found):
    return {s.node: s.reason for s in found.stale}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{columns: city}", "{columns: [city]}"),
        ("{columns: city}", "{columns: city, drop_last: false}"),
        ("operator: encode.one_hot", "operator: encode.one_hot@1"),
        ("inputs: scaled, ", ""),
        ("operator: scale.standard,", "inputs: cities, operator: scale.standard,"),
        ("inputs: people,", "inputs: {default: people},"),
        ("flow: 1\n", "# a comment\nflow: 1\n"),
        ("flow: 1\n", "flow: 1\nname: x\nseed: 0\n"),
        ("{data: a.csv}", "{data: {type: string, default: a.csv}}"),
        ("{id: chart, operator: analyse.histogram,", "{operator: analyse.histogram, id: chart,"),
    ],
)  # fmt: skip
def test_what_means_the_same_is_equal(old, new):
    found = edited((old, new))

    assert found.equal, found


def test_a_default_is_told_where_it_is_left():
    (chart,) = edited(("{column: age}", "{column: age, bins: 12}")).nodes.changed

    assert (chart.name, chart.was) == ("chart", "chart")
    assert chart.changes == (Change("bins", 10, 12, frozenset({"old"})),)


def test_a_changed_parameter_makes_it_and_what_is_below_stale():
    found = edited(("{columns: city}", "{columns: [city, job]}"))

    assert [c.name for c in found.nodes.changed] == ["cities"]
    assert stale(found) == {"cities": "parameters changed: columns", "scaled": "'cities' changed above it"}
    assert found.stale[1].because == ("cities",)


def test_where_data_lies_leaves_what_was_learned():
    found = edited(("{data: a.csv}", "{data: b.csv}"))

    assert found.parameters.changed[0].changes == (Change("default", "a.csv", "b.csv"),)
    assert [c.name for c in found.nodes.changed] == ["people"]
    assert found.stale == ()


def test_a_reference_in_the_place_of_its_value_is_a_change():
    found = edited(('"${data}"', "a.csv"))

    assert found.nodes.changed[0].changes == (Change("path", "${data}", "a.csv"),)
    assert found.stale == ()


def test_inputs_are_what_they_resolve_to():
    found = edited(("operator: scale.standard,", "inputs: people, operator: scale.standard,"))
    (scaled,) = found.nodes.changed

    assert scaled.inputs == (Change("default", "cities", "people"),)
    assert stale(found) == {"scaled": "inputs changed"}


def test_a_node_put_between_changes_what_it_feeds():
    found = edited(
        (
            "  - {id: scaled",
            "  - {id: less, operator: columns.drop, parameters: {columns: job}}\n  - {id: scaled",
        )
    )

    assert found.nodes.added == ("less",)
    assert [(c.name, c.inputs) for c in found.nodes.changed] == [
        ("scaled", (Change("default", "cities", "less"),))
    ]
    assert stale(found) == {"scaled": "inputs changed"}


def test_a_new_id_is_a_rename_and_what_it_feeds_is_where_it_was():
    found = edited(("id: cities", "id: towns"))
    (towns,) = found.nodes.changed

    assert (found.nodes.added, found.nodes.removed) == ((), ())
    assert (towns.name, towns.was, towns.renamed, towns.changes) == ("towns", "cities", True, ())
    assert stale(found) == {"towns": "what it learned is recorded for 'cities'"}


def test_all_ids_may_be_new_at_once():
    base = BASE
    for name in ("people", "cities", "scaled", "chart", "out"):
        base = base.replace(f"id: {name}", f"id: {name[::-1]}").replace(
            f"inputs: {name}", f"inputs: {name[::-1]}"
        )
    found = against(base)

    assert {c.name: c.was for c in found.nodes.changed} == {
        n[::-1]: n for n in ("people", "cities", "scaled", "chart", "out")
    }
    assert (found.nodes.added, found.nodes.removed) == ((), ())


def test_a_new_id_with_a_small_change_is_a_rename():
    found = edited(
        ("{id: scaled,", "{id: numbers,"),
        ("[age, pay]", "[age, pay, height]"),
        ("inputs: scaled", "inputs: numbers"),
    )

    (numbers,) = found.nodes.changed
    assert (numbers.was, numbers.changes) == (
        "scaled",
        (Change("columns", ["age", "pay"], ["age", "pay", "height"]),),
    )


def test_a_new_id_with_another_column_is_another_node():
    found = edited(("{id: cities,", "{id: jobs,"), ("{columns: city}", "{columns: job}"))

    assert (found.nodes.added, found.nodes.removed) == (("jobs",), ("cities",))


def test_an_id_that_another_node_took_over_is_seen():
    found = edited(
        ("{id: cities, operator", "{id: first, operator"),
        (
            "  - {id: scaled",
            "  - {id: cities, operator: columns.drop, parameters: {columns: job}}\n  - {id: scaled",
        ),
    )

    assert {c.name: c.was for c in found.nodes.changed if c.renamed} == {"first": "cities"}
    assert found.nodes.added == ("cities",)


def test_another_operator_tells_what_is_said_and_no_defaults():
    found = edited(
        (
            "operator: scale.standard, parameters: {columns: [age, pay]}",
            "operator: columns.drop, parameters: {columns: [age]}",
        )
    )
    (scaled,) = found.nodes.changed

    assert scaled.operator == Change("operator", "scale.standard@1", "columns.drop@1")
    assert scaled.changes == (Change("columns", ["age", "pay"], ["age"]),)
    assert found.stale == ()  # it learns nothing any more


def test_words_and_the_flow_itself():
    found = edited(
        ("flow: 1\n", "flow: 1\nname: other\nseed: 3\nrequires: [tabular]\ndescription: >\n  words\n"),
        ("{id: chart,", "{id: chart, title: Ages, tags: [look], cache: true,"),
    )

    assert found.flow == (
        Change("name", "x", "other"),
        Change("description", ABSENT, "words"),
        Change("seed", 0, 3),
        Change("requires", ABSENT, ["tabular"]),
    )
    assert found.nodes.changed[0].others == (
        Change("title", ABSENT, "Ages"),
        Change("tags", ABSENT, ["look"]),
        Change("cache", False, True),
    )


def test_tests_are_told_by_name_and_part():
    base = (
        BASE + "tests:\n  - {name: one, mock: {people: [{city: a}]}, expect: {cities: []}}\n  - {name: two}\n"
    )
    new = (
        BASE
        + "tests:\n  - {name: three}\n  - {name: one, mock: {people: [{city: b}]}, expect: {cities: []}}\n"
    )
    found = against(new, base)

    assert (found.tests.added, found.tests.removed) == (("three",), ("two",))
    assert [(m.name, [c.name for c in m.changes]) for m in found.tests.changed] == [("one", ["mock"])]


def test_outputs_for_including_flows_count():
    found = against(BASE + "outputs: {all: scaled}\n", BASE + "outputs: {all: {from: scaled, type: table}}\n")
    assert found.equal

    found = against(BASE + "outputs: {all: cities}\n", BASE + "outputs: {all: scaled}\n")
    assert found.outputs.changed[0].changes == (Change("from", "scaled (table)", "cities (table)"),)


RAW = """\
flow: 1
nodes:
  - {id: people, operator: read.csv, parameters: {path: a.csv}}
  - {id: chart, operator: analyse.histogram, inputs: people, parameters: {column: age}}
  - {id: odd, operator: fancy.thing@2, parameters: {a: 1}}
  - {id: scaled, operator: scale.standard, parameters: {columns: age}}
"""


def test_nodes_of_missing_plugins_are_compared_as_written():
    assert compare(side(RAW), side(RAW)).equal
    assert against(RAW.replace("{a: 1}", "{a: 1}, inputs: people"), RAW).equal  # the chart gives no table
    found = against(RAW.replace("{a: 1}", "{a: 2}"), RAW)

    assert found.raw == ("fancy.thing",)
    assert [(c.name, c.changes) for c in found.nodes.changed] == [("odd", (Change("a", 1, 2),))]
    assert stale(found) == {"scaled": "'odd' changed above it"}


def test_a_node_that_becomes_one_of_a_missing_plugin_leaves_its_neighbours_where_they_are():
    found = edited(("operator: encode.one_hot, parameters: {columns: city}", "operator: fancy.thing"))

    assert [c.name for c in found.nodes.changed] == ["cities"]
    assert found.nodes.changed[0].inputs == ()
    assert stale(found) == {"scaled": "'cities' changed above it"}


def test_subflows_are_compared_by_what_is_in_them(tmp_path_factory):
    inner = "flow: 1\ninputs: {table: table}\noutputs: {default: coded}\nnodes:\n"
    node = "  - {{id: coded, inputs: table, operator: encode.one_hot, parameters: {{columns: {} }} }}\n"
    outer = RAW.replace(
        "fancy.thing@2, parameters: {a: 1}", "flow, inputs: people, parameters: {path: inner.flow}"
    )
    sides = []
    for column in ("city", "job"):
        folder = tmp_path_factory.mktemp(column)
        (folder / "inner.flow").write_text(inner + node.format(column))
        sides.append(side(outer, folder))
    found = compare(*sides)

    assert [c.name for c in found.nodes.changed] == ["odd/coded"]
    assert stale(found) == {
        "odd/coded": "parameters changed: columns",
        "scaled": "'odd/coded' changed above it",
    }


def test_a_renamed_subflow_takes_its_nodes_along(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inner")
    (folder / "inner.flow").write_text(
        "flow: 1\ninputs: {table: table}\noutputs: {default: coded}\nnodes:\n"
        "  - {id: coded, inputs: table, operator: encode.one_hot, parameters: {columns: city}}\n"
    )
    outer = RAW.replace(
        "fancy.thing@2, parameters: {a: 1}", "flow, inputs: people, parameters: {path: inner.flow}"
    )
    found = compare(side(outer, folder), side(outer.replace("id: odd", "id: steps"), folder))

    assert {c.name: c.was for c in found.nodes.changed} == {
        "steps/table": "odd/table", "steps/coded": "odd/coded", "steps": "odd",
    }  # fmt: skip
    assert (found.nodes.added, found.nodes.removed) == ((), ())


NODES = yaml.safe_load(BASE)["nodes"]


@settings(max_examples=60, deadline=None)
@given(st.permutations(NODES[1:4]), st.data())
def test_order_and_layout_make_no_difference(nodes, data):
    """With inputs written out, nodes and their keys may stand in any order, in YAML or in JSON."""
    fed = {"cities": "people", "scaled": "cities", "chart": "people", "out": "scaled"}
    whole = [n | {"inputs": fed[n["id"]]} if n["id"] in fed else n for n in [NODES[0], *nodes, NODES[4]]]
    whole = [{k: n[k] for k in data.draw(st.permutations(sorted(n)))} for n in whole]
    style = data.draw(st.sampled_from([True, False, None]))
    text = yaml.safe_dump(
        {"nodes": whole, "flow": 1, "parameters": {"data": "a.csv"}},
        default_flow_style=style,
        sort_keys=False,
    )

    assert against(f"# no JSON\n{text}").equal


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["cities", "scaled", "chart", "out"]), unique=True, max_size=3))
def test_what_is_gone_one_way_is_new_the_other_way(gone):
    fed = {"cities": "people", "scaled": "people", "chart": "people", "out": "people"}
    nodes = [n | ({"inputs": fed[n["id"]]} if n["id"] in fed else {}) for n in NODES]
    texts = [
        yaml.safe_dump({"flow": 1, "parameters": {"data": "a.csv"}, "nodes": kept})
        for kept in (nodes, [n for n in nodes if n["id"] not in gone])
    ]
    there, back = against(texts[1], texts[0]), against(texts[0], texts[1])

    assert {*there.nodes.removed} == {*back.nodes.added} == {*gone}
    assert there.nodes.changed == back.nodes.changed == ()
    assert there.equal is (not gone)
