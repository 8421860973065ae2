"""Evidence: forecasts out of sample beside what came, and what of them counts as one.

Forecasts k steps ahead that start within k rows of each other share values, and their errors depend on each other. So
**separate windows** are counted: starts of one series that lie k rows or more apart. Newer ones weigh more, the oldest
half as much as the newest, and weights that differ count for less together.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Bool, Float64, Int64

OLDEST: Final = 0.5
"""Weight of the oldest score beside the newest."""


class Evidence(NamedTuple):
    """M forecasts out of sample beside what came, in scaled units.

    Attributes:
        actual: (M, h) NaN where not observed.
        made: (M, h, Q) parameters of the network's distribution.
        unit: (M,) scale of each one's series, which residuals of points are divided by.
        series: (M,) whose they are.
        time: (M,) when they start, in rows.
    """

    actual: Float64
    made: Float64
    unit: Float64
    series: Int64
    time: Int64

    def take(self, chosen: Bool) -> Evidence:
        """The chosen forecasts, (M,) true for each."""
        actual, made, unit, series, time = self
        return Evidence(actual[chosen], made[chosen], unit[chosen], series[chosen], time[chosen])


def windows_of_each(series: Int64, time: Int64, there: Bool) -> Float64:
    """(S, h) separate windows of each series, in ascending order, and step ahead.

    Args:
        series: (M,) whose the starts are.
        time: (M,) when they are; those of one series are evenly spread.
        there: (M, h) whether the value was observed.
    """
    _, code = np.unique(series, return_inverse=True)
    order = np.lexsort((time, code))
    apart = np.diff(time[order], prepend=0)
    first = np.concatenate([[True], np.diff(code[order]) > 0])
    gap = np.full(int(code.max(initial=0)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(gap, code[order][~first], np.maximum(apart[~first], 1))
    found = np.empty((len(gap), there.shape[1]))
    for k in range(there.shape[1]):
        number = np.bincount(code[there[:, k]], minlength=len(gap))
        stride = -(-(k + 1) // gap)
        found[:, k] = np.where(number > 0, 1 + (number - 1) // np.maximum(stride, 1), 0)
    return found


def separate_windows(series: Int64, time: Int64, there: Bool) -> Float64:
    """(h,) separate windows of each step ahead, over all series; see :func:`windows_of_each`."""
    return windows_of_each(series, time, there).sum(axis=0)


def recency(series: Int64, time: Int64) -> Float64:
    """(M,) weights of forecast starts: 1 for the newest of each series, and less by the rows before it."""
    _, code = np.unique(series, return_inverse=True)
    newest = np.full(int(code.max(initial=0)) + 1, np.iinfo(np.int64).min)
    np.maximum.at(newest, code, time)
    age = newest[code] - time
    return OLDEST ** (age / max(int(age.max(initial=0)), 1))


def equal_share(weights: Float64) -> float:
    """As what share of themselves scores of different weights count: Kish (1965), "Survey sampling"."""
    return float(weights.sum() ** 2 / max(len(weights) * (weights**2).sum(), 1e-12))
