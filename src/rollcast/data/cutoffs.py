"""Cutoffs: times that all series share, after each of which forecasts start as if nothing later were known."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Int64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.errors import TooShortError

USUAL_WINDOWS: Final = 10
"""Cutoffs where none are named, if the rows allow for them: from six separate ones on a verdict may be certain."""


def newest_end(panel: Panel) -> int:
    """The place of the series that ends last; the first of several."""
    lasts = panel.frequency.shift(panel.starts, panel.lengths - 1)
    return int(np.argmax(lasts))


def usual_cutoffs(
    panel: Panel, h: int, *, windows: int | None, step: int, earliest: int | None = None
) -> Int64:
    """Cutoffs of which the last one has exactly ``h`` rows of the newest series after it.

    Args:
        panel: all rows.
        h: horizon.
        windows: how many; None for ten, but none in the older half of that series, and none before ``earliest``.
        step: rows from each to the next.
        earliest: the time before which none may lie where ``windows`` is None; None for the middle of the series.

    Returns:
        (C,) times, ascending.

    Raises:
        TooShortError: too few rows for one of them to have a row before it.
    """
    s = newest_end(panel)
    start, rows = int(panel.starts[s]), int(panel.lengths[s])
    needed = h + 1 + step * ((windows or 1) - 1)
    if needed > rows:
        which = "the newest series" if panel.num_series > 1 else "the series"
        end = f"{needed:,} rows, and {which} has {rows:,}"
        raise TooShortError(_too_few(end, h, windows or 1, step))
    last = rows - 1 - h
    count = min(USUAL_WINDOWS, last // step + 1) if windows is None else windows
    at = last - step * np.arange(count, dtype=np.int64)[::-1]
    times = panel.frequency.shift(np.full(count, start), at)
    if windows is not None:
        return times
    first = panel.frequency.advance(start, (rows - 1) // 2) if earliest is None else earliest
    return times[np.maximum(times >= first, times == times[-1])]


def _too_few(end: str, h: int, windows: int, step: int) -> str:
    if windows == 1:
        return f"A cutoff at h = {h} needs {end}; pass a smaller `h`, or more rows."
    return (
        f"{windows:,} cutoffs at h = {h}, each {format_count(step, 'row')} after the one before, need {end}; pass a "
        "smaller `n_windows`, `step_size` or `h`, or more rows."
    )


def rows_at(panel: Panel, cutoffs: Int64) -> Int64:
    """The newest row of each series at each cutoff, (C, S); -1 where it begins later.

    A cutoff between two rows of a series' grid knows the earlier one.
    """
    times = np.repeat(cutoffs, panel.num_series)
    starts = np.tile(panel.starts, len(cutoffs))
    begun = times >= starts
    row, _ = panel.frequency.locate(starts, np.where(begun, times, starts))
    lengths = np.tile(panel.lengths, len(cutoffs))
    return np.where(begun, np.minimum(row, lengths - 1), -1).reshape(len(cutoffs), -1)


def newest_times(panel: Panel, cutoffs: Int64) -> Int64:
    """(C,) the time of the newest row that any series has, or would have if it went on, up to each cutoff.

    Args:
        panel: S series.
        cutoffs: (C,) times, none before the first row.
    """
    times = np.repeat(cutoffs, panel.num_series)
    starts = np.tile(panel.starts, len(cutoffs))
    begun = times >= starts
    row, _ = panel.frequency.locate(starts, np.where(begun, times, starts))
    newest = np.where(begun, panel.frequency.shift(starts, row), np.iinfo(np.int64).min)
    return newest.reshape(len(cutoffs), -1).max(axis=1)


class CutoffOrigins(NamedTuple):
    """Where forecasts start, and which series have none at a cutoff.

    Attributes:
        origins: (M,) sorted by series, then by row.
        cutoff: (M,) the place of each one's cutoff.
        too_short: (C,) series with too few rows up to the cutoff, or none that was observed.
        nothing_after: (C,) others of which nothing was observed within the horizon after it.
    """

    origins: Origins
    cutoff: Int64
    too_short: Int64
    nothing_after: Int64


def origins_at(panel: Panel, rows: Int64, h: int, least: int, begins: Int64) -> CutoffOrigins:
    """The origins of all series that are long enough at a cutoff, and have something to be judged by after it.

    Args:
        panel: all rows.
        rows: (C, S) see :func:`rows_at`.
        h: horizon.
        least: rows that a series needs up to a cutoff.
        begins: (S,) rows of each that may not be forecast: an earlier cutoff is too early for it.
    """
    seen = np.concatenate([[0], np.cumsum(panel.mask, dtype=np.int64)])
    offsets = panel.offsets[:-1]
    known = seen[offsets + rows + 1] - seen[offsets]
    ends = np.minimum(rows + 1 + h, panel.lengths)
    coming = seen[offsets + ends] - seen[offsets + rows + 1]
    long = (rows + 1 >= np.maximum(least, begins)) & (known > 0)
    series, cutoff = np.nonzero((long & (coming > 0)).T)
    return CutoffOrigins(
        Origins(series, rows[cutoff, series]),
        cutoff,
        np.count_nonzero(~long, axis=1),
        np.count_nonzero(long & (coming == 0), axis=1),
    )


def first_rows(origins: Origins, num_series: int) -> Int64:
    """(S,) rows of each series up to its first origin; 0 where it has none.

    Args:
        origins: sorted by series, then by row.
        num_series: S.
    """
    new = np.concatenate([[True], origins.series[1:] != origins.series[:-1]])
    rows = np.zeros(num_series, np.int64)
    rows[origins.series[new]] = origins.row[new] + 1
    return rows
