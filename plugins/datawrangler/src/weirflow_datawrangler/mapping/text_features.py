"""Text as numbers: terms counted and weighted, and statistics of characters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.patterns import java_pattern
from weirflow_datawrangler.models import decode, vector
from weirflow_datawrangler.step import Mapper, Parameters, Step, Trained, UnmappedError, chosen
from weirflow_datawrangler.trained import by_column

_BLANK = java_pattern(r"\s")


def _vectorize(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    given.choice("vectorizer", {"Count Vectorizer": "", "Count vectorizer": ""}, "Count Vectorizer")
    counts = _of(given, "vectorizer", "Count Vectorizer")
    most = counts.number("maximum_document_frequency", 0.999)
    made: dict[str, Any] = {
        "to": given.choice("output_format", {"Vector": "sparse", "Columns": "columns"}, "Vector"),
        **_tokenizer(given),
        "min_term_frequency": counts.number("minimum_term_frequency", 1),
        "min_documents": counts.number("minimum_document_frequency", 1),
        "max_documents": most,
        "max_terms": counts.integer("maximum_vocabulary_size", 262144),
    }
    if counts.flag("binarize_count", default=False):
        made["binary"] = True
    weighted = given.choice("apply_idf", {"Yes": "yes", "No": ""}, "")
    if weighted:
        found = _of(given, "apply_idf", "Yes")
        made |= {"idf": True, "idf_min_documents": found.integer("minimum_document_frequency", 5)}
    output = given.optional("output_column")
    steps = []
    for column in columns:
        name = f"{column}_features"
        if output is not None:
            name = output if len(columns) == 1 else f"{output}_{column}"
        learned = _learned(given, columns, column, weighted=bool(weighted))
        steps.append(Step("text.vectorise", {"column": column, "output": name, **made}, trained=learned))
    return _chain(steps)


def _chain(steps: Sequence[Step]) -> Step:
    first, *rest = steps
    return Step(first.operator, first.parameters, first.notes, first.trained, tuple(rest))


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


def _learned(
    given: Parameters, columns: Sequence[str], column: str, *, weighted: bool
) -> Callable[[], Trained] | None:
    found = by_column(given, columns)
    if found is None:
        return None
    kept = found[column]

    def read() -> Trained:
        terms = decode(kept.get("vectorizer_model"), "CountVectorizerModel").row.get("vocabulary")
        if not isinstance(terms, list) or not all(isinstance(t, str) for t in terms):
            raise NodeError("its model has no vocabulary", hint="learn it anew from the data: --refit")
        if not weighted:
            return {"terms": terms}
        weights = vector(decode(kept.get("idf_model"), "IDFModel").row.get("idf"))
        if len(weights) != len(terms):
            raise NodeError(
                f"its models have {len(terms)} terms and {len(weights)} weights",
                hint="learn it anew from the data: --refit",
            )
        return {"terms": terms, "weights": weights}

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
        steps.append(Step("text.statistics", {"column": column, "prefix": f"{begin}_"}))
    return _chain(steps)


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.featurize_text", "Vectorize"): _vectorize,
    ("spark.featurize_text", "Character statistics"): _statistics,
}
