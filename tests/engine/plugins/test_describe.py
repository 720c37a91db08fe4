"""A node is described from its class alone: in words for readers, as JSON Schema for editors."""

import json
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict

from weirflow.api import (
    ColumnName,
    Columns,
    Estimator,
    Field,
    Location,
    NewColumn,
    Nothing,
    Port,
    Selector,
    Source,
    Transform,
)
from weirflow.plugins.describe import describe, kind, parameter_schema
from weirflow.plugins.registry import Registry


class Band(BaseModel):
    """A range."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: float
    high: float = 1.0


class Everything(Estimator[Nothing]):
    """Takes every type of parameter.

    And says more
    in two lines.
    """

    operator = "test.everything"
    version = 3
    inputs = (Port(), Port("extra", "files", optional=True, many=True))
    engines = frozenset({"duckdb", "polars"})
    holds_table = True
    runs_code = True

    columns: Columns = Field(description="columns to work on")
    others: Columns | None = None
    numbers: Columns = Columns(selector=Selector(type="numeric"))
    by: ColumnName
    output: NewColumn | None = None
    names: tuple[ColumnName, ...] = ()
    how: Literal["fast", "slow"] = "fast"
    count: int = Field(default=3, ge=1, le=9)
    share: float = Field(default=0.5, gt=0, lt=1)
    value: bool | int | float | str | None = None
    rename: dict[str, int] = Field(default_factory=dict)
    pair: tuple[int, str] = (1, "a")
    band: Band = Band(low=0.25)
    bands: tuple[Band, ...] = ()
    keep: bool = True
    is_: str = Field(default="", alias="is")

    def ask(self, schema, known):
        return ()

    def fit(self, answers):
        return Nothing()

    def transform(self, table, trained):
        return table


class Read(Source):
    """Reads."""

    operator = "test.read"
    path: Location = Field(description="the file")

    def inspect(self, context):
        raise NotImplementedError

    def scan(self, context, schema):
        raise NotImplementedError


@pytest.fixture
def facts():
    registry = Registry.load({}, []).with_nodes(Everything, Read)
    return describe(registry, registry.find("test.everything"))


def test_a_node_is_described(facts):
    json.dumps(facts)
    parameters = facts.pop("parameters")
    assert facts == {
        "operator": "test.everything",
        "version": 3,
        "versions": [3],
        "summary": "Takes every type of parameter.",
        "description": "And says more\nin two lines.",
        "kind": "estimator",
        "plugin": {"name": "(this program)", "distribution": "", "version": ""},
        "extra": "",
        "lacking": [],
        "install": "",
        "inputs": [
            {"name": "default", "type": "table", "optional": False, "many": False},
            {"name": "extra", "type": "files", "optional": True, "many": True},
        ],
        "outputs": [{"name": "default", "type": "table", "optional": False, "many": False}],
        "engines": ["polars", "duckdb"],
        "holds_table": True,
        "ordered": False,
        "runs_code": True,
        "deprecated": "",
    }
    assert parameters[0] == {
        "name": "columns",
        "type": "a column, list of columns or selector such as {type: numeric}",
        "required": True,
        "default": None,
        "description": "columns to work on",
    }


def test_types_and_defaults_are_in_words(facts):
    words = {p["name"]: (p["type"], p["default"]) for p in facts["parameters"]}
    columns = "a column, list of columns or selector such as {type: numeric}"
    assert words == {
        "columns": (columns, None),
        "others": (f"{columns}, or null", None),
        "numbers": (columns, {"type": "numeric"}),
        "by": ("a column", None),
        "output": ("a new column's name or null", None),
        "names": ("list of columns", []),
        "how": ("'fast' or 'slow'", "fast"),
        "count": ("integer, at least 1, at most 9", 3),
        "share": ("number, more than 0, less than 1", 0.5),
        "value": ("a value or null", None),
        "rename": ("mapping of names to integers", {}),
        "pair": ("[integer, text]", [1, "a"]),
        "band": ("mapping with low, high", {"low": 0.25, "high": 1.0}),
        "bands": ("list of mapping with low, high", []),
        "keep": ("true or false", True),
        "is": ("text", ""),
    }
    assert [p["name"] for p in facts["parameters"] if p["required"]] == ["columns", "by"]


def test_the_schema_of_the_parameters_is_what_the_node_takes():
    schema = parameter_schema(Everything)
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["columns", "by"]
    assert schema["properties"]["by"] == {"type": "string", "x-weirflow": "column"}
    assert schema["properties"]["count"] == {"type": "integer", "minimum": 1, "maximum": 9, "default": 3}
    assert "title" not in json.dumps(schema)
    assert parameter_schema(Read)["properties"]["path"] == {
        "type": "string",
        "description": "the file",
        "x-weirflow": "location",
    }


def test_kinds():
    assert (kind(Everything), kind(Read)) == ("estimator", "source")
    assert kind(type("Other", (Transform,), {"__module__": __name__})) == "transform"


def test_a_node_whose_extra_is_missing_is_described_with_the_command(site):
    site.install(
        "needy",
        metadata="Provides-Extra: fancy\nRequires-Dist: not-there-at-all; extra == 'fancy'\n",
        needy="""
@hookimpl
def weirflow_nodes():
    return [NodeReference("needy.node", "MODULE:Node", "Needs much.", extra="fancy")]

class Node(Transform):
    operator = "needy.node"
    def transform(self, inputs): return inputs.table
""",
    )
    registry = Registry.load({}, site.points())
    facts = describe(registry, registry.find("needy.node"))
    assert facts["lacking"] == ["not-there-at-all"]
    assert facts["install"].endswith("pip install 'needy[fancy]'")
    assert facts["plugin"] == {"name": "needy", "distribution": "needy", "version": "1.0"}


class Cut(BaseModel):
    do: Literal["cut"] = Field(description="cut it")
    width: int = Field(ge=1, description="how wide")


class Turn(BaseModel):
    do: Literal["turn"] = Field(description="turn it")
    angle: float = Field(default=90, description="degrees")


class Steps(Read):
    """Reads in steps."""

    operator = "test.steps"
    steps: tuple[Annotated[Cut | Turn, Field(discriminator="do")], ...] = Field(
        description="one after another"
    )


def test_mappings_of_several_kinds_are_described_kind_by_kind():
    registry = Registry.load({}, []).with_nodes(Steps)
    [steps, _] = describe(registry, registry.find("test.steps"))["parameters"]
    assert steps["type"] == "list of mappings whose `do` tells of what kind it is"
    rows = [
        (k["of"], k["name"], k["type"], k["required"], k["default"], k["description"], k["tells"])
        for k in steps["kinds"]
    ]
    assert rows == [
        ("cut", "do", "'cut'", True, None, "cut it", True),
        ("cut", "width", "integer, at least 1", True, None, "how wide", False),
        ("turn", "do", "'turn'", True, None, "turn it", True),
        ("turn", "angle", "number", False, 90, "degrees", False),
    ]
