"""Anchors: the known values that the network corrects, and how far off they usually are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rollcast._types import Array, Bool, Float32, Float64, Int64
from rollcast.data.seasons import Seasons
from rollcast.data.segments import series_blocks


def fill_with_anchor(
    scaled: Float32 | Float64, observed: Bool, offsets: Int64, lag: int
) -> Float32:
    """Scaled values in which a missing one is the value ``lag`` rows earlier, as it would be read live.

    A first value that is missing is 0; where a series has no value ``lag`` rows earlier, its first stands in.

    Args:
        scaled: (N,) scaled values; anything where not observed.
        observed: (N,)
        offsets: (S + 1,)
        lag: 1 for the last value, the season's length for the value one season ago.

    Returns:
        (N,) without a gap; the very array that was given where nothing is missing and it is of that type.
    """
    if observed.all():
        return scaled.astype(np.float32, copy=False)
    filled = scaled.astype(np.float32)
    for _, rows, own in series_blocks(offsets):
        _fill(filled[rows], observed[rows], own, lag)
    return filled


def _fill(filled: Float32, observed: Bool, offsets: Int64, lag: int) -> None:
    """Fill the gaps in place."""
    missing = np.flatnonzero(~observed)
    first = offsets[np.searchsorted(offsets, missing, side="right") - 1]
    source = np.arange(len(observed))
    source[missing] = np.maximum(missing - lag, first)
    while True:  # each round reaches twice as far back, until all end at a value or at a first row
        further = source[source[missing]]
        if np.array_equal(further, source[missing]):
            break
        source[missing] = further
    filled[missing[missing == first]] = 0.0
    filled[missing] = filled[source[missing]]


def fit_anchor_error(
    filled: Float32, observed: Bool, offsets: Int64, lag: int, steps: int
) -> Float32:
    """The anchor's own typical error in each series: its mean absolute error, averaged over 1..``steps`` steps ahead.

    Args:
        filled: (N,) scaled values of the training part, see ``fill_with_anchor``.
        observed: (N,)
        offsets: (S + 1,)
        lag: the anchor's lag; 0 for no anchor, where the anchor error is 1.
        steps: K.

    Returns:
        (S,) > 0, in scaled units.
    """
    anchor_error = np.ones(len(offsets) - 1, np.float32)
    if lag == 0:
        return anchor_error
    distances = np.array([lag * -(-k // lag) for k in range(1, steps + 1)])
    for series, rows, own in series_blocks(offsets):
        typical = _typical_errors(filled[rows], observed[rows], own, distances)
        anchor_error[series] = np.where(typical > 1e-6, typical, np.float32(1.0))
    return anchor_error


def _typical_errors(filled: Float32, observed: Bool, offsets: Int64, distances: Int64) -> Float32:
    """(S,) how much values differ that lie so many rows apart, averaged over distances (K,), which never fall."""
    before = np.concatenate([[0], np.cumsum(observed)])  # observed rows before each row
    different, times = np.unique(distances, return_counts=True)
    found = [_errors_at(filled, observed, before, offsets, int(d)) for d in different]
    errors, counts = (
        np.repeat(np.stack(a, axis=1), times, axis=1) for a in zip(*found, strict=True)
    )
    known = (counts > 0).sum(axis=1)  # a series without a pair at one distance has none at the next
    typical = np.zeros(len(known), np.float32)
    for number in np.unique(known[known > 0]):
        chosen = known == number
        typical[chosen] = errors[chosen, :number].mean(axis=1)
    return typical


def _errors_at(
    filled: Float32, observed: Bool, before: Int64, offsets: Int64, distance: int
) -> tuple[Float32, Int64]:
    """(S,) the mean absolute difference of values ``distance`` rows apart, and how many were compared."""
    totals = np.zeros(len(offsets) - 1, np.float32)
    counts = np.zeros(len(offsets) - 1, np.int64)
    long = np.diff(offsets) > distance
    if long.any():
        firsts, ends = offsets[:-1][long], offsets[1:][long]
        # From the row ``distance - 1`` on, and one more, since no sum can begin beyond the last.
        apart = np.zeros(len(filled) - distance + 2, np.float32)
        pairs = apart[1:-1]
        np.abs(np.subtract(filled[distance:], filled[:-distance], out=pairs), out=pairs)
        if before[-1] < len(observed):
            pairs *= observed[distance:]
        apart[firsts] = 0.0  # sums begin with the row before the first pair
        edges = np.stack([firsts, ends - distance + 1], axis=1).reshape(-1)
        totals[long] = np.add.reduceat(apart, edges)[::2]
        counts[long] = before[ends] - before[firsts + distance]
    return (totals / np.maximum(counts, 1)).astype(np.float32), counts


class Smoothing(NamedTuple):
    """How fast an exponential level and its season follow the values; 1 for at once.

    Attributes:
        level: (S,) rate of the level.
        season: (S,) rate of each place in the season.
    """

    level: Array
    season: Array

    def take(self, series: Any) -> Smoothing:
        """Of the chosen series (S',), in that order."""
        return Smoothing(self.level[series], self.season[series])


class AnchorScale(NamedTuple):
    """What stays fixed while a state moves.

    Attributes:
        anchor_error: (S,) unit of the network's outputs.
        lag: (S,) rows back to the anchor.
        anchored: () 1.0 where outputs are differences from the anchor.
        lowest: (S,) what forecasts are held above, in scaled units; None where nothing is held.
        highest: (S,) what they are held below.
        smoothing: of the exponential level that anchors; None where known values do.
        seasons: of each series, where the pretrained network reads; None elsewhere.
    """

    anchor_error: Array
    lag: Array
    anchored: Array
    lowest: Array | None = None
    highest: Array | None = None
    smoothing: Smoothing | None = None
    seasons: Seasons | None = None

    def take(self, series: Any) -> AnchorScale:
        """Of the chosen series (S',), in that order."""
        import jax

        return jax.tree.map(lambda a: a[series] if a.ndim else a, self)


def anchor_position(ahead: Array, lag: Array) -> Array:
    """Row of the anchor of the value ``ahead`` steps on, counted from the newest row (0), -1 the one before it.

    For the last value it is always 0; for a season of m rows it is the newest known value of the same phase.
    """
    return ahead - lag * ((ahead + lag - 1) // lag)
