from __future__ import annotations

import doctest

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from slow_baselines import known_rows

from rollcast.evaluation.baselines import window_average
from rollcast.evaluation.baselines.window_average import average_window, window_rows
from samples import NAN


def test_examples_run():
    assert doctest.testmod(window_average).failed == 0


@pytest.mark.parametrize(("h", "season"), [(1, 1), (12, 1), (12, 7), (3, 24)])
def test_the_mean_is_that_of_the_newest_rows(h: int, season: int):
    random = np.random.default_rng(0)
    series = [random.normal(0, 1, n) for n in (5, 100, 31)]
    series[1][[60, 99]] = NAN
    origins = [(s, row) for s, y in enumerate(series) for row in range(len(y))]
    made = average_window(known_rows(*series, origins=origins), h, season)
    for m, (s, row) in enumerate(origins):
        rows = series[s][max(row + 1 - window_rows(h, season), 0) : row + 1]
        assert_allclose(made[m], np.full(h, np.nanmean(rows)), rtol=1e-12)


def test_where_nothing_was_observed_in_the_window_the_last_value_is_repeated():
    made = average_window(known_rows([1.0, 2.0] + [NAN] * 50, [NAN, NAN]), 2)
    assert_array_equal(made, [[2.0, 2.0], [NAN, NAN]])


def test_a_huge_series_beside_a_small_one_leaves_its_digits_alone():
    made = average_window(known_rows([1e15, 1e15], [0.1, 0.3]), 1)
    assert_allclose(made[1], [0.2], rtol=1e-12)


def test_noise_about_a_level_is_forecast_better_than_by_naive_by_more_than_a_quarter():
    noise = np.random.default_rng(3).normal(10, 1, (2000, 40))
    made = average_window(known_rows(*noise[:, :-1]), 1)[:, 0]
    errors, naive = np.abs(made - noise[:, -1]), np.abs(noise[:, -2] - noise[:, -1])
    assert errors.mean() < 0.74 * naive.mean()
