"""Segments: the series of a flat array, summed and compared without a loop over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Bool, Float64, Int64

BLOCK_ROWS: Final = 2**18
"""Rows that are worked on at a time: few enough that they stay in a processor's cache, and memory does not grow."""


class SeriesBlock(NamedTuple):
    """Some series that follow each other.

    Attributes:
        series: which they are.
        rows: theirs.
        offsets: (S' + 1,) where each begins among these rows.
    """

    series: slice
    rows: slice
    offsets: Int64


def series_blocks(offsets: Int64, most: int = BLOCK_ROWS) -> Iterator[SeriesBlock]:
    """All series, so many at a time that they have ``most`` rows together; one that has more comes alone.

    Args:
        offsets: (S + 1,)
        most: rows.
    """
    first, size = 0, len(offsets) - 1
    while first < size:
        fitting = int(np.searchsorted(offsets, offsets[first] + most, side="right")) - 1
        last = max(first + 1, fitting)
        rows = slice(int(offsets[first]), int(offsets[last]))
        yield SeriesBlock(slice(first, last), rows, offsets[first : last + 1] - rows.start)
        first = last


def sum_segments(values: Float64, offsets: Int64) -> Float64:
    """(S,) the sum of each series, to the last bit what ``values[a:b].sum()`` is; 0 for one without rows.

    Args:
        values: (N,)
        offsets: (S + 1,)
    """
    # NumPy's sum begins with 0, and reduceat with the first value: that is made a 0.
    begun = np.insert(values, offsets[:-1], 0)
    return np.add.reduceat(begun, offsets[:-1] + np.arange(len(offsets) - 1))


def min_segments(values: Float64, offsets: Int64) -> Float64:
    """(S,) the least value of each series; 0 for one without rows."""
    return _reduce(np.minimum, values, offsets)


def max_segments(values: Float64, offsets: Int64) -> Float64:
    """(S,) the greatest value of each series; 0 for one without rows."""
    return _reduce(np.maximum, values, offsets)


def count_segments(flags: Bool, offsets: Int64) -> Int64:
    """(S,) how many flags (N,) of each series are set."""
    before = np.concatenate([[0], np.cumsum(flags, dtype=np.int64)])
    return before[offsets[1:]] - before[offsets[:-1]]


def _reduce(ufunc: np.ufunc, values: Float64, offsets: Int64) -> Float64:
    held = offsets[1:] > offsets[:-1]
    reduced = np.zeros(len(held))
    if held.any():
        reduced[held] = ufunc.reduceat(values, offsets[:-1][held])
    return reduced
