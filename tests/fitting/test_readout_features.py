"""The solved readout: equal to ridge regression by hand, whatever the series' number and length."""

from __future__ import annotations

from functools import partial

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.fitting import readout_features
from rollcast.fitting.readout_features import fit_moments
from rollcast.forecasting.network_state import advance, initial_state
from rollcast.networks.linear_head import attach_readout, is_solvable, with_output_size
from rollcast.networks.network import Network, Weights, weights_of
from rollcast.networks.recurrent import keras
from rollcast.networks.ridge import FeatureMoments, LinearReadout, Ridge
from rollcast.preprocessing.anchors import anchor_position
from rollcast.preprocessing.preparation import Preparation, prepare
from rollcast.preprocessing.transform import VALUES
from samples import panel_of, small_network, wavy

STEPS = 3
PANEL = panel_of(wavy(40, gaps=(12, 33)), wavy(21, seed=1), wavy(50, seed=2))
ENDS = PANEL.offsets[1:] - np.array([0, 5, 9])


def prepared(lag: int = 1) -> Preparation:
    return prepare(PANEL, "standard", log=False, lag=lag, steps=STEPS)


def slow_features(network: Network, weights: Weights, fitted: Preparation, ends: np.ndarray):
    """Features and targets of every row whose next values are known, read one row at a time."""
    filled, observed = fitted.scale(PANEL)
    step = jax.jit(partial(advance, network))
    told, asked = [], []
    for s in range(PANEL.num_series):
        first, end = int(PANEL.offsets[s]), int(ends[s])
        frame = fitted.anchor_scale(np.array([s]))
        state = initial_state(
            network, VALUES.init(filled[first : first + 1], max(fitted.lag, 1)), window=0
        )
        for row in range(first, end):
            seen = np.float32(observed[row])
            state = step(
                weights,
                frame,
                state,
                filled[None, row : row + 1],
                np.full((1, 1), seen),
                np.ones((1, 1), bool),
            )
            ahead = row + 1 + np.arange(STEPS)
            source = row + anchor_position(np.arange(1, STEPS + 1), max(fitted.lag, 1))
            washed = row - first >= min(readout_features.WASHOUT, (end - first) // 10)
            if not washed or ahead[-1] >= end or not observed[ahead].all() or source.min() < first:
                continue
            told.append(np.asarray(state.features)[0])
            asked.append((filled[ahead] - filled[source]) / fitted.anchor_error[s])
    return np.array(told, float), np.array(asked, float)


@pytest.mark.parametrize(("lag", "rows_at_a_time", "group"), [(1, 512, 32), (4, 16, 2)])
def test_moments_are_those_of_reading_row_by_row(monkeypatch, lag, rows_at_a_time, group):
    monkeypatch.setattr(readout_features, "READ_ROWS", rows_at_a_time)
    monkeypatch.setattr(readout_features, "MOST_SOLVED", group)
    network, fitted = small_network(), prepared(lag)
    weights = weights_of(network.model)
    rows = fitted.buffer(PANEL, ENDS)
    moments = fit_moments(network, weights, rows, PANEL.offsets, steps=STEPS, window=0)
    features, targets = slow_features(network, weights, fitted, ENDS)
    assert moments is not None
    assert moments.count == len(features)
    assert_allclose(moments.features, features.mean(0), atol=1e-5)
    assert_allclose(moments.targets, targets.mean(0), atol=1e-5)
    assert_allclose(moments.scatter, np.cov(features.T, bias=True), atol=1e-5)
    centred = features - features.mean(0)
    assert_allclose(
        moments.cross, centred.T @ (targets - targets.mean(0)) / len(targets), atol=1e-5
    )


def test_the_window_reading_gives_the_features_of_every_window():
    network, fitted = small_network(reading="window"), prepared()
    weights = weights_of(network.model)
    rows = fitted.buffer(PANEL, ENDS)
    moments = fit_moments(network, weights, rows, PANEL.offsets, steps=STEPS, window=8)
    assert moments is not None
    known = [
        first + 7
        for s in range(3)
        for first in range(PANEL.offsets[s], ENDS[s] - 8)
        if first + 7 + STEPS < ENDS[s] and PANEL.mask[first + 8 : first + 8 + STEPS].all()
    ]
    assert moments.count == len(known)


def some_moments(count: int = 200, seed: int = 0) -> tuple[FeatureMoments, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.standard_normal((count, 5)) * [1, 2, 0.1, 1, 3] + 4
    y = x @ random.standard_normal((5, 2)) + random.standard_normal((count, 2)) - 7
    dx, dy = x - x.mean(0), y - y.mean(0)
    return FeatureMoments(count, x.mean(0), y.mean(0), dx.T @ dx / count, dx.T @ dy / count), x, y


@pytest.mark.parametrize("penalty", [1e-12, 1e-3, 1.0])
def test_the_solution_is_ridge_regression_with_a_free_bias(penalty: float):
    moments, x, y = some_moments()
    solved = Ridge.of(moments).solve(penalty)
    largest = np.linalg.eigvalsh(moments.scatter)[-1]
    dx, dy = x - x.mean(0), y - y.mean(0)
    kernel = np.linalg.solve(dx.T @ dx / len(x) + penalty * largest * np.eye(5), dx.T @ dy / len(x))
    assert_allclose(solved.kernel, kernel, rtol=1e-5)
    assert_allclose(solved.bias, y.mean(0) - x.mean(0) @ kernel, rtol=1e-4)


def test_a_larger_penalty_gives_smaller_weights():
    ridge = Ridge.of(some_moments()[0])
    sizes = [np.abs(ridge.solve(p).kernel).sum() for p in (1e-6, 1e-2, 1.0, 100.0)]
    assert sizes == sorted(sizes, reverse=True)


def test_features_that_are_constant_are_no_trouble():
    moments, _, _ = some_moments()
    flat = FeatureMoments(9, moments.features, moments.targets, np.zeros((5, 5)), np.zeros((5, 2)))
    solved = Ridge.of(flat).solve(1e-9)
    assert not solved.kernel.any()
    assert_allclose(solved.bias, moments.targets, rtol=1e-6)


def test_features_that_are_no_numbers_give_no_readout():
    network, fitted = small_network(), prepared()
    weights = weights_of(network.model)
    spoilt = weights._replace(trainable=[np.full_like(w, np.nan) for w in weights.trainable])
    rows = fitted.buffer(PANEL)
    assert fit_moments(network, spoilt, rows, PANEL.offsets, steps=STEPS, window=0) is None


def test_a_series_without_known_next_values_gives_no_readout():
    panel = panel_of([1.0, float("nan")] * 30)
    fitted = prepare(panel, "standard", log=False, lag=1, steps=STEPS)
    network = small_network()
    weights = weights_of(network.model)
    rows = fitted.buffer(panel)
    assert fit_moments(network, weights, rows, panel.offsets, steps=STEPS, window=0) is None


def test_a_readout_replaces_the_head_and_nothing_else():
    network = small_network()
    weights = weights_of(network.model)
    features = np.random.default_rng(0).standard_normal((2, 1, network.feature_size))
    solved = LinearReadout(
        np.ones((network.feature_size, STEPS), np.float32), np.full(STEPS, 2, np.float32)
    )
    made = attach_readout(network, weights, network, solved)
    assert_allclose(
        network.run_head(made, features.astype(np.float32))[..., 0, 0],
        features.sum(-1) + 2,
        rtol=1e-5,
    )
    for one, other in zip(made.trainable[:-2], weights.trainable[:-2], strict=True):
        assert_array_equal(one, other)
    short = with_output_size(network, 1)
    made = attach_readout(short, weights, network, solved.head(1))
    assert short.run_head(made, features.astype(np.float32)).shape == (2, 1, 1, 1)
    assert with_output_size(network, STEPS) is network


def test_only_one_linear_layer_with_a_bias_is_solvable():
    network = small_network()
    assert is_solvable(network)
    read = keras.Input((None, network.feature_size))
    for layers in (
        [keras.layers.Dense(3, activation="relu")],
        [keras.layers.Dense(3, use_bias=False)],
        [keras.layers.Dense(3), keras.layers.Dense(3)],
    ):
        out = read
        for layer in layers:
            out = layer(out)
        assert not is_solvable(Network(network.body, keras.Model(read, out)))


def test_a_head_that_is_more_than_its_layer_is_not_solvable():
    network = small_network()
    read = keras.Input((None, network.feature_size))
    frozen = keras.Model(read, keras.layers.Dense(3, trainable=False)(read))
    for head in (
        keras.Model(read, keras.layers.Dense(3)(read[:, :, 3:])),
        keras.Model(read, keras.ops.softplus(keras.layers.Dense(3)(read))),
        frozen,
    ):
        assert not is_solvable(Network(network.body, head))
    assert is_solvable(Network(network.body, keras.Sequential([read, keras.layers.Dense(3)])))


def test_the_series_go_to_the_device_once_and_not_with_every_group(monkeypatch):
    calls: list[int] = []
    compiled = readout_features.compiled

    def watched(key, function, *arguments):
        moved = [leaf for leaf in jax.tree.leaves(arguments[1]) if isinstance(leaf, np.ndarray)]
        calls.append(len(moved))
        return compiled(key, function, *arguments)

    monkeypatch.setattr(readout_features, "compiled", watched)
    monkeypatch.setattr(readout_features, "MOST_SOLVED", 1)
    network = small_network()
    rows = prepared().buffer(PANEL, ENDS)
    fit_moments(network, weights_of(network.model), rows, PANEL.offsets, steps=STEPS, window=0)
    assert calls == [0, 0, 0]
