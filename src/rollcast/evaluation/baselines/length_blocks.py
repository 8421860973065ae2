"""Length blocks: series of about equal length side by side, so that one loop over rows serves them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.data.ranges import join_ranges, offsets_of
from rollcast.evaluation.baselines.known_rows import KnownRows, last_values

MOST_FITTED: Final = 2048
"""Rows before a series' first origin that are read at most, or ``MOST_SEASONS`` seasons where those are more."""

MOST_SEASONS: Final = 8

MOST_VALUES: Final = 2**17
"""Values of a block at most, so that the work on it stays in a processor's cache."""

SHORTEST: Final = 0.8
"""No series of a block is shorter than this share of its longest."""


class LengthBlock(NamedTuple):
    """Series of about equal length, time down and series across, and the forecasts that are wanted of them.

    Values are divided by a power of two, which loses nothing, so that the largest known at the first origin is about 1.

    Attributes:
        values: (T, S) from a row on whose number is a multiple of the season; 0 where not observed.
        seen: (T, S) True where observed.
        fitted: (T, S) True where observed and known at the series' first origin.
        exponent: (S,) of the power of two.
        forecasts: (m,) which of all forecasts these are.
        column: (m,) their series here.
        step: (m,) their newest known row here.
    """

    values: Float64
    seen: Bool
    fitted: Bool
    exponent: Int64
    forecasts: Int64
    column: Int64
    step: Int64

    def forecast_rows(self, h: int) -> Int64:
        """(m, h) the rows that are forecast, counted from the block's first."""
        return self.step[:, None] + 1 + np.arange(h)


def forecast_blocks(
    known: KnownRows, h: int, season: int, forecast: Callable[[LengthBlock], Float64]
) -> Float64:
    """(M, h) forecasts in the data's units, block after block.

    Args:
        known: the newest known row of each forecast.
        h: steps to forecast.
        season: rows in a season, or 1.
        forecast: from a block to its scaled forecasts (m, h). Where no row of a block was seen up to a forecast's
            newest, the last value before it is repeated.
    """
    made = np.repeat(last_values(known)[:, None], h, axis=1)
    for block in length_blocks(known, season):
        counts = np.cumsum(block.seen, axis=0)[block.step, block.column]
        scaled = np.ldexp(forecast(block), block.exponent[block.column][:, None])
        made[block.forecasts] = np.where(counts[:, None] > 0, scaled, made[block.forecasts])
    return made


def length_blocks(known: KnownRows, season: int) -> Iterator[LengthBlock]:
    """Every series of which a forecast is wanted, in blocks; forecasts that know no row are in none of them.

    Args:
        known: the newest known row of each forecast.
        season: rows in a season, or 1.
    """
    wanted = np.flatnonzero(known.row >= 0)
    series, place = np.unique(known.series[wanted], return_inverse=True)
    row = known.row[wanted]
    ends = np.full(len(series), np.iinfo(np.int64).max)
    np.minimum.at(ends, place, row + 1)
    lasts = np.zeros(len(series), np.int64)
    np.maximum.at(lasts, place, row + 1)
    most = max(MOST_FITTED, MOST_SEASONS * season)
    starts = np.maximum(-(-(ends - most) // season) * season, 0)
    of_series = np.argsort(place, kind="stable")
    begins = offsets_of(np.bincount(place, minlength=len(series)))
    for chosen in _of_like_length(lasts - starts):
        counts = np.diff(begins)[chosen]
        forecasts = of_series[join_ranges(begins[chosen], counts)]
        column = np.repeat(np.arange(len(chosen)), counts)
        first = known.offsets[series[chosen]] + starts[chosen]
        values, inside = _padded(known.values, first, (lasts - starts)[chosen])
        seen = inside & ~np.isnan(values)
        values = np.where(seen, values, 0.0)
        fitted = seen & (np.arange(len(values))[:, None] < (ends - starts)[chosen])
        exponent = np.frexp(np.abs(values).max(axis=0, where=fitted, initial=0.0))[1]
        yield LengthBlock(
            values=np.ldexp(values, -exponent),
            seen=seen,
            fitted=fitted,
            exponent=exponent.astype(np.int64),
            forecasts=wanted[forecasts],
            column=column,
            step=row[forecasts] - starts[chosen][column],
        )


def _of_like_length(lengths: Int64) -> Iterator[Int64]:
    """The places of the series of each block, the longest first."""
    order = np.argsort(-lengths, kind="stable")
    ordered = lengths[order]
    begin = 0
    while begin < len(order):
        longest = int(ordered[begin])
        alike = int(np.searchsorted(-ordered, -SHORTEST * longest, side="right"))
        end = min(alike, begin + max(1, MOST_VALUES // longest))
        yield order[begin:end]
        begin = end


def _padded(values: Float64, first: Int64, lengths: Int64) -> tuple[Float64, Bool]:
    """(T, S) the rows from ``first`` on, and where they are rows of the series."""
    steps = np.arange(int(lengths.max()))[:, None]
    inside = steps < lengths
    return values[np.where(inside, first + steps, 0)], inside
