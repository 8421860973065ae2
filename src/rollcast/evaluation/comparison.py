"""The one test of "better": how much lower one model's errors are than another's, and how certain that is.

Forecasts that overlap share values, and series share shocks, so neither counts as independent. **Separate windows** are
forecasts that start at least ``h`` steps apart in calendar time, of whatever series: what starts at one time is one
observation. Two tests have to agree, and neither takes more than the separate windows for independent:

- Student's t of the mean over all starts. Each start that lies within ``h`` steps of the first begins a chain of
  separate windows. The variances of the chains' means are averaged: a mean of means that depend on each other, in
  whatever way, varies at most as much as they do on average.
- Flipping the signs of blocks of starts, which is exact however few and however odd the differences are. Canay,
  Romano & Shaikh (2017), "Randomization tests under an approximate symmetry assumption", Econometrica 85, 1013-1030.

Of many windows, consecutive ones are put into at most ``GROUPS`` groups first, whose means are nearly independent even
where losses depend on each other over more than ``h`` steps: Ibragimov & Müller (2010), "t-statistic based correlation
and heterogeneity robust inference", Journal of Business & Economic Statistics 28, 453-468. The test of equal accuracy
goes back to Diebold & Mariano (1995), same journal 13, 253-263.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.errors import ArgumentError

LEVEL: Final = 0.05
"""Share of trials in which one of two equally good forecasts may be called better."""

FEWEST: Final = 6
"""Separate windows below which nothing is certain: of five that are alike, all have one sign in 2 of 32 trials."""

GROUPS: Final = 12
"""Groups of separate windows at most."""

CLOSE: Final = 0.01
"""Relative difference of two errors below which they count as equal, however certain it is."""

CLEARLY: Final = 0.5
"""An error below this share of another is much lower: a few windows are enough to act on it."""

AGREEING: Final = 0.75
"""Share of the groups of windows that must have the sign of the whole where a much lower error is to count."""

SURE: Final = 2.0
"""Standard deviations by which more than half of the series have to gain, for a change to be taken for no chance."""

_ONE_GROUP, _ROUNDING = 1e-9, 1e-9


@dataclass(frozen=True)
class Difference:
    """How the errors of one model differ from another's.

    Attributes:
        effect: relative difference of the mean errors; below zero where the first model's is lower. NaN where nothing
            can be compared.
        p_value: how often chance alone would give an effect as large; NaN with fewer than two separate windows.
        windows: separate windows, the most starts of which any two lie ``h`` steps or more apart.
        series: series that could be compared.
        ahead: of these, how many have a lower error by the first model; a tie counts half.
        agreeing: share of the groups of separate windows in which the same model is better as in all together.
    """

    effect: float
    p_value: float
    windows: int
    series: int
    ahead: float
    agreeing: float = math.nan

    @property
    def certain(self) -> bool:
        """Whether the models differ by more than chance and rounding would have it."""
        return self.windows >= FEWEST and abs(self.effect) >= CLOSE and bool(self.p_value <= LEVEL)

    @property
    def better(self) -> bool:
        """Whether the first model is better for certain."""
        return self.certain and self.effect < 0

    @property
    def worse(self) -> bool:
        """Whether the first model is worse for certain."""
        return self.certain and self.effect > 0

    @property
    def worth_taking(self) -> bool:
        """Whether to take the first model instead of another that stays without reason: better for certain, or by half.

        Nothing is claimed by it, so an error that is halved in nearly all of a few windows is reason enough.
        """
        return self.better or bool(self.effect < CLEARLY - 1 and self.agreeing >= AGREEING)

    @property
    def more_than_chance(self) -> bool:
        """Whether it is worth taking, or more series have a lower error by the first model than a coin would give."""
        by_series = self.ahead - self.series / 2
        by_series /= math.sqrt(self.series / 4) if self.series else 1.0
        return self.worth_taking or by_series >= SURE


def compare(
    ours: Float64,
    theirs: Float64,
    series: Int64,
    time: Int64,
    *,
    h: int,
    weights: Float64 | None = None,
) -> Difference:
    """Compare two models' losses at the same origins; series weigh the same.

    Args:
        ours: (M,) or (M, h) losses of the judged model, NaN where nothing was observed.
        theirs: the same of the other model, in the same unit; in units of each series' scale where there are several.
        series: (M,) whose origins these are.
        time: (M,) when the forecasts start, in steps of the calendar that all series share.
        h: steps ahead.
        weights: of the losses, of their shape; None for equal ones.

    Raises:
        ArgumentError: shapes that do not belong together.
    """
    a, b, w = _per_origin(ours, theirs, weights)
    if not len(a) == len(series) == len(time):
        raise ArgumentError(
            f"`series` and `time` must have {len(a)} places, one for each origin; got {len(series)} and {len(time)}."
        )
    kept = w > 0
    if not kept.any():
        return Difference(math.nan, math.nan, 0, 0, 0.0)
    a, b, w = a[kept], b[kept], w[kept]
    _, code = np.unique(np.asarray(series)[kept], return_inverse=True)
    times, when = np.unique(np.asarray(time)[kept], return_inverse=True)
    share = w / _sums(code, w)[code]
    mine, others = (
        _sums(code, share * a),
        _sums(code, share * b),
    )  # of each series
    p_value, agreeing = math.nan, math.nan
    if np.isfinite(a).all() and np.isfinite(b).all():
        weight, difference = _sums(when, share), _sums(when, share * (a - b))
        group = _groups(times, h)
        blocks = _sums(group, difference)
        agreeing = float((np.sign(blocks) == np.sign(blocks.sum())).mean())
        p_value = _p_value(difference, weight, group, _chains(times, h))
    return Difference(
        _relative(float(mine.sum()), float(others.sum())),
        p_value,
        len(_separate(times, h)),
        len(mine),
        float(((mine < others) + 0.5 * (mine == others)).sum()),
        agreeing,
    )


def first_of_lowest(errors: Sequence[float]) -> int:
    """The place of the first error within ``CLOSE`` of the lowest: how one of several is chosen, the simplest first.

    One has to be taken, so the lower error decides even where the test can't tell: nothing is claimed by it. What does
    not show doesn't count, and the earlier one stays. Errors that are NaN are never chosen while there are others.
    """
    known = [math.inf if math.isnan(error) else error for error in errors]
    return next(k for k, error in enumerate(known) if error <= (1 + CLOSE) * min(known))


def best_first(errors: Mapping[str, float]) -> list[str]:
    """The names of some errors in the order in which :func:`first_of_lowest` takes them, without those that are NaN."""
    left = {name: error for name, error in errors.items() if not math.isnan(error)}
    order: list[str] = []
    while left:
        order.append(list(left)[first_of_lowest(list(left.values()))])
        del left[order[-1]]
    return order


def count_windows(time: Int64, h: int) -> int:
    """How many of the starts (M,) at most lie ``h`` steps or more apart."""
    return len(_separate(np.unique(time), h))


def _per_origin(
    ours: Float64, theirs: Float64, weights: Float64 | None
) -> tuple[Float64, Float64, Float64]:
    """(M,) mean losses and their weights; weight 0 where either model has no loss."""
    a, b = (np.asarray(x, np.float64) for x in (ours, theirs))
    if a.shape != b.shape or a.ndim not in {1, 2}:
        raise ArgumentError(
            f"`ours` and `theirs` must have one shape, (M,) or (M, h); got {a.shape} and {b.shape}."
        )
    w = np.ones(a.shape) if weights is None else np.asarray(weights, np.float64)
    if w.shape != a.shape:
        raise ArgumentError(f"`weights` must have the shape {a.shape}; got {w.shape}.")
    a, b, w = (x.reshape(len(x), -1) for x in (a, b, w))
    w = np.where(np.isnan(a) | np.isnan(b), 0.0, w)
    total = w.sum(axis=1)
    means = (
        np.where(w > 0, x * w, 0.0).sum(axis=1) / np.where(total > 0, total, 1) for x in (a, b)
    )
    return next(means), next(means), total


def _sums(code: Int64, values: Float64) -> Float64:
    """The sum of the values (N,) of each code 0, 1, ..."""
    return np.bincount(code, weights=values).astype(np.float64)


def _relative(ours: float, theirs: float) -> float:
    if math.isinf(theirs):
        return math.nan if math.isinf(ours) else -1.0
    if theirs == 0:
        return 0.0 if ours == 0 else math.inf
    return ours / theirs - 1


def _separate(times: Int64, h: int) -> Int64:
    """Places of the most of the distinct times (K,) that lie ``h`` steps or more apart, the first among them."""
    places = [0]
    while (k := int(np.searchsorted(times, times[places[-1]] + h))) < len(times):
        places.append(k)
    return np.array(places)


def _groups(times: Int64, h: int) -> Int64:
    """(K,) the group of consecutive separate windows that each of the distinct times (K,) lies in."""
    edges = _separate(times, h)
    number = min(len(edges), GROUPS)
    firsts = edges[np.arange(number) * len(edges) // number]
    return np.searchsorted(firsts, np.arange(len(times)), side="right") - 1


def _p_value(difference: Float64, weight: Float64, group: Int64, chains: Int64) -> float:
    """Two-sided, of the mean of the differences: the larger one of two tests.

    Args:
        difference: (K,) weighted sum of the differences at each time.
        weight: (K,) sum of their weights.
        group: (K,) see :func:`_groups`.
        chains: (C, n) see :func:`_chains`.
    """
    if not group[-1]:
        return math.nan
    by_signs = _by_signs(_sums(group, difference))
    return max(by_signs, _by_student(difference, weight, group, chains))


def _chains(times: Int64, h: int) -> Int64:
    """(C, n) places of the chains of separate windows that begin within ``h`` steps of the first; K behind an end."""
    following = np.append(np.searchsorted(times, times + h), len(times))
    at = np.arange(following[0])
    places: list[Int64] = []
    while (at < len(times)).any():
        places.append(at)
        at = following[at]
    return np.stack(places, axis=1)


def _by_student(difference: Float64, weight: Float64, group: Int64, chains: Int64) -> float:
    """Student's t of the mean, whose variance is that of the chains' means."""
    chain, window = np.nonzero(chains < len(group))
    place = chains[chain, window]
    d, w = np.zeros((2, len(chains), int(group.max()) + 1))
    np.add.at(d, (chain, group[place]), difference[place])
    np.add.at(w, (chain, group[place]), weight[place])
    total = w.sum(axis=1, keepdims=True)
    part = w / total  # (C, G)
    rest = d / total - part * (d.sum(axis=1, keepdims=True) / total)
    two, three = (part**2).sum(axis=1), (part**3).sum(axis=1)
    left = (
        1 - 2 * three / two + two
    )  # the share of the variance that is seen around a chain's own mean
    known = left > _ONE_GROUP
    own = (rest**2).sum(axis=1)[known] / left[known]
    variance = (own / two[known]).mean() * two if known.any() else np.full(len(two), np.inf)
    variance[known] = own
    share = total[:, 0] / total.sum()
    error, mean = math.sqrt(float(share @ variance)), float(difference.sum() / weight.sum())
    if error == 0:
        return 0.0 if mean else 1.0
    return student_p(abs(mean) / error, float(share @ (1 / two - 1)))


def _by_signs(blocks: Float64) -> float:
    """The share of all ways to give blocks (G,) other signs in which their sum is as far from zero."""
    signs = 1 - 2 * ((np.arange(2 ** (len(blocks) - 1))[:, None] >> np.arange(len(blocks))) & 1)
    sums = np.abs(signs @ blocks)
    return float((sums >= (1 - _ROUNDING) * abs(blocks.sum())).mean())


def student_p(t: float, freedom: float) -> float:
    """How often Student's t lies beyond +-t; between whole degrees of freedom on a straight line.

    Abramowitz & Stegun (1964), "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.
    """
    if freedom < 1:
        return 1.0
    low = math.floor(freedom + 1e-9)
    rest = max(freedom - low, 0.0)
    return (1 - rest) * _student_p(t, low) + rest * _student_p(t, low + 1)


def _student_p(t: float, freedom: int) -> float:
    angle = math.atan(t / math.sqrt(freedom))
    square, odd = math.cos(angle) ** 2, freedom % 2
    term, total = (math.cos(angle) if odd else 1.0), 0.0
    for k in range(freedom // 2):
        total += term
        term *= square * ((2 * k + 2) / (2 * k + 3) if odd else (2 * k + 1) / (2 * k + 2))
    within = (angle + math.sin(angle) * total) * 2 / math.pi if odd else math.sin(angle) * total
    return min(max(1 - within, 0.0), 1.0)
