"""The family's nodes against the node specification: they stand for others, and refuse all that they are given."""

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import Inputs
from weirflow.testing import Case, check_node, conformance
from weirflow_datawrangler.sample import InteractiveSample
from weirflow_datawrangler.unmapped import Unmapped, UnmappedSource

ROWS = pl.DataFrame({"a": list(range(10)), "b": [*"abcdefghi", None]})
CASES = [
    (InteractiveSample, Case({"take": "as-saved", "limit": 4}, ROWS)),
    (InteractiveSample, Case({"take": "as-saved", "ratio": 0.3}, ROWS, name="ratio")),
    (InteractiveSample, Case({"take": "as-saved", "count": 7}, ROWS, name="count")),
    (InteractiveSample, Case({"limit": 4}, ROWS, name="none")),
]

test_conformance = conformance(*CASES)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"limit": 4}, [0, 1, 2, 3]),
        (
            {"ratio": 0.3},
            [3, 6, 9],
        ),  # the number of rows grows by one whenever 0.3 of those so far reaches it
        ({"count": 2}, [4, 9]),
        ({"count": 50}, list(range(10))),
    ],
)
def test_a_sample_is_the_first_rows_or_rows_at_even_distances(given, wanted):
    table = nw.from_native(ROWS.lazy())
    made = InteractiveSample(take="as-saved", **given).transform(Inputs([("default", table)]))
    assert made.collect().to_native()["a"].to_list() == wanted
    assert InteractiveSample(**given).transform(Inputs([("default", table)])) is table


@pytest.mark.parametrize(
    ("node", "case"),
    [
        (Unmapped, Case({"name": "sagemaker.spark.a_0.1", "given": {"b": 1}}, pl.DataFrame({"a": [1]}))),
        (UnmappedSource, Case({"name": "sagemaker.s3_source_0.1 / orc", "path": "in.orc"})),
    ],
)
def test_a_stand_in_keeps_all_clauses_but_that_it_does_its_work(node, case):
    assert {f.check for f in check_node(node, case)} == {"run.example"}
