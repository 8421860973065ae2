"""Many series step and are rolled forward some thousand at a time, as each of them would alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from rollcast.forecasting import reading
from rollcast.forecasting.reading import forecast_from, read_next, read_panel
from rollcast.forecasting.state import State
from rollcast.networks.network import Network, weights_of
from rollcast.preprocessing.preparation import prepare
from samples import panel_of, small_network, wavy

COUNT, H = 11, 5


@pytest.fixture(scope="module")
def network() -> Network:
    return small_network()


@pytest.fixture(scope="module")
def state(network: Network) -> State:
    panel = panel_of(*(wavy(12 + s, seed=s) for s in range(COUNT)))
    prepared = prepare(panel, "standard", log=False, lag=1, steps=3)
    return read_panel(network, weights_of(network.model), prepared, panel, ring=2, window=0)


def leaves(state: State) -> list[Any]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(state.network_state)]


@pytest.mark.parametrize("stepped", [1, 4, 8])
def test_forecasts_of_many_are_those_of_each_alone(network, state, monkeypatch, stepped):
    weights = weights_of(network.model)
    alone = [forecast_from(network, weights, state.take(np.array([s])), H)[0] for s in range(COUNT)]
    monkeypatch.setattr(reading, "STEPPED", stepped)
    assert_allclose(forecast_from(network, weights, state, H), alone, rtol=1e-6)


@pytest.mark.parametrize("stepped", [1, 4, 8])
@pytest.mark.parametrize("places", [np.arange(COUNT), np.array([7, 0, 3, 4, 10])])
def test_the_next_row_of_many_is_that_of_each_alone(network, state, monkeypatch, stepped, places):
    weights, values = weights_of(network.model), 20.0 + np.arange(len(places))
    values[2] = np.nan
    slow = state
    for place, value in zip(places, values, strict=True):
        slow = read_next(network, weights, slow, np.array([place]), np.array([value]))
    monkeypatch.setattr(reading, "STEPPED", stepped)
    fast = read_next(network, weights, state, places, values)
    for one, other in zip(leaves(fast), leaves(slow), strict=True):
        assert one.shape == other.shape
        assert_allclose(one, other, atol=1e-5)


def test_series_are_found_by_their_identifiers(state: State):
    named = replace(state, ids=tuple("abcdefghijk"))
    assert named.find(tuple("abcdefghijk")).tolist() == list(range(COUNT))
    assert named.find(("k", "z", "a", 7)).tolist() == [10, -1, 0, -1]
    assert named.find(()).tolist() == []
