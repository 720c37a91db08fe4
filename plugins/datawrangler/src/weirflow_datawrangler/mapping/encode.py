"""Encoders of categories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.models import decode
from weirflow_datawrangler.step import Mapper, Parameters, Step, Trained, UnmappedError, chosen
from weirflow_datawrangler.trained import by_column

_KEEP = "keep"
_STRATEGIES = {"Skip": "drop", "Keep": _KEEP, "Error": "error"}
_ORDINAL = {**_STRATEGIES, "Replace with NaN": "null"}


def _ordinal(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    strategy = given.choice("invalid_handling_strategy", _ORDINAL, "Error")
    made = {"as_text": True, "type": "float64", "unseen": strategy, "missing": strategy}
    return _per_column(given, "encode.ordinal", columns, "output", made)


def _one_hot(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    if given.flag("input_already_ordinal_encoded", default=False):
        raise UnmappedError("its input is numbered already")
    style = given.choice("output_style", {"Columns": "columns", "Vector": "vector"}, "Vector")
    strategy = given.choice("invalid_handling_strategy", _STRATEGIES, "Error")
    last = given.flag("drop_last", default=True)
    made: dict[str, Any] = {"as_text": True, "type": "float64"}
    notes: tuple[str, ...] = ()
    if style == "vector":
        made |= {"vector": True, "unseen": strategy, "missing": strategy, "drop_last": last}
    else:
        meant = "ignore" if strategy == _KEEP else strategy
        made |= {"unseen": meant, "missing": meant}
        # with Keep, the category that is left out is that of what was not seen, which has no column anyway
        if last and strategy != _KEEP:
            made["drop_last"] = True
            notes = ("The service would have a column of nulls for the last category.",)
    if given.optional("output_column"):
        made["keep_original"] = True
    return _per_column(given, "encode.one_hot", columns, "prefix", made, notes)


def _per_column(
    given: Parameters,
    operator: str,
    columns: Sequence[str],
    named: str,
    made: dict[str, Any],
    notes: tuple[str, ...] = (),
) -> Step:
    """One node for all columns, or one for each where the new columns are named after them."""
    output = given.optional("output_column")
    if output is None:
        return Step(operator, {"columns": list(columns), **made}, notes, _labels(given, columns))
    steps = [
        Step(
            operator,
            {"columns": [c], named: output if len(columns) == 1 else f"{output}_{c}", **made},
            notes,
            _labels(given, [c]),
        )
        for c in columns
    ]
    first, *rest = steps
    return Step(first.operator, first.parameters, first.notes, first.trained, tuple(rest))


def _labels(given: Parameters, columns: Sequence[str]) -> Callable[[], Trained] | None:
    """What the service learned: the categories of each column, in order."""
    found = by_column(given, columns)
    if found is None:
        return None

    def read() -> Trained:
        return {"categories": {c: _categories(of.get("string_indexer_model")) for c, of in found.items()}}

    return read


def _categories(blob: object) -> list[str]:
    model = decode(blob, "StringIndexerModel")
    labels = model.row.get("labelsArray") or [model.row.get("labels")]
    if len(labels) != 1 or not isinstance(labels[0], list) or not all(isinstance(v, str) for v in labels[0]):
        raise NodeError("its model has no list of categories", hint="learn it anew from the data: --refit")
    return labels[0]


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.encode_categorical", "Ordinal encode"): _ordinal,
    ("spark.encode_categorical", "One-hot encode"): _one_hot,
}
