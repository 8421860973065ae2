"""The frequency behind a table's times."""

from __future__ import annotations

from typing import Any

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.calendar import Frequency
from rollcast.data.clock import to_utc, to_wall
from rollcast.data.month_days import clipped_days, place_days
from rollcast.data.open_times import DAY, OpenTimes
from rollcast.tables.grid.open_weekdays import find_open_times

_HOUR = DAY // 24

_UNITS = (
    (_HOUR, "h"), (_HOUR // 60, "min"), (10**9, "s"), (10**6, "ms"), (1000, "us"), (1, "ns")
)  # fmt: skip
"""Fixed stretches of time in nanoseconds, and their aliases."""

_SUNDAY = 6 * DAY
_NIGHT = 4 * _HOUR
"""Clocks are changed in the first hours of a Sunday nearly everywhere."""

_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def infer_frequency(
    times: Int64,
    offsets: Int64,
    *,
    integer: bool = False,
    tz: str | None = None,
    known: Bool | None = None,
) -> Frequency | None:
    """The frequency behind the commonest step of all series; missing rows don't confuse it.

    Days and times of the week at which no row ever stands are closed.

    Args:
        times: (N,) times, ascending within each series.
        offsets: (S + 1,) where each series begins.
        integer: the times are plain integers.
        tz: the zone in which the calendar is read.
        known: (N,) rows that show what is open; default all.

    Returns:
        The frequency; None where no series has two different times.
    """
    inside = np.ones(max(len(times) - 1, 0), np.bool_)
    breaks = offsets[1:-1]
    inside[breaks[(breaks > 0) & (breaks < len(times))] - 1] = False
    step = _commonest(np.diff(times)[inside])
    if step is None:
        return None
    if integer:
        return Frequency(None, step)
    walls = to_wall(times, tz)
    if step >= 23 * _HOUR:
        local = _commonest(np.diff(walls)[inside])
        step = local if local is not None and local % DAY == 0 else step
    if step < 7 * DAY:
        codes = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        rows = np.ones(len(times), np.bool_) if known is None else known
        found = find_open_times(walls[rows], codes[rows], step, tick_alias(step))
        if found is not None and _told_by_clock(found, times[rows], walls[rows], tz):
            return Frequency.parse(found.text, tz)
    if step % DAY:
        return Frequency(tick_alias(step), tz=tz)
    return Frequency(_calendar_alias(walls // DAY, inside, step // DAY), tz=tz)


def _told_by_clock(open_times: OpenTimes, times: Int64, walls: Int64, tz: str | None) -> bool:
    """Whether what a clock shows tells the open times apart, also where it is set back."""
    if tz is None or tz == "UTC":
        return True
    night = (open_times.slots >= _SUNDAY) & (open_times.slots < _SUNDAY + _NIGHT)
    if night.any() and not open_times.is_daily:
        return False
    return bool((to_utc(walls, tz) == times).all())


def _commonest(values: Int64) -> int | None:
    """The commonest positive value, the smallest of several; None where there is none."""
    import pandas as pd

    if len(values) and values[0] > 0 and (values == values[0]).all():
        return int(values[0])  # as in most tables, and no copy of all is made
    codes, found = pd.factorize(values[values > 0])
    if len(found) == 0:
        return None
    counts = np.bincount(codes)
    return int(np.asarray(found)[counts == counts.max()].min())


def _calendar_alias(days: Int64, inside: Bool, step: int) -> str:
    """The alias of a grid of days.

    Args:
        days: (N,) days since 1970, ascending within each series.
        inside: (N - 1,) whether a row and the next belong to one series.
        step: the commonest difference, in days.
    """
    if step >= 25 or np.median(np.diff(days)[inside]) >= 25:
        alias = _month_alias(days, inside)
        if alias is not None:
            return alias
    if step % 7 == 0:
        weekdays = (days + 3) % 7  # 1970 began on a Thursday; 0 is Monday.
        anchor = _DAYS[int(np.bincount(weekdays).argmax())]
        return f"{_number(step // 7)}W-{anchor}"
    return f"{_number(step)}D"


def _month_alias(days: Int64, inside: Bool) -> str | None:
    """The alias of a grid of months, quarters or years.

    None where the days have no fixed place in their months, and lie on a grid of days or several in a month.
    """
    months = days.view("M8[D]").astype("M8[M]")
    numbers = months.astype(np.int64)
    gaps = np.diff(numbers)[inside]
    step = _commonest(gaps)
    if step is None:
        return None
    place, share = _place_in_month(days, months)
    once = bool((gaps >= 1).all() and (gaps % step == 0).all())
    if once and share < 1 and not _is_regular(np.diff(days)[inside]):
        return _loose_alias(place if share >= 0.5 else "S", step)
    if share < 0.8:
        return None
    return _placed_alias(place, step, numbers)


def _placed_alias(place: str, step: int, numbers: Int64) -> str:
    """The alias of every so many months (N,) on a day of theirs."""
    if place.isdecimal():
        return f"{_number(step)}MS" + (f"[{place}]" if int(place) > 28 else "")
    month = int(np.bincount(numbers % 12).argmax())
    business, side = place[:-1], place[-1]
    if step % 12 == 0:
        end = "" if month == (0 if side == "S" else 11) else f"-{_MONTHS[month]}"
        return f"{_number(step // 12)}{business}Y{side}{end}"
    if step == 3:
        third = int(np.bincount(numbers % 3).argmax())
        return f"{business}Q{side}-{_MONTHS[9 + third]}"
    return f"{_number(step)}{business}M{side}"


def _loose_alias(place: str, step: int) -> str:
    """The alias of months whose rows lie on any day, dated where most of them lie."""
    if place.isdecimal():
        return f"{_number(step)}MS[{place} any]"
    return f"{_number(step)}{place[:-1]}M{place[-1]}[any]"


def _is_regular(gaps: Int64) -> bool:
    """Whether rows lie whole multiples of one step apart."""
    step = _commonest(gaps)
    return step is not None and not (gaps % step).any()


def _place_in_month(days: Int64, months: Any) -> tuple[str, float]:
    """Where in their months most days lie, and the share that does.

    S start, E end, BS or BE the first or last business day, or the number of the day, which is the last one in
    months that are shorter.
    """
    in_month = days - months.astype("M8[D]").astype(np.int64)
    common = int(np.bincount(in_month).argmax()) + 1
    places = place_days(months)
    fits = {
        "S": places["S"],
        "E": places["E"],
        str(common): clipped_days(months, common),
        "BS": places["BS"],
        "BE": places["BE"],
    }
    shares = {place: float((days == fit).mean()) for place, fit in fits.items()}
    best = max(shares, key=lambda place: shares[place])
    return best, shares[best]


def tick_alias(nanoseconds: int) -> str:
    """A fixed stretch of time as an alias; whole days in hours, for "D" is the calendar's day."""
    size, unit = next(known for known in _UNITS if nanoseconds % known[0] == 0)
    return f"{_number(nanoseconds // size)}{unit}"


def _number(multiple: int) -> str:
    return "" if multiple == 1 else str(multiple)
