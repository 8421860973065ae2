"""Naive and seasonal naive: the last value or the last season is repeated.

Of one series, an **origin** ``o`` parts the known from the unknown: rows before ``o`` are known, and rows ``o .. o
+ h - 1`` are forecast. NaN means that nothing was observed. See Hyndman & Athanasopoulos,
"Forecasting: Principles and Practice" (3rd edition, 2021), section 5.2.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from rollcast._types import Float64, Int64
from rollcast.errors import ArgumentError
from rollcast.evaluation.baselines.known_rows import KnownRows, last_values, latest_observed, pick

NAIVE: Final = "naive"
SEASONAL_NAIVE: Final = "seasonal naive"


def naive(history: ArrayLike, h: int) -> Float64:
    """Repeat the last observed value: ``f[N + j] = y[N - 1]``.

    Args:
        history: (N,) one series; NaN where not observed.
        h: steps to forecast, >= 1.

    Returns:
        (h,) the forecast; NaN if nothing was ever observed.

    Raises:
        ArgumentError: if ``h`` is below 1 or ``history`` has not one dimension.

    Example:
        >>> naive([3.0, 5.0, float("nan")], h=2).tolist()
        [5.0, 5.0]
    """
    values = _series(history)
    return naive_at(values, [len(values)], h)[0]


def seasonal_naive(history: ArrayLike, h: int, season: int) -> Float64:
    """Repeat the last observed season: ``f[N + j] = y[N + j - season (1 + j // season)]``.

    Where the value one season back is missing, the last observed value of the same phase stands in;
    where that phase was never observed, the last observed value.

    Args:
        history: (N,) one series; NaN where not observed.
        h: steps to forecast, >= 1.
        season: rows in a season, >= 1.

    Returns:
        (h,) the forecast; NaN if nothing was ever observed.

    Raises:
        ArgumentError: if ``h`` or ``season`` is below 1 or ``history`` has not one dimension.

    Example:
        >>> seasonal_naive([9.0, 1.0, 2.0, 3.0], h=4, season=3).tolist()
        [1.0, 2.0, 3.0, 1.0]
    """
    values = _series(history)
    return seasonal_naive_at(values, [len(values)], h, season)[0]


def naive_at(values: ArrayLike, origins: ArrayLike, h: int) -> Float64:
    """Forecast from many origins at once by the last value observed before each.

    Args:
        values: (N,) one series; NaN where not observed.
        origins: (O,) integers 0..N; only rows before an origin are read for it.
        h: steps to forecast, >= 1.

    Returns:
        (O, h) the forecasts; NaN where nothing was observed before the origin.

    Raises:
        ArgumentError: if ``h`` is below 1, an origin is outside 0..N, or ``values`` has not one
            dimension.
    """
    y = _series(values)
    o = _origins(origins, len(y))
    _at_least_one("h", h)
    return repeat_value(_known(y, o), h)


def seasonal_naive_at(values: ArrayLike, origins: ArrayLike, h: int, season: int) -> Float64:
    """Forecast from many origins at once by the season observed before each.

    Gaps are filled as in ``seasonal_naive``.

    Args:
        values: (N,) one series; NaN where not observed.
        origins: (O,) integers 0..N; only rows before an origin are read for it.
        h: steps to forecast, >= 1.
        season: rows in a season, >= 1.

    Returns:
        (O, h) the forecasts; NaN where nothing was observed before the origin.

    Raises:
        ArgumentError: if ``h`` or ``season`` is below 1, an origin is outside 0..N, or ``values``
            has not one dimension.
    """
    y = _series(values)
    o = _origins(origins, len(y))
    _at_least_one("h", h)
    _at_least_one("season", season)
    return repeat_season(_known(y, o), h, season)


def repeat_value(known: KnownRows, h: int, season: int = 1) -> Float64:
    """Forecast by the last value observed.

    Args:
        known: the newest known row of each forecast.
        h: steps to forecast.
        season: not used; every baseline is called alike.

    Returns:
        (M, h) the forecasts; NaN where nothing was observed.
    """
    return np.repeat(last_values(known)[:, None], h, axis=1)


def repeat_season(known: KnownRows, h: int, season: int) -> Float64:
    """Forecast by the season observed last. Gaps are filled as in ``seasonal_naive``.

    Args:
        known: the newest known row of each forecast.
        h: steps to forecast.
        season: rows in a season.

    Returns:
        (M, h) the forecasts; NaN where nothing was observed.
    """
    same_phase = latest_observed(known.values, known.offsets, season)
    back = known.row[:, None] + 1 - season + np.arange(min(h, season))  # rows of the last season
    places = np.where(back >= 0, back + known.offsets[known.series][:, None], -1)
    rows = np.append(same_phase, -1)[places]
    made = np.where(rows >= 0, pick(known.values, rows), last_values(known)[:, None])
    return made[:, np.arange(h) % season]


def _known(values: Float64, origins: Int64) -> KnownRows:
    """One series, known up to the row before each origin."""
    return KnownRows(
        values, np.array([0, len(values)]), np.zeros(len(origins), np.int64), origins - 1
    )


def _series(values: ArrayLike) -> Float64:
    y = np.asarray(values, dtype=np.float64)
    if y.ndim != 1:
        raise ArgumentError(
            f"A baseline reads one series of one dimension; got {y.ndim} dimensions."
        )
    return y


def _origins(origins: ArrayLike, length: int) -> Int64:
    o = np.asarray(origins, dtype=np.int64)
    if o.ndim != 1:
        raise ArgumentError(f"`origins` must have one dimension; got {o.ndim}.")
    if o.size and (o.min() < 0 or o.max() > length):
        raise ArgumentError(
            f"`origins` must lie in 0..{length}, the rows of the series; got {o.min()}..{o.max()}."
        )
    return o


def _at_least_one(name: str, value: int) -> None:
    if value < 1:
        raise ArgumentError(f"`{name}` must be an integer >= 1; got {value!r}.")
