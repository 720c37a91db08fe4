"""Features of series that tsfresh computes."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    FLOAT64,
    Columns,
    Effect,
    Estimator,
    Made,
    NewColumn,
    NodeError,
    TrainedParameters,
    did_you_mean,
)
from weirflow_tabular.checks import require_new
from weirflow_tabular.series_statistics import require_lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    import polars as pl

    from weirflow.api import Answers, Schema, Statistic, Table

_SETS = {"efficient": "EfficientFCParameters", "comprehensive": "ComprehensiveFCParameters"}


class FeatureNames(TrainedParameters):
    """What tsfresh calls the features, in its order."""

    names: tuple[str, ...]


class ExtractFeatures(Estimator[FeatureNames]):
    """Compute many features of the series that a row holds as a list: `{column}__{feature}`, put last.

    tsfresh computes them and names them, some 800 for each column: all (`comprehensive`), or those that do not take
    long (`efficient`), or those that `features` names. What is not defined for a series is null, and so is all of a
    list that is missing or empty. Missing values within a list are left out. The names are learned, of no data, so
    that other versions of tsfresh make the same columns. `series.features` is much faster for the usual ten.
    """

    operator = "series.extract_features"
    holds_table = True

    columns: Columns = Field(description="columns of lists of numbers")
    subset: Literal["efficient", "comprehensive"] = Field(default="efficient", description="which features")
    features: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="which features of the subset, by tsfresh's names; all by default",
    )
    output: NewColumn | None = Field(
        default=None, description="of one column: what the names begin with, before `__{feature}`"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.output is not None and self.columns.resolved and len(self.columns) != 1:
            raise ValueError("`output` is for one column")
        return self

    def _prefix(self, column: str) -> str:
        return f"{self.output or column}__"

    def effect(self, schema: Schema) -> Effect:
        """Columns of each prefix, which tsfresh names."""
        require_lists(schema, self.columns, numeric=True)
        return Effect(opens={self._prefix(c): (c,) for c in self.columns})

    def trained_effect(self, schema: Schema, trained: FeatureNames) -> Effect:
        """The columns by name."""
        require_lists(schema, self.columns, numeric=True)
        made = {
            self._prefix(c) + n: Made(of=(c,), dtype=FLOAT64) for c in self.columns for n in trained.names
        }
        require_new(schema, made)
        return Effect(makes=made)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """Nothing: the names do not depend on the data."""
        del known
        require_lists(schema, self.columns, numeric=True)
        return []

    def fit(self, answers: Answers) -> FeatureNames:
        """What tsfresh calls the features of a series of its own."""
        import pandas as pd

        del answers
        example = pd.DataFrame({"row": [0, 0], "value": [0.0, 1.0]})
        return FeatureNames(names=tuple(_computed(example, self._settings()).columns))

    def transform(self, table: Table, trained: FeatureNames) -> Table:
        """Let tsfresh compute them."""
        import polars as pl

        frame: pl.DataFrame = table.collect(backend="polars").to_native()
        settings = self._settings()
        for column in self.columns:
            made = _extracted(frame[column], settings, trained.names)
            made = made.rename({n: self._prefix(column) + n for n in made.columns})
            frame = pl.concat([frame, made], how="horizontal")
        return nw.from_native(frame.lazy())

    def _settings(self) -> dict[str, Any]:
        with _silent():
            from tsfresh.feature_extraction import settings

            every: dict[str, Any] = dict(getattr(settings, _SETS[self.subset])())
        if self.features is None:
            return every
        wrong = next((f for f in self.features if f not in every), None)
        if wrong is not None:
            raise NodeError(
                f"tsfresh has no feature '{wrong}' in its {self.subset} subset",
                hint=did_you_mean(wrong, every),
                code="WF205",
            )
        return {f: every[f] for f in dict.fromkeys(self.features)}


def _extracted(lists: pl.Series, settings: dict[str, Any], names: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    rows = pl.DataFrame({"row": range(len(lists)), "value": lists.cast(pl.List(pl.Float64))})
    values = rows.explode("value").drop_nulls()
    if values.is_empty():
        return pl.DataFrame({n: pl.repeat(None, len(lists), dtype=pl.Float64, eager=True) for n in names})
    found = _computed(values.to_pandas(), settings)
    lacking = next((n for n in names if n not in found.columns), None)
    if lacking is not None:
        raise NodeError(
            f"the tsfresh that is installed does not compute '{lacking}'",
            hint="install the version that it was learned with, or learn it anew: --refit",
        )
    numbers = {n: pl.Series(n, found[n].astype("float64").to_numpy()) for n in names}
    made = pl.DataFrame({"row": found.index.to_numpy(), **numbers}).with_columns(
        pl.when(pl.col(n).is_finite()).then(pl.col(n)).alias(n) for n in names
    )
    kept = rows.select(pl.col("row").cast(made["row"].dtype))
    return kept.join(made, on="row", how="left", maintain_order="left").select(names)


def _computed(values: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    with _silent():
        from tsfresh import extract_features

        found: pd.DataFrame = extract_features(
            values,
            column_id="row",
            column_value="value",
            default_fc_parameters=settings,
            n_jobs=0,
            disable_progressbar=True,
        )
    return found.rename(columns=lambda name: name.removeprefix("value__"))


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Short and constant series make its arithmetic warn; what is not defined is null."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
