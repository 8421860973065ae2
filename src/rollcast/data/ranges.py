"""Ranges: the rows of many stretches of flat arrays at once."""

from __future__ import annotations

import numpy as np

from rollcast._types import Int64


def join_ranges(begins: Int64, lengths: Int64) -> Int64:
    """The rows of several ranges, one range after the other.

    Args:
        begins: (R,) each range's first row.
        lengths: (R,) how many rows each has.

    Returns:
        (N,) rows, N = sum of the lengths.

    Example:
        >>> join_ranges(np.array([7, 2]), np.array([2, 3])).tolist()
        [7, 8, 2, 3, 4]
    """
    before = np.cumsum(lengths) - lengths
    return np.arange(int(np.sum(lengths)), dtype=np.int64) + np.repeat(begins - before, lengths)


def offsets_of(lengths: Int64) -> Int64:
    """(R + 1,) begins and last end of ranges of these lengths (R,), one behind the other."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
