"""Operators on the format of text: case, width, what it begins and ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from weirflow.api import Columns, NewColumn
from weirflow_tabular.pandas_text import assign, column, literal
from weirflow_tabular.spark_text import WRITTEN
from weirflow_tabular.text_edit import COLUMNS, OUTPUT, NativeEdit, by_value

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode


class ChangeCase(NativeEdit):
    """Make letters lower or upper case, the first one of the text or of each word upper, or swap them.

    With `capitalised` the first letter of the text is upper case and the rest lower, with `title` that of each word.
    """

    operator = "text.case"

    columns: Columns = Field(description=COLUMNS)
    to: Literal["lower", "upper", "capitalised", "title", "swapped"] = Field(
        description="which letters they become"
    )
    output: NewColumn | None = Field(default=None, description=OUTPUT)
    as_text: bool = Field(default=False, description=WRITTEN)

    def _native(self, text: pl.Expr) -> pl.Expr:
        import polars as pl

        match self.to:
            case "lower":
                return text.str.to_lowercase()
            case "upper":
                return text.str.to_uppercase()
            case "capitalised":
                return by_value(text, str.capitalize, pl.String())
            case "title":
                return by_value(text, str.title, pl.String())
            case "swapped":
                return by_value(text, str.swapcase, pl.String())

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.lower`, `str.upper` and `str.swapcase`."""
        code.describe(f"Make text {self.to}" if self.to == "capitalised" else f"Make text {self.to} case")
        calls = {"capitalised": "capitalize", "swapped": "swapcase"}
        self._map(code, f"str.{calls.get(self.to, self.to)}")


class PadText(NativeEdit):
    """Make text at least so wide, by a character put before it, after it, or on both sides.

    In the middle, where the numbers are not equal, the left side gets one more if `width` is odd, else the right one.
    """

    operator = "text.pad"

    columns: Columns = Field(description=COLUMNS)
    width: int = Field(ge=1, le=100_000, description="how many characters")
    side: Literal["left", "right", "both"] = Field(default="left", description="where to put the character")
    character: str = Field(default=" ", min_length=1, max_length=1, description="what to put there")
    truncate: bool = Field(default=False, description="cut text that is wider: its first characters stay")
    output: NewColumn | None = Field(default=None, description=OUTPUT)
    as_text: bool = Field(default=False, description=WRITTEN)

    def _native(self, text: pl.Expr) -> pl.Expr:
        import polars as pl

        if self.truncate:
            text = text.str.head(self.width)
        if self.side == "left":
            return text.str.pad_start(self.width, self.character)
        if self.side == "right":
            return text.str.pad_end(self.width, self.character)
        size = text.str.len_chars().cast(pl.Int64)
        room = pl.max_horizontal(self.width - size, pl.lit(0))
        left = room // 2 + (room % 2) * (self.width % 2)  # as Python's `center`
        return text.str.pad_start(size + left, self.character).str.pad_end(self.width, self.character)

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.pad`."""
        code.describe(f"Make text {self.width} characters wide")
        call = f"pad({self.width}, side={literal(self.side)}, fillchar={literal(self.character)})"
        self._write(code, f"slice(0, {self.width}).str.{call}" if self.truncate else call)


class AffixText(NativeEdit):
    """Put a text before every text, or after it. Null stays null."""

    operator = "text.affix"

    columns: Columns = Field(description=COLUMNS)
    prefix: str = Field(default="", description="what to put before")
    suffix: str = Field(default="", description="what to put after")
    output: NewColumn | None = Field(default=None, description=OUTPUT)
    as_text: bool = Field(default=False, description=WRITTEN)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.prefix and not self.suffix:
            raise ValueError(
                "give a `prefix` or a `suffix`: there is nothing to put before or after the text"
            )
        return self

    def _native(self, text: pl.Expr) -> pl.Expr:
        import polars as pl

        return pl.lit(self.prefix) + text + pl.lit(self.suffix)

    def to_pandas(self, code: PandasCode) -> None:
        """As `+`."""
        code.describe("Put text before or after text")
        before = f"{literal(self.prefix)} + " if self.prefix else ""
        after = f" + {literal(self.suffix)}" if self.suffix else ""
        if not self._refused(code):
            code.write(assign((new, f"{before}{column(old)}{after}") for old, new in self._made().items()))
