"""The forms in which people write dates, and the readings that each form allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rollcast._types import Bool

if TYPE_CHECKING:
    import pandas as pd

Days: TypeAlias = Any
"""(N,) days as ``M8[D]``, NaT where there is none."""

FIRST_YEAR, LAST_YEAR = 1678, 2261
"""Years whose every day nanoseconds hold."""

_SEP = r"\s*[-/._]\s*"


@dataclass(frozen=True)
class DateForm:
    """One way of writing dates.

    Attributes:
        name: names the form in a schema.
        pattern: what a whole text is; a group for each part.
        readings: what the groups may be, the usual one first: y year, m month, d day, q quarter, h half,
            w week, k weekday, o day of the year, e the last two digits of the next year.
        sure: whether any text of this form is a date, whatever its column is called.
    """

    name: str
    pattern: str
    readings: tuple[str, ...]
    sure: bool = True


@dataclass(frozen=True, eq=False)
class Reading:
    """Dates as one reading of a form has them.

    Attributes:
        name: the form and the order, as "numbers:dmy".
        days: (N,) the dates; of the year 2000 where the reading has no year.
        has_year: whether it has one.
    """

    name: str
    days: Days
    has_year: bool

    @property
    def whole(self) -> bool:
        """Whether all texts are dates so."""
        return not np.isnat(self.days).any()


FORMS = (
    DateForm(
        "numbers", rf"(\d{{1,4}}){_SEP}(\d{{1,2}}){_SEP}(\d{{1,4}})\s*\.?", ("ymd", "dmy", "mdy")
    ),
    DateForm("spaced", r"(\d{4}) (\d{1,2}) (\d{1,2})", ("ymd",)),
    DateForm("spaced last", r"(\d{1,2}) (\d{1,2}) (\d{4})", ("dmy", "mdy")),
    DateForm("exif", r"(\d{4}):(\d{2}):(\d{2})", ("ymd",)),
    DateForm(
        "marks",
        r"(\d{2}|\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?",
        ("ymd",),
    ),
    DateForm("month marks", r"(\d{2}|\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]", ("ym",)),
    DateForm("year mark", r"(\d{4})\s*[年년]", ("y",), sure=False),
    DateForm("year", r"(\d{4})", ("y",), sure=False),
    DateForm("digits", r"(\d{4})(\d{2})(\d{2})", ("ymd",), sure=False),
    DateForm("year month", rf"(\d{{4}})(?:{_SEP}| )(\d{{1,2}})\s*\.?", ("ym", "ye")),
    DateForm("month year", r"(\d{1,2})\s*[-/. _]\s*(\d{4})", ("my",)),
    DateForm(
        "two numbers", r"(\d{1,2})\s*[-/.]\s*(\d{1,2})", ("my", "ym", "dm", "md", "ye"), sure=False
    ),
    DateForm("day of year", r"(\d{4})-(\d{3})", ("yo",)),
    DateForm("day name year", r"(\d{1,4})\W*\{(\d\d)\}\W*(\d{1,4})", ("dmy", "ymd")),
    DateForm("name day year", r"\{(\d\d)\}\W*(\d{1,2})\W+(\d{2}|\d{4})", ("mdy",)),
    DateForm("year day name", r"(\d{4})\W+(\d{1,2})\W+\{(\d\d)\}", ("ydm",)),
    DateForm("name year", r"\{(\d\d)\}\W*(\d{1,4})", ("my", "md")),
    DateForm("year name", r"(\d{1,4})\W*\{(\d\d)\}", ("ym", "dm")),
    DateForm("year quarter", r"(\d{2}|\d{4})\s*[-/.:_년年]?\s*q\s*([1-4])", ("yq",)),
    DateForm("quarter year", r"q\s*([1-4])\W*(\d{2}|\d{4})", ("qy",)),
    DateForm("quarters", r"([1-4])\W*q\W*(\d{2}|\d{4})", ("qy",)),
    DateForm("year quarters", r"(\d{4})\W*[년年]?\s*([1-4])\W*q", ("yq",)),
    DateForm("year half", r"(\d{4})\W*h\s*([12])", ("yh",)),
    DateForm("half year", r"h\s*([12])\W*(\d{4})", ("hy",)),
    DateForm("halves", r"([12])\W*h\W*(\d{4})", ("hy",)),
    DateForm("year m", r"(\d{4})\W*m\s*(\d{1,2})", ("ym",)),
    DateForm("m year", r"m\s*(\d{1,2})\W*(\d{4})", ("my",)),
    DateForm("year week", r"(\d{4})\W*[년年]?\s*w\W*(\d{1,2})", ("yw",)),
    DateForm("week day", r"(\d{4})-?w(\d{2})-?([1-7])", ("ywk",)),
    DateForm("week year", r"w\W*(\d{1,2})\W+(\d{4})", ("wy",)),
    DateForm("weeks", r"(\d{1,2})\W*w\W*(\d{4})", ("wy",)),
    DateForm("year weeks", r"(\d{4})\W*[년年]?\s*(\d{1,2})\W*w", ("yw",)),
)  # fmt: skip


def read_form(form: DateForm, text: pd.Series) -> list[Reading]:
    """Every reading of texts (N,) that all have one form."""
    groups = text.str.extract(rf"^{form.pattern}$")
    numbers = groups.astype("float64").to_numpy()
    lengths = groups.apply(lambda part: part.str.len()).to_numpy(np.int64)
    dotted = text.str.contains(r"\d\s*\.\s*\d", regex=True).to_numpy(dtype=bool)
    found: list[Reading] = []
    for order in form.readings:
        # A year of one digit is known from tables that count their years only.
        shortest = 1 if form.name == "two numbers" else 2
        days = _days(numbers, lengths, order, shortest)
        if order == "mdy" and form.name == "numbers":
            # Nobody writes the month first with dots behind it.
            days[dotted] = np.datetime64("NaT")
        found.append(Reading(f"{form.name}:{order}", days, "y" in order))
    return found


def read_days(numbers: Any, order: str) -> Days:
    """Days (N,) by whole numbers (N, P) that are their parts; NaT where they are none.

    Args:
        numbers: the parts, years with the century.
        order: what they are, as in ``DateForm.readings``.
    """
    longest = np.full(numbers.shape, 2)
    longest[:, order.index("y")] = 4
    if "o" in order:
        longest[:, order.index("o")] = 3
    return _days(numbers.astype(np.float64), longest, order, 4)


def _days(numbers: Any, lengths: Any, order: str, shortest: int) -> Days:
    """(N,) days by the parts (N, P) as they stand in one order; NaT where they are none.

    Args:
        numbers: the parts.
        lengths: how many digits they have.
        order: a letter for each part, as in ``DateForm.readings``.
        shortest: the fewest digits of a year.
    """
    part = {letter: numbers[:, at] for at, letter in enumerate(order)}
    length = {letter: lengths[:, at] for at, letter in enumerate(order)}
    fits = np.ones(len(numbers), np.bool_)
    for letter, digits in length.items():
        fits &= digits <= 4 if letter == "y" else digits <= 3 if letter == "o" else digits <= 2
    year = part.get("y", np.full(len(numbers), 2000.0))
    year_length = length.get("y", np.full(len(numbers), 4))
    fits &= (year_length != 3) & (year_length >= shortest)
    year = np.where(year < 100, np.where(year < 70, 2000, 1900) + year, year)
    fits &= (year >= FIRST_YEAR) & (year <= LAST_YEAR)
    if "e" in part:
        fits &= part["e"] == (year + 1) % 100
    month = _month(part)
    fits &= (month >= 1) & (month <= 12)
    day = part.get("d", np.ones(len(numbers)))
    fits &= (day >= 1) & (day <= 31)
    year, month, day = (np.where(fits, value, 1).astype(np.int64) for value in (year, month, day))
    months = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    days = months.astype("M8[D]") + (day - 1)
    fits &= days.astype("M8[M]") == months
    if "w" in part:
        days, fits = _week(year, part, fits)
    if "o" in part:
        days = days + (np.where(fits, part["o"], 1).astype(np.int64) - 1)
        fits &= (part["o"] >= 1) & (days.astype("M8[Y]") == months.astype("M8[Y]"))
    days[~fits] = np.datetime64("NaT")
    return days


def _month(part: dict[str, Any]) -> Any:
    if "m" in part:
        return part["m"]
    if "q" in part:
        return part["q"] * 3 - 2
    if "h" in part:
        return part["h"] * 6 - 5
    return np.ones(len(next(iter(part.values()))))


def _week(year: Any, part: dict[str, Any], fits: Bool) -> tuple[Days, Bool]:
    """ISO weeks: the first has 4 January; they begin on Monday."""
    week = np.where(fits, part["w"], 1).astype(np.int64)
    first, after = _first_monday(year), _first_monday(year + 1)
    days = first + (week - 1) * 7
    fits = fits & (week >= 1) & (days < after)
    weekday = np.where(fits, part.get("k", 1.0), 1.0).astype(np.int64)
    return days + (weekday - 1), fits


def _first_monday(year: Any) -> Days:
    fourth = (year - 1970).astype("M8[Y]").astype("M8[D]") + 3
    return fourth - (fourth.astype(np.int64) + 3) % 7
