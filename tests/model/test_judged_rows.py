"""Anomalies among new rows: how many ordinary ones are flagged, and what becomes of odd ones."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import rollcast as rc
from rollcast.errors import ArgumentError, DataError, RollcastWarning
from rollcast.model.live import adapting

S, FITTED, NEW = 8, 300, 200
POINT, LOW, HIGH = "ESN", "ESN-lo-95", "ESN-hi-95"


def waves(first: int, last: int) -> pd.DataFrame:
    """Rows of sine waves with normal noise around 50; every second series has ten times the noise."""
    times = np.arange(FITTED + NEW)
    noise = (
        np.random.default_rng(3).normal(size=(S, len(times)))
        * np.where(np.arange(S) % 2, 10, 1)[:, None]
    )
    values = (50 + 5 * np.sin(times * 2 * np.pi / 10) + noise)[:, first:last]
    ids, ds = np.repeat([f"s{i}" for i in range(S)], last - first), np.tile(times[first:last], S)
    return pd.DataFrame({"unique_id": ids, "ds": ds, "y": values.ravel()})


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    model = rc.Forecaster(h=3, cell="esn", hidden_size=8, log=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(waves(0, FITTED), progress="quiet")
    return model


@pytest.fixture(scope="module")
def found(model: rc.Forecaster) -> pd.DataFrame:
    return model.anomalies(waves(FITTED, FITTED + NEW), false_alarms=5)


@pytest.mark.slow
def test_ordinary_rows_are_flagged_as_often_as_the_rate_says_in_each_series(found):
    by_series = found.groupby("unique_id")["anomaly"].mean()
    # 480 scores calibrate and 1,600 rows judge: three standard deviations of both.
    assert by_series.mean() == pytest.approx(0.05, abs=0.034)
    # Of 200 rows a rate of 8 % gives more than 15 % once in 2,000 trials.
    assert by_series.max() <= 0.15


def test_values_are_flagged_beyond_the_ends_and_p_values_are_even(found):
    outside = (found["y"] < found[LOW]) | (found["y"] > found[HIGH])
    near = np.isclose(found["p_value"], 0.05, atol=1e-4)
    assert (outside == found["anomaly"])[~near].all()
    assert (found[LOW] < found[POINT]).all()
    assert (found[POINT] < found[HIGH]).all()
    assert np.mean(found["p_value"] < 0.5) == pytest.approx(0.5, abs=0.1)


def test_rows_all_at_once_are_judged_as_one_by_one_and_the_state_stays(model, found):
    rows, state = waves(FITTED, FITTED + 3), model.state
    for time in range(FITTED, FITTED + 3):
        now = rows[rows["ds"] == time]
        alone = model.anomalies(now, state, false_alarms=5)
        whole = found[found["ds"] == time].reset_index(drop=True)
        assert_allclose(alone[POINT], whole[POINT], rtol=1e-5)
        assert_allclose(alone["p_value"], whole["p_value"], atol=1e-4)
        state = model.observe(now, state)
    assert model.anomalies(rows, state.select(["s1"]), late="skip").empty


def test_a_value_too_far_off_to_be_read_is_flagged_and_the_rows_behind_it_are_judged(model):
    rows = waves(FITTED, FITTED + 3)
    rows = rows[rows["unique_id"] == "s0"].assign(y=[1e60, 50.0, 70.0])
    with pytest.raises(DataError, match="holds 1e"):
        model.observe(rows)
    judged = model.anomalies(rows)
    assert judged["p_value"][0] == 0
    assert judged["anomaly"].tolist() == [True, False, True]
    assert list(judged) == [
        "unique_id",
        "ds",
        "y",
        "ESN",
        "ESN-lo-99",
        "ESN-hi-99",
        "p_value",
        "anomaly",
    ]


def test_a_missing_row_is_told_with_its_forecast_and_new_series_are_left_out(model):
    rows = waves(FITTED, FITTED + 3)
    rows = rows[(rows["ds"] != FITTED + 1) & (rows["unique_id"] == "s0")]
    new = rows.assign(unique_id="new")
    judged = model.anomalies(pd.concat([rows, new]))
    assert judged["ds"].tolist() == [FITTED, FITTED + 1, FITTED + 2]
    assert judged["p_value"].isna().tolist() == [False, True, False]
    assert judged["ESN"].notna().all()
    assert not judged["anomaly"][1]
    with pytest.raises(DataError, match="missing before"):
        model.anomalies(rows, max_gap=0)


def test_where_intervals_adapt_the_bounds_for_anomalies_do(model):
    rows = waves(FITTED, FITTED + NEW)
    loud = rows.assign(y=50 + 4 * (rows["y"] - 50))
    state = model.observe(loud.iloc[:0], adapting(model.fitted, model.state, (80, 95)))
    fixed, adapted = (model.anomalies(loud, s, false_alarms=5) for s in (model.state, state))
    late = fixed["ds"] >= FITTED + 100
    assert fixed["anomaly"][late].mean() > 0.2
    assert adapted["anomaly"][late].mean() == pytest.approx(0.05, abs=0.03)


def test_a_rate_outside_its_range_is_refused(model):
    with pytest.raises(ArgumentError, match=r"`false_alarms` must be from 0\.01 to 50 percent"):
        model.anomalies(waves(FITTED, FITTED + 1), false_alarms=0)
