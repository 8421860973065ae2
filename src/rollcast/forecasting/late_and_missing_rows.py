"""Late and missing rows: where new rows belong among those that have been read, and which can't be taken."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.arrivals import Arrivals
from rollcast.data.calendar import Frequency
from rollcast.data.panel import name_series
from rollcast.errors import DataError
from rollcast.forecasting.state import State

_FAR = 2**40
"""Rows beyond any gap; a series' number times this still fits into 64 bits."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Where arrivals belong, sorted by series, in the order in which they came within each.

    Attributes:
        arrivals: the rows.
        frequency: the step between rows.
        starts: (U,) the time of each series' first row; a new one begins with the first that came.
        read: (U,) rows of each that have been read.
        origin: (N,) the rows' numbers among the arrivals.
        codes: (N,) whose rows they are.
        rows: (N,) rows after their series' first.
        newest: (N,) the newest row of their series before each came.
    """

    arrivals: Arrivals
    frequency: Frequency
    starts: Int64
    read: Int64
    origin: Int64
    codes: Int64
    rows: Int64
    newest: Int64

    @property
    def late(self) -> Bool:
        """(N,) whether a row came after a later one of its series, or for the second time."""
        return self.rows <= self.newest

    def refuse_late(self) -> None:
        """Refuse late, repeated and out-of-order rows.

        Raises:
            DataError: there is one.
        """
        if not self.late.any():
            return
        at = self.first(self.late)
        which = "repeated" if self.rows[at] == self.newest[at] else "late"
        due = self.format(at, int(self.newest[at]) + 1)
        raise DataError(
            f"The row{self.series(at)} for {self.format(at, int(self.rows[at]))} at {self.place(at)} is {which}: "
            f'{due} is due next; leave it out, pass late="skip", or correct rows that were read by revise().'
        )

    def refuse_gaps(self, most: int) -> None:
        """Refuse more than ``most`` missing rows in a row.

        Raises:
            DataError: there are more.
        """
        gaps = self.rows - self.newest - 1
        if not (gaps > most).any():
            return
        at = self.first(gaps > most)
        due, row, count = int(self.newest[at]) + 1, int(self.rows[at]), int(gaps[at])
        rows_are = "1 row{} is" if count == 1 else f"{count:,} rows{{}} are"
        raise DataError(
            f"{rows_are.format(self.series(at))} missing before {self.format(at, row)} at {self.place(at)}: "
            f"{self.format(at, due)} is due, and at most {most:,} in a row may be missing; pass them, or a larger "
            "max_gap=."
        )

    def first(self, which: Bool) -> int:
        """The chosen row that came first."""
        found = np.flatnonzero(which)
        return int(found[np.argmin(self.origin[found])])

    def format(self, at: int, row: int) -> str:
        """A row's time as a person writes it, on the grid of the series at ``at``."""
        start = int(self.starts[self.codes[at]])
        return self.frequency.format(self.frequency.advance(start, row))

    def series(self, at: int) -> str:
        """How a message speaks of a row's series."""
        return name_series(self.arrivals.ids[int(self.codes[at])])

    def place(self, at: int) -> str:
        """How a message speaks of a row."""
        return self.arrivals.place(int(self.origin[at]))


def place_rows(arrivals: Arrivals, state: State, places: Int64) -> Placement:
    """Find each row's place on its series' grid.

    Args:
        arrivals: the rows.
        state: of the known series.
        places: (U,) of the identifiers there; -1 for new ones.

    Raises:
        DataError: a time off the grid.
    """
    order = np.argsort(arrivals.codes, kind="stable")
    codes = arrivals.codes[order]
    offsets = np.searchsorted(codes, np.arange(len(places)))
    known = places >= 0
    read, starts = np.zeros_like(places), np.zeros_like(places)
    if arrivals.times is not None:
        starts = arrivals.times[order[offsets]]
    read[known], starts[known] = state.rows[places[known]], state.starts[places[known]]
    rows = read[codes] + np.arange(len(codes)) - offsets[codes]
    found = Placement(arrivals, state.frequency, starts, read, order, codes, rows, rows - 1)
    return found if arrivals.times is None else _by_time(found, offsets)


def _by_time(found: Placement, offsets: Int64) -> Placement:
    arrivals, frequency, starts = found.arrivals, found.frequency, found.starts[found.codes]
    times = np.asarray(arrivals.times)[found.origin]
    rows, on = frequency.locate(starts, times)
    again, twice = rows, np.zeros_like(on)
    if arrivals.second is not None:
        again, twice = frequency.locate(starts, arrivals.second[found.origin])
        rows, on = np.where(on, rows, again), on | twice
    if not on.all():
        at = found.first(~on)
        raise DataError(
            f"The time {frequency.format(int(times[at]))}{found.series(at)} at {found.place(at)} "
            f"{frequency.why_off(int(starts[at]), int(times[at]))}; {off_grid_fix(frequency, int(times[at]))}."
        )
    newest = _newest(rows, found, offsets)
    # A clock time that is shown twice means the second time where the first has passed.
    while (passed := twice & (rows <= newest) & (rows != again)).any():
        rows = np.where(passed, again, rows)
        newest = _newest(rows, found, offsets)
    return replace(found, rows=rows, newest=newest)


def off_grid_fix(frequency: Frequency, time: int) -> str:
    """What to do about a time off the grid."""
    if frequency.why_closed(time) is None:
        return "correct it"
    return "leave the row out, or fit again on data with such rows"


def _newest(rows: Int64, found: Placement, offsets: Int64) -> Int64:
    """(N,) the newest row of a series before each of its rows came."""
    # Each series is lifted above all before it, so that one running maximum serves all.
    floor = found.codes * _FAR
    lifted = np.clip(rows, -1, _FAR - 2) + floor
    before = np.empty_like(rows)
    before[1:] = np.maximum.accumulate(lifted)[:-1] - floor[1:]
    before[offsets] = -1
    return np.maximum(before, found.read[found.codes] - 1)
