"""Text that holds numbers, as people and their spreadsheets write them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast._types import Bool, Float64
from rollcast.tables.characters import plain_characters, plain_text

if TYPE_CHECKING:
    import pandas as pd

_SIGN = r"[-+]?"
_POWER = r"(?:[eE][-+]?[0-9]+)?"
_PLAIN = rf"{_SIGN}(?:[0-9]+\.?[0-9]*|\.[0-9]+){_POWER}"
_POINT_GROUPED = rf"{_SIGN}(?:[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+|[0-9]{{1,3}})(?:\.[0-9]*)?"
_COMMA = rf"{_SIGN}(?:[0-9]+,?[0-9]*|,[0-9]+){_POWER}"
_COMMA_GROUPED = rf"{_SIGN}(?:[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+|[0-9]{{1,3}})(?:,[0-9]*)?"
_LAKHS = rf"{_SIGN}[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}}(?:\.[0-9]*)?"
"""Grouped as in India: 12,34,567.50."""

_CURRENCY = (
    "[$€£¥￥₩￦₹₽₺₫฿₴₪₱₦]|R\\$|[A-Z]{1,3}\\$|원|円|元|kr\\.?|zł|Kč|Ft|Rs\\.?|"
    "AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|INR|JPY|KRW|MXN|NOK|NZD|PLN|RUB|SEK|SGD|TRY|TWD|USD|ZAR"
)
_DRESSED = re.compile(
    rf"(?P<sign>[-+]?)\s*(?P<before>{_CURRENCY})?\s*(?P<second>[-+]?)\s*(?P<number>[0-9.,][0-9.,eE+-]*?)"
    rf"\s*(?P<behind>{_CURRENCY}|%)?\s*(?P<last>-?)"
)
_POINTED = "(?:US|A|C|NZ|HK|S)?[$]|[£¥￥₩￦₹]|원|円|元|AUD|CAD|CNY|GBP|HKD|INR|JPY|KRW|NZD|SGD|USD"
"""Where people pay in these, a comma groups thousands."""

_PARENTHESES = re.compile(rf"((?:{_CURRENCY})?)\s*\(\s*([^()+-]+)\)(.*)")
_GROUPING = re.compile("(?<=[0-9])[ '\u2019](?=[0-9]{3})")


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers read from text.

    Attributes:
        values: (N,) the numbers, NaN where the text holds none.
        bad: (N,) True where there is text that is no number.
        ambiguous: a text that can be read two ways, with both readings; None where all is clear.
        mixed: two texts that follow different habits; None where all follow one.
        example: a text that isn't plain, and how it was read; None where all are plain.
    """

    values: Float64
    bad: Bool
    ambiguous: tuple[str, str, str] | None = None
    mixed: tuple[str, str] | None = None
    example: tuple[str, str] | None = None


def read_numbers(
    text: pd.Series, *, grouped_dots: bool = False, grouped_commas: bool = False
) -> Numbers:
    """Numbers with a decimal point or comma, thousands grouped or not, a sign of currency beside them or not.

    Numbers in parentheses are negative, as bookkeepers write them; percents are read as the numbers that stand there.

    Args:
        text: (N,) strings; missing ones stay missing.
        grouped_dots: whether "1.234" beside "999" may mean one thousand and so on.
        grouped_commas: whether a comma that may group thousands does, as in East Asia.

    Returns:
        The numbers, and what could not be read or not be read for sure.
    """
    import pandas as pd

    codes, unique = pd.factorize(text)
    found = plain_characters(pd.Series(np.asarray(unique, dtype=object), dtype="str")).str.strip()
    found = found.map(lambda cell: _GROUPING.sub("", cell))
    bare = found if found.str.fullmatch(_PLAIN).all() else found.map(_undress)
    units = found.map(_unit).where(bare != found, "") if bare is not found else None
    if units is not None and units.str.fullmatch(_POINTED).any():
        grouped_commas = True
    read = _read_unique(bare, grouped_dots=grouped_dots, grouped_commas=grouped_commas)
    bad, example = read.bad, read.example
    if units is not None and (units != "").any():
        unit = units[units != ""].iloc[0]
        bad |= ((units != "") & (units != unit)).to_numpy(dtype=bool)
    if units is not None and (bare != found).any():
        at = int(np.argmax((bare != found).to_numpy()))
        what = f"{read.values[at]:.10g}"
        example = (str(found.iloc[at]), f"{what} percent" if "%" in found.iloc[at] else what)
    values = np.append(read.values, np.nan)
    return Numbers(values[codes], np.append(bad, False)[codes], read.ambiguous, read.mixed, example)


