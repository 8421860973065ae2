"""The pretrained network as a model: states of series with seasons of their own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from rollcast.data.arrivals import Arrivals
from rollcast.data.panel import Panel
from rollcast.data.seasons import SeasonCycles
from rollcast.forecasting.observe import observe
from rollcast.forecasting.pretrained_model import pretrained_model
from rollcast.forecasting.revise import revise
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.networks.pretrained_network import PretrainedNetwork, init_weights
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.preprocessing.running_seasons import unpack_running
from samples import NAN, panel_of

H = 9
EMITTED = 6


class Scene(NamedTuple):
    """Series of which some hold both seasons, some one and some none; the last rows of each come later."""

    model: Model
    series: list[np.ndarray]
    seen: list[int]

    def panel(self, counts: list[int] | None = None, skip: int = 0) -> Panel:
        """The first rows of each series; of all but the first few series."""
        counts = [len(y) for y in self.series] if counts is None else counts
        rows = [y[:n] for y, n in zip(self.series[skip:], counts[skip:], strict=True)]
        return panel_of(*rows, ids=range(skip, len(self.series)))

    def start(self) -> State:
        panel = self.panel(self.seen)
        return self.model.read_again(panel, self.model.prepare_new(panel))

    def replay(self, state: State, counts: list[int] | None = None) -> State:
        """All rows read from the first one, scaled as the state scales them."""
        return self.model.read_again(self.panel(counts), state.preparation)

    def rows(self, skipped: bool = True) -> Arrivals:
        """All later rows of all series, turn by turn; the missing ones are left out, but for a series' last."""
        made = [
            (t, s, y[t])
            for s, (y, n) in enumerate(zip(self.series, self.seen, strict=True))
            for t in range(n, len(y))
            if not (skipped and np.isnan(y[t]) and t < len(y) - 1)
        ]
        times, ids, values = zip(*sorted(made, key=lambda row: row[:2]), strict=True)
        return Arrivals.of(ids, times, values)


CYCLES = {"hours": (24, 168), "days": (7, 365), "months": (12,), "no season": ()}


