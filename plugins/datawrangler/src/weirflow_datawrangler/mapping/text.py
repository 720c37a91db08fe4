"""Text: its format, and search and edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen


def _edit(operator: str, make: Callable[[Parameters], dict[str, Any]]) -> Mapper:
    def mapper(node: VendorNode) -> Step:
        given = chosen(node)
        columns = given.columns("input_column")
        made = {"columns": columns, **make(given)}
        if output := given.optional("output_column"):
            if len(columns) > 1:
                raise UnmappedError("it names the columns that it makes")
            made["output"] = output
        return Step(operator, made)

    return mapper


def _symbols(given: Parameters) -> dict[str, Any]:
    symbols = given.optional("symbols")
    return {} if symbols is None else {"characters": symbols}


def _stripped(side: str) -> Callable[[Parameters], dict[str, Any]]:
    def make(given: Parameters) -> dict[str, Any]:
        characters = given.optional("characters_to_remove") or given.optional("symbols")
        return {"side": side} | ({} if characters is None else {"characters": characters})

    return make


def _replace(given: Parameters) -> dict[str, Any]:
    made = {"pattern": given.text("pattern"), "replacement": str(given.found.get("replacement") or "")}
    if any(sign in made["pattern"] for sign in ("(?=", "(?!", "(?<", "++", "*+")):
        raise UnmappedError("its pattern looks around or is possessive")
    return made


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.format_string", "Lower case"): _edit("text.case", lambda _: {"to": "lower"}),
    ("spark.format_string", "Upper case"): _edit("text.case", lambda _: {"to": "upper"}),
    ("spark.format_string", "Remove symbols"): _edit("text.remove", _symbols),
    ("spark.format_string", "Strip left and right"): _edit("text.strip", _stripped("both")),
    ("spark.format_string", "Strip left"): _edit("text.strip", _stripped("left")),
    ("spark.format_string", "Strip right"): _edit("text.strip", _stripped("right")),
    ("spark.search_and_edit", "Find and replace substring"): _edit("text.replace", _replace),
}
