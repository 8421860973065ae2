"""Ridge regression from moments, for a linear layer and many penalties at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rollcast._types import Float32, Float64
from rollcast.runtime.blas import one_thread


class LinearReadout(NamedTuple):
    """A linear layer.

    Attributes:
        kernel: (D, K)
        bias: (K,)
    """

    kernel: Float32
    bias: Float32

    def head(self, steps: int) -> LinearReadout:
        """The layer for the first ``steps`` outputs alone."""
        return LinearReadout(self.kernel[:, :steps], self.bias[:steps])


@dataclass(frozen=True, eq=False)
class FeatureMoments:
    """What least squares need to know of features (N, D) and targets (N, K), in float64.

    Attributes:
        count: N, or the sum of the rows' weights.
        features: (D,) mean.
        targets: (K,) mean.
        scatter: (D, D) covariance of the features.
        cross: (D, K) covariance of features and targets.
    """

    count: float
    features: Float64
    targets: Float64
    scatter: Float64
    cross: Float64


@dataclass(frozen=True, eq=False)
class Ridge:
    """The readouts of every penalty, from one eigendecomposition.

    Attributes:
        moments: what is fitted.
        variances: (D,) eigenvalues of the scatter, ascending.
        directions: (D, D) its eigenvectors, in columns.
    """

    moments: FeatureMoments
    variances: Float64
    directions: Float64

    @classmethod
    def of(cls, moments: FeatureMoments) -> Ridge:
        """Decompose once."""
        with one_thread():
            variances, directions = np.linalg.eigh(moments.scatter)
        return cls(moments, np.maximum(variances, 0), directions)

    def solve(self, penalty: float) -> LinearReadout:
        """Minimise mean |y - W x - b|^2 + penalty * (largest variance) * |W|^2 (Hoerl & Kennard 1970).

        Args:
            penalty: > 0. The bias is not penalised.
        """
        moments = self.moments
        damped = self.variances + penalty * max(self.variances[-1], np.finfo(float).tiny)
        with one_thread():
            kernel = self.directions @ ((self.directions.T @ moments.cross) / damped[:, None])
            bias = moments.targets - moments.features @ kernel
        return LinearReadout(kernel.astype(np.float32), bias.astype(np.float32))


class Block(NamedTuple):
    """Some rows.

    Attributes:
        features: (N, D)
        targets: (N, K)
        weights: (N,) how much each row counts, above 0; None where all count alike.
    """

    features: Float64
    targets: Float64
    weights: Float64 | None = None


def sum_moments(blocks: Iterable[Block]) -> FeatureMoments | None:
    """Moments about the first block's mean, so that nothing is lost by subtracting large numbers at the end."""
    count, size = 0.0, 0
    origin, first, second = np.zeros(0), np.zeros(0), np.zeros((0, 0))
    for features, targets, weights in blocks:
        if not len(features):
            continue
        both = np.concatenate([features, targets], axis=1)
        if not count:
            origin, size = both.mean(axis=0), features.shape[1]
            first, second = np.zeros(len(origin)), np.zeros((size, len(origin)))
        both -= origin
        weighed = both if weights is None else both * weights[:, None]
        first += weighed.sum(axis=0)
        second += weighed[:, :size].T @ both
        count += len(both) if weights is None else float(weights.sum())
    if not count or not np.isfinite(second).all():
        return None
    mean = first / count
    covariance = second / count - np.outer(mean[:size], mean)
    return FeatureMoments(
        count,
        origin[:size] + mean[:size],
        origin[size:] + mean[size:],
        covariance[:, :size],
        covariance[:, size:],
    )
