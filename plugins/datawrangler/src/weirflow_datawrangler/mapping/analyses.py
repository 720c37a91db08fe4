"""Analyses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Step, UnmappedError, chosen


def _histogram(node: VendorNode) -> Step:
    given = chosen(node)
    made: dict[str, Any] = {"column": given.text("x_axis")}
    for ours, theirs in (("by", "color_by"), ("facet", "facet_by")):
        value = given.optional(theirs)
        if value is not None and value not in made.values():  # one column in two roles shows nothing more
            made[ours] = value
    if (title := given.optional("name")) is not None:
        made["title"] = title
    return Step("analyse.histogram", made)


def _scatter(node: VendorNode) -> Step:
    given = chosen(node)
    if given.optional("facet_by"):
        raise UnmappedError("analyse.scatter has no facets")
    made: dict[str, Any] = {"x": given.text("x_axis"), "y": given.text("y_axis")}
    for ours, theirs in (("color", "color_by"), ("title", "name")):
        if (value := given.optional(theirs)) is not None:
            made[ours] = value
    return Step("analyse.scatter", made)


def _summary(node: VendorNode) -> Step:
    del node
    return Step("analyse.summary", {})


def _quick_model(node: VendorNode) -> Step:
    given = chosen(node)
    made = {"label": given.text("label")}
    if (title := given.optional("name")) is not None:
        made["title"] = title
    return Step("analyse.quick_model", made)


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("visualizations.histogram", None): _histogram,
    ("visualizations.scatterplot", None): _scatter,
    ("visualizations.describe", None): _summary,
    ("visualizations.quick_model", None): _quick_model,
}
