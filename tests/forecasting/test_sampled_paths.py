"""Beyond what the pretrained network emits at once, intervals are as wide as the series will spread."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from statistics import NormalDist

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast._types import Float64
from rollcast.data.origins import Origins
from rollcast.data.seasons import SeasonCycles
from rollcast.forecasting import sampled_paths
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.forecasting.reading import forecast_scaled
from rollcast.forecasting.rollout import forecast_params
from rollcast.forecasting.sampled_paths import PATHS, draw_values, forecast_paths, mix, tie, widths
from rollcast.networks.pretrained_network import LEVELS, PretrainedNetwork
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.stream.state_table import StateTable
from samples import panel_of, small_network, walk_network

WALKS = np.random.default_rng(3).normal(size=(12, 400)).cumsum(axis=1)
NONE = SeasonCycles(())
LOW, HIGH = LEVELS.index(0.1), LEVELS.index(0.9)
NORMAL = NormalDist().inv_cdf(0.9) - NormalDist().inv_cdf(0.1)


def quantiles(
    h: int, *series: Float64, network: PretrainedNetwork | None = None, bounds: object = None
) -> Float64:
    network = network or walk_network()
    model = pretrained_model(network, NONE, h, log=False, bounds=bounds)  # type: ignore[arg-type]
    panel = panel_of(*series)
    return model.forecast_quantiles(model.read_again(panel, model.prepare_new(panel)), h)


mixed = jax.jit(partial(mix, LEVELS))


def width(made: Float64, step: int) -> float:
    return float((made[:, step - 1, HIGH] - made[:, step - 1, LOW]).mean())


@pytest.mark.slow
def test_of_unit_walks_the_interval_three_blocks_on_has_the_true_width():
    true = NORMAL * np.sqrt(300)
    assert_allclose(width(quantiles(300, *WALKS), 300), true, rtol=0.15)


def test_medians_that_are_fed_back_make_it_a_tenth_of_that():
    model = pretrained_model(walk_network(), NONE, 300, log=False)
    panel = panel_of(*WALKS)
    state = model.read_again(panel, model.prepare_new(panel))
    scaled = forecast_scaled(model.network, model.weights, state, 300, emit=forecast_params)
    made = state.preparation.restore(scaled, np.arange(len(state)))
    assert width(made, 300) < NORMAL * np.sqrt(300) / 10


def test_independent_draws_make_it_too_wide():
    independent = replace(walk_network(), stride=1000.0)
    assert width(quantiles(300, *WALKS[:4], network=independent), 300) > 2 * NORMAL * np.sqrt(300)


@pytest.mark.slow
def test_few_paths_stand_for_many():
    model = pretrained_model(walk_network(), NONE, 300, log=False)
    panel = panel_of(*WALKS[:4])
    state = model.read_again(panel, model.prepare_new(panel))

    def made(paths: int) -> Float64:
        def emit(*arguments: object) -> object:
            return forecast_paths(*arguments, paths=paths)  # type: ignore[arg-type]

        run = (model.network, model.weights, state, 300)
        scaled = forecast_scaled(*run, emit=emit)  # type: ignore[arg-type]
        return state.preparation.restore(scaled, np.arange(len(state)))

    few, many = made(64), made(512)
    for step in (120, 200, 300):
        assert_allclose(width(few, step), width(many, step), rtol=0.07)


def test_totals_of_tied_draws_spread_as_those_of_walks_and_those_of_independent_ones_do_not():
    steps = 28
    scale = np.sqrt(np.arange(1, steps + 1))
    scores = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
    params = np.tile((scale[:, None] * scores).astype("f4"), (20_000, 1, 1))
    noise = np.random.default_rng(0).normal(size=params.shape[:2]).astype("f4")
    true = np.random.default_rng(1).normal(size=(4000, steps)).cumsum(axis=1).sum(axis=1)

    def interval(stride: float) -> tuple[float, float]:
        drawn = draw_values(LEVELS, params, tie(widths(LEVELS, params), noise, np.float32(stride)))
        low, high = np.quantile(np.asarray(drawn).sum(axis=1), [0.1, 0.9])
        return high - low, float(((true >= low) & (true <= high)).mean())

    wide, covered = interval(1.0)
    assert_allclose(wide, 225, rtol=0.03)
    assert_allclose(covered, 0.8, atol=0.02)
    wide, covered = interval(1000.0)
    assert wide < 60
    assert covered < 0.3


def test_scores_of_white_noise_are_independent_and_those_of_walks_correlate_as_walks_do():
    noise = np.random.default_rng(2).normal(size=(50_000, 9)).astype("f4")
    level = np.full_like(noise, 1 / np.sqrt(2))
    white = np.asarray(tie(level, noise, np.float32(1)))
    assert_array_equal(white, noise)
    growing = np.sqrt(np.arange(1, 10)) * np.ones_like(noise)
    walking = np.corrcoef(np.asarray(tie(growing, noise, np.float32(1))).T)
    place = np.arange(1, 10)
    true = np.sqrt(np.minimum(place[:, None], place) / np.maximum(place[:, None], place))
    assert_allclose(walking, true, atol=0.02)


def test_a_draw_at_a_levels_score_is_its_quantile_and_beyond_the_outermost_the_line_goes_on():
    params = np.sort(np.random.default_rng(4).normal(size=(3, len(LEVELS)))).astype("f4")
    scores = np.array([NormalDist().inv_cdf(level) for level in LEVELS], "f4")
    at_levels = draw_values(LEVELS, params[:, None], np.tile(scores, (3, 1)))
    assert_allclose(at_levels, params, atol=1e-5)
    slope = (params[:, -1] - params[:, -2]) / (scores[-1] - scores[-2])
    beyond = draw_values(LEVELS, params, np.full(3, 3, "f4"))
    assert_allclose(beyond, params[:, -1] + slope * (3 - scores[-1]), rtol=1e-5)
    assert_array_equal(*(draw_values(LEVELS, params, np.full(3, z, "f4")) for z in (4, 9)))


def test_the_mixture_of_two_normal_distributions_has_its_quantiles():
    scores = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
    parts = [NormalDist(-2, 1), NormalDist(3, 0.5)]
    params = np.stack([part.mean + part.stdev * scores for part in parts]).astype("f4")
    made = np.asarray(mixed(jnp.asarray(params[None, :, None])))[0, 0]
    below = [np.mean([part.cdf(float(value)) for part in parts]) for value in made]
    assert_allclose(below, LEVELS, atol=2e-3)


def test_the_mixture_of_one_distribution_many_times_is_itself():
    params = np.sort(np.random.default_rng(5).normal(size=(2, 1, 6, len(LEVELS)))).astype("f4")
    params[..., :4] = params[..., 4:5]  # a value that comes with some probability of its own
    made = mixed(jnp.asarray(np.repeat(params, 7, axis=1)))
    assert_allclose(made, params[:, 0], atol=1e-4)


@pytest.mark.slow
def test_a_short_horizon_is_the_beginning_of_a_longer_one():
    long = quantiles(300, *WALKS[:3])
    assert_array_equal(quantiles(96, *WALKS[:3]), long[:, :96])
    assert_array_equal(quantiles(250, *WALKS[:3]), long[:, :250])


@pytest.mark.slow
def test_a_series_forecast_is_the_same_every_time_and_whatever_stands_beside_it():
    alone = quantiles(200, WALKS[5], network=load_pretrained())
    assert_array_equal(alone, quantiles(200, WALKS[5], network=load_pretrained()))
    beside = quantiles(200, *WALKS[:12], network=load_pretrained())[5:6]
    assert_allclose(beside, alone, atol=2e-3)


@pytest.mark.slow
def test_quantiles_rise_and_are_finite_fifteen_blocks_on():
    made = quantiles(1440, *WALKS[:2], network=load_pretrained())
    assert made.shape == (2, 1440, len(LEVELS))
    assert np.isfinite(made).all()
    assert (np.diff(made, axis=2) >= 0).all()


def test_bounds_hold_later_blocks_too():
    made = quantiles(200, np.abs(WALKS[0]), network=load_pretrained(), bounds=(0.0, 15.0))
    assert made.min() >= 0
    assert made.max() <= 15
    assert made[:, 96:, HIGH].max() > 5  # and are not all there is


@pytest.mark.slow
def test_points_are_the_medians_however_far_ahead():
    model = pretrained_model(walk_network(), NONE, 150)
    panel = panel_of(*WALKS[:2])
    state = model.read_again(panel, model.prepare_new(panel))
    medians = model.forecast_quantiles(state, 150)[..., LEVELS.index(0.5)]
    assert_array_equal(model.forecast(state, 150), medians)


@pytest.mark.slow
def test_at_rolling_origins_the_same_paths_are_drawn_as_in_a_forecast(monkeypatch):
    monkeypatch.setattr(
        sampled_paths, "MOST_PATHS", 3 * PATHS
    )  # so the four origins take two turns
    model = pretrained_model(walk_network(), NONE, 150)
    panel = panel_of(*WALKS[:3, :200])
    nothing = model.read_again(panel.head(np.full(3, 1)), model.prepare_new(panel))
    origins = Origins(np.array([2, 0, 0, 1]), np.array([198, 60, 170, 198]))
    rows = panel.drop(np.full(3, 1))
    made = model.forecast_at(nothing, rows, origins, 150)
    for place, (s, row) in enumerate(zip(origins.series, origins.row, strict=True)):
        known = model.read_again(panel.head(np.full(3, row + 2)), nothing.preparation)
        assert_allclose(made[place], model.forecast(known, 150)[s], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("h", [96, pytest.param(120, marks=pytest.mark.slow)])
def test_a_stream_forecasts_as_predict_does(h: int):
    model = pretrained_model(walk_network(), NONE, h)
    panel = panel_of(*WALKS[:3, :200])
    state = model.read_again(panel, model.prepare_new(panel))
    expected = model.forecast(state, h)
    table = StateTable(model, state, h)
    assert_allclose(table.forecast([2, 0]), expected[[2, 0]], rtol=1e-4, atol=1e-4)


def test_other_networks_are_not_rolled_by_paths():
    network = small_network()
    with pytest.raises(TypeError, match="pretrained"):
        forecast_paths(network, network.weights, None, None, 9)  # type: ignore[arg-type]
