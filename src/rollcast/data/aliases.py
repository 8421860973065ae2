"""Aliases of frequencies: today's spelling, pandas' offset behind each, and what stands in brackets."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from rollcast.data.month_days import MonthDays, read_month_days
from rollcast.data.open_times import DAY, SECOND, OpenTimes, name_days, read_open_times, split_form
from rollcast.errors import ArgumentError

_CODES = frozenset(
    ["D", "B", "W"] + [f"{b}{unit}{side}" for b in ("", "B") for unit in "MQY" for side in "SE"]
)
"""The offsets of the calendar that we count in."""

_OLD_ALIASES = {
    "M": "ME", "Q": "QE", "Y": "YE", "A": "YE", "AS": "YS", "BM": "BME", "BQ": "BQE", "BY": "BYE",
    "BA": "BYE", "BAS": "BYS", "H": "h", "T": "min", "S": "s", "L": "ms", "U": "us", "N": "ns",
}  # fmt: skip
"""What pandas called them before version 2.2, which warns of them; version 3 knows them no more."""


@cache
def form_of(alias: str) -> OpenTimes | MonthDays | None:
    """What stands in brackets behind an alias."""
    parts = split_form(alias)
    if parts is None:
        return None
    plain, text = parts
    tick = DAY if plain == "D" else tick_of(plain)
    if tick is None:
        return read_month_days(plain, text)
    if not SECOND <= tick <= DAY:
        raise ArgumentError(
            f"`freq` must step by a second to a day where open times are named; got {alias!r}."
        )
    return read_open_times(plain, tick, text)


def bracketed(plain: str, text: str) -> str:
    """An alias with what is open in its one spelling, or the plain alias that means the same."""
    form = form_of(f"{'D' if tick_of(plain) == DAY else plain}[{text}]")
    if not isinstance(form, OpenTimes):
        return plain if form is None else form.text
    if form.is_always:
        return form.base
    if form.is_daily and len(form.offsets) == 1:
        return f"W-{name_days(form.weekdays)[:3].upper()}"
    return "B" if form.is_daily and form.weekdays == (0, 1, 2, 3, 4) else form.text


@cache
def offset_of(step: str | dt.timedelta) -> Any:
    """An offset of pandas' by its alias or its length."""
    from pandas.tseries.frequencies import to_offset

    return to_offset(step)


@cache
def tick_of(alias: str) -> int | None:
    """The nanoseconds of an alias that is a fixed stretch of time; None for steps of the calendar."""
    from pandas.tseries.offsets import Day, Tick

    # In pandas 2 a day is a Tick of 24 hours; here it is the calendar's, as in pandas 3.
    offset = offset_of(alias)
    return int(offset.nanos) if isinstance(offset, Tick) and not isinstance(offset, Day) else None


@cache
def is_alias(alias: str) -> bool:
    """Whether pandas knows the offset and we can count in it."""
    try:
        offset = offset_of(alias)
        code = offset.base.freqstr.split("-")[0]
        return int(offset.n) >= 1 and (tick_of(offset.freqstr) is not None or code in _CODES)
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def modern(alias: str) -> str:
    """An alias of older pandas in today's spelling."""
    digits = alias[: len(alias) - len(alias.lstrip("0123456789"))]
    name, _, anchor = alias[len(digits) :].partition("-")
    return digits + _OLD_ALIASES.get(name, name) + (f"-{anchor}" if anchor else "")
