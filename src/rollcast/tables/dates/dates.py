"""Dates and times as text, in the orders that people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.tables.characters import plain_characters
from rollcast.tables.dates.date_forms import FORMS, DateForm, Reading, read_form
from rollcast.tables.dates.date_words import without_words
from rollcast.tables.dates.times_of_day import NO_OFFSET, split_clocks, split_offsets

if TYPE_CHECKING:
    import pandas as pd

_ISO = r"\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?|\d{8}|\d{4}"

_LEAST = 3
"""Dates whose order says how they are written."""

_USUAL = ("day name year:dmy",)
"""Readings that hold where the rows don't say otherwise: nobody writes 24-Apr-29 for the 29th, but some program may."""

_PLAIN = re.compile(
    r"(numbers|spaced|exif|marks|month marks|year mark|year|digits|year month|month year|day name year"
    r"|name day year|name year|year name|year day name|day of year):(ymd|ym|my|dmy|mdy|y|ydm|yo)"
)
"""Readings that go without saying where the year has four digits."""


@dataclass(frozen=True, eq=False)
class DateText:
    """Dates read from text.

    Attributes:
        walls: (N,) what the clock shows, in nanoseconds since its 1970.
        offsets: (N,) the offset from UTC in minutes; NO_OFFSET where there is none.
        bad: (N,) True where the text is no date.
        two_ways: a text and its two readings, where the column doesn't say which holds.
        mixed: two texts that write dates in different ways, and the word for these ways.
        form: the form and the order in which all were read.
        example: a text and its reading, where that isn't plain.
        lacks_year: whether the texts name days and months, and no year.
    """

    walls: Int64
    offsets: Int64
    bad: Bool
    two_ways: tuple[str, str, str] | None = None
    mixed: tuple[str, str, str] | None = None
    form: str = "iso"
    example: tuple[str, str] | None = None
    lacks_year: bool = False


def looks_like_dates(text: pd.Series) -> bool:
    """Whether nearly all texts (N,) are dates by their form; digits alone are numbers."""
    bare, _ = split_offsets(plain_characters(text.astype("str").str.strip()))
    dates, clocks, bad = split_clocks(_without_words(bare))
    decimal = dates.str.fullmatch(r"\d+[.]\d+").to_numpy(dtype=bool)
    sure = np.zeros(len(text), np.bool_)
    for form in FORMS:
        fits = dates.str.fullmatch(form.pattern).to_numpy(dtype=bool)
        # Eight digits are a number; with a time of day behind them they are a date.
        sure |= fits if form.sure else fits & (bare != dates).to_numpy() & (clocks >= 0) & ~bad
    return bool((sure & ~decimal).mean() >= 0.8)


def read_date_text(text: pd.Series, like: str | None = None) -> DateText:
    """Read dates and times.

    Args:
        text: (N,) distinct strings, in the order in which they stand.
        like: the form of earlier dates of this column; it is taken where it fits.

    Returns:
        The times, and what could not be read or not be read for sure.
    """
    import pandas as pd

    text = plain_characters(text).str.strip(" \t\r\n'\"")
    iso = bool(text.str.fullmatch(_ISO).all())
    bare, offsets = (text, np.full(len(text), NO_OFFSET)) if iso else split_offsets(text)
    iso = iso or bool(bare.str.fullmatch(_ISO).all())
    if iso and not _differ(bare) and not _may_be_seasons(bare):
        walls, bad = _read_iso(bare)
        if not bad.any():
            return DateText(walls, offsets, bad)
    dates, clocks, bad = split_clocks(_without_words(bare))
    codes, unique = pd.factorize(dates)
    dates = pd.Series(np.asarray(unique, dtype=object)).astype("str")
    form, strange = _find_form(dates)
    bad |= strange[codes]
    nothing = np.zeros(len(text), np.int64)
    if bad.any() or form is None:
        return DateText(nothing, offsets, bad)
    if isinstance(form, tuple):
        one, other = (int(np.argmax(codes == at)) for at in form)
        mixed = (str(text.iloc[one]), str(text.iloc[other]), "forms")
        return DateText(nothing, offsets, bad, mixed=mixed)
    readings = [replace(r, days=r.days[codes]) for r in read_form(form, dates)]
    return _choose(text, readings, clocks, offsets, like)


