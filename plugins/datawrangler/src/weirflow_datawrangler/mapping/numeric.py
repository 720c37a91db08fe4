"""Scalers and outliers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.copies import on_copies, outputs
from weirflow_datawrangler.models import decode, kind_of, vector
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

    hashed = _raw(given, "center", "scale")
    return _scaled(given, "scale.standard", {"center": center, "scale": scale}, read, hashed)


def _min_max(given: Parameters) -> Step:
    made = {"minimum": given.number("min", 0.0), "maximum": given.number("max", 1.0)}

    def read(models: Mapping[str, Any]) -> Trained:
        rows = {c: decode(of.get("scaler_model"), "MinMaxScalerModel").row for c, of in models.items()}
        return {
            "minimum": {c: _one(r["originalMin"]) for c, r in rows.items()},
            "maximum": {c: _one(r["originalMax"]) for c, r in rows.items()},
        }

    return _scaled(given, "scale.min_max", made, read, _raw(given, "min", "max"))


def _robust(given: Parameters) -> Step:
    made = {
        "lower": given.number("lower_quantile", 0.25),
        "upper": given.number("upper_quantile", 0.75),
        "center": given.flag("centering", default=given.flag("center", default=False)),
        "scale": given.flag("scaling", default=given.flag("scale", default=True)),
        "quantiles": "element",
    }

    def read(models: Mapping[str, Any]) -> Trained:
        rows = {c: decode(of.get("scaler_model"), "RobustScalerModel").row for c, of in models.items()}
        return {
            "median": {c: _one(r["median"]) for c, r in rows.items()} if made["center"] else {},
            "range": {c: _one(r["range"]) for c, r in rows.items()} if made["scale"] else {},
        }

    hashed = _raw(given, "center", "scale", "lower_quantile", "upper_quantile")
    return _scaled(given, "scale.robust", made, read, hashed, _APPROXIMATED)


def _max_abs(given: Parameters) -> Step:
    def read(models: Mapping[str, Any]) -> Trained:
        rows = {c: decode(of.get("scaler_model"), "MaxAbsScalerModel").row for c, of in models.items()}
        return {"largest": {c: _one(r["maxAbs"]) for c, r in rows.items()}}

    # what the service stores for it is of another scaler, and is learned anew each time
    found = by_column(given, given.columns("input_column"), _raw(given)) or {}
    known = bool(found) and all(
        kind_of(of.get("scaler_model")) == "MaxAbsScalerModel" for of in found.values()
    )
    return _scaled(given, "scale.max_abs", {}, read if known else None, _raw(given))


def _raw(given: Parameters, *keys: str) -> dict[str, Any]:
    """What the service takes the hash of: parameters as they are, and the column."""
    column = given.found.get("input_column")
    return {
        "input_column": column[0] if isinstance(column, list) and len(column) == 1 else column,
        **{key: given.found.get(key) for key in keys},
    }


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
    hashed: Mapping[str, Any],
    notes: tuple[str, ...] = (),
) -> Step:
    """A scaler in place, or of copies that come last."""
    columns = given.columns("input_column")
    found = by_column(given, columns, hashed) if read is not None else None

    def make(names: Mapping[str, str]) -> list[Step]:
        trained = _read(read, found, names)
        return [Step(operator, {"columns": list(names.values()), **made}, () if trained else notes, trained)]

    return on_copies(outputs(given, columns), make)


def _read(
    read: Callable[[Mapping[str, Any]], Trained] | None,
    found: Mapping[str, Mapping[str, Any]] | None,
    names: Mapping[str, str],
) -> Callable[[], Trained] | None:
    if read is None or found is None:
        return None
    return lambda: read({names[c]: of for c, of in found.items()})


_APPROXIMATED = (
    "The service approximates quantiles of more than a thousand rows, by a tenth of a percent of the rows.",
)

_FIXES = {"Clip": "clip", "Remove": "remove", "Invalidate": "null"}


def _limits(found: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> Callable[[], Trained]:
    def read() -> Trained:
        made: dict[str, dict[str, float]] = {"lower": {}, "upper": {}}
        for name, new in names.items():
            for side, limits in made.items():
                value = found[name].get(f"{side}_threshold")
                if not isinstance(value, (int, float)):
                    raise NodeError(f"its {side} threshold of '{name}' is not a number")
                limits[new] = float(value)
        return made

    return read


def _outliers(
    operator: str, make: Callable[[Parameters], dict[str, Any]], *hashed: str, notes: tuple[str, ...] = ()
) -> Mapper:
    def mapper(node: VendorNode) -> Step:
        given = chosen(node)
        columns = given.columns("input_column")
        fix = given.choice("fix_method", _FIXES, "Clip")
        options = make(given)
        made = {**options, "fix": fix}
        if fix == "remove":
            made["drop_missing"] = True
        raw = {key: options.get(key.removesuffix("_quantile"), given.found.get(key)) for key in hashed}
        found = by_column(given, columns, raw) if hashed else None

        def step(names: Mapping[str, str]) -> Step:
            trained = None if found is None else _limits(found, names)
            told = () if trained else notes
            return Step(operator, {"columns": list(names.values()), **made}, told, trained)

        def steps(names: Mapping[str, str]) -> list[Step]:
            if fix != "remove":
                return [step(names)]
            # rows that went for the first column teach the next one nothing
            return [step({old: new}) for old, new in names.items()]

        return on_copies(outputs(given, columns), steps)

    return mapper


def _deviations(given: Parameters) -> dict[str, Any]:
    return {"deviations": given.number("standard_deviations", 4.0)}


def _robust_deviations(given: Parameters) -> dict[str, Any]:
    return {
        **_deviations(given),
        "robust": True,
        "lower": given.number("lower_quantile", 0.25),
        "upper": given.number("upper_quantile", 0.75),
        "quantiles": "element",
    }


def _quantiles(given: Parameters) -> dict[str, Any]:
    return {
        "lower": given.number("lower_quantile", 0.01),
        "upper": given.number("upper_quantile", 0.99),
        "quantiles": "element",
    }


def _range(given: Parameters) -> dict[str, Any]:
    return {"minimum": given.number("lower_threshold"), "maximum": given.number("upper_threshold")}


def _rare(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns("input_column")
    replacement = given.found.get("replacement_string")
    made: dict[str, Any] = {
        "share": given.number("fraction_threshold", 0.005),
        "count": given.integer("absolute_threshold", 10),
        "most": given.integer("max_common_categories", 0) or None,
        "replacement": None if replacement is None else str(replacement),
        "missing": True,
        "as_text": True,
    }
    hashed = {
        "replacement_string": replacement,
        "absolute_threshold": made["count"],
        "fraction_threshold": made["share"],
        "max_common_categories": made["most"] or 0,
    }
    found = by_column(given, columns, hashed)

    def make(names: Mapping[str, str]) -> list[Step]:
        def read() -> Trained:
            assert found is not None
            return {
                "common": {
                    names[c]: [_text(v) for v in of.get("common_categories") or () if v is not None]
                    for c, of in found.items()
                }
            }

        step = {"columns": list(names.values()), **made}
        return [Step("outliers.rare", step, trained=read if found is not None else None)]

    return on_copies(outputs(given, columns), make)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.process_numeric", "Scale values"): _scale,
    ("spark.handle_outliers", "Standard deviation numeric outliers"): _outliers(
        "outliers.standard_deviation", _deviations, "standard_deviations", "fix_method"
    ),
    ("spark.handle_outliers", "Robust standard deviation numeric outliers"): _outliers(
        "outliers.standard_deviation",
        _robust_deviations,
        "fix_method",
        "lower_quantile",
        "upper_quantile",
        "standard_deviations",
        notes=_APPROXIMATED,
    ),
    ("spark.handle_outliers", "Quantile numeric outliers"): _outliers(
        "outliers.quantile", _quantiles, "fix_method", "lower_quantile", "upper_quantile", notes=_APPROXIMATED
    ),
    ("spark.handle_outliers", "Min-max numeric outliers"): _outliers("outliers.range", _range),
    ("spark.handle_outliers", "Replace rare values"): _rare,
}
