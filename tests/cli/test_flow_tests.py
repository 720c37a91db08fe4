"""`weirflow test`, typed as a user types it. Expected tables are worked out by hand."""

import json
import re
import shutil
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from weirflow.cli import main

FLOW = """\
flow: 1
name: people
parameters:
  data: {type: path}
nodes:
  - id: people
    operator: read.csv
    parameters: {path: "${data}", personal: name}
  - id: scaled
    operator: scale.standard
    parameters: {columns: age, center: true}
  - id: city
    operator: encode.one_hot
    parameters: {columns: city}
  - id: out
    operator: write.csv
    parameters: {path: out.csv}
"""
TESTS = """\
# cases of people.flow
tests:
  - name: cities  # become columns
    parameters: {data: nowhere.csv}
    mock:
      people:
        - {name: ann, city: Rome, age: 1}
        - {name: bob, city: Oslo, age: 3}
    expect:
      # ages are scaled: (age - 2) / sqrt(2)
      city:
        - {age: -0.7071067811865475, city_Rome: 1, city_Oslo: 0}  # ann
        - {age: 0.7071067811865475, city_Rome: 0, city_Oslo: 1}
      out: {rows: 2}
"""


@pytest.fixture
def tests(folder):
    """Write the flow and the file of tests beside it."""

    def write(text=TESTS, flow=FLOW):
        (folder / "people.flow").write_text(flow)
        file = folder / "people.tests.yaml"
        file.write_text(text)
        return file

    return write


def case(mock, expect, more=""):
    return f"tests:\n  - name: it\n    parameters: {{data: people.csv}}\n{more}    mock: {mock}\n    expect: {expect}\n"


