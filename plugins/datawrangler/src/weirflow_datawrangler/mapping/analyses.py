"""Analyses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen


def _titled(given: Parameters, made: dict[str, Any]) -> dict[str, Any]:
    """With the name that a person gave it."""
    title = given.optional("name")
    return made if title in {None, "Untitled"} else {**made, "title": title}


def _histogram(node: VendorNode) -> Step:
    given = chosen(node)
    made: dict[str, Any] = {"column": given.text("x_axis")}
    for ours, theirs in (("by", "color_by"), ("facet", "facet_by")):
        value = given.optional(theirs)
        if value is not None and value not in made.values():  # one column in two roles shows nothing more
            made[ours] = value
    return Step("analyse.histogram", _titled(given, made))


def _scatter(node: VendorNode) -> Step:
    given = chosen(node)
    made: dict[str, Any] = {"x": given.text("x_axis"), "y": given.text("y_axis")}
    for ours, theirs in (("color", "color_by"), ("facet", "facet_by")):
        if (value := given.optional(theirs)) is not None:
            made[ours] = value
    return Step("analyse.scatter", _titled(given, made))


def _summary(node: VendorNode) -> Step:
    return Step("analyse.summary", _titled(chosen(node), {}))


def _quick_model(node: VendorNode) -> Step:
    given = chosen(node)
    return Step("analyse.quick_model", _titled(given, {"label": given.text("label")}))


_METRICS = ("CI", "DPL", "JS", "CDDL", "KL", "LP", "TVD", "KS")


def _bias(node: VendorNode) -> Step:
    """Values stand in one text, parted by semicolons, whatever the type of their column."""
    given = chosen(node)
    for what in ("label", "facet"):
        if (given.optional(f"is_{what}_value_or_threshold") or "value").lower() != "value":
            raise UnmappedError(f"its {what} is parted by a threshold")
    made: dict[str, Any] = {
        "label": given.text("label_name"),
        "favourable": _values(given, "label_values"),
        "facet": given.text("facet_name"),
    }
    if not made["favourable"]:
        raise UnmappedError("it has no label_values")
    if disadvantaged := _values(given, "facet_values"):
        made["disadvantaged"] = disadvantaged
    if group := given.optional("group_name"):
        made["group"] = group
    columns = [made["label"], made["facet"], *([group] if group else [])]
    if len(set(columns)) < len(columns):
        raise UnmappedError("its label, facet and group are not different columns")
    made["as_text"] = True
    made["metrics"] = _metrics(given)
    return Step("analyse.bias", _titled(given, made))


def _values(given: Parameters, key: str) -> list[str]:
    found = given.found.get(key)
    texts = found if isinstance(found, list) else str("" if found is None else found).split(";")
    return list(dict.fromkeys(t for v in texts if (t := str(v).strip())))


def _metrics(given: Parameters) -> list[str]:
    """Those that are ticked; those of the second list where it is shown."""
    lists = [given.inner("default_metrics").found or given.inner("metrics").found]
    if given.flag("show_additional_metrics", default=False):
        lists.append(given.inner("additional_metrics").found)
    ticked = [m for found in lists for m, on in found.items() if on is True]
    if unknown := [m for m in ticked if m not in _METRICS]:
        raise UnmappedError(f"there is no metric {unknown[0]}")
    return list(dict.fromkeys(ticked)) or list(_METRICS[:3])


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("visualizations.histogram", None): _histogram,
    ("visualizations.scatterplot", None): _scatter,
    ("visualizations.bias_report", None): _bias,
    ("visualizations.describe", None): _summary,
    ("visualizations.quick_model", None): _quick_model,
}
