"""Classes brought into balance, and samples of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError

_LARGE = "From 8 GB on the service makes up other rows, by an approximate search for neighbours."
_NORMALISED = (
    "The service searches for neighbours approximately where it normalises, and makes up other rows."
)
_DRAWN = "Other rows are drawn than in the service; their number is the same."


def _options(node: VendorNode) -> Parameters:
    """The options of the kind that is chosen, with those that lie beside the choice, or a level deeper."""
    own = node.chosen
    beside = {k: v for k, v in node.parameters.items() if not isinstance(v, Mapping) and k != "operator"}
    deeper: dict[str, Any] = {}
    for found in (node.parameters, own):
        for key, value in found.items():
            if isinstance(value, Mapping) and key.startswith("smote") and node.label.lower() == "smote":
                deeper |= {k: v for k, v in value.items() if not isinstance(v, Mapping)}
    return Parameters({**beside, **deeper, **own}, node)


def _balance(operator: str) -> Mapper:
    def mapper(node: VendorNode) -> Step:
        given = _options(node)
        key = next((k for k in ("target_column", "input_column") if given.found.get(k)), "target_column")
        made: dict[str, Any] = {"column": given.text(key)}
        ratio = given.number("ratio", 1.0)
        if not 0 < ratio <= 1:
            raise UnmappedError("its ratio is not between 0 and 1")
        made["ratio"] = ratio
        if operator != "balance.smote":
            return Step(operator, {**made, "seed": given.integer("seed", 0)}, (_DRAWN,))
        made |= {"neighbours": given.integer("num_neighbors", 5), "type": "float32"}
        if given.flag("normalize", default=False):
            return Step(operator, {**made, "normalise": True}, (_NORMALISED,))
        return Step(operator, made, (_LARGE,))

    return mapper


_SIZES = (
    "sample_size",
    "limit_rows",
    "limit",
    "size",
    "num_rows",
    "number_of_rows",
    "approximate_sample_size",
)
_SHARES = ("sample_ratio", "ratio", "fraction")
_STRATA = ("stratify_column", "strat_column", "stratified_column", "strata_column", "input_column", "column")
_KINDS = {
    **dict.fromkeys(("limit", "sample_by_limit"), "limit"),
    **dict.fromkeys(("randomized", "random", "sample_by_count", "sample_by_ratio"), "randomized"),
    **dict.fromkeys(("stratified", "sample_by_stratified"), "stratified"),
}


def _sample(node: VendorNode) -> Step:
    """No file of the service's guide shows how the options are called: the names that are likely are read."""
    given = _options(node)
    label = node.label or given.optional("sampling_method") or ""
    kind = _KINDS.get(label.lower())
    if kind is None:
        raise UnmappedError(f"it samples by '{label}'")
    known = {*_SIZES, *_SHARES, *_STRATA, "seed", "random_seed", "sampling_method"}
    unread = sorted(k for k, v in given.found.items() if k not in known and v not in (None, "", [], {}))
    if unread:
        raise UnmappedError(f"its option '{unread[0]}' is not known")
    size, share, strata, seed = (
        next((k for k in keys if given.found.get(k) not in (None, "", [])), keys[0])
        for keys in (_SIZES, _SHARES, _STRATA, ("seed", "random_seed"))
    )
    if kind == "limit":
        return Step("rows.limit", {"n": given.integer(size)})
    made: dict[str, Any] = {"seed": given.integer(seed, 0)}
    if share in given.found and size not in given.found:
        made["share"] = given.number(share)
    else:
        made["n"] = given.integer(size)
    if kind == "stratified":
        made["by"] = given.text(strata)
    return Step("rows.sample", made, (_DRAWN,))


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.balance_data", "SMOTE"): _balance("balance.smote"),
    ("spark.balance_data", "Random oversample"): _balance("balance.oversample"),
    ("spark.balance_data", "Random undersample"): _balance("balance.undersample"),
    **{(f"spark.{name}", None): _sample for name in ("sampling", "sample", "sample_data")},
}