def everything(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_line_for_each_case(weirflow, tests):
    tests()
    done = weirflow("test")

    assert (done.code, done.out, done.err) == (0, "ok      people.flow: cities\n", "1 passed\n")


def test_cases_of_the_flow_come_before_those_beside_it(weirflow, tests):
    inside = TESTS.replace("# cases of people.flow\n", "").replace("name: cities", "name: inside")
    tests(flow=FLOW + inside)
    done = weirflow("test", "people.flow")

    assert [line.split(": ")[1] for line in done.out.splitlines()] == ["inside", "cities"]


def test_cases_are_chosen_by_a_part_of_their_names(weirflow, tests):
    tests(TESTS + TESTS.partition("tests:\n")[2].replace("cities", "Towns"))

    assert weirflow("test", "-k", "town").out == "ok      people.flow: Towns\n"
    none = weirflow("test", "-k", "village")
    assert (none.code, none.out) == (5, "")
    assert "no case's name holds 'village'" in none.err


def test_a_folder_without_tests_is_code_5(weirflow, folder):
    done = weirflow("test", folder)

    assert done.code == 5
    assert "there is no test" in done.err


def test_nothing_is_written_beside_the_flow(weirflow, tests, folder):
    absolute = folder / "elsewhere" / "out.parquet"
    more = f"  - {{id: far, operator: write.parquet, inputs: city, parameters: {{path: {absolute}}}}}\n"
    tests(TESTS.replace("out: {rows: 2}", "out: {rows: 2}\n      far: {rows: 2}"), FLOW + more)
    weirflow("run", "people.flow", "-p", "data=people.csv", "--report", "none", "-q")
    (folder / "out.csv").unlink()
    shutil.rmtree(folder / "elsewhere")
    before = everything(folder)
    assert any(p.name == "people.trained.json" for p in before)
    assert weirflow("test").code == 0

    assert everything(folder) == before


def test_it_fits_on_the_mocks_though_the_flow_is_fitted(weirflow, tests, folder):
    tests()
    weirflow("run", "people.flow", "-p", "data=people.csv", "--report", "none", "-q")

    assert weirflow("test").code == 0  # people.csv has a mean of 33.3


def test_a_source_is_not_read_unawares(weirflow, tests):
    tests(case("{}", "{city: {rows: 3}}"))
    refused = weirflow("test")
    assert refused.code == 3
    assert "people.tests.yaml:5:14: error[WF309]: 'city' needs the source 'people'" in refused.out

    tests(case("{}", "{city: {rows: 3}}", "    sources: [people]\n"))
    assert weirflow("test").code == 0


def test_what_is_not_needed_does_not_run(weirflow, tests):
    # without the column `city` the one-hot encoder would fail
    tests(
        case(
            "{people: [{age: 1}, {age: 3}]}",
            "{scaled: [{age: -0.7071067811865475}, {age: 0.7071067811865475}]}",
        )
    )

    assert weirflow("test").code == 0


def test_a_declared_source_that_is_not_there_is_code_1(weirflow, tests, folder):
    tests(case("{}", "{city: {}}", "    sources: [people]\n"))
    (folder / "people.csv").unlink()
    done = weirflow("test")

    assert done.code == 1
    assert "error[WF602]" in done.out


def test_personal_values_of_a_real_source_are_not_shown_and_not_written(weirflow, tests):
    file = tests(case("{}", "{scaled: [{name: x, city: Rome}]}", "    sources: [people]\n"))
    done = weirflow("test", "--update")

    assert done.code == 1
    assert not re.search(r"\b(ann|bob|cay)\b", done.out + file.read_text())
    assert '{"name": "•••", "city": "Oslo"}' in done.out


def test_names_of_columns_that_are_personal_values_are_neither(weirflow, tests):
    hot = "  - {id: hot, operator: encode.one_hot, inputs: people, parameters: {columns: name}}\n"
    text = case("{}", "{hot: {columns: [city, age], rows: [{nme: 1}]}}", "    sources: [people]\n")
    file = tests(text.replace("rows:", "contains:"), FLOW + hot)
    done = weirflow("test", "--update", "-v")
    hidden = weirflow("test", "--json")

    assert (done.code, hidden.code) == (1, 1)
    assert not re.search("ann|bob|cay", done.out + hidden.out + file.read_text())
    assert "name_•••1" in done.out


def test_an_invalid_flow_and_a_good_one(weirflow, tests, folder):
    tests()
    wrong = FLOW.replace("columns: city", "colums: city") + TESTS.partition("\n")[2].replace("cities", "x")
    (folder / "a.flow").write_text(wrong)
    done = weirflow("test")

    assert done.code == 3
    assert done.out.count("error[WF203]") == 1
    assert "ok      people.flow: cities" in done.out
    assert done.err == "1 passed, 1 not carried out\n"


def test_a_value_for_a_parameter_that_does_not_fit_has_its_place_in_the_case(weirflow, tests):
    tests(TESTS.replace("data: nowhere.csv", "data: x, dta: 4"))
    done = weirflow("test")

    assert done.code == 3
    assert "people.tests.yaml:4:27: error[WF310]: the flow has no parameter 'dta'" in done.out

    tests(TESTS.replace("data: nowhere.csv", "data: [3]"))
    done = weirflow("test")
    assert done.code == 3
    assert "people.tests.yaml:4:17: error[WF205]" in done.out


def test_check_validates_the_file_beside_the_flow_and_run_does_not_mind_it(weirflow, tests):
    tests(
        TESTS.replace("city_Oslo: 1", "city_Oslo: 1").replace("expect:", "expct:"),
        FLOW.replace("path}", "path, default: people.csv}"),
    )

    checked = weirflow("check", "people.flow")
    assert checked.code == 3
    assert "people.tests.yaml:9:5: error[WF201]: unknown key 'expct' in a case" in checked.out
    assert weirflow("run", "people.flow", "--report", "none", "-q").code == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- name: x", "a file of cases is a mapping with 'tests', and this is a list"),
        ("tests: 3", "'tests' should be a list of cases, and is 3"),
        ("tests: [", "WF102"),
        ("tests: []\nnodes: []", "unknown key 'nodes' in a file of cases"),
    ],
)
def test_a_file_of_tests_that_is_none(weirflow, tests, text, words):
    tests(text)
    done = weirflow("test")

    assert done.code == 3
    assert words in done.out


# ---------------------------------------------------------------------- mocks


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_a_mock_in_a_file(weirflow, tests, folder, ending):
    frame = pl.DataFrame({"name": ["ann", "bob"], "city": ["Rome", None], "age": [1, 3]})
    match ending:
        case "csv":
            frame.write_csv(folder / "mock.csv")
        case "parquet":
            frame.write_parquet(folder / "mock.parquet")
        case _:
            (folder / "mock.json").write_text(json.dumps(frame.to_dicts()))
    expect = "{scaled: [{city: Rome, age: -0.7071067811865475}, {city: null, age: 0.7071067811865475}]}"
    tests(case(f"{{people: mock.{ending}}}", expect))

    assert weirflow("test").out == "ok      people.flow: it\n"


