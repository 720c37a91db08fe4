"""What each operator of the vendor's is here. Only what means the same is mapped: the rest says that it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

_VERSION = "0.1"  # of all operators in all files that are known

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
    if mapper is None:
        return _unmapped(node, "")
    if node.version != _VERSION:
        return _unmapped(node, f"it is of version {node.version or 'unknown'}, and {_VERSION} is known")
    try:
        return mapper(node)
    except UnmappedError as error:
        return _unmapped(node, str(error))
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        # other shapes of parameters than any file has that is known: nobody knows what they mean
        return _unmapped(node, f"its parameters cannot be read ({type(error).__name__})")


def _unmapped(node: VendorNode, reason: str) -> Step:
    name = f"sagemaker.{node.operator}_{node.version}" + (f" / {node.label}" if node.label else "")
    made: dict[str, Any] = {"name": name, "given": dict(node.chosen)}
    if reason:
        made["reason"] = reason
    return Step("datawrangler.unmapped", made, reason=reason)
