"""Series in time. Keys of the vendor's are written in several ways there: with spaces, and with prefixes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen

_PREFIX = re.compile(r"hm[a-z]{2}_")  # of handle missing: hmac_ along a column, another within a cell
_DAY = "last_day"  # as pandas names weeks, months, quarters and years
_UNITS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("microsecond", "microseconds"), ("us", "")),
    **dict.fromkeys(("millisecond", "milliseconds"), ("ms", "")),
    **dict.fromkeys(("second", "seconds", "secondly"), ("s", "")),
    **dict.fromkeys(("minute", "minutes", "minutely"), ("m", "")),
    **dict.fromkeys(("hour", "hours", "hourly"), ("h", "")),
    **dict.fromkeys(("day", "days", "daily", "calendar day"), ("d", "")),
    **dict.fromkeys(("business day", "business days", "business daily"), ("b", "")),
    **dict.fromkeys(("week", "weeks", "weekly"), ("w", _DAY)),
    **dict.fromkeys(("month", "months", "monthly", "month end"), ("mo", _DAY)),
    "month start": ("mo", "first_day"),
    **dict.fromkeys(("quarter", "quarters", "quarterly", "quarter end"), ("q", _DAY)),
    "quarter start": ("q", "first_day"),
    **dict.fromkeys(("year", "years", "yearly", "annual", "annually", "year end", "annual end"), ("y", _DAY)),
    **dict.fromkeys(("year start", "annual start"), ("y", "first_day")),
}
"""What steps are called, as in pandas' table of offsets, with the day that stands for the longer ones."""
_MINIMAL = [
    "sum_values", "median", "mean", "length", "standard_deviation", "variance", "maximum", "minimum",
]  # fmt: skip
"""The eight features of the vendor's, which has an older tsfresh."""
_NUMERIC = {w: w for w in ("mean", "median", "min", "max", "sum", "first", "last")} | {
    "minimum": "min",
    "maximum": "max",
    "most common": "most_frequent",
}
_OTHER = {"most common": "most_frequent", "first": "first", "last": "last"}
_FORWARD = dict.fromkeys(("ffill", "pad", "forward fill", "forward"), "forward")
_BACKWARD = dict.fromkeys(("bfill", "backfill", "backward fill", "backward"), "backward")
_STRATEGIES = {
    **dict.fromkeys(("constant value", "constant"), "constant"),
    **dict.fromkeys(
        ("most common", "most common value", "most frequent", "most frequent value"), "most_frequent"
    ),
    **_FORWARD,
    **_BACKWARD,
    **dict.fromkeys(("interpolate", "interpolation"), "interpolate"),
}


def _same(label: str) -> str:
    """A label or key without regard to case, underscores and hyphens."""
    return " ".join(re.split(r"[\s_-]+", label.strip().lower()))


def _absent(value: object) -> bool:
    return value is None or value in ("", [], {})


def _choice(given: Parameters, key: str, choices: Mapping[str, str], default: str | None) -> str:
    value = given.found.get(key)
    if _absent(value):
        if default is None:
            raise UnmappedError(f"it has no {key}")
        return default
    if isinstance(value, str) and _same(value) in choices:
        return choices[_same(value)]
    raise UnmappedError(f"{key} is '{value}'")


def _key(given: Parameters, *keys: str) -> str:
    """Whichever of these keys there is; the first where there is none."""
    return next((k for k in keys if not _absent(given.found.get(k))), keys[0])


def _section(given: Parameters, key: str, label: str) -> Parameters:
    """The parameters of a choice: `entire_window: true` has them under `entire_window_True_parameters`."""
    wanted = _same(f"{key} {label} parameters")
    found = next((v for k, v in given.found.items() if _same(k) == wanted), None)
    return replace(given, found=found if isinstance(found, Mapping) else {})


