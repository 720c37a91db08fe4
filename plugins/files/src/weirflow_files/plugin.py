"""The files family: nodes that work on files as they lie in folders."""

from __future__ import annotations

from weirflow.api import NodeReference, hookimpl

WEIRFLOW_API = 1  # the version of weirflow.api that it was built for


@hookimpl
def weirflow_nodes() -> list[NodeReference]:
    """The operators of the family."""
    return [
        NodeReference(
            "files.hash",
            "weirflow_files.hashing:Hash",
            "list the files of a folder with their sizes and checksums",
        ),
        NodeReference("files.write", "weirflow_files.writing:Write", "copy files into a folder"),
    ]
