"""Open times: a week in which only some days, or some times of some days, have rows.

Such a calendar is written as a step and what is open: ``D[Mon-Sat]``, ``D[Tue,Thu,Sat]``,
``30min[Mon-Fri 09:00-17:30]``, ``h[Mon-Fri 09:00-17:00; Sat 09:00-12:00]``. Times are those of the first
and the last row. The open times of a week are its slots, and whole weeks follow each other, so that a row
and its time are found by arithmetic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from rollcast._types import Int64
from rollcast.errors import ArgumentError

DAY = 86_400_000_000_000
"""Nanoseconds in a day."""

WEEK = 7 * DAY
MINUTE = DAY // 1440
SECOND = MINUTE // 60
"""The shortest step of a calendar of open times."""

MONDAY = 4 * DAY
"""The first Monday of 1970."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_FORM = re.compile(r"\s*([^\[\]]+?)\s*\[([^\[\]]+)\]\s*")
_CLOCK = re.compile(r"(\d\d?):(\d\d)(?::(\d\d))?")


@dataclass(frozen=True)
class OpenTimes:
    """The open times of a week.

    Attributes:
        base: the alias of the step, "D" or a fraction of a day.
        step: its length in nanoseconds.
        offsets: (K,) the open times, as nanoseconds after Monday's midnight, ascending.
    """

    base: str
    step: int
    offsets: tuple[int, ...]

    multiple = 1

    @cached_property
    def slots(self) -> Int64:
        """(K,) the open times as an array."""
        return np.array(self.offsets, np.int64)

    def number(self, walls: Int64) -> tuple[Int64, Int64]:
        """The open time at or before each clock time (N,), counted from 1970 (N,), and how long before (N,)."""
        weeks, within = np.divmod(walls - MONDAY, WEEK)
        slots = np.searchsorted(self.slots, within, side="right") - 1
        numbers = weeks * len(self.offsets) + slots
        return numbers, walls - self.time(numbers)

    def time(self, numbers: Int64) -> Int64:
        """The clock time of each open time's number (N,)."""
        weeks, slots = np.divmod(numbers, len(self.offsets))
        return MONDAY + weeks * WEEK + self.slots[slots]

    @cached_property
    def by_day(self) -> tuple[tuple[int, ...], ...]:
        """(7,) the times of day that are open, Monday first."""
        days, times = np.divmod(self.slots, DAY)
        return tuple(tuple(times[days == day].tolist()) for day in range(7))

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The open weekdays; Monday is 0."""
        return tuple(day for day in range(7) if self.by_day[day])

    @property
    def is_daily(self) -> bool:
        """Whether a step is a day."""
        return self.step == DAY

    @property
    def is_always(self) -> bool:
        """Whether nothing is closed."""
        return len(self.offsets) * self.step == WEEK

    @property
    def season_length(self) -> int | None:
        """Open times of a day where all open days have as many, else those of a week; None where that is one."""
        sizes = {len(times) for times in self.by_day if times}
        a_day = sizes.pop() if len(sizes) == 1 else 1
        season = a_day if a_day > 1 else len(self.offsets)
        return season if season > 1 else None

    @property
    def text(self) -> str:
        """The calendar as :func:`read_open_times` reads it, always in the same spelling."""
        groups: list[str] = []
        for days, times in self._groups():
            named = "" if len(days) == 7 else _runs_of_days(days, "-", ",", 3)
            groups.append(f"{named} {self._hours(times, '-', ',')}".strip())
        return f"{self.base}[{'; '.join(groups)}]"

    @property
    def label(self) -> str:
        """What is open, in words: "Monday to Friday 09:00 to 17:30"."""
        groups: list[str] = []
        for days, times in self._groups():
            named = "" if len(days) == 7 else _runs_of_days(days, " to ", ", ", 3, long=True)
            groups.append(f"{named} {self._hours(times, ' to ', ', ')}".strip())
        return "; ".join(groups)

    def _groups(self) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """The open weekdays that have the same times of day, and these times."""
        found: dict[tuple[int, ...], list[int]] = {}
        for day in self.weekdays:
            found.setdefault(self.by_day[day], []).append(day)
        return [(tuple(days), times) for times, days in found.items()]

    def _hours(self, times: tuple[int, ...], to: str, comma: str) -> str:
        if len(times) * self.step == DAY and times[0] == 0:
            return ""
        runs = np.split(np.array(times), np.flatnonzero(np.diff(times) != self.step) + 1)
        return comma.join(
            show_clock(int(run[0])) + (f"{to}{show_clock(int(run[-1]))}" if len(run) > 1 else "")
            for run in runs
        )


def split_form(text: str) -> tuple[str, str] | None:
    """The step and what stands in brackets behind it; None where there are no brackets."""
    found = _FORM.fullmatch(text)
    return None if found is None else (found[1], found[2])


@lru_cache(maxsize=64)
def read_open_times(base: str, step: int, text: str) -> OpenTimes:
    """Read what stands in the brackets.

    Args:
        base: the alias of the step.
        step: its length in nanoseconds, a day at most.
        text: groups of weekdays and times of day, such as "Mon-Fri 09:00-17:30; Sat 09:00-12:00".

    Raises:
        ArgumentError: it can't be read so.
    """
    offsets: set[int] = set()
    for group in text.split(";"):
        words = re.sub(r"\s*[-\u2013]\s*", "-", group.replace(",", " ")).split()
        days = {day for word in words if word[0].isalpha() for day in _read_days(word)}
        clocks = [word for word in words if not word[0].isalpha()]
        if not words or (clocks and step == DAY):
            raise ArgumentError(_wrong(f"{base}[{text}]"))
        whole = range(0, DAY, step)
        times = {time for word in clocks for time in _read_clocks(word, step)} or set(whole)
        offsets |= {day * DAY + time for day in days or range(7) for time in times}
    return OpenTimes(base, step, tuple(sorted(offsets)))


def name_days(days: Iterable[int], *, plural: bool = False, joint: str = "and") -> str:
    """Weekdays as a message speaks of them: "Saturday and Sunday"."""
    names = [DAYS[day] + "s" * plural for day in days]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {joint} {names[-1]}"


def show_clock(time: int) -> str:
    """A time of day as 09:30."""
    seconds = time // SECOND
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text


def _read_days(word: str) -> list[int]:
    names = [day.lower() for day in DAYS]
    ends: list[int] = []
    for part in word.lower().split("-"):
        fits = [i for i, name in enumerate(names) if len(part) >= 3 and name.startswith(part)]
        if len(fits) != 1:
            raise ArgumentError(_wrong(word))
        ends += fits
    if len(ends) > 2:
        raise ArgumentError(_wrong(word))
    return [(ends[0] + i) % 7 for i in range((ends[-1] - ends[0]) % 7 + 1)]


def _read_clocks(word: str, step: int) -> Sequence[int]:
    ends: list[int] = []
    for part in word.split("-"):
        found = _CLOCK.fullmatch(part)
        if found is None:
            raise ArgumentError(_wrong(word))
        hours, minutes, seconds = (int(number or 0) for number in found.groups())
        if hours > 23 or minutes > 59 or seconds > 59:
            raise ArgumentError(_wrong(word))
        ends.append(((hours * 60 + minutes) * 60 + seconds) * SECOND)
    if len(ends) > 2 or ends[-1] < ends[0]:
        raise ArgumentError(_wrong(word))
    return range(ends[0], ends[-1] + 1, step)


def _wrong(text: str) -> str:
    return (
        "`freq` must name open days or times as in 'D[Mon-Sat]', 'D[Tue,Thu,Sat]' or '30min[Mon-Fri 09:00-17:30]', "
        f"where times are those of the first and last row of a day; got {text!r}."
    )


def _runs_of_days(
    days: tuple[int, ...], to: str, comma: str, least: int, *, long: bool = False
) -> str:
    """Weekdays with runs of at least ``least`` shortened; a run may pass from Sunday to Monday."""
    names = [day if long else day[:3] for day in DAYS]
    begins = [day for day in days if (day - 1) % 7 not in days]
    runs: list[list[int]] = []
    for begin in begins:
        run = [begin]
        while (run[-1] + 1) % 7 in days:
            run.append((run[-1] + 1) % 7)
        runs.append(run)
    parts: list[str] = []
    for run in runs:
        if len(run) >= least:
            parts.append(f"{names[run[0]]}{to}{names[run[-1]]}")
        else:
            parts += [names[day] for day in run]
    if long and len(parts) > 1:
        return f"{comma.join(parts[:-1])} and {parts[-1]}"
    return comma.join(parts)
