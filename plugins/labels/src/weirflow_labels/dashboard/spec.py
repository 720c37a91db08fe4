"""What a dashboard shows: panels, each a question to the tables of a label database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

KINDS = ("number", "pie", "donut", "bar", "stacked", "histogram", "table")
Kind = Literal["number", "pie", "donut", "bar", "stacked", "histogram", "table"]
Tone = Literal["good", "warn", "bad", "neutral"]
Filter = Literal["job", "class", "date"]

_VALUE = re.compile(r"(?:(count)|(sum|mean|min|max|distinct)\((\w+)\))(?: in (\S.*))?")
FORMS = "`count`, or `sum`, `mean`, `min`, `max` or `distinct` of a column, as `sum(active_s) in seconds`"


@dataclass(frozen=True)
class Measure:
    """One number for a group of rows. `column` is empty for `count`; `unit` is what it is in, if anything."""

    how: str
    column: str = ""
    unit: str = ""

    @classmethod
    def of(cls, text: str) -> Measure:
        """Read `sum(active_s) in seconds`. Raises ValueError for anything else."""
        found = _VALUE.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"'{text}' is no value: write {FORMS}")
        return cls(found[1] or found[2], found[3] or "", found[4] or "")

    @property
    def adds_up(self) -> bool:
        """Whether the parts of a whole have values that sum to that of the whole, as slices of a pie must."""
        return self.how in {"count", "sum"}


def _checked(text: str) -> str:
    Measure.of(text)
    return text


Value = Annotated[str, AfterValidator(_checked)]


class Part(BaseModel):
    """Base of what a spec is made of: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class AttributeOf(Part):
    """Groups by an attribute that workers gave: the first of several names that occurs; `*` is every other one."""

    attribute: str | tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return (self.attribute,) if isinstance(self.attribute, str) else self.attribute


class DateOf(Part):
    """Groups by the days of an instant, or by weeks, months or years where there are too many."""

    date: str


By = str | AttributeOf | DateOf


class Highlight(Part):
    """Marks cells of a table, with a colour and with words.

    `column` is a heading, or several of which each is meant where it occurs. A cell is marked at `at_least` or more,
    and at `at_most` or less; where `share` is set these are fractions of the row's total.
    """

    column: str | tuple[str, ...]
    at_least: float | None = None
    at_most: float | None = None
    share: bool = False
    tone: Tone = "bad"
    text: str = Field(min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        """The headings, in lower case."""
        return tuple(n.lower() for n in ((self.column,) if isinstance(self.column, str) else self.column))

    @model_validator(mode="after")
    def _bounded(self) -> Highlight:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a highlight needs `at_least` or `at_most`")
        return self


class Panel(Part):
    """One number, chart or table."""

    title: str = Field(min_length=1)
    kind: Kind
    from_: str = Field(alias="from", min_length=1)
    where: str | None = None
    by: By | None = None
    colour: By | None = None
    zeros: str | None = None
    value: Value = "count"
    columns: dict[str, Value] = Field(default_factory=dict)
    filters: dict[Filter, str | None] = Field(default_factory=dict)
    top: int | None = Field(default=None, ge=1, le=300)
    order: Literal["value", "name"] = "value"
    tones: dict[str, Tone] = Field(default_factory=dict)
    highlight: tuple[Highlight, ...] = ()
    frames: bool = True
    wide: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Panel:
        if self.kind == "number":
            if self.by is not None or self.colour is not None:
                raise ValueError("a `number` is one value: it takes no `by` and no `colour`")
        elif self.by is None:
            raise ValueError(f"a `{self.kind}` needs `by`: what its parts are")
        if self.kind == "table":
            if (self.colour is None) == (not self.columns):
                raise ValueError(
                    "a `table` needs `columns` (headings with values), or `colour` (whose values are headings)"
                )
        elif self.columns or self.highlight:
            raise ValueError("`columns` and `highlight` belong to a `table`")
        elif self.colour is not None and self.kind != "stacked":
            raise ValueError(f"a `{self.kind}` takes no `colour`: `stacked` and `table` do")
        if self.kind in {"pie", "donut", "stacked"} and not Measure.of(self.value).adds_up:
            raise ValueError(f"the parts of a `{self.kind}` must add up: its value is `count` or a `sum`")
        if self.zeros is not None and (self.kind in {"number", "histogram"} or isinstance(self.by, DateOf)):
            raise ValueError("`zeros` are of parts: not of a number, a histogram or dates")
        if self.kind == "histogram" and (not isinstance(self.by, str) or self.value != "count"):
            raise ValueError("a `histogram` counts rows by a column of numbers")
        return self

    @property
    def measures(self) -> dict[str, Measure]:
        """The panel's values by heading; the only one of a chart is called like its title."""
        if self.columns:
            return {name: Measure.of(v) for name, v in self.columns.items()}
        return {self.title: Measure.of(self.value)}

    @property
    def limit(self) -> int:
        """How many parts are shown one by one; the rest are one more, `other`."""
        if self.kind in {"pie", "donut"}:
            return min(self.top or 6, 6)
        return self.top or {"bar": 15, "stacked": 24, "histogram": 60}.get(self.kind, 300)


class Spec(Part):
    """A dashboard. `queries` are named SQL queries, each of which may be what a panel is `from`."""

    title: str = Field(min_length=1)
    lead: str = ""
    queries: dict[str, str] = Field(default_factory=dict)
    panels: tuple[Panel, ...] = Field(min_length=1)
