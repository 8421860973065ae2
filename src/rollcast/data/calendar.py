"""The calendar: the step from one row to the next, and the zone whose calendar it is counted in.

Times are int64 throughout: nanoseconds since 1970 in UTC, or the caller's own integers. A step
below a day is a fixed stretch of time. A step of a day or more is counted in the local calendar, so
that midnight stays midnight through both daylight-saving changes. The calendar itself is pandas':
an offset gives the *anchors* (midnights, Mondays, month ends), and a row lies a fixed distance
behind its anchor, so that "monthly on the 15th at noon" is a grid too. Where only some days or some
times of the week are open, or a month's rows lie on a day that not every month has, arithmetic gives
the anchors (:mod:`open_times`, :mod:`month_days`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.aliases import bracketed, form_of, is_alias, modern, offset_of, tick_of
from rollcast.data.clock import check_zone, duration, format_time, stamp, to_utc, to_wall
from rollcast.data.month_days import MonthDays
from rollcast.data.open_times import (
    DAY,
    DAYS,
    MONDAY,
    OpenTimes,
    split_form,
)
from rollcast.errors import ArgumentError, DataError, show

_FIRST, _LAST = -106_650 * DAY, 106_650 * DAY
"""Within the years 1678 to 2261, whose every nanosecond has a number."""

_SEASONS = {"D": 7, "B": 5, "W": 52, "M": 12, "Q": 4}
"""Steps in a season, by family; a year has none."""

_LONGEST = {"D": 1, "B": 3, "W": 7, "M": 31, "Q": 92, "Y": 366}
"""Days that one step of the calendar takes at most, by family."""

_ERA = 1461 * DAY
"""Four years: the calendar's days are looked up by so many at once, so that the same ones serve again."""

_NOUNS = {"D": "day", "B": "business day", "W": "week", "M": "month", "Q": "quarter", "Y": "year"}


