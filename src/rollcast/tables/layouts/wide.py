"""Wide tables, whose columns are times, made long; and how to make long those whose columns may be series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.errors import DataError
from rollcast.tables.dates.time_names import part_of_time
from rollcast.tables.layouts.column_names import (
    as_times,
    clock,
    month,
    quarter,
    which_are_dates,
    year,
)
from rollcast.tables.layouts.content import kind_of
from rollcast.tables.table import Table, WideCells, list_names

if TYPE_CHECKING:
    import pandas as pd

    from rollcast.tables.schema import Schema


@dataclass(frozen=True, eq=False)
class _Layout:
    """How a wide table is laid out.

    Attributes:
        columns: the names of the columns that are times.
        times: (rows * columns,) the time of each cell, row by row.
        spoken: how a message says what the columns are.
        parts: the columns that the times were made of.
        id_col: the column that tells series apart; None where nothing need be.
    """

    columns: list[Any]
    times: pd.Series
    spoken: str
    parts: tuple[Any, ...] = ()
    id_col: Any = None


def lengthen(
    table: Table,
    id_col: Any = None,
    time_col: Any = None,
    target_col: Any = None,
    *,
    like: Schema | None = None,
) -> Table:
    """A wide table in long form; any other, or one of which a column is asked for, as it is.

    Read are years by months or by quarters, months by years, days by times of day, and columns that are dates. Columns
    that are series are not: they may as well be prices and volumes of one thing.

    Args:
        table: the table.
        id_col: the column that the caller named for series.
        time_col: the column that the caller named for times.
        target_col: the column that the caller named for what is forecast.
        like: the schema of the table that a model was trained on, whose names the long form takes.

    Raises:
        DataError: columns are dates, and no column tells the rows apart.
    """
    if like is not None:
        id_col, time_col, target_col = like.names(id_col, time_col, target_col)
    if any(name in table.columns for name in (time_col, target_col) if name is not None):
        return table
    readings = (_by_month, _by_quarter, _by_year, _by_clock, _by_date)
    least = 3 if like is None else 1
    layouts = (read(table, least, id_col) for read in readings)
    layout = next((found for found in layouts if found is not None), None)
    if layout is None:
        return table
    time_col = "ds" if time_col is None else time_col
    target_col = "y" if target_col is None else target_col
    return _long(table, layout, time_col, target_col, id_col)


def melt_advice(
    table: Table,
    time_col: Any,
    columns: list[Any],
    *,
    id_col: Any = "unique_id",
    target_col: Any = "y",
) -> str:
    """How a message says what to do where each column of a wide table is a series; empty where none can be.

    Args:
        table: the table.
        time_col: its column of times.
        columns: those that may be series.
        id_col: what the long table calls the series.
        target_col: what it calls their values.
    """
    rest = [name for name in table.columns if name not in columns and name != time_col]
    single = time_col is not None and not table.column(time_col).duplicated().any()
    if not single or any(kind_of(table.column(name)) == "text" for name in rest):
        return ""
    some = f"[{list_names(columns, most=30)}]"
    if table.kind == "polars":
        chosen = f", on={some}" if rest else ""
        call = f"frame.unpivot(index=[{time_col!r}]{chosen}, variable_name={id_col!r}, value_name={target_col!r})"
    else:
        frame = "frame" if table.lines is None else f"rollcast.tables.read_table({table.name!r})"
        before = f".reset_index(names={time_col!r})" if time_col in table.from_index else ""
        if before and table.lines is not None:
            before = f".rename(columns={{'Unnamed: 0': {time_col!r}}})"
        chosen = f", value_vars={some}" if rest else ""
        melt = (
            f"melt(id_vars=[{time_col!r}]{chosen}, var_name={id_col!r}, value_name={target_col!r})"
        )
        call = f"{frame}{before}.{melt}"
    return f", or, if each is a series of its own, make the table long by {call}"


def _long(table: Table, layout: _Layout, time_col: Any, target_col: Any, id_col: Any) -> Table:
    """The table with a row for each cell, and the names of its columns."""
    frame: Any = table.frame
    columns = layout.columns
    values = _cells(frame[columns])
    filled = np.flatnonzero(_inside(values, layout.times))
    rows = filled // len(columns)
    kept = [name for name in frame.columns if name not in (*columns, *layout.parts)]
    long = frame[kept].iloc[rows].reset_index(drop=True)
    long = long.drop(columns=[name for name in (time_col, target_col) if name in kept])
    long[time_col] = layout.times.iloc[filled].reset_index(drop=True)
    long[target_col] = values.iloc[filled].reset_index(drop=True)
    texts = table.read_text

    def labels(column: Any) -> pd.Series:
        if texts is None or column not in kept:
            return long[column].astype("str")
        return texts(column).iloc[rows].reset_index(drop=True)

    remark = (
        f"Read {table.name} as wide, {layout.spoken}: its times are column {time_col!r} and its values {target_col!r}"
        " of a long table, in which forecasts come too; to read one column alone, name it with target_col=."
    )
    return replace(
        table,
        frame=long,
        remarks=(*table.remarks, remark),
        read_text=None if texts is None else labels,
        id_col=layout.id_col if id_col is None else id_col,
        wide=WideCells(tuple(columns), filled),
    )


def _cells(frame: pd.DataFrame) -> pd.Series:
    """All cells, row by row."""
    import pandas as pd

    if all(pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes):
        return pd.Series(frame.to_numpy(np.float64, na_value=np.nan).ravel())
    return pd.Series(frame.to_numpy(dtype=object).ravel()).infer_objects()


def _inside(values: pd.Series, times: pd.Series) -> Bool:
    """(N,) cells from the first time to the last that has a value: what is blank outside hasn't been yet."""
    import pandas as pd

    known = values.notna() & times.notna()
    if not known.any() or pd.api.types.is_string_dtype(times.dtype):  # Text has another order.
        return np.ones(len(values), np.bool_)
    return times.between(times[known].min(), times[known].max()).to_numpy(dtype=bool)


