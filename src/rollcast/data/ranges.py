"""Ranges: the rows of many stretches of flat arrays at once."""

from __future__ import annotations

from typing import NamedTuple

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


class Behind(NamedTuple):
    """Where rows of R ranges go that follow on other rows of the same ranges.

    Attributes:
        offsets: (R + 1,) of all rows.
        earlier: (E,) places of the rows that come first.
        later: (L,) places of those that follow; between the two are rows that neither has.
    """

    offsets: Int64
    earlier: Int64
    later: Int64

    @classmethod
    def of(cls, earlier: Int64, gaps: Int64, later: Int64) -> Behind:
        """Of ranges with so many earlier rows (R,), rows that are missing (R,) and later rows (R,)."""
        offsets = offsets_of(earlier + gaps + later)
        return cls(
            offsets, join_ranges(offsets[:-1], earlier), join_ranges(offsets[1:] - later, later)
        )

    def lay(self, earlier: np.ndarray, later: np.ndarray, blank: float) -> np.ndarray:
        """Both arrays (E, ...) and (L, ...) in their places: (N, ...), with ``blank`` in all other rows."""
        laid = np.full((int(self.offsets[-1]), *later.shape[1:]), blank, later.dtype)
        laid[self.earlier], laid[self.later] = earlier, later
        return laid

    def lay_known(
        self, earlier: np.ndarray | None, later: np.ndarray | None, blank: float
    ) -> np.ndarray | None:
        """The same where either may be None, since nothing is known of its rows; None where both are."""
        given = later if earlier is None else earlier
        if given is None:
            return None
        one, other = (
            np.full((len(places), *given.shape[1:]), blank, given.dtype) if rows is None else rows
            for places, rows in ((self.earlier, earlier), (self.later, later))
        )
        return self.lay(one, other, blank)