@dataclass(frozen=True)
class Frequency:
    """The step between rows.

    Attributes:
        alias: a pandas offset alias such as "30min", "h", "D", "B", "W-SUN", "MS", "QE-DEC" or
            "YS"; one with what is open, such as "D[Mon-Sat]" or "30min[Mon-Fri 09:00-17:30]", or with
            the day of the month, such as "MS[30]"; None where time is an integer.
        step: the integer step; 1 where there is an alias.
        tz: the IANA zone in which the calendar is read; None for zone-less timestamps and integers.

    Example:
        >>> import numpy as np
        >>> start = int(np.datetime64("2024-01-31", "ns").astype(np.int64))
        >>> Frequency("ME").times(start, 3).view("M8[ns]").astype("M8[D]").astype(str).tolist()
        ['2024-01-31', '2024-02-29', '2024-03-31']
    """

    alias: str | None
    step: int = 1
    tz: str | None = None

    def __post_init__(self) -> None:
        if self.step < 1 or (self.alias is not None and self.step != 1):
            raise ArgumentError(
                f"`step` must be an integer >= 1, and 1 beside an alias; got {self.step!r}."
            )

    @classmethod
    def parse(cls, freq: object, tz: str | None = None) -> Frequency:
        """Read what a person gave as the frequency.

        Args:
            freq: a pandas alias (those of older pandas, such as "M" and "H", too), one with what is
                open such as "D[Mon-Sat]", a pandas offset, a timedelta, or an integer step.
            tz: the zone in which the calendar is read.

        Raises:
            ArgumentError: ``freq`` is none of these, or the zone is unknown.
        """
        if isinstance(freq, Frequency):
            return freq if tz is None else replace(freq, tz=tz)
        if isinstance(freq, int | np.integer) and not isinstance(freq, bool):
            if freq < 1:
                raise ArgumentError(
                    f"`freq` must be an integer >= 1 or an alias; got {show(freq)}."
                )
            return cls(None, int(freq))
        span = offset_of(freq) if isinstance(freq, dt.timedelta) else None
        text = freq if isinstance(freq, str) else getattr(span or freq, "freqstr", None)
        if text == "C" and not isinstance(freq, str):
            # Custom business days of pandas; their holidays are missing rows here.
            mask = getattr(freq, "calendar").weekmask  # noqa: B009  (no stub of pandas declares it)
            text = f"D[{','.join(day for day, is_open in zip(DAYS, mask, strict=True) if is_open)}]"
        parts = split_form(text) if isinstance(text, str) else None
        plain = modern(parts[0] if parts else text) if isinstance(text, str) else ""
        if not is_alias(plain):
            raise ArgumentError(
                "`freq` must be a pandas alias such as 'h', 'D', 'W-SUN' or 'MS', open days such as"
                f" 'D[Mon-Sat]', or an integer step; got {show(freq)}."
            )
        if tz is not None:
            check_zone(tz)
        if parts is not None:
            return cls(bracketed(offset_of(plain).freqstr, parts[1]), tz=tz)
        alias = offset_of(plain).freqstr
        days, rest = divmod(tick_of(alias) or 1, DAY)
        if rest == 0 and (tz is None or span is not None):
            alias = "D" if days == 1 else f"{days}D"
        return cls(alias, tz=tz)

    @property
    def is_integer(self) -> bool:
        """Whether time is an integer."""
        return self.alias is None

    @property
    def is_calendar(self) -> bool:
        """Whether steps are counted in the local calendar: those of a day or more, and between open times."""
        return self.alias is not None and self._tick is None

    @property
    def family(self) -> str | None:
        """The calendar's unit: D, B, W, M, Q or Y; None for integers, and for steps within a day."""
        if not self.is_calendar or tick_of(self._plain) is not None:
            return None
        code = self._base.split("-")[0]
        return code if code == "B" else code.removeprefix("B")[:1]

    @property
    def multiple(self) -> int:
        """Units in a step: 2 for "2W-SUN"; 1 for integers and between open times."""
        if isinstance(self.form, OpenTimes):
            return 1
        return 1 if self.alias is None else int(offset_of(self._plain).n)

    @property
    def season_length(self) -> int | None:
        """Steps in a season: a day, a week or a year; None where there is none."""
        if isinstance(self.form, OpenTimes):
            return self.form.season_length
        tick = self._tick
        if tick is not None:
            return DAY // tick if tick < DAY and DAY % tick == 0 else None
        steps, number = _SEASONS.get(self.family or ""), self.multiple
        return None if steps is None or steps % number or steps == number else steps // number

    @property
    def label(self) -> str:
        """The step in words: "30 minutes", "month start", "step of 1"."""
        if self.alias is None:
            return f"step of {self.step}"
        if self.form is not None:
            plain = Frequency(self._plain).label
            plain = (
                plain.removesuffix(" start").removesuffix(" end") if self.form.step > DAY else plain
            )
            return f"{plain}, {self.form.label}"
        if self._tick is not None:
            return duration(self._tick)
        number, family = self.multiple, self.family or ""
        noun = _NOUNS[family]
        if number > 1:
            return f"{number} {noun}s"
        if family == "W":
            return f"week ({DAYS[offset_of(self._base).weekday]})"
        business = "business " if self._base[0] == "B" and family != "B" else ""
        end = {"S": " start", "E": " end"}.get(self._base.split("-")[0][-1], "")
        return f"{business}{noun}{end}"

    @property
    def noun(self) -> str | None:
        """The step as a noun: "month", "hour", "30 minutes"; None where there is no word for it."""
        if self.alias is None or self.form is not None:
            return None
        if self._tick is not None:
            return duration(self._tick)
        number, noun = self.multiple, _NOUNS[self.family or ""]
        return noun if number == 1 else f"{number} {noun}s"

    @property
    def describe(self) -> str:
        """The step and its zone in words, for a line of a summary."""
        zone = "" if self.tz is None else f", {self.tz} time"
        return f"{self.label}{zone}"

    def to_json(self) -> dict[str, Any]:
        """Plain values that :meth:`from_json` reads."""
        return {"alias": self.alias, "step": self.step, "tz": self.tz}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Frequency:
        """The frequency that :meth:`to_json` wrote."""
        return cls(values["alias"], int(values["step"]), values["tz"])

    def advance(self, start: int, steps: int) -> int:
        """The time ``steps`` after ``start`` (before it where negative)."""
        return int(self.shift(np.array([start], np.int64), np.array([steps], np.int64))[0])

    def times(self, start: int, count: int) -> Int64:
        """The first ``count`` times from ``start`` on, ``start`` included: (count,)."""
        return self.shift(np.full(count, start, np.int64), np.arange(count, dtype=np.int64))

    def shift(self, starts: Int64, steps: Int64) -> Int64:
        """Each time moved by its own number of steps.

        Args:
            starts: (N,) times.
            steps: (N,) whole steps, negative ones too.

        Returns:
            (N,) times.

        Raises:
            DataError: a time lies outside the years 1678 to 2261.
        """
        if len(starts) == 0:
            return np.empty(0, np.int64)
        fixed = self.fixed_step
        if fixed is not None:
            bound = int(np.abs(starts).max()) + int(np.abs(steps).max()) * fixed
            if bound >= 2**63:
                raise DataError(self._out_of_range())
            return starts + steps * fixed
        walls = to_wall(starts, self.tz)
        if self.form is not None:
            there = self._move(self.form, walls, steps)
            return np.where(steps == 0, starts, to_utc(there, self.tz))
        days = walls // DAY * DAY
        back = min(0, int(steps.min()) * self.multiple)
        ahead = max(0, int(steps.max()) * self.multiple)
        anchors = self._anchors(int(days.min()), int(days.max()), back, ahead)
        here = np.searchsorted(anchors, days, side="right") - 1
        ahead_of = here + steps * self.multiple
        if ahead_of.min() < 0 or ahead_of.max() >= len(anchors):
            raise DataError(self._out_of_range())
        there = anchors[ahead_of] + (walls - anchors[here])
        return np.where(steps == 0, starts, to_utc(there, self.tz))

    def locate(self, starts: Int64, times: Int64) -> tuple[Int64, Bool]:
        """The row number of each time on the grid that begins at its own start.

        Args:
            starts: (N,) the first time of each one's grid.
            times: (N,) times.

        Returns:
            Rows (N,), and whether each time lies on its grid (N,); one that doesn't has the row
            of the grid's time before it.
        """
        if len(times) == 0:
            return np.empty(0, np.int64), np.empty(0, np.bool_)
        fixed = self.fixed_step
        if fixed is not None:
            rows, rest = np.divmod(times - starts, fixed)
            return rows, rest == 0
        first, then = to_wall(starts, self.tz), to_wall(times, self.tz)
        if self.form is not None:
            rows, on = _rows_between(self.form, first, then)
            if self.tz is not None and not (isinstance(self.form, MonthDays) and self.form.loose):
                # A clock time that is skipped stands later, and one that is shown twice is the first.
                on = (on | (first != then)) & (self.shift(starts, rows) == times)
            return rows, on
        if self._base == "D":
            rows, rest = np.divmod(then - first, self.multiple * DAY)
            if not rest.any():  # as nearly always, and a division is quicker than a search
                return rows, np.ones(len(rows), np.bool_)
        first_day, day = first // DAY * DAY, then // DAY * DAY
        low, high = min(first_day.min(), day.min()), max(first_day.max(), day.max())
        anchors = self._anchors(int(low), int(high))
        a = np.searchsorted(anchors, first_day, side="right") - 1
        b = np.searchsorted(anchors, day, side="right") - 1
        rows, rest = np.divmod(b - a, self.multiple)
        on = (rest == 0) & (first - anchors[a] == then - anchors[b])
        if self._base == "B":
            on &= (anchors[b] == day) & (anchors[a] == first_day)
        if self.tz is not None and not on.all():
            # A clock time that daylight saving skips stands an hour later: ask the grid itself.
            off = np.flatnonzero(~on)
            on[off] = self.shift(starts[off], rows[off]) == times[off]
        return rows, on

    def position(self, start: int, times: Int64) -> Int64:
        """The row number of each time (N,) on the grid that begins at ``start``: (N,).

        Raises:
            DataError: a time lies off the grid.
        """
        rows, on = self.locate(np.full(len(times), start, np.int64), times)
        if not on.all():
            first = int(np.argmin(on))
            raise DataError(
                f"Time {self.format(int(times[first]))} is not a whole number of steps"
                f" ({self.label}) from {self.format(start)}; correct it or give another frequency."
            )
        return rows

    def is_open(self, times: Int64) -> Bool:
        """(N,) whether the calendar has rows at each time, or on its day."""
        walls = to_wall(times, self.tz) if self.is_calendar else times
        if isinstance(self.form, OpenTimes):
            return self.form.number(walls)[1] < self.form.step
        if self.family == "B":
            return (walls - MONDAY) // DAY % 7 < 5
        return np.ones(len(times), np.bool_)

    def why_off(self, start: int, time: int) -> str:
        """What is wrong with a time off the grid that begins at ``start``, to follow the time in a message."""
        why = self.why_closed(time)
        if why is not None:
            return why
        why = self.why_closed(start)
        if why is not None:
            return f"follows {self.format(start)}, which {why}"
        return f"is no whole number of steps ({self.label}) after {self.format(start)}"

    def why_closed(self, time: int) -> str | None:
        """Which closed day or hour a time lies on, to follow the time in a message; None where it is open."""
        at = np.array([time], np.int64)
        if self.is_open(at)[0]:
            return None
        day = int((to_wall(at, self.tz)[0] - MONDAY) // DAY % 7)
        known = self.form.weekdays if isinstance(self.form, OpenTimes) else range(5)
        what = "lies outside the open times" if day in known else f"is a {DAYS[day]}"
        return f"{what}, closed in the calendar of the rows ({self.label})"

    def format(self, time: int) -> str:
        """A time as a person writes it, in the frequency's zone."""
        return format_time(time, self.tz, integer=self.is_integer)

    @property
    def form(self) -> OpenTimes | MonthDays | None:
        """What is open of a week, or the day of the month, where the alias names it."""
        return None if self.alias is None else form_of(self.alias)

    @property
    def _plain(self) -> str:
        """The alias without what is open."""
        return (self.alias or "").partition("[")[0]

    @property
    def _base(self) -> str:
        return "" if self.alias is None else offset_of(self._plain).base.freqstr

    @property
    def _tick(self) -> int | None:
        """The fixed stretch of time in nanoseconds, or None for a step of the calendar."""
        return None if self.alias is None or self.form is not None else tick_of(self.alias)

    def _move(self, form: OpenTimes | MonthDays, walls: Int64, steps: Int64) -> Int64:
        """Clock times (N,) moved by steps (N,) of what is open."""
        ends, _ = form.number(np.array([_FIRST, _LAST]))
        numbers, rest = form.number(walls)
        reach = int(np.abs(steps).max()) * form.multiple
        ahead = numbers + steps * form.multiple if reach < 2**40 else np.full(1, 2**62)
        if ahead.min() < ends[0] or ahead.max() > ends[1]:
            raise DataError(self._out_of_range())
        return form.time(ahead) + rest

    @property
    def fixed_step(self) -> int | None:
        """The step where it is always the same, in nanoseconds or the caller's integers; None for the calendar's."""
        return self.step if self.alias is None else self._tick

    def _anchors(self, low: int, high: int, back: int = 0, ahead: int = 0) -> Int64:
        """The base offset's days by clock time, from the last at or before ``low`` on."""
        # Steps count from any start between the two, so both ends move.
        reach = _LONGEST[self.family or "D"] * DAY
        first, last = low + (back - 1) * reach, high + (ahead + 1) * reach
        first, last = first // _ERA * _ERA, -(-last // _ERA) * _ERA
        return _days(self._base, max(first, min(_FIRST, low)), min(last, max(_LAST, high)))

    def _out_of_range(self) -> str:
        return (
            f"A time by steps of {self.label} lies outside the years 1678 to 2261, which timestamps"
            " can hold; shorten the horizon or give whole numbers, such as the year, as the time."
        )


def _rows_between(form: OpenTimes | MonthDays, first: Int64, then: Int64) -> tuple[Int64, Bool]:
    """Steps from one clock time (N,) to another, and whether they are whole and both are open."""
    a, a_rest = form.number(first)
    b, b_rest = form.number(then)
    rows, rest = np.divmod(b - a, form.multiple)
    return rows, (rest == 0) & (a_rest == b_rest) & (a_rest < form.step)


@lru_cache(maxsize=32)
def _days(alias: str, low: int, high: int) -> Int64:
    """An offset's days by clock time, from the last at or before ``low`` to the last at or before ``high``."""
    import pandas as pd

    offset = offset_of(alias)
    first: Any = stamp(low)
    with suppress(pd.errors.OutOfBoundsDatetime, OverflowError):
        first = offset.rollback(first)
    days = pd.date_range(first, stamp(high), freq=offset).as_unit("ns").asi8.copy()
    days.flags.writeable = False
    return days
