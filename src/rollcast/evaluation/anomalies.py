"""Anomalies: how unusual a value is by the distribution that was forecast for it one step ahead.

A distribution is known by its quantiles. Between two of them a value's **normal score** lies on a straight line over
those of their levels, and beyond the outermost on that of the two that are next to them, as where paths are drawn (see
:mod:`rollcast.forecasting.sampled_paths`). The p-value is two-sided: how often a standard normal value lies as far from
0 as the score.

Where the quantiles are calibrated by scores of forecasts out of sample (see :mod:`rollcast.evaluation.conformal`), the
p-values of ordinary values are too: a share of alpha of them lies at or below alpha, over all series and rows alike.
Vovk, Gammerman & Shafer (2005), "Algorithmic learning in a random world". Beyond the widest calibrated interval, of
98 %, the line goes on as for normal tails.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

import numpy as np

from rollcast._types import Float64

_erfc: Final = np.frompyfunc(math.erfc, 1, 1)


def normal_scores(levels: tuple[float, ...], quantiles: Float64, actual: Float64) -> Float64:
    """(M,) the normal scores of values, by the quantiles that were forecast for them.

    Where several quantiles are the value itself, as of counts, it is the score nearest to 0.

    Args:
        levels: (Q,) at least two, ascending.
        quantiles: (M, Q) at these levels, ascending.
        actual: (M,) NaN where no value came.

    Returns:
        NaN where no value came; infinite beyond outermost quantiles that are equal.

    Example:
        >>> normal_scores((0.1, 0.5, 0.9), np.array([[-1.0, 0.0, 2.0]]), np.array([2.0])).round(3)
        array([1.282])
    """
    known = _scores(levels)
    nearest = int(np.argmin(np.abs(known)))
    y, middle = actual[:, None], quantiles[:, nearest]
    below = np.where(actual >= middle, (quantiles < y).sum(axis=1), (quantiles <= y).sum(axis=1))
    above = np.clip(below, 1, len(levels) - 1)
    each = np.arange(len(above))
    low, high = quantiles[each, above - 1], quantiles[each, above]
    off, width = actual - low, high - low
    beyond = np.where(off == 0, 0.0, np.copysign(np.inf, off))
    share = np.divide(off, width, out=beyond, where=width > 0)
    score = known[above - 1] + share * (known[above] - known[above - 1])
    score = np.where(actual == middle, known[nearest], score)
    return np.where(np.isnan(actual), np.nan, score)


def values_at(levels: tuple[float, ...], quantiles: Float64, score: float) -> Float64:
    """(M,) the values at one normal score, the inverse of :func:`normal_scores`.

    Args:
        levels: (Q,) at least two, ascending.
        quantiles: (M, Q) at these levels.
        score: any.
    """
    known = _scores(levels)
    above = int(np.clip(np.searchsorted(known, score), 1, len(levels) - 1))
    share = (score - known[above - 1]) / (known[above] - known[above - 1])
    return quantiles[:, above - 1] + share * (quantiles[:, above] - quantiles[:, above - 1])


def p_values(scores: Float64) -> Float64:
    """How often a standard normal value lies as far from 0 as these scores; NaN where one is.

    Example:
        >>> p_values(np.array([0.0, -1.96, np.nan])).round(3)
        array([1.  , 0.05,  nan])
    """
    return np.asarray(_erfc(np.abs(scores) / math.sqrt(2)), np.float64)


def _scores(levels: tuple[float, ...]) -> Float64:
    return np.array([NormalDist().inv_cdf(level) for level in levels])
