"""Runs an analysis on a frame, answering its statistics in plain Python instead of through an engine."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import polars as pl
import pytest

from weirflow.api import (
    Answers,
    Binned,
    Column,
    Columns,
    Count,
    CrossFrequencies,
    Deviation,
    Distinct,
    DType,
    Frequencies,
    Maximum,
    Mean,
    Minimum,
    Quantile,
    RowCount,
    Sample,
    Schema,
)

CREDIT = Path(__file__).parents[3] / "flows" / "credit-risk" / "german_credit_data.csv"
KINDS = {
    pl.Int64: "int64",
    pl.Int8: "int8",
    pl.Float64: "float64",
    pl.String: "string",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "datetime",
    pl.Duration: "duration",
    pl.Time: "time",
    pl.Categorical: "categorical",
    pl.Decimal: "decimal",
    pl.Null: "null",
    pl.Binary: "binary",
    pl.List: "list",
}
ROUNDS = 5


def by_value(key):
    """Sort key of values with null last."""
    return tuple((v is None, 0 if v is None else v) for v in key)


def answer(frame, statistic):
    column = getattr(statistic, "column", None)
    cells = frame[column].to_list() if column else []
    values = [v for v in cells if v is not None]
    match statistic:
        case RowCount():
            return frame.height
        case Count():
            return len(values)
        case Mean():
            return fmean(values) if values else None
        case Deviation():
            assert statistic.ddof == 1
            return stdev(values) if len(values) > 1 else None
        case Minimum():
            return min(values, default=None)
        case Maximum():
            return max(values, default=None)
        case Quantile():
            return float(np.quantile(values, statistic.q)) if values else None
        case Distinct():
            return len(set(values))
        case Frequencies():
            ranked = sorted(Counter(cells).items(), key=lambda i: (-i[1], by_value(i[:1])))
            return tuple(ranked[: statistic.limit])
        case CrossFrequencies():
            crossed = Counter(frame.select(statistic.of).rows())
            return tuple(sorted(crossed.items(), key=lambda i: by_value(i[0])))
        case Binned():
            counts = Counter()
            last = len(statistic.edges) - 2
            for value, *by in frame.select(statistic.column, *statistic.by).rows():
                if value is None or not statistic.edges[0] <= value <= statistic.edges[-1]:
                    continue
                place = sum(edge <= value for edge in statistic.edges) - 1
                counts[min(place, last), tuple(by)] += 1
            found = sorted(counts.items(), key=lambda i: (i[0][0], by_value(i[0][1])))
            return tuple((place, by, n) for (place, by), n in found)
        case Sample():
            step = max(1, -(-frame.height // statistic.n))
            return frame.select(statistic.of).gather_every(step)
    raise AssertionError(statistic)


def schema_of(frame, personal):
    return Schema(
        tuple(
            Column(name, DType(KINDS[dtype.base_type()]), personal=name in personal)
            for name, dtype in frame.schema.items()
        )
    )


@pytest.fixture
def run():
    """A function that carries out an analysis on a frame, as the engine would, and gives its report."""

    def carry_out(node, frame, *, personal=()):
        schema = schema_of(frame, personal)
        node = node.resolve({f: getattr(node, f).selector.choose(schema) for f in node.selectors()})
        assert all(isinstance(getattr(node, f), Columns | str | None) for f in node.column_fields())
        known = Answers()
        for _ in range(ROUNDS):
            wanted = [s for s in node.ask(schema, known) if s not in known]
            if not wanted:
                report = node.report(schema, known)
                return type(report).model_validate_json(report.model_dump_json())
            known = Answers({**known, **{s: answer(frame, s) for s in wanted}})
        raise AssertionError("the analysis does not stop asking")

    return carry_out


@pytest.fixture(scope="session")
def credit():
    """The German credit data as a frame."""
    return pl.read_csv(CREDIT).with_columns(sex=pl.col("status_sex").str.split(":").list.first())


@pytest.fixture(scope="session")
def credit_rows():
    """The German credit data as plain dictionaries of text."""
    with CREDIT.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
