"""Operators that change text in place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    STRING,
    Columns,
    DType,
    Effect,
    Inputs,
    Made,
    NewColumn,
    NodeError,
    Transform,
    portable,
)
from weirflow_tabular.checks import require_new, require_text
from weirflow_tabular.pandas_text import assign, column, literal
from weirflow_tabular.spark_text import WRITTEN, require_writable, spark_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from weirflow.api import PandasCode, Schema, Table

OUTPUT = "name of a new column, put last, for one column; by default the text is replaced"
COLUMNS = "columns of text"
_UNKNOWN = re.compile(r"\(\?(<?[=!]|>)|\\[1-9]|[*+?}]\+")
"""What regular expressions of other languages have and these have not: looking around, references, possessives."""


_GROUP = re.compile(r"\$\$|\$([0-9]+)|\$<([0-9]+)>")
_SPACE = r"[\s\x1c-\x1f]"
"""White space as Python has it, and so exported code."""


def _class(characters: str) -> str:
    """A regular expression for any of the characters."""
    return "[" + "".join(f"\\{c}" if c in "\\]^-[&~" else c for c in dict.fromkeys(characters)) + "]"


def check_pattern(pattern: str) -> str:
    """A regular expression that tables can be searched with. Raises ValueError."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"the pattern is no regular expression: {error}") from None
    if _UNKNOWN.search(re.sub(r"\\\\|\\[+*?}(]", "", pattern)):
        raise ValueError(
            "the pattern looks around, refers back or is possessive, which cannot be searched for"
        )
    return pattern


def check_finding(pattern: str) -> str:
    """The same, of one that finds no empty text: programs differ in where that is. Raises ValueError."""
    if re.search(check_pattern(pattern), ""):
        raise ValueError("the pattern finds empty text too, so that it finds something everywhere")
    return pattern


def _grouped(replacement: str, group: str, dollar: str) -> str:
    """A replacement with its references to groups, and its dollar signs, as another language writes them."""
    return _GROUP.sub(lambda m: group % (m[1] or m[2]) if m[1] or m[2] else dollar, replacement)


class Edit(Transform):
    """Base of what makes something of text."""

    _dtype: ClassVar[DType] = STRING

    def _made(self) -> dict[str, str]:
        """The new columns by those that they are made of."""
        columns: Columns = self.columns  # type: ignore[attr-defined]
        output: str | None = self.output  # type: ignore[attr-defined]
        if output is None:
            return {c: c for c in columns}
        if len(columns) != 1:
            raise NodeError(f"`output` names one column, and {len(columns)} are to be changed", code="WF402")
        return {columns[0]: output}

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, or one new column."""
        made = self._made()
        (require_writable if self._as_text else require_text)(schema, made)
        require_new(schema, made.values(), besides=made)
        return Effect(makes={new: Made(of=(old,), dtype=self._dtype) for old, new in made.items()})

    @property
    def _as_text(self) -> bool:
        return bool(self.as_text)  # type: ignore[attr-defined]

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Change the text."""
        table, made = self._texts(inputs.table)
        return table.with_columns(*(self._edit(nw.col(c).cast(nw.String)).alias(n) for c, n in made.items()))

    def _texts(self, table: Table) -> tuple[Table, dict[str, str]]:
        """The table, with text in place of other types, and the new columns by those of text."""
        made = self._made()
        if not self._as_text:
            return table, made
        schema = portable.schema_of(table)
        types = {c: d for c in made if (d := schema.dtype(c)) is not None and not d.is_text}
        texts = [spark_text(nw.col(c), d).alias(made[c]) for c, d in types.items()]
        return table.with_columns(texts), {n if c in types else c: n for c, n in made.items()}

    def _refused(self, code: PandasCode) -> bool:
        """Refuse an export for columns whose text pandas writes in another way."""
        if self._as_text and any((d := code.schema.dtype(c)) is None or not d.is_text for c in self._made()):
            code.refuse("the texts of other types have no short form in pandas")
            return True
        return False

    def _edit(self, text: nw.Expr) -> nw.Expr:
        raise NotImplementedError

    def _map(self, code: PandasCode, function: str) -> None:
        if self._refused(code):
            return
        made = self._made().items()
        code.write(assign((new, f'{column(old)}.map({function}, na_action="ignore")') for old, new in made))

    def _write(self, code: PandasCode, call: str) -> None:
        if self._refused(code):
            return
        code.write(assign((new, f"{column(old)}.str.{call}") for old, new in self._made().items()))


