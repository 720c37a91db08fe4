"""`analyse.quick_model`: what a random forest makes of the data as it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from weirflow.api import (
    Analysis,
    Answers,
    Block,
    Chart,
    ColumnName,
    Columns,
    Count,
    Distinct,
    Effect,
    Field,
    Metric,
    NodeError,
    Notice,
    Report,
    RowCount,
    Sample,
    Schema,
    Selector,
    Statistic,
    TableBlock,
    Text,
)
from weirflow_analyses import charts
from weirflow_analyses.values import (
    counted,
    has_plain_values,
    is_personal,
    listed,
    names,
    number,
    percent,
    quoted,
    require_plain_values,
    signed,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow_analyses.forest import Fitted, Problem

MOST_CLASSES = 100  # distinct numbers up to which a label counts as classes
MOST_SHOWN = 20  # importances, and classes, in the report
FEWEST_ROWS = 10


class QuickModel(Analysis):
    """Fit a random forest to the data as it is, and say how well it predicts a label and which features it uses.

    Rows without a label are left out; of the others up to `rows` are sampled and split into training and test rows,
    stratified by class where every class has rows enough. The score is F1 for classification (of 1 or true, or of
    the rarer of two text values; with more classes weighted by their rows), mean squared error for regression,
    beside that of always answering the most frequent class or the mean. A label of text or booleans, or of at most
    100 different whole numbers, counts as classes. Importances are Gini importances, and sum to 1.

    The model is scikit-learn's, with its defaults but for `trees`. Dates are numbers to it; text is encoded by its
    place among the sorted training values; nulls are a case of their own, which each split sends to one side.
    """

    operator = "analyse.quick_model"

    label: ColumnName = Field(description="column to predict")
    features: Columns = Field(
        default=Columns(selector=Selector()), description="columns to predict from; the label is never one"
    )
    problem: Literal["auto", "classification", "regression"] = Field(
        default="auto", description="what kind of label it is"
    )
    test: float = Field(default=0.3, gt=0, le=0.9, description="share of the rows kept for testing")
    seed: int = Field(
        default=0, ge=0, le=2**32 - 1, description="decides the sample, the split and the trees"
    )
    rows: int = Field(default=100_000, ge=FEWEST_ROWS, description="most rows to use")
    trees: int = Field(default=100, ge=1, le=10_000, description="how many trees the forest has")
    title: str = Field(default="", description="the title; by default it names the label")

    def _features(self, schema: Schema) -> list[str]:
        return [c for c in self.features if c != self.label and has_plain_values(schema.dtype(c))]

    def _sample(self, schema: Schema) -> Sample:
        return Sample((self.label, *self._features(schema)), self.rows, self.seed)

    def effect(self, schema: Schema) -> Effect:
        """Reads the label and the features."""
        chosen = self.features.names if self.features.resolved else schema.names
        return Effect(reads=tuple(dict.fromkeys((self.label, *chosen))))

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """A sample, and how many different labels there are in all rows."""
        del known
        require_plain_values(schema, self.label)
        if not self._features(schema):
            raise NodeError(
                f"there is no column to predict '{self.label}' from",
                hint="name at least one column of numbers, text, dates or booleans in `features`",
            )
        dtype = schema.dtype(self.label)
        if self.problem == "regression" and dtype is not None and not dtype.is_numeric:
            raise NodeError(
                f"column '{self.label}' is of type {dtype}, and regression needs a numeric label",
                hint="leave `problem` out, or set it to classification",
                code="WF402",
            )
        yield from (RowCount(), Count(self.label), Distinct(self.label), self._sample(schema))

    def report(self, schema: Schema, answers: Answers) -> Report:
        """Scores beside their baseline, importances, and how they came about."""
        title = self.title or f"Quick model of {self.label}"
        sample = answers[self._sample(schema)]
        labelled = sample.filter(sample[self.label].is_not_null())
        dtype = schema.dtype(self.label)
        if dtype is not None and dtype.is_float:
            labelled = labelled.filter(labelled[self.label].is_finite())
        if dtype is not None and dtype.kind == "decimal":
            labelled = labelled.with_columns(labelled[self.label].cast(float))
        obstacle = self._obstacle(schema, answers, labelled)
        if obstacle is not None:
            return Report(title=title, blocks=(Notice(text=obstacle),))
        return self._fit(title, schema, answers, sample.height, labelled)

    def _obstacle(self, schema: Schema, answers: Answers, labelled: Any) -> str | None:
        """Why there is nothing to fit, or None."""
        if not labelled.height:
            return f"{self.label} has no values: there is nothing to predict."
        kinds = labelled[self.label].n_unique()
        if kinds == 1:
            return f"{self.label} has one value alone: there is nothing to predict."
        if labelled.height < FEWEST_ROWS:
            have = counted(labelled.height, "row")
            return f"{have} with a value of {self.label}: at least {FEWEST_ROWS} are needed."
        if self._problem(schema, answers, labelled) == "classification" and kinds > MOST_CLASSES:
            return f"{self.label} has {kinds:,} different values: at most {MOST_CLASSES} can be told apart as classes."
        return None

    def _fit(self, title: str, schema: Schema, answers: Answers, sampled: int, labelled: Any) -> Report:
        from weirflow_analyses import forest

        problem = self._problem(schema, answers, labelled)
        features = [f for f in self._features(schema) if labelled[f].null_count() < labelled.height]
        notes = self._left_out(schema, answers, sampled, labelled, features)
        if not features:
            notes.append("Every feature is null throughout: there is nothing to predict from.")
            return Report(title=title, blocks=tuple(Notice(text=n) for n in notes))
        matrix = forest.as_matrix(labelled.select(features))
        if matrix.infinite:
            notes.append(f"{counted(matrix.infinite, 'infinite value')} taken as null.")
        target = (
            _classes(labelled[self.label]) if problem == "classification" else labelled[self.label].to_list()
        )
        fitted = forest.fit(matrix, target, problem, test=self.test, seed=self.seed, trees=self.trees)
        if problem == "classification" and not fitted.stratified:
            notes.append("The split is not stratified by class: some classes have too few rows.")
        scores = self._classes(schema, fitted) if problem == "classification" else self._numbers(fitted)
        blocks: list[Block] = [
            self._method(problem, answers, fitted, features),
            *scores,
            self._importances(features, fitted),
            *(Notice(text=n) for n in notes),
        ]
        return Report(title=title, blocks=tuple(blocks))

    def _problem(self, schema: Schema, answers: Answers, labelled: Any) -> Problem:
        if self.problem != "auto":
            return self.problem
        dtype = schema.dtype(self.label)
        if dtype is None or not dtype.is_numeric:
            return "classification"
        label = labelled[self.label]
        whole = dtype.is_integer or bool((label == label.floor()).all())
        return "classification" if whole and answers[Distinct(self.label)] <= MOST_CLASSES else "regression"

    def _left_out(
        self, schema: Schema, answers: Answers, sampled: int, labelled: Any, features: list[str]
    ) -> list[str]:
        """Notices on the rows and columns that take no part."""
        notes: list[str] = []
        rows = answers[RowCount()]
        if rows > sampled:
            notes.append(f"A sample of {sampled:,} of {counted(rows, 'row')} (seed {self.seed}).")
        if unlabelled := sampled - labelled.height:
            notes.append(f"{counted(unlabelled, 'row')} without a finite value of {self.label} left out.")
        chosen = [c for c in self.features if c != self.label]
        if strange := [c for c in chosen if not has_plain_values(schema.dtype(c))]:
            notes.append(f"Left out, since their values are not single ones: {listed(strange)}.")
        if empty := [c for c in self._features(schema) if c not in features]:
            notes.append(f"Left out, since they are null throughout: {listed(empty)}.")
        return notes

    def _method(self, problem: Problem, answers: Answers, fitted: Fitted, features: list[str]) -> Text:
        how = "stratified by class" if fitted.stratified else "at random"
        if self.problem != "auto":
            why = "as the flow says"
        elif problem == "classification":
            why = f"since {self.label} has {counted(answers[Distinct(self.label)], 'different value')}"
        else:
            why = f"since {self.label} is a number that takes many values"
        return Text(
            text=(
                f"{problem.capitalize()}, {why}: a random forest (scikit-learn) of {counted(self.trees, 'tree')} on "
                f"{counted(len(features), 'feature')}, fitted to {counted(fitted.train, 'row')} and tested on "
                f"{fitted.test:,} others, split {how} (seed {self.seed}). Text is encoded by the place of its value "
                "among the sorted ones; nulls are a case of their own."
            )
        )

    def _classes(self, schema: Schema, fitted: Fitted) -> list[Block]:
        """F1 and accuracy beside those of always answering the most frequent class, and a line for each class."""
        named = names((c.value for c in fitted.classes), personal=is_personal(schema, self.label))
        usual = quoted(named[fitted.usual])
        always = f"always answering {usual} would give {signed(fitted.baseline)}"
        if fitted.positive is not None:
            positive = quoted(named[fitted.positive])
            label = f"F1 of {self.label} = {named[fitted.positive]}"
            if fitted.usual != fitted.positive:
                always += f", and always {positive} {signed(fitted.always_positive or 0.0)}"
            reading = (
                f"{signed(fitted.score)} is the balance (harmonic mean) of precision and recall in finding {positive}, "
                f"from 0 to 1, where 1 is perfect; {always}."
            )
        else:
            label = "F1, weighted by the rows of each class"
            reading = (
                f"{signed(fitted.score)} is the balance (harmonic mean) of precision and recall, averaged over "
                f"{len(fitted.classes)} classes by their rows, from 0 to 1, where 1 is perfect; {always}."
            )
        assert fitted.second is not None
        right = (
            f"{percent(fitted.second, 1)} of the test rows are predicted right; "
            f"always answering {usual} would be right for {percent(fitted.second_baseline or 0.0, 1)}."
        )
        table = TableBlock(
            title="Test rows by class",
            columns=("class", "rows", "precision", "recall", "F1"),
            rows=tuple(
                (named[c.value], c.rows, round(c.precision, 4), round(c.recall, 4), round(c.f1, 4))
                for c in fitted.classes[:MOST_SHOWN]
            ),
            note=(
                f"The first {MOST_SHOWN} of {len(fitted.classes)} classes."
                if len(fitted.classes) > MOST_SHOWN
                else ""
            ),
        )
        return [
            Metric(name="f1", label=label, value=fitted.score, reading=reading),
            Metric(
                name="baseline_f1",
                label="F1 of the baseline",
                value=fitted.baseline,
                reading=f"Without a model: {always}.",
            ),
            Metric(name="accuracy", label="Accuracy", value=fitted.second, reading=right),
            Metric(
                name="baseline_accuracy",
                label="Accuracy of the baseline",
                value=fitted.second_baseline,
                reading=f"The share of test rows that are {usual}, the most frequent class of the training rows.",
            ),
            table,
        ]

    def _numbers(self, fitted: Fitted) -> list[Block]:
        """Mean squared error and R squared beside those of always answering the mean."""
        off, usually = math.sqrt(fitted.score), math.sqrt(fitted.baseline)
        blocks: list[Block] = [
            Metric(
                name="mse",
                label="Mean squared error",
                value=fitted.score,
                reading=(
                    f"{number(fitted.score)} means that predictions are off by about {number(off)} (its square root, "
                    f"in the units of {self.label}); always answering the mean would be off by {number(usually)}."
                ),
            ),
            Metric(
                name="baseline_mse",
                label="Mean squared error of the baseline",
                value=fitted.baseline,
                reading=f"Always answering {number(fitted.usual)}, the mean of the training rows.",
            ),
        ]
        reading = "Not defined: the label is the same in every test row."
        if fitted.second is not None:
            better = "worse" if fitted.second < 0 else "better"
            reading = (
                f"{signed(fitted.second)}, where 1 is perfect and 0 no better than the mean of the test rows, means "
                f"that the model does {better} than such a constant."
            )
        blocks.append(Metric(name="r2", label="R squared", value=fitted.second, reading=reading))
        return blocks

    def _importances(self, features: list[str], fitted: Fitted) -> Chart:
        """A bar for each of the most important features."""
        pairs = zip(features, fitted.importances, strict=True)
        ranked = sorted(pairs, key=lambda pair: -pair[1])
        top = ranked[:MOST_SHOWN]
        words = listed(f"{f} {signed(i)}" for f, i in top[:4])
        rest = ranked[MOST_SHOWN:]
        more = f" The other {len(rest)} share {signed(math.fsum(i for _, i in rest))}." if rest else ""
        return charts.bars(
            Chart(
                title=f"What predicts {self.label}",
                description=(
                    f"Importance of {counted(len(top), 'feature')}, of a sum of 1. Most important: {words}.{more}"
                ),
                spec=None,
                columns=("feature", "importance"),
                rows=tuple(ranked),
            ),
            [{"name": f, "value": i} for f, i in top],
            axis=charts.Series("feature", [f for f, _ in top]),
            value="importance",
            flat=True,
        )


def _classes(label: Any) -> list[Any]:
    """Labels as scikit-learn takes classes: text, booleans and whole numbers as they are, anything else as text."""
    values: list[Any] = label.to_list()
    if all(isinstance(v, str | int) or (isinstance(v, float) and v.is_integer()) for v in values):
        return values
    return [v.isoformat() if hasattr(v, "isoformat") else str(v) for v in values]
