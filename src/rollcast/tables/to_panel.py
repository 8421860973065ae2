"""From a person's table to a panel: named, typed, sorted, laid on a grid, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

import numpy as np

from rollcast._types import Duplicates, Fill
from rollcast.data.clock import check_zone
from rollcast.data.gaps import fill_gaps
from rollcast.data.identifiers import KnownSeries, is_plain
from rollcast.data.panel import Panel
from rollcast.errors import DataError
from rollcast.options.argument_checks import one_of, whole
from rollcast.options.exclude_option import Exclusion, check_exclude
from rollcast.tables.availability_and_weights import (
    read_available,
    read_weights,
    refuse_nothing_that_counts,
)
from rollcast.tables.checks import (
    check_lengths,
    describe_excluded,
    describe_sparse,
    describe_table,
    refuse_missing,
)
from rollcast.tables.columns import Columns, choose_columns, with_one_time
from rollcast.tables.dates.midnights import check_midnights
from rollcast.tables.dates.times import Times, read_times
from rollcast.tables.dates.zones import localise, refuse_repeated_hour
from rollcast.tables.excluded_rows import exclude_rows, find_columns
from rollcast.tables.grid.blank_ends import trim_blank_ends
from rollcast.tables.grid.closed_times import leave_out_closed
from rollcast.tables.grid.grid import choose_frequency, lay_on_grid
from rollcast.tables.grid.other_step import refuse_other_step
from rollcast.tables.layouts.opening import open_table
from rollcast.tables.layouts.wide import melt_advice
from rollcast.tables.schema import Notes, Schema
from rollcast.tables.table import Table
from rollcast.tables.table_rows import TableRows, merge_duplicates, sort_order
from rollcast.tables.values import read_ids, read_target


def to_panel(
    data: Any,
    *,
    id_col: str | int | None = None,
    time_col: str | int | None = None,
    target_col: str | int | None = None,
    freq: Any = None,
    tz: str | None = None,
    duplicates: Duplicates = "error",
    fill: Fill = "anchor",
    min_length: int = 1,
    like: Schema | None = None,
    known: Mapping[Any, int] | None = None,
    blank_ends: bool = False,
    available: str | int | None = None,
    weights: str | int | None = None,
    exclude: Any = (),
    sparse: bool = False,
) -> tuple[Panel, Schema, Notes]:
    """Read a table as a panel.

    Args:
        data: a path to a CSV or Parquet file, a pandas or polars frame, or a one-dimensional
            array, list or series of one series' values.
        id_col: the column that tells series apart; where not given, ``unique_id`` or an only text
            column that does so.
        time_col: the column of times; where not given, ``ds`` or the only time-like column. Rows
            are counted where there is none.
        target_col: the column to forecast; where not given, ``y`` or the only column of numbers.
        freq: a pandas alias, a :class:`Frequency` or an integer step; where not given, the
            commonest step.
        tz: the IANA zone in which times without a zone are local clock time, and in which the
            calendar of zone-aware times is read; of a later table, ``like`` has it.
        duplicates: what rows of one series and time become: "error", "sum", "mean" or "last".
        fill: what missing values become: "ffill" and "zero" fill them as if observed, "error"
            refuses them, "anchor" leaves them missing; so does "linear", for a straight line needs
            to know how far it may look. Of a later table, ``like`` has both.
        min_length: the least rows of a series.
        like: the schema of the table that a model was trained on; its columns are read, and in its way.
        known: the identifiers of the series that the model knows, by which they are known again, each with the time
            of its first row.
        blank_ends: keep the rows without a value at a series' ends, as missing ones.
        available: the column that says which rows count: true or false, yes or no, 1 or 0.
        weights: the column that says how much each row counts in training and scores.
        exclude: one-off rows that don't count: times, ranges, columns, or a mapping from series to them. Of a later
            table, ``like`` has them.
        sparse: nothing is trained, so a series may lack more than 20 % of its values; a warning names it.

    Returns:
        The panel, the table's schema, and what was noticed.

    Raises:
        DataError: the table can't be used as it is; FileError and TooShortError are such.
        ArgumentError: an argument outside its range.
        BackendError: a package that the file's format needs is missing.

    Example:
        >>> panel, schema, notes = to_panel([3.0, 4.0, 5.0])
        >>> panel.target.tolist(), panel.starts.tolist(), schema.target_col
        ([3.0, 4.0, 5.0], [0], 'y')
    """
    if like is not None:
        tz, duplicates, fill = like.tz, like.duplicates, like.fill
    _check_arguments(duplicates, fill, tz, min_length)
    table = open_table(data, id_col, time_col, target_col, like=like)
    table = with_one_time(table, id_col=id_col, time_col=time_col, target_col=target_col, like=like)
    left_out, named = find_columns(
        check_exclude("exclude", exclude) if like is None else like.exclude, table
    )
    marks = {"available": available, "weights": weights}
    columns = name_columns(table, id_col, time_col, target_col, like, **marks, exclude=named)
    rows, times = read_rows(
        table, columns, freq=freq, tz=tz, like=like, known=known, exclude=left_out
    )
    rows = join_duplicates(rows, times, duplicates)
    panel, notes = lay_rows(
        rows,
        times,
        freq=freq,
        fill=fill,
        min_length=min_length,
        like=like,
        known=known,
        blank_ends=blank_ends,
        sparse=sparse,
    )
    schema = replace(_schema(table, columns, times, rows), tz=tz, duplicates=duplicates, fill=fill)
    return panel, schema, notes


def read_rows(
    table: Table,
    columns: Columns,
    *,
    freq: Any = None,
    tz: str | None = None,
    like: Schema | None = None,
    known: Mapping[Any, int] | None = None,
    exclude: tuple[Exclusion, ...] = (),
) -> tuple[TableRows, Times]:
    """The rows by series and time, as instants; equal times are still there.

    Args:
        table: as it was opened.
        columns: the columns' parts.
        freq: see :func:`to_panel`, as are the others.
        tz: the zone of clock times.
        like: the schema of the table that a model was trained on.
        known: the identifiers of the model's series.
        exclude: what is left out, as :func:`rollcast.tables.excluded_rows.find_columns` tells it.

    Raises:
        DataError: a cell can't be read, no row counts, or what is left out is not there.
    """
    codes, ids, id_type = read_ids(table, columns.id_col, known_series(table, like, known))
    times = _times(table, columns.time_col, codes, tz, like)
    if like is not None:
        refuse_other_time(table, columns, times, like, freq)
    tz = getattr(freq, "tz", None) if tz is None else tz
    values, remarks = read_target(table, columns.target_col, codes, ids)
    marks = (
        read_available(table, columns.available, codes, ids, values),
        read_weights(table, columns.weights, codes, ids, values),
    )
    rows = TableRows(
        table=replace(table, remarks=table.remarks + remarks),
        columns=columns,
        ids=ids,
        codes=codes,
        times=times.values,
        values=values,
        origin=np.arange(len(codes), dtype=np.int64),
        integer=times.is_integer,
        id_type=id_type,
        available=marks[0],
        weights=marks[1],
    )
    rows = _in_time(rows, times, tz)
    if exclude:
        rows = exclude_rows(rows, exclude, later=like is not None)
    if like is None:
        refuse_nothing_that_counts(rows)
    return rows, times if tz is not None or like is not None else check_midnights(rows, times)


def join_duplicates(rows: TableRows, times: Times, duplicates: Duplicates) -> TableRows:
    """One row for each time of a series.

    Raises:
        DataError: two rows of a series share a time and ``duplicates`` is "error".
    """
    local = not times.is_integer and times.zone is None and rows.tz is None
    if local and duplicates == "error":
        refuse_repeated_hour(rows)
    return merge_duplicates(rows, duplicates)


def lay_rows(
    rows: TableRows,
    times: Times,
    *,
    freq: Any = None,
    fill: Fill = "anchor",
    min_length: int = 1,
    like: Schema | None = None,
    known: Mapping[Any, int] | None = None,
    blank_ends: bool = False,
    sparse: bool = False,
) -> tuple[Panel, Notes]:
    """The rows on their grid, and what was noticed.

    Args:
        rows: sorted, each time of a series once.
        times: how times were written.
        freq: see :func:`to_panel`, as are the others.
        fill: what missing values become.
        min_length: the least rows of a series.
        like: the schema of the table that a model was trained on.
        known: the time of the first row of each series that the model knows.
        blank_ends: keep the rows without a value at a series' ends.
        sparse: whether a series may lack more than 20 % of its values.

    Raises:
        DataError: a time lies off the grid, or too much is missing.
        TooShortError: a series has fewer rows than ``min_length``.
    """
    filling = fill in ("ffill", "zero")
    frequency = choose_frequency(rows, freq, times.period, blanks_count=filling)
    left_out = describe_excluded(rows)
    of_rows = freq is None and times.period is None and not np.isnan(rows.values).any()
    rows = leave_out_closed(rows, frequency)
    rows, ends = trim_blank_ends(rows, known, keep=blank_ends)
    located = frequency.locate(ends.begins[rows.codes], rows.times)
    refuse_other_step(
        rows,
        frequency,
        located,
        found=frequency if of_rows else None,
        fitted=like is not None,
        filled=filling or (fill == "linear" and like is None),
    )
    # What is only read to go on from may be as sparse as it is.
    grid = lay_on_grid(
        rows,
        frequency,
        ends.begins,
        located,
        gaps_allowed=filling or fill == "linear" or sparse or like is not None,
        sparse=sparse,
    )
    if rows.excluded_times is not None:
        grid = grid.without(rows.excluded_times, frequency, rows.ids)
    if fill == "error":
        refuse_missing(rows, frequency, grid)
    check_lengths(rows, grid, min_length)
    notes = describe_table(
        rows, frequency, grid, ends, times.remark, fill=fill, freq=freq, fitted=like is not None
    )
    warnings = describe_sparse(rows, grid) if sparse and fill == "anchor" else ()
    notes = replace(
        notes, remarks=(*notes.remarks, *left_out), warnings=(*notes.warnings, *warnings)
    )
    filled, mask = grid.values, grid.counts
    if filling:
        filled = np.where(grid.mask, filled, fill_gaps(filled, mask, grid.offsets, fill))
        mask = np.ones_like(mask) if grid.available is None else grid.available
    panel = Panel(
        filled,
        mask,
        grid.offsets,
        grid.starts,
        frequency,
        rows.ids,
        weights=grid.weights,
        available=grid.available,
    )
    return panel, notes


def _check_arguments(duplicates: str, fill: str, tz: str | None, min_length: int) -> None:
    one_of("duplicates", duplicates, get_args(Duplicates))
    one_of("fill", fill, get_args(Fill))
    whole("min_length", min_length)
    if tz is not None:
        check_zone(tz)


def name_columns(
    table: Table,
    id_col: Any = None,
    time_col: Any = None,
    target_col: Any = None,
    like: Schema | None = None,
    *,
    available: Any = None,
    weights: Any = None,
    exclude: tuple[str, ...] = (),
) -> Columns:
    """The columns named, those of the schema, or those that fit.

    Which rows count, and how much, is optional in later tables.
    """
    if like is None:
        return choose_columns(
            table,
            id_col=id_col,
            time_col=time_col,
            target_col=target_col,
            available=available,
            weights=weights,
            exclude=exclude,
        )
    id_col, time_col, target_col = like.names(id_col, time_col, target_col)
    for name in (id_col, time_col, target_col):
        if name is not None and name not in table.columns:
            raise DataError(
                f"Column {name!r}, which the model was trained on, is not in {table.name}, whose"
                f" columns are {table.listing}; rename one of them{_melting(table, id_col, time_col, target_col)}."
            )
    there = [name if name in table.columns else None for name in (like.available, like.weights)]
    remarks: tuple[str, ...] = ()
    if like.available is not None and there[0] is None:
        remarks += (
            f"Column {like.available!r} is not in {table.name}, so that all its rows count as available.",
        )
    lacking = [one.text for one in like.exclude if one.is_column and one.text not in exclude]
    remarks += tuple(
        f"Column {name!r} is not in {table.name}, so that it leaves no row out." for name in lacking
    )
    return Columns(id_col, time_col, target_col, False, remarks, *there, exclude=exclude)


def _melting(table: Table, id_col: Any, time_col: Any, target_col: Any) -> str:
    """How to make long a table that has the model's times, and a column for each series."""
    if time_col not in table.columns or id_col is None or {id_col, target_col} & {*table.columns}:
        return ""
    series = [name for name in table.columns if name != time_col]
    return melt_advice(table, time_col, series, id_col=id_col, target_col=target_col)


