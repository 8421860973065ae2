"""The pretrained network's transform: against a slow reader, and the same however rows come."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.data.seasons import Seasons
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.channels import Channel
from rollcast.preprocessing.read_series import ahead_of, read_series
from rollcast.preprocessing.running_seasons import FEATURES, OLDEST, unpack_running
from rollcast.preprocessing.season_anchors import ANCHORS, PLACES
from rollcast.preprocessing.seasonal_transform import SEASONAL
from rollcast.preprocessing.transform import Memory
from slow_seasons import describe_slowly, read_slowly

FIRST = np.array([1, 4, 12, 5, 7, 6], np.int32)
SECOND = np.array([0, 0, 0, 17, 0, 20], np.int32)
ROWS, RING, STEPS = 120, 64, 25
SEASONS = Seasons(FIRST, SECOND)
GAPS = {1: [20], 2: range(30, 47), 3: [0, 1, 9, 50], 4: range(60, 66), 5: range(1, 119, 5)}


def make_values() -> np.ndarray:
    """(6, 120) in units of the usual change: walks with seasons, one that stays a while, wrong readings and gaps."""
    random = np.random.default_rng(1)
    t = np.arange(ROWS)
    values = np.cumsum(random.normal(0, 1, (len(FIRST), ROWS)), axis=1)
    for s, (m, m2) in enumerate(zip(FIRST, SECOND, strict=True)):
        values[s] += 3 * np.sin(2 * np.pi * t / m) + (4 * np.sin(2 * np.pi * t / m2) if m2 else 0)
    values[0, 40:50] = values[0, 40]
    values[1, 70] += 300
    values[5, 61:] -= 2000
    values = values.astype(np.float32)
    for s, rows in GAPS.items():
        values[s, list(rows)] = np.nan
    return values


VALUES = make_values()
OBSERVED = ~np.isnan(VALUES)
FILLED = np.where(OBSERVED, VALUES, np.float32(0))
THERE = np.ones_like(OBSERVED)


def scale_of(seasons: Seasons = SEASONS) -> AnchorScale:
    many = len(seasons.first)
    ones = np.ones(many, np.float32)
    return AnchorScale(ones, ones.astype(np.int32), np.float32(0), None, None, None, seasons)


@partial(jax.jit, static_argnames="size")
def read(scale: AnchorScale, start: Memory | None, values, observed, mask, size: int = RING) -> Any:
    start = SEASONAL.init(values[:, 0], size) if start is None else start
    return SEASONAL.whole(scale, start, values, observed.astype(jnp.float32), mask)


step = jax.jit(SEASONAL.step)
read_stored = jax.jit(read_series)
known_of = jax.jit(ahead_of, static_argnums=2)


@pytest.fixture(scope="module")
def whole() -> tuple[Memory, Any]:
    return read(scale_of(), None, FILLED, OBSERVED, THERE)


@pytest.fixture(scope="module")
def stored():
    """The same series read as training does."""
    return read_stored(FILLED, OBSERVED, SEASONS)


@pytest.fixture(scope="module")
def known(stored) -> np.ndarray:
    """(6, 120, 25, K) what training knows of the steps ahead, after every row."""
    origins = np.repeat(np.arange(ROWS, dtype=np.int32)[None], len(FIRST), axis=0)
    return np.asarray(known_of(stored, origins, STEPS))


def assert_same(one: Any, other: Any) -> None:
    trees = (jax.tree.map(whole_sums, made, is_leaf=is_memory) for made in (one, other))
    for a, b in zip(*map(jax.tree.leaves, trees), strict=True):
        assert_allclose(a, b, atol=1e-5, rtol=1e-5)


def is_memory(part: Any) -> bool:
    return isinstance(part, Memory)


def whole_sums(part: Any) -> Any:
    """Where a sum ends and what rounding left of it begins may differ; what both come to may not."""
    if not is_memory(part):
        return part
    running = unpack_running(part.running)
    return part._replace(running=(*running[:-2], running.sums + running.rests))


def column(name: str) -> int:
    return FEATURES.index(next(c for c in FEATURES if c.name == name))


# Against a slow reader


@pytest.mark.parametrize("s", range(len(FIRST)))
def test_what_is_read_of_every_row_is_what_the_equations_say(s: int, whole, stored):
    slow = read_slowly(VALUES[s], int(FIRST[s]), int(SECOND[s]))
    for k, channel in enumerate(FEATURES):
        assert isinstance(channel, Channel)
        for found in (whole[1][s], stored.inputs[s]):
            assert_allclose(found[:, k], slow.inputs[:, k], atol=2e-4, err_msg=channel.name)
    assert_allclose(stored.filled[s], slow.values, atol=1e-4)
    assert_allclose(stored.standing.base[s], slow.base, atol=1e-4)
    assert_allclose(stored.standing.scale[s], slow.scale, rtol=1e-4)


@pytest.mark.parametrize("s", range(len(FIRST)))
def test_what_is_known_of_steps_ahead_is_what_the_equations_say(s: int, known):
    m, m2 = int(FIRST[s]), int(SECOND[s])
    slow = read_slowly(VALUES[s], m, m2)
    for t in (1, 3, 5, 11, 16, 19, 33, 39, 40, 64, 119):
        ahead = known[s, t]
        expected = describe_slowly(slow, t, m, m2, STEPS)
        for k, name in enumerate((*ANCHORS, *PLACES)):
            said = f"{name} after row {t}"
            assert_allclose(ahead[:, k], expected[:, k], atol=3e-4, rtol=1e-4, err_msg=said)


def test_a_missing_row_is_filled_by_the_level_with_its_season_and_leaves_scales_as_they_are(whole):
    memory, _ = read(scale_of(), None, FILLED[:, :100], THERE[:, :100], THERE[:, :100])
    before = unpack_running(memory.running)
    expected = before.fast + before.expected
    for value in (0.0, np.nan, 1e30):
        values = np.full(len(FIRST), value, np.float32)
        after, inputs = step(scale_of(), memory, values, np.zeros(len(FIRST), np.float32))
        assert_allclose(after.values[:, 100 % RING], expected, rtol=1e-6)
        now = unpack_running(after.running)
        for name in ("slow", "change", "roughness", "season_change", "unchanged"):
            assert_array_equal(getattr(now, name), getattr(before, name), err_msg=name)
        assert_allclose(now.fast, before.fast, atol=1e-5)
        assert_array_equal(inputs[:, column("missing")], 1)
        assert_array_equal(after.rows, 101)
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves((after, inputs)))


def test_a_wrong_reading_spoils_the_scale_of_few_rows():
    memory, _ = read(scale_of(), None, FILLED[:, :40], OBSERVED[:, :40], THERE[:, :40])
    before = unpack_running(memory.running)
    seen = np.ones(len(FIRST), np.float32)
    after, _ = step(scale_of(), memory, np.full(len(FIRST), 1e6, np.float32), seen)
    assert (after.values[:, 40 % RING] < before.fast + 51 * np.maximum(before.change, 1) + 10).all()
    for row in range(41, 44):
        after, _ = step(scale_of(), after, FILLED[:, row], OBSERVED[:, row].astype(np.float32))
    assert (unpack_running(after.running).change < 5 * before.change).all()


@pytest.mark.parametrize(("far", "rows"), [(1e4, 12), (1e6, 20)])
def test_a_level_that_moved_for_good_is_reached_soon(far: float, rows: int, whole):
    values, seen = np.full(len(FIRST), far, np.float32), np.ones(len(FIRST), np.float32)
    memory = whole[0]
    for _ in range(rows):
        memory, _ = step(scale_of(), memory, values, seen)
    assert_allclose(memory.values[:, (ROWS + rows - 1) % RING], far, rtol=1e-6)


# However rows come


def test_many_rows_at_once_are_as_many_steps(whole):
    memory, made = SEASONAL.init(FILLED[:, 0], RING), []
    for t in range(ROWS):
        memory, inputs = step(
            scale_of(), memory, FILLED[:, t], OBSERVED[:, t].astype(np.float32), THERE[:, t]
        )
        made.append(inputs)
    assert_same((memory, np.stack(made, axis=1)), whole)


@pytest.mark.parametrize("sizes", [[1, 119], [40, 40, 40], [40, *[1] * 40, 40]])
def test_rows_in_portions_are_all_at_once(sizes: list[int], whole):
    memory, made, first = None, [], 0
    for size in sizes:
        rows = slice(first, first + size)
        memory, inputs = read(
            scale_of(), memory, FILLED[:, rows], OBSERVED[:, rows], THERE[:, rows]
        )
        made.append(inputs)
        first += size
    assert_same((memory, np.concatenate(made, axis=1)), whole)


@pytest.mark.slow
def test_rows_that_do_not_exist_leave_no_trace():
    lengths = np.array([120, 3, 70, 55, 1, 101])
    wide = 150
    random = np.random.default_rng(0)
    values = random.normal(0, 1e3, (len(FIRST), wide)).astype(np.float32)
    observed = random.random(values.shape) < 0.5
    mask = np.zeros(values.shape, bool)
    for s, count in enumerate(lengths):
        rows = slice(*((wide - count, wide) if s % 2 else (0, count)))
        values[s, rows], observed[s, rows], mask[s, rows] = (
            FILLED[s, :count],
            OBSERVED[s, :count],
            True,
        )
    memory, inputs = read(scale_of(), None, values, observed, mask)
    for s, count in enumerate(lengths):
        seasons = SEASONS.take([s])
        rows = (FILLED[[s], :count], OBSERVED[[s], :count], THERE[[s], :count])
        alone, read_alone = read(scale_of(seasons), None, *rows)
        one = jax.tree.map(lambda leaf, s=s: leaf[s : s + 1], memory)
        assert_same(one._replace(values=None), alone._replace(values=None))
        assert_allclose(inputs[s][mask[s]], read_alone[0], atol=1e-5)
        ahead = [SEASONAL.ahead(scale_of(seasons), each, STEPS) for each in (one, alone)]
        assert_allclose(ahead[0], ahead[1], atol=1e-5)


@pytest.mark.parametrize("s", range(len(FIRST)))
def test_series_of_other_seasons_beside_it_change_nothing_of_a_series(s: int, whole):
    alone = read(scale_of(SEASONS.take([s])), None, FILLED[[s]], OBSERVED[[s]], THERE[[s]])
    assert_same(alone, jax.tree.map(lambda leaf: leaf[s : s + 1], whole))


def test_a_state_knows_after_every_row_what_training_reads(stored, known):
    ahead = jax.jit(SEASONAL.ahead, static_argnums=2)
    memory = SEASONAL.init(FILLED[:, 0], RING)
    ones = np.ones((len(FIRST), 1, 1), np.float32)
    for t in range(ROWS):
        memory, inputs = step(
            scale_of(), memory, FILLED[:, t], OBSERVED[:, t].astype(np.float32), THERE[:, t]
        )
        assert_allclose(inputs, stored.inputs[:, t], atol=1e-5)
        found = ahead(scale_of(), memory, STEPS)
        assert_allclose(found, known[:, t], atol=3e-5, rtol=1e-5, err_msg=f"after row {t}")
        base, scale = stored.standing.base[:, t], stored.standing.scale[:, t]
        placed = SEASONAL.place(scale_of(), memory, ones)[:, 0, 0]
        # A series that never changed is forecast as its constant.
        constant = (t > 0) & (
            np.ptp(np.where(OBSERVED, FILLED, FILLED[:, :1])[:, : t + 1], axis=1) == 0
        )
        expected_there = base + np.where(constant, 0, scale)
        assert_allclose(placed, expected_there, rtol=1e-5, atol=1e-5)


def test_later_rows_change_nothing_of_what_was_read_before(whole):
    changed, seen = FILLED.copy(), OBSERVED.copy()
    changed[:, 70:], seen[:, 70:] = 1e6, True
    other = read(scale_of(), None, changed, seen, THERE)[1]
    assert_array_equal(other[:, :70], whole[1][:, :70])
    assert not np.array_equal(other[:, 70], whole[1][:, 70])
    stored = [read_stored(v, o, SEASONS) for v, o in ((changed, seen), (FILLED, OBSERVED))]
    origins = np.full((len(FIRST), 1), 69, np.int32)
    one, two = (known_of(read, origins, STEPS) for read in stored)
    assert_allclose(one, two, atol=1e-5)


# Long series


def test_sums_over_seasons_do_not_drift_in_twenty_thousand_rows():
    seasons = Seasons(np.array([24, 7, 1], np.int32), np.array([168, 0, 0], np.int32))
    random = np.random.default_rng(2)
    rows = 20_000
    values = 1e4 * np.sin(np.arange(rows) / 900) + random.normal(0, 1, (3, rows)).cumsum(axis=1)
    values = values.astype(np.float32)
    there = np.ones_like(values, bool)
    memory, _ = read(scale_of(seasons), None, values, there, there, size=512)
    running = unpack_running(memory.running)
    sums = np.asarray(running.sums, np.float64) + np.asarray(running.rests, np.float64)
    for s, (m, m2) in enumerate(zip(*seasons, strict=True)):
        sizes = [m * j for j in range(1, 6)] + [m2 * j for j in (1, 2) if m2]
        for place, size in enumerate(sizes):
            exact = values[s, -size:].astype(np.float64).sum()
            assert_allclose(sums[s, place], exact, rtol=0, atol=1e-3 * size)


def test_a_series_grows_no_older_than_those_of_training():
    rows = OLDEST + 500
    random = np.random.default_rng(3)
    values = random.normal(size=(1, rows)).astype(np.float32)
    there = np.ones_like(values, bool)
    one = Seasons(np.array([12], np.int32), np.array([0], np.int32))
    inputs = np.asarray(read(scale_of(one), None, values, there, there)[1])[0]
    age = inputs[:, column("age")]
    assert (np.diff(age[: OLDEST - 1]) > 0).all()
    assert_array_equal(age[OLDEST - 1 :], age[OLDEST - 1])
    assert age[-1] == pytest.approx(np.log(OLDEST) / 4 - 1, abs=1e-6)
    drift = read_slowly(values[0], 12, 0).inputs[:, column("drift")]
    assert_allclose(inputs[:, column("drift")], drift, atol=1e-4)
