"""Whatever a person holds their table in."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast.errors import ArgumentError, DataError
from rollcast.tables.columns import column_kind
from rollcast.tables.files import open_file
from rollcast.tables.table import Table

if TYPE_CHECKING:
    import pandas as pd


def open_table(data: Any) -> Table:
    """Take whatever holds a table.

    Args:
        data: a path to a CSV or Parquet file, a pandas or polars frame or series, or a
            one-dimensional array or list of numbers.

    Raises:
        ArgumentError: it is none of these.
        DataError: it has no rows, or column names that mean more than one column.
        FileError: the file can't be read as a table.
    """
    import pandas as pd

    if isinstance(data, str | Path):
        table = open_file(Path(data).expanduser())
        table = replace(table, frame=_flat_index(table.frame))
    elif isinstance(data, pd.DataFrame):
        table = Table(_flat_index(data))
    elif isinstance(data, pd.Series):
        table = Table(_flat_index(data.to_frame("y" if data.name is None else data.name)))
    elif type(data).__module__.split(".")[0] == "polars":
        table = _from_polars(data)
    elif isinstance(data, np.ndarray | list | tuple):
        table = Table(_from_values(data))
    else:
        raise ArgumentError(
            "`data` must be a path to a CSV or Parquet file, a pandas or polars frame, or a"
            f" one-dimensional array; got {type(data).__name__}."
        )
    _check_shape(table)
    return _without_row_numbers(table)


def _check_shape(table: Table) -> None:
    frame = table.frame
    if frame.columns.nlevels > 1:
        raise DataError(
            "The table's columns have several levels; flatten them to one name for each column."
        )
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(
            f"Two columns of {table.name} are named {twice[0]!r}; give each a name of its own."
        )
    if len(frame.columns) == 0 or len(frame) == 0:
        name = table.name[0].upper() + table.name[1:] if table.lines is None else table.name
        raise DataError(f"{name} has no rows; give it at least two times with their values.")


def _without_row_numbers(table: Table) -> Table:
    """The table without unnamed columns that only number the rows or hold nothing.

    An unnamed column of dates is what a saved index leaves behind: it becomes ``ds``.
    """
    frame = table.frame
    for name in [c for c in frame.columns if re.fullmatch(r"Unnamed: \d+", str(c))]:
        column: Any = frame[name]
        if len(frame.columns) == 1:
            break
        if column.isna().all() or _counts_rows(column):
            frame = frame.drop(columns=name)
        elif "ds" not in frame.columns and column_kind(replace(table, frame=frame), name) == "time":
            frame = frame.rename(columns={name: "ds"})
    return replace(table, frame=frame)


def _counts_rows(column: Any) -> bool:
    import pandas as pd

    if not pd.api.types.is_integer_dtype(column.dtype) or column.isna().any():
        return False
    steps = np.diff(column.to_numpy())
    return len(steps) == 0 or bool((steps == 1).all() or (steps == -1).all())


def _flat_index(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with rows numbered from 0; an index that says something becomes a column."""
    import pandas as pd

    index = frame.index
    if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
        name = index.name if index.name is not None else "ds"
        if name not in frame.columns:
            return frame.reset_index(names=name)
    elif (index.nlevels > 1 or index.name is not None) and not set(index.names) & {
        None,
        *frame.columns,
    }:
        return frame.reset_index()
    return frame.reset_index(drop=True)


def _from_values(data: Any) -> pd.DataFrame:
    import pandas as pd

    try:
        values = np.asarray(data)
    except ValueError as error:
        raise ArgumentError(
            "`data` must be one-dimensional; got rows of unequal length."
        ) from error
    if values.ndim != 1:
        raise ArgumentError(
            f"`data` must be one-dimensional, or a frame with named columns; got shape"
            f" {values.shape}."
        )
    return pd.DataFrame({"y": values})


def _from_polars(data: Any) -> Table:
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
