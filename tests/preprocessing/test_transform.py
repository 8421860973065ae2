"""The transforms: row by row, by many rows at once, and at any row of stored series they agree."""

from __future__ import annotations

from typing import NamedTuple

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.data.calendar import Frequency
from rollcast.data.panel import Panel
from rollcast.preprocessing.anchors import Smoothing
from rollcast.preprocessing.choose_transform import transform_of
from rollcast.preprocessing.exponential_level import fit_smoothing, level_error, trace_levels
from rollcast.preprocessing.preparation import Preparation, prepare
from rollcast.preprocessing.ring import ring_size
from rollcast.preprocessing.series_buffer import SeriesBuffer
from rollcast.preprocessing.transform import Memory, Transform, scan_steps

LENGTHS = (40, 25, 3)
STEPS = 7
KINDS = {
    "last": (1, False),
    "season": (5, False),
    "none": (0, False),
    "level": (1, True),
    "level with season": (5, True),
}


def make_panel() -> Panel:
    """Three series with gaps; the last is younger than a season."""
    random = np.random.default_rng(3)
    values = [
        10 * s + np.cumsum(random.normal(size=n)) + 3 * np.sin(np.arange(n) * 2 * np.pi / 5)
        for s, n in enumerate(LENGTHS)
    ]
    target = np.concatenate(values)
    mask = np.ones(len(target), bool)
    mask[[4, 11, 12, 13, 14, 15, 16, 39, 40, 66]] = False
    offsets = np.concatenate([[0], np.cumsum(LENGTHS)])
    return Panel(
        target, mask, offsets, np.zeros(3, np.int64), Frequency.parse("D"), ("a", "b", "c")
    )


class Scene(NamedTuple):
    """Stored series and what is needed to read them from their first row."""

    preparation: Preparation
    rows: SeriesBuffer
    transform: Transform
    values: np.ndarray
    observed: np.ndarray
    mask: np.ndarray
    size: int

    def start(self) -> Memory:
        return self.transform.init(self.values[:, 0], self.size)

    @property
    def scale(self):
        return self.preparation.anchor_scale(np.arange(3))


@pytest.fixture(params=KINDS, scope="module")
def scene(request: pytest.FixtureRequest) -> Scene:
    lag, level = KINDS[request.param]
    panel = make_panel()
    preparation = prepare(panel, "standard", log=False, lag=lag, steps=STEPS, level=level)
    scaled, seen = preparation.scale(panel)
    index = panel.offsets[:-1, None] + np.arange(max(LENGTHS))
    mask = np.arange(max(LENGTHS)) < np.array(LENGTHS)[:, None]
    index = np.where(mask, index, 0)
    rows = preparation.buffer(panel)
    return Scene(
        preparation,
        rows,
        transform_of(rows),
        scaled[index],
        seen[index].astype(np.float32),
        mask,
        ring_size(max(lag, 1)),
    )


def read_up_to(scene: Scene, row: int) -> tuple[Memory, np.ndarray]:
    """The memory after the rows 0 .. ``row`` - 1, and what was read, one row after the other."""
    values, observed, mask = (a[:, :row] for a in (scene.values, scene.observed, scene.mask))
    return jax.jit(scan_steps, static_argnums=0)(
        scene.transform, scene.scale, scene.start(), values, observed, mask
    )


def assert_same(one: Memory, other: Memory) -> None:
    assert_array_equal(one.rows, other.rows)
    for name in ("values", "level", "deviations"):
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None) == (b is None)
        if a is not None:
            assert_allclose(a, b, rtol=1e-6, atol=1e-6, err_msg=name)


def test_many_rows_at_once_are_as_many_steps(scene: Scene):
    whole = jax.jit(scene.transform.whole)
    values, observed, mask = scene.values, scene.observed, scene.mask
    memory, inputs = read_up_to(scene, 40)
    found, read = whole(scene.scale, scene.start(), values, observed, mask)
    assert_same(found, memory)
    assert_allclose(np.asarray(read)[mask], np.asarray(inputs)[mask], rtol=1e-6, atol=1e-6)
    # And in two parts, of which the second begins where the first ends.
    half, _ = whole(scene.scale, scene.start(), values[:, :9], observed[:, :9], mask[:, :9])
    rest, _ = whole(scene.scale, half, values[:, 9:], observed[:, 9:], mask[:, 9:])
    assert_same(rest, memory)


