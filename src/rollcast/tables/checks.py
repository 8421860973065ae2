"""What is wrong with series on their grid, and what a person should know of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Bool, Fill
from rollcast.data.calendar import Frequency
from rollcast.data.panel import name_series
from rollcast.data.segments import count_segments
from rollcast.errors import DataError, TooShortError
from rollcast.options.exclude_option import written
from rollcast.tables.grid.blank_ends import BlankEnds
from rollcast.tables.grid.closed_times import MOST_MISSING, describe_closed
from rollcast.tables.grid.grid import SeriesGrid
from rollcast.tables.schema import Notes
from rollcast.tables.table_rows import TableRows

_FILLED = {
    "anchor": "the network reads the anchor there and learns nothing from them",
    "ffill": "they were filled with the value before",
    "linear": "they are filled along a straight line where the network is trained, and missing after that",
    "zero": "they were filled with zero",
}


def refuse_missing(rows: TableRows, frequency: Frequency, grid: SeriesGrid) -> None:
    """Refuse any missing value.

    Raises:
        DataError: there is one.
    """
    missing = int(grid.missing.sum())
    if not missing:
        return
    where = _first_missing(rows, frequency, grid)
    raise DataError(
        f"Column {rows.columns.target_col!r} lacks {format_count(missing, 'value')}, the first at"
        f' {where}; fill them, or pass fill="anchor", "ffill", "linear" or "zero".'
    )


def check_lengths(rows: TableRows, grid: SeriesGrid, least: int) -> None:
    """Refuse series shorter than ``least`` rows.

    Raises:
        TooShortError: there is one.
    """
    lengths = np.diff(grid.offsets)
    short = (lengths < least) & (lengths > 0)
    if not short.any():
        return
    first = int(np.argmax(short))
    name = name_series(rows.ids[first])
    others = f" ({int(short.sum()):,} series are too short)" if short.sum() > 1 else ""
    raise TooShortError(
        f"Column {rows.columns.target_col!r}{name} has {format_count(int(lengths[first]), 'row')}, but at least"
        f" {least} are needed{others}; give a longer history or a shorter horizon, or leave such"
        " series out."
    )


def describe_table(
    rows: TableRows,
    frequency: Frequency,
    grid: SeriesGrid,
    ends: BlankEnds,
    time_remark: str | None,
    *,
    fill: Fill,
    freq: Any,
    fitted: bool = False,
) -> Notes:
    """What a person should know of how their table was read.

    Args:
        rows: the table's rows.
        frequency: the step.
        grid: the series on their grid.
        ends: the blank rows that were taken off.
        time_remark: how the column of times was read, where that isn't plain.
        fill: what missing values became.
        freq: the frequency that was given; None where it was found.
        fitted: whether it is a later table than the one of ``fit``, whose weights matter to scores alone.
    """
    remarks = [*rows.table.remarks, *rows.columns.remarks]
    if time_remark is not None:
        remarks.append(time_remark)
    columns = rows.columns
    if columns.inferred and len(rows.table.columns) > 1:
        remarks.append(_parts(rows))
    if freq is None:
        remarks.append(f"The commonest step is taken as the frequency: {frequency.describe}.")
        remarks += describe_closed(rows, frequency)
    remarks += ends.remarks(rows)
    remarks += _describe_marks(rows)
    if grid.weights is not None and not fitted:
        remarks.append(f"Training and scores are weighted by column {columns.weights!r}.")
    missing = int(grid.missing.sum())
    first = None
    if missing:
        first = _first_missing(rows, frequency, grid)
        is_are = "values is" if missing == 1 else "values are"
        remarks.append(
            f"{missing:,} of {len(grid.mask):,} {is_are} missing, the first at {first};"
            f" {_FILLED[fill]}."
        )
    constant = _constant(grid)
    warnings = ends.warnings
    if constant.any():
        at = int(np.argmax(constant))
        one = slice(int(grid.offsets[at]), int(grid.offsets[at + 1]))
        value = grid.values[one][grid.counts[one]][0]
        more = int(constant.sum()) - 1
        others = f", and {more:,} more {'is' if more == 1 else 'are'} constant" if more else ""
        warnings.append(
            f"Column {columns.target_col!r}{name_series(rows.ids[at])} is constant at"
            f" {value:g}{others}; there is nothing to learn there."
        )
    inserted = int(grid.inserted.sum())
    return Notes(
        remarks=tuple(remarks),
        warnings=tuple(warnings),
        inserted=inserted,
        blank=missing - inserted,
        first_missing=first,
        constant=tuple(rows.ids[s] for s in np.flatnonzero(constant)),
    )


def describe_sparse(rows: TableRows, grid: SeriesGrid) -> list[str]:
    """The sentence on series of which much is missing; none where there is no such series."""
    lengths = np.diff(grid.offsets)
    missing = lengths - count_segments(grid.mask, grid.offsets)
    much = np.flatnonzero(missing > MOST_MISSING * lengths)
    if not len(much):
        return []
    shares = [f"{100 * missing[s] // lengths[s]} %" for s in much[:5]]
    target, fix = repr(rows.columns.target_col), 'pass fill="zero" if a gap means 0'
    if rows.columns.id_col is None:
        return [
            f"Column {target} lacks {shares[0]} of its values, and the forecast knows the others alone; {fix}."
        ]
    named = [f"{rows.ids[s]!r} ({share})" for s, share in zip(much[:5], shares, strict=True)]
    more = f" and {len(much) - 5:,} more" if len(much) > 5 else ""
    return [
        f"Column {target} lacks more than 20 % of the values of {len(much):,} series, {', '.join(named)}{more}: "
        f"their forecasts know the others alone; {fix}."
    ]


def _parts(rows: TableRows) -> str:
    """Which columns were taken for what."""
    columns = rows.columns
    taken = [f"column {columns.target_col!r} as the one to forecast"]
    if columns.time_col is not None:
        taken.append(f"{columns.time_col!r} as the time")
    if columns.id_col is not None:
        taken.append(f"{columns.id_col!r} as the series")
    if columns.time_col is None:
        taken.append("the order of the rows as the time")
    return f"Took {', '.join(taken[:-1])} and {taken[-1]}."


def describe_excluded(rows: TableRows) -> list[str]:
    """The sentence on rows that a person left out by name; none where nobody did."""
    if rows.excluded is None:
        return []
    return _do_not_count(rows, rows.excluded, f"left out ({written(rows.exclusions)})")


def _describe_marks(rows: TableRows) -> list[str]:
    """Sentences on rows that are marked as not available."""
    if rows.available is None:
        return []
    named = False if rows.excluded is None else rows.excluded
    return _do_not_count(rows, ~rows.available & ~np.asarray(named), "marked not available")


def _do_not_count(rows: TableRows, marked: Bool, what: str) -> list[str]:
    """The sentence on the rows of a table that are something and don't count; none where there are none."""
    count, series = int(marked.sum()), len(np.unique(rows.codes[marked]))
    if not count:
        return []
    of = "" if rows.columns.id_col is None else f" of {series:,} series"
    row, are, do = ("row", "is", "does") if count == 1 else ("rows", "are", "do")
    return [f"{count:,} {row}{of} {are} {what} and {do} not count."]


def _first_missing(rows: TableRows, frequency: Frequency, grid: SeriesGrid) -> str:
    """The time and the series of the first missing value."""
    row = int(np.argmax(grid.missing))
    series = int(np.searchsorted(grid.offsets, row, side="right")) - 1
    time = frequency.advance(int(grid.starts[series]), row - int(grid.offsets[series]))
    return f"{rows.show(time)}{name_series(rows.ids[series])}"


def _constant(grid: SeriesGrid) -> Bool:
    """(S,) whether all values that count of a series of at least two rows are the same."""
    lengths = np.diff(grid.offsets)
    there = lengths > 0
    offsets, constant = grid.offsets[:-1][there], np.zeros(len(lengths), np.bool_)
    if not len(offsets):
        return constant
    high = np.maximum.reduceat(np.where(grid.counts, grid.values, -np.inf), offsets)
    low = np.minimum.reduceat(np.where(grid.counts, grid.values, np.inf), offsets)
    constant[there] = high == low
    return constant & (lengths > 1)
