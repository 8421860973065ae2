"""Seasonal indices: a test for a season, and classical decomposition where there is one.

As in the benchmarks of the M4 competition: Makridakis, Spiliotis & Assimakopoulos (2020), "The M4 Competition: 100,000
time series and 61 forecasting methods", Int. J. Forecasting 36, 54-74.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.evaluation.baselines.length_blocks import LengthBlock

NINETY_PERCENT: Final = 1.645
"""The normal quantile of a two-sided test at 90 %."""

LEAST_SEASONS: Final = 3
"""Seasons of observed values without which a series has none."""

LEAST_INDEX: Final = 0.01
"""Indices below it make a season additive: values divided by them would rule the level."""


class Indices(NamedTuple):
    """What a season adds to each row of it, or what it multiplies each row by.

    Attributes:
        added: (season, S) 0 where the season multiplies.
        factor: (season, S) 1 where the season adds; both where there is none.
    """

    added: Float64
    factor: Float64

    def adjust(self, values: Float64) -> Float64:
        """(T, S) values without their season, from the first row of a season on."""
        phase = np.arange(len(values)) % len(self.added)
        return (values - self.added[phase]) / self.factor[phase]

    def restore(self, adjusted: Float64, rows: Int64, column: Int64) -> Float64:
        """(m, h) forecasts with their season, given the rows (m, h) and the series (m,)."""
        phase, s = rows % len(self.added), column[:, None]
        return adjusted * self.factor[phase, s] + self.added[phase, s]


def no_season(num_series: int) -> Indices:
    """The indices that change nothing."""
    return Indices(np.zeros((1, num_series)), np.ones((1, num_series)))


def seasonal_indices(block: LengthBlock, season: int) -> Indices:
    """The season of each series where the test finds one, from the rows known at its first origin.

    The season multiplies where every fitted value is above zero and no index below ``LEAST_INDEX``, and adds elsewhere.

    Args:
        block: the series.
        season: rows in a season, > 1.
    """
    num_series = block.values.shape[1]
    candidates = np.flatnonzero(is_seasonal(block.values, block.fitted, season))
    indices = Indices(np.zeros((season, num_series)), np.ones((season, num_series)))
    if len(candidates) == 0:
        return indices
    values, fitted = block.values[:, candidates], block.fitted[:, candidates]
    multiplies = values.min(axis=0, where=fitted, initial=np.inf) > 0
    found = decompose(values, fitted, season, multiplies)
    multiplies &= found.min(axis=0) >= LEAST_INDEX
    found = np.where(multiplies, found, decompose(values, fitted, season, multiplies))
    known = np.isfinite(found).all(axis=0)
    indices.factor[:, candidates] = np.where(known & multiplies, found, 1.0)
    indices.added[:, candidates] = np.where(known & ~multiplies, found, 0.0)
    return indices


def is_seasonal(values: Float64, fitted: Bool, season: int) -> Bool:
    """(S,) whether the autocorrelation a season apart is larger than noise of the nearer ones would make it.

    ``|r[m]| > 1.645 sqrt((1 + 2 (r[1]^2 + .. + r[m - 1]^2)) / n)`` with Bartlett's variance; never with less than
    three seasons of observed values.

    Args:
        values: (T, S) anything where not fitted.
        fitted: (T, S)
        season: m, > 1.
    """
    count = fitted.sum(axis=0)
    enough = count >= LEAST_SEASONS * season
    if not enough.any():
        return enough
    mean = np.sum(values, axis=0, where=fitted) / np.maximum(count, 1)
    r = _autocorrelations(np.where(fitted, values - mean, 0.0), fitted, season)
    limit = NINETY_PERCENT * np.sqrt((1 + 2 * np.sum(r[:-1] ** 2, axis=0)) / np.maximum(count, 1))
    return enough & (np.abs(r[-1]) > limit)


def decompose(values: Float64, fitted: Bool, season: int, multiplies: Bool) -> Float64:
    """(season, S) the seasonal indices of classical decomposition; NaN where a phase was never observed.

    The trend is the centred moving average over a season, and the index of a phase is the mean of its values over the
    trend (or less the trend), the mean of all indices being 1 (or 0). For the trend alone, a missing value is the last
    of its phase or, at the start, the first. Hyndman & Athanasopoulos, "Forecasting: Principles and Practice" (3rd
    edition, 2021), section 3.4.

    Args:
        values: (T, S) anything where not fitted.
        fitted: (T, S)
        season: rows in a season, > 1.
        multiplies: (S,) whether the season multiplies.
    """
    cycles = -(-len(values) // season)
    shape = (cycles, season, values.shape[1])
    spare = cycles * season - len(values)
    y = np.pad(np.where(fitted, values, np.nan), ((0, spare), (0, 0)), constant_values=np.nan)
    trend = _moving_average(_filled_by_phase(y.reshape(shape)).reshape(y.shape), season)
    row = np.arange(len(y))[:, None]
    first, last = np.argmax(fitted, axis=0), len(values) - 1 - np.argmax(fitted[::-1], axis=0)
    inside = (row - season // 2 >= first) & (row + season // 2 <= last)
    part = np.where(multiplies, y / np.where(inside & multiplies, trend, 1.0), y - trend).reshape(
        shape
    )
    kept = inside.reshape(shape) & ~np.isnan(part)
    count = kept.sum(axis=0)
    mean = np.sum(part, axis=0, where=kept) / np.where(count > 0, count, np.nan)
    overall = mean.mean(axis=0)
    return np.where(multiplies, mean / overall, mean - overall)


def _autocorrelations(centred: Float64, fitted: Bool, season: int) -> Float64:
    """(season, S) the autocorrelations 1 .. ``season`` rows apart, from the pairs of which both were observed.

    A sum over ``p`` pairs ``k`` rows apart is divided by ``p + k``, the number of values where none is missing.
    """

    def sums(x: Float64) -> Float64:
        length = 2 * len(x)
        spectrum = np.abs(np.fft.rfft(x, length, axis=0)) ** 2
        return np.fft.irfft(spectrum, length, axis=0)[: season + 1]

    pairs = np.rint(sums(fitted.astype(np.float64)))
    moments = sums(centred) / np.maximum(pairs + np.arange(season + 1)[:, None], 1)
    return moments[1:] / np.where(moments[0] > 0, moments[0], np.inf)


def _filled_by_phase(cycles: Float64) -> Float64:
    """Each missing value (cycles, season, S) is the last of its phase or, before there is one, the first."""
    if not np.isnan(cycles).any():
        return cycles
    seen = ~np.isnan(cycles)
    index = np.where(seen, np.arange(len(cycles))[:, None, None], -1)
    source = np.maximum.accumulate(index, axis=0)
    source = np.where(source >= 0, source, np.argmax(seen, axis=0))
    return np.take_along_axis(cycles, source, axis=0)


def _moving_average(y: Float64, season: int) -> Float64:
    """(T, S) the centred mean over a season, over two that lie half a row each way for an even one.

    Rows too near to an end have 0.
    """
    half = season // 2
    sums = np.cumsum(np.concatenate([np.zeros((1, y.shape[1])), y]), axis=0)
    mean = (sums[season:] - sums[:-season]) / season  # of rows t .. t + season - 1
    if season % 2 == 0:
        mean = (mean[1:] + mean[:-1]) / 2
    trend = np.zeros_like(y)
    trend[half : half + len(mean)] = mean
    return trend