@pytest.mark.parametrize("row", [1, 3, 6, 17, 40])
def test_a_stored_row_gives_what_reading_up_to_it_does(scene: Scene, row: int):
    memory, inputs = read_up_to(scene, row)
    reached = np.minimum(row, LENGTHS)
    begins = np.asarray(scene.rows.begins)[:3]
    newest, series = (begins + reached - 1).astype(np.int32), np.arange(3)
    assert_same(scene.transform.memory_at(scene.rows, newest, series, scene.size), memory)

    anchors, known = scene.transform.anchors_at(scene.rows, newest[:, None], series, STEPS)
    live = scene.transform.anchors(scene.scale, memory, STEPS)
    assert_allclose(np.asarray(anchors)[:, 0], live, rtol=1e-6, atol=1e-6)
    young = reached < scene.rows.lag[:3]
    anchored = bool(scene.rows.anchored)
    assert (np.asarray(known)[~young]).all()
    assert not anchored or not np.asarray(known)[young].all(axis=(1, 2)).any()

    index = begins[:, None] + np.arange(row)
    read = scene.transform.inputs_at(scene.rows, index.astype(np.int32), series)
    there = scene.mask[:, :row]
    assert_allclose(np.asarray(read)[there], np.asarray(inputs)[there], rtol=1e-6, atol=1e-6)


def test_before_a_series_nothing_is_remembered(scene: Scene):
    before = np.asarray(scene.rows.begins)[:3].astype(np.int32) - 1
    found = scene.transform.memory_at(scene.rows, before, np.arange(3), scene.size)
    assert_same(found, scene.start())


def levels_of(values, seen, lag: int, level_rate: float, season_rate: float):
    """A level, its deviations and the filled values, as the equations say them."""
    level, deviations = (values[0] if seen[0] else 0.0), {}
    made = []
    for n, (value, there) in enumerate(zip(values, seen, strict=True)):
        before = deviations.get(n - lag, 0.0)
        filled = value if there else level + before
        a = max(level_rate, 1 / (n + 1))
        g = max(season_rate, 1 / (n // lag + 1)) if lag > 1 else 0.0
        level = level + a * (filled - level - before)
        deviations[n] = before + g * (filled - level - before)
        made.append((filled, level, deviations[n]))
    return np.array(made)


@pytest.mark.parametrize("lag", [1, 5])
def test_a_level_follows_its_equations(lag: int):
    panel = make_panel()
    scaled = np.where(panel.mask, panel.target, 0).astype(np.float32)
    rates = Smoothing(np.array([0.1, 0.4, 1.0], "f4"), np.array([0.2, 0.05, 0.5], "f4"))
    filled, levels = trace_levels(scaled, panel.mask, panel.offsets, lag, rates)
    for s in range(3):
        rows = slice(*panel.offsets[s : s + 2])
        expected = levels_of(
            scaled[rows].astype(float),
            panel.mask[rows],
            lag,
            float(rates.level[s]),
            float(rates.season[s]),
        )
        for part, column in zip((filled, levels.level, levels.deviation), expected.T, strict=True):
            assert_allclose(part[rows], column, rtol=2e-5, atol=2e-5)


def test_the_rates_suit_the_series():
    random = np.random.default_rng(0)
    noise, walk = random.normal(size=400), np.cumsum(random.normal(size=400))
    values = np.concatenate([noise, walk]).astype(np.float32)
    rates = fit_smoothing(values, np.ones(800, bool), np.array([0, 400, 800]), 1)
    assert rates.level[0] <= 0.05
    assert rates.level[1] >= 0.69
    assert rates.season.tolist() == [0, 0]


def test_a_series_that_tells_nothing_has_the_rates_of_the_others():
    random = np.random.default_rng(0)
    values = np.concatenate([np.cumsum(random.normal(size=400)), [3, 9]]).astype(np.float32)
    rates = fit_smoothing(values, np.ones(402, bool), np.array([0, 400, 402]), 1)
    assert rates.level[1] == rates.level[0] >= 0.69


def test_a_level_with_its_season_errs_as_it_is_measured():
    panel = make_panel()
    scaled = np.where(panel.mask, panel.target, 0).astype(np.float32)
    rates = Smoothing(np.full(3, 0.3, "f4"), np.full(3, 0.2, "f4"))
    traced = trace_levels(scaled, panel.mask, panel.offsets, 5, rates)
    found = level_error(traced, panel.mask, panel.offsets, 5, STEPS)
    for s, (begin, end) in enumerate(zip(panel.offsets[:-1], panel.offsets[1:], strict=True)):
        by_step = []
        for k in range(1, STEPS + 1):
            errors = [
                abs(
                    traced.filled[t + k]
                    - traced.levels.level[t]
                    - traced.levels.deviation[t + k - 5 * -(-k // 5)]
                )
                for t in range(begin + 4, end - k)
                if panel.mask[t + k]
            ]
            if errors:
                by_step.append(np.mean(errors))
        assert found[s] == pytest.approx(np.mean(by_step) if by_step else 1.0, rel=1e-5)


def test_a_level_without_noise_is_no_unit():
    panel = make_panel()
    flat = np.zeros(len(panel.target), np.float32)
    rates = Smoothing(np.full(3, 0.3, "f4"), np.zeros(3, "f4"))
    traced = trace_levels(flat, panel.mask, panel.offsets, 1, rates)
    assert level_error(traced, panel.mask, panel.offsets, 1, 2).tolist() == [1, 1, 1]
