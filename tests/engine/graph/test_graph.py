"""Graphs: how nodes are joined, in which order, and what is wrong with them."""

from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict

from weirflow.api import Columns, Estimator, Field, Inputs, Nothing, Port, Sink, Source, Transform
from weirflow.flow.load import load
from weirflow.graph.build import build
from weirflow.plugins.registry import Registry


class Read(Source):
    """Read."""

    operator = "test.read"

    def inspect(self, context):
        raise NotImplementedError

    def scan(self, context, schema):
        raise NotImplementedError


class Step(Transform):
    """Do nothing."""

    operator = "test.step"
    size: int = Field(default=1, ge=1, description="a size")
    mode: str = Field(default="a", pattern="^[ab]$", description="a mode")

    def transform(self, inputs: Inputs):
        return inputs.table


class Cut(BaseModel):
    model_config = ConfigDict(extra="forbid")
    do: Literal["cut"]
    width: int


class Turn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    do: Literal["turn"]
    angle: int = 0


class Steps(Transform):
    """Take one of several steps, each with parameters of its own."""

    operator = "test.steps"
    steps: tuple[Annotated[Cut | Turn, Field(discriminator="do")], ...] = Field(description="the steps")

    def transform(self, inputs: Inputs):
        return inputs.table


class Both(Transform):
    """Take two tables of one name."""

    operator = "test.both"
    inputs: ClassVar = (Port("df"), Port("df"))

    def transform(self, inputs: Inputs):
        return inputs.table


class Halves(Transform):
    """Give two tables."""

    operator = "test.halves"
    outputs: ClassVar = (Port("train"), Port("test"))

    def transform(self, inputs: Inputs):
        return {"train": inputs.table, "test": inputs.table}


class Fit(Estimator[Nothing]):
    """Learn nothing."""

    operator = "test.fit"
    columns: Columns = Field(description="columns")

    def ask(self, schema, known):
        return ()

    def fit(self, answers):
        return Nothing()

    def transform(self, table, trained):
        return table


class Write(Sink):
    """Write."""

    operator = "test.write"

    def write(self, table, target):
        raise NotImplementedError


@pytest.fixture(scope="session")
def registry():
    return Registry.load({"WEIRFLOW_PLUGINS": ""}).with_nodes(Read, Step, Steps, Both, Halves, Fit, Write)


@pytest.fixture
def graph_of(registry, tmp_path):
    def make(nodes: str):
        loaded = load(tmp_path / "x.flow", text=f"flow: 1\nname: x\nnodes:\n{nodes}", environ={})
        assert loaded.flow is not None, loaded.diagnostics
        return build(loaded.flow, registry)

    return make


def edges(built):
    return [(e.source, e.output, e.target, e.input, e.position) for n in built.graph for e in n.inputs]


def found(built):
    return [(d.code, d.message) for d in built.diagnostics]


def test_an_input_left_out_is_the_nearest_table_above(graph_of):
    built = graph_of(
        "- {id: r, operator: test.read}\n- {id: w, operator: test.write}\n- {id: s, operator: test.step}"
    )
    assert not built.diagnostics
    assert edges(built) == [("r", "default", "w", "default", 0), ("r", "default", "s", "default", 0)]


def test_two_inputs_of_one_name_are_told_apart_by_position(graph_of):
    built = graph_of(
        "- {id: a, operator: test.read}\n- {id: b, operator: test.read}\n"
        "- {id: j, operator: test.both, inputs: [b, a]}"
    )
    assert not built.diagnostics
    assert edges(built) == [("b", "default", "j", "df", 0), ("a", "default", "j", "df", 1)]


def test_a_port_of_a_node_is_named_behind_a_dot(graph_of):
    built = graph_of(
        "- {id: r, operator: test.read}\n- {id: h, operator: test.halves}\n"
        "- {id: s, operator: test.step, inputs: h.test}\n- {id: t, operator: test.step, inputs: {default: h}}"
    )
    assert not built.diagnostics
    assert edges(built)[1:] == [("h", "test", "s", "default", 0), ("h", "train", "t", "default", 0)]


def test_nodes_may_stand_below_what_they_feed(graph_of):
    built = graph_of(
        "- {id: w, operator: test.write, inputs: s}\n- {id: s, operator: test.step, inputs: r}\n"
        "- {id: r, operator: test.read}"
    )
    assert not built.diagnostics
    assert list(built.graph.nodes) == ["r", "s", "w"]


def test_the_order_of_the_file_stays_where_it_is_free(graph_of):
    built = graph_of("".join(f"- {{id: r{i}, operator: test.read}}\n" for i in (3, 1, 2)))
    assert list(built.graph.nodes) == ["r3", "r1", "r2"]


