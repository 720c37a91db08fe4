"""Text as numbers: terms counted and weighted, and statistics of characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.copies import chain, outputs
from weirflow_datawrangler.mapping.patterns import java_pattern
from weirflow_datawrangler.models import decode, vector
from weirflow_datawrangler.step import Mapper, Parameters, Step, Trained, UnmappedError, chosen
from weirflow_datawrangler.trained import by_column

_BLANK = java_pattern(r"\s")
_REFIT = "learn it anew from the data: --refit"


def _vectorize(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    hashing = bool(
        given.choice("vectorizer", {"Count Vectorizer": "", "Hashing": "hashing"}, "Count Vectorizer")
    )
    to = given.choice("output_format", {"Vector": "sparse", "Columns": "columns"}, "Vector")
    if hashing and to == "columns":
        raise UnmappedError("it makes a column for each place of a hash, which the service refuses")
    made: dict[str, Any] = {"to": to, **_tokenizer(given), **(_hashes if hashing else _counts)(given)}
    weighted = bool(given.choice("apply_idf", {"Yes": "yes", "No": ""}, "No"))
    if weighted:
        fewest = _of(given, "apply_idf", "Yes").integer("minimum_document_frequency", 1)
        made |= {"idf": True, "idf_min_documents": fewest}
    read = _learned_places if hashing else _learned_terms
    found = by_column(given, columns, [given.found.get(key) for key in _HASHED])
    steps = []
    for column in columns:
        name = f"{column}_features"
        if given.optional("output_column") is not None:
            name = outputs(given, columns)[column]
        learned = (
            None if found is None or (hashing and not weighted) else read(found[column], weighted=weighted)
        )
        # the service has empty text in place of null from here on
        steps.append(Step("missing.fill", {"columns": [column], "value": ""}))
        operator = "text.hash" if hashing else "text.vectorise"
        steps.append(Step(operator, {"column": column, "output": name, **made}, trained=learned))
    return chain(steps)


_HASHED = (
    "tokenizer",
    "tokenizer_standard_parameters",
    "tokenizer_custom_parameters",
    "vectorizer",
    "vectorizer_count_vectorizer_parameters",
    "vectorizer_hashing_parameters",
    "apply_idf",
    "apply_idf_yes_parameters",
    "apply_idf_no_parameters",
)


def _counts(given: Parameters) -> dict[str, Any]:
    """Options of the count vectoriser; what is not there is as the service's code has it, not as its forms do."""
    counts = _of(given, "vectorizer", "Count Vectorizer")
    made: dict[str, Any] = {
        "min_term_frequency": counts.number("minimum_term_frequency", 1),
        "min_documents": counts.number("minimum_document_frequency", 1),
        "max_documents": counts.number("maximum_document_frequency", 1),
        "max_terms": counts.integer("maximum_vocabulary_size", 10_000),
    }
    return made | ({"binary": True} if counts.flag("binarize_count", default=False) else {})


def _hashes(given: Parameters) -> dict[str, Any]:
    hashing = _of(given, "vectorizer", "Hashing")
    return {"features": hashing.integer("number_of_features", 262144)}


def _of(given: Parameters, key: str, choice: str) -> Parameters:
    """The parameters of a choice, as `apply_idf_yes_parameters`."""
    return given.inner(f"{key}_{'_'.join(choice.lower().split())}_parameters")


def _tokenizer(given: Parameters) -> dict[str, Any]:
    kind = given.choice("tokenizer", {"Standard": "standard", "Custom": "custom"}, "Standard")
    if kind == "standard":  # which cuts at each blank, so that there is an empty token between two
        return {"pattern": _BLANK, "min_token_length": 0}
    custom = _of(given, "tokenizer", "Custom")
    names = {"token_length": "", "gaps": "", "pattern": "", "lowercase": ""}
    for key in custom.found:
        word = next((w for w in names if w in key), None)
        if word is None or names[word]:
            raise UnmappedError(f"its tokenizer has the option {key}")
        names[word] = key
    return {
        "pattern": java_pattern(custom.optional(names["pattern"]) or r"\s+", finding=True),
        "gaps": custom.flag(names["gaps"], default=True),
        "lowercase": custom.flag(names["lowercase"], default=True),
        "min_token_length": custom.integer(names["token_length"], 1),
    }


def _learned_terms(kept: Mapping[str, Any], *, weighted: bool) -> Callable[[], Trained]:
    def read() -> Trained:
        terms = decode(kept.get("vectorizer_model"), "CountVectorizerModel").row.get("vocabulary")
        if not isinstance(terms, list) or not all(isinstance(t, str) for t in terms):
            raise NodeError("its model has no vocabulary", hint=_REFIT)
        if not weighted:
            return {"terms": terms}
        weights = vector(decode(kept.get("idf_model"), "IDFModel").row.get("idf"))
        if len(weights) != len(terms):
            raise NodeError(f"its models have {len(terms)} terms and {len(weights)} weights", hint=_REFIT)
        return {"terms": terms, "weights": weights}

    return read


def _learned_places(kept: Mapping[str, Any], *, weighted: bool) -> Callable[[], Trained]:
    """The weights of a hash's places: most of them are those of places in which no term fell."""
    assert weighted

    def read() -> Trained:
        weights = vector(decode(kept.get("idf_model"), "IDFModel").row.get("idf"))
        if not weights:
            raise NodeError("its model has no weights", hint=_REFIT)
        others = Counter(weights).most_common(1)[0][0]
        return {"weights": {i: w for i, w in enumerate(weights) if w != others}, "others": others}

    return read


def _statistics(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    prefix = given.optional("output_column_prefix") or given.optional("output_column")
    steps = []
    for column in columns:
        begin = f"{column}_"
        if prefix is not None:
            begin = prefix if len(columns) == 1 else f"{prefix}_{column}"
        made = {"column": column, "prefix": f"{begin}_", "rules": "data_wrangler"}
        steps.append(Step("text.statistics", made))
    return chain(steps)


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.featurize_text", "Vectorize"): _vectorize,
    ("spark.featurize_text", "Character statistics"): _statistics,
}
