"""Scalers and outliers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.models import decode, vector
from weirflow_datawrangler.step import Mapper, Parameters, Step, Trained, UnmappedError, chosen
from weirflow_datawrangler.trained import by_column


def _scale(node: VendorNode) -> Step:
    given = chosen(node)
    scaler = given.text("scaler")
    if scaler not in _SCALERS:
        raise UnmappedError(f"scaler is '{scaler}'")
    return _SCALERS[scaler](given.chosen("scaler"))


def _standard(given: Parameters) -> Step:
    center, scale = given.flag("center", default=False), given.flag("scale", default=True)

    def read(models: Mapping[str, Any]) -> Trained:
        rows = {c: decode(of.get("scaler_model"), "StandardScalerModel").row for c, of in models.items()}
        return {
            "mean": {c: _one(r["mean"]) for c, r in rows.items()} if center else {},
            "deviation": {c: _one(r["std"]) for c, r in rows.items()} if scale else {},
        }

    return _scaled(given, "scale.standard", {"center": center, "scale": scale}, read)


def _min_max(given: Parameters) -> Step:
    made = {"minimum": given.number("min", 0.0), "maximum": given.number("max", 1.0)}

    def read(models: Mapping[str, Any]) -> Trained:
        rows = {c: decode(of.get("scaler_model"), "MinMaxScalerModel").row for c, of in models.items()}
        return {
            "minimum": {c: _one(r["originalMin"]) for c, r in rows.items()},
            "maximum": {c: _one(r["originalMax"]) for c, r in rows.items()},
        }

    return _scaled(given, "scale.min_max", made, read)


def _robust(given: Parameters) -> Step:
    made = {
        "lower": given.number("lower_quantile", 0.25),
        "upper": given.number("upper_quantile", 0.75),
        "center": given.flag("centering", default=given.flag("center", default=False)),
        "scale": given.flag("scaling", default=given.flag("scale", default=True)),
    }
    return _scaled(
        given, "scale.robust", made, None, ("The service approximates the quantiles; here they are exact.",)
    )


def _max_abs(given: Parameters) -> Step:
    return _scaled(given, "scale.max_abs", {}, None)  # what the service stores for it is of another scaler


_SCALERS: Mapping[str, Callable[[Parameters], Step]] = {
    "Standard scaler": _standard,
    "Min-max scaler": _min_max,
    "Robust scaler": _robust,
    "Max absolute scaler": _max_abs,
    "Max-abs scaler": _max_abs,
}


def _one(value: object) -> float:
    found = vector(value)
    if len(found) != 1:
        raise NodeError(f"its model is of {len(found)} columns, and 1 was expected")
    return found[0]


def _scaled(
    given: Parameters,
    operator: str,
    made: dict[str, Any],
    read: Callable[[Mapping[str, Any]], Trained] | None,
    notes: tuple[str, ...] = (),
) -> Step:
    """A scaler in place, or of copies that come last."""
    columns = given.columns("input_column")
    output = given.optional("output_column")
    found = by_column(given, columns) if read is not None else None
    if output is None:
        trained = _read(read, found, {c: c for c in columns})
        return Step(operator, {"columns": columns, **made}, notes, trained)
    names = {c: output if len(columns) == 1 else f"{output}_{c}" for c in columns}
    copies = [Step("columns.duplicate", {"column": c, "output": n}) for c, n in names.items()]
    scale = Step(operator, {"columns": list(names.values()), **made}, notes, _read(read, found, names))
    first, *rest = [*copies, scale]
    return Step(first.operator, first.parameters, then=tuple(rest))


def _read(
    read: Callable[[Mapping[str, Any]], Trained] | None,
    found: Mapping[str, Mapping[str, Any]] | None,
    names: Mapping[str, str],
) -> Callable[[], Trained] | None:
    if read is None or found is None:
        return None
    return lambda: read({names[c]: of for c, of in found.items()})


_FIXES = {"Clip": "clip", "Remove": "remove", "Invalidate": "null"}


def _limits(given: Parameters, columns: Sequence[str]) -> Callable[[], Trained] | None:
    found = by_column(given, columns)
    if found is None:
        return None

    def read() -> Trained:
        made: dict[str, dict[str, float]] = {"lower": {}, "upper": {}}
        for name, of in found.items():
            for side, limits in made.items():
                value = of.get(f"{side}_threshold")
                if not isinstance(value, (int, float)):
                    raise NodeError(f"its {side} threshold of '{name}' is not a number")
                limits[name] = float(value)
        return made

    return read


def _outliers(operator: str, make: Callable[[Parameters], dict[str, Any]]) -> Mapper:
    def mapper(node: VendorNode) -> Step:
        given = chosen(node)
        columns = given.columns("input_column")
        if given.optional("output_column"):
            raise UnmappedError("it makes another column")
        fix = given.choice("fix_method", _FIXES, "Clip")
        made = {"columns": columns, **make(given), "fix": fix}
        if fix == "remove":
            made["drop_missing"] = True
        trained = None if operator == "outliers.range" else _limits(given, columns)
        return Step(operator, made, trained=trained)

    return mapper


def _deviations(given: Parameters) -> dict[str, Any]:
    return {"deviations": given.number("standard_deviations", 4.0)}


def _robust_deviations(given: Parameters) -> dict[str, Any]:
    return {
        **_deviations(given),
        "robust": True,
        "lower": given.number("lower_quantile", 0.25),
        "upper": given.number("upper_quantile", 0.75),
    }


def _quantiles(given: Parameters) -> dict[str, Any]:
    return {"lower": given.number("lower_quantile", 0.01), "upper": given.number("upper_quantile", 0.99)}


def _range(given: Parameters) -> dict[str, Any]:
    return {"minimum": given.number("lower_threshold"), "maximum": given.number("upper_threshold")}


def _rare(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    made: dict[str, Any] = {
        "columns": columns,
        "share": given.number("fraction_threshold", 0.005),
        "count": given.integer("absolute_threshold", 10),
        "replacement": given.optional("replacement_string") or "Other",
        "missing": True,
    }
    if most := given.integer("max_common_categories", 0):
        made["most"] = most
    found = by_column(given, columns)

    def read() -> Trained:
        assert found is not None
        return {"common": {c: list(of.get("common_categories") or ()) for c, of in found.items()}}

    return Step("outliers.rare", made, trained=read if found is not None else None)


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.process_numeric", "Scale values"): _scale,
    ("spark.handle_outliers", "Standard deviation numeric outliers"): _outliers(
        "outliers.standard_deviation", _deviations
    ),
    ("spark.handle_outliers", "Robust standard deviation numeric outliers"): _outliers(
        "outliers.standard_deviation", _robust_deviations
    ),
    ("spark.handle_outliers", "Quantile numeric outliers"): _outliers("outliers.quantile", _quantiles),
    ("spark.handle_outliers", "Min-max numeric outliers"): _outliers("outliers.range", _range),
    ("spark.handle_outliers", "Replace rare values"): _rare,
}
