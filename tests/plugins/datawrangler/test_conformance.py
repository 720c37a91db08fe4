"""The family's nodes against the node specification: they stand for others, and refuse all that they are given."""

import polars as pl
import pytest
from weirflow_datawrangler.unmapped import Unmapped, UnmappedSource

from weirflow.testing import Case, check_node

CASES = ()  # of nodes that do something


@pytest.mark.parametrize(
    ("node", "case"),
    [
        (Unmapped, Case({"name": "sagemaker.spark.a_0.1", "given": {"b": 1}}, pl.DataFrame({"a": [1]}))),
        (UnmappedSource, Case({"name": "sagemaker.s3_source_0.1 / orc", "path": "in.orc"})),
    ],
)
def test_a_stand_in_keeps_all_clauses_but_that_it_does_its_work(node, case):
    assert {f.check for f in check_node(node, case)} == {"run.example"}
