"""The rows of a table with their parts read, sorted by series and time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rollcast._types import Bool, Duplicates, Float64, Int64
from rollcast.data.clock import format_time
from rollcast.data.panel import name_series
from rollcast.data.ranges import offsets_of
from rollcast.errors import DataError
from rollcast.options.exclude_option import Exclusion
from rollcast.tables.columns import Columns
from rollcast.tables.excluded_times import ExcludedTimes
from rollcast.tables.table import Table


@dataclass(frozen=True, eq=False)
class TableRows:
    """Rows by series, and by time within each.

    Attributes:
        table: where they come from.
        columns: the columns' parts.
        ids: (S,) the identifiers in order of appearance; ``(None,)`` without an id column.
        codes: (N,) each row's series.
        times: (N,) each row's time: an integer, an instant, or clock time until it is localised.
        values: (N,) the target; NaN where it is missing.
        origin: (N,) each row's number in the table.
        integer: whether times are integers.
        tz: the zone in which times are shown.
        id_type: see :class:`rollcast.tables.values.Identified`.
        available: (N,) where rows count, whatever stands there; None where all do.
        weights: (N,) how much they count, NaN where that is not said; None where all count alike.
        excluded: (N,) which of those that are not available a person left out by name; None where nobody did.
        excluded_times: when that was; None where nobody did.
        exclusions: the same in words.
    """

    table: Table
    columns: Columns
    ids: tuple[Any, ...]
    codes: Int64
    times: Int64
    values: Float64
    origin: Int64
    integer: bool
    tz: str | None = None
    id_type: str | None = None
    available: Bool | None = None
    weights: Float64 | None = None
    excluded: Bool | None = None
    excluded_times: ExcludedTimes | None = None
    exclusions: tuple[Exclusion, ...] = ()

    @property
    def counts(self) -> Bool:
        """(N,) where there is a value that counts."""
        there = ~np.isnan(self.values)
        return there if self.available is None else there & self.available

    @property
    def offsets(self) -> Int64:
        """(S + 1,) where each series begins."""
        return offsets_of(np.bincount(self.codes, minlength=len(self.ids)))

    @property
    def inside(self) -> Bool:
        """(N - 1,) whether a row and the next belong to one series."""
        return self.codes[1:] == self.codes[:-1]

    def take(self, index: Int64 | Bool) -> TableRows:
        """The rows of an index (M,), in its order, or those marked (N,)."""
        return replace(
            self,
            codes=self.codes[index],
            times=self.times[index],
            values=self.values[index],
            origin=self.origin[index],
            available=None if self.available is None else self.available[index],
            weights=None if self.weights is None else self.weights[index],
            excluded=None if self.excluded is None else self.excluded[index],
        )

    def place(self, row: int) -> str:
        """How a message speaks of a row of these."""
        return self.table.place(int(self.origin[row]))

    def series(self, row: int) -> str:
        """How a message speaks of a row's series."""
        return name_series(self.ids[self.codes[row]])

    def show(self, time: int) -> str:
        """A time as a message shows it."""
        return format_time(time, self.tz, integer=self.integer)

    @property
    def time_name(self) -> str:
        """How a message speaks of the time column."""
        return f"Column {self.columns.time_col!r}"


def sort_order(codes: Int64, times: Int64) -> Int64 | None:
    """(N,) the order by series, then time, equal times as they stand; None where it holds."""
    if len(codes) < 2:
        return None
    step = np.diff(codes)
    if ((step > 0) | ((step == 0) & (np.diff(times) >= 0))).all():
        return None
    return np.lexsort((times, codes)).astype(np.int64)


def merge_duplicates(rows: TableRows, duplicates: Duplicates) -> TableRows:
    """One row for each time of a series; joined ones count where all of them do, by their mean weight.

    Raises:
        DataError: two rows of a series share a time and ``duplicates`` is "error".
    """
    same = rows.inside & (rows.times[1:] == rows.times[:-1])
    if not same.any():
        return rows
    if duplicates == "error":
        raise DataError(_duplicate(rows, int(np.argmax(same))))
    first = np.concatenate([[True], ~same])
    starts = np.flatnonzero(first)
    if duplicates == "last":
        ends = np.append(starts[1:], len(first)) - 1
        return rows.take(ends)
    total, count = _sum_known(rows.values, starts)
    values = total if duplicates == "sum" else total / np.maximum(count, 1)
    joined = replace(rows.take(starts), values=values)
    if rows.available is not None:
        joined = replace(joined, available=np.logical_and.reduceat(rows.available, starts))
    if rows.excluded is not None:
        joined = replace(joined, excluded=np.logical_or.reduceat(rows.excluded, starts))
    if rows.weights is not None:
        weight, count = _sum_known(rows.weights, starts)
        joined = replace(joined, weights=weight / np.maximum(count, 1))
    return joined


def _sum_known(values: Float64, starts: Int64) -> tuple[Float64, Int64]:
    """The sums of stretches of rows (N',), NaN where nothing is known, and how many are known."""
    known = ~np.isnan(values)
    total = np.add.reduceat(np.where(known, values, 0.0), starts)
    count = np.add.reduceat(known.astype(np.int64), starts)
    return np.where(count > 0, total, np.nan), count


def _duplicate(rows: TableRows, row: int) -> str:
    where, again = rows.place(row), rows.place(row + 1)
    fix = 'pass duplicates="sum", "mean" or "last" to merge such rows'
    if rows.columns.id_col is None:
        others = [name for name in rows.table.columns if name not in _parts(rows.columns)]
        if others:
            fix += ", or id_col= if the table holds several series"
    return (
        f"{rows.time_name}{rows.series(row)} holds {rows.show(int(rows.times[row]))} twice, at"
        f" {where} and {again}; {fix}."
    )


def _parts(columns: Columns) -> tuple[Any, ...]:
    return (columns.id_col, columns.time_col, columns.target_col)
