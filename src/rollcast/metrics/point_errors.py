"""Errors of point forecasts, each with its equation and its source.

Everywhere ``y`` is the actual value and ``f`` its forecast; a NaN in ``actual`` means that nothing
was observed there, and that place is left out. A NaN in ``forecast`` is a fault, not a gap: it
makes the error NaN. With nothing observed, each function returns NaN.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rollcast._types import Float64
from rollcast.errors import ArgumentError
from rollcast.options.argument_checks import floats, whole

UNWARNED = np.errstate(over="ignore", invalid="ignore")
"""Forecasts that diverged give inf or NaN, without NumPy's warning."""


@UNWARNED
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
    y, f, w = weighted(actual, forecast, weights)
    return weighted_mean(np.abs(y - f), w)


@UNWARNED
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
    y, f, w = weighted(actual, forecast, weights)
    return float(np.sqrt(weighted_mean(np.square(y - f), w)))


@UNWARNED
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
    y, f, w = weighted(actual, forecast, weights)
    return weighted_mean(f - y, w)


@UNWARNED
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
    y, f, w = weighted(actual, forecast, weights)
    return _mape(y, np.abs(y - f), w)


@UNWARNED
def smape(actual: ArrayLike, forecast: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Symmetric mean absolute percentage error, ``200 mean(|y - f| / (|y| + |f|))``.

    A place where both are zero counts 0. The form of the M3 and M4 competitions, averaged over all values of all
    series: Makridakis & Hibon (2000), "The M3-Competition: results, conclusions and implications", Int. J. Forecasting
    16, 451-476. fev and GIFT-Eval give a hundredth of it, and leave out a place where both are zero.

    Args:
        actual: any shape; NaN where not observed.
        forecast: the same shape and unit.
        weights: of each value, >= 0; None for equal ones.

    Returns:
        Percent, 0 to 200.

    Raises:
        ArgumentError: if the shapes differ.
    """
    y, f, w = weighted(actual, forecast, weights)
    return _smape(y, f, np.abs(y - f), w)


@UNWARNED
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
    y, f, w = weighted(actual, forecast, weights)
    return _wape(y, np.abs(y - f), w)


@UNWARNED
def mase(
    actual: ArrayLike, forecast: ArrayLike, scale: ArrayLike, *, weights: ArrayLike | None = None
) -> float:
    """Mean absolute scaled error, ``mean(|y - f| / scale)``.

    Below 1, the forecast errs less than the (seasonal) naive one did in sample. Hyndman & Koehler
    (2006), "Another look at measures of forecast accuracy", Int. J. Forecasting 22, 679-688. Rows
    whose scale is zero (a constant series) or NaN have no scaled error and are left out.

    M4, fev and GIFT-Eval, too, take the mean over all values of all series, and each scale from the rows before the
    forecast. They differ in the lag, the ``season`` of ``seasonal_scale``. M4: 24 for hours, 12 for months, 4 for
    quarters, else 1. fev: that of the task. GIFT-Eval: a day for hours and minutes (24, 96 ...), 12, 4, 5 for working
    days, else 1, so 1 for days. Where no two values lie a season apart, fev divides by 1; GIFT-Eval takes lag 1 of
    series that are shorter than a season.

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
    y, f = same_shape("actual", actual, "forecast", forecast)
    q = scale_of_each("scale", scale, y.shape)
    y = np.where((q > 0) & np.isfinite(q), y, np.nan)
    kept = ~np.isnan(y)
    y, f, w = weighted(y, f, weights)
    return weighted_mean(np.abs(y - f) / q[kept], w)


@UNWARNED
def rmsse(
    actual: ArrayLike,
    forecast: ArrayLike,
    scale_squared: ArrayLike,
    *,
    weights: ArrayLike | None = None,
) -> float:
    """Root mean squared scaled error, ``sqrt(mean((y - f)^2) / scale_squared)``, averaged over the rows.

    The error of the M5 competition, for which the scale is that of lag 1 (``seasonal_scale_squared`` without a season)
    and begins at a series' first value above zero; M5 goes on to weigh the series by what they sold. Makridakis,
    Spiliotis & Assimakopoulos (2022), "M5 accuracy competition: results, findings, and conclusions", Int. J.
    Forecasting 38, 1346-1364. Rows whose scale is zero or NaN have no scaled error and are left out. fev takes the lag
    of the task, and one root of the mean over all rows: here that is the root of the mean of the rows' squares.

    Args:
        actual: (..., h) NaN where not observed.
        forecast: (..., h) in the same unit.
        scale_squared: (...) one squared in-sample error for each row of ``h`` values, as ``seasonal_scale_squared``
            gives it; or one number.
        weights: of each value within its row, >= 0; None for equal ones. Rows weigh the same.

    Returns:
        A ratio, >= 0; NaN where no row has a scale.

    Raises:
        ArgumentError: if the shapes differ.

    Example:
        >>> rmsse([[3.0, 5.0]], [[3.0, 1.0]], [2.0])
        2.0
    """
    y, f = same_shape("actual", actual, "forecast", forecast)
    q = scale_of_each("scale_squared", scale_squared, y.shape)
    y = np.where((q > 0) & np.isfinite(q), y, np.nan)
    w = np.ones(y.shape) if weights is None else checked_weights(weights, y)
    w = np.where(np.isnan(y), 0.0, w)
    squares = np.where(w > 0, np.square(y - f) / q, 0.0) * w
    total = w.sum(axis=-1)
    roots = np.sqrt(squares.sum(axis=-1)[total > 0] / total[total > 0])
    return weighted_mean(roots, None)


@UNWARNED
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
    return weighted_mean(np.abs(_seasonal_steps(values, season)), None)


@UNWARNED
def seasonal_scale_squared(values: ArrayLike, season: int | None = None) -> float:
    """RMSSE's scale: the squared error of the naive forecast in sample, ``mean((y[t] - y[t - season])^2)``.

    M5 takes it without a season and from the first value above zero on: leave the zeros before it out. Pass training
    rows alone.

    Args:
        values: (N,) one series; NaN where not observed.
        season: rows in a season, >= 1; None means 1, the naive forecast.

    Returns:
        The squared error in the square of the data's unit, >= 0; NaN where no two values are a season apart.

    Raises:
        ArgumentError: if ``season`` is below 1 or ``values`` has not one dimension.

    Example:
        >>> seasonal_scale_squared([1.0, 4.0, 3.0])
        5.0
    """
    return weighted_mean(np.square(_seasonal_steps(values, season)), None)


class PointErrors(NamedTuple):
    """What the functions of these names give for the same values."""

    mae: float
    rmse: float
    bias: float
    mape: float
    smape: float
    wape: float


@UNWARNED
def point_errors(
    actual: ArrayLike, forecast: ArrayLike, *, weights: ArrayLike | None = None
) -> PointErrors:
    """Several errors at once, for which the observed values are looked up a single time.

    Args:
        actual: any shape; NaN where not observed.
        forecast: the same shape and unit.
        weights: of each value, >= 0; None for equal ones.

    Raises:
        ArgumentError: if the shapes differ.
    """
    y, f, w = weighted(actual, forecast, weights)
    error = f - y
    size = np.abs(error)
    return PointErrors(
        mae=weighted_mean(size, w),
        rmse=float(np.sqrt(weighted_mean(np.square(error), w))),
        bias=weighted_mean(error, w),
        mape=_mape(y, size, w),
        smape=_smape(y, f, size, w),
        wape=_wape(y, size, w),
    )


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
    y, f = same_shape("actual", actual, "forecast", forecast)
    kept = ~np.isnan(y)
    return y[kept], f[kept]


def same_shape(
    one: str, first: ArrayLike, other: str, second: ArrayLike
) -> tuple[Float64, Float64]:
    """Two arrays of one shape.

    Args:
        one: name of the first argument.
        first: its value.
        other: name of the second.
        second: its value.

    Raises:
        ArgumentError: if the shapes differ.
    """
    y, f = floats(one, first), floats(other, second)
    if y.shape != f.shape:
        raise ArgumentError(
            f"`{one}` and `{other}` must have the same shape; got {y.shape} and {f.shape}."
        )
    return y, f


def scale_of_each(name: str, scale: ArrayLike, shape: tuple[int, ...]) -> Float64:
    """The scale of every value (..., h) by its row's (...).

    Raises:
        ArgumentError: if it is neither one number nor one for each row.
    """
    q = floats(name, scale)
    if q.ndim and q.shape != shape[:-1]:
        raise ArgumentError(
            f"`{name}` must be one number or have the shape {shape[:-1]}, one for each row; got {q.shape}."
        )
    return np.broadcast_to(q[..., None] if q.ndim else q, shape)


def checked_weights(weights: ArrayLike, actual: Float64) -> Float64:
    """Weights of the values' shape, at least 0 wherever one was observed.

    Raises:
        ArgumentError: others.
    """
    w = floats("weights", weights)
    if w.shape != actual.shape or not (w[~np.isnan(actual)] >= 0).all():
        raise ArgumentError(
            f"`weights` must have the shape {actual.shape} and be at least 0 wherever a value was observed; got "
            f"{w.shape}."
        )
    return w


def weighted(
    actual: ArrayLike, forecast: ArrayLike, weights: ArrayLike | None
) -> tuple[Float64, Float64, Float64 | None]:
    """The actual values (M,) that were observed, their forecasts (M,) and their weights (M,)."""
    y, f = same_shape("actual", actual, "forecast", forecast)
    w = None if weights is None else checked_weights(weights, y)
    kept = ~np.isnan(y)
    if kept.all():
        return y.ravel(), f.ravel(), None if w is None else w.ravel()
    return y[kept], f[kept], None if w is None else w[kept]


def weighted_mean(values: Float64, weights: Float64 | None) -> float:
    """The mean; NaN of nothing, and what has no weight does not count."""
    if weights is None:
        return float(np.mean(values)) if values.size else float("nan")
    values, weights = values[weights > 0], weights[weights > 0]
    return float(np.average(values, weights=weights)) if values.size else float("nan")


def _mape(y: Float64, size: Float64, w: Float64 | None) -> float:
    """Of observed values (M,) and the sizes of their errors (M,)."""
    return float("nan") if np.any(y == 0) else 100 * weighted_mean(size / np.abs(y), w)


def _smape(y: Float64, f: Float64, size: Float64, w: Float64 | None) -> float:
    """The same, with the forecasts (M,)."""
    both = np.abs(y) + np.abs(f)
    divides = (both != 0) & ~np.isinf(both)
    if divides.all():
        return 200 * weighted_mean(size / both, w)
    terms = np.where(np.isinf(both), 1.0, 0.0)  # an infinite forecast counts in full
    np.divide(size, both, out=terms, where=divides)
    return 200 * weighted_mean(terms, w)


def _wape(y: Float64, size: Float64, w: Float64 | None) -> float:
    """The same."""
    total = float(np.sum(np.abs(y) if w is None else np.abs(y) * w))
    errors = float(np.sum(size if w is None else size * w))
    return 100 * errors / total if total > 0 else float("nan")


def _seasonal_steps(values: ArrayLike, season: int | None) -> Float64:
    """The differences of values that lie a season apart, where both were observed."""
    y = floats("values", values, 1)
    lag = 1 if season is None else whole("season", season)
    steps = y[lag:] - y[:-lag]
    return steps[~np.isnan(steps)]
