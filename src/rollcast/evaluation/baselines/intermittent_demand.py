"""Croston's method and TSB, for series in which many values are zero.

Both smooth the sizes of what is not zero, ``z += alpha (y - z)`` at such rows alone. Croston smooths the rows from one
of them to the next too, ``p += alpha (q - p)``, and forecasts ``(1 - alpha / 2) z / p``: Croston (1972), "Forecasting
and stock control for intermittent demands", Operational Research Quarterly 23, 289-303, with the correction of its bias
by Syntetos & Boylan (2005), "The accuracy of intermittent demand estimates", Int. J. Forecasting 21, 303-314 (SBA). TSB
smooths the share of such rows at every row, ``d += beta ([y != 0] - d)``, and forecasts ``d z``, which falls while
nothing is asked for: Teunter, Syntetos & Babai (2011), "Intermittent demand: linking forecasting to inventory
obsolescence", European Journal of Operational Research 214, 606-615.

Sizes, intervals and shares begin at their means over the rows up to a series' first origin. Of a few constants those
are taken whose forecasts one step ahead have the least squared error there. The mean is forecast, and not the median:
that would be zero. A missing value leaves everything as it is, and no time passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import numpy as np

from rollcast._types import Bool, Float64
from rollcast.evaluation.baselines.exponential_smoothing import smooth_level
from rollcast.evaluation.baselines.known_rows import KnownRows
from rollcast.evaluation.baselines.length_blocks import LengthBlock, forecast_blocks
from rollcast.preprocessing.many_zeros import MOST_ZEROS

CROSTON: Final = "Croston SBA"
TSB: Final = "TSB"

SIZE_RATES: Final = (0.05, 0.1, 0.15, 0.2, 0.3)
"""Values of ``alpha``."""

SHARE_RATES: Final = (0.02, 0.05, 0.1, 0.2, 0.3)
"""Values of ``beta``."""

LEAST_DEMANDS: Final = 4
"""Values other than zero from which constants are chosen; of fewer the smallest are taken, which nearly keep means."""

Rates: TypeAlias = Callable[[LengthBlock, Float64], Iterator[Float64]]
"""From a block and constants (S, A, ...) to forecasts (S, A): before the first row, and after each."""


def forecast_croston(known: KnownRows, h: int, season: int = 1) -> Float64:
    """Forecast intermittent series by Croston's method with the correction SBA, and others as ``smooth_level`` does.

    Args:
        known: the newest known row of each forecast.
        h: steps to forecast.
        season: not used; every baseline is called alike.

    Returns:
        (M, h) the forecasts; NaN where nothing was observed.
    """
    constants = np.array(SIZE_RATES)[:, None]
    return _forecast(known, h, constants, croston_rates)


def forecast_tsb(known: KnownRows, h: int, season: int = 1) -> Float64:
    """Forecast intermittent series by the method of Teunter, Syntetos & Babai, and others as ``smooth_level`` does.

    Args:
        known: the newest known row of each forecast.
        h: steps to forecast.
        season: not used; every baseline is called alike.

    Returns:
        (M, h) the forecasts; NaN where nothing was observed.
    """
    constants = np.array([(alpha, beta) for alpha in SIZE_RATES for beta in SHARE_RATES])
    return _forecast(known, h, constants, tsb_rates)


def find_intermittent(known: KnownRows) -> Bool:
    """(M,) whether over 30 % of what was observed up to the first origin of a forecast's series is zero."""
    ends = np.full(len(known.offsets) - 1, np.iinfo(np.int64).max)
    np.minimum.at(ends, known.series, known.row + 1)
    ends = np.minimum(np.maximum(ends, 0), np.diff(known.offsets)) + known.offsets[:-1]
    zeros, observed = (
        np.concatenate([[0], np.cumsum(marked)])
        for marked in (known.values == 0, ~np.isnan(known.values))
    )
    begins = known.offsets[:-1]
    count = observed[ends] - observed[begins]
    many = zeros[ends] - zeros[begins] > MOST_ZEROS * count
    return many[known.series]


def croston_rates(block: LengthBlock, constants: Float64) -> Iterator[Float64]:
    """The demand per row (S, A) before the first row and after each, by ``alpha`` in ``constants`` (S, A, 1)."""
    alpha = constants[..., 0]
    size, share = _first_levels(block)
    interval = 1 / share
    size, interval = (np.broadcast_to(one[:, None], alpha.shape) for one in (size, interval))
    since = np.ones((len(alpha), 1))
    yield (1 - alpha / 2) * size / interval
    for y, there in zip(block.values[:, :, None], block.seen[:, :, None], strict=True):
        demand = there & (y != 0)
        size = size + alpha * demand * (y - size)
        interval = interval + alpha * demand * (since - interval)
        since = np.where(demand, 1.0, since + there)
        yield (1 - alpha / 2) * size / interval


def tsb_rates(block: LengthBlock, constants: Float64) -> Iterator[Float64]:
    """The same by ``alpha`` and ``beta`` in ``constants`` (S, A, 2)."""
    alpha, beta = constants[..., 0], constants[..., 1]
    size, share = (np.broadcast_to(one[:, None], alpha.shape) for one in _first_levels(block))
    yield share * size
    for y, there in zip(block.values[:, :, None], block.seen[:, :, None], strict=True):
        demand = there & (y != 0)
        size = size + alpha * demand * (y - size)
        share = share + beta * there * (demand - share)
        yield share * size


def _forecast(known: KnownRows, h: int, constants: Float64, rates: Rates) -> Float64:
    """(M, h) forecasts by the best of some constants (A, ...), of intermittent series; of others by a level."""

    def forecast(block: LengthBlock) -> Float64:
        tried = np.broadcast_to(constants, (block.values.shape[1], *constants.shape))
        best = _best(block, tried, rates)
        chosen = np.take_along_axis(tried, best[:, None, None], axis=1)
        levels = np.stack([rate[:, 0] for rate in rates(block, chosen)])[1:]
        return np.repeat(levels[block.step, block.column][:, None], h, axis=1)

    mine = find_intermittent(known)
    if mine.all():
        return forecast_blocks(known, h, 1, forecast)
    made = smooth_level(known, h)
    part = known._replace(series=known.series[mine], row=known.row[mine])
    made[mine] = forecast_blocks(part, h, 1, forecast)
    return made


def _best(block: LengthBlock, tried: Float64, rates: Rates) -> np.ndarray:
    """(S,) which constants (S, A, ...) forecast the fitted rows with the least squared error one step ahead."""
    errors = np.zeros(tried.shape[:2])
    # One more forecast is made than there are rows.
    for rate, y, counts in zip(rates(block, tried), block.values, block.fitted, strict=False):
        errors += counts[:, None] * (y[:, None] - rate) ** 2
    demands = (block.fitted & (block.values != 0)).sum(axis=0)
    return np.where(demands < LEAST_DEMANDS, 0, np.argmin(errors, axis=1))


def _first_levels(block: LengthBlock) -> tuple[Float64, Float64]:
    """(S,) the mean of what is not zero in the fitted rows, and their share of the rows; 0 and 1 where all are zero."""
    count = block.fitted.sum(axis=0)
    demands = (block.fitted & (block.values != 0)).sum(axis=0)
    total = np.sum(block.values, axis=0, where=block.fitted)
    size = total / np.maximum(demands, 1)
    return size, np.where(demands > 0, demands / np.maximum(count, 1), 1.0)