@pytest.mark.parametrize(
    ("name", "text"), [("m.csv", "age\nx\n"), ("m.json", '{"age": 1}'), ("m.parquet", "no")]
)
def test_a_file_that_is_no_table_of_the_node(weirflow, tests, folder, name, text):
    flow = FLOW.replace(
        "  - id: scaled",
        "  - id: typed\n    operator: columns.cast\n    parameters: {types: {age: int64}}\n  - id: scaled",
    )
    (folder / name).write_text(text)
    tests(case(f"{{typed: {name}}}", "{scaled: {}}"), flow)
    done = weirflow("test")

    assert done.code == 3
    assert f"error[WF603]: '{name}', which stands in for 'typed', cannot be read as its table" in done.out
    assert "Traceback" not in done.err


def test_types_are_those_that_are_said_else_those_of_the_node_else_those_of_the_values(weirflow, tests):
    flow = FLOW.replace(
        "  - id: scaled",
        "  - id: typed\n    operator: columns.cast\n    parameters: {types: {age: int64}}\n  - id: scaled",
    )
    more = "  - {id: less, operator: columns.drop, inputs: typed, parameters: {columns: city}}\n"
    rows = '[{day: "2024-02-29", age: null, pay: 1}, {pay: 1.5, tags: [a]}]'
    mock = f"{{typed: {{rows: {rows}, schema: {{day: date, city: string}}}}}}"
    expect = (
        "{less: {rows: [{day: 2024-02-29, age: null}, {day: null}], columns: [day, age, pay, tags],"
        " schema: {day: date, age: int64, pay: float64, tags: 'list[string]'}}}"
    )
    tests(case(mock, expect), flow + more)

    assert weirflow("test").out == "ok      people.flow: it\n"


def test_one_port_of_several_is_mocked(weirflow, folder):
    (folder / "people.flow").write_text(
        """\
flow: 1
nodes:
  - {id: people, operator: read.csv, parameters: {path: people.csv}}
  - {id: inner, operator: flow, inputs: people, parameters: {path: sub.flow}}
  - {id: left, operator: columns.drop, inputs: inner.a, parameters: {columns: city}}
  - {id: right, operator: columns.drop, inputs: inner.b, parameters: {columns: name}}
tests:
  - name: ports
    mock: {inner.b: [{name: bob, age: 7}], people: [{name: ann, city: Rome, age: 1}]}
    expect: {left: [{age: 1}], right: [{age: 7}], inner.a: [{city: Rome, age: 1}]}
  - name: inside
    mock: {inner/first: [{name: ann, city: Rome, age: 2}]}
    expect: {inner.b: [{name: ann}], inner/second: {columns: [name, age]}}
"""
    )
    (folder / "sub.flow").write_text(
        """\
flow: 1
inputs: {given: table}
nodes:
  - {id: first, operator: columns.rename, inputs: given, parameters: {columns: {name: name}}}
  - {id: second, operator: columns.keep, inputs: first, parameters: {columns: [name, age]}}
outputs: {a: first, b: second}
"""
    )
    done = weirflow("test", "people.flow")

    assert done.out == "ok      people.flow: ports\nok      people.flow: inside\n"


def test_code_needs_permission(weirflow, tests):
    code = "  - id: snippet\n    operator: custom.pandas\n    parameters:\n      code: df['age'] = 7\n"
    tests(
        case("{people: [{age: 1}]}", "{snippet: [{age: 7}]}"),
        FLOW + code.replace("operator: c", "inputs: people\n    operator: c"),
    )
    refused = weirflow("test", "people.flow")

    assert refused.code == 2
    assert "error[WF607]" in refused.out
    assert "weirflow test people.flow --allow-code" in refused.out
    assert weirflow("test", "people.flow", "--allow-code").code == 0


# ---------------------------------------------------------------------- outputs


def test_json_lines(weirflow, tests):
    tests(TESTS.replace("city_Oslo: 1", "city_Oslo: 5").replace("rows: 2", "rows: 4"))
    done = weirflow("test", "--json", "-q")
    first, last = [json.loads(line) for line in done.out.splitlines()]

    assert done.code == 1
    assert (first["event"], first["case"], first["status"]) == ("case", "cities", "failed")
    assert [(f["code"], f["line"], f["expected_of"]) for f in first["failures"]] == [
        ("WF615", 13, "city"),
        ("WF615", 14, "out"),
    ]
    assert first["failures"][0]["differences"] == [{"row": 2, "column": "city_Oslo", "expected": 5, "got": 1}]
    assert last == {"event": "tested", "passed": 0, "failed": 1, "invalid": 0, "flows_not_read": 0}


