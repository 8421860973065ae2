"""Exponential smoothing of a level, plain and on seasonally adjusted values.

The level follows each observed value, ``l[t] = l[t - 1] + alpha (y[t] - l[t - 1])``, and the last one is forecast. A
missing value leaves the level as it is. ``alpha`` and the level before the first row are those with the least squared
error one step ahead: Hyndman, Koehler, Ord & Snyder, "Forecasting with Exponential Smoothing" (2008), chapter 5.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rollcast._types import Bool, Float64
from rollcast.evaluation.baselines.known_rows import KnownRows
from rollcast.evaluation.baselines.length_blocks import LengthBlock, forecast_blocks
from rollcast.evaluation.baselines.seasonal_indices import Indices, no_season, seasonal_indices

SES: Final = "SES"
SEASONAL_ES: Final = "seasonal ES"

LEAST_ALPHA: Final = 1e-4
"""Below it a level would never move again."""

LEAST_FITTED: Final = 4
"""Observed values from which ``alpha`` is estimated; of fewer the last one is the level, as in naive."""

GRID: Final = 25
"""Values of the root of ``alpha`` that are tried first, evenly spaced up to 1."""

FINER: Final = 9
"""Values tried in each round between the neighbours of the best so far, which makes the grid four times finer."""

ROUNDS: Final = 4


def smooth_level(known: KnownRows, h: int, season: int = 1) -> Float64:
    """Forecast by simple exponential smoothing.

    Args:
        known: the newest known row of each forecast.
        h: steps to forecast.
        season: not used; every baseline is called alike.

    Returns:
        (M, h) the forecasts; NaN where nothing was observed.
    """

    def forecast(block: LengthBlock) -> Float64:
        return _smooth(block, h, no_season(block.values.shape[1]))

    return forecast_blocks(known, h, season, forecast)


def smooth_seasonal(known: KnownRows, h: int, season: int) -> Float64:
    """Forecast by exponential smoothing of the seasonally adjusted values.

    Series without a season in the sense of :func:`seasonal_indices` are forecast as by ``smooth_level``. This is the
    "Single" of the M3 competition: Makridakis & Hibon (2000), Int. J. Forecasting 16, 451-476.

    Args:
        known: the newest known row of each forecast.
        h: steps to forecast.
        season: rows in a season.

    Returns:
        (M, h) the forecasts; NaN where nothing was observed.
    """

    def forecast(block: LengthBlock) -> Float64:
        return _smooth(block, h, seasonal_indices(block, season))

    return forecast_blocks(known, h, season, forecast)


def fit_level(values: Float64, fitted: Bool) -> tuple[Float64, Float64]:
    """The smoothing parameter and the first level with the least squared error one step ahead.

    Given ``alpha``, the errors are linear in the first level, so that its best value is known exactly. ``alpha`` is
    searched for on a grid, which then becomes finer around its best value.

    Args:
        values: (T, S) anything where not fitted.
        fitted: (T, S)

    Returns:
        ``alpha`` (S,) and the level before the first row (S,).
    """
    count = fitted.sum(axis=0)
    centre = np.sum(values, axis=0, where=fitted) / np.maximum(count, 1)
    centred = np.where(fitted, values - centre, 0.0)
    root = np.linspace(np.sqrt(LEAST_ALPHA), 1.0, GRID)[None]
    apart = (1.0 - np.sqrt(LEAST_ALPHA)) / (GRID - 1)
    for _ in range(ROUNDS):
        best = _least(root, _squared_errors(root**2, centred, fitted)[0])
        root = best[:, None] + apart * np.linspace(-1, 1, FINER)
        root = np.clip(root, np.sqrt(LEAST_ALPHA), 1.0)
        apart *= 2 / (FINER - 1)
    errors, first = _squared_errors(root**2, centred, fitted)
    alpha = np.where(count < LEAST_FITTED, 1.0, _least(root, errors) ** 2)
    return alpha, centre + _least(first, errors)


def roll_level(values: Float64, seen: Bool, alpha: Float64, first: Float64) -> Float64:
    """(T, S) the level after each row; a value that was not seen leaves it as it is.

    Args:
        values: (T, S)
        seen: (T, S)
        alpha: (S,)
        first: (S,) the level before the first row.
    """
    levels = np.empty_like(values)
    level = first
    for t, (y, weight) in enumerate(zip(values, alpha * seen, strict=True)):
        level = level + weight * (y - level)
        levels[t] = level
    return levels


def _smooth(block: LengthBlock, h: int, indices: Indices) -> Float64:
    """(m, h) the last level, with the season where there is one."""
    adjusted = indices.adjust(block.values)
    levels = roll_level(adjusted, block.seen, *fit_level(adjusted, block.fitted))
    level = levels[block.step, block.column][:, None]
    return indices.restore(level, block.forecast_rows(h), block.column)


def _squared_errors(alpha: Float64, centred: Float64, fitted: Bool) -> tuple[Float64, Float64]:
    """(S, A) the least squared error at each ``alpha``, and the first level that gives it.

    ``share`` is what is left of the first level in the present one: with it as ``l``, an error is ``e - share l``. A
    row that counts for no series changes nothing and is left out; one that counts for all needs no weights. Where all
    rows do, series that try the same ``alpha`` have the same shares.

    Args:
        alpha: (S, A), or (1, A) for all series.
        centred: (T, S)
        fitted: (T, S)
    """
    shape = (centred.shape[1], alpha.shape[1])
    rows = np.flatnonzero(fitted.any(axis=1))
    whole = np.asarray(fitted[rows].all(axis=1))
    level, total, cross, error, work = np.zeros((5, *shape))
    share = np.ones(alpha.shape if whole.all() else shape)
    square, part = np.zeros((2, *share.shape))
    for t, counts_for_all in zip(rows, whole, strict=True):
        weight = None if counts_for_all else fitted[t, :, None].astype(np.float64)
        np.subtract(centred[t, :, None], level, out=error)
        if weight is not None:
            np.multiply(error, weight, out=error)
        total += np.multiply(error, error, out=work)
        cross += np.multiply(error, share, out=work)
        np.multiply(share, share, out=part)
        square += part if weight is None else np.multiply(part, weight, out=part)
        level += np.multiply(error, alpha, out=work)
        np.multiply(share, alpha, out=part)
        share -= part if weight is None else np.multiply(part, weight, out=part)
    first = cross / np.where(square > 0, square, 1.0)
    return total - first * cross, first


def _least(candidates: Float64, errors: Float64) -> Float64:
    """(S,) the candidate (S, A), or (1, A) for all series, with the least error (S, A)."""
    candidates = np.broadcast_to(candidates, errors.shape)
    return np.take_along_axis(candidates, np.argmin(errors, axis=1)[:, None], axis=1)[:, 0]
