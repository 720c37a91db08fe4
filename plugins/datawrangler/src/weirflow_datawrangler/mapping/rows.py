"""Rows: sort, shuffle, drop and filter. How the service's file writes a filter is not public: it is read tolerantly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen

_NOTHING: tuple[Any, ...] = (None, "", [], {})


def _sort(node: VendorNode) -> Step:
    given = chosen(node)
    conditions = given.found.get("conditions")
    each = [Parameters(c if isinstance(c, Mapping) else {}, node) for c in conditions or [] if c] or [given]
    by = [one.text("sort_by") for one in each]
    if len(set(by)) < len(by):
        raise UnmappedError("it sorts by a column twice")
    down = [
        one.choice("order", {"Ascending": "", "Descending": "down"}, _order(one)) == "down" for one in each
    ]
    made: dict[str, Any] = {"by": by, "nulls": "least"}
    if any(down):
        made["descending"] = True if all(down) else down
    return Step("rows.sort", made)


def _order(given: Parameters) -> str:
    """The order by the box of older versions, where there is no word."""
    if "ascending" not in given.found:
        return "none"
    return "Ascending" if given.flag("ascending", default=True) else "Descending"


def _shuffle(node: VendorNode) -> Step:
    given = chosen(node)
    note = "The service draws another order each time; here it depends on the seed."
    seed = {"seed": given.integer("seed")} if given.found.get("seed") not in _NOTHING else {}
    read_all(given, "seed")
    return Step("rows.shuffle", seed, (note,))


def _drop_duplicates(node: VendorNode) -> Step:
    given = chosen(node)
    read_all(given)
    return Step("rows.drop_duplicates", {})


def _drop_empty(node: VendorNode) -> Step:
    given = chosen(node)
    read_all(given)
    return Step("missing.drop", {"how": "all"})  # as Spark drops: blank text is a value


def read_all(given: Parameters, *known: str) -> None:
    """Raise UnmappedError where there is an option that nobody has read."""
    other = next((k for k, v in given.found.items() if k not in known and v not in _NOTHING), None)
    if other is not None:
        raise UnmappedError(f"it has {other}")


_COMPARISONS: Mapping[str, tuple[str, ...]] = {
    "==": ("=", "==", "equal", "equals", "is", "is equal to", "equal to", "eq"),
    "!=": ("!=", "<>", "not equal", "not equals", "is not", "is not equal to", "not equal to", "ne"),
    ">=": (">=", "greater than or equal to", "is greater than or equal to", "ge", "gte"),
    "<=": ("<=", "less than or equal to", "is less than or equal to", "le", "lte"),
    ">": (">", "greater than", "is greater than", "gt"),
    "<": ("<", "less than", "is less than", "lt"),
    "null": ("is null", "is missing", "missing", "null", "is empty"),
    "not_null": ("is not null", "is not missing", "not missing", "not null", "is not empty"),
    "in": ("in", "is in", "is one of", "one of"),
    "not_in": ("not in", "is not in", "is none of", "none of"),
}
_WORDS = {word: ours for ours, words in _COMPARISONS.items() for word in words}
_COLUMN = ("input_column", "column", "column_name", "filter_column", "filter_by", "name")
_WORD = ("comparison_operator", "comparison", "operator", "condition", "operation")
_VALUE = ("value", "values", "filter_value", "comparison_value")
_MATCH = ("match", "logical_operator", "logic", "logical", "combine", "conjunction", "join_operator")


def _one_of(given: Parameters, keys: Iterable[str]) -> str:
    """The first of the names that there is a value for; the first one where there is none."""
    return next((k for k in keys if given.found.get(k) not in _NOTHING), next(iter(keys)))


def _condition(given: Parameters) -> tuple[str, str, Any]:
    """Column, our word, and the value."""
    column, word, value = (_one_of(given, keys) for keys in (_COLUMN, _WORD, _VALUE))
    read_all(given, column, word, value, *_MATCH, "conditions", "filters")
    text = given.text(word)
    ours = _WORDS.get(" ".join(text.lower().replace("_", " ").split()))
    if ours is None:
        raise UnmappedError(f"{word} is '{text}'")
    found = given.found.get(value)
    if ours in {"null", "not_null"}:
        return given.text(column), ours, None
    if ours in {"in", "not_in"}:
        found = [v.strip() for v in found.split(",")] if isinstance(found, str) else found
        if not isinstance(found, list) or not found:
            raise UnmappedError(f"it has no {value}")
    elif isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not all(
        isinstance(v, (bool, int, float, str)) for v in (found if isinstance(found, list) else [found])
    ):
        raise UnmappedError(f"it has no {value}")
    return given.text(column), ours, found


def _filter(node: VendorNode) -> Step:
    given = chosen(node)
    listed = next(
        (v for k in ("conditions", "filters") if isinstance(v := given.found.get(k), list) and v), None
    )
    if listed is None:
        column, word, value = _condition(given)
        only = {"column": column, "is": word} | ({} if value is None else {"value": value, "parse": True})
        return Step("rows.filter", only)
    read_all(given, "conditions", "filters", *_MATCH)
    each = [_condition(Parameters(c if isinstance(c, Mapping) else {}, node)) for c in listed]
    key = _one_of(given, _MATCH)
    match = given.choice(key, {"and": "all", "all": "all", "or": "any", "any": "any"}, "and")
    notes = (
        () if len(each) == 1 or key in given.found else ("Rows that meet all of the conditions are kept.",)
    )
    first, *rest = _grouped(each, match)
    steps = tuple(Step("rows.filter", _several(one, match)) for one in rest)
    return Step("rows.filter", _several(first, match), notes, then=steps)


def _several(conditions: dict[str, Any], match: str) -> dict[str, Any]:
    made: dict[str, Any] = {"conditions": conditions, "parse": True}
    return made if match == "all" else {**made, "match": match}


def _grouped(each: list[tuple[str, str, Any]], match: str) -> list[dict[str, Any]]:
    """The conditions by column. Of one column and word, one goes into a further filter, or values into a list."""
    made: list[dict[str, Any]] = [{}]
    for column, word, value in each:
        if word in {"null", "not_null"}:
            place = next((g for g in made if column not in g), None) if match == "all" else made[0]
            if place is None:
                made.append({column: word})
            elif place.setdefault(column, word) != word:
                raise UnmappedError(f"it asks of '{column}' whether it is missing, and more")
            continue
        found = next((g for g in made if word not in _tests(g, column)), None)
        if found is not None:
            found.setdefault(column, {})[word] = value
        elif match == "all":
            made.append({column: {word: value}})
        elif word == "==":
            test = made[0][column]
            test["in"] = [*test.get("in", []), value]
        else:
            raise UnmappedError(f"it asks of '{column}' twice whether it is {word} a value")
    return made


def _tests(conditions: dict[str, Any], column: str) -> Any:
    """What is asked of a column; all words, where it is whether it is missing."""
    test = conditions.get(column, {})
    return _COMPARISONS if isinstance(test, str) else test


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.manage_rows", "Sort"): _sort,
    ("spark.manage_rows", "Shuffle"): _shuffle,
    ("spark.manage_rows", "Drop duplicates"): _drop_duplicates,
    ("spark.manage_rows", "Drop empty"): _drop_empty,
    ("spark.manage_rows", "Filter"): _filter,
}
