"""Whether text is as it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from weirflow.api import BOOLEAN, Columns, DType, Effect, NewColumn
from weirflow_tabular.pandas_text import assign, column, literal
from weirflow_tabular.spark_text import WRITTEN
from weirflow_tabular.text_edit import COLUMNS, NativeEdit, by_value
from weirflow_tabular.text_find import retyped

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema

_TESTS: Mapping[str, Callable[[str], bool]] = {
    "alphanumeric": str.isalnum,
    "letters": str.isalpha,
    "digits": str.isdigit,
    "space": str.isspace,
    "title": str.istitle,
    "lower": str.islower,
    "upper": str.isupper,
    "numeric": str.isnumeric,
    "decimal": str.isdecimal,
}
"""What is said of all characters, by Python's knowledge of them."""


class ValidateText(NativeEdit):
    """Say of each text whether it is as it should be: of some length, beginning or ending, or kind of characters.

    The kinds are those of Python: `numeric` has fractions and numbers of other scripts besides the `digits`, and
    these have superscripts besides the `decimal` ones; `title`, `lower` and `upper` look at letters alone, of which
    there must be one; empty text is of no kind. Null stays null.
    """

    operator = "text.validate"
    _dtype: ClassVar[DType] = BOOLEAN

    columns: Columns = Field(description=COLUMNS)
    check: Literal[
        "length",
        "starts_with",
        "ends_with",
        "alphanumeric",
        "letters",
        "digits",
        "space",
        "title",
        "lower",
        "upper",
        "numeric",
        "decimal",
    ] = Field(description="what to look at")
    text: str | None = Field(default=None, min_length=1, description="what text starts or ends with")
    minimum: int | None = Field(default=None, ge=0, description="fewest characters, of a length")
    maximum: int | None = Field(default=None, ge=0, description="most characters, of a length")
    type: Literal["boolean", "int64"] = Field(default="boolean", description="true and false, or 1 and 0")
    output: NewColumn | None = Field(
        default=None,
        description="name of a new column, put last, for one column; by default the text is replaced by the answer",
    )
    as_text: bool = Field(default=False, description=WRITTEN)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.text is None) == (self.check in {"starts_with", "ends_with"}):
            raise ValueError("`text` is what `starts_with` and `ends_with` need, and no other check takes")
        bounded = self.minimum is not None or self.maximum is not None
        if bounded != (self.check == "length"):
            raise ValueError("`minimum` or `maximum` is what `length` needs, and no other check takes")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, or one new column."""
        return retyped(super().effect(schema), DType(self.type))

    def _native(self, text: pl.Expr) -> pl.Expr:
        import polars as pl

        if self.check == "length":
            size = text.str.len_chars()
            answer = size >= (self.minimum or 0)
            if self.maximum is not None:
                answer = answer & (size <= self.maximum)
        elif self.text is not None:
            starts = self.check == "starts_with"
            answer = text.str.starts_with(self.text) if starts else text.str.ends_with(self.text)
        else:
            answer = by_value(text, _TESTS[self.check], pl.Boolean())
        return answer.cast(pl.Int64) if self.type == "int64" else answer

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.isalnum` and the like."""
        code.describe(f"Say whether text is valid: {self.check.replace('_', ' ')}")
        if not self._refused(code):
            code.write(assign((new, self._test(column(old))) for old, new in self._made().items()))

    def _test(self, name: str) -> str:
        dtype = literal("Int64" if self.type == "int64" else "boolean")
        if self.check == "length":
            least = f"{self.minimum or 0} <= len(text)"
            test = least if self.maximum is None else f"{least} <= {self.maximum}"
        elif self.text is not None:
            test = f"text.{self.check.replace('_', '')}({literal(self.text)})"
        else:
            test = f"text.{_TESTS[self.check].__name__}()"
        return f'{name}.map(lambda text: {test}, na_action="ignore").astype("boolean").astype({dtype})'
