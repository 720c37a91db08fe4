"""The labels family: what labelling jobs leave behind, as tables, queries and dashboards."""

from __future__ import annotations

from weirflow.api import NodeReference, hookimpl

WEIRFLOW_API = 1  # the version of weirflow.api that it was built for


@hookimpl
def weirflow_nodes() -> list[NodeReference]:
    """The operators of the family."""
    return [
        NodeReference(name, f"weirflow_labels.{target}", summary, extra="labels")
        for name, target, summary in (
            (
                "labels.read",
                "read:ReadLabels",
                "keep a database of labels up to date with a lake of labelling output",
            ),
            ("labels.flatten", "flatten:Flatten", "read the labels of manifests into one flat table"),
            ("labels.query", "query:QueryLabels", "answer SQL from a database of labels, a file a query"),
            ("labels.table", "query:LabelTable", "a table, view or query of a database of labels as a table"),
            ("labels.tables", "tables:LabelTables", "write a database of labels as Parquet"),
            ("labels.convert", "convert:ConvertLabels", "write labels as COCO, MOTChallenge or manifests"),
            (
                "labels.dashboard",
                "show:Dashboard",
                "write a dashboard over a label database as one HTML file",
            ),
            ("labels.charts", "show:Charts", "write the charts of a dashboard as PNG and its numbers as CSV"),
        )
    ]