def test_junit(weirflow, tests, folder):
    tests(TESTS.replace("rows: 2", "rows: 4"))
    (folder / "bad.flow").write_text("flow: 1\nnodes: []\ntests: [3]\n")
    assert weirflow("test", "--junit", "found/junit.xml").code == 3
    root = ET.parse(folder / "found" / "junit.xml").getroot()

    assert {s.attrib["name"]: (s.attrib["failures"], s.attrib["errors"]) for s in root} == {
        "bad.flow": ("0", "1"),
        "people.flow": ("1", "0"),
    }
    failure = root.find("testsuite[@name='people.flow']/testcase/failure")
    assert failure.attrib == {"type": "WF615", "message": "'out' has 2 rows, and 4 are expected"}
    assert "people.tests.yaml:14:19" in failure.text


# ---------------------------------------------------------------------- rewriting


def lines_changed(before, after):
    return [a for b, a in zip(before.splitlines(), after.splitlines(), strict=True) if a != b]


def test_update_changes_what_is_not_met_and_nothing_else(weirflow, tests):
    wrong = (
        TESTS.replace("city_Oslo: 1", "city_Oslo: 5")
        .replace("rows: 2", "rows: 4")
        .replace("0.7071067811865475", "0.70710678119")
    )
    file = tests(wrong)
    done = weirflow("test", "--update")

    assert done.code == 0
    assert "updated people.flow: cities\n" in done.out
    assert lines_changed(wrong, file.read_text()) == [
        "        - {age: 0.70710678119, city_Rome: 0, city_Oslo: 1}",
        "      out: {rows: 2}",
    ]
    assert weirflow("test").out == "ok      people.flow: cities\n"


def test_update_adds_and_takes_away_rows_and_keeps_line_ends(weirflow, tests):
    file = tests()
    text = TESTS.replace(
        "        - {name: bob, city: Oslo, age: 3}\n",
        "        - {name: bob, city: Oslo, age: 3}\n        - {name: cay, city: Rome, age: 2}\n",
    )
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert weirflow("test", "--update").code == 0
    new = file.read_bytes()

    assert new.startswith(b"\xef\xbb\xbf# cases of people.flow\r\n")
    assert new.count(b"\n") == new.count(b"\r\n")
    # deviations of 1, 2, 3 are 1, and their mean is 2
    assert b"        - {age: -1.0, city_Rome: 1, city_Oslo: 0}  # ann\r\n" in new
    assert b"        - {age: 0.0, city_Rome: 1, city_Oslo: 0}\r\n      out: {rows: 3}\r\n" in new


def test_update_in_a_flow_written_as_json(weirflow, folder):
    flow = {
        "flow": 1,
        "nodes": [
            {"id": "people", "operator": "read.csv", "parameters": {"path": "people.csv"}},
            {"id": "less", "operator": "columns.drop", "parameters": {"columns": "city"}},
        ],
        "tests": [
            {
                "name": "all",
                "mock": {"people": [{"city": "x", "age": 1}]},
                "expect": {"less": {"rows": [{"age": 2}], "schema": {"age": "string"}, "columns": ["x"]}},
            }
        ],
    }
    file = folder / "people.flow"
    file.write_text(json.dumps(flow, indent=2))
    before = file.read_text()
    assert weirflow("test", "--update").code == 0
    flow["tests"][0]["expect"]["less"] = {
        "rows": [{"age": 1}],
        "schema": {"age": "int64"},
        "columns": ["age"],
    }

    assert json.loads(file.read_text()) == flow
    assert len(lines_changed(before, file.read_text())) == 3


def test_update_leaves_what_is_demanded_and_says_that_it_fails(weirflow, tests):
    text = case(
        "{people: [{age: 1}, {age: 3}]}", "{scaled: {rows: 7, not_null: name, between: {age: [1, 2]}}}"
    )
    file = tests(text)
    done = weirflow("test", "--update")

    assert done.code == 1
    assert file.read_text() == text.replace("rows: 7", "rows: 2")
    assert done.out.endswith("FAILED  people.flow: it\n")


def test_update_of_rows_in_any_order_keeps_those_that_are_there(weirflow, tests):
    mock = "{people: [{age: 1, city: a}, {age: 3, city: b}, {age: 1, city: c}]}"
    file = tests(
        case(mock, "{people2: {rows: [{city: c}, {city: x}, {city: a}, {city: y}], unordered: true}}"),
        FLOW + "  - {id: people2, operator: columns.drop, inputs: people, parameters: {columns: age}}\n",
    )
    assert weirflow("test", "--update").code == 0

    assert "rows: [{city: c}, {city: b}, {city: a}], unordered" in file.read_text()