def _require_known(given: Parameters, *known: str) -> None:
    """Raise UnmappedError where there is an option that nothing here reads; those of other choices stay in files."""
    for key, value in given.found.items():
        if key not in known and not _same(key).endswith(" parameters") and not _absent(value):
            raise UnmappedError(f"it has {key}, of which nothing is known")


def _order(given: Parameters, *, time: bool = False) -> dict[str, Any]:
    """What orders rows and tells series apart."""
    made: dict[str, Any] = {}
    if given.found.get("timestamp_column") or time:
        made["time"] = given.text("timestamp_column")
    if given.found.get("id_column"):
        made["by"] = given.columns("id_column")
    return made


def _chain(steps: Iterable[Step]) -> Step:
    first, *rest = steps
    return replace(first, then=tuple(rest))


def _frequency(given: Parameters) -> tuple[str, str]:
    """A step as ours, and the day that stands for it, if any."""
    inner = given.inner("frequency")
    of = inner if inner.found else given
    key = _key(of, "offset_description", "frequency_unit", "frequency_type", "frequency", "unit")
    value = of.found.get(key)
    if not isinstance(value, str) or not value:
        raise UnmappedError("it has no frequency")
    unit = _UNITS.get(_same(value))
    if unit is None:
        raise UnmappedError(f"{key} is '{value}'")
    quantity = of.integer(_key(of, "quantity", "frequency_quantity"), 1)
    if quantity < 1:
        raise UnmappedError(f"quantity is {quantity}")
    return f"{quantity}{unit[0]}", unit[1]


# ---------------------------------------------------------------------- along time


def _missing(node: VendorNode) -> Step:
    outer = chosen(node)
    label = outer.found.get("hm_input_type")
    if not isinstance(label, str) or not label:
        raise UnmappedError("it has no hm_input_type")
    inner = _section(outer, "hm_input_type", label)
    given = replace(inner, found={_PREFIX.sub("", k, count=1): v for k, v in inner.found.items()})
    kinds = ("sequence_column", "strategy", "leftovernans", "output_column")
    _require_known(given, *kinds, "id_column", "timestamp_column", "threshold", "custom_value")
    columns = given.columns("sequence_column")
    made: dict[str, Any] = {"columns": columns}
    if "cell" in label.lower():
        made["within"] = "cell"
    elif "column" in label.lower():
        made |= _order(given, time=True) | {"sort": True}
    else:
        raise UnmappedError(f"hm_input_type is '{label}'")
    made |= _strategy(given)
    if (output := given.optional("output_column")) and made["strategy"] != "drop":
        made["output"] = output
    return Step("series.fill", made)


def _strategy(given: Parameters) -> dict[str, Any]:
    label = given.found.get("strategy")
    inner = _section(given, "strategy", str(label))
    options = {_PREFIX.sub("", k, count=1): v for k, v in {**given.found, **inner.found}.items()}
    of = replace(given, found=options)
    if isinstance(label, str) and _same(label).startswith("drop"):
        share = of.number(next((k for k in options if "threshold" in k), "threshold"))
        if not 0 <= share <= 1:
            raise UnmappedError(f"its threshold is {share:g}")
        return {"strategy": "drop", "share": share}
    strategy = _choice(given, "strategy", _STRATEGIES, None)
    if strategy == "constant":
        value = of.found.get("custom_value")
        if _absent(value) or isinstance(value, (bool, list, dict)):
            raise UnmappedError("it has no custom_value")
        return {"strategy": strategy, "value": str(value), "parse": True}
    made: dict[str, Any] = {"strategy": strategy}
    if strategy == "interpolate":
        methods = {"linear": "linear"} | ({"time": "time"} if given.found.get("timestamp_column") else {})
        made["method"] = _choice(of, "interpolation_technique", methods, "linear")
    leftover = given.found.get("leftovernans")
    if not _absent(leftover):
        words = _same(str(leftover)).replace("/", " ")
        if "forward" in words and "backward" in words:
            made["leftover"] = "forward_backward"
        elif not words.startswith(("leave", "keep", "none")):
            raise UnmappedError(f"leftovernans is '{leftover}'")
    return made


