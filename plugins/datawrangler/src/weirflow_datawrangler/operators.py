"""What each operator of the vendor's is here. Only what means the same is mapped: the rest says that it is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode


@dataclass(frozen=True)
class Step:
    """A node of ours: operator, parameters, and what a reader of the file should know."""

    operator: str
    parameters: dict[str, Any]
    notes: tuple[str, ...] = ()


Mapper: TypeAlias = Callable[[VendorNode], Step | None]


class UnmappedError(Exception):
    """An operator that is known, with options that have no equal here; the reason."""


def step_of(node: VendorNode) -> Step:
    """The node that stands for a vendor's node; `datawrangler.unmapped` where none means the same."""
    mapper = _MAPPERS.get((node.operator, node.label)) or _MAPPERS.get((node.operator, None))
    reason = ""
    if mapper is not None and node.version == "0.1":
        try:
            found = mapper(node)
        except UnmappedError as error:
            found, reason = None, str(error)
        if found is not None:
            return found
    return unmapped(node, reason)


def unmapped(node: VendorNode, reason: str = "") -> Step:
    """The node that says it has no equal."""
    name = f"sagemaker.{node.operator}_{node.version}" + (f" / {node.label}" if node.label else "")
    return Step(
        "datawrangler.unmapped",
        {"name": name, "given": dict(node.chosen)},
        (f"not mapped: {reason}",) if reason else (),
    )


@dataclass(frozen=True)
class _Parameters:
    """A reader of the vendor's parameters, which come as texts, numbers and lists alike."""

    found: Mapping[str, Any]
    node: VendorNode = field(repr=False)

    def text(self, key: str) -> str:
        value = self.found.get(key)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, str) or not value:
            raise UnmappedError(f"it has no {key}")
        return value

    def columns(self, key: str) -> list[str]:
        value = self.found.get(key)
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not names or not all(isinstance(n, str) and n for n in names):
            raise UnmappedError(f"it has no {key}")
        return list(dict.fromkeys(names))

    def optional(self, key: str) -> str | None:
        value = self.found.get(key)
        return value if isinstance(value, str) and value else None

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.found.get(key)
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            value = value.lower() == "true"
        if value is not None and not isinstance(value, bool):
            raise NodeError(
                f"{key} of {self.node.title} ({self.node.id}) is neither true nor false", code="WF205"
            )
        return default if value is None else value


def _chosen(node: VendorNode) -> _Parameters:
    return _Parameters(node.chosen, node)


# ---------------------------------------------------------------------- columns


def _drop(node: VendorNode) -> Step:
    return Step("columns.drop", {"columns": _chosen(node).columns("column_to_drop")})


def _rename(node: VendorNode) -> Step:
    given = _chosen(node)
    pairs = given.found.get("columns_to_rename") or []
    names: dict[str, str] = {}
    for pair in pairs if isinstance(pairs, list) else []:
        one = _Parameters(pair if isinstance(pair, Mapping) else {}, node)
        names[one.text("input_column")] = one.text("new_name")
    if not names or given.optional("input_column"):
        names[given.text("input_column")] = given.text("new_name")
    return Step("columns.rename", {"columns": names})


def _duplicate(node: VendorNode) -> Step:
    given = _chosen(node)
    return Step("columns.duplicate", {"column": given.text("input_column"), "output": given.text("new_name")})


def _move(node: VendorNode) -> Step:
    given = _chosen(node)
    kind = given.text("move_type")
    inner = given.found.get(f"{'_'.join(kind.lower().split())}_parameters")
    if kind not in _PLACES or not isinstance(inner, Mapping):
        raise UnmappedError(f"'{kind}' has no equal")
    place = _Parameters(inner, node)
    columns = place.columns("column_to_move")
    if len(columns) > 1:
        raise UnmappedError(
            "several columns keep the order of the table, which columns.move changes to that of the list"
        )
    to = _PLACES[kind]
    made: dict[str, Any] = {"columns": columns, "to": to}
    if to in {"before", "after"}:
        made["target"] = place.text("target_column")
    return Step("columns.move", made)


_PLACES = {
    "Move to start": "start",
    "Move to end": "end",
    "Move before": "before",
    "Move after": "after",
}


# ---------------------------------------------------------------------- analyses


def _histogram(node: VendorNode) -> Step:
    given = _chosen(node)
    made: dict[str, Any] = {"column": given.text("x_axis")}
    for ours, theirs in (("by", "color_by"), ("facet", "facet_by")):
        value = given.optional(theirs)
        if value is not None and value not in made.values():  # one column in two roles shows nothing more
            made[ours] = value
    if (title := given.optional("name")) is not None:
        made["title"] = title
    return Step("analyse.histogram", made)


def _scatter(node: VendorNode) -> Step:
    given = _chosen(node)
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
    given = _chosen(node)
    made = {"label": given.text("label")}
    if (title := given.optional("name")) is not None:
        made["title"] = title
    return Step("analyse.quick_model", made)


_MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.manage_columns", "Drop column"): _drop,
    ("spark.manage_columns", "Rename column"): _rename,
    ("spark.manage_columns", "Duplicate column"): _duplicate,
    ("spark.manage_columns", "Move column"): _move,
    ("visualizations.histogram", None): _histogram,
    ("visualizations.scatterplot", None): _scatter,
    ("visualizations.describe", None): _summary,
    ("visualizations.quick_model", None): _quick_model,
}
"""By operator and, where it has kinds, the kind; `None` for those that have none."""
