"""The schemas in the repository are those that `weirflow schema --all` writes, and say of flows what it says."""

import json
import re

import jsonschema
import pytest
import yaml

from weirflow.cli.json_schema import all_schemas
from weirflow.plugins.registry import Registry


@pytest.fixture(scope="module")
def validator(repository):
    schema = json.loads((repository / "schemas" / "flow.schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def flows(repository):
    return sorted((repository / "flows").rglob("*.flow"))


def test_they_are_fresh(repository):
    """If not: `WEIRFLOW_PLUGINS= weirflow schema --all -o schemas`."""
    folder = repository / "schemas"
    made = all_schemas(Registry.load({"WEIRFLOW_PLUGINS": ""}))
    there = {p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8") for p in folder.rglob("*.json")}

    assert sorted(there) == sorted(made)
    assert [name for name, text in made.items() if there[name] != text] == []


def test_they_are_schemas(repository):
    for path in (repository / "schemas").rglob("*.json"):
        jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_the_shipped_flows_name_the_schema_and_follow_it(repository, validator):
    found = flows(repository)

    assert found
    for flow in found:
        text = flow.read_text(encoding="utf-8")
        named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
        assert named is not None, flow
        assert (flow.parent / named[1]).resolve() == repository / "schemas" / "flow.schema.json"
        assert [e.message for e in validator.iter_errors(yaml.safe_load(text))] == [], flow


def test_the_shipped_tests_follow_their_schema(repository):
    schema = json.loads((repository / "schemas" / "tests.schema.json").read_text(encoding="utf-8"))
    found = sorted((repository / "flows").rglob("*.tests.yaml"))

    assert found
    for file in found:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert [e.message for e in jsonschema.Draft202012Validator(schema).iter_errors(data)] == [], file


@pytest.mark.parametrize(
    "name",
    [
        "WF106_newer",
        "WF201_keys",
        "WF202_nodes",
        "WF202_operator",
        "WF203_misspelt",
        "WF201_tests",
        "WF202_tests",
        "WF203_unknown",
        "WF204_missing",
        "WF205_kinds",
        "WF205_selector",
        "WF205_shapes",
        "WF205_tests",
        "WF501_misspelt",
        "WF502_version",
    ],
)
def test_an_editor_marks_bad_flows_too(repository, validator, name):
    text = (repository / "tests" / "bad_flows" / f"{name}.flow").read_text(encoding="utf-8")

    assert not validator.is_valid(yaml.safe_load(text))
