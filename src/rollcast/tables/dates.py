"""Dates and times as text, in the orders that people write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rollcast._types import Bool, Int64

if TYPE_CHECKING:
    import pandas as pd

NO_OFFSET = np.iinfo(np.int64).min
"""The offset of a time that has none."""

_NANOSECOND = 1_000_000_000

_ISO = r"\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?|\d{8}|\d{4}"

_OFFSET = r"([\d ])(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"

_PARTS = (
    r"(?P<a>\d{1,4})(?P<sep>\s*[-/.年년]\s*)(?P<b>\d{1,2})"
    r"(?:\s*[-/.月월]\s*(?P<c>\d{1,4}))?\s*[.日일월月]?"
    r"(?:[T\s]+(?P<half>AM|PM|am|pm|오전|오후)?\s*"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?"
    r"\s*(?P<half2>AM|PM|am|pm|a\.m\.|p\.m\.)?)?"
)
"""Two or three numbers and perhaps a time of day; Korean and Japanese marks too."""

_HAS_YEAR = r"^\d{4}\D|^\d+\D+\d+\D+\d"

_QUARTER = r"(?P<year>\d{4})\s*-?\s*[Qq](?P<quarter>[1-4])"

_MONTH_NAME_FORMATS = (
    "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %Y", "%B %Y", "%b-%Y",
    "%Y-%b", "%Y %b", "%Y-%B", "%Y %B", "%d %b %Y %H:%M", "%d-%b-%Y %H:%M", "%d %b %Y %H:%M:%S",
    "%d-%b-%Y %H:%M:%S",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class DateText:
    """Dates read from text.

    Attributes:
        walls: (N,) what the clock shows, in nanoseconds since its 1970.
        offsets: (N,) the offset from UTC in minutes; NO_OFFSET where there is none.
        bad: (N,) True where the text is no date.
        two_ways: a text and its two readings, where the column doesn't say which holds.
        mixed: two texts that write dates in different orders.
    """

    walls: Int64
    offsets: Int64
    bad: Bool
    two_ways: tuple[str, str, str] | None = None
    mixed: tuple[str, str] | None = None


def looks_like_dates(text: pd.Series) -> bool:
    """Whether nearly all texts (N,) are dates by their form; digits alone are numbers."""
    import pandas as pd

    stripped = text.astype("str").str.strip()
    bare, _ = _split_offsets(stripped)
    form = bare.str.fullmatch(_PARTS) & bare.str.contains(_HAS_YEAR, regex=True)
    form |= bare.str.fullmatch(_QUARTER)
    decimal = bare.str.fullmatch(r"\d+[.]\d+")
    by_form = (form & ~decimal).to_numpy(dtype=bool)
    if by_form.mean() >= 0.8:
        return True
    if not bare.str.contains(r"\d{4}").all():
        return False
    return any(
        pd.to_datetime(bare, format=form, errors="coerce").notna().all()
        for form in _MONTH_NAME_FORMATS
    )


def read_date_text(text: pd.Series) -> DateText:
    """Read dates and times.

    Args:
        text: (N,) distinct strings.

    Returns:
        The times, and what could not be read or not be read for sure.
    """
    text = text.str.strip()
    bare, offsets = _split_offsets(text)
    iso = bare.str.fullmatch(_ISO).to_numpy(dtype=bool)
    if iso.all():
        walls, bad = _read_iso(bare)
        if not bad.any():
            return DateText(walls, offsets, bad)
    return _read_parts(text, bare, offsets)


def _split_offsets(text: pd.Series) -> tuple[pd.Series, Int64]:
    """Texts without their offsets, and these in minutes (N,)."""
    offsets = np.full(len(text), NO_OFFSET, np.int64)
    timed = text.str.contains(":", regex=False).to_numpy(dtype=bool)
    if not timed.any():
        return text, offsets
    found = text.str.extract(_OFFSET)[1].where(timed)
    has = found.notna().to_numpy()
    if not has.any():
        return text, offsets
    signed = found[has].str.replace(":", "", regex=False)
    signed = signed.where(signed.str.match("[+-]"), "+0000").str.pad(5, "right", "0")
    minutes = signed.str[1:3].astype("int64") * 60 + signed.str[3:5].astype("int64")
    offsets[has] = minutes.where(signed.str[0] == "+", -minutes).to_numpy()
    return text.where(~has, text.str.replace(_OFFSET, r"\1", regex=True).str.strip()), offsets


def _read_iso(text: pd.Series) -> tuple[Int64, Bool]:
    import pandas as pd

    try:
        stamps = pd.to_datetime(text, format="ISO8601", errors="coerce")
        bad = stamps.isna().to_numpy()
        return stamps.dt.as_unit("ns").to_numpy().view(np.int64), bad
    except (pd.errors.OutOfBoundsDatetime, OverflowError, ValueError):
        return np.zeros(len(text), np.int64), np.ones(len(text), np.bool_)


def _read_parts(text: pd.Series, bare: pd.Series, offsets: Int64) -> DateText:
    """Dates by their parts: every order of day, month and year that all texts allow."""
    parts = bare.str.extract(rf"^{_PARTS}$")
    lacking = parts["a"].isna().to_numpy()
    if lacking.all():
        return _read_names(bare, offsets)
    numbers = parts[["a", "b", "c"]].astype("float64").to_numpy()
    long = parts[["a", "c"]].apply(lambda part: part.str.len()).to_numpy(dtype=np.float64) == 4
    dotted = parts["sep"].str.contains(".", regex=False, na=False).to_numpy(dtype=bool)
    clock, clock_bad = _clock(parts)
    readings = {
        order: _dates(numbers, long, dotted, order) + clock for order in ("ymd", "dmy", "mdy")
    }
    bad = {order: np.isnat(dates) for order, dates in readings.items()}
    none = lacking | clock_bad | (bad["ymd"] & bad["dmy"] & bad["mdy"])
    if none.any():
        return DateText(np.zeros(len(text), np.int64), offsets, none)
    whole = [order for order in readings if not bad[order].any()]
    if not whole:
        best = min(readings, key=lambda order: int(bad[order].sum()))
        one, other = int(np.argmin(bad[best])), int(np.argmax(bad[best]))
        return DateText(
            np.zeros(len(text), np.int64), offsets, none, mixed=(text.iloc[one], text.iloc[other])
        )
    first = readings[whole[0]]
    walls = first.astype("M8[ns]").view(np.int64)
    for order in whole[1:]:
        differ = readings[order] != first
        if differ.any():
            # The plainest example: the date that differs first.
            at = int(np.argmax(differ))
            shown = (_long_date(first[at]), _long_date(readings[order][at]))
            return DateText(walls, offsets, none, two_ways=(str(text.iloc[at]), *shown))
    return DateText(walls, offsets, none)


def _dates(numbers: np.ndarray, long: np.ndarray, dotted: Bool, order: str) -> np.ndarray:
    """(N,) days as the numbers (N, 3) stand in one order; NaT where they don't.

    Args:
        numbers: first, second and third number; NaN where there is no third.
        long: (N, 2) whether the first and the third have four digits.
        dotted: (N,) whether dots stand between them; nobody writes the month first then.
        order: "ymd", "dmy" or "mdy".
    """
    a, b, c = numbers.T
    long_first, long_last = long.T
    if order == "ymd":
        year, month, day = a, b, np.where(np.isnan(c), 1, c)
        fits = ~long_last & (long_first | ~np.isnan(c))
    else:
        day, month, year = (a, b, c) if order == "dmy" else (b, a, c)
        fits = ~long_first & ~np.isnan(c)
        if order == "mdy":
            fits &= ~dotted
        # Month and year, as in 04/2024, where the second number has four digits, is no match.
    year = np.where(year < 100, np.where(year < 70, 2000, 1900) + year, year)
    fits &= (year >= 1678) & (year <= 2261) & (month >= 1) & (month <= 12) & (day >= 1)
    year, month, day = (np.where(fits, part, 1).astype(np.int64) for part in (year, month, day))
    months = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    dates = months.astype("M8[D]") + (day - 1)
    fits &= dates.astype("M8[M]") == months
    dates[~fits] = np.datetime64("NaT")
    return dates.astype("M8[ns]")


def _clock(parts: pd.DataFrame) -> tuple[np.ndarray, Bool]:
    """(N,) times of day as durations, and where they are none."""
    hour, minute, second = (
        parts[name].astype("float64").fillna(0).to_numpy() for name in ("hour", "minute", "second")
    )
    half = parts["half"].where(parts["half"].notna(), parts["half2"]).str.lower()
    afternoon = half.str.startswith(("p", "\uc624\ud6c4"), na=False).to_numpy(dtype=bool)
    morning = half.notna().to_numpy() & ~afternoon
    bad = (minute > 59) | (second >= 60) | (hour > np.where(afternoon | morning, 12, 24))
    bad |= (hour == 24) & ((minute > 0) | (second > 0))
    hour = np.where(afternoon & (hour < 12), hour + 12, np.where(morning & (hour == 12), 0, hour))
    nanoseconds = (hour * 3600 + minute * 60).astype(np.int64) * _NANOSECOND
    nanoseconds += np.round(second * _NANOSECOND).astype(np.int64)
    return nanoseconds.view("m8[ns]"), bad


def _read_names(text: pd.Series, offsets: Int64) -> DateText:
    """Dates with a quarter or the name of a month."""
    import pandas as pd

    quarters = text.str.extract(rf"^{_QUARTER}$")
    best = pd.Series(pd.NaT, index=text.index, dtype="M8[ns]")
    if quarters["year"].notna().any():
        number = quarters.astype("float64")
        months = (number["year"] - 1970) * 12 + (number["quarter"] - 1) * 3
        known = months.notna()
        stamps = months[known].to_numpy(np.int64).astype("M8[M]").astype("M8[ns]")
        best = best.mask(known, pd.Series(stamps, index=text.index[known]))
    else:
        for form in _MONTH_NAME_FORMATS:
            stamps = pd.to_datetime(text, format=form, errors="coerce")
            # Nanoseconds hold no other years.
            stamps = stamps.where(stamps.dt.year.between(1678, 2261))
            if stamps.notna().sum() > best.notna().sum():
                best = stamps.dt.as_unit("ns")
            if best.notna().all():
                break
    return DateText(best.to_numpy().view(np.int64), offsets, best.isna().to_numpy())


def _long_date(date: np.datetime64) -> str:
    import pandas as pd

    stamp = pd.Timestamp(date)
    return f"{stamp.day} {stamp:%B %Y}"
