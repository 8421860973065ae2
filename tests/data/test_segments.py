from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rollcast.data.segments import (
    count_segments,
    max_segments,
    min_segments,
    series_blocks,
    sum_segments,
)

RANDOM = np.random.default_rng(0)
LENGTHS = np.concatenate([[0, 0, 1], RANDOM.integers(0, 900, 60), [0]])
OFFSETS = np.concatenate([[0], np.cumsum(LENGTHS)])
VALUES = RANDOM.normal(size=OFFSETS[-1])
SERIES = np.split(VALUES, OFFSETS[1:-1])


def test_sums_have_the_bits_of_numpys_own():
    assert_array_equal(sum_segments(VALUES, OFFSETS), [v.sum() for v in SERIES])


def test_extremes_and_counts_are_those_of_each_series():
    assert_array_equal(min_segments(VALUES, OFFSETS), [v.min() if len(v) else 0 for v in SERIES])
    assert_array_equal(max_segments(VALUES, OFFSETS), [v.max() if len(v) else 0 for v in SERIES])
    assert_array_equal(count_segments(VALUES > 0.3, OFFSETS), [(v > 0.3).sum() for v in SERIES])


def test_no_row_at_all_is_no_trouble():
    offsets, none = np.zeros(4, np.int64), np.zeros(0)
    for reduced in (sum_segments, min_segments, max_segments):
        assert_array_equal(reduced(none, offsets), [0, 0, 0])
    assert_array_equal(count_segments(none > 0, offsets), [0, 0, 0])


@pytest.mark.parametrize("most", [1, 700, 5000, 10**9])
def test_blocks_hold_every_series_once_and_few_rows(most):
    blocks = list(series_blocks(OFFSETS, most))
    there = [s for block in blocks for s in range(block.series.start, block.series.stop)]
    assert there == list(range(len(LENGTHS)))
    for series, rows, offsets in blocks:
        assert_array_equal(np.diff(offsets), LENGTHS[series])
        assert (rows.start, offsets[0]) == (OFFSETS[series.start], 0)
        assert rows.stop - rows.start == offsets[-1]
        assert offsets[-1] <= most or series.stop == series.start + 1
