"""`weirflow nodes check`."""

import json

import pytest

NODE = '''
"""A node that is being written."""

import narwhals as nw

from weirflow.api import INT64, ColumnName, Effect, Field, Made, NewColumn, Transform


class Double(Transform):
    """Double a column."""

    operator = "mine.double"

    column: ColumnName = Field(description="a column of integers")
    output: NewColumn = Field({description})

    def effect(self, schema):
        return Effect(makes={{self.output: Made(of=(self.column,), dtype=INT64)}})

    def transform(self, inputs):
        return inputs.table.with_columns((nw.col(self.column) * 2).alias(self.output))
'''


@pytest.fixture
def written(folder, request):
    """The module of the node; each test has one of its own name, since modules are imported once."""
    name = f"mine_{abs(hash(request.node.name))}"

    def write(description='description="the new column"'):
        (folder / f"{name}.py").write_text(NODE.format(description=description))
        return f"{name}:Double"

    return write


def test_a_good_node(weirflow, written):
    done = weirflow("nodes", "check", written())
    assert (done.code, done.err) == (0, 'Double with {"column": "count", "output": "made"}\n')
    assert done.out.startswith("all ")
    assert done.out.endswith(" checks pass\n")


def test_a_node_with_a_fault(weirflow, written):
    done = weirflow("nodes", "check", written(""))
    assert done.code == 1
    assert done.out.splitlines()[:3] == [
        "N2.2  parameters.described: Every parameter says what it means.",
        "    parameter 'output' has no description",
        "    to mend it: give it Field(description=...): editors and listings show it",
    ]


def test_as_json_with_parameters_and_a_table(weirflow, written, folder):
    (folder / "table.csv").write_text("n,text\n1,a\n2,b\n,c\n")
    done = weirflow("nodes", "check", written(""), "--json", "-p", "column=n", "--data", "table.csv")
    facts = json.loads(done.out)
    assert done.code == 1
    assert facts["parameters"] == {"column": "n", "output": "made"}
    assert [(f["check"], f["clause"]) for f in facts["findings"]] == [("parameters.described", "N2.2")]
    assert "effect.of" in facts["checks"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("weirflow_tabular.scale", "names no class; expected package.module:Class"),
        ("no_such_module:Thing", "'no_such_module' cannot be imported"),
        ("weirflow_tabular.scale:Quantiles", "is no node class"),
        ("weirflow_tabular.read:ReadCsv", "no parameters were found that ReadCsv accepts"),
    ],
)
def test_what_cannot_be_checked(weirflow, target, said):
    done = weirflow("nodes", "check", target)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
