"""From forecasts to a table in the caller's names, types and kind of frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.calendar import Frequency
from rollcast.data.clock import to_wall
from rollcast.data.identifiers import PYTHON_TYPES, restore_identifiers
from rollcast.errors import ArgumentError, BackendError, show
from rollcast.options.argument_checks import text
from rollcast.tables.dates.number_times import NUMBER_FORMS
from rollcast.tables.schema import STEP, Schema

if TYPE_CHECKING:
    import pandas as pd


def forecast_columns(
    name: str, point: Float64, intervals: Mapping[float, tuple[Float64, Float64]]
) -> dict[str, Float64]:
    """Forecasts and their intervals by column, named and ordered as in Nixtla's libraries.

    Args:
        name: of the column of forecasts.
        point: (S, h)
        intervals: percent -> the lower and the upper ends, (S, h) each.

    Returns:
        The forecasts; the lower ends from the widest interval to the narrowest; the upper ends the other way round.

    Example:
        >>> ends = np.array([[0.0]]), np.array([[2.0]])
        >>> list(forecast_columns("Rollcast", np.array([[1.0]]), {80: ends, 97.5: ends}))
        ['Rollcast', 'Rollcast-lo-97.5', 'Rollcast-lo-80', 'Rollcast-hi-80', 'Rollcast-hi-97.5']
    """
    levels = sorted(intervals)
    lower = {f"{name}-lo-{level}": intervals[level][0] for level in reversed(levels)}
    upper = {f"{name}-hi-{level}": intervals[level][1] for level in levels}
    return {name: point, **lower, **upper}


def quantile_column(name: str, quantile: float) -> str:
    """The column of a quantile, named as TimeGPT names it.

    Example:
        >>> quantile_column("Rollcast", 0.1), quantile_column("Rollcast", 0.975)
        ('Rollcast-q-10', 'Rollcast-q-97.5')
    """
    return f"{name}-q-{100 * quantile:.10g}"


def by_column(name: str) -> str:
    """The column that tells who made each forecast."""
    return f"{name}-by"


def check_forecast_name(
    name: object,
    schema: Schema,
    levels: Sequence[float] = (),
    quantiles: Sequence[float] = (),
    *,
    by: bool = False,
) -> str:
    """What the column of forecasts is called.

    Args:
        name: as it was asked for.
        schema: the caller's table.
        levels: of its intervals, in percent.
        quantiles: that are forecast too.
        by: whether a column tells who made each forecast.

    Raises:
        ArgumentError: it is no name, or a column of the caller's table has it or that of another column of forecasts.
    """
    known = text("alias", name)
    if not known.strip():
        raise ArgumentError(f"`alias` must be the name of a column; got {show(name)}.")
    none = np.empty(0)
    ends = forecast_columns(known, none, dict.fromkeys(levels, (none, none)))
    shares = (quantile_column(known, one) for one in quantiles)
    refuse_taken([*ends, *shares, *([by_column(known)] if by else [])], schema)
    return known


def refuse_taken(
    columns: Iterable[Any],
    schema: Schema,
    fix: str = "rename it, or pass another `alias`",
    *,
    target: bool = False,
) -> None:
    """Refuse columns of a result that would stand for two things.

    Args:
        columns: that the result has beside series and times.
        schema: the caller's table.
        fix: what to do.
        target: whether the column of values stands in the result too.

    Raises:
        ArgumentError: the caller's table has a column of one of these names.
    """
    names = set(columns)
    time = STEP if schema.time_col is None else schema.time_col
    own = {schema.id_col: "series", time: "times"} | (
        {schema.target_col: "values"} if target else {}
    )
    for column, what in own.items():
        if column in names:
            raise ArgumentError(
                f"The column of {what} is called {show(column)}, as a column of the result is; {fix}."
            )


def forecast_frame(
    ids: Sequence[Any],
    first_times: Int64,
    forecasts: Mapping[str, Float64],
    frequency: Frequency,
    schema: Schema,
    skipped: Int64 | None = None,
) -> Any:
    """A table of forecasts as the caller writes tables.

    Args:
        ids: (S,) the identifiers.
        first_times: (S,) the time of each first forecast, or of an earlier row of its grid.
        forecasts: (S, h) values by column name.
        frequency: the step between forecasts.
        schema: the caller's table.
        skipped: (S,) steps from ``first_times`` to the first forecast; default none.

    Returns:
        A pandas or polars frame of S * h rows, series by series: the identifier where there is a
        column of it, the time ("step" where rows were counted), and each forecast.

    Raises:
        BackendError: polars is not installed.
        ArgumentError: a column of forecasts is called as that of series or times.
    """
    refuse_taken(forecasts, schema)
    S, h = next(iter(forecasts.values())).shape
    starts = np.repeat(np.asarray(first_times, np.int64), h)
    steps = np.tile(np.arange(h, dtype=np.int64), S)
    if skipped is not None:
        steps += np.repeat(skipped, h)
    times = frequency.shift(starts, steps)
    if schema.time_zone is None and not frequency.is_integer:
        times = to_wall(times, frequency.tz)
    values = {name: np.asarray(block).reshape(S * h) for name, block in forecasts.items()}
    if schema.kind == "polars":
        return _to_polars(ids, h, times, values, schema)
    return _to_pandas(ids, h, times, values, schema)


def _to_pandas(
    ids: Sequence[Any],
    h: int,
    times: Int64,
    values: Mapping[str, Float64],
    schema: Schema,
) -> pd.DataFrame:
    import pandas as pd

    columns: dict[Any, Any] = {}
    if schema.id_col is not None:
        number = np.repeat(np.arange(len(ids)), h)
        columns[schema.id_col] = _pandas_ids(ids, schema).iloc[number].reset_index(drop=True)
    time_col = STEP if schema.time_col is None else schema.time_col
    columns[time_col] = _pandas_times(times, schema)
    return pd.DataFrame({**columns, **values})


def _pandas_ids(ids: Sequence[Any], schema: Schema) -> pd.Series:
    import pandas as pd

    if schema.id_categories is not None:
        return pd.Series(pd.Categorical(list(ids), categories=_categories(ids, schema)))
    series = pd.Series(restore_identifiers(ids, schema.id_dtype), dtype=object)
    if schema.id_dtype in PYTHON_TYPES:
        return series
    try:
        return series.astype(schema.id_dtype or "object")
    except (TypeError, ValueError, OverflowError, ImportError):
        return series.infer_objects()


def _categories(ids: Sequence[Any], schema: Schema) -> list[Any]:
    """The caller's categories, and new series behind them."""
    return list(dict.fromkeys([*(schema.id_categories or ()), *ids]))


