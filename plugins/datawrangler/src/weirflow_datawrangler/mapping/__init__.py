"""What each operator of the vendor's is here. Only what means the same is mapped: the rest says that it is not."""

from __future__ import annotations

from collections.abc import Mapping

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping import (
    analyses,
    balance,
    columns,
    custom,
    encode,
    groups,
    missing,
    nested,
    numeric,
    reduce,
    rows,
    schema,
    series,
    splits,
    tables,
    text,
    text_features,
    text_find,
    time_series,
    vectors,
)
from weirflow_datawrangler.step import Mapper, Step, UnmappedError

_MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    **schema.MAPPERS,
    **columns.MAPPERS,
    **encode.MAPPERS,
    **numeric.MAPPERS,
    **missing.MAPPERS,
    **text.MAPPERS,
    **text_features.MAPPERS,
    **text_find.MAPPERS,
    **rows.MAPPERS,
    **groups.MAPPERS,
    **nested.MAPPERS,
    **tables.MAPPERS,
    **splits.MAPPERS,
    **balance.MAPPERS,
    **series.MAPPERS,
    **time_series.MAPPERS,
    **vectors.MAPPERS,
    **reduce.MAPPERS,
    **custom.MAPPERS,
    **analyses.MAPPERS,
}
"""By operator and, where it has kinds, the kind; `None` for those that have none."""


def step_of(node: VendorNode) -> Step:
    """The node that stands for a vendor's node; `datawrangler.unmapped` where none means the same."""
    mapper = _MAPPERS.get((node.operator, node.label)) or _MAPPERS.get((node.operator, None))
    reason = ""
    if mapper is not None and node.version == "0.1":
        try:
            return mapper(node)
        except UnmappedError as error:
            reason = str(error)
    return _unmapped(node, reason)


def _unmapped(node: VendorNode, reason: str) -> Step:
    name = f"sagemaker.{node.operator}_{node.version}" + (f" / {node.label}" if node.label else "")
    return Step(
        "datawrangler.unmapped",
        {"name": name, "given": dict(node.chosen)},
        (f"not mapped: {reason}",) if reason else (),
    )
