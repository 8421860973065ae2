"""Times that are written as numbers: 20240131, 2024013113, seconds since 1970, and the days of Excel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rollcast._types import Int64
from rollcast.data.clock import format_time
from rollcast.tables.dates.date_forms import Days, read_days
from rollcast.tables.schema import TimeKind

_EXCEL_ZERO: Final = np.datetime64("1899-12-30", "ns").astype(np.int64)
_DAY_SECONDS: Final = 86_400
_SECOND: Final = 1_000_000_000

_UNITS: Final = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}

EXCEL_DAYS: Final = (20_000, 60_000)
"""Excel's numbers of the days from 1954 to 2064."""

_EPOCH: Final = (631_152_000, 4_102_444_800)
"""Seconds since 1970 from 1990 to 2100."""


@dataclass(frozen=True)
class NumberForm:
    """One way of writing times as numbers.

    Attributes:
        kind: its name in a schema.
        low: the least number.
        high: the number above all.
        decode: numbers to nanoseconds since 1970, NaT (the least integer) where a number is no time.
        encode: nanoseconds to such numbers.
        zone: the zone of the instants; None for what a clock shows.
    """

    kind: TimeKind
    low: int
    high: int
    decode: Callable[[Any], Int64]
    encode: Callable[[Int64], Any]
    zone: str | None = None

    def holds(self, numbers: Any) -> bool:
        """Whether numbers (N,) are as large as such times are."""
        return bool(len(numbers) and self.low < numbers.min() and numbers.max() < self.high)


def _calendar(order: str, clock: int) -> Callable[[Any], Int64]:
    """Reads digits of a day or month, and of hours, minutes and seconds (``clock`` of these)."""
    widths = {"y": 4, "m": 2, "d": 2, "w": 2, "o": 3}

    def decode(numbers: Any) -> Int64:
        rest = numbers.astype(np.int64)
        times: list[Int64] = []
        for _ in range(clock):
            rest, part = np.divmod(rest, 100)
            times.insert(0, part)
        parts: list[Int64] = []
        for letter in reversed(order):
            rest, part = np.divmod(rest, 10 ** widths[letter])
            parts.insert(0, part)
        days: Days = read_days(np.stack(parts, axis=1), order)
        seconds = np.zeros(len(numbers), np.int64)
        fits = np.ones(len(numbers), np.bool_)
        for part, limit in zip(times, (24, 60, 60), strict=False):
            seconds = seconds * 60 + part
            fits &= part < limit
        seconds *= 60 ** (3 - clock) if clock else 0
        walls = days.astype("M8[ns]") + (seconds * _SECOND).view("m8[ns]")
        walls[~fits] = np.datetime64("NaT")
        return walls.view(np.int64)

    return decode


def _digits(form: str) -> Callable[[Int64], Int64]:
    def encode(times: Int64) -> Int64:
        import pandas as pd

        return pd.Series(times.view("M8[ns]")).dt.strftime(form).to_numpy().astype(np.int64)

    return encode


def _since(unit: int) -> Callable[[Any], Int64]:
    def decode(numbers: Any) -> Int64:
        if np.issubdtype(numbers.dtype, np.integer):
            return numbers.astype(np.int64) * unit
        whole = np.floor(numbers)
        # A fraction of a second is as fine as microseconds in 64-bit numbers.
        fraction = np.round((numbers - whole) * unit / 1000) * 1000
        return whole.astype(np.int64) * unit + fraction.astype(np.int64)

    return decode


def _until(unit: int) -> Callable[[Int64], Any]:
    def encode(times: Int64) -> Any:
        return times // unit if (times % unit == 0).all() else times / unit

    return encode


def _from_excel(numbers: Any) -> Int64:
    seconds = np.round(numbers.astype(np.float64) * _DAY_SECONDS).astype(np.int64)
    return seconds * _SECOND + _EXCEL_ZERO


def _to_excel(times: Int64) -> Any:
    days = (times - _EXCEL_ZERO) / (_DAY_SECONDS * _SECOND)
    return days.astype(np.int64) if (days % 1 == 0).all() else days


def _form(kind: TimeKind, digits: int, order: str, clock: int, form: str) -> NumberForm:
    scale = 10 ** (digits - 4)
    return NumberForm(kind, 1900 * scale, 2100 * scale, _calendar(order, clock), _digits(form))


def _epoch(kind: TimeKind, per_second: int) -> NumberForm:
    low, high = (limit * per_second for limit in _EPOCH)
    unit = _SECOND // per_second
    return NumberForm(kind, low, high, _since(unit), _until(unit), "UTC")


_CALENDARS: Final = (
    _form("yyyymmdd", 8, "ymd", 0, "%Y%m%d"),
    _form("yyyymm", 6, "ym", 0, "%Y%m"),
    _form("yyyymmddhh", 10, "ymd", 1, "%Y%m%d%H"),
    _form("yyyymmddhhmm", 12, "ymd", 2, "%Y%m%d%H%M"),
    _form("yyyymmddhhmmss", 14, "ymd", 3, "%Y%m%d%H%M%S"),
    _form("yyyyww", 6, "yw", 0, "%G%V"),
    _form("yyyyddd", 7, "yo", 0, "%Y%j"),
)
_EPOCHS: Final = (
    _epoch("unix s", 1),
    _epoch("unix ms", 10**3),
    _epoch("unix us", 10**6),
    _epoch("unix ns", 10**9),
)
_EXCEL: Final = NumberForm("excel", *EXCEL_DAYS, _from_excel, _to_excel)

NUMBER_FORMS: Final = {form.kind: form for form in (*_CALENDARS, *_EPOCHS, _EXCEL)}
"""Every form by its kind."""


def find_form(numbers: Any, *, excel: bool = False) -> tuple[NumberForm, Int64] | None:
    """The form of numbers that are times by their size and digits, and these times.

    Digits of a calendar come first: 2024010113 is 13 o'clock, though it also is a second of 2034.

    Args:
        numbers: (N,) integers or floats, none of them missing.
        excel: whether numbers as large as Excel's days are such days.

    Returns:
        The form and the times (N,) in nanoseconds; None where the numbers only count.
    """
    if len(numbers) == 0:
        return None
    whole = bool((numbers == np.floor(numbers)).all())
    for form in (*(_CALENDARS if whole else ()), *_EPOCHS, *((_EXCEL,) if excel else ())):
        if form.holds(numbers):
            times = form.decode(numbers)
            if (times != np.iinfo(np.int64).min).all():
                return form, times
    return None


def as_excel_days(numbers: Any) -> bool:
    """Whether numbers (N,) are as large as Excel's days of our time."""
    return _EXCEL.holds(numbers)


def describe_form(form: NumberForm, number: Any, time: int) -> str:
    """What numbers are, with an example, as a remark says it."""
    example = f"{number:.15g}" if number % 1 else str(int(number))
    at = format_time(time, None)
    if form.zone is not None:
        unit = _UNITS[form.kind.removeprefix("unix ")]
        return f"{unit} since 1970 in UTC, such as {example} as {at}"
    if form.kind == "excel":
        return (
            f"days of Excel, such as {example} as {at}; call the column 'step' if they only count"
        )
    return f"{'weeks' if form.kind == 'yyyyww' else 'dates'}, such as {example} as {at}"
