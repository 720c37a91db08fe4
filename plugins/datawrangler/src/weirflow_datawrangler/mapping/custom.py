"""Code of the flow's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen

_TYPES = {
    "long": "bigint",
    "integer": "int",
    "int": "int",
    "float": "double",
    "double": "double",
    "string": "string",
    "bool": "boolean",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamp",
    "timestamp": "timestamp",
}


def _code(given: Parameters, *keys: str) -> str:
    return next((v for k in keys if isinstance(v := given.found.get(k), str)), "")


def _pandas(given: Parameters) -> Step:
    return Step("custom.pandas", {"code": _code(given, "code", "pandas_code"), "rules": "data_wrangler"})


def _pyspark(given: Parameters) -> Step:
    return Step("custom.pyspark", {"code": _code(given, "code", "pyspark_code")})


def _sql(given: Parameters) -> Step:
    query = _code(given, "code", "sql", "sql_code", "query").strip().rstrip(";")
    if not query:
        raise UnmappedError("it has no query")
    return Step("custom.sql", {"query": query, "dialect": "spark"})


def _function(given: Parameters) -> Step:
    """A function of the user's, for each value or for a whole series, as Spark runs it."""
    column = given.text("input_col")
    output = given.optional("output_col") or column
    mode = given.choice("udf_mode", {"Pandas": "pandas_udf", "Python": "udf"}, "Pandas")
    kind = given.choice("return_type", _TYPES, "string")
    quoted = "`" + column.replace("`", "``") + "`"
    lines = [
        f"from pyspark.sql.functions import {mode}",
        "",
        _code(given, "pandas_code", "code").strip("\n"),
        "",
        f"df = df.withColumn({output!r}, {mode}(custom_func, {kind!r})(df[{quoted!r}]))",
    ]
    return Step("custom.pyspark", {"code": "\n".join(lines) + "\n"})


_KINDS: tuple[tuple[str, str, Callable[[Parameters], Step]], ...] = (
    ("udf", "udf_parameters", _function),
    ("function", "udf_parameters", _function),
    ("sql", "sql_parameters", _sql),
    ("pyspark", "pyspark_parameters", _pyspark),
    ("pandas", "pandas_parameters", _pandas),
)
"""A word of the label, where the parameters lie, and what becomes of them. The first that fits counts."""


def _custom_code(node: VendorNode) -> Step:
    label = (node.label or "").lower()
    for word, key, mapper in _KINDS:
        if word in label:
            under = node.parameters.get(key)
            return mapper(Parameters(under if isinstance(under, Mapping) else node.chosen, node))
    raise UnmappedError(f"its code is of the kind '{node.label}'")


def _formula(node: VendorNode) -> Step:
    given = chosen(node)
    return Step("custom.formula", {"formula": given.text("formula"), "output": given.text("output_column")})


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.custom_pandas", None): lambda node: _pandas(chosen(node)),
    ("spark.custom_pyspark", None): lambda node: _pyspark(chosen(node)),
    ("spark.custom_sql", None): lambda node: _sql(chosen(node)),
    ("spark.custom_formula", None): _formula,
    ("spark.custom_code", None): _custom_code,
}