def _resample(node: VendorNode) -> Step:
    given = chosen(node)
    known = ("timestamp_column", "id_column", "frequency", "downsample", "upsample")
    _require_known(given, *known, "offset_description", "frequency_unit", "quantity", "frequency_quantity")
    down, up = given.inner("downsample"), given.inner("upsample")
    every, day = _frequency(given)
    made = _order(given, time=True) | {"every": every}
    if day:
        made["day"] = day
    made["numeric"] = _choice(down, "numeric", _NUMERIC, "mean")
    made["other"] = _choice(down, "non_numeric", _OTHER, "most_frequent")
    made["fill_numeric"] = _choice(up, "numeric", {"linear": "linear", **_FORWARD, **_BACKWARD}, "linear")
    made["fill_other"] = _choice(up, "non_numeric", {**_FORWARD, **_BACKWARD}, "forward")
    return Step("series.resample", made)


def _lag(node: VendorNode) -> Step:
    given = chosen(node)
    _require_known(
        given,
        "lag",
        "entire_window",
        "drop_rows",
        "flatten",
        "sequence_column",
        "id_column",
        "timestamp_column",
    )
    lag = given.integer("lag")
    if lag < 1:
        raise UnmappedError(f"its lag is {lag}")
    made: dict[str, Any] = {
        "columns": given.columns("sequence_column"),
        "lag": lag,
        **_order(given),
        "sort": True,
    }
    if given.flag("entire_window", default=False):
        inner = _section(given, "entire_window", "True")
        of = inner if "flatten" in inner.found else given
        made |= {"window": True, "to": "columns" if of.flag("flatten", default=False) else "list"}
    if given.flag("drop_rows", default=False):
        made["drop"] = True
    return Step("series.lag", made)


_SUBSETS = {
    **dict.fromkeys(("minimal subset", "minimal"), "minimal"),
    **dict.fromkeys(("efficient subset", "efficient"), "efficient"),
    **dict.fromkeys(("manual subset", "manual"), "manual"),
    **dict.fromkeys(("all features", "all", "comprehensive"), "comprehensive"),
}


def _features(given: Parameters) -> tuple[str, dict[str, Any]]:
    """The subset of features, and how the minimal one is asked for."""
    subset = _choice(given, "strategy", _SUBSETS, None)
    flat = given.flag("flatten", default=False)
    if subset != "minimal" and not flat:
        raise UnmappedError(f"the features of its {subset} subset are not columns")
    return subset, {"features": _MINIMAL, "to": "columns" if flat else "list"}


def _rolling(node: VendorNode) -> Step:
    given = chosen(node)
    known = ("window_size", "flatten", "strategy", "sequence_column", "id_column", "timestamp_column")
    _require_known(given, *known, "output_column")
    columns, size = given.columns("sequence_column"), given.integer("window_size")
    if size < 1:
        raise UnmappedError(f"its window_size is {size}")
    output = given.optional("output_column")
    # so many rows before this one, and this one
    subset, features = _features(given)
    more = {"window": size + 1, **_order(given), "sort": True}
    names = {c: _named(output, c, columns) or f"{c}_window_{size}" for c in columns}
    if subset == "manual":
        raise UnmappedError("its features are chosen by hand")
    if subset == "minimal":
        return _chain(
            Step("series.rolling", {"columns": [c], **more, **features, "output": n})
            for c, n in names.items()
        )
    steps: list[Step] = []
    for column, name in names.items():
        steps += [
            Step("series.rolling", {"columns": [column], **more, "to": "values", "output": name}),
            Step("series.extract_features", {"columns": [name], "subset": subset}),
            Step("columns.drop", {"columns": [name]}),
        ]
    return _chain(steps)


