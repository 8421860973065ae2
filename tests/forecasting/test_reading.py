"""Where series stand after their newest rows: alone or together, at once or bit by bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from rollcast.data.panel import Panel
from rollcast.errors import DataError
from rollcast.evaluation.baselines import naive, seasonal_naive
from rollcast.forecasting import reading
from rollcast.forecasting.reading import forecast_from, read_on, read_panel
from rollcast.forecasting.state import State
from rollcast.networks.network import Network, weights_of
from rollcast.preprocessing.preparation import Preparation, prepare
from rollcast.preprocessing.ring import oldest_first
from samples import NAN, SlowReader, panel_of, small_network, wavy

RING = 5
WINDOW = 6
H = 7
READINGS = ["sequence", "window"]


class Reader:
    """One network, and how it is used throughout."""

    def __init__(self, mode: str, *, trained: bool = True) -> None:
        self.network: Network = small_network(reading=mode, trained=trained)
        self.weights = weights_of(self.network.model)
        self.window = WINDOW if mode == "window" else 0

    def stand(self, panel: Panel, preparation: Preparation) -> State:
        return read_panel(
            self.network, self.weights, preparation, panel, ring=RING, window=self.window
        )

    def forecast(self, state: State, h: int = H) -> np.ndarray:
        return forecast_from(self.network, self.weights, state, h)

    def read_on(self, state: State, panel: Panel) -> State:
        return read_on(self.network, self.weights, state, panel)


@pytest.fixture(scope="module", params=READINGS)
def reader(request) -> Reader:
    return Reader(request.param)


@pytest.fixture(scope="module", params=READINGS)
def untrained(request) -> Reader:
    return Reader(request.param, trained=False)


def prepared(panel: Panel, lag: int = RING, **options: Any) -> Preparation:
    return prepare(panel, "standard", log=options.get("log", False), lag=lag, steps=3)


@pytest.mark.parametrize("log", [False, True])
def test_an_untrained_network_is_naive(untrained: Reader, ragged: Panel, log: bool):
    made = untrained.forecast(untrained.stand(ragged, prepared(ragged, lag=1, log=log)))
    for s, rows in enumerate(ragged):
        assert_allclose(made[s], naive(ragged.target[rows], H), rtol=2e-7)


@pytest.mark.parametrize("log", [False, True])
def test_an_untrained_network_is_seasonal_naive(untrained: Reader, ragged: Panel, log: bool):
    made = untrained.forecast(untrained.stand(ragged, prepared(ragged, log=log)))
    for s, rows in enumerate(ragged):
        assert_allclose(made[s], seasonal_naive(ragged.target[rows], H, RING), rtol=2e-7)


def test_forecasts_equal_those_of_a_slow_reader_in_the_datas_units(reader: Reader, ragged: Panel):
    fitted = prepared(ragged)
    made = reader.forecast(reader.stand(ragged, fitted))
    for s, rows in enumerate(ragged):
        slow = SlowReader(
            reader.network,
            "lstm",
            lag=RING,
            anchor_error=float(fitted.anchor_error[s]),
            window=reader.window,
        )
        scaled = (ragged.target[rows] - fitted.scaler.shift[s]) / fitted.scaler.scale[s]
        expected = slow.forecast(scaled, H) * fitted.scaler.scale[s] + fitted.scaler.shift[s]
        assert_allclose(made[s], expected, rtol=1e-5)


def test_the_first_step_sees_the_newest_value(reader: Reader, ragged: Panel):
    fitted = prepared(ragged)
    moved = ragged.target.copy()
    moved[ragged.offsets[1:] - 1] += 0.5
    after = replace(ragged, target=moved)
    made = reader.forecast(reader.stand(ragged, fitted)) - reader.forecast(
        reader.stand(after, fitted)
    )
    # Series 0 ends with a missing value, which moves nothing.
    assert (np.abs(made[1:, 0]) > 1e-4).all()
    assert made[0].tolist() == [0] * H


def test_many_ragged_series_equal_each_alone(reader: Reader, ragged: Panel):
    fitted = prepared(ragged)
    together = reader.stand(ragged, fitted)
    for s in range(3):
        alone = reader.stand(ragged.select(np.array([s])), fitted.take(np.array([s])))
        assert alone.nexts.tolist() == [together.nexts[s]]
        for one, many in zip(
            jax.tree.leaves(alone.network_state),
            jax.tree.leaves(together.network_state),
            strict=True,
        ):
            assert_allclose(one[0], np.asarray(many)[s], atol=1e-5)


def test_the_size_of_groups_does_not_matter(reader: Reader, ragged: Panel, monkeypatch):
    panel = ragged.select(np.array([0, 1, 2, 1, 0]))
    fitted = prepared(panel)
    whole = reader.forecast(reader.stand(panel, fitted))
    monkeypatch.setattr(reading, "MOST_READ", 3)
    assert_allclose(reader.forecast(reader.stand(panel, fitted)), whole, rtol=1e-6)


@pytest.mark.parametrize("cuts", [(29, 13, 18), (20, 6, 8), (28, 14, 12)])
def test_going_on_from_a_state_equals_reading_everything(
    reader: Reader, ragged: Panel, cuts: tuple[int, ...]
):
    """Missing values behind the cut are filled from values before it."""
    fitted = prepared(ragged)
    counts = np.array(cuts)
    before = reader.stand(ragged.head(counts), fitted)
    after = reader.read_on(before, ragged.drop(counts))
    whole = reader.stand(ragged, fitted)
    assert after.nexts.tolist() == whole.nexts.tolist()
    assert_allclose(reader.forecast(after), reader.forecast(whole), rtol=1e-5)


def test_a_series_without_new_rows_keeps_its_clock_and_its_state(reader: Reader, ragged: Panel):
    before = reader.stand(ragged, prepared(ragged))
    new = panel_of([], [21.0, 22.0], [], ids="abc", starts=[7, 14, 3])
    after = reader.read_on(before, new)
    assert after.nexts.tolist() == [30, 16, 19]
    old, made = reader.forecast(before), reader.forecast(after)
    assert_allclose(made[[0, 2]], old[[0, 2]], rtol=1e-6)
    assert np.abs(made[1] - old[1]).max() > 1e-3


def test_new_rows_without_a_logarithm_are_refused_by_series_and_row(reader: Reader, ragged: Panel):
    state = reader.stand(ragged, prepared(ragged, log=True))
    with pytest.raises(DataError, match=r"Row 2 of series 'c', at .*, holds 0, and the model"):
        reader.read_on(state, panel_of([1.0], [1.0], [1.0, 0.0], ids="abc"))


def test_a_missing_newest_value_is_its_anchor(reader: Reader):
    panel = panel_of(wavy(20))
    fitted = prepared(panel)
    state = reader.stand(panel, fitted)
    after = reader.read_on(state, panel_of([NAN], starts=20))
    before, now = (
        oldest_first(s.network_state.memory.values, s.network_state.rows) for s in (state, after)
    )
    assert float(now[0, -1]) == float(before[0, 0])
    assert after.nexts.tolist() == [21]


def test_standings_are_taken_apart_and_joined(reader: Reader, ragged: Panel):
    state = reader.stand(ragged, prepared(ragged))
    made = reader.forecast(state)
    turned = state.take(np.array([2])).join(state.take(np.array([0, 1])))
    assert turned.ids == ("c", "a", "b")
    assert turned.nexts.tolist() == state.nexts[[2, 0, 1]].tolist()
    assert_allclose(reader.forecast(turned), made[[2, 0, 1]], rtol=1e-6)
