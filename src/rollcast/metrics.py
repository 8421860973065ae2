"""Errors of forecasts, each with its equation and its source.

Everywhere ``y`` is the actual value and ``f`` its forecast; a NaN in ``actual`` means that nothing
was observed there, and that place is left out. A NaN in ``forecast`` is a fault, not a gap: it
makes the error NaN. With nothing observed, each function returns NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rollcast._types import Float64
from rollcast.errors import ArgumentError
from rollcast.options.argument_checks import floats, whole

_UNWARNED = np.errstate(over="ignore", invalid="ignore")
"""Forecasts that diverged give inf or NaN, without NumPy's warning."""


@_UNWARNED
def mae(actual: ArrayLike, forecast: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Mean absolute error, ``mean(|y - f|)``.

    Args:
        actual: any shape; NaN where not observed.
        forecast: the same shape and unit.
        weights: of each value, >= 0; None for equal ones.

    Returns:
        The error in the data's unit, >= 0.

    Raises:
        ArgumentError: if the shapes differ.

    Example:
        >>> mae([1.0, 2.0, float("nan")], [2.0, 4.0, 9.0])
        1.5
    """
    y, f, w = _weighted(actual, forecast, weights)
    return _mean(np.abs(y - f), w)


@_UNWARNED
def rmse(actual: ArrayLike, forecast: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Root mean square error, ``sqrt(mean((y - f)^2))``.

    Args:
        actual: any shape; NaN where not observed.
        forecast: the same shape and unit.
        weights: of each value, >= 0; None for equal ones.

    Returns:
        The error in the data's unit, >= 0; never below the MAE.

    Raises:
        ArgumentError: if the shapes differ.
    """
    y, f, w = _weighted(actual, forecast, weights)
    return float(np.sqrt(_mean(np.square(y - f), w)))


@_UNWARNED
def bias(actual: ArrayLike, forecast: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Mean error, ``mean(f - y)``: above zero where the forecast is too high on average.

    Args:
        actual: any shape; NaN where not observed.
        forecast: the same shape and unit.
        weights: of each value, >= 0; None for equal ones.

    Returns:
        The bias in the data's unit.

    Raises:
        ArgumentError: if the shapes differ.
    """
    y, f, w = _weighted(actual, forecast, weights)
    return _mean(f - y, w)


@_UNWARNED
def mape(actual: ArrayLike, forecast: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Mean absolute percentage error, ``100 mean(|y - f| / |y|)``.

    It has no value where an actual value is zero, and NaN says so; ``count_zeros`` tells how many
    there are. See Hyndman & Koehler (2006), "Another look at measures of forecast accuracy", Int.
    J. Forecasting 22, 679-688.

    Args:
        actual: any shape; NaN where not observed.
        forecast: the same shape and unit.
        weights: of each value, >= 0; None for equal ones.

    Returns:
        Percent, >= 0; NaN if any observed value is zero.

    Raises:
        ArgumentError: if the shapes differ.
    """
    y, f, w = _weighted(actual, forecast, weights)
    if np.any(y == 0):
        return float("nan")
    return 100 * _mean(np.abs(y - f) / np.abs(y), w)


@_UNWARNED
def smape(actual: ArrayLike, forecast: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Symmetric mean absolute percentage error, ``200 mean(|y - f| / (|y| + |f|))``.

    A place where both are zero counts 0. The form of the M3 and M4 competitions: Makridakis & Hibon
    (2000), "The M3-Competition: results, conclusions and implications", Int. J. Forecasting 16,
    451-476.

    Args:
        actual: any shape; NaN where not observed.
        forecast: the same shape and unit.
        weights: of each value, >= 0; None for equal ones.

    Returns:
        Percent, 0 to 200.

    Raises:
        ArgumentError: if the shapes differ.
    """
    y, f, w = _weighted(actual, forecast, weights)
    size = np.abs(y) + np.abs(f)
    terms = np.where(np.isinf(size), 1.0, 0.0)  # an infinite forecast counts in full
    np.divide(np.abs(y - f), size, out=terms, where=(size != 0) & ~np.isinf(size))
    return 200 * _mean(terms, w)


@_UNWARNED
def wape(actual: ArrayLike, forecast: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Weighted absolute percentage error, ``100 sum(|y - f|) / sum(|y|)``; also known as MAD/mean.

    Unlike MAPE it bears single zeros. See Kolassa & Schütz (2007), "Advantages of the MAD/Mean
    ratio over the MAPE", Foresight 6, 40-43.

    Args:
        actual: any shape; NaN where not observed.
        forecast: the same shape and unit.
        weights: of each value, >= 0; None for equal ones.

    Returns:
        Percent, >= 0; NaN if every observed value is zero.

    Raises:
        ArgumentError: if the shapes differ.
    """
    y, f, w = _weighted(actual, forecast, weights)
    if w is not None:
        y, f = y * w, f * w
    total = float(np.sum(np.abs(y)))
    return 100 * float(np.sum(np.abs(y - f))) / total if total > 0 else float("nan")


@_UNWARNED
def mase(
    actual: ArrayLike, forecast: ArrayLike, scale: ArrayLike, *, weights: ArrayLike | None = None
) -> float:
    """Mean absolute scaled error, ``mean(|y - f| / scale)``.

    Below 1, the forecast errs less than the (seasonal) naive one did in sample. Hyndman & Koehler
    (2006), "Another look at measures of forecast accuracy", Int. J. Forecasting 22, 679-688. Rows
    whose scale is zero (a constant series) or NaN have no scaled error and are left out.

    Args:
        actual: (..., h) NaN where not observed.
        forecast: (..., h) in the same unit.
        scale: (...) one in-sample error for each row of ``h`` values, as ``seasonal_scale`` gives
            it; or one number.
        weights: of each value, >= 0; None for equal ones.

    Returns:
        A ratio, >= 0; NaN where no row has a scale.

    Raises:
        ArgumentError: if the shapes differ.
    """
    y, f = _same_shape(actual, forecast)
    q = floats("scale", scale)
    if q.ndim and q.shape != y.shape[:-1]:
        raise ArgumentError(
            f"`scale` must be one number or have the shape {y.shape[:-1]}, one for each row; "
            f"got {q.shape}."
        )
    q = np.broadcast_to(q[..., None] if q.ndim else q, y.shape)
    kept = ~np.isnan(y) & (q > 0) & np.isfinite(q)
    y, f, w = _weighted(np.where(kept, y, np.nan), f, weights)
    return _mean(np.abs(y - f) / q[kept], w)


@_UNWARNED
def seasonal_scale(values: ArrayLike, season: int | None = None) -> float:
    """MASE's scale: the error of the naive forecast in sample, ``mean(|y[t] - y[t - season]|)``.

    Hyndman & Koehler (2006), "Another look at measures of forecast accuracy", Int. J. Forecasting
    22, 679-688. Pass training rows alone.

    Args:
        values: (N,) one series; NaN where not observed.
        season: rows in a season, >= 1; None means 1, the naive forecast.

    Returns:
        The error in the data's unit, >= 0; NaN where no two values are a season apart.

    Raises:
        ArgumentError: if ``season`` is below 1 or ``values`` has not one dimension.

    Example:
        >>> seasonal_scale([1.0, 5.0, 2.0, 7.0], season=2)
        1.5
    """
    y = floats("values", values, 1)
    lag = 1 if season is None else whole("season", season)
    steps = np.abs(y[lag:] - y[:-lag])
    return _mean(steps[~np.isnan(steps)], None)


def count_zeros(actual: ArrayLike) -> int:
    """How many observed values are exactly zero, and so leave MAPE undefined."""
    return int(np.count_nonzero(floats("actual", actual) == 0))


def observed_pairs(actual: ArrayLike, forecast: ArrayLike) -> tuple[Float64, Float64]:
    """Leave out the places where nothing was observed.

    Args:
        actual: any shape; NaN where not observed.
        forecast: the same shape.

    Returns:
        The actual values (M,) and their forecasts (M,).

    Raises:
        ArgumentError: if the shapes differ.
    """
    y, f = _same_shape(actual, forecast)
    kept = ~np.isnan(y)
    return y[kept], f[kept]


def _same_shape(actual: ArrayLike, forecast: ArrayLike) -> tuple[Float64, Float64]:
    y, f = floats("actual", actual), floats("forecast", forecast)
    if y.shape != f.shape:
        raise ArgumentError(
            f"`actual` and `forecast` must have the same shape; got {y.shape} and {f.shape}."
        )
    return y, f


def _weighted(
    actual: ArrayLike, forecast: ArrayLike, weights: ArrayLike | None
) -> tuple[Float64, Float64, Float64 | None]:
    """The actual values (M,) that were observed, their forecasts (M,) and their weights (M,)."""
    y, f = _same_shape(actual, forecast)
    kept = ~np.isnan(y)
    if weights is None:
        return y[kept], f[kept], None
    w = floats("weights", weights)
    if w.shape != y.shape or not (w[kept] >= 0).all():
        raise ArgumentError(
            f"`weights` must have the shape {y.shape} and be at least 0 wherever a value was observed; got {w.shape}."
        )
    return y[kept], f[kept], w[kept]


def _mean(values: Float64, weights: Float64 | None) -> float:
    """The mean; NaN of nothing, and what has no weight does not count."""
    if weights is None:
        return float(np.mean(values)) if values.size else float("nan")
    values, weights = values[weights > 0], weights[weights > 0]
    return float(np.average(values, weights=weights)) if values.size else float("nan")
