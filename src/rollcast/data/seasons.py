"""Seasons: which cycles a frequency has by nature, and which of them the rows of each series hold.

A day, a week and a year are cycles. The two shortest that are more than a row and at most 2,016 rows are
taken: a day and a week of hours, a week and a year of days, a year of weeks, months and quarters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from rollcast._types import Array, Int64
from rollcast.data.calendar import Frequency
from rollcast.data.open_times import DAY, WEEK, OpenTimes
from rollcast.options.season_option import MOST_SEASON

MOST_TOLD: Final = 288
"""Rows of the longest first season with which the pretrained network was trained."""

_YEAR: Final = 365.2425
"""Days of a mean year."""

_WEEKS: Final = 52
"""Whole weeks of a year: where rows lie on open days alone, a year ago is the same weekday."""

_A_YEAR: Final = {"M": 12, "Q": 4}
"""Steps in a year, by family."""

_OFF: Final = 0.02
"""Share of a year by which the nearest whole number of rows may miss it; else seasons would run apart."""


class Seasons(NamedTuple):
    """The seasons of S series, in rows.

    Attributes:
        first: (S,) the shorter one; 1 for none.
        second: (S,) the longer one, longer than the first; 0 for none.
    """

    first: Array
    second: Array

    def take(self, series: Any) -> Seasons:
        """Of the chosen series (S',), in that order."""
        return Seasons(self.first[series], self.second[series])


@dataclass(frozen=True)
class SeasonCycles:
    """The seasons that series may have.

    Attributes:
        lengths: rows in each, ascending; two at most.
    """

    lengths: tuple[int, ...]

    @classmethod
    def of(cls, frequency: Frequency, given: tuple[int, ...] | None = None) -> SeasonCycles:
        """Those that a caller names, else the natural ones of a frequency."""
        return cls(natural_seasons(frequency) if given is None else given)

    @property
    def pair(self) -> tuple[int, int]:
        """Rows in the first, 1 for none; and in the second, 0 for none."""
        first, second = (*self.lengths, 0, 0)[:2]
        return max(first, 1), second

    def held(self, rows: Int64) -> Seasons:
        """The seasons of series with so many rows (S,).

        The pretrained network is told the first one from the first row on, as in its training, and waits until it has
        seen it. A season longer than any there, and the second one, count where a series holds a whole one.
        """
        first, second = self.pair
        told = (rows >= first) | (first <= MOST_TOLD)
        return Seasons(
            np.where(told, first, 1).astype(np.int32),
            np.where(told & (rows >= second), second, 0).astype(np.int32),
        )


def natural_seasons(frequency: Frequency) -> tuple[int, ...]:
    """Rows in the natural cycles of a frequency, ascending; two at most.

    Example:
        >>> [natural_seasons(Frequency(alias)) for alias in ("30min", "D", "B", "MS", "YS")]
        [(48, 336), (7, 365), (5, 260), (12,), ()]
    """
    found = {rows for rows in _cycles(frequency) if 1 < rows <= MOST_SEASON}
    return tuple(sorted(found)[:2])


def _cycles(frequency: Frequency) -> tuple[int, ...]:
    """Rows in a day, a week and a year, as far as each is a whole number of them."""
    form = frequency.form
    if isinstance(form, OpenTimes):
        sizes = {len(times) for times in form.by_day if times}
        a_day = sizes.pop() if len(sizes) == 1 else 1
        a_week = len(form.offsets)
        return a_day, a_week, _WEEKS * a_week
    if frequency.is_integer:
        return ()
    family, number = frequency.family, frequency.multiple
    if family in _A_YEAR:
        return _exact(_A_YEAR[family], number)
    if family == "B":
        return (*_exact(5, number), *_exact(5 * _WEEKS, number))
    step = frequency.fixed_step or {"D": DAY, "W": WEEK}.get(family or "", 0) * number
    if not step:  # years
        return ()
    return (*_exact(DAY, step), *_exact(WEEK, step), *_nearest(_YEAR * DAY / step))


def _exact(cycle: int, step: int) -> tuple[int, ...]:
    return () if cycle % step else (cycle // step,)


def _nearest(rows: float) -> tuple[int, ...]:
    return (round(rows),) if abs(round(rows) - rows) <= _OFF * rows else ()
