"""The random forest of `analyse.quick_model`: from a sample of rows to scores. Loads scikit-learn when called."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import polars as pl

Problem: TypeAlias = Literal["classification", "regression"]
LARGEST = 3.4e38  # trees compare 32-bit floats


@dataclass(frozen=True)
class ClassScore:
    """How one class fared in the test rows."""

    value: Any
    precision: float
    recall: float
    f1: float
    rows: int


@dataclass(frozen=True)
class Fitted:
    """What came of the fit. Importances sum to 1, in the order of the features.

    Classification: `score` is F1, of the class `positive` or weighted by rows where that is None, and `second` is
    accuracy. Regression: the mean squared error, and R squared (None with one test row or a constant one). The
    baselines are those of always answering `usual`: the most frequent class, or the mean, of the training rows.
    """

    train: int
    test: int
    stratified: bool
    score: float
    baseline: float
    second: float | None
    second_baseline: float | None
    usual: Any
    importances: tuple[float, ...]
    positive: Any = None
    always_positive: float | None = None
    classes: tuple[ClassScore, ...] = ()


@dataclass(frozen=True)
class Matrix:
    """Features as numbers: which columns, their text columns' places, and how many values were infinite."""

    values: np.ndarray[Any, np.dtype[Any]]
    text: tuple[int, ...]
    infinite: int


def as_matrix(features: pl.DataFrame) -> Matrix:
    """Features as an object matrix: numbers, dates and booleans as floats, text as it is, null as NaN or None."""
    import numpy as np
    import polars as pl

    columns: list[Any] = []
    text: list[int] = []
    infinite = 0
    for place, series in enumerate(features.iter_columns()):
        if series.dtype in (
            pl.String,
            pl.Categorical,
            pl.Enum,
        ):  # types with parameters equal their class, and hash otherwise
            columns.append(series.cast(pl.String).to_numpy().astype(object))
            text.append(place)
            continue
        numbers = (series.to_physical() if series.dtype.is_temporal() else series).cast(pl.Float64).to_numpy()
        huge = np.abs(numbers) > LARGEST
        infinite += int(huge.sum())
        columns.append(np.where(huge, np.nan, numbers))
    matrix = np.empty((features.height, len(columns)), dtype=object)
    for place, column in enumerate(columns):
        matrix[:, place] = column
    return Matrix(matrix, tuple(text), infinite)


def fit(
    matrix: Matrix, label: Sequence[Any], problem: Problem, *, test: float, seed: int, trees: int
) -> Fitted:
    """Split, fit and score. The result depends on the arguments alone, not on the number of cores."""
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.model_selection import train_test_split

    target = np.asarray(label, dtype=float if problem == "regression" else None)
    strata = target if problem == "classification" and _can_stratify(target, test) else None
    train_x, test_x, train_y, test_y = train_test_split(
        matrix.values, target, test_size=test, random_state=seed, stratify=strata
    )
    train_x, test_x = _encode(train_x, test_x, matrix.text)
    forest = RandomForestRegressor if problem == "regression" else RandomForestClassifier
    model = forest(n_estimators=trees, random_state=seed, n_jobs=-1)
    model.fit(train_x, train_y)
    model.set_params(n_jobs=1)  # threads add up the trees' answers in any order
    found = model.predict(test_x)
    parts = {
        "train": len(train_y),
        "test": len(test_y),
        "stratified": strata is not None,
        "importances": tuple(float(i) for i in model.feature_importances_),
    }
    scores = _score_numbers if problem == "regression" else _score_classes
    return scores(target, train_y, test_y, found, parts)


def _can_stratify(target: Any, test: float) -> bool:
    """Whether each class can be in both parts."""
    import numpy as np

    counts = np.unique(target, return_counts=True)[1]
    held = math.ceil(test * len(target))
    return bool(counts.min() > 1 and held >= len(counts) and len(target) - held >= len(counts))


def _encode(train: Any, test: Any, text: tuple[int, ...]) -> tuple[Any, Any]:
    """Text as the place of its value among the sorted training values; unseen -1, null NaN."""
    import numpy as np
    from sklearn.preprocessing import OrdinalEncoder

    if text:
        encoder = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=np.nan
        )
        places = list(text)
        train[:, places] = encoder.fit_transform(train[:, places])
        test[:, places] = encoder.transform(test[:, places])
    return train.astype(float), test.astype(float)


def positive_class(target: Any) -> Any:
    """The class whose F1 stands for a binary label: 1 or true; of text the rarer, of equals the last."""
    import numpy as np

    values, counts = np.unique(target, return_counts=True)
    if values.dtype.kind in "biuf":
        return values[-1].item()
    return min(zip(counts, -np.arange(len(counts)), values, strict=True))[2]


def _score_classes(target: Any, train: Any, test: Any, found: Any, parts: dict[str, Any]) -> Fitted:
    import numpy as np
    from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

    values = np.unique(target)
    binary = len(values) <= 2  # noqa: PLR2004
    positive = positive_class(target) if binary else None

    def f1(answers: Any) -> float:
        if binary:
            return float(f1_score(test == positive, answers == positive, zero_division=0.0))
        return float(f1_score(test, answers, labels=values, average="weighted", zero_division=0.0))

    seen, counts = np.unique(train, return_counts=True)
    usual = seen[counts.argmax()]
    always = np.full(len(test), usual)
    table = precision_recall_fscore_support(test, found, labels=values, zero_division=0.0)
    return Fitted(
        score=f1(found),
        baseline=f1(always),
        second=float(accuracy_score(test, found)),
        second_baseline=float(accuracy_score(test, always)),
        usual=_plain(usual),
        positive=_plain(positive),
        always_positive=f1(np.full(len(test), positive)) if binary else None,
        classes=tuple(
            ClassScore(_plain(v), float(p), float(r), float(f), int(n))
            for v, p, r, f, n in zip(values, *table, strict=True)
        ),
        **parts,
    )


def _score_numbers(target: Any, train: Any, test: Any, found: Any, parts: dict[str, Any]) -> Fitted:
    import numpy as np
    from sklearn.metrics import mean_squared_error

    del target
    usual = float(np.mean(train))
    error = float(mean_squared_error(test, found))
    base = float(mean_squared_error(test, np.full(len(test), usual)))
    spread = float(np.var(test))
    return Fitted(
        score=error,
        baseline=base,
        second=1 - error / spread if spread else None,
        second_baseline=1 - base / spread if spread else None,
        usual=usual,
        **parts,
    )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
