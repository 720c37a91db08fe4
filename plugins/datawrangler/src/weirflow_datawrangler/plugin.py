"""The datawrangler family's plugin: its importer and its operators, as lazy references."""

from __future__ import annotations

from weirflow.api import ImporterReference, NodeReference, hookimpl

WEIRFLOW_API = 1  # the version of weirflow.api that it was built for


@hookimpl
def weirflow_nodes() -> list[NodeReference]:
    """The operators of the family."""
    return [
        NodeReference(
            "datawrangler.sample",
            "weirflow_datawrangler.sample:InteractiveSample",
            "take the sample of a source that Data Wrangler works on interactively",
        ),
        NodeReference(
            "datawrangler.unmapped",
            "weirflow_datawrangler.unmapped:Unmapped",
            "stand for a Data Wrangler operator that has no equal here",
        ),
        NodeReference(
            "datawrangler.unmapped_source",
            "weirflow_datawrangler.unmapped:UnmappedSource",
            "stand for a Data Wrangler source of a kind that is not read here",
        ),
    ]


@hookimpl
def weirflow_importers() -> list[ImporterReference]:
    """The reader of the vendor's JSON."""
    return [
        ImporterReference(
            "SageMaker Data Wrangler",
            "weirflow_datawrangler.convert:convert",
            keys=frozenset({"metadata", "nodes"}),
        )
    ]
