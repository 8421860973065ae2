"""Intervals that adapt: what they hold after the noise has doubled, and what a state keeps of it."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.errors import ArgumentError, RollcastWarning
from rollcast.forecasting.adaptation import RATE, Adaptation, follow_row, score_row

LEVELS = (80, 95)


def normal_scores(series: int, rows: int, *, seed: int = 0) -> np.ndarray:
    """(S, T, 2) of normal values around a point, in halves of the normal 80 and 95 % intervals."""
    values = np.abs(np.random.default_rng(seed).normal(size=(series, rows, 1)))
    return values / np.array([1.2816, 1.96])


def held(scores: np.ndarray, adaptation: Adaptation) -> np.ndarray:
    """(S, T, L) whether each row lay inside of the interval forecast for it."""
    inside, factors = np.empty(scores.shape, bool), adaptation.factors
    for t in range(scores.shape[1]):
        inside[:, t] = scores[:, t] <= factors
        factors = follow_row(adaptation.levels, factors, scores[:, t])
    return inside


def test_a_hundred_rows_after_the_noise_has_doubled_coverage_is_back():
    scores = normal_scores(400, 500)
    scores[:, 200:] *= 2
    inside = held(scores, Adaptation.start(LEVELS, 400))
    assert_allclose(inside[:, 100:200].mean(axis=(0, 1)), [0.80, 0.95], atol=0.03)
    assert (inside[:, 200:205].mean(axis=(0, 1)) < [0.6, 0.8]).all()
    for first in (300, 350, 400, 450):
        assert_allclose(inside[:, first : first + 50].mean(axis=(0, 1)), [0.80, 0.95], atol=0.03)


def test_the_share_outside_is_the_levels_however_the_rows_come():
    rising = np.exp(np.linspace(-2, 2, 2000))[None, :, None] * np.ones((1, 1, 2))
    inside = held(rising, Adaptation.start(LEVELS, 1))
    bound = (np.log(rising.max()) + RATE + 2) / (RATE * 2000)
    assert_allclose(inside.mean(axis=(0, 1)), [0.80, 0.95], atol=bound)


def test_a_missing_row_changes_nothing():
    start = Adaptation(LEVELS, np.array([[1.0, 2.0]]))
    assert_array_equal(start.follow(np.full((1, 3, 2), np.nan)).factors, start.factors)
    low, high = np.array([[0.0, -1.0]]), np.array([[2.0, 4.0]])
    found = score_row(low, np.array([1.0]), high, np.array([np.nan]))
    assert np.isnan(found).all()
    assert_allclose(score_row(low, np.array([1.0]), high, np.array([3.0])), [[2.0, 2 / 3]])
    assert_allclose(score_row(low, np.array([1.0]), high, np.array([0.0])), [[1.0, 0.5]])
    flat = score_row(low * 0, np.zeros(1), high * 0, np.array([1e-9]))
    assert np.isinf(flat).all()


def noise(rows: int, size: float, *, start: int = 0, seed: int = 0) -> pd.DataFrame:
    values = 50 + size * np.random.default_rng(seed).normal(size=rows)
    return pd.DataFrame({"ds": np.arange(start, start + rows), "y": values})


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    """A network that forecasts points and does not notice by itself that the noise has grown."""
    model = rc.Forecaster(cell="esn", hidden_size=4, h=2, log=False, bounds=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(noise(400, 1.0), progress="quiet")
    return model


def width(model: rc.Forecaster, state: rc.State, level: int = 80) -> float:
    made = model.predict(h=1, state=state, level=level)
    return float((made[f"ESN-hi-{level}"] - made[f"ESN-lo-{level}"]).iloc[0])


@pytest.mark.slow
def test_rows_one_by_one_adapt_as_all_at_once(model):
    rows = noise(30, 3.0, start=400, seed=1)
    rows.loc[7, "y"] = np.nan
    whole = model.observe(rows, adapt=80)
    state = model.observe(rows.iloc[:5], adapt=[80])
    for t in range(5, 30):
        state = model.observe(rows.iloc[t : t + 1], state)
    assert state.adaptation is not None
    assert whole.adaptation is not None
    assert_allclose(state.adaptation.factors, whole.adaptation.factors, rtol=1e-12)
    assert whole.adaptation.factors[0, 0] > 1.5


def test_wider_noise_widens_the_intervals_and_the_file_keeps_it(model, tmp_path: Path):
    plain = model.observe(noise(150, 2.0, start=400, seed=2))
    assert plain.adaptation is None
    state = model.observe(noise(150, 2.0, start=400, seed=2), adapt=[80])
    assert 1.4 < width(model, state) / width(model, plain) < 3
    point = model.predict(h=1, state=state)["ESN"]
    assert_array_equal(point, model.predict(h=1, state=plain)["ESN"])
    state.save(tmp_path / "now.state")
    opened = rc.State.load(tmp_path / "now.state")
    assert opened == state
    assert opened != plain
    assert width(model, opened) == width(model, state)


def test_new_series_begin_with_intervals_as_they_are(model):
    assert model.fitted.schema.id_col is None
    start = Adaptation(LEVELS, np.array([[2.0, 3.0]]))
    assert_array_equal(start.join(1).factors, [[2.0, 3.0], [1.0, 1.0]])
    assert_array_equal(start.join(1).take(np.array([1, 0])).factors, [[1.0, 1.0], [2.0, 3.0]])
    assert_allclose(start.at((60, 87.5, 98)), [[2.0, 2.5, 3.0]])


def test_a_level_that_residuals_do_not_support_can_not_adapt(model):
    with pytest.raises(ArgumentError, match=r"`adapt` is in percent"):
        model.observe(noise(1, 1.0, start=400), adapt=0.8)
    with pytest.raises(ArgumentError, match="98 needs at least 99 separate"):
        model.observe(noise(1, 1.0, start=400), adapt=98)
