"""Fallback: the series that a baseline forecasts better than the network, by more than chance.

Of each series, the baseline with the lowest error on the validation part stands against the network. It takes the
series where it is better by the one test of :mod:`rollcast.evaluation.comparison`, at the level of that test divided by
the number of baselines, since the best of several is better by chance more often than one (Bonferroni). With few
separate windows nothing is certain, and the network keeps the series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.evaluation.comparison import FEWEST, GROUPS, LEVEL
from rollcast.evaluation.scoring import Values

AT_ONCE: Final = 2**12
"""Series whose signs are flipped at a time."""

_ROUNDING: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Fallback:
    """Which series a baseline forecasts.

    Attributes:
        names: of the baselines.
        choice: (S,) the place of a series' baseline among them; -1 where the network keeps it.
    """

    names: tuple[str, ...]
    choice: Int64

    def with_new(self, num_series: int) -> Fallback:
        """The same of more series, S in all: those behind the known ones are the network's."""
        new = np.full(num_series - len(self.choice), -1, np.int64)
        return Fallback(self.names, np.concatenate([self.choice, new]))


def choose_fallback(
    values: Values, ours: Float64, baselines: Mapping[str, Float64], num_series: int
) -> Fallback:
    """The series that a baseline takes.

    Args:
        values: what came after M origins of the validation part.
        ours: (M, h) the network's forecasts.
        baselines: by name, (M, h) theirs.
        num_series: S, of which ``values.series`` tells the place.
    """
    names = tuple(baselines)
    choice = np.full(num_series, -1, np.int64)
    if not names or not len(ours):
        return Fallback(names, choice)
    mine = _at_origins(values, ours)
    theirs = np.stack([_at_origins(values, baselines[name]) for name in names])
    counts = ~np.isnan(mine) & ~np.isnan(theirs).any(axis=0)
    series, number = values.series[counts], num_series
    count = np.maximum(np.bincount(series, minlength=number), 1)
    errors = np.stack([np.bincount(series, one[counts], number) / count for one in theirs])
    best = np.argmin(errors, axis=0)
    gain = np.where(counts, mine - np.take_along_axis(theirs, best[values.series][None], 0)[0], 0.0)
    hopeful = _hopeful(gain, values, counts, num_series) <= LEVEL / len(names)
    place = np.argsort(values.series, kind="stable")
    begins = np.searchsorted(values.series[place], np.arange(num_series + 1))
    for s in np.flatnonzero(hopeful):  # few: the others have been left out at once
        own = place[begins[s] : begins[s + 1]]
        found = _take(values, own).compare(baselines[names[best[s]]][own], ours[own])
        if found.better and found.p_value <= LEVEL / len(names):
            choice[s] = best[s]
    return Fallback(names, choice)


def _at_origins(values: Values, forecast: Float64) -> Float64:
    """(M,) mean absolute or squared errors, in the data's units."""
    losses = values.losses(forecast, scaled=False)
    seen = ~np.isnan(losses)
    weights = seen if values.weights is None else seen * values.weights
    total = weights.sum(axis=1)
    means = np.sum(losses * weights, axis=1, where=seen) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, means, np.nan)


def _hopeful(gain: Float64, values: Values, counts: np.ndarray, num_series: int) -> Float64:
    """(S,) how often other signs of its groups of windows give a gain as large; 1 where there is none.

    Args:
        gain: (M,) by how much the baseline's error is lower; 0 where nothing counts.
        values: of the origins.
        counts: (M,) which origins count.
        num_series: S.
    """
    h, time, series = values.actual.shape[1], values.time, values.series
    first = np.full(num_series, np.iinfo(np.int64).max)
    last = np.full(num_series, -1)
    np.minimum.at(first, series[counts], time[counts])
    np.maximum.at(last, series[counts], time[counts])
    windows = np.where(last >= 0, (last - np.minimum(first, last)) // h + 1, 1)
    groups = np.minimum(windows, GROUPS)
    window = np.clip((time - first[series]) // h, 0, windows[series] - 1)
    group = ((window + 1) * groups[series] - 1) // windows[series]
    blocks = np.bincount(series * GROUPS + group, gain, num_series * GROUPS)
    blocks = blocks.reshape(num_series, GROUPS)
    signs = 1 - 2 * ((np.arange(2 ** (GROUPS - 1))[:, None] >> np.arange(GROUPS)) & 1)
    share = np.ones(num_series)
    able = np.flatnonzero((windows >= FEWEST) & (blocks.sum(axis=1) > 0))
    for begin in range(0, len(able), AT_ONCE):
        some = blocks[able[begin : begin + AT_ONCE]]
        least = (1 - _ROUNDING) * some.sum(axis=1)
        share[able[begin : begin + AT_ONCE]] = (np.abs(signs @ some.T) >= least).mean(axis=0)
    return share


def _take(values: Values, own: Int64) -> Values:
    """The values of some origins."""
    return Values(
        values.actual[own],
        values.series[own],
        values.time[own],
        values.scale[own],
        None if values.weights is None else values.weights[own],
        None if values.squared is None else values.squared[own],
    )