def test_update_of_an_error(weirflow, tests):
    file = tests(case("{people: [{city: x}]}", "{scaled: {error: WF610}}"))
    assert weirflow("test", "--update").code == 0

    assert "{scaled: {error: WF401}}" in file.read_text()


# ---------------------------------------------------------------------- recording


def test_a_recorded_case_holds_and_has_no_personal_values(weirflow, folder):
    (folder / "people.flow").write_text(FLOW.replace("path}", "path, default: people.csv}"))
    done = weirflow(
        "test", "people.flow", "--record", "scaled,city", "--name", "the first: two", "--rows", "2"
    )
    file = folder / "people.tests.yaml"

    assert (done.code, done.err) == (0, "recorded: 'the first: two' in people.tests.yaml\n")
    assert file.read_text().splitlines()[:6] == [
        "tests:",
        '  - name: "the first: two"',
        "    mock:",
        "      people:",
        "        - {name: masked 1, city: Rome, age: 31}",
        "        - {name: masked 2, city: Oslo, age: 42}",
    ]
    assert not re.search("ann|bob", file.read_text())
    assert weirflow("test").out == "ok      people.flow: the first: two\n"
    # 31 and 42 lie sqrt(1/2) deviations from their mean
    assert "- {name: masked 1, city: Rome, age: -0.7071067811865" in file.read_text()

    again = weirflow("test", "people.flow", "--record", "city", "--name", "the first: two")
    assert again.code == 2
    assert "there is a case 'the first: two' already" in again.err
    assert weirflow("test", "people.flow", "--record", "city", "--name", "more").code == 0
    assert len(weirflow("test").out.splitlines()) == 2


def test_types_that_values_do_not_tell_are_recorded(weirflow, folder):
    (folder / "people.csv").write_text("name,born,age,code\nann,2024-02-29,,01\nann,,,02\n")
    flow = FLOW.replace("path}", "path, default: people.csv}").replace(
        "personal: name", "personal: [name, born]"
    )
    flow += "  - {id: less, operator: columns.drop, inputs: people, parameters: {columns: code}}\n"
    (folder / "people.flow").write_text(flow)
    assert weirflow("test", "people.flow", "--record", "less", "--name", "it").code == 0
    text = (folder / "people.tests.yaml").read_text()

    assert (
        "        schema: {born: date, age: string}\n        rows:\n" in text or "schema: {born: date}" in text
    )
    assert '- {name: masked 1, born: null, age: null, code: "01"}' in text
    assert "2024" not in text
    assert weirflow("test").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["people.flow", "--record", "city"], 2, "--record needs --name"),
        (["--record", "city", "--name", "x"], 2, "--record needs one flow"),
        (["people.flow", "--name", "x"], 2, "--name goes with --record"),
        (["people.flow", "--record", "citty", "--name", "x"], 2, "there is no node 'citty'"),
        (["people.flow", "--record", "out", "--name", "x"], 2, "gives no table"),
        (["people.flow", "--record", "people", "--name", "x"], 2, "both mocked and expected"),
    ],
)
def test_what_cannot_be_recorded(weirflow, folder, arguments, code, words):
    done = weirflow("test", *arguments)

    assert done.code == code
    assert words in done.err
    assert not (folder / "people.tests.yaml").exists()


def test_nothing_is_added_to_tests_in_brackets(weirflow, folder):
    file = folder / "people.tests.yaml"
    file.write_text("tests: []\n")
    done = weirflow("test", "people.flow", "--record", "city", "--name", "x")

    assert done.code == 3
    assert "a case cannot be added to people.tests.yaml" in done.err
    assert file.read_text() == "tests: []\n"


# ---------------------------------------------------------------------- what ships


def test_the_page_about_tests_holds(repository, tmp_path, capfd):
    page = (repository / "docs" / "reference" / "tests.md").read_text(encoding="utf-8")
    (tmp_path / "people.flow").write_text(re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1])

    assert main(["test", str(tmp_path)]) == 0
    assert len(capfd.readouterr().out.splitlines()) == 3


def test_the_tests_of_the_shipped_flows_pass(repository, capfd):
    assert main(["test", str(repository / "flows"), "-q"]) == 0
    assert capfd.readouterr() == ("", "")