def _pandas_times(times: Int64, schema: Schema) -> pd.Series:
    import pandas as pd

    if schema.time_kind == "integer":
        return _pandas_numbers(times, schema)
    stamps = pd.Series(times.view("M8[ns]"))
    if schema.time_kind == "period":
        return stamps.astype(schema.time_dtype)
    if schema.time_kind == "date":
        return stamps.dt.date if schema.time_dtype == "object" else stamps.astype(schema.time_dtype)
    form = NUMBER_FORMS.get(schema.time_kind)
    if form is not None:
        return _pandas_numbers(form.encode(times), schema)
    # NumPy casts the few rows of a live forecast in a quarter of the time that pandas takes.
    stamps = pd.Series(times.view("M8[ns]").astype(f"M8[{_unit(times, schema)}]"))
    if schema.time_zone is not None:
        stamps = stamps.dt.tz_localize("UTC").dt.tz_convert(schema.time_zone)
    if schema.time_dtype is not None and schema.time_dtype.endswith("[pyarrow]"):
        return stamps.astype(schema.time_dtype)
    return stamps


def _pandas_numbers(numbers: Int64 | Float64, schema: Schema) -> pd.Series:
    """Numbers in the caller's type, if that holds them: half a second is no whole number."""
    import pandas as pd

    series = pd.Series(numbers)
    fine = series.dtype == np.float64 and "float" not in str(schema.time_dtype).lower()
    return series if schema.time_dtype is None or fine else series.astype(schema.time_dtype)


def _unit(times: Int64, schema: Schema) -> str:
    """The caller's unit, or a finer one where times would be cut."""
    sizes = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
    names = list(sizes)
    for name in names[names.index(schema.time_unit) :]:
        if not (times % sizes[name]).any():
            return name
    return "ns"


def _to_polars(
    ids: Sequence[Any],
    h: int,
    times: Int64,
    values: Mapping[str, Float64],
    schema: Schema,
) -> Any:
    try:
        import polars as pl
    except ImportError as error:
        raise BackendError(
            "The model was trained on a polars frame, and polars is not installed; run"
            ' pip install "rollcast[polars]".'
        ) from error
    columns: list[Any] = []
    if schema.id_col is not None:
        columns.append(_polars_ids(pl, ids, h, schema).alias(str(schema.id_col)))
    time_col = STEP if schema.time_col is None else str(schema.time_col)
    columns.append(_polars_times(pl, times, schema).alias(time_col))
    return pl.DataFrame([*columns, *(pl.Series(name, block) for name, block in values.items())])


def _polars_ids(pl: Any, ids: Sequence[Any], h: int, schema: Schema) -> Any:
    restored = restore_identifiers(ids, schema.id_dtype)
    if schema.id_dtype in PYTHON_TYPES:
        return pl.Series([one for one in restored for _ in range(h)], dtype=pl.Object)
    series = pl.Series(restored, strict=False).gather(pl.Series(np.repeat(np.arange(len(ids)), h)))
    if schema.id_dtype == "Enum":
        return series.cast(pl.Enum(_categories(ids, schema)))
    dtype = getattr(pl, schema.id_dtype or "", None)
    return series if dtype is None else series.cast(dtype)


def _polars_times(pl: Any, times: Int64, schema: Schema) -> Any:
    if schema.time_kind == "integer" or schema.time_kind in NUMBER_FORMS:
        numbers = _pandas_times(times, replace(schema, time_dtype=None)).to_numpy()
        series = pl.Series(numbers)
        dtype = getattr(pl, schema.time_dtype or "Int64", pl.Int64)
        return series if series.dtype.is_float() and not dtype.is_float() else series.cast(dtype)
    stamps = pl.Series(times).cast(pl.Datetime("ns"))
    if schema.time_kind == "date":
        return stamps.cast(pl.Date)
    unit = schema.time_unit if schema.time_unit in ("ms", "us", "ns") else "us"
    stamps = stamps.cast(pl.Datetime(unit))
    if schema.time_zone is not None:
        stamps = stamps.dt.replace_time_zone("UTC").dt.convert_time_zone(schema.time_zone)
    return stamps
