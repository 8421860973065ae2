"""The option `exclude`: one-off rows, named by times, ranges, series or columns, as texts that a file can hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import items, label
from rollcast.options.argument_checks import text as plain_text

UP_TO: Final = ".."
"""Stands between the first and the last time of a range, both of which belong to it."""

MOST: Final = 2**62
"""Whole numbers that count rows lie below."""

_OF: Final = "="
"""Stands between a series and its times."""

_WANTED: Final = (
    "a time such as '2024-03-01', a range such as '2024-03-01..2024-03-07', the name of a column, several of these, or "
    "a mapping from series to them"
)


@dataclass(frozen=True)
class Exclusion:
    """Rows that are left out.

    Attributes:
        text: a time, two with ``..`` between them, or the name of a column.
        series: whose rows; None for all series.
        is_column: whether the text is the name of a column that says so of each row. Only a table can tell.
    """

    text: str
    series: str | int | float | bool | None = None
    is_column: bool = False

    @property
    def written(self) -> str:
        """As it can be given: "S04=2024-03-01..2024-03-07"."""
        return self.text if self.series is None else f"{self.series}{_OF}{self.text}"

    def split(self) -> Exclusion:
        """With the series apart that the text names before its times."""
        series, equals, times = self.text.rpartition(_OF)
        return Exclusion(times, series) if equals and self.series is None else self


def check_exclude(name: str, value: Any) -> tuple[Exclusion, ...]:
    """What is to be left out, as texts.

    Args:
        name: of the option.
        value: text, a date, a datetime, a whole number, a pair of these as a tuple, a list of all of that, a mapping
            from series to it, or None.

    Raises:
        ArgumentError: anything else.
    """
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return tuple(
            Exclusion(text, label(name, series))
            for series, times in value.items()
            for text in _texts(name, times)
        )
    given = [value] if _is_one(value) else items(name, value)
    found: list[Exclusion] = []
    for one in given:
        if isinstance(one, Exclusion):
            found.append(one)
        elif isinstance(one, Mapping):
            found += check_exclude(name, one)
        else:
            found.append(Exclusion(_text(name, one)))
    return tuple(found)


def written(exclusions: tuple[Exclusion, ...]) -> str:
    """The first few, as a sentence lists them."""
    shown = ", ".join(one.written for one in exclusions[:3])
    return shown if len(exclusions) <= 3 else f"{shown} and {len(exclusions) - 3:,} more"


def _is_one(value: Any) -> bool:
    if isinstance(value, tuple):  # a pair is a range, unless it is what an earlier check made
        return len(value) == 2 and not any(isinstance(side, Exclusion | Mapping) for side in value)
    return isinstance(value, str | Exclusion) or not hasattr(value, "__iter__")


def _texts(name: str, value: Any) -> list[str]:
    """One or several times of a series."""
    given = (value,) if _is_one(value) else items(name, value)
    return [_text(name, one) for one in given]


def _text(name: str, value: Any) -> str:
    """A time, a range or a column's name as text."""
    if isinstance(value, tuple) and len(value) == 2:
        return UP_TO.join(time_text(name, side) for side in value)
    return time_text(name, value)


def time_text(name: str, value: Any) -> str:
    """A time as text: of a date its day, of a datetime all of it, of a period both ends.

    Raises:
        ArgumentError: it is no time.
    """
    if isinstance(value, str) and value.strip():
        return plain_text(name, value).strip()
    if isinstance(value, dt.date) and type(value).__name__ != "NaTType":
        return value.isoformat()
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and -MOST < value < MOST:
        return str(int(value))
    if isinstance(value, np.datetime64) and not np.isnat(value):
        return str(value)
    if type(value).__name__ == "Period":  # of pandas
        period: Any = value
        return f"{period.start_time.isoformat()}{UP_TO}{period.end_time.isoformat()}"
    raise ArgumentError(f"`{name}` must be {_WANTED}; got {show(value)}.")
