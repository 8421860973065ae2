"""The circular buffer, against a plain list of each series' values."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rollcast._types import Float32
from rollcast.preprocessing.ring import (
    before_each,
    from_oldest_first,
    look_back,
    newest,
    oldest_first,
    ring_size,
    write,
)

SERIES = 3


def filled(slots: int, counts: list[int]) -> tuple[Float32, Any, list[list[float]]]:
    """A ring after so many rows of each series, their number, and the rows themselves."""
    random = np.random.default_rng(slots)
    ring, rows = np.zeros((SERIES, slots), np.float32), np.array(counts, np.int32)
    plain = [[0.0] * slots + random.normal(size=n).astype(np.float32).tolist() for n in counts]
    for s, values in enumerate(plain):
        for n in range(counts[s]):
            ring[s, n % slots] = values[slots + n]
    return ring, rows, plain


@pytest.mark.parametrize("slots", [1, 2, 5, 40])  # the last is written to slot by slot
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_writing_and_looking_back_equal_a_plain_list(slots, steps):
    ring, rows, plain = filled(slots, [0, 3, 11])
    lag = np.minimum(np.array([1, 2, 40], np.int32), slots)
    random = np.random.default_rng(steps)
    values = random.normal(size=(SERIES, steps)).astype(np.float32)
    mask = np.ones((SERIES, steps), bool)
    mask[0, steps // 2 :] = False  # padding behind, and before
    mask[2, : steps // 2] = False
    anchors = np.asarray(jax.jit(before_each)(ring, rows, values, mask, lag))
    after = np.asarray(jax.jit(write)(ring, rows, values, mask))
    total = rows + mask.sum(axis=1)
    for s in range(SERIES):
        for t in np.flatnonzero(mask[s]):
            assert anchors[s, t] == np.float32(plain[s][-lag[s]])
            plain[s].append(float(values[s, t]))
    assert_array_equal(oldest_first(after, total), [v[-slots:] for v in plain])
    assert_array_equal(from_oldest_first(oldest_first(after, total), total), after)
    assert_array_equal(newest(after, total, 1), [v[-1] for v in plain])
    back = np.arange(1, slots + 1)
    looked = np.asarray(jax.jit(look_back)(after, total, back))
    assert_array_equal(looked[:, ::-1], oldest_first(after, total))


def test_no_mask_is_a_mask_of_ones():
    ring, rows, _ = filled(40, [0, 3, 11])
    values, ones = np.ones((SERIES, 2), np.float32), np.ones((SERIES, 2), bool)
    for slots in (3, 40):
        held, lag = ring[:, :slots], np.full(SERIES, slots, np.int32)
        one, other = (jax.jit(write)(held, rows, values, m) for m in (None, ones))
        assert_array_equal(one, other)
        one, other = (jax.jit(before_each)(held, rows, values, m, lag) for m in (None, ones))
        assert_array_equal(one, other)


def test_lags_fall_into_few_sizes_and_none_is_larger_by_more_than_half():
    sizes = [ring_size(lag) for lag in range(1, 1681)]
    assert len(set(sizes)) < 25
    assert all(lag <= size <= 1.5 * lag for lag, size in enumerate(sizes, start=1))
