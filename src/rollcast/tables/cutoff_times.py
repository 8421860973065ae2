"""Cutoffs as a person names them, read as the times of their table."""

from __future__ import annotations

from typing import Any

import numpy as np

from rollcast._types import Int64
from rollcast.data.calendar import Frequency
from rollcast.data.clock import to_utc
from rollcast.errors import ArgumentError, DataError, show
from rollcast.options.argument_checks import items
from rollcast.tables.dates.times import read_times
from rollcast.tables.schema import Schema
from rollcast.tables.table import Table


def read_cutoffs(values: Any, schema: Schema, frequency: Frequency) -> Int64:
    """Read cutoffs.

    Args:
        values: one or several times: text, dates, timestamps or whole numbers, as the table has them.
        schema: the caller's table.
        frequency: of its panel.

    Returns:
        (C,) times, ascending, each once.

    Raises:
        ArgumentError: one is no time, or one with a zone where the table's times have none.
    """
    import pandas as pd

    given = (values,) if isinstance(values, str | int) else _several(values)
    column = "cutoffs" if schema.time_col is None else schema.time_col
    table = Table(pd.DataFrame({column: list(given)}))
    try:
        times = read_times(table, column, schema.tz, schema)
    except DataError:
        raise _wrong(values, frequency) from None
    if not given or times.is_integer != frequency.is_integer:
        raise _wrong(values, frequency)
    if times.is_integer or (times.zone is not None and frequency.tz is not None):
        found = times.values
    elif times.zone is None:
        found = to_utc(times.values, frequency.tz)
    else:
        raise ArgumentError(
            f"`cutoffs` must be without a zone, as the times of the table are; got {show(values)}."
        )
    return np.unique(found)


def _several(values: Any) -> tuple[Any, ...]:
    try:
        return items("cutoffs", values)
    except ArgumentError:
        return (values,)


def _wrong(values: Any, frequency: Frequency) -> ArgumentError:
    kind = "whole numbers" if frequency.is_integer else "times"
    return ArgumentError(
        f"`cutoffs` must be {kind} as the table has them, one or several; got {show(values)}."
    )
