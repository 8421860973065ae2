"""Closed days and hours of a table: what is said of them, and what is advised where they look like gaps."""

from __future__ import annotations

from typing import Final

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.calendar import Frequency
from rollcast.data.clock import to_wall
from rollcast.data.month_days import MonthDays
from rollcast.data.open_times import DAY, SECOND, OpenTimes, name_days
from rollcast.tables.grid.frequency import tick_alias
from rollcast.tables.grid.open_weekdays import (
    LEAST_WEEKS,
    Weekdays,
    count_weekdays,
    never_by_chance,
    occurring_times,
)
from rollcast.tables.table_rows import TableRows

MOST_MISSING: Final = 0.2
"""The share of a series that may be missing."""


def leave_out_closed(rows: TableRows, frequency: Frequency) -> TableRows:
    """The rows without those that have no value and lie on closed days or times."""
    kept = have_value_or_are_open(rows, rows.times, frequency)
    held = np.bincount(rows.codes[kept], minlength=len(rows.ids)) > 0
    kept |= ~held[rows.codes]  # a series of nothing else is refused where gaps are
    return rows if kept.all() else rows.take(kept)


def have_value_or_are_open(rows: TableRows, times: Int64, frequency: Frequency) -> Bool:
    """(N,) whether rows have a value, or lie on open days and times.

    Args:
        rows: by series.
        times: (N,) the instants of the rows.
        frequency: the step.
    """
    kept = np.ones(len(times), np.bool_)
    blank = np.flatnonzero(np.isnan(rows.values))
    if rows.integer or not frequency.is_calendar or len(blank) == 0:
        return kept
    kept[blank] = frequency.is_open(times[blank])
    return kept


def describe_closed(rows: TableRows, frequency: Frequency) -> list[str]:
    """Sentences on the calendar that was found, and on days that are nearly always closed."""
    if rows.integer or not frequency.is_calendar:
        return []
    form = frequency.form
    if isinstance(form, MonthDays):
        return _describe_month(form)
    closed = _closed_days(frequency)
    days, codes = _days(
        rows, np.isfinite(rows.values) if closed else np.ones(len(rows.times), np.bool_)
    )
    within_a_day = isinstance(form, OpenTimes) and not form.is_daily
    daily = frequency.family in ("D", "B") and frequency.multiple == 1
    if len(days) == 0 or not (daily or within_a_day):
        return []
    weekdays = count_weekdays(days, codes)
    if isinstance(form, OpenTimes) and not form.is_daily:
        return [
            f"No row lies outside {form.label}: other times are closed, neither missing nor forecast; pass"
            f" freq={tick_alias(form.step)!r} to count them as missing, or freq={frequency.alias!r} with other times.",
            *_exceptions(rows, weekdays),
        ]
    sentences = [*_exceptions(rows, weekdays), *_closed_alone(rows, days, codes, closed)]
    if closed:
        which = f"No row lies on a {name_days(closed, joint='or')} in {_weeks(weekdays, closed)}"
        said = "such days are closed, neither missing nor forecast; pass freq='D' to count them as missing."
        return [f"{which}: {said}", *sentences]
    unseen = np.flatnonzero((weekdays.seen == 0) & (weekdays.dates > 0)).tolist()
    if unseen:
        open_days = np.flatnonzero(weekdays.seen > 0)
        alias = OpenTimes("D", DAY, tuple((open_days * DAY).tolist())).text
        sentences.append(
            f"No row lies on a {name_days(unseen, joint='or')} in {_weeks(weekdays, unseen)}, too short a time to"
            f" tell: such days count as missing; pass freq={Frequency.parse(alias).alias!r} if they are closed."
        )
    return sentences


def _closed_days(frequency: Frequency) -> list[int]:
    """The weekdays that a calendar of days has closed."""
    form = frequency.form
    if isinstance(form, OpenTimes):
        return [day for day in range(7) if day not in form.weekdays]
    return [5, 6] if frequency.family == "B" else []


def _weeks(weekdays: Weekdays, days: list[int]) -> str:
    least = int(weekdays.dates[days].min())
    return "1 week" if least == 1 else f"{least:,} weeks"


def advise_open_times(rows: TableRows, frequency: Frequency, series: int) -> str | None:
    """What to do where what a series lacks are days or times at which it has no rows; None where it lacks others."""
    if rows.integer:
        return None
    known = ~np.isnan(rows.values)
    step = _day_or_less(frequency)
    mine = known & (rows.codes == series)
    if step is None or mine.sum() < 2:
        return None
    rare = _exceptional(rows, count_weekdays(*_days(rows, known)))
    if rare is not None:
        return f"only {rare[0]}: leave {rare[1]} out if such days are closed"
    walls = to_wall(rows.times, rows.tz)
    form = occurring_times(walls[mine], step, tick_alias(step))
    if form is None:
        return None
    numbers, _ = form.number(walls[mine])
    lacking = 1 - mine.sum() / (int(numbers.max() - numbers.min()) + 1)
    if form.is_always or lacking > MOST_MISSING or len(form.offsets) < 2:
        return None
    own = Frequency.parse(form.text, rows.tz)
    others = to_wall(rows.times[known], rows.tz)
    fits = own.is_open(rows.times[known]).all() and not (form.number(others)[1] >= form.step).any()
    alone = "" if fits else "fit such series apart, with "
    what = "days" if form.is_daily else "times"
    return (
        f"its rows lie on {form.label} only, and closed {what} are no zeros: {'pass ' if fits else ''}{alone}"
        f"freq={own.alias!r}"
    )


