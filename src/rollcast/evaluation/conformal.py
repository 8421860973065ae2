"""Conformal calibration: intervals from forecasts out of sample, so that they hold what they are asked to hold.

Every forecast start of a part that no weight was fitted on gives a **score** for each step ahead and level: by how much
the value lay outside of the interval.

- Of quantiles the score is ``max(lo - y, y - hi)``, below 0 where the value lies inside, and both ends move out by the
  score's quantile: Romano, Patterson & Candès (2019), "Conformalized quantile regression", NeurIPS 32. Its unit is the
  width of the network's own widest interval at that step, which is a running scale of the series.
- Of points it is the signed residual in units of the series' scale, and the ends are its quantiles, by a rank each.

Scores of all series are pooled, since they are in units of each; by how much single series need more or less is found
after that (:mod:`rollcast.evaluation.own_widths`). Of n scores the quantile is that of rank
``ceil((n + 1) (1 - alpha))``, so that a level needs n >= 1 / alpha - 1 of them (Vovk, Gammerman & Shafer, 2005,
"Algorithmic learning in a random world"); of points twice as many, for each end has half of alpha. Newer scores weigh
more, the oldest half as much as the newest: Barber, Candès, Ramdas & Tibshirani (2023), "Conformal prediction beyond
exchangeability", Annals of Statistics 51, 816-845.

**What counts as one score.** n counts separate windows (:mod:`rollcast.evaluation.evidence`), summed over the series.
All scores are used; n is what they count for together. Series that share shocks are counted apart all the same:
coverage holds on average, and theirs moves together.

**Steps with few scores.** There are fewer separate windows the further ahead. From the last step on that has enough
of them, the steps are pooled, with n of the first of these. It is assumed that the scores of these steps have one
distribution in units that grow with the step: those of quantiles by the network's own widths, those of points by the
mean residual of each step, which never falls from one to the next.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from rollcast._types import Bool, Float32, Float64
from rollcast.evaluation.central_intervals import (
    LEVELS,
    ROUNDING,
    Ends,
    ends_of_quantiles,
    needed,
    pinball,
)
from rollcast.evaluation.dispersion import Dispersion
from rollcast.evaluation.evidence import Evidence, equal_share, recency, separate_windows
from rollcast.evaluation.own_widths import OwnWidths, fit_own_widths
from rollcast.evaluation.owners import Owners
from rollcast.networks.distribution import POINT, Distribution, Quantiles, central_interval

STABLE: Final = 5
"""Times as many scores as a level needs, from which on a step is calibrated by its own."""

FOLDED: Final = 10
"""Series from which on one half of them tells whether calibration by the other half helps; of fewer, halves of time."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """By how much the ends of intervals are moved, in units of each series at each step ahead.

    Attributes:
        of_points: whether the ends are moved from points, those of a network that gives no more or whose quantiles are
            not wanted; else from its own quantiles.
        lower: (K, L) what is added to the lower ends; NaN where a level has too few scores.
        upper: (K, L) what is added to the upper ends.
        counts: (K,) separate windows of each step ahead, over all series; fewer as their weights differ.
        taken: whether the ends are moved. Quantiles stay as the network gave them where calibration by one half of the
            scores made the pinball loss of the other half no lower.
        own: by how much single series are wider or narrower; None where that does not help.
        dispersion: of the series that are counts, whose quantiles are then the negative binomial's; None of none.
    """

    of_points: bool
    lower: Float64
    upper: Float64
    counts: Float64
    taken: bool = True
    own: OwnWidths | None = None
    dispersion: Dispersion | None = None

    @property
    def of_counts(self) -> bool:
        """Whether the quantiles of all series are the negative binomial's, which are known at any level and step."""
        return self.dispersion is not None and self.dispersion.every

    @property
    def steps(self) -> int:
        """K."""
        return len(self.counts)

    def supports(self, level: float, h: int) -> bool:
        """Whether there are scores enough for a level at all of h steps, in percent."""
        if self.of_counts:
            return True
        wanted = next((place for place, one in enumerate(LEVELS) if one >= level), None)
        known = np.isfinite(self.upper[:h]) & np.isfinite(self.lower[:h])
        return h <= self.steps and wanted is not None and bool(known[:, : wanted + 1].all())

    def needs(self, level: float) -> int:
        """Separate windows that a level needs, in percent."""
        return needed(min([one for one in LEVELS if one >= level] or [level]), self.of_points)

    def apply(self, distribution: Distribution, made: Any, owners: Owners) -> Float64:
        """(S, h, 15) quantiles at ``QUANTILE_LEVELS`` in scaled units, of counts and of other series.

        Args:
            distribution: the network's.
            made: (S, h, Q) its parameters.
            owners: (S,) whose forecasts they are.
        """
        made = np.asarray(made, np.float64)
        if self.of_points:
            made, distribution = points_of(distribution, made), POINT
        ids = owners.ids if self.own else None
        found = self.quantiles(distribution, made, owners.unit, ids)
        if self.dispersion is None:
            return found
        return self.dispersion.put_around(distribution, made, found, owners)

    def quantiles(
        self,
        distribution: Distribution,
        made: Float64 | Float32,
        unit: Float64,
        ids: Sequence[Any] | None = None,
    ) -> Float64:
        """(S, h, 15) quantiles at ``QUANTILE_LEVELS`` in scaled units, of no counts; the ends of intervals never cross.

        Those of a level with too few scores are the network's own, moved out as far as narrower levels are; of points
        they are NaN. Steps beyond K are moved as the last one is.

        Args:
            distribution: the network's.
            made: (S, h, Q) its parameters.
            unit: (S,) scale of each series.
            ids: (S,) the series, for the widths that are their own; None for those of all.
        """
        own = ends = _own_ends(distribution, made := made.astype(np.float64), axis=0)
        if self.taken:
            at = np.minimum(np.arange(made.shape[1]), self.steps - 1)
            size = _unit(distribution, own.low[-1], own.high[-1], unit)
            lower, upper = (moved[at].T[:, None] for moved in (self.lower, self.upper))  # (L, 1, h)
            ends = Ends(own.low + lower * size, own.high + upper * size)
            if not self.of_points:
                known = ~np.isnan(upper)
                ends = Ends(
                    np.where(known, ends.low, own.low), np.where(known, ends.high, own.high)
                )
        middle = np.asarray(distribution.point(made))
        low = _outwards(np.minimum, ends.low, middle)
        high = _outwards(np.maximum, ends.high, middle)
        found = np.stack([*low[::-1], middle, *high], axis=-1)
        return found if ids is None or self.own is None else self.own.apply(found, ids)


