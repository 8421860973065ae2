from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from slow_baselines import AIRLINE, known_rows, line, theta, with_season

from rollcast.evaluation.baselines.theta import forecast_theta, trend_lines
from samples import NAN, wavy


def trending(length: int, seed: int, gaps: tuple[int, ...] = ()) -> np.ndarray:
    random = np.random.default_rng(seed)
    y = 30 + 0.7 * np.arange(length) + np.cumsum(random.normal(0, 1, length))
    y[list(gaps)] = NAN
    return y


def test_forecasts_follow_the_definition():
    series = [trending(70, 0), trending(40, 1, gaps=(0, 11, 12, 39)), -trending(25, 2)]
    made = forecast_theta(known_rows(*series), 6, 1)
    for y, forecast in zip(series, made, strict=True):
        assert_allclose(forecast, theta(y, len(y), 6), rtol=2e-4)


def test_airline_passengers_are_forecast_as_from_parts_of_statsmodels():
    """Of statsmodels 0.15.0: the index by seasonal_decompose(model="multiplicative", period=12), the level of the bent
    series by SimpleExpSmoothing(initialization_method="estimated"); the line by numpy.polyfit.
    """
    made = forecast_theta(known_rows(AIRLINE, AIRLINE[:96]), 4, 12)
    assert_allclose(made[0], [440.933624, 429.214710, 490.653820, 476.621783], rtol=2e-6)
    assert_allclose(made[1], [309.295055, 307.684145, 352.921971, 338.354532], rtol=2e-6)


def test_later_origins_keep_the_parameters_of_the_first_and_draw_the_line_anew():
    origins = [(0, row) for row in (95, 100, 101, 131, 143)]
    made = forecast_theta(known_rows(AIRLINE, origins=origins), 15, 12)
    for m, (_, row) in enumerate(origins):
        slow = with_season(AIRLINE[: row + 1], 96, 15, 12, theta)
        assert_allclose(made[m], slow, rtol=1e-4)


def test_lines_are_those_of_least_squares_at_every_row():
    y = trending(30, 4, gaps=(2, 9, 20))
    seen = ~np.isnan(y)
    lines = trend_lines(np.where(seen, y, 0)[:, None], seen[:, None], np.array([17]))
    for t in range(30):
        slope, intercept = line(y[: t + 1])
        assert_allclose(lines.slope[t, 0], slope, atol=1e-9)
        assert_allclose(lines.intercept[t, 0], intercept, rtol=1e-9)


def test_a_straight_line_goes_on_with_half_its_slope():
    made = forecast_theta(known_rows(2.0 * np.arange(1, 31)), 3, 1)
    assert_allclose(made, [[61.0, 62.0, 63.0]], rtol=1e-9)


def test_fewer_than_four_values_are_forecast_by_the_last():
    made = forecast_theta(known_rows([5.0], [5.0, 7.0], [5.0, NAN, 9.0, 1.0, NAN]), 2, 12)
    assert_array_equal(made, [[5.0, 5.0], [7.0, 7.0], [1.0, 1.0]])


def test_a_series_in_which_nothing_was_seen_for_long_is_forecast_by_its_last_value():
    y = np.full(6000, NAN)
    y[:100] = wavy(100)
    assert_array_equal(forecast_theta(known_rows(y), 2, 5), [[y[99], y[99]]])
