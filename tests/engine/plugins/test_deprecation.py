"""What is deprecated works, and says in which version it goes, wherever people look."""

import json

import pytest

from weirflow.api import Deprecated
from weirflow.cli import main
from weirflow.flow.load import load
from weirflow.graph.build import build
from weirflow.plugins.registry import Registry

PLUGIN = '''
from typing import Annotated

from weirflow.api import Deprecated, Field

WEIRFLOW_API = 1


class Old(Transform):
    """Do nothing."""

    operator = "old.step"
    unit: Annotated[str, Deprecated("2.0", "use units")] = Field(
        default="", description="a unit", alias="unit-of"
    )
    units: str = Field(default="", description="units")

    def transform(self, inputs):
        return inputs.table


@hookimpl
def weirflow_nodes():
    return [NodeReference("old.step", "MODULE:Old", "do nothing", deprecated=Deprecated("3.0", "leave it out"))]
'''
FLOW = "flow: 1\nnodes:\n  - {id: s, operator: old.step, parameters: {unit-of: km, units: km}}\n"


@pytest.fixture
def warnings(site, tmp_path):
    """The warnings about a flow with the plugin installed: message and place."""
    site.install("old-dist", old=PLUGIN)

    def warnings(text):
        flow = load(tmp_path / "x.flow", text=text, environ={}).flow
        found = build(flow, Registry.load({}, site.points())).diagnostics
        assert {d.severity.name for d in found if d.code == "WF506"} <= {"WARNING"}
        return [(d.message, d.where.path) for d in found if d.code == "WF506"]

    return warnings


def test_its_use_is_warned_of_where_it_stands(warnings):
    assert warnings(FLOW) == [
        ("operator 'old.step@1' is deprecated: goes in 3.0: leave it out", ("nodes", 0, "operator")),
        (
            "'unit-of' of old.step is deprecated: goes in 2.0: use units",
            ("nodes", 0, "parameters", "unit-of"),
        ),
    ]


def test_what_is_not_used_is_not_warned_of(warnings):
    assert len(warnings(FLOW.replace("unit-of: km, ", ""))) == 1


@pytest.mark.parametrize("arguments", [["nodes", "list", "old"], ["nodes", "show", "old.step"]])
def test_listings_say_so(site, capsys, arguments):
    site.install("old-dist", old=PLUGIN)
    main(arguments)
    assert "deprecated: goes in 3.0: leave it out" in capsys.readouterr().out


def test_editors_are_told(site, capsys):
    site.install("old-dist", old=PLUGIN)
    main(["schema"])
    schema = json.loads(capsys.readouterr().out)
    names = [n for n in schema["$defs"]["node"]["properties"]["operator"]["anyOf"] if "deprecated" in n]
    assert {(n["const"], n["deprecated"], n["deprecationMessage"]) for n in names} == {
        ("old.step", True, "goes in 3.0: leave it out"),
        ("old.step@1", True, "goes in 3.0: leave it out"),
    }
    parameter = schema["$defs"]["old.step@1"]["properties"]["unit-of"]
    assert parameter["deprecated"] is True
    assert parameter["description"] == "a unit (deprecated: goes in 2.0: use units)"


def test_the_version_in_which_it_goes_has_to_be_named():
    with pytest.raises(ValueError, match=r"expected the version in which it goes, as '2\.0', and not 'soon'"):
        Deprecated("soon", "use units")
