"""A fit that stands on what another node has learned: when that learns anew, it does too, or `--frozen` refuses."""

import json

import pytest

FLOW = """\
flow: 1
name: chain
nodes:
  - {id: people, operator: read.csv, parameters: {path: people.csv}}
  - {id: filled, operator: missing.impute, parameters: {columns: age}}
  - {id: scaled, operator: scale.max_abs, parameters: {columns: age}}
  - {id: pay, operator: scale.max_abs, parameters: {columns: pay}}
  - {id: city, operator: encode.one_hot, parameters: {columns: city}}
  - {id: cities, operator: scale.max_abs, parameters: {columns: {matching: ^city_}}}
  - {id: out, operator: write.csv, parameters: {path: out.csv}}
"""
BEFORE = "city,age,pay\nRome,30,1\nOslo,,2\nRome,50,4\n"
AFTER = "city,age,pay\nRome,40,2\nOslo,,2\nRome,80,8\n"
FITS = ("filled", "scaled", "pay", "city", "cities")


@pytest.fixture
def chain(weirflow, folder):
    """All is fitted on some data, and other data has come since."""
    (folder / "chain.flow").write_text(FLOW)
    (folder / "people.csv").write_text(BEFORE)
    assert weirflow("run", "chain.flow", "--report", "none").code == 0
    (folder / "people.csv").write_text(AFTER)
    return folder


def learned(folder):
    return {
        n: e["trained"] for n, e in json.loads((folder / "chain.trained.json").read_text())["nodes"].items()
    }


def reasons(weirflow, *options):
    plan = json.loads(weirflow("plan", "chain.flow", "--json", *options).out)
    return {n["id"]: (n["action"], n["reason"]) for n in plan["nodes"] if n["id"] in FITS}


def test_what_stands_on_a_node_fitted_anew_is_stale_and_the_rest_is_not(weirflow, chain):
    assert {a for a, _ in reasons(weirflow).values()} == {"use"}
    assert weirflow("run", "chain.flow", "--refit", "-s", "filled").code == 0
    assert learned(chain)["filled"] == {"values": {"age": 60.0}}  # the mean of 40 and 80
    assert learned(chain)["scaled"] == {"largest": {"age": 50.0}}  # not selected
    use = ("use", "trained before")
    assert reasons(weirflow) == {
        "filled": use,
        "scaled": ("fit", "'filled' was fitted anew"),
        "pay": use,
        "city": use,
        "cities": use,
    }
    assert weirflow("run", "chain.flow").code == 0
    assert learned(chain)["scaled"] == {"largest": {"age": 80.0}}
    assert learned(chain)["pay"] == {"largest": {"pay": 4.0}}  # it stands on nothing that changed
    assert {a for a, _ in reasons(weirflow).values()} == {"use"}


def test_frozen_refuses_and_says_why(weirflow, chain):
    assert weirflow("run", "chain.flow", "--refit", "-s", "filled").code == 0
    done = weirflow("run", "chain.flow", "--frozen")
    assert done.code == 1
    assert (
        "chain.flow:6:5: error[WF612]: 'scaled' would have to be fitted ('filled' was fitted anew), "
        "and --frozen refuses to fit" in done.err
    )
    assert done.err.count("WF612") == 1
    assert weirflow("run", "chain.flow", "--frozen", "-s", "pay").code == 1  # it needs scaled's table
    assert weirflow("run", "chain.flow", "--frozen", "-s", "filled").code == 0


def test_in_one_plan_what_stands_on_a_fit_is_fitted_after_it(weirflow, chain):
    found = reasons(weirflow, "--refit", "-s", "filled", "-s", "out")
    assert found["filled"] == ("fit", "refit asked for")
    assert found["scaled"] == ("fit", "'filled' is fitted anew")
    assert {found[n][0] for n in ("pay", "city", "cities")} == {"use"}
    assert weirflow("run", "chain.flow", "--refit", "-s", "filled", "-s", "out").code == 0
    assert learned(chain)["scaled"] == {"largest": {"age": 80.0}}
    # 40, 60 for nothing, and 80, over 80; pay still over 4
    rows = [line.split(",")[:2] for line in (chain / "out.csv").read_text().splitlines()]
    assert rows == [["age", "pay"], ["0.5", "0.5"], ["0.75", "0.5"], ["1.0", "2.0"]]


def test_a_refit_that_learns_the_same_leaves_what_stands_on_it(weirflow, chain):
    (chain / "people.csv").write_text(BEFORE)
    assert weirflow("run", "chain.flow", "--refit", "-s", "filled").code == 0
    assert {a for a, _ in reasons(weirflow).values()} == {"use"}
    assert weirflow("run", "chain.flow", "--frozen").code == 0


def test_a_selector_stands_on_what_decides_which_columns_there_are(weirflow, chain):
    (chain / "people.csv").write_text(BEFORE.replace("Oslo", "Bonn"))
    assert weirflow("run", "chain.flow", "--refit", "-s", "city").code == 0
    assert reasons(weirflow)["cities"] == ("fit", "'city' was fitted anew")
    assert weirflow("run", "chain.flow").code == 0
    assert learned(chain)["cities"] == {"largest": {"city_Rome": 1.0, "city_Bonn": 1.0}}


def test_a_selector_that_found_none_of_a_nodes_columns_may_find_some(weirflow, folder):
    (folder / "chain.flow").write_text(FLOW.replace("^city_", "^(age|city_Bonn)"))
    (folder / "people.csv").write_text(BEFORE)
    assert weirflow("run", "chain.flow", "--report", "none").code == 0
    assert learned(folder)["cities"] == {"largest": {"age": 1.0}}
    (folder / "people.csv").write_text(BEFORE.replace("Oslo", "Bonn"))
    assert weirflow("run", "chain.flow", "--refit", "-s", "city").code == 0
    assert reasons(weirflow)["cities"] == ("fit", "'city' was fitted anew")
    assert weirflow("run", "chain.flow").code == 0
    assert learned(folder)["cities"] == {"largest": {"age": 1.0, "city_Bonn": 1.0}}


def test_what_is_no_longer_recorded_makes_what_stands_on_it_stale(weirflow, chain):
    file = chain / "chain.trained.json"
    data = json.loads(file.read_text())
    del data["nodes"]["filled"]
    file.write_text(json.dumps(data))
    found = reasons(weirflow)
    assert (found["filled"], found["scaled"]) == (("fit", "never fitted"), ("fit", "'filled' is fitted anew"))
    assert found["pay"][0] == "use"


def test_a_file_that_does_not_say_what_fits_stood_on_is_good(weirflow, chain):
    file = chain / "chain.trained.json"
    data = json.loads(file.read_text())
    assert {n for n, e in data["nodes"].items() if e["upon"]} == {"scaled", "cities"}
    for entry in data["nodes"].values():
        del entry["upon"]
    file.write_text(json.dumps(data))
    assert weirflow("run", "chain.flow", "--refit", "-s", "filled").code == 0
    assert {a for a, _ in reasons(weirflow).values()} == {"use"}
    assert weirflow("run", "chain.flow", "--frozen").code == 0
