"""The state after reading rows in any portions, against a reader of one row at a time in NumPy."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.forecasting import reading, rollout
from rollcast.forecasting.network_state import NetworkState, initial_state
from rollcast.networks.network import Network, Weights, weights_of
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.preparation import Preparation, prepare
from rollcast.preprocessing.ring import oldest_first
from rollcast.preprocessing.transform import VALUES
from samples import SlowReader, small_network

RING = 5
WINDOW = 6
CASES = {
    "lstm-sequence": {"cell": "lstm"},
    "two-gru-sequence": {"cell": "gru", "num_layers": 2},
    "two-rnn-window": {"cell": "rnn", "num_layers": 2, "reading": "window"},
}


class Scene(NamedTuple):
    """Three series laid side by side (S, T), and a network to read them."""

    network: Network
    weights: Weights
    frame: AnchorScale
    values: Any
    observed: Any
    mask: Any
    preparation: Preparation
    cell: str
    window: int

    def start(self) -> NetworkState:
        return initial_state(self.network, VALUES.init(self.values[:, 0], RING), window=self.window)

    def read(self, state: NetworkState, values: Any, observed: Any, mask: Any) -> NetworkState:
        return reading.read_rows(
            self.network, self.weights, self.frame, state, values, observed, mask
        )


@pytest.fixture(scope="module", params=CASES)
def scene(request, ragged) -> Scene:
    options = CASES[request.param]
    network = small_network(**options)
    fitted = prepare(ragged, "standard", log=False, lag=RING, steps=3)
    filled, seen = fitted.scale(ragged)
    shape = (3, int(ragged.lengths.max()))
    values, observed, mask = (
        np.zeros(shape, np.float32),
        np.zeros(shape, np.float32),
        np.zeros(shape, bool),
    )
    for s, rows in enumerate(ragged):
        count = rows.stop - rows.start
        values[s, :count], observed[s, :count], mask[s, :count] = filled[rows], seen[rows], True
    return Scene(
        network,
        weights_of(network.model),
        fitted.anchor_scale(np.arange(3)),
        values,
        observed,
        mask,
        fitted,
        options["cell"],
        WINDOW if options.get("reading") == "window" else 0,
    )


@pytest.fixture(scope="module")
def whole(scene: Scene) -> NetworkState:
    return scene.read(scene.start(), scene.values, scene.observed, scene.mask)


def assert_same(state: NetworkState, other: NetworkState, tolerance: float = 1e-5) -> None:
    for one, two in zip(jax.tree.leaves(state), jax.tree.leaves(other), strict=True):
        assert_allclose(one, two, atol=tolerance)


def test_the_state_is_that_of_a_reader_of_single_rows(scene: Scene, whole: NetworkState, ragged):
    made = rollout.forecast(scene.network, scene.weights, scene.frame, whole, 3)
    scaler = scene.preparation.scaler
    for s, rows in enumerate(ragged):
        slow = SlowReader(
            scene.network,
            scene.cell,
            lag=RING,
            anchor_error=float(scene.preparation.anchor_error[s]),
            window=scene.window,
        )
        for value in (ragged.target[rows] - scaler.shift[s]) / scaler.scale[s]:
            slow.read(value)
        assert_allclose(whole.features[s], slow.features, atol=1e-5)
        newest = oldest_first(whole.memory.values, whole.rows)[s]
        assert_allclose(newest, slow.values[-RING:], atol=1e-6)
        assert_allclose(made[s], slow.next_block(), atol=1e-5)
        if scene.window:
            assert whole.cells == ()
            assert_allclose(whole.window[s], slow.inputs[-WINDOW:], atol=1e-5)
        else:
            for cell, states in zip(
                whole.cells, [c for layer in slow.states for c in layer], strict=True
            ):
                assert_allclose(cell[s], states, atol=1e-5)
    assert_array_equal(whole.rows, ragged.lengths)


@pytest.mark.parametrize("portions", [[1] * 30, [7, 1, 8, 6, 8], [8, 8, 8, 6]])
def test_reading_in_portions_equals_reading_at_once(
    scene: Scene, whole: NetworkState, portions: list[int]
):
    state, first = scene.start(), 0
    for size in portions:
        columns = slice(first, first + size)
        state = scene.read(
            state, scene.values[:, columns], scene.observed[:, columns], scene.mask[:, columns]
        )
        first += size
    assert_same(state, whole)


def test_rows_that_do_not_exist_leave_no_trace(scene: Scene, whole: NetworkState):
    """Padding stands before the rows of one series, after those of another, and holds nonsense."""
    random = np.random.default_rng(0)
    values = random.normal(0, 100, scene.values.shape).astype(np.float32)
    observed, mask = np.zeros_like(scene.observed), np.zeros_like(scene.mask)
    for s, count in enumerate(scene.mask.sum(axis=1)):
        first = values.shape[1] - count if s == 1 else 0
        columns = slice(first, first + count)
        values[s, columns] = scene.values[s, :count]
        values[s, :first] = scene.values[s, 0]  # before a series its first value stands in
        observed[s, columns], mask[s, columns] = scene.observed[s, :count], True
    assert_same(scene.read(scene.start(), values, observed, mask), whole)


def test_a_series_without_new_rows_stays_as_it_was(scene: Scene, whole: NetworkState):
    mask = np.zeros((3, 8), bool)
    mask[1, :3] = True
    values = np.full((3, 8), 0.5, np.float32)
    after = scene.read(whole, values, np.ones_like(values), mask)
    for s in (0, 2):
        assert_same(
            jax.tree.map(
                lambda a, s=s: a[s], after._replace(memory=after.memory._replace(rows=whole.rows))
            ),
            jax.tree.map(lambda a, s=s: a[s], whole),
            0,
        )
    assert (after.rows - whole.rows).tolist() == [0, 3, 0]
    assert np.abs(np.asarray(after.features[1] - whole.features[1])).max() > 1e-3


def test_the_order_of_series_is_irrelevant(scene: Scene, whole: NetworkState):
    order = np.array([2, 0, 1])
    turned = scene._replace(values=scene.values[order], frame=scene.preparation.anchor_scale(order))
    state = turned.read(turned.start(), turned.values, scene.observed[order], scene.mask[order])
    assert_same(state, jax.tree.map(lambda a: np.asarray(a)[order], whole), 1e-6)


def test_before_the_first_row_the_first_value_stands_in(scene: Scene):
    start = scene.start()
    assert_array_equal(start.memory.values, np.repeat(scene.values[:, :1], RING, axis=1))
    assert start.rows.tolist() == [0, 0, 0]
    assert all(not np.asarray(cell).any() for cell in start.cells)


def test_reading_gives_a_new_state_and_leaves_the_old_one(scene: Scene, whole: NetworkState):
    before = jax.tree.map(np.array, whole)
    scene.read(whole, scene.values[:, :8], scene.observed[:, :8], scene.mask[:, :8])
    assert_same(before, whole, 0)
