"""Own widths: by how much the intervals of one series are wider or narrower than scores of all series make them.

Scores are pooled over series, in units of each. Where that is not enough, since some series are surer than their unit
tells, those with windows enough get a factor of their own for each level. It multiplies the distance of both ends from
the point, at all steps. Its evidence are **ratios**: by how many times the interval's half on its side a value lay off
the point. Where q is the quantile of a series' ratios at a level, and n the number of its separate windows::

    log factor = n / (n + m) * log q,    m = the windows that the level needs, and at least 4

So all series count for m windows, and a series with m of its own goes half of the way. n counts windows of the whole
horizon, since the ratios of all steps are taken together. A level that needs more than n takes the factor of the widest
level that does not; with fewer than 4 windows a series has no factor.

The factors are kept only where those of one half of the time lower the pinball loss of the other half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.evaluation.by_series import BySeries
from rollcast.evaluation.central_intervals import LEVELS, Ends, ends_of_quantiles, needed, pinball
from rollcast.evaluation.evidence import Evidence, equal_share, recency, windows_of_each
from rollcast.forecasting.adaptation import MOST_FACTOR, score_row, widen

FEWEST: Final = 4
"""Separate windows without which a series has no width of its own: those that an interval of 80 % needs."""


@dataclass(frozen=True, eq=False)
class OwnWidths(BySeries):
    """The factors of the series that have some.

    Attributes:
        ids: (S,) whose they are.
        factors: (S, L) of each at ``LEVELS``.
    """

    factors: Float64

    def of(self, ids: Sequence[Any]) -> Float64:
        """(S', L) the factors of any series; 1 where one has none of its own."""
        none = np.ones((1, self.factors.shape[1]))
        return np.concatenate([self.factors, none])[self.places(ids)]

    def apply(self, quantiles: Float64, ids: Sequence[Any]) -> Float64:
        """(S', h, 15) quantiles as wide as each series' own are."""
        factors = self.of(ids)
        middle = np.ones((len(factors), 1))
        return widen(quantiles, np.concatenate([factors[:, ::-1], middle, factors], axis=1))


def fit_own_widths(evidence: Evidence, quantiles: Float64) -> OwnWidths | None:
    """The widths of single series.

    Args:
        evidence: forecasts of rows that no weight was fitted on.
        quantiles: (M, h, 15) of each, as scores of all series make them; NaN at levels with too few.

    Returns:
        None where there is but one series, where none has windows enough, or where the factors of one half of the time
        do not help the other half.
    """
    found = _fit(evidence, quantiles, FEWEST)
    if not len(found) or len(np.unique(evidence.series)) < 2:
        return None
    gain = 0.0
    for fitted, judged in _halves(evidence):  # of half as many windows half are asked for
        half = _fit(evidence.take(fitted), quantiles[fitted], FEWEST / 2)
        gain += _gain(half, evidence.take(judged), quantiles[judged])
    return found if gain > 0 else None


def _gain(widths: OwnWidths, judged: Evidence, quantiles: Float64) -> float:
    """By how much factors lower the pinball loss of other forecasts."""
    if np.isnan(judged.actual).all():
        return 0.0
    before, after = (
        pinball(_known(ends_of_quantiles(made)), judged.actual, judged.series)
        for made in (quantiles, widths.apply(quantiles, judged.series.tolist()))
    )
    return before - after


def _fit(evidence: Evidence, quantiles: Float64, fewest: float) -> OwnWidths:
    """The factors that ratios make of their series, for those with windows enough.

    Args:
        evidence: M forecasts.
        quantiles: (M, h, 15) of each.
        fewest: windows without which a series has none; levels that need more ask for as many times more.
    """
    names, code = np.unique(evidence.series, return_inverse=True)
    weights = recency(evidence.series, evidence.time)
    there = ~np.isnan(evidence.actual)
    count = equal_share(weights) * windows_of_each(evidence.series, evidence.time, there)[:, -1]
    ends = ends_of_quantiles(quantiles)
    middle = quantiles[..., quantiles.shape[-1] // 2]
    ratios = score_row(ends.low, middle, ends.high, evidence.actual)
    factors = np.ones((len(names), len(LEVELS)))
    for place, level in enumerate(LEVELS):
        own = _quantile_of_each(ratios[..., place], weights, code, len(names), level / 100)
        least = max(needed(level, of_points=False), FEWEST)
        moved = np.clip(own, 1 / MOST_FACTOR, MOST_FACTOR) ** (count / (count + least))
        enough = (count >= least * fewest / FEWEST) & ~np.isnan(own)
        factors[:, place] = np.where(enough, moved, factors[:, max(place - 1, 0)])
    able = (count >= fewest) & (factors != 1).any(axis=1)
    return OwnWidths(tuple(names[able].tolist()), factors[able])


def _quantile_of_each(
    values: Float64, weights: Float64, code: Int64, number: int, share: float
) -> Float64:
    """(S,) the weighted quantile of the values of each series, on a straight line between two.

    Args:
        values: (M, h) NaN where none is known.
        weights: (M,) of their rows.
        code: (M,) whose they are, 0 .. S - 1.
        number: S.
        share: of the weight that lies below.
    """
    known = ~np.isnan(values)
    owner = np.broadcast_to(code[:, None], values.shape)[known]
    size, weight = values[known], np.broadcast_to(weights[:, None], values.shape)[known]
    order = np.lexsort((size, owner))
    owner, size, weight = owner[order], np.minimum(size[order], MOST_FACTOR), weight[order]
    total = np.bincount(owner, weight, number)
    before = np.cumsum(total) - total
    below = (np.cumsum(weight) - weight / 2 - before[owner]) / total[owner]
    first = np.searchsorted(owner, np.arange(number))
    last = np.searchsorted(owner, np.arange(number), side="right") - 1
    found = np.full(number, np.nan)
    some = np.flatnonzero(total > 0)
    high = np.searchsorted(owner + below, some + share)
    low, high = np.clip(high - 1, first[some], last[some]), np.clip(high, first[some], last[some])
    apart = below[high] - below[low]
    part = np.divide(share - below[low], apart, out=np.zeros(len(some)), where=apart > 0)
    found[some] = size[low] + np.clip(part, 0, 1) * (size[high] - size[low])
    return found


def _known(ends: Ends) -> Ends:
    """Ends with 0 in place of those that a level with too few scores has not, before and after alike."""
    return Ends(*(np.where(np.isnan(each), 0.0, each) for each in ends))


def _halves(evidence: Evidence) -> list[tuple[Bool, Bool]]:
    """Which forecasts make factors, and which judge them, once each way: halves of each series' time."""
    _, code = np.unique(evidence.series, return_inverse=True)
    first = np.full(int(code.max(initial=0)) + 1, np.iinfo(np.int64).max)
    last = np.full(len(first), np.iinfo(np.int64).min)
    np.minimum.at(first, code, evidence.time)
    np.maximum.at(last, code, evidence.time)
    h, middle = evidence.actual.shape[1], ((first + last) / 2)[code]
    older, newer = evidence.time + h <= middle, evidence.time >= middle
    return [(older, newer), (newer, older)]
