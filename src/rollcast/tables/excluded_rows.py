"""Excluded rows: times, ranges and columns that a person named become rows that do not count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.panel import name_series
from rollcast.errors import DataError, show
from rollcast.options.exclude_option import Exclusion
from rollcast.tables.availability_and_weights import find_flag
from rollcast.tables.excluded_times import find_times
from rollcast.tables.table import Table
from rollcast.tables.table_rows import TableRows


def find_columns(
    exclusions: tuple[Exclusion, ...], table: Table
) -> tuple[tuple[Exclusion, ...], tuple[str, ...]]:
    """What was named, with columns told from times.

    Args:
        exclusions: as they were given.
        table: whose columns they may name.

    Returns:
        The exclusions, and the columns among them.
    """
    told = tuple(
        replace(one, is_column=True)
        if one.series is None and one.text in table.columns
        else one
        if one.is_column
        else one.split()
        for one in exclusions
    )
    return told, tuple(one.text for one in told if one.is_column and one.text in table.columns)


def read_excluded_column(table: Table, column: str, codes: Int64, ids: tuple[Any, ...]) -> Bool:
    """(N,) where a column says that a row is left out; an empty cell says no.

    Args:
        table: the table.
        column: its name.
        codes: (N,) each row's series.
        ids: (S,) the identifiers.

    Raises:
        DataError: a cell is neither yes nor no, by column, series and row.
    """
    import pandas as pd

    numbers, unique = pd.factorize(table.column(column).astype(object))
    read = [find_flag(cell) for cell in unique]
    unread = np.array([flag is None for flag in read] + [False], np.bool_)[numbers]
    if unread.any():
        row = int(np.argmax(unread))
        raise DataError(
            f"Column {column!r}{name_series(ids[codes[row]])} holds {show(unique[numbers[row]])} at {table.place(row)},"
            " where it must say whether the row is left out; write true or false, yes or no, or 1 or 0."
        )
    return np.array([bool(flag) for flag in read] + [False], np.bool_)[numbers]


def exclude_rows(
    rows: TableRows, exclusions: tuple[Exclusion, ...], *, later: bool = False
) -> TableRows:
    """The rows, of which those that were named are marked as not available.

    Args:
        rows: sorted, their times as a panel has them.
        exclusions: as :func:`find_columns` tells them.
        later: whether the table is a later one than that of ``fit``, where what was named may not occur.

    Raises:
        ArgumentError: a text is no time, or a range ends before it begins.
        DataError: there is no such series, a time or a column leaves out no row, or a cell of a column can't be read.
    """
    table, columns = rows.table, rows.columns
    times, named = find_times(
        tuple(one for one in exclusions if not one.is_column),
        rows.ids,
        integer=rows.integer,
        tz=rows.tz,
        table=table.name,
        later=later,
    )
    flagged = np.zeros(len(rows.times), np.bool_)
    marks: list[tuple[str, Bool]] = []
    in_table = np.zeros(len(table.frame), np.int64)
    in_table[rows.origin] = rows.codes
    for column in columns.exclude:
        read = read_excluded_column(table, column, in_table, rows.ids)
        marks.append((f"column {column!r}", read[rows.origin]))
    for one, inside in zip(named, times.cover_each(rows.ids, rows.codes, rows.times), strict=True):
        marks.append((one.written, inside))
    for written, inside in marks:
        if not inside.any() and not later:
            raise DataError(_touches_none(rows, written))
        flagged |= inside
    columns_named = tuple(one for one in exclusions if one.is_column)
    available = ~flagged if rows.available is None else rows.available & ~flagged
    return replace(
        rows,
        available=available,
        excluded=flagged,
        excluded_times=times,
        exclusions=(*columns_named, *named),
    )


def _touches_none(rows: TableRows, written: str) -> str:
    first, last = (rows.show(int(t)) for t in (rows.times.min(), rows.times.max()))
    if written.startswith("column "):
        return f"`exclude` names {written} of {rows.table.name}, which marks no row; leave it out."
    return (
        f"`exclude` names {written}, which touches no row of {rows.table.name}: its times run from {first} to {last};"
        " correct it or leave it out."
    )
