"""Operators that look for something in text: where it is, whether it is there, and what it is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeVar

from pydantic import Field, field_validator, model_validator

from weirflow.api import BOOLEAN, INT64, STRING, Columns, DType, Effect, NewColumn
from weirflow_tabular.pandas_text import assign, column, literal
from weirflow_tabular.spark_text import WRITTEN
from weirflow_tabular.text_edit import COLUMNS, OUTPUT, NativeEdit, by_value, check_finding, check_pattern

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema

N = TypeVar("N")

_IN_PLACE = "name of a new column, put last, for one column; by default the text is replaced by what is found"
_IGNORE_CASE = "whether upper and lower case are alike"


class FindText(NativeEdit):
    """Say at which character, from 0, a text begins within text: -1 where it is not there.

    With `start` and `stop` it is looked for among the characters from the one to before the other, which may be
    counted from the end by negative numbers; the answer is a place in the whole text all the same.
    """

    operator = "text.find"
    _dtype: ClassVar[DType] = INT64

    columns: Columns = Field(description=COLUMNS)
    substring: str = Field(min_length=1, description="what to look for, taken literally")
    last: bool = Field(default=False, description="where it begins for the last time, and not for the first")
    start: int = Field(default=0, description="the first character that it may begin at")
    stop: int | None = Field(
        default=None,
        description="the first character that is no part of it; by default it may reach to the end",
    )
    type: Literal["int64", "float64"] = Field(default="int64", description="type of the numbers")
    output: NewColumn | None = Field(default=None, description=_IN_PLACE)
    as_text: bool = Field(default=False, description=WRITTEN)

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, or one new column."""
        return retyped(super().effect(schema), DType(self.type))

    def _native(self, text: pl.Expr) -> pl.Expr:
        import polars as pl

        if self.start or self.stop is not None:
            place = by_value(text, self._place, pl.Int64())
        else:
            before = rf"(?s)\A(.{'*' if self.last else '*?'}){pl.escape_regex(self.substring)}"
            place = text.str.extract(before, 1).str.len_chars().cast(pl.Int64).fill_null(-1)
        found = pl.when(text.is_not_null()).then(place)
        return found.cast(pl.Float64) if self.type == "float64" else found

    def _place(self, text: str) -> int:
        find = text.rfind if self.last else text.find
        return find(self.substring, self.start, self.stop)

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.find` and `str.rfind`."""
        code.describe(f"Say where {literal(self.substring)} is")
        within = f", {self.start}, {self.stop}" if self.start or self.stop is not None else ""
        call = f"{'rfind' if self.last else 'find'}({literal(self.substring)}{within})"
        dtype = literal("Int64" if self.type == "int64" else "float64")
        self._write(code, f"{call}.astype({dtype})")


def retyped(effect: Effect, dtype: DType) -> Effect:
    """An effect whose columns are of a type that a parameter says."""
    return replace(effect, makes={n: replace(m, dtype=dtype) for n, m in effect.makes.items()})


class MatchText(NativeEdit):
    """Say whether a regular expression is found in text, at its beginning, or as the whole of it."""

    operator = "text.matches"
    _dtype: ClassVar[DType] = BOOLEAN

    columns: Columns = Field(description=COLUMNS)
    pattern: str = Field(min_length=1, description="regular expression to look for")
    at: Literal["anywhere", "start", "whole"] = Field(default="anywhere", description="where it has to be")
    ignore_case: bool = Field(default=False, description=_IGNORE_CASE)
    null_matches: bool = Field(default=False, description="say that it is found where the text is null")
    output: NewColumn | None = Field(default=None, description=_IN_PLACE)
    as_text: bool = Field(default=False, description=WRITTEN)

    @field_validator("pattern")
    @classmethod
    def _searchable(cls, pattern: str) -> str:
        return check_pattern(pattern)

    def _native(self, text: pl.Expr) -> pl.Expr:
        found = text.str.contains(_placed(self.pattern, self.at, ignore_case=self.ignore_case))
        return found.fill_null(value=True) if self.null_matches else found

    def to_pandas(self, code: PandasCode) -> None:
        """As `re.search`, `re.match` and `re.fullmatch`."""
        code.describe(f"Say whether {literal(self.pattern)} is found")
        if self._refused(code):
            return
        call = {"anywhere": "search", "start": "match", "whole": "fullmatch"}[self.at]
        pattern = _compiled(code, self.pattern, ignore_case=self.ignore_case)
        test = f'.map(lambda text: bool({pattern}.{call}(text)), na_action="ignore").astype("boolean")'
        test += ".fillna(True)" if self.null_matches else ""
        code.write(assign((new, f"{column(old)}{test}") for old, new in self._made().items()))


def _placed(pattern: str, at: str, *, ignore_case: bool = False) -> str:
    """A pattern that is found only where it has to be."""
    flags = "i" if ignore_case else ""
    start, end = {"anywhere": ("", ""), "start": (r"\A", ""), "whole": (r"\A", r"\z")}[at]
    return f"{start}(?{flags}:{pattern}){end}"


def _compiled(code: PandasCode, pattern: str, *, ignore_case: bool = False) -> str:
    code.use("import re")
    return f"re.compile({literal(pattern)}{', re.IGNORECASE' if ignore_case else ''})"


class FindAllText(NativeEdit):
    """List every place of text that a regular expression finds, from left to right, without overlaps.

    Groups in it have no say, unless `group` names one: it is what the whole of it finds that is listed. Text without
    any gives an empty list, and a group that has no part in what is found an empty text.
    """

    operator = "text.find_all"
    _dtype: ClassVar[DType] = DType("list", STRING)

    columns: Columns = Field(description=COLUMNS)
    pattern: str = Field(min_length=1, description="regular expression to look for")
    group: int = Field(default=0, ge=0, description="which group of it is listed; 0 for the whole")
    output: NewColumn | None = Field(default=None, description=_IN_PLACE)
    as_text: bool = Field(default=False, description=WRITTEN)

    @field_validator("pattern")
    @classmethod
    def _searchable(cls, pattern: str) -> str:
        return check_finding(pattern)

    @model_validator(mode="after")
    def _there(self) -> Self:
        return _check_group(self, self.pattern, self.group)

    def _native(self, text: pl.Expr) -> pl.Expr:
        import polars as pl

        if not self.group:
            return text.str.extract_all(self.pattern)
        pattern, group = re.compile(self.pattern), self.group
        return by_value(text, lambda t: [m[group] or "" for m in pattern.finditer(t)], pl.List(pl.String()))

    def to_pandas(self, code: PandasCode) -> None:
        """As `re.finditer`."""
        code.describe(f"List what {literal(self.pattern)} finds")
        shown = f"found[{self.group}]" + (' or ""' if self.group else "")
        found = f"[{shown} for found in {_compiled(code, self.pattern)}.finditer(text)]"
        self._map(code, f"lambda text: {found}")


def _check_group(node: N, pattern: str, group: int) -> N:
    groups = re.compile(pattern).groups
    if group > groups:
        raise ValueError(f"`group` is {group}, and the pattern has {groups}")
    return node


class ExtractText(NativeEdit):
    """Take the first thing that a regular expression finds: its first group, or all of it where it has none.

    Where it finds nothing the result is null, or what `otherwise` says. A group that has no part in what is found
    counts as empty text.
    """

    operator = "text.extract"

    columns: Columns = Field(description=COLUMNS)
    pattern: str = Field(min_length=1, description="regular expression to look for")
    group: int | None = Field(
        default=None,
        ge=0,
        description="which group of it is taken, 0 being all; the first one by default, or all where it has none",
    )
    otherwise: str | None = Field(
        default=None, description="what to put where it finds nothing; null by default"
    )
    output: NewColumn | None = Field(default=None, description=OUTPUT)
    as_text: bool = Field(default=False, description=WRITTEN)

    @field_validator("pattern")
    @classmethod
    def _searchable(cls, pattern: str) -> str:
        return check_pattern(pattern)

    @model_validator(mode="after")
    def _there(self) -> Self:
        return _check_group(self, self.pattern, self.group or 0)

    @property
    def _group(self) -> int:
        if self.group is not None:
            return self.group
        return min(re.compile(self.pattern).groups, 1)

    def _native(self, text: pl.Expr) -> pl.Expr:
        import polars as pl

        found = text.str.extract(self.pattern, self._group).fill_null("")
        nothing = pl.lit(self.otherwise, dtype=pl.String)
        return (
            pl.when(text.is_null())
            .then(pl.lit(None, dtype=pl.String))
            .when(text.str.contains(self.pattern))
            .then(found)
            .otherwise(nothing)
        )

    def to_pandas(self, code: PandasCode) -> None:
        """As `re.search`."""
        code.describe(f"Take what {literal(self.pattern)} finds")
        search = f"(found := {_compiled(code, self.pattern)}.search(text))"
        text = f'(found[{self._group}] or "")' if self._group else "found[0]"
        self._map(code, f"lambda text: {text} if {search} else {literal(self.otherwise)}")


class SliceText(NativeEdit):
    """Take the characters from one place to another, or put something in their place.

    Places are numbered from 0, or by negative numbers from the end, -1 being the last; that of `stop` is the first
    that is left out. Text that is shorter gives what there is of it, and with `replacement` has it at its end.
    """

    operator = "text.slice"

    columns: Columns = Field(description=COLUMNS)
    start: int = Field(default=0, description="the first character")
    stop: int | None = Field(default=None, description="the first one after; by default, all to the end")
    replacement: str | None = Field(
        default=None, description="what to put in place of them in the text; by default they are what is kept"
    )
    output: NewColumn | None = Field(default=None, description=OUTPUT)
    as_text: bool = Field(default=False, description=WRITTEN)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        same_end = self.stop is not None and (self.stop < 0) == (self.start < 0)
        if self.stop is not None and same_end and self.stop < self.start:
            raise ValueError(f"`stop` is {self.stop}, which is before `start`, {self.start}")
        return self

    def _native(self, text: pl.Expr) -> pl.Expr:
        import polars as pl

        size = text.str.len_chars().cast(pl.Int64)

        def place(given: int) -> pl.Expr:
            return (pl.max_horizontal(size + given, pl.lit(0)) if given < 0 else pl.lit(given)).cast(pl.Int64)

        start = place(self.start)
        if self.replacement is None:
            if self.stop is None:
                return text.str.slice(start)
            length = pl.max_horizontal(place(self.stop) - start, pl.lit(0))
            return text.str.slice(start, length)
        before = text.str.slice(0, start) + pl.lit(self.replacement)
        return before if self.stop is None else before + text.str.slice(place(self.stop))

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.slice` and `str.slice_replace`."""
        code.describe(f"{'Take' if self.replacement is None else 'Replace'} characters by their places")
        if self.replacement is None:
            self._write(code, f"slice({self.start}, {self.stop})")
        else:
            end = "" if self.stop is None else f" + text[{self.stop}:]"
            self._map(code, f"lambda text: text[:{self.start}] + {literal(self.replacement)}{end}")


class TextToMissing(NativeEdit):
    """Make text null that a regular expression matches, as a whole or anywhere, or that it does not."""

    operator = "text.to_missing"

    columns: Columns = Field(description=COLUMNS)
    pattern: str = Field(min_length=1, description="regular expression of the text")
    at: Literal["whole", "anywhere"] = Field(
        default="whole", description="whether it has to be of the whole text, or of a part of it"
    )
    where: Literal["matches", "differs"] = Field(default="matches", description="which text becomes null")
    output: NewColumn | None = Field(default=None, description=OUTPUT)
    as_text: bool = Field(default=False, description=WRITTEN)

    @field_validator("pattern")
    @classmethod
    def _searchable(cls, pattern: str) -> str:
        return check_pattern(pattern)

    def _native(self, text: pl.Expr) -> pl.Expr:
        import polars as pl

        matches = text.str.contains(_placed(self.pattern, self.at))
        return pl.when(~matches if self.where == "matches" else matches).then(text)

    def to_pandas(self, code: PandasCode) -> None:
        """As `re.fullmatch` and `re.search`."""
        code.describe(f"Make text missing that {self.where} {literal(self.pattern)}")
        matches = f"{_compiled(code, self.pattern)}.{'fullmatch' if self.at == 'whole' else 'search'}(text)"
        chosen = f"None if {matches} else text" if self.where == "matches" else f"text if {matches} else None"
        self._map(code, f"lambda text: {chosen}")
