"""Text as numbers: statistics of its characters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

import narwhals as nw
from pydantic import Field

from weirflow.api import FLOAT64, INT64, STRING, ColumnName, Effect, Inputs, Made, Transform, portable
from weirflow_tabular.checks import require_new, require_text
from weirflow_tabular.pandas_text import column, literal
from weirflow_tabular.spark_text import require_writable, spark_text

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema, Table

_TESTS: Mapping[str, Callable[[str], bool]] = {
    "special_ratio": lambda character: not character.isalnum(),
    "digit_ratio": str.isdecimal,
    "lower_ratio": str.islower,
    "capital_ratio": str.isupper,
}
_SPARK: Mapping[str, Callable[[str], bool]] = {
    **_TESTS,
    "special_ratio": lambda character: not character.isalnum() and character != "_",
    "digit_ratio": str.isdigit,
}
_SPACE = r"\s\x1c-\x1f"  # white space as Python has it


def _struct() -> pl.Struct:
    import polars as pl

    return pl.Struct(dict.fromkeys(_TESTS, pl.Float64))


def _ratios(texts: pl.Series, tests: Mapping[str, Callable[[str], bool]] = _TESTS) -> pl.Series:
    """What share of the characters that are not white space is of each kind."""
    import polars as pl

    blankless = [None if t is None else "".join(t.split()) for t in texts]
    made = [
        dict.fromkeys(_TESTS)
        if text is None
        else {name: sum(map(test, text)) / max(len(text), 1) for name, test in tests.items()}
        for text in blankless
    ]
    return pl.Series(texts.name, made, dtype=_struct())


_STATISTICS = """
def text_statistics(values: pd.Series, prefix: str) -> pd.DataFrame:
    \"\"\"Counts of words and characters, and shares of kinds of characters among those that are not blank.\"\"\"
    kinds = {
        "special": lambda char: not char.isalnum(),
        "digit": str.isdecimal,
        "lower": str.islower,
        "capital": str.isupper,
    }
    blankless = values.map(lambda text: "".join(text.split()), na_action="ignore")
    size = blankless.str.len().clip(lower=1)
    made = {
        "word_count": values.map(lambda text: len(text.split()), na_action="ignore").astype("Int64"),
        "char_count": values.str.len().astype("Int64"),
    }
    for kind, test in kinds.items():
        count = blankless.map(lambda text: sum(map(test, text)), na_action="ignore")
        made[f"{kind}_ratio"] = (count / size).astype("float64")
    return pd.DataFrame(made).add_prefix(prefix)
"""


class TextStatistics(Transform):
    """Count the words and characters of text, and say what share of it is of which kind of character.

    The new columns come last: `{prefix}word_count` and `{prefix}char_count`, of int64; `{prefix}special_ratio` of
    what is neither letter, digit nor white space, `digit_ratio`, `lower_ratio` and `capital_ratio`, of float64. Words
    are what stands between white space. Shares are of the characters that are not white space, and 0 where there are
    none. Null gives null. By the rules of `data_wrangler`, counts are float64 too, the underscore is not special,
    digits are all that Python's `isdigit` says, and other types than text are written as Spark writes them.
    """

    operator = "text.statistics"

    column: ColumnName = Field(description="column of text")
    prefix: str | None = Field(
        default=None, description="what the new names begin with; `{column}_` by default"
    )

    rules: Literal["plain", "data_wrangler"] = Field(default="plain", description="what counts as what")

    @property
    def _prefix(self) -> str:
        return f"{self.column}_" if self.prefix is None else self.prefix

    @property
    def _names(self) -> list[str]:
        return [self._prefix + name for name in ("word_count", "char_count", *_TESTS)]

    def effect(self, schema: Schema) -> Effect:
        """Two counts and four shares."""
        (require_text if self.rules == "plain" else require_writable)(schema, [self.column])
        require_new(schema, self._names)
        of = (self.column,)
        counts = INT64 if self.rules == "plain" else FLOAT64
        types = [counts, counts, *(FLOAT64 for _ in _TESTS)]
        return Effect(makes={n: Made(of=of, dtype=d) for n, d in zip(self._names, types, strict=True)})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Count."""
        import polars as pl

        schema = portable.schema_of(inputs.table)
        free = max([*schema.names, *self._names], key=len) + "#"
        shares = free + "#"
        written = spark_text(nw.col(self.column), schema.dtype(self.column) or STRING)
        native: pl.LazyFrame = inputs.table.with_columns(written.alias(free)).to_native()
        text = pl.col(free)
        # by Python's knowledge of characters, which exported code has too, and not by the engine's
        found = text.map_batches(self._shares, return_dtype=_struct(), is_elementwise=True)
        count = pl.Int64() if self.rules == "plain" else pl.Float64()
        made = {
            "word_count": text.str.count_matches(rf"[^{_SPACE}]+").cast(count),
            "char_count": text.str.len_chars().cast(count),
            **{name: pl.col(shares).struct.field(name) for name in _TESTS},
        }
        table = native.with_columns(found.alias(shares))
        return nw.from_native(
            table.with_columns(*(e.alias(self._prefix + n) for n, e in made.items())).drop(free, shares)
        )

    def _shares(self, texts: pl.Series) -> pl.Series:
        return _ratios(texts, _TESTS if self.rules == "plain" else _SPARK)

    def to_pandas(self, code: PandasCode) -> None:
        """As a function of a column."""
        if self.rules != "plain":
            code.refuse("the rules of Data Wrangler have no short form in pandas")
            return
        code.describe(f"Count words and characters of {self.column}")
        made = f"{code.helper(_STATISTICS)}({column(self.column)}, {literal(self._prefix)})"
        code.write(f"df = df.join({made})")
