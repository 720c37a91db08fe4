"""`analyse.bias`: whether a label's outcomes differ between groups, before any model is trained."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Self, TypeAlias, get_args

from pydantic import StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from weirflow.api import (
    Analysis,
    Answers,
    Block,
    Chart,
    ColumnName,
    CrossFrequencies,
    Distinct,
    Field,
    NodeError,
    Notice,
    Report,
    Scalar,
    Schema,
    Statistic,
    TableBlock,
    Text,
)
from weirflow_analyses import charts
from weirflow_analyses.bias_metrics import SIMPLE, MetricName, Outcomes, conditional_disparity
from weirflow_analyses.bias_readings import Comparison
from weirflow_analyses.tallies import name_values
from weirflow_analyses.values import (
    counted,
    is_personal,
    listed,
    names,
    percent,
    quoted,
    require_plain_values,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

Value: TypeAlias = StrictBool | StrictInt | StrictFloat | StrictStr
Combination: TypeAlias = tuple[tuple[Scalar, ...], int]

MOST_VALUES = 1_000  # distinct values of a label, facet or group
MOST_GROUPS = 10  # facet values that are each compared with all others
MOST_NAMED = 3
MOST_LABELS, MOST_FACETS = 8, 20  # in the picture
SMALL_GROUP = 30  # rows below which shares are largely chance


class Bias(Analysis):
    """Report bias between groups in a label, before any model is trained.

    The disadvantaged group is made of the rows whose `facet` has one of the values `disadvantaged`; it is compared
    with all others. Without it each value of the facet is compared with all others in turn. Metrics and conventions
    are those of Amazon SageMaker Clarify: class imbalance (CI), difference in positive proportions in labels (DPL),
    Jensen-Shannon (JS) and Kullback-Leibler (KL) divergence, L2 norm (LP), total variation distance (TVD),
    Kolmogorov-Smirnov distance (KS), and conditional demographic disparity in labels (CDDL), which needs `group`.
    Labels are reduced to favourable or not. Rows without a label or facet are left out, and counted in a notice.
    """

    operator = "analyse.bias"

    label: ColumnName = Field(description="column of outcomes")
    favourable: tuple[Value, ...] = Field(
        min_length=1, description="values of the label that are the good outcome"
    )
    facet: ColumnName = Field(description="column whose values make the groups")
    disadvantaged: Value | tuple[Value, ...] | None = Field(
        default=None,
        description="value or values of the facet that make the disadvantaged group; by default each in turn",
    )
    group: ColumnName | None = Field(
        default=None, description="column whose values CDDL looks within, such as a department"
    )
    as_text: bool = Field(
        default=False, description="whether values may be given as text: `'5'` is then the number 5 too"
    )
    metrics: tuple[MetricName, ...] = Field(
        default=get_args(MetricName), min_length=1, description="metrics to report"
    )
    title: str = Field(default="", description="the title; by default it names the columns")

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if len(set(self._columns)) < len(self._columns):
            raise ValueError("label, facet and group must be different columns")
        if self.disadvantaged == ():
            raise ValueError("disadvantaged is empty: name a value, or leave it out to compare each in turn")
        return self

    @property
    def _columns(self) -> tuple[str, ...]:
        three = (self.label, self.facet, self.group)
        return tuple(c for c in three if c is not None)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """How many values first, then how often each combination occurs."""
        require_plain_values(schema, *self._columns)
        yield from (Distinct(c) for c in self._columns)
        if all(Distinct(c) in known for c in self._columns) and self._obstacle(known) is None:
            yield CrossFrequencies(self._columns)

    def _obstacle(self, known: Answers) -> str | None:
        """Why nothing can be said of this data, or None."""
        for column in self._columns:
            distinct = known[Distinct(column)]
            if distinct > MOST_VALUES:
                return f"{column} has {distinct:,} different values; bias is reported for at most {MOST_VALUES:,}."
            if not distinct and column != self.group:
                return f"{column} has no values: there are no groups or outcomes to compare."
        return None

    def report(self, schema: Schema, answers: Answers) -> Report:
        """A picture, the counts, and for each comparison its metrics with their readings."""
        title = self.title or f"Bias in {self.label} by {self.facet}"
        if (obstacle := self._obstacle(answers)) is not None:
            return Report(title=title, blocks=(Notice(text=obstacle),))
        crossed = answers[CrossFrequencies(self._columns)]
        combinations = [(v, n) for v, n in crossed if v[0] is not None and v[1] is not None]
        notes = self._nulls(crossed)
        labels = _totals(combinations, 0)
        facets = _totals(combinations, 1)
        if not combinations:
            notes.append(f"No row has both {self.label} and {self.facet}.")
            return Report(title=title, blocks=tuple(Notice(text=n) for n in notes))
        good = self._occurring("favourable", self.label, self.favourable, labels, schema)
        facet_names = names(facets, personal=is_personal(schema, self.facet))
        label_names = names(labels, personal=is_personal(schema, self.label))
        outcome = f"{self.label} = {_few([label_names[v] for v in labels if v in good])}"
        comparisons = [
            self._compare(combinations, good, disadvantaged, facet_names, outcome)
            for disadvantaged in self._groups(schema, facets, notes)
        ]
        if len(labels) == 1 or all(v in good for v in labels):
            notes.append(f"Every row has the same outcome of {self.label}: there is no difference to find.")
        if len(facets) == 1:
            notes.append(
                f"Every row has the same value of {self.facet}: there is no group to compare it with."
            )
        notes += [
            f"{facet_names[v]} has {counted(n, 'row')}: with fewer than {SMALL_GROUP}, its shares are largely chance."
            for v, n in facets.items()
            if n < SMALL_GROUP
        ][:MOST_GROUPS]
        if "CDDL" in self.metrics and self.group is None:
            notes.append("CDDL is left out: it needs `group`, a column to look within, such as a department.")
        blocks: list[Block] = [
            Text(text=f"The favourable outcome is {outcome}. Compared: {self._subject(comparisons)}."),
            self._chart(schema, combinations, good),
            self._counts(comparisons),
        ]
        for comparison, disparity in comparisons:
            blocks += self._metrics(comparison, disparity)
        return Report(title=title, blocks=(*blocks, *(Notice(text=n) for n in notes)))

    def _nulls(self, crossed: Iterable[Combination]) -> list[str]:
        """Notices on the rows that take no part."""
        missing: Counter[str] = Counter()
        for values, n in crossed:
            absent = next((c for c, v in zip(self._columns, values, strict=True) if v is None), None)
            if absent is not None:
                missing[absent] += n
        return [
            f"{counted(missing[c], 'row')} without a value of {c} left out"
            + (" of CDDL." if c == self.group else ".")
            for c in self._columns
            if missing[c]
        ]

    def _occurring(
        self,
        field: str,
        column: str,
        wanted: Collection[Value],
        present: Mapping[Scalar, int],
        schema: Schema,
    ) -> frozenset[Scalar]:
        """The values of the data that the flow names. Raises NodeError on one that does not occur."""
        found: set[Scalar] = set()
        for place, value in enumerate(wanted, start=1):
            same = {v for v in present if _is(v, value) or (self.as_text and _is_text_of(v, value))}
            if not same:
                which = field if len(wanted) == 1 else f"value {place} of {field}"
                dtype = schema.dtype(column)
                raise NodeError(
                    f"{which} does not occur in column '{column}', which has "
                    f"{counted(len(present), 'different value')}" + (f" of type {dtype}" if dtype else ""),
                    hint=f"{field} is given as {_kind(value)}; write it as the column has it, letter for letter",
                )
            found |= same
        return frozenset(found)

    def _groups(
        self, schema: Schema, facets: Mapping[Scalar, int], notes: list[str]
    ) -> list[frozenset[Scalar]]:
        """The disadvantaged group, or each value in turn, most frequent first."""
        if self.disadvantaged is not None:
            wanted = self.disadvantaged if isinstance(self.disadvantaged, tuple) else (self.disadvantaged,)
            return [self._occurring("disadvantaged", self.facet, wanted, facets, schema)]
        if len(facets) > MOST_GROUPS:
            notes.append(
                f"{self.facet} has {len(facets):,} different values: the {MOST_GROUPS} most frequent are compared. "
                "Name others in `disadvantaged`."
            )
        return [frozenset({v}) for v in list(facets)[:MOST_GROUPS]]

    def _compare(
        self,
        combinations: Iterable[Combination],
        good: Collection[Scalar],
        disadvantaged: Collection[Scalar],
        facet_names: Mapping[Scalar, str],
        outcome: str,
    ) -> tuple[Comparison, float | None]:
        """The comparison of a group with all others, and its CDDL."""
        whole: Counter[str] = Counter()
        parts: dict[Scalar, Counter[str]] = {}
        for (label, facet, *group), n in combinations:
            key = f"{'d' if facet in disadvantaged else 'a'}_{'good' if label in good else 'bad'}"
            whole[key] += n
            if group and group[0] is not None:
                parts.setdefault(group[0], Counter())[key] += n
        inside = [name for v, name in facet_names.items() if v in disadvantaged]
        outside = [name for v, name in facet_names.items() if v not in disadvantaged]
        comparison = Comparison(
            Outcomes(**whole),
            a=f"{self.facet} = {outside[0]}"
            if len(outside) == 1
            else f"{self.facet} other than {_few(inside)}",
            d=f"{self.facet} = {_few(inside)}",
            good=outcome,
            suffix="" if self.disadvantaged is not None else inside[0],
            by=self.group or "",
            groups=len(parts),
        )
        return comparison, conditional_disparity(Outcomes(**p) for p in parts.values())

    def _metrics(self, comparison: Comparison, disparity: float | None) -> Iterable[Block]:
        for name in dict.fromkeys(self.metrics):
            if name == "CDDL":
                if self.group is not None:
                    yield comparison.metric(name, disparity)
            else:
                yield comparison.metric(name, SIMPLE[name](comparison.of))

    def _subject(self, comparisons: list[tuple[Comparison, float | None]]) -> str:
        first = comparisons[0][0]
        if len(comparisons) == 1:
            return f"{first.d}, taken as disadvantaged, with {first.a}"
        return f"each value of {self.facet} with all others"

    def _counts(self, comparisons: list[tuple[Comparison, float | None]]) -> TableBlock:
        """Rows and favourable outcomes of each group compared."""
        lines: dict[str, tuple[int, int]] = {}
        for comparison, _ in comparisons:
            of = comparison.of
            lines[comparison.d] = (of.d, of.d_good)
            if len(comparisons) == 1 and of.a:
                lines[comparison.a] = (of.a, of.a_good)
        return TableBlock(
            title="Rows compared",
            columns=("group", "rows", "favourable", "unfavourable", "favourable share"),
            rows=tuple((g, n, k, n - k, percent(k, n)) for g, (n, k) in lines.items()),
        )

    def _chart(self, schema: Schema, combinations: Iterable[Combination], good: Collection[Scalar]) -> Chart:
        """The make-up of each facet value, favourable outcomes first."""
        labels = name_values(
            _totals(combinations, 0),
            MOST_LABELS,
            personal=is_personal(schema, self.label),
            by_value=False,
        )
        facets = name_values(
            _totals(combinations, 1),
            MOST_FACETS,
            personal=is_personal(schema, self.facet),
            by_value=False,
        )
        favourable = {name for value, name in labels.of.items() if value in good}
        legend = sorted(labels.order, key=lambda n: n not in favourable)
        counts: Counter[tuple[str, str]] = Counter()
        sizes: Counter[str] = Counter()
        for (label, facet, *_), n in combinations:
            counts[facets.of[facet], labels.of[label]] += n
            sizes[facets.of[facet]] += n
        found = [(f, c, counts[f, c]) for f in facets.order for c in legend if counts[f, c]]
        shares = [
            f"{f}: "
            + listed(
                f"{quoted(c)} {percent(counts[f, c], sizes[f])}" for c in legend[:MOST_NAMED] if counts[f, c]
            )
            + f" of {counted(sizes[f], 'row')}"
            for f in facets.order[:MOST_GROUPS]
        ]
        return charts.bars(
            Chart(
                title=f"{self.label} by {self.facet}",
                description=f"Shares of {self.label} for each {self.facet}. {'; '.join(shares)}.",
                spec=None,
                columns=(self.facet, self.label, "rows"),
                rows=tuple(found),
            ),
            [{"name": f, "colour": c, "value": n} for f, c, n in found],
            axis=charts.Series(self.facet, facets.order),
            value="share of rows",
            colour=charts.Series(self.label, legend),
            shares=True,
            flat=True,
        )


def _totals(combinations: Iterable[Combination], place: int) -> dict[Scalar, int]:
    """Rows for each value of the column at that place, most frequent first."""
    totals: Counter[Scalar] = Counter()
    for values, n in combinations:
        totals[values[place]] += n
    return dict(totals.most_common())


def _few(found: list[str]) -> str:
    """Some names in a sentence, the rest as a count."""
    if len(found) > MOST_NAMED:
        return f"{len(found):,} of its values"
    return listed(found, "or")


def _is(cell: Scalar, value: Value) -> bool:
    """Whether a cell is what the flow names: text is no number, a boolean is neither, dates are ISO 8601."""
    if isinstance(cell, date | datetime | time):
        return cell.isoformat() == value
    if isinstance(cell, bool) or isinstance(value, bool):
        return cell is value
    return cell == value


def _is_text_of(cell: Scalar, value: Value) -> bool:
    """Whether a text is how one writes a cell: numbers by their value, booleans in either case."""
    if not isinstance(value, str) or isinstance(cell, str):
        return False
    if isinstance(cell, bool):
        return value.strip().lower() == str(cell).lower()
    try:
        return cell == float(value)
    except ValueError:
        return False


def _kind(value: Value) -> str:
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
    return "text"
