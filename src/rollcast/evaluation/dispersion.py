"""Dispersion: by how much counts are spread around the mean that is forecast, beyond what chance alone would give.

Around the network's mean m stands a negative binomial, whose variance is ``m + alpha * m ** 2`` (see
:mod:`rollcast.networks.negative_binomial`). Its alpha is the one that makes forecasts out of sample most likely, the
same ones that calibrate intervals (:mod:`rollcast.fitting.calibrating`); it is sought among ``ALPHAS``. Newer forecasts
weigh more. Of single series it is the one with the largest::

    n * own + WINDOWS * all

where own is the mean log-likelihood of a series' values, all that of all series together, and n the number of its
separate windows, on average over the steps ahead. So all series count for as much as four windows do, and one with four
of its own goes about half of the way. A series that was not there to be seen has the alpha of all, if its own rows are
counts (:mod:`rollcast.preprocessing.counts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.evaluation.by_series import BySeries
from rollcast.evaluation.evidence import Evidence, equal_share, recency, windows_of_each
from rollcast.evaluation.owners import Owners
from rollcast.networks.distribution import QUANTILE_LEVELS, Distribution
from rollcast.networks.negative_binomial import NegativeBinomial
from rollcast.preprocessing.preparation import Preparation

ALPHAS: Final = np.concatenate([[0.0], np.geomspace(1e-3, 1e3, 61)])
"""(G,) those that are tried: Poisson's, and ten to a power of ten."""

WINDOWS: Final = 4
"""Separate windows for which all series count beside a single one's own."""

LEAST_MEAN: Final = 1e-3
"""What stands for a mean of less: nothing is impossible."""

LEAST_COUNT: Final = 1e-10
"""What stands for 0 where logarithms are taken."""


@dataclass(frozen=True, eq=False)
class Dispersion(BySeries):
    """How far counts lie around the mean.

    Attributes:
        ids: (P,) the series that are counts.
        alpha: (P,) of each.
        pooled: of all of them, and of a count that was not there.
        every: whether all series are counts; else a series that was not there is held for none.
    """

    alpha: Float64
    pooled: float
    every: bool

    def of(self, ids: Sequence[Any]) -> Float64:
        """(S',) the alpha of any series; NaN of one that is no count or was not there."""
        return np.append(self.alpha, np.nan)[self.places(ids)]

    def of_owners(self, owners: Owners) -> Float64:
        """(S',) the alpha of each owner of forecasts; NaN of one that is no count."""
        alpha, counts = self.of(owners.ids), owners.preparation.counts
        if not self.every or counts is None:
            return alpha
        new = counts[owners.places] & (self.places(owners.ids) < 0)
        return np.where(new, self.pooled, alpha)

    def put_around(
        self, distribution: Distribution, made: Float64, quantiles: Float64, owners: Owners
    ) -> Float64:
        """(S', h, 15) quantiles in scaled units, of which those of counts are the negative binomial's.

        Args:
            distribution: the network's.
            made: (S', h, Q) its parameters.
            quantiles: (S', h, 15) those of series that are no counts.
            owners: (S',) whose forecasts they are.
        """
        alpha, scaler = self.of_owners(owners), owners.preparation.scaler
        counts = np.flatnonzero(~np.isnan(alpha))
        places = owners.places[counts]
        mean = means_of(distribution, made[counts], owners.preparation, places)
        found = NegativeBinomial(mean, alpha[counts, None]).quantiles(QUANTILE_LEVELS)
        owner = places[:, None, None]
        found = np.where(scaler.log[owner], np.maximum(found, LEAST_COUNT), found)
        replaced = np.array(quantiles)
        replaced[counts] = scaler.forward(found, owner)
        return replaced


def means_of(
    distribution: Distribution, made: Float64, preparation: Preparation, places: Int64
) -> Float64:
    """(S', h) the means of forecasts (S', h, Q) in scaled units, in those of the data; never quite 0.

    Args:
        distribution: the network's.
        made: its parameters.
        preparation: of all series.
        places: (S',) whose forecasts they are among them.
    """
    mean = np.asarray(distribution.mean(preparation.restore(made, places)))
    return np.maximum(mean, LEAST_MEAN)


def whole_counts(values: Float64) -> Float64:
    """Values as they are, but whole where they are it but for rounding: of scaled counts."""
    whole = np.rint(values)
    near = np.abs(values - whole) <= 1e-9 * np.maximum(np.abs(values), 1.0)
    return np.where(near, whole, values)


def fit_dispersion(
    evidence: Evidence, mean: Float64, y: Float64, counts: Bool
) -> Dispersion | None:
    """The alpha of each series that is a count, and of all of them.

    Args:
        evidence: forecasts of rows that no weight was fitted on.
        mean: (M, h) theirs, in the data's units.
        y: (M, h) what came, in the same; NaN where not observed.
        counts: (S,) which series are counts.

    Returns:
        None where none of them was observed.
    """
    chosen = counts[evidence.series] & ~np.isnan(y).all(axis=1)
    if not chosen.any():
        return None
    some, mean, y = evidence.take(chosen), mean[chosen], y[chosen]
    names, code = np.unique(some.series, return_inverse=True)
    weights = recency(some.series, some.time)
    known = ~np.isnan(y)
    windows = windows_of_each(some.series, some.time, known).mean(axis=1) * equal_share(weights)
    share = np.where(known, weights[:, None], 0.0)
    total = np.bincount(code, share.sum(axis=1))
    own = np.empty((len(names), len(ALPHAS)))
    for place, alpha in enumerate(ALPHAS):
        each = np.where(known, NegativeBinomial(mean, alpha).log_probability(y), 0.0)
        own[:, place] = np.bincount(code, (share * each).sum(axis=1)) / total
    every = windows @ own / windows.sum()
    best = (windows[:, None] * own + WINDOWS * every).argmax(axis=1)
    pooled, ids = float(ALPHAS[every.argmax()]), np.flatnonzero(counts)
    alpha = np.full(len(counts), pooled)
    alpha[names] = ALPHAS[best]
    return Dispersion(tuple(ids.tolist()), alpha[ids], pooled, bool(counts.all()))
