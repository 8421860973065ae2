"""Why a text is no date, so that a message can say more than that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rollcast.tables.characters import plain_text
from rollcast.tables.dates.date_forms import FIRST_YEAR, LAST_YEAR
from rollcast.tables.dates.date_words import is_weekday, month_number, unknown_word
from rollcast.tables.dates.times_of_day import CLOCK

if TYPE_CHECKING:
    import pandas as pd

_HOW = "write it as 2024-04-03 or 2024-04-03 13:30"

_NO_DATE = "is no date or time"

_ZONE = re.compile(r"\d\s+([A-Z]{3,5})$")


_FORMS = (
    (CLOCK, "is a time of day without a date", _HOW),
    (r"\d{6}|\d{8}", "is no year, month and day, as 20240403 is", _HOW),
    (
        r"(1[6-9]|20|21)\d\d[.,]\d+",
        "is a year with a fraction",
        "write the month or the day, as 1949-02 or 1949-02-15",
    ),
    (
        r"\d.*\d\s+(-|to|bis|~)\s+\d.*\d.*|\d\S{7,}/\d\S{7,}",
        "is a stretch of time",
        "keep its beginning, as 2024-04-03 13:30",
    ),
)
"""Forms of what is no date, and what they are."""


def why_no_date(value: object) -> tuple[str, str]:
    """What a value is instead of a date, as the end of "which ...", and the fix."""
    if not isinstance(value, str):
        return _NO_DATE, _HOW
    text = plain_text(value).strip()
    for form, why, fix in _FORMS:
        if re.fullmatch(form, text):
            return why, fix
    return _outside(text) or _by_words(text) or (_NO_DATE, _HOW)


def _outside(text: str) -> tuple[str, str] | None:
    year = re.match(r"(\d{4})-\d\d", text) or re.search(r"\b(\d{4})$", text)
    if year is None or FIRST_YEAR <= int(year[1]) <= LAST_YEAR:
        return None
    return (
        f"is no date or time of the years {FIRST_YEAR} to {LAST_YEAR}, which timestamps can hold",
        "give whole numbers, such as the year, as the time",
    )


def _by_words(text: str) -> tuple[str, str] | None:
    zone = _ZONE.search(text)
    if zone is not None and ":" in text:
        return (
            f"has the zone {zone[1]}, which is no offset",
            "write its offset instead, as +01:00, or leave it out and pass tz= with the zone, such as"
            " tz='Europe/Berlin'",
        )
    words = re.findall(r"[^\W\d_]+", text)
    if re.search(r"\d", text):
        unknown = unknown_word(text)
        if unknown is None:
            return None
        return f"is no date or time, for {unknown!r} is no month that is known", _HOW
    if words and all(month_number(word) is not None for word in words):
        return "is a month without a year", "write it as 2024-04"
    if words and all(is_weekday(word) for word in words):
        return "is a weekday without a date", _HOW
    return None


def may_be_dates(texts: pd.Series) -> bool:
    """Whether most of several texts (N,) have what dates have: a year or the name of a month beside other numbers.

    Texts that all begin with one and the same other word are names, as INV-2024-0001 is.
    """
    if len(texts) < 2 or texts.map(_may_be_date).mean() < 0.8:
        return False
    heads = set(texts.str.extract(r"^\s*([^\W\d_]*)")[0])
    return len(heads) > 1 or heads == {""}


def _may_be_date(text: str) -> bool:
    numbers = re.findall(r"\d+", text)
    words = re.findall(r"[^\W\d_]{3,}", text)
    if len(numbers) > 14 or len(words) > 6:
        return False
    named = any(month_number(word) is not None for word in words)
    years = [n for n in numbers if re.fullmatch(r"(19|20)\d\d", n)]
    return bool((named and numbers) or (years and (len(numbers) > 1 or words)))
