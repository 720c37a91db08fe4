"""Dates, and whether they can be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Step, UnmappedError, chosen

_PARTS = ("year", "month", "day", "hour", "minute", "second", "week_of_year", "day_of_year", "quarter")


def _extract(node: VendorNode) -> Step:
    given = chosen(node)
    parts = [p for p in _PARTS if given.flag(p, default=False)]
    if not parts:
        raise UnmappedError("it extracts nothing")
    column = given.text("input_column")
    made: dict[str, Any] = {"column": column, "parts": parts, "unit": "guess"}
    made["style"] = given.choice("output_mode", {"Ordinal": "ordinal", "Cyclic": "cyclic"}, "Ordinal")
    made["to"] = given.choice("output_format", {"Columns": "columns", "Vector": "vector"}, "Columns")
    if not given.flag("use_one_indexing", default=False):
        made["start"] = 0
    prefix = given.optional("output_column")
    if prefix is not None:
        made["prefix"] = prefix
    elif made["to"] == "vector":
        raise UnmappedError("its vector has no name")
    if (layout := given.optional("date_time_format")) and not given.flag(
        "infer_datetime_format", default=False
    ):
        made["format"] = layout
    return Step("dates.extract", made)


def _validate(node: VendorNode) -> Step:
    given = chosen(node)
    invalid = given.choice("policy", {"drop": "drop", "indicate": "mark", "error": "error"}, "drop")
    made: dict[str, Any] = {"column": given.text("timestamp_column"), "invalid": invalid, "unit": "guess"}
    if given.flag("cast_to_datetime", default=False):
        made["cast"] = True
    if invalid == "mark" and (output := given.optional("output_column")):
        made["output"] = output
    return Step("series.validate", made)


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.featurize_date_time", "Extract columns"): _extract,
    ("spark.time_series", "Featurize datetime"): _extract,
    ("spark.time_series", "Validate timestamps"): _validate,
}