def calibrate(evidence: Evidence, distribution: Distribution) -> Calibration:
    """What moves the ends of intervals so that they hold their share of what comes.

    Args:
        evidence: forecasts of rows that no weight was fitted on.
        distribution: the network's.
    """
    found = _fit(evidence, distribution)
    if not found.of_points:
        found = replace(found, taken=_helps(evidence, distribution))
    pooled = found.quantiles(distribution, evidence.made, evidence.unit)
    return replace(found, own=fit_own_widths(evidence, pooled))


def halves(evidence: Evidence) -> list[tuple[Bool, Bool]]:
    """Which forecasts calibrate, and which judge, once each way: every other series, or halves of time."""
    names, code = np.unique(evidence.series, return_inverse=True)
    if len(names) >= FOLDED:
        first, second = code % 2 == 0, code % 2 == 1
    else:
        middle = np.median(evidence.time)
        first = evidence.time + evidence.actual.shape[1] <= middle
        second = evidence.time >= middle
    return [(first, second), (second, first)]


def points_of(distribution: Distribution, made: Any) -> Any:
    """(S, h, 1) the points of forecasts (S, h, Q)."""
    return np.asarray(distribution.point(made))[..., None]


def rank_quantile(scores: Float64, weights: Float64, share: float) -> float:
    """The least score at or below which ``share`` of all weight lies, that of a score to come included.

    With n weights of 1 it is the score of rank ``ceil(share (n + 1))``.

    Args:
        scores: (n,)
        weights: (n,) of which one is that of the score to come.
        share: below 1.

    Returns:
        NaN where no score is large enough.

    Example:
        >>> rank_quantile(np.array([3.0, 1.0, 2.0, 4.0]), np.ones(4), 0.8)
        4.0
    """
    order = np.argsort(scores, kind="stable")
    below = np.cumsum(weights[order])
    total = below[-1] + 1 if len(below) else 1.0
    place = int(np.searchsorted(below, share * total - ROUNDING))
    if place == len(scores) or not np.isfinite(scores[order[place]]):
        return math.nan
    return float(scores[order[place]])


def _own_ends(distribution: Distribution, made: Float64, axis: int = -1) -> Ends:
    """The ends (..., L) that the network gives, by level along an axis: of points all are the point."""
    pairs = [central_interval(distribution, made, level) for level in LEVELS]
    low, high = (np.stack([np.asarray(pair[i]) for pair in pairs], axis) for i in (0, 1))
    return Ends(low, high)


def _unit(distribution: Distribution, low: Float64, high: Float64, unit: Float64) -> Float64:
    """(M, h) the unit of scores, given the network's own ends (M, h) of the widest interval."""
    if isinstance(distribution, Quantiles):
        return high - low
    return np.broadcast_to(np.asarray(unit, np.float64)[:, None], low.shape)


def _outwards(furthest: np.ufunc, ends: Float64, middle: Float64) -> list[Float64]:
    """The ends (M, h) of each level of those (L, M, h), where none lies nearer to the middle (M, h) than one before."""
    found = [furthest(ends[0], middle)]
    for end in ends[1:]:
        found.append(furthest(found[-1], furthest(end, middle)))
    return found


