"""How good intervals are: how often they hold what came, how wide they are, and both in one score."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rollcast._types import Float64
from rollcast.errors import ArgumentError, show
from rollcast.metrics.point_errors import (
    UNWARNED,
    checked_weights,
    same_shape,
    scale_of_each,
    weighted_mean,
)
from rollcast.options.argument_checks import floats, number


def coverage(
    actual: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, weights: ArrayLike | None = None
) -> float:
    """Share of the observed values that lie in their interval, ``mean(lower <= y <= upper)``.

    A good interval of 80 % covers 0.8 of them: neither less nor more.

    Args:
        actual: any shape; NaN where not observed.
        lower: the same shape and unit.
        upper: the same shape and unit.
        weights: of each value, >= 0; None for equal ones.

    Returns:
        A share, 0 to 1; NaN where an end is NaN.

    Raises:
        ArgumentError: if the shapes differ.

    Example:
        >>> coverage([1.0, 5.0, float("nan")], [0.0, 0.0, 0.0], [2.0, 4.0, 9.0])
        0.5
    """
    y, low, high, w = _intervals(actual, lower, upper, weights)
    inside = ((low <= y) & (y <= high)).astype(np.float64)
    return weighted_mean(np.where(np.isnan(low) | np.isnan(high), np.nan, inside), w)


def interval_width(
    lower: ArrayLike, upper: ArrayLike, *, weights: ArrayLike | None = None
) -> float:
    """Mean width of intervals, ``mean(upper - lower)``: of two that cover as often, the narrower one says more.

    Args:
        lower: any shape.
        upper: the same shape and unit.
        weights: of each interval, >= 0; None for equal ones.

    Returns:
        The width in the data's unit.

    Raises:
        ArgumentError: if the shapes differ.

    Example:
        >>> interval_width([1.0, 0.0], [2.0, 4.0])
        2.5
    """
    low, high = same_shape("lower", lower, "upper", upper)
    w = None if weights is None else checked_weights(weights, np.zeros(low.shape)).ravel()
    return weighted_mean((high - low).ravel(), w)


@UNWARNED
def msis(
    actual: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    scale: ArrayLike,
    level: float = 95,
    *,
    weights: ArrayLike | None = None,
) -> float:
    """Mean scaled interval score: the width, and ``2 / a`` times how far ``y`` lies outside, over MASE's scale.

    ``a = 1 - level / 100``. The score of the M4 competition, which took 95 % and the seasonal naive error in sample as
    the scale: ``seasonal_scale`` with the lag of the season (24 hours, 12 months, 4 quarters, else 1). Makridakis,
    Spiliotis & Assimakopoulos (2020), "The M4 Competition: 100,000 time series and 61 forecasting methods", Int. J.
    Forecasting 36, 54-74; Gneiting & Raftery (2007), J. American Statistical Association 102, 359-378, equation 43.
    Rows whose scale is zero or NaN are left out. GIFT-Eval takes the lag of its MASE and 95 %; of a model that gives
    nine quantiles it takes the ends along an exponential tail through 0.1 and 0.2, and through 0.8 and 0.9.

    Args:
        actual: (..., h) NaN where not observed.
        lower: (..., h) in the same unit.
        upper: (..., h) in the same unit.
        scale: (...) one in-sample error for each row of ``h`` values; or one number.
        level: of the interval, in percent.
        weights: of each value, >= 0; None for equal ones.

    Returns:
        A ratio, >= 0; NaN where no row has a scale.

    Raises:
        ArgumentError: if the shapes differ, or ``level`` is not between 0 and 100.

    Example:
        >>> msis([[1.0, 7.0]], [[0.0, 0.0]], [[2.0, 6.0]], scale=[2.0], level=80)  # (2 + 6 + 10 * 1) / 2 / 2
        4.5
    """
    percent = number("level", level)
    if not 0 < percent < 100:
        raise ArgumentError(f"`level` must be above 0 and below 100 percent; got {show(level)}.")
    y = floats("actual", actual)
    q = scale_of_each("scale", scale, y.shape)
    y = np.where((q > 0) & np.isfinite(q), y, np.nan)
    kept = ~np.isnan(y)
    y, low, high, w = _intervals(y, lower, upper, weights)
    outside = np.maximum(low - y, 0) + np.maximum(y - high, 0)
    score = high - low + outside * (200 / (100 - percent))
    return weighted_mean(score / q[kept], w)


def _intervals(
    actual: ArrayLike, lower: ArrayLike, upper: ArrayLike, weights: ArrayLike | None
) -> tuple[Float64, Float64, Float64, Float64 | None]:
    """The observed values (M,), the ends of their intervals (M,) and their weights (M,)."""
    y, low = same_shape("actual", actual, "lower", lower)
    _, high = same_shape("actual", actual, "upper", upper)
    kept = ~np.isnan(y)
    w = None if weights is None else checked_weights(weights, y)[kept]
    return y[kept], low[kept], high[kept], w