def _by_month(table: Table, least: int, id_col: Any) -> _Layout | None:
    """A row for each year and a column for each month."""
    parts = _parts(table.columns, month)
    if not parts:  # Numbers alone are months only if all are there.
        numbers = {n: str(n).strip().lstrip("0") for n in table.columns}
        found = {
            n: int(text) for n, text in numbers.items() if text.isdecimal() and int(text) <= 12
        }
        parts = found if sorted(found.values()) == list(range(1, 13)) else {}
    return _by_part_of_year(table, parts, least, "months", id_col)


def _by_quarter(table: Table, least: int, id_col: Any) -> _Layout | None:
    """A row for each year and a column for each quarter."""
    parts = _parts(table.columns, quarter)
    return _by_part_of_year(table, parts, min(least, 2), "quarters", id_col)


def _parts(names: list[Any], read: Callable[[Any], int | None]) -> dict[Any, int]:
    """The names that are parts of a time, each part once."""
    found = {name: part for name in names if (part := read(name)) is not None}
    return found if len(set(found.values())) == len(found) else {}


def _by_part_of_year(
    table: Table, parts: dict[Any, int], least: int, what: str, id_col: Any
) -> _Layout | None:
    if len(parts) < least:
        return None
    others = [name for name in table.columns if name not in parts]
    named = [name for name in others if part_of_time(name) == "year"] or others[:1]
    years = None if not named else _years(table.column(named[0]))
    if years is None:
        return None
    columns = list(parts)
    offsets = np.array([(part - 1) * (3 if what == "quarters" else 1) for part in parts.values()])
    spoken = _speak(columns, what, named[0])
    times = _month_starts(years[:, None] * 12 + offsets)
    return _Layout(columns, times, spoken, (named[0],), id_col)


def _years(cells: pd.Series) -> Int64 | None:
    """(N,) the years that a column holds; None where some cell is none."""
    found = [year(cell) for cell in cells.to_numpy(dtype=object)] if len(cells) < 10_000 else [None]
    if any(one is None for one in found):
        return None
    return np.array(found, np.int64)


