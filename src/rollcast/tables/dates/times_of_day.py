"""Times of day and offsets from UTC at the end of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rollcast._types import Bool, Int64

if TYPE_CHECKING:
    import pandas as pd

NO_OFFSET = np.iinfo(np.int64).min
"""The offset of a time that has none."""

CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[AaPp]\.?[Mm]\.?)?"
"""A time of day that stands by itself."""

_NANOSECOND = 1_000_000_000

_TIMED = r":|\d{8}[Tt ]\d{4}|\d[Tt]\d"

_OFFSET = (
    r"([\d ]|[AaPp][Mm])((?:UTC|GMT|UT|utc|gmt)?[+-]\d{1,2}(?::?\d{2})?|Z|z|UTC|GMT|UT|utc|gmt)$"
)

_BRACKETS = r"\s*[\[(][A-Za-z][A-Za-z /_+-]*[\])]$"
"""A zone's name behind the offset, as Java and JavaScript write it."""

_YEAR_LAST = r"^(.*?)\s(\d{1,2}:\d{2}(?::\d{2})?)\s+((?:UTC|GMT|Z|[+-]\d{4})\s+)?(\d{4})$"
"""The year behind the time of day, as in Mon Jan  1 13:30:00 2024."""

_CLOCK_FIRST = r"^(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)[\s,]+(\S.*)$"

_COLONS = r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}(?:[.,]\d+)?))?\s*(?P<half2>am|pm)?"

_CLOCKS = (
    rf"^(?P<date>.*\d\D?)(?:\s*t\s*|[\s,_]+)(?:(?P<half>am|pm)\s*)?{_COLONS}$",
    rf"^(?P<date>.*\d{{4}}):{_COLONS}$",
    r"^(?P<date>\d{8}|\d{4}-\d{2}-\d{2})[t _-]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2}(?:\.\d+)?)?$",
    r"^(?P<date>.*\d{4})\s+(?P<hour>\d{1,2})\.(?P<minute>\d{2})(?:\.(?P<second>\d{2}))?$",
    r"^(?P<date>.*\d\D?)(?:\s*t\s*|[\s,_]+)(?P<hour>\d{1,2})\s*h\s*(?P<minute>\d{2})?$",
    r"^(?P<date>.*\d\D?)[\s,_]+(?P<hour>\d{1,2})\s*(?P<half>am|pm)$",
    r"^(?P<date>\d{4}[-/.]\d{1,2}[-/.]\d{1,2})(?:t|\s+)(?P<hour>\d{1,2})$",
    r"^(?P<date>\d{8})t(?P<hour>\d{2})$",
)
"""A date and a time of day, each way of writing them; only the first is common."""

_PARTS = ("date", "half", "hour", "minute", "second", "half2")


def split_offsets(text: pd.Series) -> tuple[pd.Series, Int64]:
    """Texts without their offsets, and these in minutes (N,)."""
    offsets = np.full(len(text), NO_OFFSET, np.int64)
    timed = text.str.contains(_TIMED, regex=True).to_numpy(dtype=bool)
    if not timed.any():
        return text, offsets
    if text.str.contains(r"[\])]$", regex=True).any():
        text = text.where(~timed, text.str.replace(_BRACKETS, "", regex=True))
    if text.str.contains(r":\d\d.* \d{4}$", regex=True).any():
        text = text.str.replace(_YEAR_LAST, r"\1 \4 \2 \3", regex=True).str.strip()
    if text.str.contains(r"^\d{1,2}:\d\d", regex=True).any():
        text = text.str.replace(_CLOCK_FIRST, r"\2 \1", regex=True)
    found = text.str.extract(_OFFSET)[1].where(timed)
    has = found.notna().to_numpy()
    if not has.any():
        return text, offsets
    signed = found[has].str.replace(r"[A-Za-z:]", "", regex=True)
    signed = signed.str.replace(r"^([+-])(\d|\d{3})$", r"\g<1>0\2", regex=True)
    signed = signed.where(signed != "", "+0000").str.pad(5, "right", "0")
    minutes = signed.str[1:3].astype("int64") * 60 + signed.str[3:5].astype("int64")
    offsets[has] = minutes.where(signed.str[0] == "+", -minutes).to_numpy()
    return text.where(~has, text.str.replace(_OFFSET, r"\1", regex=True).str.strip()), offsets


def split_clocks(text: pd.Series) -> tuple[pd.Series, Int64, Bool]:
    """Texts without their times of day, and these.

    Args:
        text: (N,) dates in small letters, without their offsets.

    Returns:
        The dates, the times of day in nanoseconds (N,), 0 where there is none, and where they are none of a day.
    """
    import pandas as pd

    parts = pd.DataFrame(index=text.index, columns=list(_PARTS), dtype="str")
    left = np.ones(len(text), np.bool_)
    for form in _CLOCKS:
        at = text.iloc[np.flatnonzero(left)].str.fullmatch(form).to_numpy(dtype=bool)
        if at.any():
            rows = np.flatnonzero(left)[at]
            found = text.iloc[rows].str.extract(form)
            parts.loc[found.index, found.columns] = found
            left[rows] = False
        if not left.any():
            break
    if left.all():
        return text, np.zeros(len(text), np.int64), np.zeros(len(text), np.bool_)
    clocks, bad = _clock(parts)
    dates = parts["date"].where(~left, text).str.strip(" ,-_")
    return dates.str.replace(r"\s+t$", "", regex=True), clocks, bad


def _clock(parts: pd.DataFrame) -> tuple[Int64, Bool]:
    """(N,) times of day in nanoseconds, and where they are none."""
    parts = parts.assign(second=parts["second"].str.replace(",", ".", regex=False))
    hour, minute, second = (
        parts[name].astype("float64").fillna(0).to_numpy() for name in ("hour", "minute", "second")
    )
    half = parts["half"].where(parts["half"].notna(), parts["half2"])
    afternoon = (half == "pm").to_numpy(dtype=bool, na_value=False)
    morning = (half == "am").to_numpy(dtype=bool, na_value=False)
    bad = (minute > 59) | (second >= 60) | (hour > np.where(afternoon | morning, 12, 24))
    bad |= (hour == 24) & ((minute > 0) | (second > 0))
    hour = np.where(afternoon & (hour < 12), hour + 12, np.where(morning & (hour == 12), 0, hour))
    nanoseconds = (hour * 3600 + minute * 60).astype(np.int64) * _NANOSECOND
    return nanoseconds + np.round(second * _NANOSECOND).astype(np.int64), bad