class NativeEdit(Edit):
    """Base of what has no words but Polars' own."""

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Change the text."""
        table, made = self._texts(inputs.table)
        native: pl.LazyFrame = table.to_native()
        return nw.from_native(
            native.with_columns(*(self._native(_text(c)).alias(n) for c, n in made.items()))
        )

    def _native(self, text: pl.Expr) -> pl.Expr:
        raise NotImplementedError


def _text(name: str) -> pl.Expr:
    import polars as pl

    return pl.col(name).cast(pl.String)


def by_value(text: pl.Expr, function: Callable[[str], Any], dtype: pl.DataType) -> pl.Expr:
    """What a function of Python gives for each text, where the engine has no word that means the same."""
    import polars as pl

    def every(texts: pl.Series) -> pl.Series:
        return pl.Series(texts.name, [None if t is None else function(t) for t in texts], dtype=dtype)

    return text.map_batches(every, return_dtype=dtype, is_elementwise=True)


class StripText(Edit):
    """Take characters away at the ends of text: blanks and line ends by default."""

    operator = "text.strip"

    columns: Columns = Field(description=COLUMNS)
    side: Literal["both", "left", "right"] = Field(default="both", description="at which end")
    characters: str | None = Field(
        default=None, min_length=1, description="which characters; white space by default"
    )
    output: NewColumn | None = Field(default=None, description=OUTPUT)
    as_text: bool = Field(default=False, description=WRITTEN)

    def _edit(self, text: nw.Expr) -> nw.Expr:
        inside = _SPACE if self.characters is None else _class(self.characters)
        left, right = (rf"\A{inside}+", rf"{inside}+\z")
        ends = {"both": [left, right], "left": [left], "right": [right]}[self.side]
        for end in ends:
            text = text.str.replace_all(end, "")
        return text

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.strip`."""
        code.describe("Take characters away at the ends of text")
        call = {"both": "strip", "left": "lstrip", "right": "rstrip"}[self.side]
        if self.characters is None:
            self._map(code, f"str.{call}")
        else:
            self._write(code, f"{call}({literal(self.characters)})")


class RemoveSymbols(Edit):
    """Take characters out of text wherever they stand: white space by default."""

    operator = "text.remove"

    columns: Columns = Field(description=COLUMNS)
    characters: str | None = Field(
        default=None, min_length=1, description="which characters; white space by default"
    )
    output: NewColumn | None = Field(default=None, description=OUTPUT)
    as_text: bool = Field(default=False, description=WRITTEN)

    @property
    def _pattern(self) -> str:
        if self.characters is None:
            return _SPACE
        return _class(self.characters)

    def _edit(self, text: nw.Expr) -> nw.Expr:
        return text.str.replace_all(self._pattern, "")

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.replace` of a class of characters."""
        code.describe("Take characters out of text")
        if self.characters is None:
            self._map(code, 'lambda text: "".join(text.split())')
        else:
            self._write(code, f'translate(str.maketrans("", "", {literal(self.characters)}))')


class ReplaceText(Edit):
    """Replace each place where a regular expression, or a literal text, is found.

    In `replacement` of a regular expression, `$1` stands for its first group, as does `$<1>`, which a digit may
    follow, and `$$` for a dollar sign.
    """

    operator = "text.replace"

    columns: Columns = Field(description=COLUMNS)
    pattern: str = Field(min_length=1, description="what to look for")
    replacement: str = Field(default="", description="what to put in its place")
    regex: bool = Field(default=True, description="whether the pattern is a regular expression")
    output: NewColumn | None = Field(default=None, description=OUTPUT)
    as_text: bool = Field(default=False, description=WRITTEN)

    @model_validator(mode="after")
    def _searchable(self) -> Self:
        if self.regex:
            check_pattern(self.pattern)
        return self

    def _edit(self, text: nw.Expr) -> nw.Expr:
        if not self.regex:
            return text.str.replace_all(self.pattern, self.replacement, literal=True)
        return text.str.replace_all(self.pattern, _grouped(self.replacement, "${%s}", "$$"))

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.replace`."""
        code.describe(f"Replace {literal(self.pattern)} by {literal(self.replacement)}")
        new = self.replacement
        if self.regex:
            new = _grouped(new.replace("\\", "\\\\"), "\\g<%s>", "$")
        self._write(code, f"replace({literal(self.pattern)}, {literal(new)}, regex={self.regex})")