@cache
def scene_of(name: str) -> Scene:
    cycles = CYCLES[name]
    longest = max(cycles, default=12)
    weights = init_weights(jax.random.key(1), levels=15, hidden_size=8)
    model = pretrained_model(PretrainedNetwork(weights, EMITTED), SeasonCycles(cycles), H)
    random = np.random.default_rng(len(cycles))
    series = []
    for s, rows in enumerate((2 * longest + 40, longest + 30, max(longest // 3, 15), 14, 11)):
        t = np.arange(rows)
        season = sum(np.sin(2 * np.pi * t / m) for m in cycles) if cycles else 0 * t
        y = 50 * s - 60 + 4 * season + np.cumsum(random.normal(0, 0.3, rows))
        y[random.random(rows) < 0.06] = NAN
        y[0], y[-3] = 50 * s - 60, NAN
        series.append(np.exp(y / 60) if s == 1 else y)
    series[4][:] = 7.0
    seen = [len(y) - 8 for y in series]
    return Scene(model, series, seen)


@pytest.fixture(
    params=["hours", *(pytest.param(name, marks=pytest.mark.slow) for name in list(CYCLES)[1:])]
)
def scene(request: pytest.FixtureRequest) -> Scene:
    return scene_of(request.param)


def assert_stands_like(model: Model, one: State, other: State, h: int = EMITTED) -> None:
    """Both states hold the same, and forecast the same to 1e-5 of a series' usual change."""
    first, second = plain(one), plain(other)
    assert first.keys() == second.keys()
    for name, array in first.items():
        if np.asarray(array).dtype.kind in "fiub":
            assert_allclose(array, second[name], rtol=1e-5, atol=1e-5, err_msg=name)
        else:
            assert np.array_equal(array, second[name]), name
    made = [
        model.forecast_quantiles(state, h) / state.preparation.scaler.scale[:, None, None]
        for state in (one, other)
    ]
    assert_allclose(*made, rtol=1e-5, atol=2e-5)


def plain(state: State) -> dict[str, np.ndarray]:
    """The arrays of a state; sums with what rounding left of them."""
    arrays = dict(state.to_arrays())
    rests = next(name for name in arrays if name.endswith("rests"))
    sums = rests.replace("rests", "sums")
    arrays[sums] = arrays[sums] + arrays.pop(rests)
    return arrays


def test_seasons_are_those_that_each_series_holds():
    seasons = scene_of("hours").start().preparation.seasons
    assert seasons is not None
    assert seasons.first.tolist() == [24] * 5
    assert seasons.second.tolist() == [168, 168, 0, 0, 0]


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("hours", "no season") else pytest.param(name, marks=pytest.mark.slow)
        for name in CYCLES
    ],
)
def test_rows_one_by_one_leave_the_state_of_a_replay(name: str):
    scene = scene_of(name)
    state = scene.start()
    rows = scene.rows()
    for i in range(len(rows)):
        one = Arrivals.of([rows.ids[rows.codes[i]]], rows.times[i : i + 1], rows.values[i : i + 1])
        state, skipped = observe(scene.model, one, state, state)
        assert skipped == 0
    assert_stands_like(scene.model, state, scene.replay(state), H)


def test_rows_of_all_series_at_once_leave_the_state_of_a_replay(scene: Scene):
    state = scene.start()
    after, _ = observe(scene.model, scene.rows(), state, state)
    assert_stands_like(scene.model, after, scene.replay(after))
    read_on = scene.model.read_on(state, scene.panel().drop(np.array(scene.seen)))
    assert_stands_like(scene.model, read_on, after)


def test_the_next_rows_of_all_series_leave_the_state_of_a_replay(scene: Scene):
    state = scene.start()
    for turn in range(4):
        values = [y[n + turn] for y, n in zip(scene.series, scene.seen, strict=True)]
        rows = Arrivals.of(range(len(values)), None, values)
        state, _ = observe(scene.model, rows, state, state)
    counts = [n + 4 for n in scene.seen]
    assert state.rows.tolist() == counts
    assert_stands_like(scene.model, state, scene.replay(state, counts))


def test_a_saved_state_goes_on_to_the_state_of_a_replay(scene: Scene, tmp_path: Path):
    state = scene.start()
    state.save(tmp_path / "mixed.state")
    loaded = State.load(tmp_path / "mixed.state")
    assert loaded == state
    after, _ = observe(scene.model, scene.rows(), loaded, loaded)
    assert_stands_like(scene.model, after, scene.replay(after))


def test_series_are_taken_and_joined_with_their_seasons(scene: Scene):
    state = scene.start()
    order = np.array([3, 0, 4, 2])
    joined = state.take(order[:1]).join(state.take(order[1:]))
    assert joined == state.take(order)
    after, _ = observe(scene.model, scene.rows(), state, state)
    rows = scene.rows()
    kept = np.isin(rows.codes, [rows.ids.index(s) for s in order])
    part = Arrivals.of(
        [rows.ids[code] for code in rows.codes[kept]], rows.times[kept], rows.values[kept]
    )
    here, _ = observe(scene.model, part, joined, joined)
    assert_stands_like(scene.model, here, after.take(order))


def test_a_new_series_is_read_with_the_seasons_that_its_own_rows_hold(scene: Scene):
    panel = scene.panel(skip=1)
    known = scene.model.read_again(panel, scene.model.prepare_new(panel))
    y = scene.series[0]
    new = Arrivals.of([0] * len(y), np.arange(len(y)), y)
    after, _ = observe(scene.model, new, known, known, max_gap=len(y))
    whole = scene.panel()
    expected = scene.model.read_again(whole, scene.model.prepare_new(whole))
    assert after.ids == (1, 2, 3, 4, 0)
    assert_stands_like(scene.model, after, expected.take(np.array([1, 2, 3, 4, 0])))


@pytest.mark.parametrize("from_earlier", [True, False])
def test_a_revised_state_is_that_of_the_corrected_history(scene: Scene, from_earlier: bool):
    earlier = scene.start()
    state, _ = observe(scene.model, scene.rows(), earlier, earlier)
    fixed = [y.copy() for y in scene.series]
    fixes = []
    for s in (0, 2, 3):
        t = scene.seen[s] + 2 if from_earlier else scene.seen[s] - 5
        fixed[s][t], fixed[s][t + 3] = 40.0 + s, NAN
        fixes += [(s, t, 40.0 + s), (s, t + 3, NAN)]
    history = [panel_of(*scene.series)]
    revised = revise(
        scene.model,
        Arrivals.of(*zip(*fixes, strict=True)),
        state,
        earlier=earlier if from_earlier else None,
        history=history,
    )
    corrected = scene._replace(series=fixed)
    assert_stands_like(scene.model, revised, corrected.replay(state))
    assert revised != state


@pytest.mark.parametrize("a", [1e-6, 0.3, 1.0, 4e5])
@pytest.mark.parametrize("shift", [0.0, 1e6, -1e6])
def test_forecasts_of_a_scaled_and_shifted_series_are_scaled_and_shifted(a: float, shift: float):
    scene = scene_of("hours")
    model = pretrained_model(load_pretrained(), SeasonCycles((24, 168)), H, log=False)

    def forecast(series: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        panel = panel_of(*series)
        state = model.read_again(panel, model.prepare_new(panel))
        running = unpack_running(np.asarray(state.network_state.memory.running))
        scale = np.maximum(np.maximum(running.change, np.asarray(running.roughness) / 10), 1e-3)
        return model.forecast_quantiles(state, H), scale * state.preparation.scaler.scale

    series = scene.series[:4]
    plain, scale = forecast(series)
    b = shift * scale * a
    made, other = forecast([a * y + b[s] for s, y in enumerate(series)])
    assert_allclose(other, a * scale, rtol=1e-4)
    expected = a * plain + b[:, None, None]
    assert_allclose((made - expected) / other[:, None, None], 0 * made, atol=1e-4)


def test_a_forecast_takes_the_work_of_its_horizon_and_is_the_beginning_of_a_longer_one():
    scene = scene_of("days")
    model = pretrained_model(load_pretrained(), SeasonCycles((7, 365)), H)
    panel = scene.panel(scene.seen)
    state = model.read_again(panel, model.prepare_new(panel))
    longest = model.forecast_quantiles(state, 96)
    for h, emitted in ((1, 12), (12, 12), (13, 18), (24, 24), (50, 72), (90, 96), (97, 96)):
        assert model.network_for(h).output_size == emitted
        if h <= 96:
            made = model.forecast_quantiles(state, h)
            assert_allclose(made, longest[:, :h], rtol=1e-5, atol=1e-5 * np.abs(longest).max())
