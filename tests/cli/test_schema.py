import json

import jsonschema
import pytest
import yaml


@pytest.fixture(scope="module")
def validator():
    from weirflow.cli.json_schema import flow_schema
    from weirflow.plugins.registry import Registry

    schema = flow_schema(Registry.load())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def node(text):
    return {"flow": 1, "nodes": [yaml.safe_load(text)]}


@pytest.mark.parametrize(
    "text",
    [
        "{operator: encode.one_hot, parameters: {columns: city}}",
        "{operator: encode.one_hot@1, parameters: {columns: [city, job]}}",
        "{operator: encode.one_hot, parameters: {columns: {type: string}, max_categories: 5}}",
        # a value may be put in, whatever its type
        "{operator: encode.one_hot, parameters: {columns: city, max_categories: '${most}'}}",
        "{operator: encode.one_hot, parameters: {columns: city, unseen: '${env:UNSEEN:-ignore}'}}",
        "{operator: encode.ordinal, parameters: {columns: city, unseen: null}}",
        "{operator: encode.ordinal, parameters: {columns: city, unseen: 'null'}}",
        "{operator: rows.filter, parameters: {column: city, is: null}}",
        "{operator: analyse.summary}",
        "{operator: flow, parameters: {path: other.flow}, inputs: {left: a, right: b.train}}",
    ],
)
def test_right_nodes(validator, text):
    assert [e.message for e in validator.iter_errors(node(text))] == []


@pytest.mark.parametrize(
    "text",
    [
        "{operator: encode.one_hot, parameters: {columns: city, max_categories: many}}",
        "{operator: encode.one_hot, parameters: {columns: city, max_categories: 0}}",
        "{operator: encode.one_hot, parameters: {colums: city}}",
        "{operator: encode.one_hot, parameters: {}}",
        "{operator: encode.one_hot}",
        "{operator: encode.one_hot@99, parameters: {columns: city}}",
        "{operator: encode.onehot, parameters: {columns: city}}",
        "{operator: encode.one_hot, parameters: {columns: city, unseen: perhaps}}",
        "{operator: encode.one_hot, parameters: {columns: city, unseen: null}}",
        "{operator: flow}",
        "{operator: analyse.summary, cached: true}",
        "{id: x}",
    ],
)
def test_wrong_nodes(validator, text):
    assert not validator.is_valid(node(text))


@pytest.mark.parametrize(
    ("more", "right"),
    [
        ({"parameters": {"data": {"type": "path", "default": "a.csv"}, "rows": 5, "names": ["a"]}}, True),
        ({"parameters": {"data": {"type": "pth"}}}, False),
        ({"seed": -1}, False),
        ({"outputs": {"a": "b", "c": {"from": "d.port", "type": "files"}}}, True),
        ({"name": 3}, False),
        ({"node": []}, False),
    ],
)
def test_top_level(validator, more, right):
    assert validator.is_valid({"flow": 1, "nodes": [], **more}) is right


def test_it_has_the_keys_that_the_reader_takes(validator):
    from weirflow.flow import document, nodes

    assert set(validator.schema["properties"]) == set(document.KEYS)
    assert set(validator.schema["$defs"]["node"]["properties"]) == set(nodes.KEYS)


def test_it_accepts_the_flows_of_the_repository(validator, repository):
    flows = list((repository / "flows").rglob("*.flow"))

    assert flows
    for flow in flows:
        assert [e.message for e in validator.iter_errors(yaml.safe_load(flow.read_text()))] == [], flow


def test_every_operator_is_explained(validator):
    names = validator.schema["$defs"]["node"]["properties"]["operator"]["anyOf"]

    assert {n["const"] for n in names} >= {"read.csv", "read.csv@1", "encode.one_hot", "flow"}
    assert all(n["description"] for n in names)


def test_references_into_an_operators_own_definitions_are_kept():
    from weirflow.cli.json_schema import _inside

    schema = {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "object"}}}

    moved = _inside(schema, "#/$defs/x.y@1")
    assert moved["properties"]["a"]["anyOf"] == [
        {"$ref": "#/$defs/x.y@1/$defs/A"},
        {"$ref": "#/$defs/interpolation"},
    ]
    assert moved["$defs"] == {"A": {"type": "object"}}


def test_schema_of_flows_on_standard_output(weirflow):
    done = weirflow("schema")

    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["title"] == "weirflow flow"


def test_schema_of_an_operator(weirflow):
    schema = json.loads(weirflow("schema", "encode.one_hot").out)

    assert schema["title"] == "encode.one_hot@1"
    assert schema["required"] == ["columns"]
    jsonschema.Draft202012Validator.check_schema(schema)


def test_schema_of_no_operator(weirflow):
    assert weirflow("schema", "encode.onehot").code == 4


def test_all_schemas_are_written_and_checked(weirflow, folder):
    assert weirflow("schema", "--all", "-o", "schemas", "--check").code == 1
    assert not (folder / "schemas").exists()

    assert weirflow("schema", "--all", "-o", "schemas").code == 0
    assert (folder / "schemas" / "operators" / "encode.one_hot@1.schema.json").is_file()
    assert weirflow("schema", "--all", "-o", "schemas", "--check").code == 0


def test_what_is_out_of_date_is_named(weirflow, folder):
    weirflow("schema", "--all", "-o", "schemas")
    (folder / "schemas" / "flow.schema.json").write_text("{}")
    (folder / "schemas" / "operators" / "gone.node@1.schema.json").write_text("{}")
    done = weirflow("schema", "--all", "-o", "schemas", "--check")

    assert done.code == 1
    assert "schemas/flow.schema.json: out of date" in done.err
    assert "gone.node@1.schema.json: no installed plugin" in done.err
    assert "weirflow schema --all -o schemas\n" in done.err

    weirflow("schema", "--all", "-o", "schemas")
    assert not (folder / "schemas" / "operators" / "gone.node@1.schema.json").exists()
    assert weirflow("schema", "--all", "-o", "schemas", "--check").code == 0


@pytest.mark.parametrize("arguments", [["--all"], ["--check"], ["encode.one_hot", "--all", "-o", "x"]])
def test_contradictions_are_usage(weirflow, arguments):
    assert weirflow("schema", *arguments).code == 2