def _without_words(text: pd.Series) -> pd.Series:
    if text.str.fullmatch(r"[0-9\s:/.,_-]+").all():
        return text
    return text.map(without_words)


def _differ(text: pd.Series) -> bool:
    """Whether some texts name only years or months and others days."""
    for part in (r"\d{4}", r"\d{4}[-/.]\d{1,2}", r"\d{8}"):
        fits = text.str.fullmatch(part).to_numpy(dtype=bool)
        if fits.any():
            return not fits.all()
    return False


def _may_be_seasons(text: pd.Series) -> bool:
    """Whether all of several texts may be two years in a row, as 2009-10."""
    if len(text) < 2 or not text.str.fullmatch(r"\d{4}[-/.]\d{2}").all():
        return False
    return bool(((text.str[2:4].astype("int64") + 1) % 100 == text.str[5:].astype("int64")).all())


def _read_iso(text: pd.Series) -> tuple[Int64, Bool]:
    import pandas as pd

    try:
        stamps = pd.to_datetime(text, format="ISO8601", errors="coerce")
        bad = stamps.isna().to_numpy()
        return stamps.dt.as_unit("ns").to_numpy().view(np.int64), bad
    except (pd.errors.OutOfBoundsDatetime, OverflowError, ValueError):
        return np.zeros(len(text), np.int64), np.ones(len(text), np.bool_)


def _find_form(dates: pd.Series) -> tuple[DateForm | tuple[int, int] | None, Bool]:
    """The form of all texts (N,), or two texts of different forms; and where there is none."""
    strange = np.ones(len(dates), np.bool_)
    first: int | None = None
    other: int | None = None
    # Whichever form the first text has is tried first: most columns need one look.
    head = [form for form in FORMS if re.fullmatch(form.pattern, str(dates.iloc[0]))]
    for form in [*head, *(form for form in FORMS if form not in head)]:
        fits = dates.str.fullmatch(form.pattern).to_numpy(dtype=bool)
        if fits.all():
            return form, ~fits
        if fits.any():
            if first is None:
                first = int(np.argmax(fits))
            elif other is None and (fits & strange).any():
                other = int(np.argmax(fits & strange))
        strange &= ~fits
    if first is None or other is None:
        return None, strange
    return (first, other), strange


def _choose(
    text: pd.Series, readings: list[Reading], clocks: Int64, offsets: Int64, like: str | None
) -> DateText:
    """The dates under the reading that holds."""
    nothing, none = np.zeros(len(text), np.int64), np.ones(len(text), np.bool_)
    for reading in readings:
        none &= np.isnat(reading.days)
    if none.any():
        return DateText(nothing, offsets, none)
    whole = [reading for reading in readings if reading.whole]
    if not whole:
        best = min(readings, key=lambda reading: int(np.isnat(reading.days).sum()))
        one, other = int(np.isnat(best.days).argmin()), int(np.isnat(best.days).argmax())
        mixed = (str(text.iloc[one]), str(text.iloc[other]), "orders")
        return DateText(nothing, offsets, none, mixed=mixed)
    known = [reading for reading in whole if reading.name == like]
    taken = known[0] if known else _settle(whole)
    if taken is None:
        return DateText(nothing, offsets, none, two_ways=_two_ways(text, whole))
    if not taken.has_year:
        return DateText(nothing, offsets, ~none, lacks_year=True)
    walls = taken.days.astype("M8[ns]").view(np.int64) + clocks
    example = None
    if not (_PLAIN.fullmatch(taken.name) and text.str.contains(r"\d{4}", regex=True).all()) or (
        taken.name in ("numbers:dmy", "numbers:mdy")
        and not text.str.contains(r"\d\s*\.\s*\d", regex=True).all()
    ):
        differ = [taken.days != reading.days for reading in whole if reading.has_year]
        at = int(np.argmax(np.logical_or.reduce(differ)))
        example = (str(text.iloc[at]), long_date(taken.days[at]))
    return DateText(walls, offsets, none, form=taken.name, example=example)


