"""Whatever a person holds their table in."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast.errors import ArgumentError, DataError, show
from rollcast.tables.dates.time_names import is_time_name
from rollcast.tables.files.files import open_file
from rollcast.tables.layouts.content import kind_of
from rollcast.tables.layouts.index import counts_rows, flat_index
from rollcast.tables.layouts.plain_values import from_values
from rollcast.tables.layouts.wide import lengthen
from rollcast.tables.table import Table

if TYPE_CHECKING:
    from rollcast.tables.schema import Schema

_LONGEST_NAME = 255
"""Characters of a column's name; messages repeat it."""


def open_table(data: Any, *named: Any, like: Schema | None = None) -> Table:
    """Take whatever holds a table, in long form where it is wide in a way that can't be mistaken.

    Args:
        data: a path to a CSV or Parquet file, a pandas or polars frame or series, or a
            one-dimensional array or list of numbers.
        named: the columns of series, time and target, as far as the caller named them.
        like: the schema of the table that a model was trained on.

    Raises:
        ArgumentError: it is none of these.
        DataError: it has no rows, or column names that mean more than one column.
        FileError: the file can't be read as a table.
    """
    import pandas as pd

    if hasattr(data, "to_pandas") and not _is_polars(data):
        data = data.to_pandas()  # Arrow, xarray and others.
    if isinstance(data, str | Path):
        table = open_file(Path(data).expanduser())
    elif isinstance(data, pd.DataFrame):
        table = Table(data)
    elif isinstance(data, pd.Series):
        table = Table(data.to_frame("y" if data.name is None else data.name))
    elif _is_polars(data):
        table = from_polars(data)
    elif isinstance(data, list | tuple) or hasattr(data, "__array__"):
        table = Table(from_values(data))
    else:
        raise ArgumentError(
            "`data` must be a path to a CSV or Parquet file, a pandas or polars frame, or a"
            f" one-dimensional array; got {type(data).__name__}."
        )
    _check_shape(table)
    table = _without_signals(table)
    frame, from_index, remarks = flat_index(table.frame, like)
    table = replace(table, frame=frame, from_index=from_index, remarks=table.remarks + remarks)
    return lengthen(_without_row_numbers(table), *named, like=like)


def _is_polars(data: Any) -> bool:
    return type(data).__module__.split(".")[0] == "polars"


def _check_shape(table: Table) -> None:
    frame = table.frame
    if frame.columns.nlevels > 1:
        raise DataError(
            "The table's columns have several levels; flatten them to one name for each column."
        )
    endless = [
        name for name in frame.columns if isinstance(name, str) and len(name) > _LONGEST_NAME
    ]
    if endless:
        raise DataError(
            f"A column of {table.name} has a name of {len(endless[0]):,} characters, {show(endless[0])}; shorten it to"
            f" {_LONGEST_NAME} at most."
        )
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(
            f"Two columns of {table.name} are named {twice[0]!r}; give each a name of its own."
        )
    if len(frame.columns) == 0 or len(frame) == 0:
        name = table.name[0].upper() + table.name[1:] if table.lines is None else table.name
        raise DataError(f"{name} has no rows; give it at least two times with their values.")


def _without_signals(table: Table) -> Table:
    """The table with NaN in place of decimals that signal, which pandas can't even look at."""
    import pandas as pd

    quiet: dict[Any, Any] = {}
    for name, dtype in table.frame.dtypes.items():
        if dtype.kind == "O":
            cells: Any = table.column(name)
            try:
                cells.isna()
            except InvalidOperation:
                held = [np.nan if isinstance(v, Decimal) and v.is_snan() else v for v in cells]
                quiet[name] = pd.Series(held, cells.index, object)
    return replace(table, frame=table.frame.assign(**quiet)) if quiet else table


def _without_row_numbers(table: Table) -> Table:
    """The table without unnamed columns that only number the rows or hold nothing.

    An unnamed column of times is what a saved index leaves behind: it becomes ``ds``.
    """
    frame = table.frame
    for name in [c for c in frame.columns if re.fullmatch(r"Unnamed: \d+", str(c))]:
        column: Any = frame[name]
        if len(frame.columns) == 1:
            break
        kind = kind_of(column)
        numbers = kind == "number" and not column.isna().any()
        counts = numbers and counts_rows(column)
        others = [other for other in frame.columns if other != name]
        cells: Any = frame
        timed = any(is_time_name(str(c)) or kind_of(cells[c]) == "time" for c in others)
        ascends, descends = numbers and _steps(column, 1), numbers and _steps(column, -1)
        if descends and not timed and "step" not in others:
            # Saved from the last row to the first: the numbers say which came when.
            frame = frame.rename(columns={name: "step"})
        elif (
            column.isna().all()
            or ((timed or counts) and (ascends or descends))
            or (counts and name == "Unnamed: 0")
        ):
            frame = frame.drop(columns=name)
        elif "ds" not in others and (kind == "time" or (numbers and not counts and not timed)):
            frame = frame.rename(columns={name: "ds"})
            table = replace(table, from_index=(*table.from_index, "ds"))
    return replace(table, frame=frame)


def _steps(column: Any, by: int) -> bool:
    """Whether finite numbers go on by the same step."""
    numbers = column.to_numpy(np.float64)
    return len(numbers) > 1 and bool(np.isfinite(numbers).all() and (np.diff(numbers) == by).all())


def from_polars(data: Any) -> Table:
    """A polars frame or series, column by column: Arrow need not be installed."""
    import narwhals as nw
    import pandas as pd

    wrapped = nw.from_native(data, allow_series=True, pass_through=True)
    if isinstance(wrapped, nw.LazyFrame):
        raise ArgumentError("`data` is a lazy frame; call .collect() on it first.")
    if isinstance(wrapped, nw.Series):
        wrapped = wrapped.rename(wrapped.name or "y").to_frame()
    if not isinstance(wrapped, nw.DataFrame):
        raise ArgumentError(f"`data` must be a polars frame; got {type(data).__name__}.")
    columns = {name: _pandas_column(wrapped[name]) for name in wrapped.columns}
    types = {name: wrapped[name].dtype for name in wrapped.columns}
    return Table(pd.DataFrame(columns), kind="polars", types=types)


def _pandas_column(column: Any) -> Any:
    """One narwhals column as pandas: times as instants of their zone, text as text."""
    import narwhals as nw
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, nw.Datetime):
        unit, zone = dtype.time_unit, dtype.time_zone
        nulls = column.is_null().to_numpy()
        naive = (
            column.dt.replace_time_zone(None)
            if zone is None
            else column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        )
        stamps = pd.Series(naive.to_numpy().astype(f"M8[{unit}]")).mask(nulls)
        return stamps if zone is None else stamps.dt.tz_localize("UTC").dt.tz_convert(zone)
    if dtype == nw.Date:
        return pd.Series(column.cast(nw.Datetime("ms")).to_numpy().astype("M8[ms]"))
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        return pd.Series(column.cast(nw.String).to_list(), dtype="str")
    wide = dtype in (nw.Int128, nw.UInt128)  # NumPy has no such integers
    if dtype.is_numeric() and not dtype.is_decimal() and not wide:
        return pd.Series(column.to_numpy())
    return pd.Series(column.to_list(), dtype=object)