def _named(output: str | None, column: str, columns: list[str]) -> str | None:
    return output if output is None or len(columns) == 1 else f"{output}_{column}"


# ---------------------------------------------------------------------- lists


def _extract_features(node: VendorNode) -> Step:
    given = chosen(node)
    known = ("strategy", "flatten", "sequence_column", "input_column", "output_column", "features")
    _require_known(given, *known)
    columns = given.columns(_key(given, "sequence_column", "input_column"))
    output = given.optional("output_column")
    subset, more = _features(given)
    operator = "series.features" if subset == "minimal" else "series.extract_features"
    if subset == "manual":
        more = {"subset": "comprehensive", "features": given.columns("features")}
    elif subset != "minimal":
        more = {"subset": subset}
    steps = []
    for column in columns:
        name = _named(output, column, columns)
        steps.append(
            Step(operator, {"columns": [column], **more, **({} if name is None else {"output": name})})
        )
    return _chain(steps)


def _group(node: VendorNode) -> Step:
    given = chosen(node)
    ids = (
        "id_column",
        "group_by_column",
        "groupby_column",
        "group_by",
        "group_by_this_column",
        "input_column",
    )
    many = ("sequence_columns", "sequence_column", "apply_to_columns", "apply_to", "columns", "input_columns")
    ends = {
        end: tuple(f"{w}{end}_{t}" for w in ("include_", "add_", "") for t in ("time", "timestamp"))
        for end in ("start", "end")
    }
    _require_known(given, "timestamp_column", *ids, *many, *ends["start"], *ends["end"])
    made = {
        "by": given.columns(_key(given, *ids)),
        **({"time": given.text("timestamp_column")} if given.found.get("timestamp_column") else {}),
        "columns": given.columns(_key(given, *many)),
    }
    for end, keys in ends.items():
        if given.flag(_key(given, *keys), default=False):
            if "time" not in made:
                raise UnmappedError("it has no timestamp_column")
            made[end] = f"{end.capitalize()}_time"
    return Step("series.group", made)


def _length(node: VendorNode) -> Step:
    given = chosen(node)
    _require_known(given, "cutoff_quantile", "flatten", "sequence_column", "input_column", "output_column")
    columns = given.columns(_key(given, "sequence_column", "input_column"))
    quantile = given.number("cutoff_quantile")
    if not 0 <= quantile <= 1:
        raise UnmappedError(f"its cutoff_quantile is {quantile:g}")
    to = "columns" if given.flag("flatten", default=False) else "list"
    output = given.optional("output_column")
    steps = []
    for column in columns:
        name = _named(output, column, columns)
        named = {} if name is None else {"output": name}
        steps.append(
            Step("series.set_length", {"columns": [column], "quantile": quantile, "to": to, **named})
        )
    return _chain(steps)


def _range(node: VendorNode) -> Step:
    given = chosen(node)
    starts = ("start_timestamp", "starting_timestamp", "start_time", "start_datetime", "start")
    units = ("frequency", "offset_description", "frequency_unit", "frequency_type", "unit")
    _require_known(given, *starts, *units, "quantity", "frequency_quantity", "output_column")
    start = given.text(_key(given, *starts))
    try:
        aware = datetime.fromisoformat(start.strip()).tzinfo is not None
    except ValueError:
        raise UnmappedError("its first moment is not written as ISO 8601 has it") from None
    if aware:
        raise UnmappedError("its first moment has an offset from UTC")
    every, day = _frequency(given)
    made = {"start": start, "every": every, "output": given.text("output_column")}
    return Step("dates.range", made | ({"on": day} if day else {}))


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.time_series", label): mapper
    for label, mapper in (
        ("Handle missing", _missing),
        ("Resample", _resample),
        ("Lag features", _lag),
        ("Rolling window features", _rolling),
        ("Extract features", _extract_features),
        ("Group by", _group),
        ("Standardize length", _length),
        ("Datetime range", _range),
    )
}
