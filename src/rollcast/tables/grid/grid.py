"""From sorted rows to a regular grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.data.calendar import Frequency
from rollcast.data.gaps import fill_gaps
from rollcast.data.open_times import OpenTimes
from rollcast.data.ranges import offsets_of
from rollcast.errors import ArgumentError, DataError, show
from rollcast.tables.excluded_times import ExcludedTimes
from rollcast.tables.grid.closed_times import (
    MOST_MISSING,
    advise_open_times,
    is_same_place,
)
from rollcast.tables.grid.frequency import infer_frequency
from rollcast.tables.table_rows import TableRows

_MOST_GROWTH = 100
"""Rows on the grid for each row of the table, at most."""

_FEW_OFF = 0.2
"""The share of rows off the grid that may be mistakes."""

_EVEN_STEPS = (
    1,
    2,
    5,
    10,
    15,
    20,
    30,
    60,
    120,
    300,
    600,
    900,
    1200,
    1800,
    3600,
    7200,
    10800,
    21600,
    43200,
    86400,
)
"""Seconds of the steps to which people round."""


@dataclass(frozen=True, eq=False)
class SeriesGrid:
    """Series on their grid.

    Attributes:
        values: (N,) the target; NaN where it is missing.
        mask: (N,) where it was observed.
        offsets: (S + 1,) where each series begins.
        starts: (S,) each first row's time.
        inserted: (N,) rows that the table lacked.
        available: (N,) where rows count, whatever was observed; None where all do.
        weights: (N,) how much they count, the row before's where that is not said; None where all count alike.
    """

    values: Float64
    mask: Bool
    offsets: Int64
    starts: Int64
    inserted: Bool
    available: Bool | None = None
    weights: Float64 | None = None

    @property
    def counts(self) -> Bool:
        """(N,) where a value was observed that counts."""
        return self.mask if self.available is None else self.mask & self.available

    @property
    def missing(self) -> Bool:
        """(N,) where a value is lacking that would count."""
        return ~self.mask if self.available is None else ~self.mask & self.available

    def without(
        self, times: ExcludedTimes, frequency: Frequency, ids: tuple[Any, ...]
    ) -> SeriesGrid:
        """With inserted rows marked as not available that lie in times which are left out; of series ``ids`` (S,)."""
        if self.available is None or not self.inserted.any():
            return self
        rows = np.flatnonzero(self.inserted)
        codes = np.searchsorted(self.offsets, rows, side="right") - 1
        shown = frequency.shift(self.starts[codes], rows - self.offsets[codes])
        available = self.available.copy()
        available[rows[times.cover(ids, codes, shown)]] = False
        return replace(self, available=available)


def choose_frequency(
    rows: TableRows, freq: Any, period: Any = None, *, blanks_count: bool = False
) -> Frequency:
    """The frequency given, or the one behind the commonest step.

    A week, month, quarter or year that was given takes its day from the data: "W" on Mondays is
    "W-MON", and "M" on firsts is "MS". Periods of days may have closed days.

    Args:
        rows: sorted, each time once.
        freq: what the caller gave.
        period: the frequency of a column of periods, where the caller gave none.
        blanks_count: whether rows without a value show that their days are open.

    Raises:
        DataError: there is no step to read the frequency from.
        ArgumentError: ``freq`` is no frequency, or of another kind than the times.
    """
    known = None if blanks_count else ~np.isnan(rows.values)
    found = infer_frequency(rows.times, rows.offsets, integer=rows.integer, tz=rows.tz, known=known)
    if freq is None and period is not None:
        closed = found is not None and (found.form is not None or found.family == "B")
        if not (closed and found is not None and period == "D"):
            freq = period
    if freq is None:
        if found is None:
            raise DataError(
                f"No series of {rows.table.name} has two rows, so there is no step between rows;"
                " pass freq=, such as freq='D'."
            )
        return found
    given = Frequency.parse(freq, rows.tz)
    if isinstance(freq, Frequency) or given.form is not None:
        return given
    if given.is_integer != rows.integer:
        kind = "whole numbers" if rows.integer else "timestamps"
        need = "an integer step" if rows.integer else "an alias such as 'h', 'D' or 'MS'"
        raise ArgumentError(f"`freq` must be {need}, for the times are {kind}; got {show(freq)}.")
    alike = found is not None and (found.family, found.multiple) == (given.family, given.multiple)
    return found if found is not None and alike and given.family in ("W", "M", "Q", "Y") else given


def lay_on_grid(
    rows: TableRows,
    frequency: Frequency,
    starts: Int64,
    located: tuple[Int64, Bool],
    *,
    gaps_allowed: bool,
    sparse: bool = False,
) -> SeriesGrid:
    """Every series on its grid, rows that the table lacked inserted.

    Args:
        rows: sorted, each time once; a series may have none.
        frequency: the step.
        starts: (S,) the time of each series' first row.
        located: each row's place on its series' grid (N,), and whether it lies on it (N,).
        gaps_allowed: whether more than 20 % of a series may be missing.
        sparse: whether any share of one may be, as long as the whole table does not grow out of bounds.

    Raises:
        DataError: a time lies off the grid, or too much is missing.
    """
    at, on = located
    if not on.all():
        raise DataError(_off_grid(rows, frequency, int(np.argmin(on)), starts))
    same = is_same_place(rows, at)
    if same.any():
        raise DataError(_same_step(rows, frequency, int(np.argmax(same))))
    lengths = np.zeros(len(rows.ids), np.int64)
    np.maximum.at(lengths, rows.codes, at + 1)
    observed = np.bincount(rows.codes[~np.isnan(rows.values)], minlength=len(rows.ids))
    bounded = lengths.sum() <= _MOST_GROWTH * max(int(observed.sum()), 10)
    if not (sparse and bounded and observed[lengths > 0].all()):
        _refuse_gaps(rows, frequency, lengths, observed, starts, gaps_allowed=gaps_allowed)
    grid_offsets = offsets_of(lengths)
    total = int(grid_offsets[-1])
    index = None if total == len(rows.times) else grid_offsets[rows.codes] + at
    values = _lay(rows.values, index, total, np.nan)
    inserted = ~_lay(np.ones(len(rows.times), np.bool_), index, total, fill=False)
    available, weights = rows.available, rows.weights
    if available is not None:
        available = _lay(available, index, total, fill=True)
    if weights is not None:
        weights = _lay(weights, index, total, np.nan)
        weights = fill_gaps(weights, ~np.isnan(weights), grid_offsets, "ffill")
        weights = np.where(np.isnan(weights), 0.0, weights)
    there = ~np.isnan(values)
    return SeriesGrid(values, there, grid_offsets, starts, inserted, available, weights)


def _lay(values: np.ndarray, index: Int64 | None, total: int, fill: float) -> np.ndarray:
    """(total,) values laid where they belong; ``index`` None where that is as they stand."""
    if index is None:
        return values.copy()  # for the caller may change their table
    laid = np.full(total, fill, values.dtype)
    laid[index] = values
    return laid


def _advise_even_times(rows: TableRows, frequency: Frequency, starts: Int64) -> str | None:
    """How to even times out that follow no step at all; None where only some lie off the grid."""
    _, on = frequency.locate(starts[rows.codes], rows.times)
    off, column = int((~on).sum()), rows.columns.time_col
    if off <= _FEW_OFF * len(on) or column is None:
        return None
    step = float(np.median(np.diff(rows.times)[rows.inside])) / 1e9
    seconds = min(_EVEN_STEPS, key=lambda even: abs(even - step))
    said = f"{off:,} of {len(on):,} rows lie off such steps; "
    if step < 0.75 * _EVEN_STEPS[-1]:
        return f"{said}round the times, as pandas does by .dt.round('{seconds}s')"
    each = "" if rows.columns.id_col is None else " of each series"
    return f"{said}make the step even, as by the monthly sums{each}: table.resample('MS', on={column!r}).sum()"


def _off_grid(rows: TableRows, frequency: Frequency, row: int, starts: Int64) -> str:
    start, time = int(starts[rows.codes[row]]), int(rows.times[row])
    advice = advise_open_times(rows, frequency, int(rows.codes[row]))
    hint = "correct it, or pass freq= if the step is another"
    if not frequency.is_open(np.array([start, time])).all():
        hint = "leave it out, or fit with freq='D' if such days are open"
        if isinstance(frequency.form, OpenTimes) and not frequency.form.is_daily:
            hint = "leave it out, or fit with these times in freq="
    elif advice is not None:
        hint = advice
    elif not rows.integer:
        hint = _advise_even_times(rows, frequency, starts) or hint
    if rows.tz is not None and not frequency.is_calendar and not frequency.is_integer:
        hint += ", or write the times in UTC"
    return (
        f"{rows.time_name}{rows.series(row)} holds {rows.show(time)} at {rows.place(row)}, which"
        f" {frequency.why_off(start, time)}; {hint}."
    )


def _same_step(rows: TableRows, frequency: Frequency, row: int) -> str:
    return (
        f"{rows.time_name}{rows.series(row)} holds {rows.show(int(rows.times[row]))} at"
        f" {rows.place(row)} and {rows.show(int(rows.times[row + 1]))} at {rows.place(row + 1)}, both"
        f" in one step ({frequency.label}); leave one out, or pass a finer freq=."
    )


def _refuse_gaps(
    rows: TableRows,
    frequency: Frequency,
    lengths: Int64,
    observed: Int64,
    starts: Int64,
    *,
    gaps_allowed: bool,
) -> None:
    missing = lengths - observed
    too_many = ((observed == 0) & (lengths > 0)) | (
        lengths > _MOST_GROWTH * np.maximum(observed, 10)
    )
    why = "there is nothing to learn from: give its values, or a coarser freq="
    if not gaps_allowed and not too_many.any():
        too_many = missing > MOST_MISSING * lengths
        why = (
            'more than 20 % can\'t be learned from: pass fill="zero", "ffill" or "linear" if that is'
            " what a gap means, or a coarser freq="
        )
    if not too_many.any():
        return
    worst = int(np.argmax(too_many))
    advice = advise_open_times(rows, frequency, worst)
    if advice is not None:
        why = f"{advice}, or a coarser freq="
    row = int(rows.offsets[worst])
    gap = _first_gap(rows, frequency, worst, int(starts[worst]))
    raise DataError(
        f"Column {rows.columns.target_col!r}{rows.series(row)} lacks {missing[worst]:,} of"
        f" {lengths[worst]:,} values (frequency: {frequency.label}), the first at {gap}; {why}."
    )


def _first_gap(rows: TableRows, frequency: Frequency, series: int, start: int) -> str:
    part = slice(int(rows.offsets[series]), int(rows.offsets[series + 1]))
    known = ~np.isnan(rows.values[part])
    times = rows.times[part][known]
    at, _ = frequency.locate(np.full(len(times), start), times)
    holes = np.flatnonzero(at != np.arange(len(at)))
    first = int(holes[0]) if len(holes) else len(at)
    return rows.show(frequency.advance(start, first))