def _undress(cell: str) -> str:
    """A number without what stands beside it, a minus in front where it is negative; other text as it is."""
    if cell[:1].isdigit() and cell[-1:].isdigit():
        return cell
    cell = _PARENTHESES.sub(r"-\1\2\3", cell)
    found = _DRESSED.fullmatch(cell)
    if found is None or (found["before"] and found["behind"]):
        return cell
    signs = found["sign"] + found["second"] + found["last"]
    return cell if len(signs) > 1 else signs + found["number"]


def _unit(cell: str) -> str:
    """What stands beside a number: a currency or a percent sign."""
    return re.sub(r"[-+0-9.,()\s]", "", cell)


def _read_unique(text: pd.Series, *, grouped_dots: bool, grouped_commas: bool) -> Numbers:
    fits = {
        name: text.str.fullmatch(pattern).to_numpy(dtype=bool)
        for name, pattern in (
            ("plain", _PLAIN),
            ("point", f"{_POINT_GROUPED}|{_LAKHS}"),
            ("comma", _COMMA),
            ("comma grouped", _COMMA_GROUPED),
        )
    }
    empty = (text == "").to_numpy(dtype=bool)
    can_point, can_comma = fits["plain"] | fits["point"], fits["comma"] | fits["comma grouped"]
    number = (can_point | can_comma) & ~empty
    as_point = _to_float(text.str.replace(",", "", regex=False), number)
    as_comma = _to_float(
        text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False), number
    )
    bad = ~number & ~empty
    if bad.any():
        return Numbers(as_point, bad)
    can_point, can_comma = can_point | empty, can_comma | empty
    if not (can_point.all() or can_comma.all()):
        one, other = int(np.argmin(can_comma)), int(np.argmin(can_point))
        return Numbers(as_point, bad, mixed=(str(text.iloc[one]), str(text.iloc[other])))
    point, comma = bool(can_point.all()), bool(can_comma.all())
    if point and comma:
        # Every text can be read both ways. A column that groups thousands groups all of them.
        point = any(bool((fits[name] | empty).all()) for name in ("plain", "point"))
        comma = any(bool((fits[name] | empty).all()) for name in ("comma", "comma grouped"))
    if point != comma:
        return Numbers(as_point if point else as_comma, bad)
    whole = ~text.str.contains("[.,]", regex=True).to_numpy(dtype=bool) & ~empty
    has_comma = text.str.contains(",", regex=False).to_numpy(dtype=bool)
    doubt = (as_point != as_comma) & ~empty & (has_comma | (grouped_dots and bool(whole.any())))
    numbers = Numbers(as_point, bad)
    if doubt.any():
        first = int(np.argmax(doubt))
        one, point_reading = str(text.iloc[first]), f"{as_point[first]:.10g}"
        if grouped_commas and point and bool(has_comma[doubt].all()):
            return replace(numbers, example=(one, f"{point_reading}, the comma grouping thousands"))
        return replace(numbers, ambiguous=(one, point_reading, f"{as_comma[first]:.10g}"))
    return numbers


def _to_float(text: pd.Series, keep: Bool) -> Float64:
    import pandas as pd

    numbers: Any = pd.to_numeric(text.where(keep), errors="coerce")
    return numbers.to_numpy(np.float64, na_value=np.nan)


def is_number(cell: str) -> bool:
    """Whether one cell is a number in any of the ways that people write them."""
    cell = _undress(_GROUPING.sub("", plain_text(cell)))
    patterns = (_PLAIN, _POINT_GROUPED, _COMMA, _COMMA_GROUPED, _LAKHS)
    return any(re.fullmatch(pattern, cell) for pattern in patterns)
