"""Several tables: joins, and tables put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen

_JOINS = {
    "inner": "inner",
    **dict.fromkeys(("left", "leftouter", "left_outer"), "left"),
    **dict.fromkeys(("right", "rightouter", "right_outer"), "right"),
    **dict.fromkeys(("outer", "full", "fullouter", "full_outer"), "full"),
    **dict.fromkeys(("leftsemi", "left_semi", "semi"), "semi"),
    **dict.fromkeys(("leftanti", "left_anti", "anti"), "anti"),
    "cross": "cross",
}


def _joined(node: VendorNode, keys: list[tuple[str, str]], how: str) -> Step:
    if len(node.inputs) != 2:  # noqa: PLR2004
        raise UnmappedError(f"it has {len(node.inputs)} inputs")
    made: dict[str, Any] = {"how": how, "names": "spark"}
    if how != "cross":
        made = {"left_on": [a for a, _ in keys], "right_on": [b for _, b in keys], **made}
    return Step("join.tables", made)


def _join(node: VendorNode) -> Step:
    given = chosen(node)
    how = given.choice("join_type", _JOINS, "inner")
    keys = [] if how == "cross" else [(given.text("left_column"), given.text("right_column"))]
    return _joined(node, keys, how)


def _join_by_several(node: VendorNode) -> Step:
    given = chosen(node)
    pairs = given.found.get("join_keys")
    keys = []
    for pair in pairs if isinstance(pairs, list) else []:
        of = Parameters(pair if isinstance(pair, Mapping) else {}, node)
        names = [of.optional(side) or of.text(f"{side}_column") for side in ("left", "right")]
        keys.append((names[0], names[1]))
    how = given.choice("join_type", _JOINS, "inner")
    if not keys and how != "cross":
        raise UnmappedError("it has no join_keys")
    return _joined(node, keys, how)


def _concatenate(node: VendorNode) -> Step:
    given = chosen(node)
    if len(node.inputs) != 2:  # noqa: PLR2004
        raise UnmappedError(f"it has {len(node.inputs)} inputs")
    kinds = {"row_wise": "rows", "column_wise": "columns"}
    if given.choice("concatenate_type", kinds, "none") == "columns":
        note = "A column of the second table whose name is taken is told apart; the service makes two of one name."
        return Step("join.columns", {}, (note,))
    made: dict[str, Any] = {"ignore_case": True, "mixed": "text"}
    if given.flag("apply_dedupe", default=False):
        made["distinct"] = True
    if (name := given.optional("indicator_col_name")) is not None:
        words = [given.found.get(f"df{i}_indicator") for i in (1, 2)]
        if not all(isinstance(w, (str, int, float, bool)) for w in words):
            raise UnmappedError("its indicator has no words for the tables")
        made |= {"indicator": name, "words": [str(w) for w in words]}
    return Step("join.union", made)


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.join_tables", None): _join,
    ("spark.join_multi_keys", None): _join_by_several,
    ("spark.concatenate_datasets", None): _concatenate,
}
