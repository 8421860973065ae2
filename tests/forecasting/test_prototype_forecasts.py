"""The pretrained network reads, remembers and forecasts as its prototype did."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from prototype import GROUPS, group_of, prototype_network
from rollcast.data.seasons import SeasonCycles, Seasons
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.networks.pretrained_network import run_head, run_layers
from rollcast.preprocessing.read_series import ahead_of, read_series
from samples import panel_of


@pytest.mark.slow
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


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("Yearly", "Hourly") else pytest.param(name, marks=pytest.mark.slow)
        for name in GROUPS
    ],
)
def test_states_forecast_as_the_prototype(name: str):
    group = group_of(name)
    cycles = SeasonCycles(tuple(m for m in (group.season, group.second) if m > 1))
    model = pretrained_model(prototype_network(96), cycles, group.h)
    panel = panel_of(*group.values)
    state = model.read_again(panel, model.prepare_new(panel))
    made = np.log(model.forecast_quantiles(state, group.h))
    found = (made - group.base[:, None, None]) / group.scale[:, None, None]
    assert_allclose(found, group.quantiles, atol=1e-4)
    assert_allclose(model.forecast(state, group.h), np.exp(made[..., 4]), rtol=1e-6)