def _settle(whole: list[Reading]) -> Reading | None:
    """The reading that holds of those under which all texts are dates; None where several may.

    Readings that differ are told apart by the rows' order: dates that go up or down by mostly equal steps under one
    reading alone, and that also lie closest together so, are meant that way. Where they do so under several readings,
    those are meant that go on by nothing but equal steps.
    """
    dated = [reading for reading in whole if reading.has_year]
    if len(whole[0].days) == 1:
        dated = [reading for reading in dated if not reading.name.endswith("e")] or dated
    # A day that never changes, without a year, is the year of a month: Jan-20, Feb-20. A first may be a day as well.
    undated = [r for r in whole if not r.has_year and (not dated or _changes(r) or _is_first(r))]
    whole = [*dated, *undated]
    if all((reading.days == whole[0].days).all() for reading in whole[1:]):
        return whole[0]
    usual = whole[0] if whole[0].name in _USUAL else None
    if len(whole[0].days) < _LEAST:
        return usual
    ordered = [reading for reading in whole if _in_order(reading)]
    if len(ordered) > 1:
        ordered = [reading for reading in ordered if _even(reading)]
    if len(ordered) != 1:
        return usual
    shortest = min((_span(reading) for reading in dated), default=0)
    fits = _span(ordered[0]) <= shortest and _regular(ordered[0])
    return ordered[0] if fits or not ordered[0].has_year else usual


def _changes(reading: Reading) -> bool:
    day = reading.days - reading.days.astype("M8[M]")
    return bool((day != day[0]).any())


def _is_first(reading: Reading) -> bool:
    return bool((reading.days == reading.days.astype("M8[M]")).all())


def _in_order(reading: Reading) -> bool:
    steps = np.diff(reading.days).astype(np.int64)
    return bool((steps >= 0).all() or (steps <= 0).all())


def _even(reading: Reading) -> bool:
    """Whether dates go on by equal steps, of days or of months."""
    days = np.diff(reading.days).astype(np.int64)
    months = np.diff(reading.days.astype("M8[M]")).astype(np.int64)
    return bool((days == days[0]).all() or (not _changes(reading) and (months == months[0]).all()))


def _regular(reading: Reading) -> bool:
    """Whether more than half of the steps, of days or of months, are alike."""
    for unit in ("D", "M"):
        steps = np.diff(reading.days.astype(f"M8[{unit}]")).astype(np.int64)
        _, counts = np.unique(steps[steps != 0], return_counts=True)
        if len(counts) and counts.max() > 0.5 * counts.sum():
            return True
    return False


def _span(reading: Reading) -> int:
    return int((reading.days.max() - reading.days.min()).astype(np.int64))


def _two_ways(text: pd.Series, whole: list[Reading]) -> tuple[str, str, str]:
    """The plainest example: the date that differs first."""
    first = whole[0]
    other = next(reading for reading in whole[1:] if (reading.days != first.days).any())
    at = int(np.argmax(other.days != first.days))
    shown = [
        long_date(r.days[at]) if r.has_year else long_date(r.days[at]).removesuffix(" 2000")
        for r in (first, other)
    ]
    return str(text.iloc[at]), shown[0], f"{shown[1]}{'' if other.has_year else ' of no year'}"


def long_date(date: np.datetime64) -> str:
    """A day as a sentence names it."""
    import pandas as pd

    stamp = pd.Timestamp(date)
    return f"{stamp.day} {stamp:%B %Y}"
