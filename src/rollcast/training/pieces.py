"""Pieces: series of unequal length, cut for training so that little of what is read is padding."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Float64, Int64

MOST_PADDING: Final = 0.16
"""Share of the rows read that may lie outside of their series, on average over some places of the first cut."""

_PHASES: Final = (0.125, 0.375, 0.625, 0.875)
"""Places of the first cut, in shares of a chunk, over which padding is averaged."""

_MOST_VALUES: Final = 256
"""Lengths between which is chosen."""


class Cuts(NamedTuple):
    """Pieces of series, one after the other; each row that has a next one lies in exactly one of them.

    Attributes:
        begins: (P,) first row, in the flat series.
        rows: (P,) how many.
        series: (P,) whose.
        leads: (P,) whether rows before it are none of the series'.
    """

    begins: Int64
    rows: Int64
    series: Int64
    leads: np.ndarray


def cut_series(offsets: Int64, ends: Int64, length: int, phases: Float64) -> Cuts:
    """Cut series into pieces of at most ``length`` rows; those that are no longer stay whole.

    Args:
        offsets: (S + 1,)
        ends: (S,) one past the last row that may be used.
        length: T.
        phases: (S,) 0 <= phase < 1, the part of the first chunk that would lie before its series.
    """
    begins, rows = offsets[:-1], np.maximum(ends - 1 - offsets[:-1], 0)
    shift = np.where(rows > length, np.floor(phases * length), 0).astype(np.int64)
    counts = -(-(rows + shift) // length) * (rows > 0)
    series = np.repeat(np.arange(len(rows)), counts)
    number = np.arange(len(series)) - np.repeat(np.cumsum(counts) - counts, counts)
    first = np.maximum(number * length - shift[series], 0)
    last = np.minimum((number + 1) * length - shift[series], rows[series])
    leads = (number == 0) & (shift[series] > 0)
    return Cuts(begins[series] + first, last - first, series, leads)


def choose_lengths(offsets: Int64, ends: Int64, length: int) -> tuple[int, ...]:
    """The fewest lengths of pieces, ascending, that keep padding below a sixth of what is read; each is a program.

    Args:
        offsets: (S + 1,)
        ends: (S,)
        length: T, the longest that a piece may be.
    """
    count = len(ends)
    cuts = [cut_series(offsets, ends, length, np.full(count, phase)).rows for phase in _PHASES]
    grain = -(-length // _MOST_VALUES)
    rows = np.concatenate(cuts)
    if (ends - 1 - offsets[:-1] > length).any() and rows.max() < length:
        rows = np.append(rows, length)  # cut at another place, a series gives a whole chunk
    values, counts = np.unique(np.minimum(-(-rows // grain) * grain, length), return_counts=True)
    if not len(values):
        return (length,)
    # The least work of the values up to each, as one more length is allowed: each piece is read as the next length up.
    number = np.concatenate([[0], np.cumsum(counts)])
    work = (number[None, 1:] - number[:, None]) * values  # (i, j): those behind i and up to j
    work = np.where(np.arange(len(number))[:, None] <= np.arange(len(values)), work, np.inf)
    least = np.concatenate([[0.0], np.full(len(values), np.inf)])
    before: list[Int64] = []
    while not before or rows.sum() < (1 - MOST_PADDING) * least[-1]:
        before.append(np.argmin(least[:, None] + work, axis=0))
        least = np.concatenate([[np.inf], (least[:, None] + work).min(axis=0)])
    chosen, at = [], len(values)
    for choice in reversed(before):
        chosen.append(int(values[at - 1]))
        at = int(choice[at - 1])
    return tuple(reversed(chosen))


def starts_of_length(cuts: Cuts, lengths: tuple[int, ...], length: int) -> tuple[Int64, Int64]:
    """First rows (W,) and series (W,) of the pieces that are read as ``length`` rows.

    A piece at which its series begins starts before it, one that ends the series reaches beyond: there rows are masked.
    """
    own = np.searchsorted(lengths, cuts.rows) == lengths.index(length)
    begins = np.where(cuts.leads, cuts.begins + cuts.rows - length, cuts.begins)
    return begins[own], cuts.series[own]
