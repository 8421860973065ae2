from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from slow_baselines import AIRLINE, fit, indices, known_rows, last_level, seasonal, ses, with_season

from rollcast.evaluation.baselines.exponential_smoothing import (
    fit_level,
    smooth_level,
    smooth_seasonal,
)
from samples import NAN, wavy


def walk(length: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return 50 + np.cumsum(random.normal(0, 1, length)) + random.normal(0, 1, length)


def test_each_level_follows_the_definition():
    series = [walk(80, 0), walk(31, 1), wavy(50, gaps=(0, 7, 8, 49)), walk(1000, 2)[500:570]]
    made = smooth_level(known_rows(*series), 3)
    for y, forecast in zip(series, made, strict=True):
        assert_allclose(forecast, ses(y, len(y), 3), rtol=2e-4)


def test_alpha_and_the_first_level_have_the_least_squared_error_to_be_found():
    series = [walk(60, seed) for seed in range(20)]
    values = np.stack(series, axis=1)
    alpha, first = fit_level(values, np.ones(values.shape, bool))
    for s, y in enumerate(series):
        assert last_level(y, alpha[s], first[s])[1] <= last_level(y, *fit(y))[1] * (1 + 1e-6)


def test_a_series_is_fitted_as_it_is_alone_whatever_rows_count_for_others():
    values = np.stack([wavy(30, seed=seed) for seed in range(3)], axis=1)
    known = np.ones(values.shape, bool)
    known[24:] = False  # for none of them
    known[[3, 9], 1] = False
    alpha, first = fit_level(values, known)
    for s in range(3):
        own = known[:, s]
        alone = fit_level(values[own, s : s + 1], np.ones((own.sum(), 1), bool))
        assert_array_equal([alpha[s], first[s]], np.concatenate(alone))


def test_airline_passengers_are_smoothed_as_by_statsmodels():
    """SimpleExpSmoothing(initialization_method="estimated") of statsmodels 0.15.0, best of its optimisers.

    Seasonal: on the values divided by seasonal_decompose(model="multiplicative", period=12).seasonal.
    """
    known = known_rows(AIRLINE, origins=[(0, 143)])
    assert_allclose(smooth_level(known, 2), [[432.0, 432.0]], rtol=1e-6)
    assert_allclose(
        smooth_seasonal(known, 4, 12),
        [[438.639460, 425.818504, 485.449201, 470.288514]],
        rtol=3e-6,
    )


def test_later_origins_keep_the_parameters_of_the_first_and_know_newer_values():
    y = AIRLINE
    origins = [(0, row) for row in (95, 100, 101, 131, 143)]
    plain = smooth_level(known_rows(y, origins=origins), 5)
    with_indices = smooth_seasonal(known_rows(y, origins=origins), 15, 12)
    for m, (_, row) in enumerate(origins):
        assert_allclose(plain[m], ses(y[: row + 1], 96, 5), rtol=1e-4)
        assert_allclose(with_indices[m], with_season(y[: row + 1], 96, 15, 12, ses), rtol=1e-4)


def test_a_missing_value_leaves_the_level_as_it_is():
    y = walk(60, 3)
    gappy = np.full(120, NAN)
    gappy[::2] = y
    made = smooth_level(known_rows(y, gappy), 1)
    assert_allclose(made[1], made[0], rtol=1e-12)


def test_noise_about_a_level_is_forecast_by_about_its_mean():
    random = np.random.default_rng(1)
    series = 10 + random.normal(0, 1, (200, 60))
    made = smooth_level(known_rows(*series), 1)[:, 0]
    assert np.sqrt(np.mean((made - 10) ** 2)) < 0.3  # the mean itself: 0.13; naive: 1


def test_fewer_than_four_values_are_forecast_by_the_last():
    made = smooth_level(known_rows([5.0], [5.0, 7.0], [5.0, NAN, 9.0, 1.0, NAN]), 2)
    assert_array_equal(made, [[5.0, 5.0], [7.0, 7.0], [1.0, 1.0]])


@pytest.mark.parametrize("level", [0.0, 3.1, -1e-300, 1e100])
def test_a_constant_stays_constant(level: float):
    assert_allclose(smooth_level(known_rows([level] * 50), 3), np.full((1, 3), level), rtol=1e-12)
    made = smooth_seasonal(known_rows([level] * 50), 3, 4)
    assert_allclose(made, np.full((1, 3), level), rtol=1e-12)


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e90])
def test_the_unit_plays_no_part(size: float):
    y = walk(40, 5)
    once = smooth_seasonal(known_rows(y), 6, 4)
    assert_allclose(smooth_seasonal(known_rows(y * size), 6, 4), once * size, rtol=1e-9)


def test_seasonal_series_are_adjusted_and_the_others_smoothed_as_they_are():
    y, noise = wavy(60), walk(60, 8)
    assert seasonal(y, 5)
    assert not seasonal(noise, 7)
    made = smooth_seasonal(known_rows(y), 8, 5)
    assert_allclose(made[0], with_season(y, 60, 8, 5, ses), rtol=1e-4)
    assert_array_equal(
        smooth_seasonal(known_rows(noise), 8, 7), smooth_level(known_rows(noise), 8, 7)
    )


def test_a_series_with_values_below_zero_is_adjusted_by_sums():
    y = wavy(60) - 20
    index = indices(y, 5, False)
    plain = [v - index[t % 5] for t, v in enumerate(y)]
    expected = ses(plain, 60, 7) + np.array(index)[(60 + np.arange(7)) % 5]
    assert_allclose(smooth_seasonal(known_rows(y), 7, 5)[0], expected, rtol=1e-3)