def _times(
    table: Table, column: Any, codes: np.ndarray, tz: str | None, like: Schema | None
) -> Times:
    """The column of times, or each series' rows counted from 0."""
    if column is not None:
        return read_times(table, column, tz, like)
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    steps = np.empty(len(codes), np.int64)
    steps[order] = np.arange(len(codes)) - first
    return Times(steps, "integer")


def refuse_other_time(
    table: Table, columns: Columns, times: Times, like: Schema, freq: Any
) -> None:
    """Refuse times that can't be placed beside those that the model was trained on."""
    if times.is_integer != (like.time_kind == "integer"):
        new, old = ("whole numbers", "timestamps")[:: 1 if times.is_integer else -1]
        raise DataError(
            f"Column {columns.time_col!r} of {table.name} holds {new}, but the model was trained on"
            f" {old}; give times of the same kind."
        )
    if times.is_integer:
        return
    known = like.time_zone or getattr(freq, "tz", None)
    local = like.time_zone is None or like.tz is not None
    if (known is None) != (times.zone is None) and not (known is not None and local):
        new = "no zone" if times.zone is None else f"the zone {times.zone}"
        old = "none" if known is None else known
        fix = f"pass tz= with their zone, such as tz={known!r}" if known else "take the zone off"
        raise DataError(
            f"The times of column {columns.time_col!r} of {table.name} have {new}, but the model"
            f" was trained on times with {old}; {fix}."
        )