def _fit(evidence: Evidence, distribution: Distribution) -> Calibration:
    actual = evidence.actual
    ends = _own_ends(distribution, evidence.made)
    unit = _unit(distribution, ends.low[..., -1], ends.high[..., -1], evidence.unit)
    weights = recency(evidence.series, evidence.time)
    counts = equal_share(weights) * separate_windows(
        evidence.series, evidence.time, ~np.isnan(actual)
    )
    y = actual[..., None]
    if isinstance(distribution, Quantiles):
        outside = _in_units(np.maximum(ends.low - y, y - ends.high), unit)
        upper = _move(outside, weights, counts, of_points=False)
        return Calibration(of_points=False, lower=-upper, upper=upper, counts=counts)
    residual = _in_units(y - ends.low[..., :1], unit)
    growth = _growth(residual[..., 0], weights)
    scores = np.repeat(residual / growth[:, None], len(LEVELS), axis=2)
    upper, lower = (
        growth[:, None] * _move(sign * scores, weights, counts, of_points=True) for sign in (1, -1)
    )
    return Calibration(of_points=True, lower=-lower, upper=upper, counts=counts)


def _in_units(outside: Float64, unit: Float64) -> Float64:
    """Scores (M, h, ...): where a series has no width, infinite beyond the end, and 0 on it."""
    size = unit[..., None]
    none = np.where(outside == 0, 0.0, np.copysign(np.inf, outside))
    none = np.where(np.isnan(outside), np.nan, none)
    return np.where(size > 0, outside / np.where(size > 0, size, 1.0), none)


def _growth(residual: Float64, weights: Float64) -> Float64:
    """(h,) the mean residual of each step, made to rise: Ayer et al. (1955), "An empirical distribution function"."""
    known = np.isfinite(residual)
    weight = np.where(known, weights[:, None], 0.0)
    total = weight.sum(axis=0)
    mean = (np.where(known, np.abs(residual), 0.0) * weight).sum(axis=0)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, steps
    for size, w in zip(
        np.divide(mean, total, out=np.zeros_like(mean), where=total > 0), total, strict=True
    ):
        block = (float(size), float(w), 1)
        while blocks and (blocks[-1][0] >= block[0] or not block[1]):
            size_before, weight_before, steps = blocks.pop()
            whole = weight_before + block[1]
            joined = size_before * weight_before + block[0] * block[1]
            block = (joined / whole if whole else 0.0, whole, steps + block[2])
        blocks.append(block)
    made = np.concatenate([np.full(steps, size) for size, _, steps in blocks])
    return np.where(made > 0, made, 1.0)


def _move(scores: Float64, weights: Float64, counts: Float64, *, of_points: bool) -> Float64:
    """(h, L) the quantiles of scores (M, h, L), each step by its own or with those further ahead."""
    h = scores.shape[1]
    found = np.full((h, len(LEVELS)), np.nan)
    for place, level in enumerate(LEVELS):
        least = needed(level, of_points)
        share = (100 + level) / 200 if of_points else level / 100
        enough = counts >= STABLE * least
        alone = h if enough.all() else max(int(np.argmin(enough)) - 1, 0)
        for k in range(alone):
            found[k, place] = _quantile(scores[:, k : k + 1, place], weights, counts[k], share)
        if alone < h and counts[alone] >= least:
            pooled = scores[:, alone:, place]
            found[alone:, place] = _quantile(pooled, weights, counts[alone], share)
    found[counts == 0] = np.nan
    return found


def _quantile(scores: Float64, weights: Float64, count: float, share: float) -> float:
    """Of scores (M, k) that count for so many together; newer ones weigh more."""
    known = ~np.isnan(scores)
    if not known.any():
        return math.nan
    weight = np.broadcast_to(weights[:, None], scores.shape)[known]
    return rank_quantile(scores[known], weight * (count / weight.sum()), share)


def _helps(evidence: Evidence, distribution: Distribution) -> bool:
    """Whether calibration by one half of the forecasts lowers the pinball loss of the other half."""
    own = calibrated = 0.0
    for fitted, judged in halves(evidence):
        if not fitted.any() or np.isnan(evidence.actual[judged]).all():
            continue
        moved, rest = _fit(evidence.take(fitted), distribution), evidence.take(judged)
        calibrated += _loss(moved, distribution, rest)
        own += _loss(replace(moved, taken=False), distribution, rest)
    return calibrated < own


def _loss(calibration: Calibration, distribution: Distribution, judged: Evidence) -> float:
    quantiles = calibration.quantiles(distribution, judged.made, judged.unit)
    return pinball(ends_of_quantiles(quantiles), judged.actual, judged.series)
