"""`example.squeeze_spaces`: a Transform, which learns nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import narwhals as nw

from weirflow.api import Columns, Effect, Field, Inputs, Made, NodeError, PandasCode, Schema, Transform

if TYPE_CHECKING:
    from weirflow.api import Table

# spelled out, since what \s stands for differs from engine to engine
WHITE_SPACE = r"[ \t\r\n]+"


class SqueezeSpaces(Transform):
    """Trim text columns and turn runs of white space into single spaces.

    White space means spaces, tabs and line ends. What typing and copying leave behind would otherwise make
    two categories of one: `New  York ` and `New York`.
    """

    operator: ClassVar[str] = "example.squeeze_spaces"

    columns: Columns = Field(description="text columns to tidy")

    def effect(self, schema: Schema) -> Effect:
        """Each column is changed in place and keeps its type. Only text will do."""
        for column in self.columns:
            dtype = schema.dtype(column)
            if dtype is not None and dtype.kind != "string":
                raise NodeError(
                    f"column '{column}' is of type {dtype}, and text was expected",
                    hint="leave it out, or choose columns with {type: string}",
                )
        return Effect(makes={c: Made(of=(c,), dtype=schema.dtype(c)) for c in self.columns})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """The table with tidy columns. Nulls stay nulls."""
        return inputs.table.with_columns(
            nw.col(c).str.replace_all(WHITE_SPACE, " ").str.strip_chars(" ") for c in self.columns
        )

    def to_pandas(self, code: PandasCode) -> None:
        """Do the same in pandas."""
        code.write(
            f"""
            for column in {list(self.columns)!r}:
                tidy = df[column].str.replace(r"{WHITE_SPACE}", " ", regex=True).str.strip(" ")
                df = df.assign(**{{column: tidy}})
            """
        )
