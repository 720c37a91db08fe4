"""Python snippets of the flow's own, on pandas frames."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
from pydantic import Field

from weirflow.api import Effect, Inputs, NodeError, Transform
from weirflow_tabular.pandas_text import literal

if TYPE_CHECKING:
    from weirflow.api import PandasCode, Schema, Table

_NUMPY_TYPES = """
def numpy_types(df: pd.DataFrame) -> pd.DataFrame:
    \"\"\"A copy with NumPy's types: text as objects, integers with gaps as floats.\"\"\"
    df = df.copy()
    for name, values in df.items():
        kind = values.dtype.kind
        if kind in "iu":
            exact = values.dtype.name.lower()
            df[name] = values.astype("float64" if values.hasnans else exact)
        elif kind == "b" and not values.hasnans:
            df[name] = values.astype("bool")
        elif kind in "bO" or isinstance(values.dtype, pd.ArrowDtype):
            df[name] = values.astype("object").where(values.notna(), None)
    return df
"""
_NULLABLE_TYPES = """
def nullable_types(df: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    \"\"\"Unchanged columns get their types back, and objects the type they hold.\"\"\"
    df = df.reset_index(drop=True).rename(columns=str)
    old = numpy_types(before)
    for name, values in df.items():
        if name in old and values.equals(old[name]):
            df[name] = before[name]
        elif values.dtype == "object":
            df[name] = values.convert_dtypes()
    return df
"""


_BLANK_EMPTY = """
def blank_empty(df: pd.DataFrame) -> pd.DataFrame:
    \"\"\"Columns without any value hold empty text.\"\"\"
    return df.assign(**dict.fromkeys(df.columns[df.isna().all()], "")) if len(df) else df
"""


def _parsed(code: str) -> ast.Module:
    try:
        return ast.parse(code)
    except SyntaxError as error:
        raise NodeError(
            f"line {error.lineno} of the snippet is not Python: {error.msg}", code="WF608"
        ) from None


_CODE = "the snippet, in Python; it is never interpolated"


class CustomPandas(Transform):
    """Run a pandas snippet on the whole table: a frame called `df` in, and `df` out. Needs --allow-code.

    `pd` and `np` are there. Columns are as pandas gave them before version 3: text as objects, integers with
    missing values as floats, dates as objects. Columns that the snippet leaves alone keep their types; of the
    others, objects of text become text, and objects of several types become text as well. Missing values of
    every sort become null. What it prints is shown with the node.
    """

    operator = "custom.pandas"
    holds_table = True
    ordered = True
    runs_code = True

    code: str = Field(description=_CODE)
    rules: Literal["pandas", "data_wrangler"] = Field(
        default="pandas",
        description="with `data_wrangler`, columns without any value become empty text, and names that pandas and "
        "NumPy have removed since its versions (`append`, `np.int`) are there",
    )

    def effect(self, schema: Schema) -> Effect:
        """Nothing can be said but that it is Python."""
        del schema
        _parsed(self.code)
        return Effect.unknown()

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Run the snippet."""
        from weirflow_tabular.snippet import run_snippet

        _parsed(self.code)
        frame = inputs.table.collect(backend="polars").to_native()
        return nw.from_native(
            run_snippet(self.code, frame, data_wrangler=self.rules == "data_wrangler").lazy()
        )

    def to_pandas(self, code: PandasCode) -> None:
        """The snippet itself."""
        tree = _parsed(self.code)
        if not tree.body:
            code.skip()
            return
        starred = any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in ast.walk(tree))
        if starred or any(isinstance(n, ast.Global) for n in ast.walk(tree)):
            code.refuse("the snippet imports * or uses global names, which a function cannot")
            return
        code.use("import pandas as pd")
        if re.search(r"\bnp\.", self.code):
            code.use("import numpy as np")
        code.describe("Code of the flow's own")
        plain, nullable = code.helper(_NUMPY_TYPES), code.helper(_NULLABLE_TYPES)
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        before = "before"
        while before in used:
            before += "_"
        dates = [c.name for c in code.schema if c.dtype is not None and c.dtype.kind == "date"]
        if dates:  # what comes after it cannot tell which of the columns are dates
            code.write(f"df = df.astype({literal(dict.fromkeys(dates, 'date32[pyarrow]'))})")
        code.write(f"{before} = df\ndf = {plain}(df)")
        # a text over several lines would change with the function's indentation
        code.write(ast.unparse(tree) if _has_long_text(tree) else self.code)
        if self.rules == "data_wrangler":
            code.write(f"df = {code.helper(_BLANK_EMPTY)}(df)")
        code.write(f"df = {nullable}(df, {before})")


class CustomPyspark(Transform):
    """Run a PySpark snippet on the whole table: a Spark frame called `df` in, and `df` out. Needs --allow-code.

    It runs on a Spark of its own on this machine (extra `spark`, and Java 17 or newer), not in ANSI mode and in UTC:
    what cannot be cast is null. `spark` is the session. Datetimes are timestamps there, and come back without a time
    zone unless they had one; vectors come back as lists. What it prints is shown with the node. Rows keep the order
    that Spark gives them.
    """

    operator = "custom.pyspark"
    holds_table = True
    ordered = True
    runs_code = True

    code: str = Field(description=_CODE)

    def effect(self, schema: Schema) -> Effect:
        """Nothing can be said but that it is Python."""
        del schema
        _parsed(self.code)
        return Effect.unknown()

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Run the snippet."""
        from weirflow_tabular.spark_code import run_spark_snippet

        _parsed(self.code)
        frame = inputs.table.collect(backend="polars").to_native()
        return nw.from_native(run_spark_snippet(self.code, frame).lazy())


def _has_long_text(tree: ast.AST) -> bool:
    def long(node: Any) -> bool:
        return isinstance(node, (ast.Constant, ast.JoinedStr)) and node.end_lineno != node.lineno

    return any(long(n) for n in ast.walk(tree))
