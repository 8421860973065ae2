"""The frequency behind a table's times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.calendar import DAY, Frequency
from rollcast.data.clock import to_wall

_HOUR = DAY // 24

_UNITS = (
    (_HOUR, "h"), (_HOUR // 60, "min"), (10**9, "s"), (10**6, "ms"), (1000, "us"), (1, "ns")
)  # fmt: skip
"""Fixed stretches of time in nanoseconds, and their aliases."""

_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def infer_frequency(
    times: Int64, offsets: Int64, *, integer: bool = False, tz: str | None = None
) -> Frequency | None:
    """The frequency behind the commonest step of all series; missing rows don't confuse it.

    Args:
        times: (N,) times, ascending within each series.
        offsets: (S + 1,) where each series begins.
        integer: the times are plain integers.
        tz: the zone in which the calendar is read.

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
    if step < 23 * _HOUR:
        return Frequency(_tick_alias(step), tz=tz)
    walls = to_wall(times, tz)
    local = _commonest(np.diff(walls)[inside])
    if local is not None and local % DAY == 0:
        step = local
    if step % DAY:
        return Frequency(_tick_alias(step), tz=tz)
    return Frequency(_calendar_alias(walls // DAY, inside, step // DAY), tz=tz)


def _commonest(values: Int64) -> int | None:
    """The commonest positive value, the smallest of several; None where there is none."""
    import pandas as pd

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
    weekdays = (days + 3) % 7  # 1970 began on a Thursday; 0 is Monday.
    if step == 1:
        gaps = np.diff(days)
        weekend_passed = (inside & ((np.diff(weekdays) < 0) | (gaps >= 7))).any()
        return "B" if weekend_passed and weekdays.max() < 5 else "D"
    if step >= 28:
        alias = _month_alias(days, inside)
        if alias is not None:
            return alias
    if step % 7 == 0:
        anchor = _DAYS[int(np.bincount(weekdays).argmax())]
        return f"{_number(step // 7)}W-{anchor}"
    return f"{_number(step)}D"


def _month_alias(days: Int64, inside: Bool) -> str | None:
    """The alias of a grid of months, quarters or years.

    None where the days have no fixed place in their months.
    """
    months = days.view("M8[D]").astype("M8[M]")
    numbers = months.astype(np.int64)
    step = _commonest(np.diff(numbers)[inside])
    if step is None:
        return None
    place = _place_in_month(days, months)
    if place is None:
        return None
    month = int(np.bincount(numbers % 12).argmax())
    if place == "same":
        return f"{_number(step)}MS"
    business, side = place[:-1], place[-1]
    if step % 12 == 0:
        end = "" if month == (0 if side == "S" else 11) else f"-{_MONTHS[month]}"
        return f"{_number(step // 12)}{business}Y{side}{end}"
    if step == 3:
        third = int(np.bincount(numbers % 3).argmax())
        return f"{business}Q{side}-{_MONTHS[9 + third]}"
    return f"{_number(step)}{business}M{side}"


def _place_in_month(days: Int64, months: Any) -> str | None:
    """Where in their months nearly all days lie.

    S start, E end, "same" the same day, BS or BE the first or last business day; None nowhere.
    """
    first = months.astype("M8[D]").astype(np.int64)
    last = (months + 1).astype("M8[D]").astype(np.int64) - 1
    in_month = days - first
    common = int(np.bincount(in_month).argmax())
    first_weekday, last_weekday = (first + 3) % 7, (last + 3) % 7
    fits: dict[str, Callable[[], Bool]] = {
        "S": lambda: in_month == 0,
        "E": lambda: days == last,
        "same": lambda: (in_month == common) & (common < 28),
        "BS": lambda: days == first + np.where(first_weekday > 4, 7 - first_weekday, 0),
        "BE": lambda: days == last - np.maximum(last_weekday - 4, 0),
    }
    shares = {place: float(fit().mean()) for place, fit in fits.items()}
    best = max(shares, key=lambda place: shares[place])
    return best if shares[best] >= 0.8 else None


def _tick_alias(nanoseconds: int) -> str:
    """A fixed stretch of time as an alias; whole days in hours, for "D" is the calendar's day."""
    size, unit = next(known for known in _UNITS if nanoseconds % known[0] == 0)
    return f"{_number(nanoseconds // size)}{unit}"


def _number(multiple: int) -> str:
    return "" if multiple == 1 else str(multiple)
