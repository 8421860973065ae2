"""From a person's newest rows to arrivals: read as the table that a model was trained on, in the order they came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rollcast._types import Int64
from rollcast.data.arrivals import Arrivals
from rollcast.data.calendar import Frequency
from rollcast.errors import DataError
from rollcast.options.exclude_option import Exclusion
from rollcast.tables.availability_and_weights import read_available
from rollcast.tables.columns import with_one_time
from rollcast.tables.dates.times import Times, read_times
from rollcast.tables.dates.zones import localise
from rollcast.tables.excluded_rows import exclude_rows, find_columns, read_excluded_column
from rollcast.tables.grid.closed_times import have_value_or_are_open
from rollcast.tables.layouts.opening import open_table
from rollcast.tables.schema import Schema
from rollcast.tables.table_rows import TableRows, merge_duplicates
from rollcast.tables.to_panel import known_series, name_columns, refuse_other_time
from rollcast.tables.values import read_ids, read_target


def read_arrivals(
    data: Any,
    like: Schema,
    frequency: Frequency,
    *,
    known: Mapping[Any, Any] | None = None,
) -> Arrivals:
    """Read newest rows.

    Args:
        data: a pandas or polars frame, a file, or a mapping of columns to sequences.
        like: the table that the model was trained on; its columns are read, and in its way. Of rows of one series and
            time adjacent ones alone are joined, and none where they were an error.
        frequency: the model's.
        known: the identifiers of the series that are known.

    Raises:
        DataError: the table can't be used as it is.
    """
    data = _as_frame(data)
    if hasattr(data, "columns") and hasattr(data, "__len__") and len(data) == 0:
        return Arrivals.of([], [], [])
    table = with_one_time(open_table(data, like=like), like=like)
    left_out, flags = find_columns(like.exclude, table)
    columns = name_columns(table, like=like, exclude=flags)
    codes, ids, _ = read_ids(table, columns.id_col, known_series(table, like, known))
    values, _ = read_target(table, columns.target_col, codes, ids)
    available = read_available(table, columns.available, codes, ids, values)
    for column in columns.exclude:
        kept = ~read_excluded_column(table, column, codes, ids)
        available = kept if available is None else available & kept
    if available is not None:
        values = np.where(available, values, np.nan)
    if columns.time_col is None:
        return Arrivals(ids, codes, None, values, None, columns.target_col, table.place, available)
    times = read_times(table, columns.time_col, like.tz, like)
    refuse_other_time(table, columns, times, like, frequency)
    order = np.argsort(codes, kind="stable")
    rows = TableRows(
        table=table,
        columns=columns,
        ids=ids,
        codes=codes[order],
        times=times.values[order],
        values=values[order],
        origin=order,
        integer=times.is_integer,
        tz=frequency.tz if like.tz is None else like.tz,
        available=None if available is None else available[order],
    )
    dated = tuple(one for one in left_out if not one.is_column)
    if dated:
        rows = _without(rows, dated, _instants(rows, times)[0])
    if like.duplicates != "error":
        rows = merge_duplicates(rows, like.duplicates)
    first, second = _instants(rows, times)
    kept = have_value_or_are_open(rows, first, frequency)
    if not kept.all():
        rows, first = rows.take(kept), first[kept]
        second = None if second is None else second[kept]
        here, codes = np.unique(rows.codes, return_inverse=True)
        rows = replace(rows, codes=codes)
        ids = tuple(ids[code] for code in here)
    target, available = columns.target_col, rows.available
    return Arrivals(ids, rows.codes, first, rows.values, second, target, rows.place, available)


def _without(rows: TableRows, exclusions: tuple[Exclusion, ...], times: Int64) -> TableRows:
    """The rows, of which those at times that are left out are not available; ``times`` (N,) are instants."""
    at = replace(rows, times=times, columns=replace(rows.columns, exclude=()))
    marked = exclude_rows(at, exclusions, later=True)
    values = np.where(np.asarray(marked.excluded), np.nan, rows.values)
    return replace(rows, values=values, available=marked.available)


def _as_frame(data: Any) -> Any:
    """A mapping of columns as a frame; one value alone stands for every row, or for the only one."""
    import pandas as pd

    if not isinstance(data, Mapping):
        return data
    columns = {name: _column(values) for name, values in data.items()}
    alone = all(isinstance(c, str | bytes) or not hasattr(c, "__len__") for c in columns.values())
    try:
        return pd.DataFrame(columns, index=[0] if alone else None)
    except ValueError as error:
        raise DataError(
            "`rows` holds columns of unequal length; give each column one value a row."
        ) from error


def _column(values: Any) -> Any:
    """A column without an index by which pandas would align it; an array of no dimension is one value."""
    import pandas as pd

    if isinstance(values, np.ndarray) and values.ndim == 0:
        return values[()]
    return values.reset_index(drop=True) if isinstance(values, pd.Series) else values


def _instants(rows: TableRows, times: Times) -> tuple[Int64, Int64 | None]:
    """Instants (N,), and what clock times that are shown twice may mean as well (N,); None where no time is."""
    if times.is_integer or times.zone is not None or rows.tz is None:
        return rows.times, None
    first, second = localise(rows, rows.tz)
    return first, second if (first != second).any() else None
