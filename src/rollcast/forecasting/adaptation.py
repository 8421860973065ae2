"""Adaptation: how much wider intervals have to be than they were, learned from row to row.

Each series has a factor for each level. It multiplies the distance of both ends from the point. After a row that lay
outside of the interval forecast for it the factor grows, after one inside it shrinks a little::

    log f <- log f + RATE * (1 if outside else 0  -  alpha)

So the share outside of T rows is alpha up to ``(most - least of log f + RATE) / (RATE T)``, whatever the values are:
Gibbs & Candès (2021), "Adaptive conformal inference under distribution shift", NeurIPS 34. They move the level; where a
level can't reach far enough, as beyond the outermost quantiles, the end itself has to move: Angelopoulos, Candès &
Tibshirani (2023), "Conformal PID control for time series prediction", NeurIPS 36. It is the logarithm that moves, so
that a series' unit does not matter.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Float64, Int64

RATE: Final = 0.1
"""By how much a factor grows at most from row to row, about: after the noise has doubled 100 rows are enough."""

MOST_FACTOR: Final = 100.0
"""Times by which an interval is widened or narrowed at most."""


class Adaptation(NamedTuple):
    """The factors of S series.

    Attributes:
        levels: (L,) percent, ascending.
        factors: (S, L) by which the ends' distances from the point are multiplied.
    """

    levels: tuple[float, ...]
    factors: Float64

    @classmethod
    def start(cls, levels: tuple[float, ...], num_series: int) -> Adaptation:
        """Intervals as they are."""
        return cls(levels, np.ones((num_series, len(levels))))

    def take(self, places: Int64) -> Adaptation:
        """Of the series at the given places (S',), in that order."""
        return self._replace(factors=self.factors[places])

    def join(self, number: int) -> Adaptation:
        """These series, followed by so many new ones."""
        new = np.ones((number, len(self.levels)))
        return self._replace(factors=np.concatenate([self.factors, new]))

    def follow(self, scores: Float64) -> Adaptation:
        """The factors after rows.

        Args:
            scores: (S, T, L) by how many times the interval's half the value lay off the point, above 1 where it lay
                outside; NaN where no value came.
        """
        factors = self.factors
        for t in range(scores.shape[1]):
            factors = follow_row(self.levels, factors, scores[:, t])
        return self._replace(factors=factors)

    def trace(self, scores: Float64) -> Float64:
        """(S, T, L) the factors before each row, see :meth:`follow`."""
        found = np.empty(scores.shape)
        factors = self.factors
        for t in range(scores.shape[1]):
            found[:, t] = factors
            factors = follow_row(self.levels, factors, scores[:, t])
        return found

    def at(self, levels: tuple[float, ...]) -> Float64:
        """(S, L') the factors of other levels: between two on a straight line, beyond the outermost as these."""
        shared = np.array([np.interp(levels, self.levels, one) for one in self.factors])
        return shared.reshape(len(self.factors), len(levels))


def follow_row(levels: tuple[float, ...], factors: Float64, scores: Float64) -> Float64:
    """(S, L) the factors after one row, see :meth:`Adaptation.follow`."""
    alpha = 1 - np.array(levels) / 100
    moved = factors * np.exp(RATE * ((scores > factors) - alpha))
    return np.where(np.isnan(scores), factors, np.clip(moved, 1 / MOST_FACTOR, MOST_FACTOR))


def score_row(low: Float64, middle: Float64, high: Float64, actual: Float64) -> Float64:
    """By how many times the interval's half on its side values lie off the point; infinite beyond a half of no width.

    Args:
        low: (..., L) lower ends.
        middle: (...) the points.
        high: (..., L) upper ends.
        actual: (...) NaN where no value came.

    Returns:
        (..., L)
    """
    off = (actual - middle)[..., None]
    half = np.where(off < 0, middle[..., None] - low, high - middle[..., None])
    size = np.broadcast_to(np.abs(off), half.shape)
    ratio = np.divide(size, half, out=np.where(size > 0, np.inf, 0.0 * size), where=half > 0)
    return np.where(np.isnan(off), np.nan, ratio)


def widen(quantiles: Float64, factors: Float64) -> Float64:
    """Quantiles whose distances from the middle one are multiplied; they never cross.

    Args:
        quantiles: (S, h, Q), Q odd.
        factors: (S, Q) of each series.
    """
    half = quantiles.shape[-1] // 2
    middle = quantiles[..., half, None]
    moved = middle + factors[:, None] * (quantiles - middle)
    low = np.minimum.accumulate(moved[..., : half + 1][..., ::-1], axis=-1)[..., ::-1]
    return np.concatenate(
        [low[..., :-1], np.maximum.accumulate(moved[..., half:], axis=-1)], axis=-1
    )
