"""The operators of the analyses family, as lazy references."""

from __future__ import annotations

from weirflow.api import NodeReference, hookimpl

_NODES = (
    NodeReference(
        "analyse.summary",
        "weirflow_analyses.summary:Summary",
        "count, spread and frequent values of each column",
    ),
    NodeReference(
        "analyse.schema",
        "weirflow_analyses.table_schema:TableSchema",
        "names, types and null counts of the columns",
    ),
    NodeReference(
        "analyse.histogram",
        "weirflow_analyses.histogram:Histogram",
        "how the values of a column are distributed, by colour and facet",
    ),
    NodeReference(
        "analyse.scatter",
        "weirflow_analyses.scatter:Scatter",
        "two numeric columns against each other",
    ),
    NodeReference(
        "analyse.bias",
        "weirflow_analyses.bias:Bias",
        "pre-training bias metrics of a label between groups",
    ),
    NodeReference(
        "analyse.quick_model",
        "weirflow_analyses.quick_model:QuickModel",
        "what a random forest makes of the data as it is",
        extra="reports",
    ),
)

WEIRFLOW_API = 1  # the version of weirflow.api that it was built for


@hookimpl
def weirflow_nodes() -> tuple[NodeReference, ...]:
    """The operators that this family brings."""
    return _NODES
