"""An engine's error is put down to the node behind it, where several branches meet too."""

from __future__ import annotations

from typing import ClassVar

import narwhals as nw
import polars as pl
import pytest

import weirflow
from weirflow.api import Effect, Made, Port, Rows, Transform
from weirflow.plan.model import Options
from weirflow.plugins.registry import Registry


class Beside(Transform):
    """The columns of two tables of one length, side by side."""

    operator = "two.beside"
    inputs: ClassVar = (Port("left"), Port("right"))

    def effects(self, inputs):
        right = {c.name: Made(of=(c.name,), dtype=c.dtype, alias=True, port="right") for c in inputs["right"]}
        return {"default": Effect(makes=right, port="left", rows=Rows.changed())}

    def transform(self, inputs):
        both = [nw.to_native(inputs[port]) for port in ("left", "right")]
        return nw.from_native(pl.concat(both, how="horizontal"))


class Stumble(Transform):
    """Hand on the table, and fail where it is computed, if told to."""

    operator = "two.step"
    fails: bool = False

    def effect(self, schema):
        return Effect(makes={n: Made(of=(n,)) for n in schema.names[:1]})

    def transform(self, inputs):
        def compute(values):
            if self.fails:
                raise pl.exceptions.ComputeError("told to")
            return values

        lazy = nw.to_native(inputs.table)
        first = lazy.collect_schema().names()[0]
        return nw.from_native(lazy.with_columns(pl.col(first).map_batches(compute, pl.Int64)))


LEFT, RIGHT = ("l1", "l2", "l3"), ("r1", "r2", "r3")


@pytest.fixture
def flow(tmp_path):
    """Two branches of three steps each, joined, and a step after; those named fail. `order` is that in the file."""

    def write(failing, order):
        feeds = {
            "l1": "a",
            "r1": "b",
            **dict(zip(LEFT[1:], LEFT, strict=False)),
            **dict(zip(RIGHT[1:], RIGHT, strict=False)),
        }
        for name in "ab":
            pl.DataFrame({name: [1, 2]}).write_parquet(tmp_path / f"{name}.parquet")
        text = "flow: 1\nname: x\nnodes:\n"
        text += "".join(
            f"- {{id: {n}, operator: read.parquet, parameters: {{path: {n}.parquet}}}}\n" for n in "ab"
        )
        step = "- {{id: {0}, operator: two.step, inputs: {1}, parameters: {{fails: {2}}}}}\n"
        text += "".join(step.format(n, feeds[n], str(n in failing).lower()) for n in order)
        text += "- {id: both, operator: two.beside, inputs: {left: l3, right: r3}}\n"
        text += step.format("end", "both", str("end" in failing).lower())
        text += "- {id: out, operator: write.parquet, parameters: {path: out.parquet}}\n"
        path = tmp_path / "x.flow"
        path.write_text(text)
        return weirflow.open(path, registry=Registry.load({}).with_nodes(Beside, Stumble))

    return write


ORDERS = [
    (*LEFT, *RIGHT),
    (*RIGHT, *LEFT),
    ("l1", "r1", "l2", "r2", "l3", "r3"),
    ("r1", "l1", "l2", "l3", "r2", "r3"),
]


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
@pytest.mark.parametrize("guilty", [*LEFT, *RIGHT, "end"])
def test_the_guilty_branch_is_named(flow, tmp_path, guilty, order):
    result = flow({guilty}, order).run(Options(report="none"), apart=False)
    assert [d.node for d in result.problems] == [guilty]
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_of_two_that_fail_the_first_is_named(flow, order):
    result = flow({"l3", "r1"}, order).run(Options(report="none"), apart=False)
    assert [d.node for d in result.problems] == [min("l3", "r1", key=order.index)]


def test_without_a_fault_there_is_none(flow, tmp_path):
    flow(set(), ORDERS[0]).run(Options(report="none"), apart=False).check()
    assert pl.read_parquet(tmp_path / "out.parquet").rows() == [(1, 1), (2, 2)]
