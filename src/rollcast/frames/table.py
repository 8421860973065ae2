"""Any table of a person's as one pandas frame that knows how to name its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast._types import Int64
from rollcast.errors import ArgumentError, DataError
from rollcast.frames.layout import Kind

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it came, before any column has a meaning.

    Attributes:
        frame: the rows, numbered from 0.
        kind: the kind of frame that the caller holds.
        name: what messages call it.
        lines: (rows,) each row's line in the file; None where rows are counted from 0.
        types: what the caller's library calls each column's type, where that isn't pandas.
        remarks: sentences on how it was read.
        grouped_dots: whether a dot may group thousands, as in files with ``;`` between the fields.
    """

    frame: pd.DataFrame
    kind: Kind = "pandas"
    name: str = "the table"
    lines: Int64 | None = None
    types: dict[Any, Any] = field(default_factory=dict[Any, Any])
    remarks: tuple[str, ...] = ()
    grouped_dots: bool = False

    def place(self, row: int) -> str:
        """How a message speaks of a row."""
        if self.lines is None:
            return f"row {row} (counted from 0)"
        return f"line {int(self.lines[row])} of {self.name}"

    @property
    def columns(self) -> list[Any]:
        """The column names."""
        return list(self.frame.columns)

    @property
    def listing(self) -> str:
        """The column names as a message lists them."""
        return listing(self.columns)


def listing(names: list[Any], most: int = 12) -> str:
    """Names as a message lists them, the first dozen where there are many."""
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


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

    from rollcast.frames.reading import open_file

    if isinstance(data, str | Path):
        table = open_file(Path(data))
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
    return table


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
    if dtype.is_numeric() and not dtype.is_decimal():
        return pd.Series(column.to_numpy())
    return pd.Series(column.to_list(), dtype=object)
