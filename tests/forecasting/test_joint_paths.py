"""Paths are spread as the quantiles at each step, and their totals as those of the series."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast._types import Float64
from rollcast.data.seasons import SeasonCycles
from rollcast.errors import ArgumentError
from rollcast.forecasting import joint_paths
from rollcast.forecasting.joint_paths import sample_paths, series_keys
from rollcast.forecasting.path_basis import PathBasis
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.networks.pretrained_network import LEVELS, PretrainedNetwork
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.networks.sizes import Sizes
from samples import panel_of, small_network, walk_network

WALKS = np.random.default_rng(3).normal(size=(4, 400)).cumsum(axis=1)
NORMAL = NormalDist().inv_cdf(0.9) - NormalDist().inv_cdf(0.1)
STEPS = 28
TOTAL = float(np.sqrt((np.arange(1, STEPS + 1) ** 2).sum()))
"""Standard deviation of the sum of the next 28 values of a unit random walk: 87.8, and 2.563 times that is 225."""


def scene(
    network: PretrainedNetwork, *series: Float64, ids: Any = None, **options: Any
) -> tuple[Model, State]:
    given: dict[str, Any] = {"log": False} | options
    model = pretrained_model(network, SeasonCycles(()), STEPS, **given)
    panel = panel_of(*series, ids=ids)
    return model, model.read_again(panel, model.prepare_new(panel))


def draw(
    network: PretrainedNetwork, *series: Float64, h: int = STEPS, paths: int = 4000, **options: Any
) -> Float64:
    seed, ids = options.pop("seed", 0), options.pop("ids", None)
    model, state = scene(network, *series, ids=ids, **options)
    return sample_paths(model, state, h, paths=paths, seed=seed)


def widths_of_totals(made: Float64) -> Float64:
    low, high = np.quantile(made.sum(axis=2), [0.1, 0.9], axis=1)
    return high - low


def test_totals_of_unit_walks_spread_as_they_should_and_those_of_independent_draws_do_not():
    joint = widths_of_totals(draw(walk_network(), *WALKS))
    apart = widths_of_totals(draw(replace(walk_network(), stride=1000.0), *WALKS))
    assert_allclose(joint.mean(), NORMAL * TOTAL, rtol=0.15)  # the scale is read from each series
    assert_allclose(apart.mean() / joint.mean(), 52 / 225, rtol=0.05)


@pytest.mark.slow
def test_paths_that_go_on_block_after_block_spread_as_those_of_one_block():
    one, two = (
        widths_of_totals(draw(network, *WALKS, paths=1000))
        for network in (walk_network(), walk_network().emitting(14))
    )
    assert_allclose(two.mean(), one.mean(), rtol=0.1)


def test_at_each_step_paths_lie_as_the_networks_quantiles_say():
    model, state = scene(load_pretrained(), *WALKS[:2])
    made = sample_paths(model, state, STEPS, paths=4000, seed=1)
    quantiles = model.forecast_quantiles(state, STEPS)
    for place, level in enumerate(LEVELS):
        below = (made <= quantiles[:, None, :, place]).mean(axis=1)
        assert_allclose(below, level, atol=4.5 * np.sqrt(level * (1 - level) / 4000))


def test_the_same_seed_draws_the_same_bits_and_another_seed_others():
    one, same, other = (draw(walk_network(), *WALKS, seed=seed) for seed in (1, 1, 2))
    assert_array_equal(one, same)
    assert (one != other).mean() > 0.99


@pytest.mark.parametrize("emitted", [96, pytest.param(14, marks=pytest.mark.slow)])
def test_a_series_paths_are_the_same_whatever_stands_beside_it(emitted: int, monkeypatch: Any):
    monkeypatch.setattr(joint_paths, "MOST_ROLLED", 120)  # so that three series take two turns
    network = walk_network().emitting(emitted)
    alone = draw(network, WALKS[2], paths=60, ids=["c"])
    beside = draw(network, *WALKS[:3], paths=60, ids=["a", "b", "c"])
    assert_allclose(beside[2:], alone, rtol=1e-5, atol=1e-5)


def test_draws_of_two_series_are_independent_and_follow_from_their_identifiers():
    same = [WALKS[0]] * 4
    totals = draw(walk_network(), *same, ids="abcd").sum(axis=2)[:2]
    assert abs(np.corrcoef(totals)[0, 1]) < 4 / np.sqrt(4000)
    keys = series_keys(["a", 7, None, "a"], 0)
    assert_array_equal(keys[0], keys[3])
    assert len(np.unique(keys, axis=0)) == 3
    assert not np.array_equal(keys[0], series_keys(["a"], 1)[0])


def test_paths_of_a_short_horizon_are_the_beginning_of_those_of_a_longer_one():
    short, long = (draw(load_pretrained(), *WALKS[:2], h=h) for h in (9, STEPS))
    assert_allclose(short, long[:, :, :9], rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("emitted", [96, 14])
def test_bounds_hold_in_paths_exactly(emitted: int):
    last = WALKS[0, -1]
    network, bounds = walk_network().emitting(emitted), (last - 3.1, last + 2.3)
    series = np.clip(WALKS[0], *bounds)
    made = draw(network, series, paths=200, bounds=bounds)
    assert (made.min(), made.max()) == bounds


def test_logarithms_are_inverted():
    growing = np.exp(WALKS[0] / 20)
    made = draw(walk_network(), growing, log=True, paths=400)
    assert made.min() > 0
    spread = np.log(made[0]).std(axis=0)
    assert_allclose(spread[-1] / spread[0], np.sqrt(STEPS), rtol=0.15)


def test_more_values_than_memory_holds_are_refused_with_their_number():
    model, state = scene(walk_network(), *WALKS)
    with pytest.raises(
        ArgumentError, match=r"`paths` = 1,000,000 of 4 series and 90 steps are 360"
    ):
        sample_paths(model, state, 90, paths=1_000_000, seed=0)


def points(residuals: Float64, series: Float64) -> tuple[Model, State]:
    """A network of points that forecasts the last value again, three steps at a time, and what it was off by."""
    network = small_network(trained=False)
    sizes = Sizes(length=8, steps=3, ring=2, windowed=False, batch_size=4)
    model = Model(
        network=network,
        sizes=sizes,
        scaling="none",
        log=False,
        lag=1,
        fill="anchor",
        h=3,
        owner="",
        basis=PathBasis(np.asarray(residuals, np.float32)),
    )
    panel = panel_of(series)
    return model, model.read_again(panel, model.prepare_new(panel))


def test_of_points_whole_rows_of_residuals_are_added_and_fed_back():
    rows = np.array([[1.0, 2, 3], [-1, -2, -3]])
    series = np.array([5.0, 7.0, 4.0, 6.0, 5.0, 6.0])
    model, state = points(rows, series)
    unit = state.preparation.anchor_error[0]
    point = model.forecast(state, 3)[0]
    assert_allclose(point, 6, rtol=1e-6)
    made = sample_paths(model, state, 6, paths=400, seed=0)[0]
    first, second = made[:, :3] - 6, made[:, 3:] - made[:, 2:3]
    for block in (first, second):
        up = block[:, 0] > 0
        assert_allclose(block[up], np.tile(rows[0] * unit, (up.sum(), 1)), rtol=1e-4)
        assert_allclose(block[~up], np.tile(rows[1] * unit, ((~up).sum(), 1)), rtol=1e-4)
        assert abs(up.mean() - 0.5) < 4 * 0.5 / np.sqrt(400)
    together = np.mean((first[:, 0] > 0) == (second[:, 0] > 0))
    assert abs(together - 0.5) < 4 * 0.5 / np.sqrt(400)


def test_points_without_residuals_are_refused_with_what_to_do():
    model, state = points(np.empty((0, 0)), np.array([5.0, 7.0, 4.0, 6.0]))
    with pytest.raises(ArgumentError, match=r"this model holds too few or none; fit it again with"):
        sample_paths(model, state, 3, paths=4, seed=0)


def test_totals_of_the_packaged_weights_cover_those_of_random_walks():
    """An honest band: each walk is a draw of its own, so the number covered is binomial."""
    walks = np.random.default_rng(20).normal(size=(150, 200 + STEPS)).cumsum(axis=1)
    made = draw(load_pretrained(), *walks[:, :200], paths=400)
    came = walks[:, 200:].sum(axis=1)
    low, high = np.quantile(made.sum(axis=2), [0.1, 0.9], axis=1)
    covered = ((came >= low) & (came <= high)).mean()
    assert abs(covered - 0.8) <= 2.6 * np.sqrt(0.8 * 0.2 / 150)
    apart = np.random.default_rng(0).permuted(made, axis=1)  # each step's draws, shuffled
    low, high = np.quantile(apart.sum(axis=2), [0.1, 0.9], axis=1)
    assert ((came >= low) & (came <= high)).mean() < 0.5
