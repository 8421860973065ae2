"""Which days and times of the week have rows: calendars of open times, found in a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.open_times import DAY, SECOND, WEEK, OpenTimes

LEAST_WEEKS: Final = 4
"""A weekday is closed where it was never seen in so many weeks."""

_LEAST_DAYS: Final = 10
"""Times of day are closed where they were never seen on so many days."""

_LEAST_SHARE: Final = 0.5
"""Of the open times of a day that are to have rows."""

_DOUBT: Final = 0.001
"""The chance, at most, that rows of an open day or time are missing each time."""

_TWO_WEEKS: Final = 13
_THREE_DAYS: Final = 3

_BUSINESS: Final = np.arange(7) < 5


@dataclass(frozen=True, eq=False)
class Weekdays:
    """How often each weekday has a row.

    Attributes:
        dates: (7,) dates of each weekday within the span of a series; Monday first.
        seen: (7,) those on which a series has a row.
        first: (7,) the first date seen, as days since 1970; -1 for none.
    """

    dates: Int64
    seen: Int64
    first: Int64

    @property
    def open(self) -> Bool:
        """(7,) the weekdays on which rows occur, and those on which they may."""
        usual = self.seen > 0
        share = self.seen[usual].sum() / max(self.dates[usual].sum(), 1)
        return usual | ~never_by_chance(self.dates, float(share), LEAST_WEEKS)

    @property
    def exceptional(self) -> Bool:
        """(7,) weekdays that would be closed but for a handful of dates."""
        share = self.seen / np.maximum(self.dates, 1)
        rare = (self.seen > 0) & (share <= 0.1)
        usual = (self.seen > 0) & ~rare
        among = self.seen[usual].sum() / max(self.dates[usual].sum(), 1)
        return rare & never_by_chance(self.dates, float(among), 2 * LEAST_WEEKS)


def never_by_chance(times: Int64, share: Any, least: int) -> Bool:
    """Whether none of so many times (K,) is too seldom to be chance, where otherwise a share of rows is there."""
    return (times >= least) & ((1 - share) ** times < _DOUBT)


def count_weekdays(days: Int64, codes: Int64) -> Weekdays:
    """Count dates by weekday, the series taken together.

    Args:
        days: (N,) days since 1970, ascending within each series.
        codes: (N,) each one's series, ascending.
    """
    low = int(days.min())
    begins = np.flatnonzero(np.diff(codes, prepend=-1))
    ends = np.append(begins[1:], len(days)) - 1
    span = int(days.max()) - low + 1
    edges = np.bincount(days[begins] - low, minlength=span + 1)
    edges -= np.bincount(days[ends] - low + 1, minlength=span + 1)
    covered = np.cumsum(edges)[:span] > 0
    seen = np.zeros(span, np.bool_)
    seen[days - low] = True
    weekday = (np.arange(span) + low + 3) % 7
    dates = np.flatnonzero(seen)
    first = np.full(7, -1)
    first[weekday[dates][::-1]] = dates[::-1] + low
    counts = [np.bincount(weekday[which], minlength=7) for which in (covered, seen)]
    return Weekdays(counts[0], counts[1], first)


def open_weekdays(days: Int64, codes: Int64, step: int) -> Bool:
    """(7,) the weekdays that aren't closed.

    A weekday is closed where rows can't be missing by chance on all of its dates. Monday to Friday are so common that
    one weekend without rows is enough, where rows follow each other by a day or less.
    """
    weekdays = count_weekdays(days, codes)
    weekend_passed = not weekdays.seen[5:].any() and weekdays.dates[5:].any()
    return weekdays.open & _BUSINESS if weekend_passed and step <= DAY else weekdays.open


def find_open_times(walls: Int64, codes: Int64, step: int, base: str) -> OpenTimes | None:
    """The open times of a week, if rows keep to some; None where there is no telling.

    Args:
        walls: (N,) clock times of rows, ascending within each series.
        codes: (N,) each one's series, ascending.
        step: the commonest step, in nanoseconds.
        base: its alias.
    """
    width = min(step, DAY) if step >= SECOND else DAY
    count = -(-WEEK // width)
    if len(walls) == 0 or np.bincount(walls % WEEK // width, minlength=count).all():
        return None
    days = walls // DAY
    weekdays = open_weekdays(days, codes, step)
    if step % DAY == 0:
        daily = OpenTimes("D", DAY, tuple((np.flatnonzero(weekdays) * DAY).tolist()))
        return None if daily.is_always else daily
    if step < SECOND or step >= DAY:
        return None
    times = _open_clocks(walls, step)
    if times is None:
        return None
    cells = _open_cells(walls, weekdays, times)
    week = np.arange(7)[:, None] * DAY + times
    found = OpenTimes(base, step, tuple(week[cells].tolist()))
    return None if found.is_always else found


def occurring_times(walls: Int64, step: int, base: str) -> OpenTimes | None:
    """The days, or the days and times, of the week on which rows occur, however few; None within two weeks.

    Of less than two weeks, times of the day show after three days.
    """
    dates = np.unique(walls // DAY)
    days = np.unique((dates + 3) % 7)
    if dates[-1] - dates[0] < _TWO_WEEKS:
        if step % DAY == 0 or len(dates) < _THREE_DAYS:
            return None
        days = np.arange(7)
    if step % DAY == 0:
        return OpenTimes("D", DAY, tuple((days * DAY).tolist()))
    clocks = np.unique(walls % DAY)
    return OpenTimes(base, step, tuple((days[:, None] * DAY + clocks).ravel().tolist()))


def _open_clocks(walls: Int64, step: int) -> Int64 | None:
    """(T,) the times of day at which rows occur; None where others may be missing by chance."""
    import pandas as pd

    numbers, clocks = pd.factorize(walls % DAY)
    clocks = np.asarray(clocks)
    dates = pd.factorize(walls // DAY)[0]
    count = int(dates.max()) + 1
    pairs = len(pd.unique(dates * len(clocks) + numbers))
    share = pairs / (count * len(clocks))
    is_whole = len(clocks) * step == DAY
    proven = share >= _LEAST_SHARE and never_by_chance(np.array([count]), share, _LEAST_DAYS)[0]
    return np.sort(clocks) if is_whole or proven else None


def _open_cells(walls: Int64, weekdays: Bool, times: Int64) -> Bool:
    """(7, T) which times of which weekdays are open."""
    import pandas as pd

    clock = np.searchsorted(times, walls % DAY)
    dates = walls // DAY
    day = (dates + 3) % 7
    once = ~pd.DataFrame({"date": dates, "clock": clock}).duplicated().to_numpy()
    seen = np.bincount((day * len(times) + clock)[once], minlength=7 * len(times))
    seen = seen.reshape(7, len(times))
    counts = np.bincount((np.unique(dates) + 3) % 7, minlength=7)
    chances = np.broadcast_to(counts[:, None], seen.shape)
    share = float(seen[seen > 0].sum() / chances[seen > 0].sum())
    closed = (seen == 0) & never_by_chance(chances, share, LEAST_WEEKS)
    return weekdays[:, None] & ~closed
