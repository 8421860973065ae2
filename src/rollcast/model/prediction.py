"""Forecasts become a frame: the network's column, its intervals and quantiles, and those of baselines beside it."""

from __future__ import annotations

from typing import Any

from rollcast._types import Float64
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError
from rollcast.evaluation.ensemble import ensemble_name
from rollcast.forecasting.state import State
from rollcast.forecasting.unseen_rows import known_rows, remembered_rows
from rollcast.model.ensemble_forecast import forecast_ensemble
from rollcast.model.falling_back import fall_back
from rollcast.model.fitted import Fitted
from rollcast.model.quantile_forecast import quantile_columns
from rollcast.model.warnings_and_notes import FAR_AHEAD, warn
from rollcast.preprocessing.rounding import as_whole
from rollcast.tables import forecast_frame
from rollcast.tables.forecast_frame import by_column, forecast_columns


def predict(
    fitted: Fitted,
    data: Any,
    h: int,
    state: State | None,
    *,
    name: str,
    levels: tuple[float, ...] = (),
    quantiles: tuple[float, ...] = (),
    members: tuple[str, ...] = (),
    max_gap: int | None = None,
) -> Any:
    """A frame of forecasts after a table or after a state, see :meth:`rollcast.Forecaster.predict`.

    Args:
        fitted: the model.
        data: the caller's table, or None.
        h: steps ahead.
        state: to go on from, or None.
        name: of the column.
        levels: of intervals, in percent.
        quantiles: shares, above 0 and below 1.
        members: baselines of the ensemble that stands beside the forecasts; none for no such column.
        max_gap: rows that may be missing before the table's.

    Raises:
        DataError: the table can't be used.
        ArgumentError: both were given, or the state belongs to another model.
    """
    current, panel = _current(fitted, data, state, max_gap)
    if fitted.model.draws_paths(h):
        fitted.tell_once(FAR_AHEAD)
    exact = fitted.forecast_exactly(current, h, levels)
    made = fitted.rounded(exact)
    columns = forecast_columns(name, made.point, made.intervals)
    columns |= _quantile_columns(fitted, name, current, h, quantiles)
    columns |= _ensemble_column(fitted, name, current, panel, exact.point, members)
    if fitted.rounding is not None:
        columns = {column: as_whole(values) for column, values in columns.items()}
    return _frame(fitted, current, columns)


def predict_falling_back(
    fitted: Fitted,
    data: Any,
    h: int,
    state: State | None,
    *,
    name: str,
    members: tuple[str, ...] = (),
    max_gap: int | None = None,
) -> Any:
    """A frame of forecasts, of a baseline where one won, and a column that tells which it is.

    The arguments are those of :meth:`predict`.

    Raises:
        DataError: the table can't be used.
        ArgumentError: the model's file doesn't say which baselines won, or a state of another model.
    """
    if fitted.fallback is None:
        raise ArgumentError(
            "`fallback` needs to know for which series a baseline won, and this model was saved before that was "
            "kept, or had nothing to validate on; fit it again."
        )
    current, panel = _current(fitted, data, state, max_gap)
    exact = fitted.forecast_exactly(current, h, ()).point
    made = fall_back(
        fitted.fallback,
        fitted.state,
        current,
        _known_rows(fitted, current, panel),
        exact,
        name=name,
        season=fitted.config.season_length,
    )
    if made.told:
        warn(made.told)
    columns: dict[str, Any] = {name: made.point}
    columns |= _ensemble_column(fitted, name, current, panel, exact, members)
    if fitted.rounding is not None:
        nearest = fitted.rounding.nearest
        columns = {column: as_whole(nearest(values)) for column, values in columns.items()}
    columns[by_column(name)] = made.by
    return _frame(fitted, current, columns)


def _current(
    fitted: Fitted, data: Any, state: State | None, max_gap: int | None
) -> tuple[State, Panel | None]:
    """The state that forecasts go on from, and the table's rows behind which it stands; None without a table."""
    if data is None or state is not None or isinstance(data, State):
        return fitted.state_for(data, state, max_gap), None
    panel = fitted.read_table(data)
    return fitted.state_after(panel, max_gap), panel


def _frame(fitted: Fitted, current: State, columns: dict[str, Any]) -> Any:
    """Forecasts (S, h) after a state in the caller's kind of frame."""
    ids, starts, rows = current.ids, current.starts, current.rows
    return forecast_frame(ids, starts, columns, fitted.frequency, fitted.schema, rows)


def _ensemble_column(
    fitted: Fitted,
    name: str,
    current: State,
    panel: Panel | None,
    point: Float64,
    members: tuple[str, ...],
) -> dict[str, Float64]:
    """The median of the network's forecasts (S, h), before they are rounded, and those of baselines, by column."""
    if not members:
        return {}
    season = fitted.config.season_length
    rows = _known_rows(fitted, current, panel)
    made = forecast_ensemble(members, current, rows, point, name=name, season=season)
    if made.told:
        warn(made.told)
    values = made.point if fitted.rounding is None else fitted.rounding.nearest(made.point)
    return {ensemble_name(name): values}


def _known_rows(fitted: Fitted, current: State, panel: Panel | None) -> Panel:
    """What is known of a state's series, up to its end."""
    if panel is None and current is fitted.state and fitted.tail and fitted.tail.ids == current.ids:
        return fitted.tail
    later = remembered_rows(current) if panel is None else panel
    return known_rows(fitted.state, later, fitted.tail)


def _quantile_columns(
    fitted: Fitted, name: str, state: State, h: int, quantiles: tuple[float, ...]
) -> dict[str, Float64]:
    """Quantiles (S, h) by column."""
    if not quantiles:
        return {}
    levels = sorted({round(abs(200 * one - 100), 9) for one in quantiles} - {0.0})
    made = fitted.forecast_quantiles(state, h, levels)
    return quantile_columns(name, made, quantiles, fitted.rounding)
