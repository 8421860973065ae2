"""Negative binomial: the distribution of counts around a mean, with more spread than a Poisson one has.

Its variance is ``mean + alpha * mean ** 2``: Cameron & Trivedi (2013), "Regression Analysis of Count Data", 2nd ed.,
section 3.3, where it is called NB2. With tau the standard deviation beyond Poisson's, ``alpha = (tau / mean) ** 2``; of
tau = 0 it is Poisson's. For intermittent demand see Snyder, Ord & Beaumont (2012), "Forecasting the intermittent demand
for slow-moving inventories", International Journal of Forecasting 28, 485-496; around a recurrent network's mean,
Salinas, Flunkert, Gasthaus & Januschowski (2020), "DeepAR", same journal 36, 1181-1191.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Float64

COUNTED: Final = (8, 16, 32, 64, 128, 256, 512)
"""Counts up to which probabilities are summed, the fewest that reach far enough; quantiles beyond all are sought
by SciPy."""

USUAL: Final = 4
"""Standard deviations beyond the mean that usually reach far enough."""

AT_ONCE: Final = 2**20
"""Probabilities that are summed at a time."""

LEAST_ALPHA: Final = 1e-6
"""What stands for an alpha of 0 where it is divided by."""


class NegativeBinomial(NamedTuple):
    """Distributions of counts, of any shape.

    Attributes:
        mean: (...) above 0.
        alpha: (...) at least 0; of 0 they are Poisson's.
    """

    mean: Float64
    alpha: Float64

    @property
    def variance(self) -> Float64:
        """(...) beyond the mean it grows with its square."""
        return self.mean + self.alpha * self.mean**2

    def log_probability(self, y: Float64) -> Float64:
        """(...) of counts (...); NaN where none is known.

        Example:
            >>> two = NegativeBinomial(np.array([2.0, 2.0]), np.array([0.0, 1.0]))
            >>> np.exp(two.log_probability(np.array([0.0, 0.0]))).round(4)
            array([0.1353, 0.3333])
        """
        from scipy.special import xlogy

        r = 1 / np.maximum(self.alpha, LEAST_ALPHA)
        largest = np.nanmax(y, initial=0)
        if np.ndim(r) or largest >= np.size(y):
            ways = _log_ways(y, r)
        else:  # of few different counts each is reckoned once
            known = np.nan_to_num(y).astype(np.int64)
            ways = _log_ways(np.arange(largest + 1), r)[known]
        return ways + xlogy(y, self.mean) - (y + r) * np.log1p(self.mean / r)

    def quantiles(self, levels: tuple[float, ...]) -> Float64:
        """(..., Q) the least counts at or below which a share of ``levels`` (Q,) lies.

        Args:
            levels: each above 0 and below 1.

        Example:
            >>> NegativeBinomial(np.array([2.0]), np.array([1.0])).quantiles((0.1, 0.5, 0.9))
            array([[0., 1., 5.]])
        """
        mean, alpha = np.broadcast_arrays(self.mean, self.alpha)
        shape, mean, alpha = mean.shape, mean.ravel(), alpha.ravel()
        most = mean + USUAL * np.sqrt(mean + alpha * mean**2)
        found, left = np.empty((len(mean), len(levels))), np.full(len(mean), True)
        for last in COUNTED:
            places = np.flatnonzero(left & (most <= last))
            for begin in range(0, len(places), AT_ONCE // last):
                some = places[begin : begin + AT_ONCE // last]
                found[some] = _count(mean[some], alpha[some], levels, last)
                left[some] = (found[some] > last).any(axis=1)
        if left.any():
            found[left] = _seek(mean[left], alpha[left], levels)
        return found.reshape(*shape, len(levels))


def _log_ways(y: Float64, r: Float64) -> Float64:
    """(...) what of the logarithm of a probability does not hang on the mean."""
    from scipy.special import gammaln

    return gammaln(y + r) - gammaln(r) - gammaln(y + 1) - y * np.log(r)


def _count(mean: Float64, alpha: Float64, levels: tuple[float, ...], most: int) -> Float64:
    """(M, Q) quantiles by sums of the probabilities of 0 .. ``most``; what lies beyond is ``most + 1``."""
    k = np.arange(most)
    mean, alpha = mean[:, None], alpha[:, None]
    none = np.where(
        alpha > LEAST_ALPHA,
        -np.log1p(alpha * mean) / np.maximum(alpha, LEAST_ALPHA),
        -mean,
    )
    more = mean * (1 + alpha * k) / ((1 + alpha * mean) * (k + 1))
    below = np.cumsum(np.cumprod(np.concatenate([np.exp(none), more], axis=1), axis=1), axis=1)
    return np.stack([(below < level).sum(axis=1) for level in levels], axis=1).astype(np.float64)


def _seek(mean: Float64, alpha: Float64, levels: tuple[float, ...]) -> Float64:
    """(M, Q) quantiles by SciPy's inverse of the distribution, which takes longer."""
    from scipy.special import nbdtrik

    r = 1 / np.maximum(alpha, LEAST_ALPHA)[:, None]
    return np.ceil(nbdtrik(np.array(levels), r, r / (r + mean[:, None])))