def _in_time(rows: TableRows, times: Times, tz: str | None) -> TableRows:
    """The rows sorted, as instants."""
    backwards = times.zone is None and tz is not None and _descends(rows)
    order = sort_order(rows.codes, rows.times)
    if order is not None and backwards:
        # Newest first: of two equal clock times, the lower row is the earlier one.
        order = np.lexsort((-rows.origin, rows.times, rows.codes)).astype(np.int64)
    rows = rows if order is None else rows.take(order)
    if times.is_integer:
        return rows
    if times.zone is not None:
        return replace(rows, tz=tz or times.zone)
    if tz is None:
        return rows
    instants, _ = localise(rows, tz)
    order = sort_order(rows.codes, instants)
    rows = replace(rows, times=instants, tz=tz)
    return rows if order is None else rows.take(order)


def _descends(rows: TableRows) -> bool:
    """Whether most rows of a series are earlier than the row above."""
    step = np.diff(rows.times)[rows.inside]
    return bool((step < 0).sum() > (step > 0).sum())


def known_series(
    table: Table, like: Schema | None, known: Mapping[Any, int] | None
) -> KnownSeries | None:
    """The series of the model that a table is for; None where there is no model yet."""
    if like is None:
        return None
    return KnownSeries(known or {}, like.id_dtype, in_file=table.read_text is not None)


