"""Why a text is no date, so that a message can say more than that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rollcast.tables.characters import plain_text
from rollcast.tables.date_forms import FIRST_YEAR, LAST_YEAR
from rollcast.tables.date_words import is_weekday, month_number, unknown_word
from rollcast.tables.times_of_day import CLOCK

if TYPE_CHECKING:
    import pandas as pd

_HOW = "write it as 2024-04-03 or 2024-04-03 13:30"

_ZONE = re.compile(r"\d\s+([A-Z]{3,5})$")


def why_no_date(value: object) -> tuple[str, str]:
    """What a value is instead of a date, as the end of "which ...", and the fix."""
    if not isinstance(value, str):
        return "is no date or time", _HOW
    text = plain_text(value).strip()
    if re.fullmatch(CLOCK, text):
        return "is a time of day without a date", _HOW
    words = re.findall(r"[^\W\d_]+", text)
    numbers = re.findall(r"\d+", text)
    year = re.match(r"(\d{4})-\d\d", text)
    if year is not None and not FIRST_YEAR <= int(year[1]) <= LAST_YEAR:
        return (
            f"is no date or time of the years {FIRST_YEAR} to {LAST_YEAR}, which timestamps can hold",
            "give whole numbers, such as the year, as the time",
        )
    if re.fullmatch(r"\d{6}|\d{8}", text):
        return "is no year, month and day, as 20240403 is", _HOW
    if re.fullmatch(r"(1[6-9]|20|21)\d\d[.,]\d+", text):
        return "is a year with a fraction", "write the month or the day, as 1949-02 or 1949-02-15"
    if re.fullmatch(r"\d.*\d\s*(-|to|bis|~|/)\s*\d.*[:/.].*\d", text) and len(numbers) >= 6:
        return "is a stretch of time", "keep its beginning, as 2024-04-03 13:30"
    zone = _ZONE.search(text)
    if zone is not None and ":" in text:
        return (
            f"has the zone {zone[1]}, which is no offset",
            "write its offset instead, as +01:00, or leave it out and pass tz= with the zone, such as"
            " tz='Europe/Berlin'",
        )
    if words and not numbers:
        if all(month_number(word) is not None for word in words):
            return "is a month without a year", "write it as 2024-04"
        if all(is_weekday(word) for word in words):
            return "is a weekday without a date", _HOW
    unknown = unknown_word(text)
    if unknown is not None and numbers and unknown != text:
        return f"is no date or time, for {unknown!r} is no month that is known", _HOW
    return "is no date or time", _HOW


def may_be_dates(texts: pd.Series) -> bool:
    """Whether most of several texts (N,) have what dates have: a year or the name of a month beside other numbers.

    Texts that all begin with one and the same other word are names, as INV-2024-0001 is.
    """
    if len(texts) < 2 or texts.map(_may_be_date).mean() < 0.8:
        return False
    heads = set(texts.map(lambda text: re.match(r"[^\W\d_]*", text.strip())[0]))
    return len(heads) > 1 or heads == {""}


def _may_be_date(text: str) -> bool:
    numbers = re.findall(r"\d+", text)
    words = re.findall(r"[^\W\d_]{3,}", text)
    if len(numbers) > 14 or len(words) > 6:
        return False
    named = any(month_number(word) is not None for word in words)
    years = [n for n in numbers if re.fullmatch(r"(19|20)\d\d", n)]
    return bool((named and numbers) or (years and (len(numbers) > 1 or words)))
