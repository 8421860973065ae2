"""The pretrained network reads, remembers and forecasts as its prototype did."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from prototype import GROUPS, LEVELS, group_of, prototype_network
from rollcast.data.seasons import Seasons
from rollcast.errors import ArgumentError
from rollcast.networks.distribution import QUANTILE_LEVELS
from rollcast.networks.pretrained_network import (
    PretrainedNetwork,
    init_weights,
    run_head,
    run_layers,
)
from rollcast.preprocessing.read_series import ahead_of, read_series


@pytest.mark.parametrize("name", GROUPS)
def test_series_read_whole_are_forecast_as_by_the_prototype(name: str):
    group = group_of(name)
    network = prototype_network(group.h)
    lengths = np.array([len(y) for y in group.values])
    B, T = len(lengths), max(lengths)
    logs, unit = np.zeros((B, T)), np.zeros(B)
    for s, y in enumerate(group.values):
        logs[s, : len(y)], logs[s, len(y) :] = np.log(y), np.log(y[-1])
        unit[s] = np.abs(np.diff(np.log(y))).mean()
    scaled = ((logs - logs[:, :1]) / unit[:, None]).astype(np.float32)
    newest = (lengths - 1)[:, None].astype(np.int32)
    seasons = Seasons(*(np.full(B, m, np.int32) for m in (group.season, group.second)))

    @jax.jit
    def run(weights, scaled):
        read = read_series(scaled, np.ones((B, T), bool), seasons)
        start = [jnp.zeros((B, size)) for size in network.state_sizes]
        features, _ = run_layers(weights.layers, read.inputs, start)
        at_newest = jnp.take_along_axis(features, newest[:, :, None], axis=1)
        ahead = ahead_of(read, newest, group.h)
        known = read.standing
        return run_head(weights.head, at_newest, ahead)[:, 0], known.base, known.scale

    quantiles, base, scale = map(np.asarray, run(network.held, scaled))
    assert_allclose(quantiles, group.quantiles, atol=1e-4)
    base, scale = (np.take_along_axis(a, newest, axis=1)[:, 0] * unit for a in (base, scale))
    assert_allclose(scale, group.scale, rtol=1e-4)
    assert_allclose((base + logs[:, 0] - group.base) / group.scale, np.zeros(B), atol=1e-4)


def test_quantiles_never_cross_and_the_middle_one_is_the_point():
    weights = init_weights(jax.random.key(0), levels=len(QUANTILE_LEVELS), hidden_size=8)
    network = PretrainedNetwork(weights, 12)
    random = np.random.default_rng(0)
    features = random.normal(size=(5, network.feature_size)).astype(np.float32)
    ahead = random.normal(0, 9, (5, 12, weights.head.step.shape[0])).astype(np.float32)
    ahead[..., -5] = np.log(np.arange(1, 13)) / 3
    made = np.asarray(network.run_head(network.weights, features, ahead))
    assert made.shape == (5, 12, 15)
    assert (np.diff(made, axis=-1) > 0).all()
    assert_allclose(network.distribution.point(made), made[..., 7])
    assert network.distribution.levels == QUANTILE_LEVELS


def test_levels_that_the_weights_do_not_emit_are_refused():
    weights = init_weights(jax.random.key(0), levels=15, hidden_size=4)
    with pytest.raises(ArgumentError) as caught:
        PretrainedNetwork(weights, 12, LEVELS)
    assert str(caught.value) == (
        "`levels` must name each quantile that the weights emit, 15 of them; got 9."
    )


def test_networks_of_other_levels_share_no_program():
    nine = prototype_network(6)
    other = PretrainedNetwork(nine.held, 6, (*LEVELS[:8], 0.95))
    assert nine.description != other.description
    assert nine.emitting(7).levels == LEVELS
