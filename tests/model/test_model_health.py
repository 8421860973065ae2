"""Whether a model still fits: what a state that watches keeps of new rows, and what is said of it."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.errors import ArgumentError, RollcastWarning
from rollcast.evaluation.running_comparison import HALF_LIFE

SEEN = 200


def noise(rows: int, size: float = 1.0, *, start: int = SEEN, seed: int = 1) -> pd.DataFrame:
    """Rows of two series."""
    values = 50 + size * np.random.default_rng(seed).normal(size=(2, rows))
    times = np.tile(np.arange(start, start + rows), 2)
    return pd.DataFrame(
        {"unique_id": ["a"] * rows + ["b"] * rows, "ds": times, "y": values.ravel()}
    )


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    """A network that forecasts points and does not notice by itself that the noise has grown."""
    model = rc.Forecaster(cell="esn", hidden_size=4, h=2, log=False, bounds=None, season_length=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(noise(SEEN, start=0, seed=0), progress="quiet")
    return model


def test_the_figures_are_those_of_forecasts_made_one_by_one(model):
    rows, state = noise(6), model.state
    known = noise(SEEN, start=0, seed=0)
    mine, naive, seasonal, inside = [], [], [], []
    past = pd.concat([known, rows])
    for time in range(SEEN, SEEN + 6):
        made = model.predict(h=1, state=state, level=80)
        value = past[past["ds"] == time]["y"].to_numpy()
        mine.append(np.abs(made["ESN"].to_numpy() - value))
        naive.append(np.abs(past[past["ds"] == time - 1]["y"].to_numpy() - value))
        seasonal.append(np.abs(past[past["ds"] == time - 4]["y"].to_numpy() - value))
        inside.append((made["ESN-lo-80"].to_numpy() <= value) & (value <= made["ESN-hi-80"]))
        state = model.observe(rows[rows["ds"] == time], state)
    health = model.health(model.observe(rows, watch=True))
    weight = 0.5 ** (np.arange(6)[::-1] / HALF_LIFE)
    preparation = model.state.preparation
    unit = preparation.scaler.scale * preparation.anchor_error
    table = health.by_series.set_index("unique_id")
    for column, errors in {"ESN": mine, "naive": naive, "seasonal naive": seasonal}.items():
        mean = np.average(errors, axis=0, weights=weight) / unit
        assert_allclose(table[column], mean, rtol=1e-3)
    assert_allclose(table["inside-80"], 100 * np.mean(inside, axis=0))
    assert health.coverage[80] == pytest.approx(100 * np.mean(inside))
    assert table["values"].tolist() == [6, 6]


def test_rows_one_by_one_leave_what_all_at_once_leave(model):
    rows = noise(30)
    rows.loc[7, "y"] = np.nan
    whole = model.observe(rows, watch=True).watch
    state = model.observe(rows[:0], watch=True)
    for first, last in ((0, 1), (1, 2), (2, 30)):
        part = rows["ds"].between(SEEN + first, SEEN + last - 1)
        state = model.observe(rows[part], state)
    assert whole.counted.tolist() == [29, 30]
    for one, two in zip(state.watch, whole, strict=True):
        assert_allclose(one, two, rtol=1e-3, atol=1e-5)


def test_wider_noise_calls_for_an_update_and_the_file_keeps_what_was_seen(model, tmp_path: Path):
    calm = model.observe(noise(40), watch=True)
    assert model.health(calm).advice == "none"
    state = model.observe(noise(60, 4.0, start=SEEN + 40, seed=2), calm)
    health = model.health(state)
    assert health.advice == "update"
    assert "times those of the rows on which the fit was judged (p = " in health.reason
    assert health.coverage[80] < 65
    assert str(health).splitlines()[0] == "Watched: 200 values of 2 series."
    assert str(health).endswith("Advice: fit the model again.")
    state.save(tmp_path / "now.state")
    opened = rc.State.load(tmp_path / "now.state")
    assert opened == state
    assert opened != replace(state, watch=None)
    model.save(tmp_path / "x.rollcast")
    assert str(rc.load(tmp_path / "x.rollcast").health(opened)) == str(health)


def test_a_model_that_holds_no_errors_of_its_fit_is_held_beside_the_baseline_alone(model):
    older = rc.Forecaster()
    intervals = model.fitted.intervals._replace(expected=None)
    older._fitted = replace(model.fitted, intervals=intervals)
    health = older.health(older.observe(noise(60, 4.0), watch=True))
    assert health.advice == "none"
    assert health.running.fit is None
    assert "How large errors were in the fit is not known for certain" in str(health)
    assert np.isnan(health.by_series["fit"]).all()


def test_a_new_series_is_watched_from_its_first_forecast_on(model):
    young = noise(12).replace({"unique_id": {"a": "c", "b": "d"}})
    state = model.observe(young[young["ds"] < SEEN + 9], model.observe(noise(1), watch=True))
    state = model.observe(young[young["ds"] >= SEEN + 9], state)
    assert state.watch.counted.tolist() == [1, 1, 3, 3]
    table = model.health(state).by_series.set_index("unique_id")
    assert_array_equal(np.isnan(table["fit"]), [False, False, True, True])
    assert (table.loc["c", ["ESN", "naive", "seasonal naive"]] > 0).all()
    assert len(model.health(state.select(["c"])).by_series) == 1


def test_a_state_that_does_not_watch_says_how_to_have_it_watch(model):
    with pytest.raises(
        ArgumentError, match=r"`state` keeps no errors: have it watch, .*watch=True"
    ):
        model.health()
    assert model.observe(noise(1)).watch is None
    with pytest.raises(ArgumentError, match="`watch` must be"):
        model.observe(noise(1), watch=1)
