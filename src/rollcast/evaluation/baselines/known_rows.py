"""Known rows: what a baseline may read for each of its forecasts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rollcast._types import Float64, Int64


class KnownRows(NamedTuple):
    """Series one after the other, and the newest row that is known for each of M forecasts.

    Attributes:
        values: (N,) all rows of all series; NaN where nothing was observed or where it does not count.
        offsets: (S + 1,) series ``s`` owns the rows ``offsets[s]:offsets[s + 1]``.
        series: (M,) which series each forecast is of.
        row: (M,) the newest row known to it, counted from the series' first; -1 where none is known.
    """

    values: Float64
    offsets: Int64
    series: Int64
    row: Int64

    @property
    def place(self) -> Int64:
        """(M,) the newest known rows in the flat series; without meaning where none is known."""
        return self.offsets[self.series] + self.row


def latest_observed(values: Float64, offsets: Int64, lag: int = 1) -> Int64:
    """(N,) each row or, where it is missing, the latest that was observed 1, 2, ... times ``lag`` rows before it.

    Only rows of the same series count; -1 where none was observed. The gaps that are jumped over double in each round,
    so that a gap of a thousand rows takes ten.

    Args:
        values: (N,) NaN where not observed.
        offsets: (S + 1,)
        lag: 1, or a season's rows: then rows of the same phase are looked at.
    """
    latest = np.arange(len(values))
    missing = np.flatnonzero(np.isnan(values))
    first = np.repeat(offsets[:-1], np.diff(offsets))[missing]
    reached = np.where(missing - lag >= first, missing - lag, -1)
    while True:
        latest[missing] = reached
        further = np.where(reached >= 0, latest[reached], -1)
        if np.array_equal(further, reached):
            return latest
        reached = further


def newest_observed(known: KnownRows) -> Int64:
    """(M,) the last row observed up to each newest known row, in the flat series; -1 where there is none."""
    latest = np.append(latest_observed(known.values, known.offsets), -1)
    return latest[np.where(known.row >= 0, known.place, -1)]


def last_values(known: KnownRows) -> Float64:
    """(M,) the last value observed up to each newest known row; NaN where there is none."""
    return pick(known.values, newest_observed(known))


def pick(values: Float64, rows: Int64) -> Float64:
    """The values at flat ``rows`` (any shape), NaN at -1."""
    return np.concatenate([values, [np.nan]])[rows]
