"""Row times: the time of one row, read by itself, so that it means the same whatever stands beside it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np

from rollcast.data.calendar import DAY, Frequency
from rollcast.data.clock import both_instants
from rollcast.errors import DataError, show
from rollcast.tables import Schema
from rollcast.tables.dates.dates import read_date_text
from rollcast.tables.dates.number_times import NUMBER_FORMS, NumberForm
from rollcast.tables.dates.times_of_day import NO_OFFSET

_ZERO: Final = dt.datetime(1970, 1, 1)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_FINE: Final = re.compile(r"[.,]\d{7}")
_MOST: Final = 2**62
_NONE: Final = np.iinfo(np.int64).min
_YEARS: Final = (1678, 2261)


class RowTimes:
    """Reads times as the model's tables write them.

    Args:
        schema: the table that the model was fitted on.
        frequency: of its rows.
    """

    def __init__(self, schema: Schema, frequency: Frequency) -> None:
        self._kind = schema.time_kind
        self._zone = schema.tz or frequency.tz
        self._known = schema.time_zone or frequency.tz
        self._local = schema.time_zone is None or schema.tz is not None
        self._form = NUMBER_FORMS.get(schema.time_kind)
        self._order = schema.time_form
        self._read: Callable[[str], tuple[int, int]] = lru_cache(4096)(self._read_text)

    def parse(self, cell: Any) -> tuple[int, int]:
        """The instant of a time, and the later one where the clock shows it twice; else the same again.

        Args:
            cell: what JSON holds: text or a whole number.

        Raises:
            DataError: it is no time of this model's kind.
        """
        if self._kind == "integer":
            number = self._whole(cell)
            return number, number
        if isinstance(cell, str):
            return self._read(cell)
        if self._form is not None:
            return self._number(cell, self._form)
        raise DataError(f"the time {show(cell)} is no text such as 2024-04-03T13:30.")

    def _number(self, cell: Any, form: NumberForm) -> tuple[int, int]:
        """The instants of a number that is a time."""
        plain = type(cell) in (int, float) and abs(cell) < _MOST
        number = np.array([cell if plain else 0])
        wall = int(form.decode(number)[0]) if plain and form.holds(number) else _NONE
        if wall == _NONE:
            raise DataError(f"the time {show(cell)} is no number as the model's times are.")
        if form.zone is not None or self._zone is None:
            return wall, wall
        return _localise(str(cell), wall, self._zone)

    def _whole(self, cell: Any) -> int:
        plain = type(cell) is int or (type(cell) is float and cell.is_integer())
        if not plain or abs(cell) >= _MOST:
            raise DataError(f"the time {show(cell)} is no whole number, as the model's times are.")
        return int(cell)

    def _read_text(self, text: str) -> tuple[int, int]:
        wall, offset = _parse(text, self._order)
        if offset is not None:
            if self._known is None:
                raise DataError(
                    f"the time {show(text)} has a zone, and the model was fitted on times without one."
                )
            return wall - offset, wall - offset
        if self._zone is None:
            return wall, wall
        if not self._local:
            raise DataError(
                f"the time {show(text)} has no zone, and the model was fitted on times with one, {self._known}."
            )
        return _localise(text, wall, self._zone)


def _parse(text: str, order: str | None) -> tuple[int, int | None]:
    """What the clock shows, and its offset from UTC if it has one, in nanoseconds."""
    found = None
    if not _FINE.search(text):
        try:
            found = dt.datetime.fromisoformat(text.strip())
        except ValueError:
            found = None
    if found is None:
        return _parse_slowly(text, order)
    if not _YEARS[0] <= found.year < _YEARS[1]:
        raise DataError(f"the time {show(text)} lies outside the years {_YEARS[0]} to {_YEARS[1]}.")
    wall = (found.replace(tzinfo=None) - _ZERO) // _MICROSECOND * 1000
    offset = found.utcoffset()
    return wall, None if offset is None else offset // _MICROSECOND * 1000


def _parse_slowly(text: str, order: str | None) -> tuple[int, int | None]:
    import pandas as pd

    read = read_date_text(pd.Series([text], dtype="str"), order)
    if read.bad[0] or read.mixed is not None:
        raise DataError(f"{show(text)} is no time; write it as 2024-04-03 or 2024-04-03T13:30.")
    if read.two_ways is not None:
        _, one, other = read.two_ways
        raise DataError(
            f"the time {show(text)} is {one} or {other}; write the year first, as 2024-04-03."
        )
    offset = int(read.offsets[0])
    return int(read.walls[0]), None if offset == NO_OFFSET else offset * 60_000_000_000


def _localise(text: str, wall: int, zone: str) -> tuple[int, int]:
    """Both instants at which a clock shows a time."""
    first, second, skipped = both_instants(np.array([wall], np.int64), zone)
    if skipped[0] and wall % DAY:  # a skipped midnight begins the day later
        raise DataError(f"the time {show(text)} is skipped by clocks in {zone}.")
    return int(first[0]), int(second[0])
