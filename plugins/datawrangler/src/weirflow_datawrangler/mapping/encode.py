"""Encoders of categories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.copies import chain, outputs
from weirflow_datawrangler.models import decode
from weirflow_datawrangler.step import Mapper, Parameters, Step, Trained, UnmappedError, chosen
from weirflow_datawrangler.trained import by_column

_KEEP = "keep"
_STRATEGIES = {"Skip": "drop", "Keep": _KEEP, "Error": "error"}
_ORDINAL = {**_STRATEGIES, "Replace with NaN": "null"}
_ONE_HOT = {
    **_STRATEGIES,
    "Replace with NaN": "error",
}  # what the service makes of a strategy that it does not know
_STYLES = {"Columns": "columns", "Vector": "vector"}
_MANY = {"max_categories": 1_000_000}  # the service takes any number
_REFIT = "learn it anew from the data: --refit"


def _ordinal(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    strategy = given.choice("invalid_handling_strategy", _ORDINAL, "Error")
    made = {"as_text": True, "type": "float64", "unseen": strategy, "missing": strategy, **_MANY}
    hashed = {"invalid_handling_strategy": given.found.get("invalid_handling_strategy")}
    return _per_column(
        given, "encode.ordinal", columns, "output", made, lambda c: _learned(given, c, hashed, _labels)
    )


def _one_hot(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    encoded = given.flag("input_already_ordinal_encoded", default=False)
    style = given.choice("output_style", _STYLES, "Vector")
    strategy = given.choice("invalid_handling_strategy", _ONE_HOT, "Error")
    last = given.flag("drop_last", default=True)
    made: dict[str, Any] = {"as_text": True, "empty_is_missing": True}
    if encoded:
        made = {"encoded": True}
        strategy = _KEEP if strategy == "drop" else strategy
    unseen = strategy
    if style == "vector":
        made |= {"vector": True, "sparse": True}
        if last:
            made["drop_last"] = True
    else:
        made["type"] = "float64"
        # with Keep, the category that is left out is that of what was not seen, which has no column anyway
        if last and strategy != _KEEP:
            made["drop_last"] = "empty"
        unseen = "ignore" if strategy == _KEEP else strategy
    made |= {"unseen": unseen, "missing": "null" if encoded else unseen, **_MANY}
    if given.optional("output_column"):
        made["keep_original"] = True
    hashed = {
        "invalid_handling_strategy": given.found.get("invalid_handling_strategy"),
        "drop_last": last,
    }

    def learned(of: Sequence[str]) -> Callable[[], Trained] | None:
        return _learned(given, of, hashed, _numbers if encoded else _labels)

    return _per_column(given, "encode.one_hot", columns, "prefix", made, learned)


def _similarity(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    dimensions = given.integer("target_dimension", 30)
    style = given.choice("output_style", _STYLES, "Vector")
    output = given.optional("output_column")
    kept = style == "columns" or output is not None
    given_dimensions = given.found.get("target_dimension")
    found = by_column(
        given, columns, {"target_dimension": 30 if given_dimensions is None else given_dimensions}
    )
    notes = ("The service draws its hash functions anew for each fit: equal texts, other numbers.",)
    steps: list[Step] = []
    for name in columns:
        if kept:  # in the column that stays, the service has a blank for what is missing
            steps.append(Step("missing.fill", {"columns": [name], "value": " "}))
        made: dict[str, Any] = {"column": name, "dimensions": dimensions, "to": style}
        if output is not None:
            made["output"] = output if len(columns) == 1 else f"{output}_{name}"
        if kept:
            made["keep_original"] = True
        trained = None if found is None else _functions(found[name])
        steps.append(Step("encode.similarity", made, () if trained else notes, trained))
        if not kept:
            steps.append(Step("columns.move", {"columns": [name], "to": "end"}))
    return chain(steps)


def _target(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    target = next((k for k in given.found if "target" in k or "label" in k), "target_column")
    made: dict[str, Any] = {"target": given.text(target), **_MANY}
    smooth = next((k for k in given.found if "smooth" in k), "smoothing")
    others = set(given.found) - {"input_column", "output_column", target, smooth}
    if others:
        raise UnmappedError(f"it has the option {min(others)}")
    if given.found.get(smooth) not in {None, "", "auto"}:
        made["smooth"] = given.number(smooth)
    notes = (
        "How the service draws the means together is not published: here it is done as scikit-learn does it.",
    )
    return _per_column(given, "encode.target", columns, "output", made, lambda _: None, notes)


def _per_column(
    given: Parameters,
    operator: str,
    columns: Sequence[str],
    named: str,
    made: dict[str, Any],
    learned: Callable[[Sequence[str]], Callable[[], Trained] | None],
    notes: tuple[str, ...] = (),
) -> Step:
    """One node for all columns, or one for each.

    They are one for each where the new columns are named after them, and where rows go: those that went for the first
    column teach the next one nothing.
    """
    output = given.optional("output_column")
    if output is None and ("drop" not in made.values() or len(columns) == 1):
        return Step(operator, {"columns": list(columns), **made}, notes, learned(columns))
    return chain(
        [
            Step(
                operator,
                {"columns": [c], **({} if output is None else {named: new}), **made},
                notes,
                learned([c]),
            )
            for c, new in outputs(given, columns).items()
        ]
    )


def _learned(
    given: Parameters,
    columns: Sequence[str],
    hashed: Mapping[str, Any],
    read: Callable[[Mapping[str, Any]], list[Any]],
) -> Callable[[], Trained] | None:
    """What the service learned: the categories of each column, which are read of its models only when they are used."""
    every = by_column(given, given.columns("input_column"), hashed)
    return None if every is None else lambda: {"categories": {c: read(every[c]) for c in columns}}


def _labels(of: Mapping[str, Any]) -> list[str]:
    """The categories, in order."""
    model = decode(of.get("string_indexer_model"), "StringIndexerModel")
    labels = model.row.get("labelsArray") or [model.row.get("labels")]
    if len(labels) != 1 or not isinstance(labels[0], list) or not all(isinstance(v, str) for v in labels[0]):
        raise NodeError("its model has no list of categories", hint=_REFIT)
    return labels[0]


def _numbers(of: Mapping[str, Any]) -> list[int]:
    """The categories of a column that has numbers of them."""
    sizes = decode(of.get("one_hot_encoder_model"), "OneHotEncoderModel").row.get("categorySizes")
    if not isinstance(sizes, list) or len(sizes) != 1 or not isinstance(sizes[0], int):
        raise NodeError("its model has no number of categories", hint=_REFIT)
    return list(range(sizes[0]))


def _functions(entry: Mapping[str, Any]) -> Callable[[], Trained]:
    def read() -> Trained:
        flat = decode(entry.get("minhash_model"), "MinHashLSHModel").row.get("randCoefficients")
        if not isinstance(flat, list) or len(flat) % 2 or not all(isinstance(n, int) for n in flat):
            raise NodeError("its model has no hash functions", hint=_REFIT)
        return {"coefficients": [list(pair) for pair in zip(flat[::2], flat[1::2], strict=True)]}

    return read


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.encode_categorical", "Ordinal encode"): _ordinal,
    ("spark.encode_categorical", "One-hot encode"): _one_hot,
    ("spark.encode_categorical", "Similarity encode"): _similarity,
    ("spark.encode_categorical", "Target encode"): _target,
}
