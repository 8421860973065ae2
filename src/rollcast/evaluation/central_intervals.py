"""Central intervals: the levels at which they are calibrated, what a level needs, and how good their ends are."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.origins import mean_by_series

LEVELS: Final = (20, 40, 60, 80, 90, 95, 98)
"""Percent: the central intervals that are calibrated. Their ends and the point are 15 quantiles."""

ROUNDING: Final = 1e-9


class Ends(NamedTuple):
    """Ends of the central intervals of ``LEVELS``, (..., L) each."""

    low: Float64
    high: Float64


def ends_of_quantiles(quantiles: Float64) -> Ends:
    """The ends of ``LEVELS`` among 15 quantiles (..., 15)."""
    L = len(LEVELS)
    return Ends(quantiles[..., :L][..., ::-1], quantiles[..., L + 1 :])


def needed(level: float, of_points: bool) -> int:
    """Scores without which a level, in percent, has no finite end; of points each end has a rank of its own.

    Example:
        >>> [needed(level, False) for level in (80, 95)], needed(80, True)
        ([4, 19], 9)
    """
    alpha = (100 - level) / (200 if of_points else 100)
    return math.ceil(1 / alpha - 1 - ROUNDING)


def pinball(ends: Ends, actual: Float64, series: Int64) -> float:
    """The mean pinball loss of the ends of all levels, doubled; series weigh the same.

    Args:
        ends: (M, h, L)
        actual: (M, h) NaN where not observed.
        series: (M,)
    """
    y = actual[..., None]
    alpha = 1 - np.array(LEVELS) / 100
    beyond = np.maximum(ends.low - y, 0) + np.maximum(y - ends.high, 0)
    losses = (alpha / 2 * (ends.high - ends.low) + beyond).mean(axis=-1)
    losses = np.where(np.isnan(actual), np.nan, losses)
    return float(np.nanmean(mean_by_series(np.unique(series, return_inverse=True)[1], losses)))
