"""What a head's numbers stand for: points, and quantiles that cannot cross."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.errors import ArgumentError
from rollcast.networks.distribution import (
    QUANTILE_LEVELS,
    TYPICAL,
    Distribution,
    Point,
    Quantiles,
    central_interval,
    point_or_mean,
)
from rollcast.networks.losses import weighted_loss
from rollcast.options.level_option import MOST_LEVEL, ends_of

RANDOM = np.random.default_rng(0)
LEVELS = (0.1, 0.25, 0.5, 0.9)
QUANTILES = Quantiles(LEVELS)
Y = RANDOM.normal(size=(2, 5, 3)).astype(np.float32)
WEIGHTS = RANDOM.integers(0, 2, Y.shape).astype(np.float32)


def raw(distribution: Distribution, scale: float = 1.0) -> Any:
    numbers = RANDOM.normal(size=(*Y.shape, distribution.num_params))
    return (scale * numbers).astype(np.float32)


@pytest.mark.parametrize("loss", ["huber", "rmse"])
def test_a_point_is_judged_by_its_loss_and_is_its_own_quantile_and_draw(loss: str):
    point = Point(loss)
    params = point.params(raw(point))
    values = params[..., 0]
    assert_array_equal(point.loss(params, Y, WEIGHTS), weighted_loss(loss)(Y, values, WEIGHTS))
    assert_array_equal(point.point(params), values)
    assert_array_equal(point.quantile(params, 0.01), values)
    assert_array_equal(point.sample(params, jax.random.key(0)), values)


def test_one_program_forecasts_for_points_of_any_loss_and_another_trains_them():
    assert Point("huber").form == Point("mse").form
    assert Point("huber").description != Point("mse").description
    assert Point("huber").form != QUANTILES.form != Quantiles((0.1, 0.5)).form


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_quantiles_never_cross(scale: float):
    params = np.asarray(QUANTILES.params(raw(QUANTILES, scale)))
    assert (np.diff(params, axis=-1) >= 0).all()


def test_zeros_stand_for_normal_numbers_with_a_mean_absolute_value_of_one():
    params = QUANTILES.params(np.zeros((1, 4), np.float32))[0]
    expected = [TYPICAL * NormalDist().inv_cdf(level) for level in LEVELS]
    assert_allclose(params, expected, atol=1e-5)


def test_the_loss_of_quantiles_is_the_weighted_pinball_loss():
    params = np.asarray(QUANTILES.params(raw(QUANTILES)))
    total = 0.0
    for place in np.ndindex(Y.shape):
        for level, quantile in zip(LEVELS, params[place], strict=True):
            error = float(Y[place] - quantile)
            part = level * error if error > 0 else (level - 1) * error
            total += 2 * part / len(LEVELS) * WEIGHTS[place]
    assert_allclose(QUANTILES.loss(params, Y, WEIGHTS), total / WEIGHTS.sum(), rtol=1e-5)


def test_between_two_levels_a_quantile_lies_on_the_straight_line_between_theirs():
    params = np.array([1.0, 2.0, 4.0, 5.0])
    assert QUANTILES.point(params) == 4
    assert QUANTILES.quantile(params, 0.25) == 2
    assert_allclose(QUANTILES.quantile(params, 0.3), 2.4)
    assert_allclose(QUANTILES.quantile(params, 0.8), 4.75)
    assert_allclose(Quantiles((0.4, 0.7)).point(np.array([0.0, 3.0])), 1.0)


@pytest.mark.parametrize("level", [0.05, 0.95])
def test_beyond_the_outermost_levels_there_is_no_quantile(level: float):
    with pytest.raises(ArgumentError, match=r"`level` must be from 0.1 to 0.9, .* got 0\.?"):
        QUANTILES.quantile(np.zeros(4), level)


def test_draws_have_the_quantiles_that_they_are_drawn_from():
    params = np.tile(np.array([-1.0, 0.0, 2.0, 3.0], np.float32), (40_000, 1))
    key = jax.random.key(3)
    drawn = np.asarray(QUANTILES.sample(params, key))
    assert_array_equal(drawn, QUANTILES.sample(params, key))
    assert (drawn.min(), drawn.max()) == (-1, 3)
    for level, quantile in ((0.25, 0.0), (0.3, 0.4), (0.5, 2.0), (0.8, 2.75)):
        assert_allclose((drawn <= quantile).mean(), level, atol=0.01)
    assert_allclose((drawn == -1).mean(), 0.1, atol=0.01)


@pytest.mark.parametrize("levels", [(), (0.5, 0.2), (0.5, 0.5), (0.0, 0.5), (0.5, 1.0), (0.6, 0.9)])
def test_levels_that_tell_no_median_or_are_in_no_order_are_refused(levels: tuple[float, ...]):
    with pytest.raises(ArgumentError, match="`levels` must rise"):
        Quantiles(levels)


def test_intervals_of_the_pretrained_levels_are_its_quantiles_and_lie_between_them():
    quantiles = Quantiles(QUANTILE_LEVELS)
    assert quantiles.num_params == 15
    params = np.arange(15.0)[None, None]  # one series, one step ahead
    for level, places in {20: (6, 8), 60: (4, 10), 80: (3, 11), 90: (2, 12), 95: (1, 13)}.items():
        assert central_interval(quantiles, params, level) == places
    low, high = central_interval(quantiles, params, 97.5)  # .0125 and .9875
    assert_allclose([low.item(), high.item()], [1 / 6, 14 - 1 / 6], rtol=1e-12)
    assert central_interval(Point(), params[..., :1], 80) == (0.0, 0.0)


def test_the_widest_interval_that_may_be_asked_for_ends_at_the_outermost_quantiles():
    assert ends_of(MOST_LEVEL) == (QUANTILE_LEVELS[0], QUANTILE_LEVELS[-1])
    with pytest.raises(ArgumentError, match=r"`level` must be from 0\.01 to 0\.99"):
        central_interval(Quantiles(QUANTILE_LEVELS), np.zeros((1, 15)), 98.5)


@pytest.mark.parametrize("levels", [LEVELS, QUANTILE_LEVELS, (0.5,), (0.2, 0.7)])
def test_the_mean_is_that_of_values_on_straight_lines_between_the_levels_scores(
    levels: tuple[float, ...],
):
    quantiles = Quantiles(levels)
    params = np.sort(RANDOM.gamma(1.0, size=(3, len(levels))))
    grid = (np.arange(200_000) + 0.5) / 200_000
    scores = np.array([NormalDist().inv_cdf(one) for one in grid])
    known = np.array([NormalDist().inv_cdf(level) for level in levels])
    if len(levels) == 1:
        expected = params[:, 0]
    else:
        place = np.clip(np.searchsorted(known, scores), 1, len(known) - 1)
        share = (scores - known[place - 1]) / (known[place] - known[place - 1])
        drawn = params[:, place - 1] + share * (params[:, place] - params[:, place - 1])
        expected = drawn.mean(axis=1)
    assert_allclose(quantiles.mean(params), expected, rtol=2e-4)


def test_the_mean_of_equal_quantiles_is_exactly_their_value():
    params = np.repeat(RANDOM.normal(size=(50, 1)), 15, axis=1)
    assert_array_equal(Quantiles(QUANTILE_LEVELS).mean(params), params[:, 0])


def test_the_mean_is_forecast_only_where_it_is_asked_for():
    params = np.sort(RANDOM.normal(size=(3, 2, 4)))
    point, mean = QUANTILES.point(params), QUANTILES.mean(params)
    assert_array_equal(point_or_mean(QUANTILES, params, None), point)
    found = point_or_mean(QUANTILES, params, np.array([True, False, True]))
    assert_array_equal(found, np.stack([mean[0], point[1], mean[2]]))
    assert_array_equal(Point().mean(params[..., :1]), params[..., 0])
