"""Features that tsfresh computes, against tsfresh on each series by itself."""

import warnings

import pandas as pd
import polars as pl
import pytest

from weirflow.api import NodeError
from weirflow_tabular.series_extract import ExtractFeatures
from weirflow_tabular.series_rolling import RollingSeries

SERIES = [[1.0, 4.0, 2.0, 8.0, 5.0, 7.0], [3.0, None, 3.0], None, [], [2.5], [None]]


@pytest.fixture(scope="module")
def tsfresh():
    pytest.importorskip("tsfresh", reason="the extra `series` is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tsfresh

        return tsfresh


@pytest.fixture
def by_itself(tsfresh):
    """The features of one series by name."""

    def compute(values, settings):
        frame = pd.DataFrame({"id": 0, "v": [v for v in values if v is not None]})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = tsfresh.extract_features(
                frame,
                column_id="id",
                column_value="v",
                default_fc_parameters=settings,
                n_jobs=0,
                disable_progressbar=True,
            )
        return {n.removeprefix("v__"): found[n].iloc[0] for n in found.columns}

    return compute


def test_each_row_gets_what_tsfresh_gives_of_its_series(run, tsfresh, by_itself):
    from tsfresh.feature_extraction import EfficientFCParameters

    settings = {k: v for k, v in EfficientFCParameters().items() if k[0] < "d"}  # the rest takes long
    frame = pl.DataFrame({"n": range(6), "s": SERIES})
    made = run(ExtractFeatures(columns=["s"], features=tuple(settings), output="f"), frame).frame
    expected = by_itself(SERIES[0], settings)
    assert made.columns == ["n", "s", *(f"f__{n}" for n in expected)]
    assert len(expected) > 50
    for row, values in enumerate(SERIES):
        found = dict(zip(expected, made.row(row)[2:], strict=True))
        if not any(v is not None for v in values or []):
            assert set(found.values()) == {None}
            continue
        for name, value in by_itself(values, settings).items():
            wanted = None if pd.isna(value) or value in {float("inf"), float("-inf")} else float(value)
            assert found[name] == (
                wanted if wanted is None else pytest.approx(wanted, rel=1e-9, abs=1e-12)
            ), name


def test_a_table_without_any_value_has_the_columns(run, tsfresh):
    frame = pl.DataFrame({"s": [None, []]}, schema={"s": pl.List(pl.Int64)})
    for one in (frame, frame.head(0)):
        made = run(ExtractFeatures(columns=["s"], features=("abs_energy", "maximum")), one).frame
        assert made.columns == ["s", "s__abs_energy", "s__maximum"]
        assert made["s__maximum"].dtype == pl.Float64
        assert made["s__maximum"].null_count() == one.height


def test_a_feature_that_there_is_not_is_told(run, tsfresh):
    with pytest.raises(NodeError, match="no feature 'abs_energi' in its efficient subset") as told:
        run(ExtractFeatures(columns=["s"], features=("abs_energi",)), pl.DataFrame({"s": [[1.0]]}))
    assert "abs_energy" in told.value.hint


def test_the_values_of_windows(run):
    frame = pl.DataFrame({"x": [1, 2, None, 4]})
    made = run(RollingSeries(columns=["x"], window=3, to="values"), frame).frame
    assert made["x_window_3"].to_list() == [[1.0], [1.0, 2.0], [1.0, 2.0, None], [2.0, None, 4.0]]
