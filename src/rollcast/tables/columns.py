"""Which column is the identifier, which the time, and which is forecast."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast.errors import DataError
from rollcast.tables.characters import plain_characters
from rollcast.tables.dates.dates import looks_like_dates, read_date_text
from rollcast.tables.dates.number_times import find_form
from rollcast.tables.dates.time_names import (
    counts_time,
    is_clock_name,
    is_date_name,
    is_time_name,
    names_time,
    part_of_time,
)
from rollcast.tables.dates.time_parts import join_time_like, join_time_parts
from rollcast.tables.dates.times_of_day import CLOCK
from rollcast.tables.dates.unread_dates import may_be_dates, why_no_date
from rollcast.tables.identifier_column import find_identifier, is_named_identifier
from rollcast.tables.layouts.content import kind_of_type
from rollcast.tables.layouts.wide import melt_advice
from rollcast.tables.numbers import read_numbers
from rollcast.tables.schema import Schema
from rollcast.tables.table import Table, list_names

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE = 1000
"""Distinct values that decide what a column of text holds."""


@dataclass(frozen=True)
class Columns:
    """The columns' parts.

    Attributes:
        id_col: the identifier; None where there is one series.
        time_col: the time; None where rows are only counted.
        target_col: what is forecast.
        inferred: whether the time or the target was found rather than named.
        remarks: sentences on columns that were left out.
        available: says which rows count; None where all do.
        weights: says how much they count; None where all count alike.
        exclude: each says which rows are left out.
    """

    id_col: Any
    time_col: Any
    target_col: Any
    inferred: bool = False
    remarks: tuple[str, ...] = ()
    available: Any = None
    weights: Any = None
    exclude: tuple[str, ...] = ()


def with_one_time(
    table: Table,
    *,
    id_col: Any = None,
    time_col: Any = None,
    target_col: Any = None,
    like: Schema | None = None,
) -> Table:
    """The table with its time in one column, where it stands in several: see ``time_parts``."""
    if like is not None:
        return join_time_like(table, like, time_col)
    if not any(_may_be_part(table, name) for name in table.columns):
        return table
    if time_col == "ds" and time_col not in table.columns:
        time_col = None  # The name that joined columns get.
    if id_col is None and "unique_id" in table.columns:
        id_col = "unique_id"
    if target_col is None and "y" in table.columns:
        target_col = "y"
    kinds = {name: column_kind(table, name) for name in table.columns}
    return join_time_parts(table, kinds, id_col=id_col, time_col=time_col, target_col=target_col)


def _may_be_part(table: Table, name: Any) -> bool:
    if part_of_time(name) is not None or is_clock_name(name):
        return True
    first = table.column(name).iloc[0]
    return (
        isinstance(first, str | dt.time) and re.match(r"\s*\d{1,2}[:.]\d", str(first)) is not None
    )


def choose_columns(
    table: Table,
    *,
    id_col: Any = None,
    time_col: Any = None,
    target_col: Any = None,
    available: Any = None,
    weights: Any = None,
    exclude: tuple[str, ...] = (),
) -> Columns:
    """Take the named columns and find the others.

    Where they aren't named: ``unique_id``, ``ds`` and ``y`` if present; else the only time-like
    column, the only remaining column of numbers, and an only remaining text column that tells
    series apart.

    Raises:
        DataError: a named column is missing, or several fit where one is needed.
    """
    names = table.columns
    named = {"id_col": id_col, "time_col": time_col, "target_col": target_col}
    for argument, name in (named | {"available": available, "weights": weights}).items():
        if name is not None and name not in names:
            raise DataError(
                f"Column {name!r} is not in {table.name}, whose columns are {table.listing}; name"
                f" one of them with {argument}=."
            )
    id_col = table.id_col if id_col is None else id_col
    optional = (available, weights, *exclude)
    given = [name for name in (id_col, time_col, target_col, *optional) if name is not None]
    if len(set(given)) < len(given):
        parts = "identifier, time and target"
        if any(name is not None for name in optional):
            parts = "identifier, time, target, available and weights"
            parts += " and exclude" if exclude else ""
        raise DataError(
            f"Column {max(given, key=given.count)!r} can't be two of {parts}; name one column for each."
        )
    free = {name for name in names if name not in given}
    inferred = (time_col is None and "ds" not in free) or (target_col is None and "y" not in free)
    target_col = _usual(target_col, "y", free)
    time_col = _usual(time_col, "ds", free)
    id_col = _usual(id_col, "unique_id", free)
    kinds = {name: column_kind(table, name) for name in names if name in free}
    if time_col is None:
        time_col = _find_time(table, kinds, target_col)
        kinds.pop(time_col, None)
    if target_col is None:
        target_col = _find_target(table, kinds, time_col, melts=id_col is None)
        kinds.pop(target_col, None)
    remarks: tuple[str, ...] = ()
    if id_col is None:
        id_col, remarks = find_identifier(table, kinds, time_col)
        kinds.pop(id_col, None)
    if time_col is None:
        _refuse_unread(table, kinds)
    return Columns(id_col, time_col, target_col, inferred, remarks, available, weights, exclude)


def column_kind(table: Table, name: Any) -> str:
    """What a column holds, by a sample where it is text.

    "time", "clock" (times of day), "number" (or text that nearly is), "text", "digits" (text that
    is numbers, or names such as "17"), or "other".
    """
    import decimal
    import numbers

    import pandas as pd

    series = table.column(name)
    kind = kind_of_type(series.dtype)
    if kind is not None:
        return kind
    try:
        sample = pd.Series(series.dropna().unique()[:_SAMPLE], dtype=object)
    except TypeError:  # Lists, mappings and the like.
        sample = pd.Series([], dtype=object)
    if len(sample) == 0:
        return "other"
    for found, types in (("time", dt.date), ("number", numbers.Number | decimal.Decimal)):
        if all(isinstance(value, types) for value in sample):
            return found
    if all(isinstance(value, dt.time) for value in sample):
        return "clock"
    if not all(isinstance(value, str) for value in sample):
        return "text"
    return _kind_of_text(sample.astype("str"), name, grouped_commas=table.grouped_commas)


def _kind_of_text(text: pd.Series, name: Any, *, grouped_commas: bool) -> str:
    text = plain_characters(text.str.strip())
    # What has dots may be a date or a number; only its name says that it is a time of day.
    clock = rf"{CLOCK}|\d{{1,2}}\.\d\d\.\d\d" if is_clock_name(name) else CLOCK
    if text.str.fullmatch(clock).all():
        return "clock"
    if looks_like_dates(text):
        return "time"
    if text.str.fullmatch(r"0\d+").any():
        return "text"
    read = read_numbers(text, grouped_commas=grouped_commas)
    bad = read.bad.mean()
    # Nobody names a series by an amount of money or a percentage.
    return "text" if bad >= 0.5 else "number" if bad or read.example is not None else "digits"


def _usual(given: Any, usual: str, free: set[Any]) -> Any:
    """The given name, or the usual one where it is free; taken out of ``free``."""
    if given is None and usual in free:
        free.discard(usual)
        return usual
    return given


def _find_time(table: Table, kinds: dict[Any, str], target_col: Any) -> Any:
    times = [name for name, kind in kinds.items() if kind == "time"]
    if not times:
        # Whole numbers under a name of time, if something else is left to forecast.
        numbers = [name for name, kind in kinds.items() if kind in ("number", "digits")]
        times = [n for n in numbers if names_time(n) and _are_dates(table, n)]
        times = times or [n for n in numbers if counts_time(n)]
        times = times or [n for n in numbers if is_time_name(n)]
        if target_col is None and len(numbers) == len(times):
            times = []
    if len(times) > 1:
        raise DataError(
            f"Several columns may be the time: {list_names(times)}; name one with time_col=."
        )
    if times:
        return times[0]
    unread = [n for n, kind in kinds.items() if kind in ("text", "clock") and is_time_name(n)]
    unread += [n for n in kinds if is_time_name(n) and bool(table.column(n).isna().all())]
    if unread:
        _refuse_time(table, unread[0])
        return unread[0]
    return None


def _are_dates(table: Table, name: Any) -> bool:
    """Whether the numbers of a column are times by their size and digits."""
    import pandas as pd

    numbers: Any = pd.to_numeric(table.column(name).head(_SAMPLE), errors="coerce")
    numbers = numbers.to_numpy(np.float64, na_value=np.nan)
    return not np.isnan(numbers).any() and find_form(numbers, excel=is_date_name(name)) is not None


def _refuse_time(table: Table, name: Any) -> None:
    """Refuse a column that is called after a time and can't be read as one.

    Raises:
        DataError: some cell is no date.
    """
    import pandas as pd

    cells = table.column(name)
    codes, unique = pd.factorize(cells)
    texts = pd.Series(np.asarray(unique, dtype=object)).map(str)
    bad = np.append(read_date_text(texts).bad if len(texts) else [], True)[codes].astype(np.bool_)
    if not bad.any():
        return
    row = int(np.argmax(bad))
    what = "is called after a time but holds"
    why, fix = why_no_date(cells.iloc[row])
    if cells.isna().iloc[row]:
        shown, why = "nothing", "names no time"
    else:
        shown = repr(cells.iloc[row])
    raise DataError(
        f"Column {name!r} {what} {shown} at {table.place(row)}, which {why}; {fix}, or name another column with"
        " time_col=, or leave the column out, so that the rows are counted as they stand."
    )


def _refuse_unread(table: Table, kinds: dict[Any, str]) -> None:
    """Refuse to count rows as they stand beside a column that may hold their times.

    Raises:
        DataError: text that may be dates of an unknown form, or numbers that count down.
    """
    for name, kind in kinds.items():
        if kind == "text":
            cells = table.column(name)
            sample = cells.dropna().astype(str).drop_duplicates().head(_SAMPLE)
            if may_be_dates(sample):
                why, fix = why_no_date(sample.iloc[0])
                raise DataError(
                    f"Column {name!r} may be the time, but holds {sample.iloc[0]!r} at"
                    f" {table.place(int(sample.index[0]))}, which {why}; {fix}, or leave the column out, so that the"
                    " rows are counted as they stand."
                )
        elif kind == "number" and _counts_down(table.column(name)):
            first, last = table.column(name).iloc[[0, -1]]
            raise DataError(
                f"Column {name!r} counts down from {first:g} to {last:g}, so the newest row may stand first; name the"
                " time with time_col=, or leave the column out, so that the rows are counted as they stand."
            )


def _counts_down(numbers: pd.Series) -> bool:
    import pandas as pd

    if not pd.api.types.is_integer_dtype(numbers.dtype) or len(numbers) < 3 or numbers.isna().any():
        return False
    return bool((np.diff(numbers.to_numpy(np.int64)) == -1).all())


def _find_target(table: Table, kinds: dict[Any, str], time_col: Any, *, melts: bool) -> Any:
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    numbers = numbers or [name for name, kind in kinds.items() if kind == "digits"]
    # What names a part of the time, as a year beside the dates, is not what is forecast.
    numbers = [name for name in numbers if not counts_time(name)] or numbers
    if len(numbers) > 1:  # Nor is what names the series.
        numbers = [n for n in numbers if not is_named_identifier(table, n, time_col)] or numbers
    if len(numbers) > 1:
        raise DataError(
            f"Several columns may be the one to forecast: {list_names(numbers)}; name one with"
            f" target_col={melt_advice(table, time_col if melts else None, numbers)}."
        )
    if not numbers:
        raise DataError(
            f"No column of {table.name} holds numbers to forecast; its columns are {table.listing}."
        )
    return numbers[0]
