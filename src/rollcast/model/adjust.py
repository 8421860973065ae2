"""Adjust: a person's changes of a forecast stand beside it, and what they added is measured later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rollcast._number_format import format_count
from rollcast.errors import ArgumentError, DataError, show
from rollcast.evaluation.value_added import ValueAdded, measure_value_added
from rollcast.options.argument_checks import label
from rollcast.tables.forecast_table import (
    as_pandas,
    from_mapping,
    numbers_of,
    read_forecast_table,
)
from rollcast.tables.table import list_names


def adjust(forecast: Any, changes: Any, *, name: str | None = None) -> Any:
    """Put a person's values beside forecasts, in a column of their own.

    The forecasts stay as they were made; so do their intervals, which are those of the network. Rows that are not
    changed have the forecast in the new column too. Changes of an adjusted table are added to those that it has.

    Args:
        forecast: a pandas or polars frame that ``predict`` or ``forecast`` made.
        changes: a frame with the same columns of series and time, and one of new values, called as the forecasts are
            or in any way if there is no other. Or a mapping from pairs of series and time to new values, from series to
            mappings from times, or of one series from times.
        name: the column of forecasts; None to find it.

    Returns:
        A frame of the same kind with one more column, such as ``Rollcast-adjusted``.

    Raises:
        DataError: a row of ``changes`` is not in the forecast or comes twice, or a new value is no finite number.
        ArgumentError: one is no frame, or its columns can't be told apart.

    Example:
        >>> import rollcast as rc
        >>> made = rc.forecast(rc.datasets.airline(), h=3)
        >>> rc.adjust(made, {"1961-02-01": 420}).columns.tolist()
        ['unique_id', 'ds', 'Rollcast', 'Rollcast-adjusted']
    """
    table = read_forecast_table(forecast, name)
    if isinstance(changes, Mapping):
        rows, column = from_mapping(changes, table, "changes"), "value"
    else:
        rows = as_pandas(changes, "changes")
        column = _value_column(list(rows.columns), table.keys, (table.adjusted_name, table.name))
    values = numbers_of(rows, column, "changes")
    places = table.places(rows, "changes")
    if (places < 0).any():
        lost = int((places < 0).sum())
        where = table.describe(rows, int(np.argmax(places < 0)))
        raise DataError(
            f"`changes` names {format_count(lost, 'row')} that {'is' if lost == 1 else 'are'} not in the forecast, the "
            f"first {where}; leave such rows out."
        )
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise DataError(
            f"`changes` has no finite number for {table.describe(rows, row)}; leave out what is not changed."
        )
    adjusted = (table.point if table.adjusted is None else table.adjusted).copy()
    adjusted[places] = values
    return table.with_adjusted(adjusted)


def value_added(
    adjusted: Any, actuals: Any, *, target_col: str | None = None, name: str | None = None
) -> ValueAdded:
    """Measure what a person's changes added to forecasts, once the actual values are known.

    Args:
        adjusted: what :func:`adjust` returned.
        actuals: a frame with the same columns of series and time, and the values that came. Rows that were not
            forecast are left out, and NaN is not known.
        target_col: the column of actual values; None for ``y``, or the only column of numbers beside the keys.
        name: the column of forecasts; None to find it.

    Returns:
        The mean absolute error of the changed rows before and after, how many changes helped, and the same of changes
        upwards and downwards.

    Raises:
        DataError: a row comes twice, or times can't be compared.
        ArgumentError: one is no frame, or its columns can't be told apart.

    Example:
        >>> import pandas as pd
        >>> made = pd.DataFrame({"ds": [1, 2], "Rollcast": [10.0, 10.0], "Rollcast-adjusted": [10.0, 14.0]})
        >>> value_added(made, pd.DataFrame({"ds": [1, 2], "y": [9.0, 13.0]})).verdict
        '1 change made the forecasts better: MAE 3 before and 1 after (67 % lower); 1 helped and 0 hurt.'
    """
    table = read_forecast_table(adjusted, name, "adjusted")
    changed = table.adjusted
    if changed is None:
        raise ArgumentError(
            f"`adjusted` has no column {table.adjusted_name!r}; make it by rc.adjust(forecast, changes)."
        )
    rows = as_pandas(actuals, "actuals")
    wanted = None if target_col is None else label("target_col", target_col)
    if wanted is not None and wanted not in list(rows.columns):
        raise ArgumentError(
            f"`target_col` must be a column of `actuals`, which are {list_names(list(rows.columns))}; got "
            f"{show(wanted)}."
        )
    column = wanted
    if column is None:
        column = _value_column(list(rows.columns), table.keys, ("y",), "actuals")
    values = numbers_of(rows, column, "actuals")
    places = table.places(rows, "actuals")
    actual = np.full(len(table.frame), np.nan)
    actual[places[places >= 0]] = values[places >= 0]
    return measure_value_added(actual, table.point, changed)


def _value_column(
    columns: list[Any], keys: tuple[Any, ...], usual: tuple[str, ...], argument: str = "changes"
) -> Any:
    """The column of values: the first of the usual ones, or the only one beside the keys.

    Raises:
        ArgumentError: there is none, or several.
    """
    found = [name for name in usual if name in columns]
    others = [name for name in columns if name not in keys]
    if found or len(others) == 1:
        return found[0] if found else others[0]
    wanted = usual[-1]
    raise ArgumentError(
        f"`{argument}` must have one column of values beside {list_names(list(keys))}, such as {wanted!r}; its columns "
        f"are {list_names(columns)}."
    )
