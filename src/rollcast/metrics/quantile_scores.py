"""Errors of forecasts that are distributions: told by quantiles, or by samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from rollcast._types import Float64
from rollcast.errors import ArgumentError, show
from rollcast.metrics.point_errors import UNWARNED, checked_weights, weighted, weighted_mean
from rollcast.options.argument_checks import floats, number

NINE_LEVELS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Levels of the quantiles by which fev and GIFT-Eval score distributions."""


@UNWARNED
def pinball(
    actual: ArrayLike, forecast: ArrayLike, level: float, *, weights: ArrayLike | None = None
) -> float:
    """Mean pinball loss of one quantile, ``mean(max(level (y - f), (level - 1) (y - f)))``.

    It is lowest in the long run where ``y`` lies below ``f`` with the probability ``level``; at 0.5 it is half of the
    MAE. Koenker & Bassett (1978), "Regression quantiles", Econometrica 46, 33-50.

    Args:
        actual: any shape; NaN where not observed.
        forecast: the quantile, of the same shape and unit.
        level: of the quantile, above 0 and below 1.
        weights: of each value, >= 0; None for equal ones.

    Returns:
        The loss in the data's unit, >= 0.

    Raises:
        ArgumentError: if the shapes differ, or ``level`` is not between 0 and 1.

    Example:
        >>> pinball([10.0, 10.0], [8.0, 12.0], 0.75)  # (0.75 * 2 + 0.25 * 2) / 2
        1.0
    """
    q = number("level", level)
    if not 0 < q < 1:
        raise ArgumentError(f"`level` must be above 0 and below 1; got {show(level)}.")
    y, f, w = weighted(actual, forecast, weights)
    return weighted_mean(_pinball(y, f, np.float64(q)), w)


@UNWARNED
def crps(
    actual: ArrayLike,
    quantiles: ArrayLike,
    levels: Sequence[float] = NINE_LEVELS,
    *,
    weights: ArrayLike | None = None,
) -> float:
    """Continuous ranked probability score of quantiles: twice the mean pinball loss over all levels.

    This approximates ``integral of 2 pinball(level) over level from 0 to 1`` by the levels that there are, so it
    depends on them: use evenly spaced ones, and compare only what has the same. Gneiting & Raftery (2007), "Strictly
    proper scoring rules, prediction, and estimation", J. American Statistical Association 102, 359-378. Of samples,
    :func:`sample_crps` is exact.

    Args:
        actual: (...) NaN where not observed.
        quantiles: (..., Q) in the same unit.
        levels: (Q,) of the quantiles, above 0 and below 1; default nine, from 0.1 to 0.9.
        weights: (...) of each value, >= 0; None for equal ones.

    Returns:
        The score in the data's unit, >= 0. Of one level, 0.5, it is the MAE.

    Raises:
        ArgumentError: if the shapes differ, or a level is not between 0 and 1.

    Example:
        >>> crps([10.0], [[8.0, 10.0, 11.0]], levels=[0.25, 0.5, 0.75])  # 2 (0.5 + 0 + 0.25) / 3
        0.5
    """
    _, losses, w = _losses(actual, quantiles, levels, weights)
    return 2 * weighted_mean(losses, w)


@UNWARNED
def sample_crps(
    actual: ArrayLike, samples: ArrayLike, *, weights: ArrayLike | None = None
) -> float:
    """Continuous ranked probability score of samples, ``mean |x - y| - mean |x - x'| / 2``, averaged over the values.

    The energy form, exact for the distribution in which each of the samples has the same probability: ``x`` and ``x'``
    run over all of them, each with itself too. Gneiting & Raftery (2007), J. American Statistical Association 102,
    359-378, equation 21.

    Args:
        actual: (...) NaN where not observed.
        samples: (..., N) drawn values in the same unit.
        weights: (...) of each value, >= 0; None for equal ones.

    Returns:
        The score in the data's unit, >= 0. Of one sample it is its absolute error.

    Raises:
        ArgumentError: if the shapes differ, or there is no sample.

    Example:
        >>> sample_crps([1.0], [[0.0, 4.0]])  # (1 + 3) / 2 - (0 + 4 + 4 + 0) / 4 / 2
        1.0
    """
    y = floats("actual", actual)
    x = _last_axis("samples", samples, y, None)
    n = x.shape[-1]
    rank = (2 * np.arange(1, n + 1) - n - 1) / n**2
    kept = ~np.isnan(y)
    drawn = np.sort(x[kept], axis=-1)
    scores = np.abs(drawn - y[kept][:, None]).mean(axis=-1) - drawn @ rank
    return weighted_mean(scores, None if weights is None else checked_weights(weights, y)[kept])


