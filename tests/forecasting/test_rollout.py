"""The closed loop, against one in plain Python that reads and forecasts block by block."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.forecasting import reading, rolling_origins, rollout
from rollcast.forecasting.network_state import initial_state
from rollcast.networks.build import build_network
from rollcast.networks.distribution import Quantiles
from rollcast.networks.network import Network, Weights, weights_of
from rollcast.options import Config
from rollcast.preprocessing.bounds import Bounds
from rollcast.preprocessing.preparation import Preparation, prepare
from rollcast.preprocessing.series_buffer import SeriesBuffer
from rollcast.preprocessing.transform import VALUES
from rollcast.runtime import programs
from rollcast.training.windows import gather
from samples import SlowReader, panel_of, rolling, shake, wavy

RING = 5
WINDOW = 6
CASES = {
    f"{cell}-{reading}-{steps}": (cell, reading, steps)
    for reading in ("sequence", "window")
    for cell, steps in (("lstm", 1), ("gru", 3), ("rnn", 7))
}


TWO = pytest.mark.parametrize("scene", ["gru-sequence-3", "rnn-window-7"], indirect=True)


class Scene(NamedTuple):
    network: Network
    weights: Weights
    fitted: Preparation
    rows: SeriesBuffer
    cell: str
    steps: int
    window: int

    def at(self, origins: Origins, h: int) -> np.ndarray:
        """(S, O, h) of as many origins in every series."""
        made = rolling_origins.forecast_at(
            self.network,
            self.weights,
            self.rows,
            origins,
            h=h,
            ring=RING,
            window=self.window,
        )
        return made.reshape(len(np.unique(origins.series)), -1, h)

    def slow(self, panel: Any, s: int, count: int, h: int) -> np.ndarray:
        """Forecasts of series ``s`` after its first ``count`` rows."""
        bounds = self.fitted.bounds or Bounds.none(len(self.fitted.anchor_error))
        reader = SlowReader(
            self.network,
            self.cell,
            lag=self.fitted.lag,
            anchor_error=float(self.fitted.anchor_error[s]),
            window=self.window,
            bounds=(float(bounds.lowest[s]), float(bounds.highest[s])),
        )
        scaler = self.fitted.scaler
        scaled = (panel.target[panel.rows(s)] - scaler.shift[s]) / scaler.scale[s]
        return reader.forecast(scaled[:count], h)


@pytest.fixture(scope="module", params=CASES)
def scene(request, ragged) -> Scene:
    cell, reading, steps = CASES[request.param]
    lag = RING if reading == "sequence" else 1
    config = Config(cell=cell, reading=reading, hidden_size=4)
    network = build_network(config, output_size=steps)
    shake(network.model, steps, 0.2)
    fitted = prepare(ragged, "standard", log=False, lag=lag, steps=steps)
    window = WINDOW if reading == "window" else 0
    weights = weights_of(network.model)
    return Scene(network, weights, fitted, fitted.buffer(ragged), cell, steps, window)


ORIGINS = rolling([15, 7, 7], 2, 4)
COUNTS = ORIGINS.row.reshape(3, 4) + 1  # rows known at each
H = 7


@pytest.fixture(scope="module")
def made(scene: Scene) -> np.ndarray:
    return scene.at(ORIGINS, H)


def test_rolled_blocks_equal_a_plain_loop_from_every_origin(scene: Scene, made, ragged):
    for s in range(3):
        for i in range(4):
            assert_allclose(made[s, i], scene.slow(ragged, s, COUNTS[s, i], H), atol=2e-5)


@TWO
def test_the_first_free_running_step_equals_the_one_step_prediction(scene: Scene, made, ragged):
    """The network as it is trained, on one long chunk or window, against the closed loop."""
    for s in range(3):
        newest = int(ragged.offsets[s] + COUNTS[s, 0]) - 1
        length = WINDOW if scene.window else int(COUNTS[s, 0])
        starts = np.array([newest - length + 1])
        read = jax.jit(partial(gather, length=length, steps=scene.steps, warmup=0))
        batch = read(scene.rows, starts, np.array([s]))
        zeros = [jnp.zeros((1, n)) for n in scene.network.state_sizes]
        result = scene.network.model([batch.inputs, batch.mask, *zeros])
        outputs = np.asarray(result[0] if isinstance(result, list) else result)[0, -1]
        back = newest + 1 - scene.fitted.lag
        predicted = scene.rows.filled[back] + outputs[0] * scene.fitted.anchor_error[s]
        assert_allclose(made[s, 0, 0], predicted, atol=1e-6)


@pytest.mark.bits
@TWO
def test_a_shorter_horizon_is_the_beginning_of_a_longer_one_and_few_programs_serve_all(
    scene: Scene, monkeypatch
):
    monkeypatch.setattr(programs, "_store", OrderedDict())
    longest = scene.at(ORIGINS, 50)
    for h in range(1, 50):
        assert_array_equal(scene.at(ORIGINS, h), longest[:, :, :h])
    reading, first, later = 1, 1, {3: 8, 7: 5}[scene.steps]  # rooms of 2, 3, 4, 6, 8, 12 ... blocks
    assert programs.count() == reading + first + later


@TWO
def test_forecasting_from_a_state_equals_forecasting_at_an_origin(scene: Scene, made, ragged):
    filled, observed = scene.fitted.scale(ragged)
    first = ragged.offsets[:-1]
    count = COUNTS[:, 0]
    index = first[:, None] + np.arange(32)
    mask = np.arange(32) < count[:, None]
    index = np.where(mask, index, 0)
    start = initial_state(scene.network, VALUES.init(filled[first], RING), window=scene.window)
    frame = scene.fitted.anchor_scale(np.arange(3))
    state = reading.read_rows(
        scene.network,
        scene.weights,
        frame,
        start,
        filled[index],
        observed[index].astype(np.float32),
        mask,
    )
    assert_allclose(
        rollout.forecast(scene.network, scene.weights, frame, state, H), made[:, 0], atol=1e-5
    )


def held(scene: Scene, panel: Panel) -> Scene:
    """The first two series below their mean, the last one within half a deviation of it."""
    scaler = scene.fitted.scaler
    low = scaler.shift + scaler.scale * [-np.inf, -np.inf, -0.5]
    bounds = Bounds.of(low, scaler.shift + scaler.scale * [0, 0, 0.5], scaler)
    fitted = replace(scene.fitted, bounds=bounds)
    return scene._replace(fitted=fitted, rows=fitted.buffer(panel))


def test_what_is_fed_back_is_what_was_held(scene: Scene, made, ragged):
    within = held(scene, ragged)
    bounds = within.fitted.bounds
    got = within.at(ORIGINS, H)
    for s in range(3):
        for i in range(4):
            assert_allclose(got[s, i], within.slow(ragged, s, COUNTS[s, i], H), atol=2e-5)
    lowest, highest = bounds.lowest[:, None, None], bounds.highest[:, None, None]
    assert ((got >= lowest) & (got <= highest)).all()
    assert (got == highest).any()
    if scene.steps < H:  # to hold the forecasts at the end would give others
        assert np.abs(np.clip(made, lowest, highest) - got).max() > 1e-3


@pytest.mark.bits
@TWO
def test_bounds_that_nothing_reaches_change_no_bit(scene: Scene, made, ragged):
    scaler = scene.fitted.scaler
    bounds = Bounds.of(scaler.shift - 1e6, scaler.shift + 1e6, scaler)
    wide = replace(scene.fitted, bounds=bounds)
    free = scene._replace(fitted=wide, rows=wide.buffer(ragged))
    assert_array_equal(free.at(ORIGINS, H), made)


def test_origins_know_nothing_of_what_comes_after_them(scene: Scene, made, ragged):
    filled = np.array(scene.rows.filled)
    last = ORIGINS.places(ragged.offsets)[2::4]
    for s, (row, end) in enumerate(zip(last, scene.rows.ends, strict=False)):
        filled[row + 1 : end] += 1e3 * (s + 1)
    moved = scene._replace(rows=scene.rows._replace(filled=filled)).at(ORIGINS, H)
    assert_array_equal(moved[:, :3], made[:, :3])
    assert np.abs(moved[:, 3] - made[:, 3]).min() > 1


def test_every_origin_sees_its_newest_value(scene: Scene, made, ragged):
    filled = np.array(scene.rows.filled)
    filled[ORIGINS.places(ragged.offsets)[::4]] += 0.1
    moved = scene._replace(rows=scene.rows._replace(filled=filled)).at(ORIGINS, H)
    assert (np.abs(moved[:, 0, 0] - made[:, 0, 0]) > 1e-4).all()


@TWO
def test_any_number_of_origins_at_any_rows_of_any_series_in_any_order(
    scene: Scene, made, monkeypatch
):
    """Rows are read in strides, and series side by side; neither must matter."""
    one = scene.at(rolling([15, 7, 7], 6, 2), H)
    assert_allclose(one[:, 0], made[:, 0], atol=2e-5)
    assert_allclose(one[:, 1], made[:, 3], atol=2e-5)
    chosen = np.array([9, 1, 4, 3, 0])  # of 12: unequal numbers, unequal strides
    for most in (rolling_origins.MOST_STATES, 4):
        monkeypatch.setattr(rolling_origins, "MOST_STATES", most)
        got = rolling_origins.forecast_at(
            *(scene.network, scene.weights, scene.rows, ORIGINS.take(chosen)),
            **{"h": H, "ring": RING, "window": scene.window},
        )
        assert_allclose(got, made.reshape(-1, H)[chosen], atol=2e-5)


def test_a_series_too_young_for_its_anchor_goes_on_from_its_newest_value():
    panel = panel_of([1.0, 2.0, 4.0], wavy(40))
    network = build_network(Config(hidden_size=4), output_size=1)  # as it starts: the anchor
    fitted = prepare(panel, "none", log=False, lag=RING, steps=1)
    made = rolling_origins.forecast_at(
        *(network, weights_of(network.model), fitted.buffer(panel), rolling([2, 39], 1, 1)),
        **{"h": 7, "ring": RING, "window": 0},
    )
    assert_allclose(made[0], [4, 4, 1, 2, 4, 4, 4])  # a season is there once five rows are
    assert_allclose(made[1], [*panel.target[-RING:], *panel.target[-RING:][:2]], rtol=1e-6)


def test_no_origin_gives_no_forecast(scene: Scene):
    none = ORIGINS.take(np.array([], np.int64))
    assert rolling_origins.forecast_at(
        *(scene.network, scene.weights, scene.rows, none),
        **{"h": H, "ring": RING, "window": scene.window},
    ).shape == (0, H)


def scene_of(panel: Panel, *, reading: str = "sequence", lag: int = RING) -> Scene:
    network = build_network(Config(hidden_size=4, reading=reading), output_size=1)
    shake(network.model, 1, 0.2)
    fitted = prepare(panel, "standard", log=False, lag=lag, steps=1)
    window = WINDOW if reading == "window" else 0
    weights = weights_of(network.model)
    return Scene(network, weights, fitted, fitted.buffer(panel), "lstm", 1, window)


def test_a_history_of_several_chunks_is_read_from_its_first_row_on():
    panel = panel_of(wavy(300, gaps=(150,)))
    scene = scene_of(panel)
    made = scene.at(rolling([rolling_origins.WARM_ROWS * 2 + 7], 9, 2), 4)
    for i in range(2):
        count = rolling_origins.WARM_ROWS * 2 + 8 + 9 * i
        assert_allclose(made[0, i], scene.slow(panel, 0, count, 4), atol=2e-5)


def test_a_window_is_read_with_all_the_anchors_it_needs():
    """A season longer than what is read at a time."""
    season = rolling_origins.WARM_ROWS + 12
    panel = panel_of(wavy(400, period=season))
    scene = scene_of(panel, reading="window", lag=season)
    made = rolling_origins.forecast_at(
        scene.network,
        scene.weights,
        scene.rows,
        rolling([390], 1, 1),
        h=4,
        ring=season,
        window=WINDOW,
    )
    assert_allclose(made[0], scene.slow(panel, 0, 391, 4), atol=2e-5)


def test_more_series_than_one_group_holds_are_forecast_in_turn(ragged, monkeypatch):
    scene = scene_of(ragged)
    whole = scene.at(ORIGINS, H)
    monkeypatch.setattr(rolling_origins, "MOST_ROLLED", 2)
    assert_allclose(scene.at(ORIGINS, H), whole, atol=1e-6)


@TWO
def test_paths_of_points_are_the_forecasts(scene: Scene, made):
    states = rolling_origins.states_at(
        scene.network, scene.weights, scene.rows, ORIGINS, ring=RING, window=scene.window
    )
    _, scale, state, _ = next(iter(states))
    points = rollout.forecast(scene.network, scene.weights, scale, state, H)
    path = rollout.forecast(scene.network, scene.weights, scale, state, H, jax.random.key(0))
    assert_allclose(path, points, atol=1e-6)


def test_paths_are_drawn_from_the_quantiles_and_read_by_the_loop(ragged):
    """The same key draws the same path; what is drawn moves what comes after it."""
    network = build_network(
        Config(hidden_size=4), output_size=2, distribution=Quantiles((0.1, 0.5, 0.9))
    )
    shake(network.model, 1, 0.2)
    weights = weights_of(network.model)
    fitted = prepare(ragged, "standard", log=False, lag=RING, steps=2)
    state = reading.read_panel(network, weights, fitted, ragged, ring=RING, window=0)
    arguments = (network, weights, fitted.anchor_scale(np.arange(3)), state.network_state, H)
    paths = [np.asarray(rollout.forecast(*arguments, jax.random.key(i))) for i in (0, 0, 1)]
    assert_array_equal(paths[0], paths[1])
    assert (paths[0] != paths[2]).mean() > 0.5
    params = rollout.forecast_params(*arguments)
    assert params.shape == (3, H, 3)
    assert (np.diff(params, axis=-1) > 0).all()
    assert_allclose(rollout.forecast(*arguments), params[..., 1], atol=1e-6)
    for path in paths:
        assert ((path[:, :2] >= params[:, :2, 0]) & (path[:, :2] <= params[:, :2, 2])).all()
    assert (np.abs(paths[0][:, 2:] - params[:, 2:, 1]) > 1e-3).mean() > 0.5
