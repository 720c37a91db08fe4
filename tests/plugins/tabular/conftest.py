"""A small run of one node, and of the pandas code that it exports, so that both can be held against a peer."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from weirflow.api import Answers, Effect, Estimator, Inputs, PandasCode, Schema, portable
from weirflow.engines.base import engine
from weirflow.export.step import _complete

PANDAS = {
    "int64": "Int64",
    "int32": "Int32",
    "uint8": "UInt8",
    "float64": "float64",
    "boolean": "boolean",
    "string": "str",
    "categorical": "str",
    "date": "datetime64[us]",
    "datetime": "datetime64[us]",
}


def resolved(node, schema):
    return node.resolve({f: getattr(node, f).selector.choose(schema) for f in node.selectors()})


@dataclass
class Ran:
    """What a node did: the frame after it, what it learned, its effect before the fit and after."""

    frame: pl.DataFrame
    trained: Any
    before: Effect
    after: Effect
    node: Any


class Runner:
    def fit(self, node, frame: pl.DataFrame):
        table = nw.from_native(frame.lazy())
        schema = portable.schema_of(table)
        node = resolved(node, schema)
        known = Answers()
        while True:
            new = [s for s in node.ask(schema, known) if s not in known]
            if not new:
                return node.fit(known).canonical()
            known = Answers({**known, **engine("polars").answer(table, new)})

    def __call__(self, node, frame: pl.DataFrame, trained=None) -> Ran:
        table = nw.from_native(frame.lazy())
        schema = portable.schema_of(table)
        node = resolved(node, schema)
        before = after = node.effect(schema)
        if isinstance(node, Estimator):
            trained = trained or self.fit(node, frame)
            after = node.trained_effect(schema, trained)
            out = node.transform(table, trained)
        else:
            out = node.transform(Inputs([("default", table)]))
        result = out.collect(backend="polars").to_native()
        if not after.opaque:
            said, found = after.apply(schema), portable.schema_of(nw.from_native(result.lazy()))
            assert not said.is_open
            assert [(c.name, c.dtype) for c in said] == [(c.name, c.dtype) for c in found]
            ghost = before.apply(schema)
            if not ghost.is_open:
                assert ghost.names == found.names
        return Ran(result, trained, before, after, node)

    def export(self, node, frame: pl.DataFrame, trained=None, *, learn=False, given=None) -> pd.DataFrame:
        """Run the node's pandas code on the frame."""
        schema = portable.schema_of(nw.from_native(frame.lazy()))
        text = self.code(node, schema, trained, learn=learn)
        space: dict[str, Any] = {}
        exec(compile(text, "<exported>", "exec"), space)
        df = self.to_pandas(frame) if given is None else given
        kept = df.copy(deep=True)
        result = space["step"](df)
        pd.testing.assert_frame_equal(df, kept)  # the caller's frame is as it was
        return result

    def code(self, node, schema: Schema, trained=None, *, learn=False, path: str | None = None) -> str:
        code = PandasCode(name="step", schema=schema, learn=learn)
        node = resolved(node, schema)
        if isinstance(node, Estimator):
            node.to_pandas(code, trained)
        else:
            node.to_pandas(code)
        assert code.status in {"written", "skipped"}, code.reason
        lines = [*sorted(code.imports | {"import pandas as pd"}), ""]
        lines += [f"{name} = {value!r}" for name, value in code.constants]
        lines += code.helpers  # by their texts
        body = _complete("\n".join(code.lines), code.frames, code.result)  # as the export does
        return "\n".join([*lines, "def step(df, path=None):", textwrap.indent(body, "    ")])

    @staticmethod
    def to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
        """As exported readers give it."""
        schema = portable.schema_of(nw.from_native(frame.lazy()))
        made = {}
        for column in schema:
            values = frame[column.name].to_list()
            dtype = PANDAS.get(column.dtype.kind, "object")
            made[column.name] = pd.Series(values, dtype="object").astype(dtype)
        return pd.DataFrame(made, index=range(frame.height))


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pl.Series):
        return [plain(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    return value


def _same(frame: pl.DataFrame, df: pd.DataFrame, rel: float = 1e-12) -> None:
    """Equal names, order and values: exactly, floats to 1e-12 of their size."""
    assert list(df.columns) == frame.columns
    assert len(df) == frame.height
    for name in frame.columns:
        ours, theirs = [plain(v) for v in frame[name]], [plain(v) for v in df[name].tolist()]
        if frame[name].dtype == pl.Date:
            theirs = [None if v is None else v.date() for v in theirs]
        if frame[name].dtype.is_float():
            assert [v is None for v in theirs] == [v is None for v in ours]
            assert [v for v in theirs if v is not None] == pytest.approx(
                [v for v in ours if v is not None], rel=rel, abs=1e-300
            )
        else:
            assert ours == theirs, name
    assert list(df.index) == list(range(len(df)))


@pytest.fixture(scope="session")
def run():
    return Runner()


@pytest.fixture(scope="session")
def same():
    return _same


@pytest.fixture(scope="session")
def both():
    """Run a node, hold its exported code against it, and give what it did."""
    runner = Runner()

    def run_both(node, frame, trained=None, *, learn=False):
        done = runner(node, frame, trained)
        _same(done.frame, runner.export(done.node, frame, done.trained))
        if learn:
            _same(done.frame, runner.export(done.node, frame, done.trained, learn=True))
        return done

    return run_both
