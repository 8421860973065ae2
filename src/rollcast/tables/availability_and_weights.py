"""The columns that say which rows count, and how much."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.data.panel import name_series
from rollcast.errors import DataError, show
from rollcast.tables.table import Table
from rollcast.tables.table_rows import TableRows
from rollcast.tables.values import read_number_column

_FLAGS: Final = {
    **dict.fromkeys(("true", "yes", "y", "t", "1", "1.0"), True),
    **dict.fromkeys(("false", "no", "n", "f", "0", "0.0"), False),
}
"""What a flag may be written as, in small letters."""


def find_flag(cell: object) -> bool | None:
    """What a cell says; None where it is neither yes nor no."""
    return _FLAGS.get(str(cell).strip().lower())


def read_available(
    table: Table, column: Any, codes: Int64, ids: tuple[Any, ...], values: Float64
) -> Bool | None:
    """(N,) where rows were available; None where the table has no such column.

    Args:
        table: the table.
        column: its name, or None.
        codes: (N,) each row's series.
        ids: (S,) the identifiers.
        values: (N,) the target; a row without one needs no flag.

    Raises:
        DataError: a cell is neither yes nor no, by column, series and row.
    """
    import pandas as pd

    if column is None:
        return None
    numbers, unique = pd.factorize(table.column(column).astype(object))
    read = [find_flag(cell) for cell in unique]
    flags = np.array([flag is not False for flag in read] + [True], bool)
    unread = np.array([flag is None for flag in read] + [True], bool)[numbers]
    blank = (numbers < 0) & np.isnan(values)
    if (unread & ~blank).any():
        row = int(np.argmax(unread & ~blank))
        cell = "nothing" if numbers[row] < 0 else show(unique[numbers[row]])
        raise DataError(
            f"Column {column!r}{name_series(ids[codes[row]])} holds {cell} at {table.place(row)}, where it must say"
            " whether the row counts; write true or false, yes or no, or 1 or 0."
        )
    return flags[numbers]


def read_weights(
    table: Table, column: Any, codes: Int64, ids: tuple[Any, ...], values: Float64
) -> Float64 | None:
    """(N,) how much each row counts, NaN where that stands nowhere; None where the table has no such column.

    Args:
        table: the table.
        column: its name, or None.
        codes: (N,) each row's series.
        ids: (S,) the identifiers.
        values: (N,) the target; a row without one needs no weight.

    Raises:
        DataError: a weight is missing, no number or below 0.
    """
    if column is None:
        return None
    weights, _ = read_number_column(
        table,
        column,
        codes,
        ids,
        advice="name a column of numbers with weights=",
        fix="write a number of at least 0 there, 0 where the row is not to count",
    )
    bad = (weights < 0) | (np.isnan(weights) & ~np.isnan(values))
    if bad.any():
        row = int(np.argmax(bad))
        cell = "no weight" if np.isnan(weights[row]) else f"the weight {weights[row]:g}"
        raise DataError(
            f"Column {column!r}{name_series(ids[codes[row]])} holds {cell} at {table.place(row)}; weights must be"
            " numbers of at least 0."
        )
    return weights


def refuse_nothing_that_counts(rows: TableRows) -> None:
    """Refuse a table to train on of which no value counts.

    Raises:
        DataError: no row with a value is available, or none of those that are has a weight above 0.
    """
    counts, weights = rows.counts, rows.weights
    if np.isnan(rows.values).all():
        return  # as is said where the rows lie on their grid
    if not counts.any() and rows.excluded is not None and rows.excluded.any():
        raise DataError(
            f"`exclude` leaves no row of {rows.table.name} that counts, so that there is nothing to learn from; leave "
            "out fewer rows."
        )
    if not counts.any():
        raise DataError(
            f"Column {rows.columns.available!r} says of every row with a value that it does not count, so that there is"
            " nothing to learn from; write yes where a row counts, or leave available= out."
        )
    if weights is not None and not (weights[counts] > 0).any():
        raise DataError(
            f"Column {rows.columns.weights!r} holds no weight above 0, so that no row would count; give one that does,"
            " or leave weights= out."
        )