def _day_or_less(frequency: Frequency) -> int | None:
    """The step in nanoseconds, days for those of up to a week; None for others."""
    fixed = frequency.fixed_step
    if fixed is not None:
        return fixed if SECOND <= fixed < DAY else None
    if isinstance(frequency.form, OpenTimes):
        return frequency.form.step
    return DAY if frequency.family in ("D", "B") and frequency.multiple < 7 else None


def _days(rows: TableRows, which: Bool) -> tuple[Int64, Int64]:
    """The days of the chosen rows (N,), and their series."""
    return to_wall(rows.times[which], rows.tz) // DAY, rows.codes[which]


def _exceptions(rows: TableRows, weekdays: Weekdays) -> list[str]:
    """The sentence on weekdays that would be closed but for a handful of dates."""
    rare = _exceptional(rows, weekdays)
    if rare is None:
        return []
    what, it = rare
    return [
        f"Only {what}: the others count as missing and are forecast; leave {it} out if such days are closed."
    ]


def _exceptional(rows: TableRows, weekdays: Weekdays) -> tuple[str, str] | None:
    """How many dates of weekdays that are closed otherwise have a row, and "it" or "them"."""
    rare = np.flatnonzero(weekdays.exceptional)
    if not len(rare):
        return None
    seen, dates = int(weekdays.seen[rare].sum()), int(weekdays.dates[rare].sum())
    first = rows.show(int(weekdays.first[rare].min()) * DAY)
    have, it = ("has a row", "it") if seen == 1 else ("have a row", "them")
    return f"{seen:,} of {dates:,} {name_days(rare, plural=True)} {have} (the first is {first})", it


def _closed_alone(
    rows: TableRows, days: Int64, codes: Int64, closed_for_all: list[int]
) -> list[str]:
    """The sentence on series that are closed on weekdays on which others are open."""
    if len(rows.ids) == 1:
        return []
    seen, dates = _weekdays_of_each(days, codes, len(rows.ids))
    usual = seen > 0
    share = seen.sum(axis=1) / np.maximum((dates * usual).sum(axis=1), 1)
    closed = ~usual & never_by_chance(dates, np.minimum(share, 1)[:, None], LEAST_WEEKS)
    closed[:, closed_for_all] = False
    which = closed.any(axis=1) & (seen.sum(axis=1) > 0)
    if not which.any():
        return []
    first = int(np.argmax(which))
    have = "has" if which.sum() == 1 else "have"
    on = name_days(np.flatnonzero(closed[first]), joint="or")
    return [
        f"{int(which.sum()):,} of {len(which):,} series {have} no row on some weekdays, the first,"
        f" {rows.ids[first]!r}, on no {on}: these count as missing, for other series have such rows; fit these series"
        " apart if they are closed then."
    ]


def _weekdays_of_each(days: Int64, codes: Int64, count: int) -> tuple[Int64, Int64]:
    """(S, 7) rows of each series on each weekday, and dates within its span."""
    seen = np.bincount(codes * 7 + (days + 3) % 7, minlength=count * 7).reshape(count, 7)
    begins = np.flatnonzero(np.diff(codes, prepend=-1))
    held, low = codes[begins], days[begins]
    high = days[np.append(begins[1:], len(days)) - 1]
    dates = np.zeros((count, 7), np.int64)
    # Days of each weekday from the first to the last: whole weeks, and one more within the rest.
    weeks, rest = np.divmod(high - low + 1, 7)
    after = (np.arange(7) - (low[:, None] + 3)) % 7
    dates[held] = weeks[:, None] + (after < rest[:, None])
    return seen, dates


def _describe_month(form: MonthDays) -> list[str]:
    if not form.loose:
        return [f"The rows lie {form.label} of the month, and on the last day of shorter months."]
    day = (
        f"the {form.label.split(',')[0].removeprefix('on the ')}"
        if form.day
        else _PLACES[form.base[-2:]]
    )
    if form.base.lstrip("0123456789").startswith("B"):
        day = day.replace("day", "business day")
    return [
        f"The dates lie on different days of their months: each is read as its month, and forecasts are dated on {day};"
        " pass freq= for another reading."
    ]


_PLACES: Final = {"MS": "the first day of a month", "ME": "the last day of a month"}


def is_same_place(rows: TableRows, at: Int64) -> Bool:
    """(N - 1,) whether a row and the next of its series have one place on the grid."""
    return rows.inside & (np.diff(at) == 0)
