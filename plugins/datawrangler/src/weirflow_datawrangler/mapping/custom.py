"""Code of the flow's own."""

from __future__ import annotations

from collections.abc import Mapping

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Parameters, Step, chosen


def _pandas(node: VendorNode) -> Step:
    return _snippet(chosen(node))


def _custom_pandas(node: VendorNode) -> Step:
    return _snippet(Parameters(node.chosen or node.parameters.get("pandas_parameters") or {}, node))


def _snippet(given: Parameters) -> Step:
    code = given.found.get("code")
    return Step("custom.pandas", {"code": code if isinstance(code, str) else ""})


def _formula(node: VendorNode) -> Step:
    given = chosen(node)
    return Step("custom.formula", {"formula": given.text("formula"), "output": given.text("output_column")})


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.custom_pandas", None): _pandas,
    ("spark.custom_formula", None): _formula,
    ("spark.custom_code", "Python (Pandas)"): _custom_pandas,
}
