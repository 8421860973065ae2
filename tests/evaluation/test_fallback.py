"""Fallback: a baseline takes the series where it is better by more than chance, and no other."""

from __future__ import annotations

import numpy as np
import pytest

from rollcast._types import Float64
from rollcast.evaluation.fallback import choose_fallback
from rollcast.evaluation.scoring import Values


def scene(num_series: int, origins: int, h: int, seed: int = 0) -> tuple[Values, Float64]:
    """Series of noise of different sizes, and the origins' actual values."""
    size = 10.0 ** np.arange(num_series)
    noise = np.random.default_rng(seed).normal(size=(num_series, origins + h))
    series = np.repeat(np.arange(num_series), origins)
    row = np.tile(np.arange(origins), num_series)
    actual = (size[:, None] * noise)[series[:, None], row[:, None] + np.arange(h)]
    return Values(actual, series, row, size[series], None), actual


def test_a_series_goes_to_the_baseline_that_is_clearly_better_there():
    values, actual = scene(3, 60, 4)
    size = values.scale[:, None]
    ours = np.where(values.series[:, None] == 1, 3 * size, 0.0) + 0 * actual
    close = 0 * actual
    found = choose_fallback(values, ours, {"naive": close + size, "Theta": close}, 3)
    assert found.names == ("naive", "Theta")
    assert found.choice.tolist() == [-1, 1, -1]


def test_with_few_separate_windows_the_network_keeps_every_series():
    values, actual = scene(2, 4 * 5, 4)
    found = choose_fallback(values, actual + 100, {"naive": actual}, 2)
    assert found.choice.tolist() == [-1, -1]


def test_what_was_not_observed_counts_for_nobody():
    values, actual = scene(2, 60, 4)
    blank = values._replace(actual=np.where(values.series[:, None] == 0, np.nan, actual))
    found = choose_fallback(blank, actual + 100, {"naive": actual}, 3)
    assert found.choice.tolist() == [-1, 0, -1]


@pytest.mark.parametrize("h", [1, 6])
def test_of_equally_good_forecasts_few_series_are_taken(h: int):
    rng = np.random.default_rng(3)
    num_series, origins = 300, 72
    series = np.repeat(np.arange(num_series), origins)
    time = np.tile(np.arange(origins), num_series)
    shocks = rng.normal(size=(5, num_series, origins + h))
    each = shocks[:, series[:, None], time[:, None] + np.arange(h)]
    values = Values(each[0], series, time, np.ones(len(series)), None)
    others = {name: 0.5 * each[k] for k, name in enumerate(("a", "b", "c"), 2)}
    found = choose_fallback(values, 0.5 * each[1], others, num_series)
    assert (found.choice >= 0).mean() <= 0.05
