"""What the names of columns say: that a time is below, or which time they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from rollcast._types import Bool
from rollcast.tables.dates.date_words import month_number
from rollcast.tables.dates.dates import looks_like_dates

_YEAR = re.compile(r"(?:X|YR)?((?:19|20)\d\d)(?:\.0)?\s*(?:년도?|年)?(?: ?\[YR\d{4}\])?")
_MONTH_NUMBER = re.compile(r"(?:M|m)?(0?[1-9]|1[0-2])\s*(?:월|月)")
_QUARTER = re.compile(
    r"(?:Q|q|K|T)\.? ?([1-4])|([1-4])\. ?(?:Q|Quartal|quarter)|([1-4])\s*(?:Q|분기)"
)
_DAY_NUMBER = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?")
"""Months and days as numbers, such as 202401 and 20240131."""
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::00)?")


def year(name: Any) -> int | None:
    """The year that a name or a cell is."""
    found = _YEAR.fullmatch(str(name).strip())
    return None if found is None else int(found.group(1))


def month(name: Any) -> int | None:
    """The month that a name or a cell is; a number alone is none."""
    text = str(name).strip()
    found = _MONTH_NUMBER.fullmatch(text)
    return month_number(text) if found is None else int(found.group(1))


def quarter(name: Any) -> int | None:
    """The quarter that a name or a cell is."""
    found = _QUARTER.fullmatch(str(name).strip())
    return None if found is None else int(next(filter(None, found.groups())))


def clock(name: Any) -> int | None:
    """The minute of the day that a name is."""
    found = _CLOCK.fullmatch(str(name).strip())
    minutes = -1 if found is None else 60 * int(found.group(1)) + int(found.group(2))
    return minutes if 0 <= minutes < 1440 else None


def as_times(names: list[Any]) -> list[Any]:
    """Names that are dates as times are written in a column: whole numbers where they are such."""
    years = [year(name) for name in names]
    if None not in years:
        return years
    numbers = all(_DAY_NUMBER.fullmatch(str(name)) for name in names)
    return [int(name) for name in names] if numbers else [_without_prefix(name) for name in names]


def _without_prefix(name: Any) -> Any:
    """A name without the X by which R makes names of numbers."""
    return re.sub(r"^X(?=\d)", "", name) if isinstance(name, str) else name


def which_are_dates(names: Iterable[Any]) -> Bool:
    """(N,) which names are dates, years among them."""
    import datetime as dt

    import pandas as pd

    names = list(names)
    whole = (year(n) is not None or _DAY_NUMBER.fullmatch(str(n)) is not None for n in names)
    found = np.fromiter(whole, np.bool_, len(names))
    found |= np.fromiter((isinstance(n, dt.date | pd.Period) for n in names), np.bool_, len(names))
    texts: Any = pd.Series(
        [_without_prefix(n) if isinstance(n, str) else "" for n in names], dtype="str"
    )
    # Names of one form are dates together or not at all.
    form = texts.str.replace(r"\d", "0", regex=True).str.replace(r"[^\W\d_]+", "a", regex=True)
    for shape in form[form.str.contains("0", regex=False)].unique():
        alike = (form == shape).to_numpy(dtype=bool)
        found[alike] |= looks_like_dates(texts[alike])
    return found


def are_dates(names: Iterable[Any]) -> bool:
    """Whether some names are dates."""
    return int(which_are_dates(names).sum()) >= 3