def test_a_circle_is_named_whole(graph_of):
    built = graph_of(
        "- {id: a, operator: test.step, inputs: c}\n- {id: b, operator: test.step, inputs: a}\n"
        "- {id: c, operator: test.step, inputs: b}"
    )
    assert found(built) == [("WF303", "nodes feed one another in a circle: a -> b -> c -> a")]


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        (
            "- {id: r, operator: test.read}\n- {id: s, operator: test.step, inputs: q}",
            ("WF302", "there is no node 'q'"),
        ),
        (
            "- {id: r, operator: test.read}\n- {id: s, operator: test.step, inputs: r.x}",
            ("WF304", "'r' has no output 'x'"),
        ),
        (
            "- {id: r, operator: test.read}\n- {id: s, operator: test.step, inputs: {left: r}}",
            ("WF304", "test.step has no input 'left'"),
        ),
        (
            (
                "- {id: r, operator: test.read}\n- {id: w, operator: test.write}\n"
                "- {id: s, operator: test.step, inputs: w}"
            ),
            ("WF305", "'w' gives files, and test.step takes a table"),
        ),
        (
            "- {id: s, operator: test.step}",
            ("WF306", "test.step needs an input of type table, and nothing feeds it"),
        ),
        (
            "- {id: r, operator: test.read}\n- {id: s, operator: test.step, inputs: [r, r]}",
            ("WF307", "test.step takes 1 input, and is given 'r' too"),
        ),
        (
            "- {id: r, operator: test.read}\n- {id: s, operator: test.read, inputs: r}",
            ("WF307", "test.read takes no input, and is given 'r'"),
        ),
        (
            "- {id: r, operator: test.read}\n- {id: j, operator: test.both, inputs: r}",
            ("WF306", "test.both needs its input 'df' (table)"),
        ),
        (
            "- {id: r, operator: test.read}\n- {id: s, operator: test.step, parameters: {sice: 2}}",
            ("WF203", "unknown parameter 'sice' for test.step"),
        ),
        (
            "- {id: r, operator: test.read}\n- {id: s, operator: test.fit}",
            ("WF204", "test.fit needs the parameter 'columns'"),
        ),
        (
            "- {id: r, operator: test.read}\n- {id: s, operator: test.step, parameters: {size: many}}",
            ("WF205", "'size' of test.step: expected a whole number, found 'many'"),
        ),
        (
            "- {id: r, operator: test.read}\n- {id: s, operator: test.step, parameters: {size: 0}}",
            ("WF205", "'size' of test.step: expected at least 1, found 0"),
        ),
    ],
)
def test_what_is_wrong_is_said(graph_of, nodes, expected):
    assert found(graph_of(nodes)) == [expected]


@pytest.mark.parametrize(
    ("step", "expected", "path"),
    [
        (
            "{do: cut, width: 1, angle: 2}",
            ("WF203", "unknown parameter 'steps.angle' for test.steps"),
            (1, "angle"),
        ),
        ("{do: cut}", ("WF204", "test.steps needs the parameter 'steps.width'"), (1,)),
        (
            "{do: turn, angle: cut}",
            ("WF205", "'steps.angle' of test.steps: expected a whole number, found 'cut'"),
            (1, "angle"),
        ),
        (
            "{do: trun}",
            ("WF205", "'steps' of test.steps: expected 'do' to be one of cut, turn; did you mean 'turn'?"),
            (1,),
        ),
        (
            "{angle: 1}",
            ("WF205", "'steps' of test.steps: expected 'do' in it, which says of what kind it is"),
            (1,),
        ),
    ],
)
def test_what_is_wrong_with_one_of_several_kinds(graph_of, step, expected, path):
    built = graph_of(
        f"- {{id: r, operator: test.read}}\n"
        f"- {{id: s, operator: test.steps, parameters: {{steps: [{{do: turn}}, {step}]}}}}"
    )
    assert found(built) == [expected]
    assert built.diagnostics[0].where.path[-len(path) - 1 :] == ("steps", *path)


def test_an_unknown_operator_brings_no_other_errors(graph_of):
    built = graph_of(
        "- {id: r, operator: test.raed}\n- {id: s, operator: test.step}\n- {id: w, operator: test.write}"
    )
    assert [d.code for d in built.diagnostics] == ["WF501"]


def test_errors_are_all_found_at_once(graph_of):
    built = graph_of(
        "- {id: r, operator: test.read, parameters: {x: 1}}\n"
        "- {id: s, operator: test.step, inputs: q}\n- {id: t, operator: test.step, parameters: {y: 1}, inputs: r}"
    )
    assert sorted(d.code for d in built.diagnostics) == ["WF203", "WF203", "WF302"]
