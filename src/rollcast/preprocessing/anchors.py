"""Anchors: the known values that the network corrects, and how far off they usually are."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rollcast._types import Array, Bool, Float32, Float64, Int64


def fill_with_anchor(scaled: Float64, observed: Bool, offsets: Int64, lag: int) -> Float32:
    """Scaled values in which a missing one is the value ``lag`` rows earlier, as it would be read live.

    A first value that is missing is 0; where a series has no value ``lag`` rows earlier, its first stands in.

    Args:
        scaled: (N,) scaled values; anything where not observed.
        observed: (N,)
        offsets: (S + 1,)
        lag: 1 for the last value, the season's length for the value one season ago.

    Returns:
        (N,) without a gap.
    """
    filled = scaled.astype(np.float32)
    for first, last in pairwise(offsets):
        seen = observed[first:last]
        if seen.all() or first == last:
            continue
        values = filled[first:last]
        if not seen[0]:
            values[0] = 0.0
        source = np.where(seen, np.arange(last - first), -1)
        for phase in range(min(lag, last - first)):
            source[phase::lag] = np.maximum.accumulate(source[phase::lag])
        values[:] = values[np.maximum(source, 0)]
    return filled


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
    distances = [lag * -(-k // lag) for k in range(1, steps + 1)]
    for s, (first, last) in enumerate(pairwise(offsets)):
        values, seen = filled[first:last], observed[first:last]
        errors = [
            np.abs(values[d:] - values[:-d])[seen[d:]].mean()
            for d in distances
            if last - first > d and seen[d:].any()
        ]
        typical = float(np.mean(errors)) if errors else 0.0
        anchor_error[s] = typical if typical > 1e-6 else 1.0
    return anchor_error


class AnchorScale(NamedTuple):
    """What stays fixed while a state moves.

    Attributes:
        anchor_error: (S,) unit of the network's outputs.
        lag: (S,) rows back to the anchor.
        anchored: () 1.0 where outputs are differences from the anchor.
        lowest: (S,) what forecasts are held above, in scaled units; None where nothing is held.
        highest: (S,) what they are held below.
    """

    anchor_error: Array
    lag: Array
    anchored: Array
    lowest: Array | None = None
    highest: Array | None = None


def anchor_position(ahead: Array, lag: Array) -> Array:
    """Row of the anchor of the value ``ahead`` steps on, counted from the newest row (0), -1 the one before it.

    For the last value it is always 0; for a season of m rows it is the newest known value of the same phase.
    """
    return ahead - lag * ((ahead + lag - 1) // lag)
