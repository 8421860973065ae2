"""The stride of paths is learned from totals, and few totals leave the shipped one as it is."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rollcast._types import Float64
from rollcast.fitting.path_stride import Totals, draw_totals, learn_stride, spread_of_ranks
from rollcast.forecasting.sampled_paths import draw_values, tie, widths

LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
SCORES = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
STEPS = 20


def totals(came: Float64, separate: float) -> Totals:
    """Forecasts of standard normal values at each step."""
    quantiles = np.tile(SCORES, (len(came), STEPS, 1))
    return Totals(quantiles, np.ones(len(came)), came.sum(axis=1), separate)


def moving(rho: float, number: int = 400) -> Float64:
    """Values of variance 1, correlated from step to step."""
    noise = np.random.default_rng(8).normal(size=(number, STEPS))
    made = noise.copy()
    for k in range(1, STEPS):
        made[:, k] = rho * made[:, k - 1] + np.sqrt(1 - rho**2) * noise[:, k]
    return made


@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_of_many_totals_the_stride_is_that_of_the_series(rho: float):
    true = np.sqrt(2 - 2 * rho)  # of the change from step to step
    found = learn_stride(totals(moving(rho), 1e9), LEVELS, shipped=1.0)
    assert_allclose(found, true, rtol=0.2)


def test_few_totals_leave_the_shipped_stride_about_as_it_is():
    came = moving(0.9)
    few, many = (learn_stride(totals(came, n), LEVELS, shipped=1.0) for n in (5, 1e9))
    assert 0.9 < few < 1
    assert many < 0.6


def test_totals_are_those_of_the_paths_that_are_drawn():
    came = moving(0.5, 3)
    noise = np.random.default_rng(9).normal(size=(3, 7, STEPS))
    asked = totals(came, 1)
    asked = asked._replace(quantiles=asked.quantiles * np.linspace(1, 2, STEPS)[:, None])
    made = draw_totals(asked, LEVELS, noise, 0.8)
    params = asked.quantiles[:, None].astype("f4")
    scores = tie(widths(LEVELS, params), noise.astype("f4"), np.float32(0.8))
    assert_allclose(made, np.asarray(draw_values(LEVELS, params, scores)).sum(axis=2), rtol=1e-4)


def test_ranks_are_spread_by_one_where_draws_are_as_wide_as_what_came():
    random = np.random.default_rng(1)
    draws, came = random.normal(size=(4000, 99)), random.normal(size=4000)
    assert_allclose(spread_of_ranks(draws, came), 1, atol=0.06)
    assert spread_of_ranks(draws, 2 * came) > 1.7
    assert spread_of_ranks(draws, came / 2) < 0.4