def _month_starts(months: np.ndarray) -> pd.Series:
    """(N,) the first days of months, which are counted from the year 0."""
    import pandas as pd

    return pd.Series((months.ravel() - 1970 * 12).astype("M8[M]").astype("M8[ns]"))


def _by_year(table: Table, least: int, id_col: Any) -> _Layout | None:
    """A row for each month and a column for each year."""
    columns = [name for name in table.columns if year(name) is not None]
    others = [name for name in table.columns if name not in columns]
    if len(columns) < min(least, 2) or not others or len(table.frame) > 12:
        return None
    months = [month(cell) for cell in table.column(others[0]).to_numpy(dtype=object)]
    if None in months or len(set(months)) < len(months) or len(months) < 6:
        return None
    years = np.array([year(name) for name in columns], np.int64)
    numbers = np.array(months, np.int64)[:, None] - 1
    times = _month_starts(years * 12 + numbers)
    return _Layout(columns, times, _speak(columns, "years", others[0]), (others[0],), id_col)


def _by_clock(table: Table, least: int, id_col: Any) -> _Layout | None:
    """A row for each day and a column for each time of day."""
    import pandas as pd

    parts = _parts(table.columns, clock)
    minutes = np.array(list(parts.values()), np.int64)
    even = len(parts) >= 12 and len(parts) * np.diff(minutes)[0] == 1440 and minutes[0] == 0
    if not even or (np.diff(minutes) != np.diff(minutes)[0]).any():
        return None
    days = [n for n in table.columns if n not in parts and kind_of(table.column(n)) == "time"]
    if len(days) != 1:
        return None
    columns = list(parts)
    cells: Any = table.column(days[0])
    cells = cells.iloc[np.repeat(np.arange(len(cells)), len(columns))].reset_index(drop=True)
    times = pd.Series(np.tile(minutes, len(table.frame)))
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        stamps = cells + pd.to_timedelta(times, unit="min")
    else:
        clocks = [f" {m // 60:02d}:{m % 60:02d}" for m in minutes]
        shown = pd.Series(np.tile(np.array(clocks, dtype=object), len(table.frame)))
        stamps = cells.astype("str").str.strip() + shown
    return _Layout(columns, stamps, _speak(columns, "times", days[0]), (days[0],), id_col)


def _by_date(table: Table, least: int, id_col: Any) -> _Layout | None:
    """A row for each series and a column for each date."""
    import pandas as pd

    dated = which_are_dates(table.columns)
    columns = [name for name, one in zip(table.columns, dated, strict=True) if one]
    if len(columns) < least:
        return None
    others = [name for name in table.columns if name not in columns]
    kinds = {name: kind_of(table.column(name)) for name in table.columns}
    valued = [name for name in columns if kinds[name] != "time"]
    if len(valued) < len(columns):
        return None
    if "time" in (kinds[name] for name in others):
        return None
    if id_col is None:
        id_col = _identifier(table, others, kinds)
    names = pd.Series(as_times(columns))
    times = names.iloc[np.tile(np.arange(len(columns)), len(table.frame))].reset_index(drop=True)
    return _Layout(columns, times, _speak(columns, "times", id_col), (), id_col)


def _speak(columns: list[Any], what: str, each: Any) -> str:
    first, last = (str(name).removesuffix(" 00:00:00") for name in (columns[0], columns[-1]))
    return f"with columns {first!r} to {last!r} as the {what} of {'one series' if each is None else f'each {each!r}'}"


def _identifier(table: Table, others: list[Any], kinds: dict[Any, str]) -> Any:
    """The column that tells the rows apart; None for an only row.

    Raises:
        DataError: no column does.
    """
    texts = [name for name in others if kinds[name] == "text"]
    alone = others if len(others) == 1 else texts
    found = [name for name in alone if not table.column(name).duplicated().any()]
    if found or (len(table.frame) == 1 and not texts):
        return found[0] if found else None
    if len(alone) == 1:
        fix = f"give each its own name in column {alone[0]!r}"
    else:
        fix = f"join {list_names(texts)} into one column" if texts else "add a column of names"
    raise DataError(
        f"Columns of {table.name} are times, and no column tells its {len(table.frame):,} rows apart; {fix}."
    )
