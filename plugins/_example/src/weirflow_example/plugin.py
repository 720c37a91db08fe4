"""What weirflow imports to learn which nodes there are. It imports no table library, and stays fast."""

from __future__ import annotations

from weirflow.api import NodeReference, hookimpl

WEIRFLOW_API = 1  # the version of weirflow.api that it was built for


@hookimpl
def weirflow_nodes() -> list[NodeReference]:
    """The nodes of this plugin."""
    return [
        NodeReference(
            operator="example.squeeze_spaces",
            target="weirflow_example.squeeze_spaces:SqueezeSpaces",
            summary="Trim text columns and turn runs of white space into single spaces.",
        ),
        NodeReference(
            operator="example.winsorise",
            target="weirflow_example.winsorise:Winsorise",
            summary="Pull values beyond two quantiles back to them.",
        ),
    ]
