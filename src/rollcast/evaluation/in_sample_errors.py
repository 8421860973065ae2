"""In-sample errors: what scaled errors are divided by at every origin, from the rows up to it alone."""

from __future__ import annotations

import numpy as np

from rollcast._types import Float64
from rollcast.data.origins import Origins, rectangle
from rollcast.data.panel import Panel


def scales_at(panel: Panel, origins: Origins, season: int | None) -> Float64:
    """MASE's scale at each origin, (M,): the mean error of seasonal naive in all rows up to it.

    So do fev and GIFT-Eval, which take the rows before each window. Where no two values lie a season apart it is the
    error of naive; NaN where that has no value either.

    Args:
        panel: all rows.
        origins: sorted by series, then by row.
        season: rows in a season, or None.
    """
    values = np.where(panel.mask, panel.target, np.nan)
    naive = _mean_steps(panel, values, origins, 1, 1)
    if season is None or season == 1:
        return naive
    seasonal = _mean_steps(panel, values, origins, season, 1)
    return np.where(np.isnan(seasonal), naive, seasonal)


def squared_scales_at(panel: Panel, origins: Origins) -> Float64:
    """RMSSE's scale at each origin, (M,): as M5 has it, of lag 1 and from a series' first value on that is not zero.

    Args:
        panel: all rows.
        origins: sorted by series, then by row.
    """
    begun = np.append(np.flatnonzero(panel.mask & (panel.target != 0)), len(panel.mask))
    first = begun[np.searchsorted(begun, panel.offsets[:-1])]
    row = np.arange(len(panel.mask))
    counted = panel.mask & (row >= np.repeat(first, panel.lengths))
    values = np.where(counted, panel.target, np.nan)
    return _mean_steps(panel, values, origins, 1, 2)


def _mean_steps(panel: Panel, values: Float64, origins: Origins, lag: int, power: int) -> Float64:
    """(M,) the mean of |y[t] - y[t - lag]| to a power, of the rows up to each origin; NaN where there are none.

    Args:
        panel: whose the values are.
        values: (N,) NaN where none counts.
        origins: sorted by series, then by row.
        lag: rows.
        power: 1 or 2.
    """
    row = np.arange(len(values))
    inside = row - lag >= np.repeat(panel.offsets[:-1], panel.lengths)
    steps = np.abs(values - np.where(inside, values[np.maximum(row - lag, 0)], np.nan)) ** power
    known = ~np.isnan(steps)
    total, count = (
        _sum_up_to(panel, origins, part)
        for part in (np.where(known, steps, 0.0), known.astype(np.float64))
    )
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def _sum_up_to(panel: Panel, origins: Origins, values: Float64) -> Float64:
    """(M,) the sum of a series' values (N,) up to each origin, that one included."""
    if not len(origins):
        return np.empty(0)
    ends = origins.places(panel.offsets) + 1
    new = np.concatenate([[True], origins.series[1:] != origins.series[:-1]])
    begins = np.where(new, panel.offsets[origins.series], np.concatenate([[0], ends[:-1]]))
    edges = np.stack([begins, ends], axis=1).ravel()
    parts = np.where(begins < ends, np.add.reduceat(np.append(values, 0.0), edges)[::2], 0.0)
    summed = np.cumsum(rectangle(origins, parts, panel.num_series), axis=1)
    rank = np.arange(len(ends)) - np.maximum.accumulate(np.where(new, np.arange(len(ends)), 0))
    return summed[origins.series, rank]
