from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from slow_baselines import AIRLINE, indices, known_rows, seasonal

from rollcast.evaluation.baselines.length_blocks import length_blocks
from rollcast.evaluation.baselines.seasonal_indices import (
    Indices,
    decompose,
    is_seasonal,
    seasonal_indices,
)
from samples import NAN, wavy


def columns(*series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Series of unequal length as a block, and where there are values."""
    longest = max(len(y) for y in series)
    block = np.stack([np.pad(y, (0, longest - len(y)), constant_values=NAN) for y in series], 1)
    return np.where(np.isnan(block), 0.0, block), ~np.isnan(block)


def indices_of(y: np.ndarray, season: int) -> Indices:
    return seasonal_indices(next(length_blocks(known_rows(y), season)), season)


def test_the_test_finds_a_season_where_the_definition_does():
    random = np.random.default_rng(0)
    series = [
        random.normal(0, 1, n) + a * np.sin(np.arange(n) * np.pi / 2)
        for n in (11, 12, 20, 60)
        for a in (0, 0.3, 0.6, 2)
    ]
    expected = [seasonal(y, 4) for y in series]
    assert True in expected
    assert False in expected[12:]
    assert_array_equal(is_seasonal(*columns(*series), 4), expected)


def test_a_tenth_of_noisy_series_at_most_is_taken_for_seasonal():
    noise = np.random.default_rng(2).normal(0, 1, (120, 2000))
    assert 0.05 < is_seasonal(noise, np.ones(noise.shape, bool), 12).mean() < 0.12


def test_gaps_hide_no_season():
    values, fitted = columns(wavy(60, gaps=range(3, 60, 7)))
    assert is_seasonal(values, fitted, 5).all()


@pytest.mark.parametrize("season", [2, 4, 5, 12])
@pytest.mark.parametrize("multiplies", [True, False])
def test_indices_follow_the_definition(season: int, multiplies: bool):
    series = [
        wavy(60, seed=1),
        wavy(53, gaps=(0, 20, 21, 30, 52)),
        wavy(47, gaps=(0, 1, 2, 46), period=12),
    ]
    found = decompose(*columns(*series), season, np.full(3, multiplies))
    for s, y in enumerate(series):
        assert_allclose(found[:, s], indices(y, season, multiplies), rtol=1e-9, atol=1e-9)


def test_airline_passengers_have_the_indices_of_statsmodels():
    """seasonal_decompose(model="multiplicative", period=12) of statsmodels 0.15.0."""
    expected = [
        *(0.910230, 0.883625, 1.007366, 0.975906, 0.981378, 1.112776),
        *(1.226556, 1.219911, 1.060492, 0.921757, 0.801178, 0.898824),
    ]
    found = indices_of(AIRLINE, 12)
    assert_allclose(found.factor[:, 0], expected, atol=5e-7)
    assert not found.added.any()


def test_a_season_multiplies_above_zero_and_adds_elsewhere():
    above, through = indices_of(wavy(60), 5), indices_of(wavy(60) - 20, 5)
    assert not above.added.any()
    assert np.ptp(above.factor) > 0.1
    assert (through.factor == 1).all()
    assert np.ptp(through.added) > 0.5


def test_an_index_near_zero_makes_the_season_additive():
    y = np.tile([100.0, 120.0, 0.02, 90.0], 12) * np.random.default_rng(0).uniform(0.9, 1.1, 48)
    found = indices_of(y, 4)
    assert (found.factor == 1).all()
    assert np.ptp(found.added) > 0.3  # of about 1, the largest value


def test_a_series_of_less_than_three_seasons_or_without_a_phase_has_none():
    unseen = np.where(np.arange(60) % 5 == 3, NAN, wavy(60))
    for y in (wavy(14), unseen, [1.0], np.full(60, 7.0)):
        found = indices_of(np.asarray(y), 5)
        assert_allclose(found.factor, 1.0)
        assert_allclose(found.added, 0.0)


def test_adjusting_and_restoring_are_each_other_s_inverse():
    found = Indices(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([[1.0, 0.5], [1.0, 1.5]]))
    values = np.arange(10.0).reshape(5, 2)
    rows = np.arange(5)
    for s in range(2):
        made = found.restore(found.adjust(values)[:, s][None], rows[None], np.array([s]))
        assert_allclose(made[0], values[:, s])
