"""Excluded times: what a person named as one-off, as spans of time that a panel's rows can be held against."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.clock import to_wall
from rollcast.errors import ArgumentError, DataError, show
from rollcast.options.exclude_option import MOST, UP_TO, Exclusion
from rollcast.tables.table import list_names

_ISO: Final = re.compile(
    r"(?P<Y>\d{4})(-?(?P<M>\d\d)(-?(?P<D>\d\d)([T ](?P<h>\d\d)(:(?P<m>\d\d)(:(?P<s>\d\d)(?P<ns>\.\d{1,9})?)?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?)?)?)?"
)
"""A year, and what follows of a time, by the units of NumPy."""

_YEARS: Final = (1678, 2261)


class Span(NamedTuple):
    """Times that are left out.

    Attributes:
        begin: the first, a whole number, an instant, or what a clock shows.
        end: one past the last.
        is_instant: whether they are instants, since the text told its offset from UTC.
        series: its identifier; None for all.
    """

    begin: int
    end: int
    is_instant: bool = False
    series: Any = None


@dataclass(frozen=True, eq=False)
class ExcludedTimes:
    """What is left out of a table by time.

    Attributes:
        spans: in the order in which they were named.
        integer: whether times are integers.
        tz: the zone whose clock counts; None where times are what a clock shows.
    """

    spans: tuple[Span, ...]
    integer: bool
    tz: str | None

    def cover(self, ids: Sequence[Any], codes: Int64, times: Int64) -> Bool:
        """(N,) where rows are left out.

        Args:
            ids: (S,) the identifiers.
            codes: (N,) each row's series.
            times: (N,) as a panel has them.
        """
        none = np.zeros(len(times), np.bool_)
        return np.logical_or.reduce([none, *self.cover_each(ids, codes, times)])

    def cover_each(self, ids: Sequence[Any], codes: Int64, times: Int64) -> Iterator[Bool]:
        """(N,) the same for each span in turn."""
        walls = times if self.integer else to_wall(times, self.tz)
        places = {series: code for code, series in enumerate(ids)}
        for begin, end, is_instant, series in self.spans:
            shown = times if is_instant else walls
            inside = (shown >= begin) & (shown < end)
            yield inside if series is None else inside & (codes == places.get(series, -1))


def find_times(
    exclusions: tuple[Exclusion, ...],
    ids: tuple[Any, ...],
    *,
    integer: bool,
    tz: str | None,
    table: str = "the table",
    later: bool = False,
) -> tuple[ExcludedTimes, tuple[Exclusion, ...]]:
    """The times that are left out, of series as the table calls them.

    Args:
        exclusions: those that name no column.
        ids: (S,) the identifiers.
        integer: whether times are integers.
        tz: the zone whose clock counts.
        table: what messages call it.
        later: whether it is a later table than the one of ``fit``, which may lack series.

    Returns:
        The times, and for each span the exclusion, with the series as the table has it.

    Raises:
        ArgumentError: a text is no time, or a range ends before it begins.
        DataError: there is no such series.
    """
    if not exclusions:
        return ExcludedTimes((), integer, tz), ()
    texts = {str(series): code for code, series in enumerate(ids)}
    codes = {series: code for code, series in enumerate(ids)}
    spans: list[Span] = []
    named: list[Exclusion] = []
    for one in exclusions:
        span = read_span(one.text, integer=integer, table=table)
        if span.is_instant and tz is None:
            raise ArgumentError(
                f"`exclude` tells the zone of {one.text!r}, and the times of {table} have none; leave the offset off."
            )
        if one.series is None:
            spans.append(span)
            named.append(one)
            continue
        code = codes.get(one.series, texts.get(str(one.series)))
        if code is not None:
            spans.append(span._replace(series=ids[code]))
            named.append(replace(one, series=ids[code]))
        elif not later:
            raise DataError(_unknown(one, ids, table))
    return ExcludedTimes(tuple(spans), integer, tz), tuple(named)


def read_span(text: str, *, integer: bool, table: str = "the table") -> Span:
    """The times that a text stands for.

    Args:
        text: a time, or two with ``..`` between them.
        integer: whether times are whole numbers.
        table: what messages call the table whose columns may be named instead.

    Raises:
        ArgumentError: it is none, or its end lies before its begin.
    """
    first, _, last = text.partition(UP_TO)
    read = _read_number if integer else _read_time
    begin, end = (read(side.strip()) for side in (first, last if UP_TO in text else first))
    if begin is None or end is None:
        known = "5 or 5..8" if integer else "2024-03-01 or 2024-03-01..2024-03-07"
        times = "whole numbers" if integer else "times"
        raise ArgumentError(
            f"`exclude` must name {times} such as {known}, or a column of {table}; got {show(text)}."
        )
    if begin.is_instant != end.is_instant:
        raise ArgumentError(
            f"`exclude` tells the zone of one end of {show(text)} alone; give both or none."
        )
    if end.end <= begin.begin:
        raise ArgumentError(
            f"`exclude` has a range that ends before it begins, {show(text)}; give the earlier time first."
        )
    return Span(begin.begin, end.end, begin.is_instant)


def _unknown(one: Exclusion, ids: tuple[Any, ...], table: str) -> str:
    if ids == (None,):
        return (
            f"`exclude` names series {show(one.series)}, and {table} has one series without a column of identifiers;"
            " give the times alone, or name the column with id_col=."
        )
    shown = list_names(list(ids[:5])) + (", ..." if len(ids) > 5 else "")
    return f"`exclude` names series {show(one.series)}, which is not in {table}; its series are {shown}."


def _read_number(text: str) -> Span | None:
    if re.fullmatch(r"-?\d{1,18}", text) is None:
        return None
    number = int(text)
    return Span(number, number + 1) if abs(number) < MOST else None


def _read_time(text: str) -> Span | None:
    """A time as far as it is written: a year, a month, a day, or a time of day."""
    found = _ISO.fullmatch(text)
    if found is None or not _YEARS[0] <= int(found["Y"]) <= _YEARS[1]:
        return None
    parts = found.groupdict()
    unit = next(unit for unit in ("ns", "s", "m", "h", "D", "M", "Y") if parts[unit] is not None)
    date = "-".join(parts[u] for u in "YMD" if parts[u] is not None)
    clock = ":".join(parts[u] for u in "hms" if parts[u] is not None)
    try:
        at = np.datetime64(date + (f"T{clock}" if clock else "") + (parts["ns"] or ""), unit)
    except ValueError:
        return None
    begin, end = (int(t.astype("M8[ns]").astype(np.int64)) for t in (at, at + 1))
    away = 0 if parts["zone"] is None else _offset(parts["zone"])
    return Span(begin - away, end - away, parts["zone"] is not None)


def _offset(zone: str) -> int:
    """Nanoseconds that a clock is ahead of UTC."""
    if zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return (-minutes if zone[0] == "-" else minutes) * 60 * 10**9