def _schema(table: Table, columns: Columns, times: Times, rows: TableRows) -> Schema:
    import pandas as pd

    id_dtype, categories = None, None
    in_polars = columns.time_col in table.types
    if columns.id_col is not None:
        dtype = table.frame[columns.id_col].dtype
        id_dtype = str(table.types.get(columns.id_col, dtype))
        if table.read_text is not None:
            id_dtype = "int64" if all(isinstance(i, int) for i in rows.ids) else "str"
        # The name alone leaves open whether Python or Arrow holds the text.
        elif id_dtype == "string" and isinstance(dtype, pd.StringDtype):
            id_dtype = f"string[{dtype.storage}]"
        elif id_dtype in ("object", "Object") and rows.id_type is not None:
            id_dtype = rows.id_type
        if isinstance(dtype, pd.CategoricalDtype):
            categories = tuple(c for c in dtype.categories.tolist() if is_plain(c))
        elif id_dtype.startswith("Enum"):
            categories = tuple(table.types[columns.id_col].categories)
            id_dtype = "Enum"
    return Schema(
        id_col=columns.id_col,
        time_col=columns.time_col,
        target_col=columns.target_col,
        kind=table.kind,
        id_dtype=id_dtype,
        id_categories=categories,
        time_kind=times.kind,
        time_dtype=str(table.types[columns.time_col]) if in_polars else times.dtype,
        time_unit=times.unit,
        time_zone=times.zone,
        time_form=times.form or table.date_form,
        time_parts=table.time_parts,
        available=columns.available,
        weights=columns.weights,
        exclude=rows.exclusions,
    )