@UNWARNED
def wql(
    actual: ArrayLike,
    quantiles: ArrayLike,
    levels: Sequence[float] = NINE_LEVELS,
    *,
    weights: ArrayLike | None = None,
) -> float:
    """Weighted quantile loss, ``mean over the levels of sum(2 pinball) / sum |y|``.

    As fev and GIFT-Eval define it: the nine levels 0.1, 0.2 .. 0.9; for each the sum over **all** values of all series
    and steps, so that large series weigh more; one division by the sum of all ``|y|``; then the mean of the levels. No
    lag has a part in it. Of several windows, GIFT-Eval takes all values together; fev scores each by itself, and then
    averages. GluonTS and GIFT-Eval call it "mean weighted sum quantile loss", and GIFT-Eval's table "CRPS". Of a point
    forecast, which is each of its quantiles, it is a hundredth of :func:`rollcast.metrics.wape`.

    Args:
        actual: (...) NaN where not observed.
        quantiles: (..., Q) in the same unit.
        levels: (Q,) of the quantiles, above 0 and below 1; default nine, from 0.1 to 0.9.
        weights: (...) of each value, >= 0, in both sums; None for equal ones.

    Returns:
        A ratio, >= 0; NaN if every observed value is zero.

    Raises:
        ArgumentError: if the shapes differ, or a level is not between 0 and 1.

    Example:
        >>> wql([10.0, 0.0], [[8.0, 12.0], [0.0, 2.0]], levels=[0.25, 0.75])  # (1 + 1 + 0 + 1) / 2 / 10
        0.15
    """
    y, losses, w = _losses(actual, quantiles, levels, weights)
    if w is not None:
        y, losses = y * w, losses * w
    total = float(np.abs(y).sum())
    return 2 * float(losses.sum()) / total if total > 0 else float("nan")


def mean_pinball(actual: Float64, quantiles: Float64, levels: Sequence[float]) -> Float64:
    """(...) each value's pinball loss, averaged over the levels.

    Args:
        actual: (...)
        quantiles: (..., Q)
        levels: (Q,)
    """
    total = np.zeros(actual.shape)
    for k, level in enumerate(levels):  # of a few levels, so that no array of all losses is made
        total += _pinball(actual, quantiles[..., k], np.float64(level))
    return total / len(levels)


def _losses(
    actual: ArrayLike, quantiles: ArrayLike, levels: Sequence[float], weights: ArrayLike | None
) -> tuple[Float64, Float64, Float64 | None]:
    """The observed values (M,), their mean pinball losses (M,) and their weights (M,)."""
    y = floats("actual", actual)
    at = floats("levels", levels, 1)
    if not len(at) or not ((at > 0) & (at < 1)).all():
        raise ArgumentError(f"`levels` must lie above 0 and below 1; got {show(list(at))}.")
    q = _last_axis("quantiles", quantiles, y, len(at))
    kept = ~np.isnan(y)
    w = None if weights is None else checked_weights(weights, y)[kept]
    return y[kept], mean_pinball(y[kept], q[kept], at.tolist()), w


def _last_axis(name: str, values: ArrayLike, actual: Float64, size: int | None) -> Float64:
    """An array of the actual values' shape with one axis more."""
    x = floats(name, values)
    fits = x.ndim == actual.ndim + 1 and x.shape[:-1] == actual.shape and x.shape[-1] > 0
    if not fits or (size is not None and x.shape[-1] != size):
        wanted = "one axis of samples more" if size is None else f"one axis more, of {size} levels"
        raise ArgumentError(
            f"`{name}` must have the shape of `actual`, {actual.shape}, and {wanted}; got {x.shape}."
        )
    return x


def _pinball(actual: Float64, forecast: Float64, level: np.float64) -> Float64:
    error = actual - forecast
    return np.maximum(level * error, (level - 1) * error)
