"""The Theta method: a trend line, and exponential smoothing of the series with its distance from that line doubled.

The forecast is the mean of both: Assimakopoulos & Nikolopoulos (2000), "The theta model: a decomposition approach to
forecasting", Int. J. Forecasting 16, 521-530. It is exponential smoothing with a drift of half the line's slope:
Hyndman & Billah (2003), "Unmasking the Theta method", Int. J. Forecasting 19, 287-290. ``alpha`` is fitted to the
smoothed series itself, as in the benchmarks of the M4 competition.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.evaluation.baselines.exponential_smoothing import (
    LEAST_FITTED,
    fit_level,
    roll_level,
)
from rollcast.evaluation.baselines.known_rows import KnownRows
from rollcast.evaluation.baselines.length_blocks import LengthBlock, forecast_blocks
from rollcast.evaluation.baselines.seasonal_indices import no_season, seasonal_indices

THETA: Final = "Theta"


class TrendLine(NamedTuple):
    """The least-squares line through what was observed up to each row: ``intercept + slope t``.

    Attributes:
        intercept: (T, S)
        slope: (T, S) 0 where fewer than ``LEAST_FITTED`` values were observed.
    """

    intercept: Float64
    slope: Float64

    def take(self, step: Int64, column: Int64) -> TrendLine:
        """(m,) the lines known at some rows of some series."""
        return TrendLine(self.intercept[step, column], self.slope[step, column])

    def at(self, rows: Int64 | Float64) -> Float64:
        """The line's values, by the rules of broadcasting."""
        return self.intercept + self.slope * rows


def forecast_theta(known: KnownRows, h: int, season: int) -> Float64:
    """Forecast by the Theta method, on seasonally adjusted values where :func:`seasonal_indices` finds a season.

    Seasonal indices and ``alpha`` are those of a series' first origin; the line is drawn anew at each origin.

    Args:
        known: the newest known row of each forecast.
        h: steps to forecast.
        season: rows in a season, or 1.

    Returns:
        (M, h) the forecasts; NaN where nothing was observed.
    """

    def forecast(block: LengthBlock) -> Float64:
        count = block.values.shape[1]
        indices = seasonal_indices(block, season) if season > 1 else no_season(count)
        values = indices.adjust(block.values)
        level, line = _theta_level(block, values)
        rows = block.forecast_rows(h)
        ahead = TrendLine(line.intercept[:, None], line.slope[:, None]).at(rows)
        return indices.restore((level[:, None] + ahead) / 2, rows, block.column)

    return forecast_blocks(known, h, season, forecast)


def trend_lines(values: Float64, seen: Bool, centre: Int64) -> TrendLine:
    """The line through what was seen up to each row, from sums so far.

    Args:
        values: (T, S) anything where not seen.
        seen: (T, S)
        centre: (S,) a row near which lines are wanted: the sums are about it, so that few digits are lost.
    """
    t = np.arange(len(values))[:, None] - centre
    y = np.where(seen, values, 0.0)
    count = np.maximum(np.cumsum(seen, axis=0), 1)
    middle, mean = np.cumsum(t * seen, axis=0) / count, np.cumsum(y, axis=0) / count
    square = np.cumsum(t * t * seen, axis=0) - count * middle**2
    cross = np.cumsum(t * y, axis=0) - count * middle * mean
    slope = np.where(count >= LEAST_FITTED, cross, 0.0) / np.where(square > 0, square, 1.0)
    return TrendLine(mean - slope * (middle + centre), slope)


def _theta_level(block: LengthBlock, values: Float64) -> tuple[Float64, TrendLine]:
    """(m,) the level of ``2 y - line`` at each forecast's newest known row, and the line (m,) that is known there.

    A level is linear in what it smooths. So the levels of ``y``, of 1 and of ``t`` give that of any line's distance.
    """
    steps, count = values.shape
    time = np.repeat(np.arange(steps, dtype=np.float64)[:, None], count, axis=1)
    newest = steps - 1 - np.argmax(block.fitted[::-1], axis=0)
    lines = trend_lines(values, block.seen, newest)
    fitted = lines.take(newest, np.arange(count)).at(time)
    alpha, first = fit_level(2 * values - fitted, block.fitted)
    none, at = np.zeros(count), (block.step, block.column)
    of_values = roll_level(values, block.seen, alpha, none)[at]
    of_time = roll_level(time, block.seen, alpha, none)[at]
    of_first = roll_level(np.zeros_like(values), block.seen, alpha, np.ones(count))[at]
    line = lines.take(*at)
    of_line = line.intercept * (1 - of_first) + line.slope * of_time
    return 2 * of_values - of_line + of_first * first[block.column], line
