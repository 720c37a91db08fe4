"""Missing values. The service counts text of spaces among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.copies import on_copies, outputs
from weirflow_datawrangler.models import decode
from weirflow_datawrangler.step import Mapper, Parameters, Step, Trained, UnmappedError, chosen
from weirflow_datawrangler.trained import by_column, holds, learned_of

_NUMERIC = {"Mean": "mean", "Approximate Median": "median_low"}
_BLANK = {"blank": "spaces"}


def _fill(node: VendorNode) -> Step:
    given = chosen(node)
    value = given.found.get("fill_value")
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise UnmappedError("it has no fill_value")
    made = {"value": str(value), "parse": True, **_BLANK}

    def make(names: Mapping[str, str]) -> list[Step]:
        return [Step("missing.fill", {"columns": list(names.values()), **made})]

    return on_copies(outputs(given, given.columns("input_column")), make)


def _drop(node: VendorNode) -> Step:
    given = chosen(node)
    dimension = given.found.get("dimension")
    if dimension not in {None, "", "Drop Rows"}:
        raise UnmappedError(f"dimension is '{dimension}'")
    of = given.inner("drop_rows_parameters") if dimension else given
    if not of.found.get("input_column"):
        return Step("missing.drop", {**_BLANK})
    return Step("missing.drop", {"columns": of.columns("input_column"), **_BLANK})


def _indicator(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    if given.optional("output_column") is None:
        return Step("missing.indicator", {"columns": columns, **_BLANK})
    steps = [
        Step("missing.indicator", {"columns": [c], **_BLANK, "output": new})
        for c, new in outputs(given, columns).items()
    ]
    return Step(steps[0].operator, steps[0].parameters, then=tuple(steps[1:]))


def _impute(node: VendorNode) -> Step:
    given = chosen(node)
    kind = given.choice("column_type", {"Numeric": "numeric", "Categorical": "categorical"}, "Numeric")
    of = given.inner(f"{kind}_parameters")
    return _impute_numbers(of) if kind == "numeric" else _impute_categories(of)


def _impute_categories(of: Parameters) -> Step:
    columns = of.columns("input_column")
    found = by_column(of, columns, {})

    def make(names: Mapping[str, str]) -> list[Step]:
        def read() -> Trained:
            assert found is not None
            return {"values": {names[c]: _surrogate(e.get("impute_value"), of) for c, e in found.items()}}

        made = {"columns": list(names.values()), **_BLANK, "strategy": "most_frequent"}
        return [Step("missing.impute", made, trained=None if found is None else read)]

    return on_copies(outputs(of, columns), make)


def _impute_numbers(of: Parameters) -> Step:
    """One model for all columns, or, in older files, a value for one, which makes its column one of fractions."""
    columns = of.columns("input_column")
    strategy = of.choice("strategy", _NUMERIC, "Mean")
    learned = learned_of(of)
    hashed = {"strategy": of.found.get("strategy")}
    entries = [e for e in (learned if isinstance(learned, list) else [learned]) if isinstance(e, Mapping)]
    entries = [e for e in entries if e and holds(e, of, hashed)]
    old = bool(entries) and all(e.get("impute_value") for e in entries)

    def make(names: Mapping[str, str]) -> list[Step]:
        made: dict[str, Any] = {"columns": list(names.values()), "strategy": strategy, "keep_type": True}
        if old:
            made = {**made, "strategy": {"median_low": "median"}.get(strategy, strategy), "keep_type": False}
        return [Step("missing.impute", made, trained=_numbers(entries, of, names) if entries else None)]

    return on_copies(_numeric_outputs(of, columns), make)


def _numeric_outputs(of: Parameters, columns: list[str]) -> dict[str, str]:
    """New columns one by one, as the service has them here: a list, or a name where there is one column."""
    given = of.found.get("output_column")
    if not isinstance(given, list) or not given:
        if of.optional("output_column") is not None and len(columns) > 1:
            raise UnmappedError("it names one output of several columns, which the service refuses")
        return outputs(of, columns)
    if len(given) != len(columns) or not all(isinstance(n, str) and n for n in given):
        raise UnmappedError("it does not name an output for each column")
    return dict(zip(columns, given, strict=True))


def _numbers(
    entries: list[Mapping[str, Any]], of: Parameters, names: Mapping[str, str]
) -> Callable[[], Trained]:
    def read() -> Trained:
        values: dict[str, Any] = {}
        for entry in entries:
            if entry.get("impute_value"):
                name = entry.get("input_column") or next(iter(names))
                values[name[0] if isinstance(name, list) else name] = float(entry["impute_value"])
            else:
                values |= decode(entry.get("imputer_model"), "ImputerModel").row
        return {"values": {new: _surrogate(values.get(c), of) for c, new in names.items()}}

    return read


def _surrogate(value: Any, given: Parameters) -> Any:
    if value is None or isinstance(value, (list, dict)):
        raise NodeError(f"its value for {given.node.title} is missing")
    return value


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.handle_missing", "Fill missing"): _fill,
    ("spark.handle_missing", "Drop missing"): _drop,
    ("spark.handle_missing", "Add indicator for missing"): _indicator,
    ("spark.handle_missing", "Impute"): _impute,
}
