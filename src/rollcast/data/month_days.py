"""Days of the month: months, quarters and years whose rows lie on a day that not every month has, or on any day.

``MS[30]`` are the months' 30ths, and the last day where a month is shorter. ``BME[any]`` takes a row on any
day as its month's, and dates forecasts on the last business day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rollcast._types import Int64
from rollcast.data.open_times import DAY
from rollcast.errors import ArgumentError

_FORM: Final = re.compile(r"(\d\d?)?\s*(any)?")
_BASE: Final = re.compile(r"(\d*)(B?M[SE])")


@dataclass(frozen=True)
class MonthDays:
    """One day in each month, or in every so many months.

    Attributes:
        base: the alias, such as "MS", "3MS" or "BME".
        multiple: months in a step.
        day: of the month, the last one where it is shorter; None for the one of the alias.
        loose: whether a row on any day is its month's.
    """

    base: str
    multiple: int
    day: int | None
    loose: bool

    step = 32 * DAY
    """No time lies further behind its month's day."""

    def number(self, walls: Int64) -> tuple[Int64, Int64]:
        """The month whose day lies at or before each clock time (N,), from 1970 (N,), and how long before (N,)."""
        months = (walls // DAY).view("M8[D]").astype("M8[M]").astype(np.int64)
        if self.loose:
            return months, np.zeros_like(walls)
        numbers = months - (self.time(months) > walls)
        return numbers, walls - self.time(numbers)

    def time(self, numbers: Int64) -> Int64:
        """Midnight of the day of each month (N,)."""
        return self._days(numbers.view("M8[M]")) * DAY

    def _days(self, months: Any) -> Int64:
        if self.day is not None:
            return clipped_days(months, self.day)
        return place_days(months)[self.base.lstrip("0123456789").replace("M", "")]

    @property
    def text(self) -> str:
        """The calendar as :func:`read_month_days` reads it, always in the same spelling."""
        day = "" if self.day is None else str(self.day)
        return f"{self.base}[{f'{day} any' if day and self.loose else day or 'any'}]"

    @property
    def label(self) -> str:
        """The day in words."""
        day = "" if self.day is None else f"on the {_ordinal(self.day)}"
        return f"{day}, any day read as its month".removeprefix(", ") if self.loose else day


def read_month_days(base: str, text: str) -> MonthDays:
    """Read what stands in the brackets behind an alias of months.

    Raises:
        ArgumentError: it can't be read so.
    """
    found, unit = _FORM.fullmatch(text.strip().lower()), _BASE.fullmatch(base)
    day = int(found[1]) if found is not None and found[1] else None
    named = unit is not None and found is not None and (day is not None or found[2])
    if unit is None or found is None or not named or not 1 <= (1 if day is None else day) <= 31:
        raise ArgumentError(
            "`freq` must name a day of the month as in 'MS[30]', or read any day as its month as in 'MS[any]'; "
            f"got {f'{base}[{text}]'!r}."
        )
    if day is not None and unit[2] != "MS":
        raise ArgumentError(
            f"`freq` must name a day of the month behind MS, as in 'MS[{day}]'; got {f'{base}[{text}]'!r}."
        )
    return MonthDays(base, int(unit[1] or 1), day, bool(found[2]))


def clipped_days(months: Any, day: int) -> Int64:
    """(N,) the day of each month, or its last one, as days since 1970."""
    first, last = _ends(months)
    return np.minimum(first + day - 1, last)


def place_days(months: Any) -> dict[str, Int64]:
    """The first (S) and last (E) days of months (N,), and the business days (BS, BE), as days since 1970."""
    first, last = _ends(months)
    first_weekday, last_weekday = (first + 3) % 7, (last + 3) % 7
    return {
        "S": first,
        "E": last,
        "BS": first + np.where(first_weekday > 4, 7 - first_weekday, 0),
        "BE": last - np.maximum(last_weekday - 4, 0),
    }


def _ends(months: Any) -> tuple[Int64, Int64]:
    first = months.astype("M8[D]").astype(np.int64)
    return first, (months + 1).astype("M8[D]").astype(np.int64) - 1


def _ordinal(number: int) -> str:
    if 10 <= number % 100 <= 20:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
