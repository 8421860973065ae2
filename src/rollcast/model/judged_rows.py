"""Anomalies among new rows of known series, by the forecast that was in force for each before it was read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from rollcast._types import Bool, Float64, Int64
from rollcast.data.arrivals import Arrivals
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError
from rollcast.evaluation.anomalies import normal_scores, p_values, values_at
from rollcast.evaluation.conformal import Calibration
from rollcast.forecasting.observe import Late, refuse_unusable, rows_of_known
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.model.adapting import adapt_rows
from rollcast.model.fitted import Fitted
from rollcast.model.intervals import CALIBRATED, has_quantiles
from rollcast.model.one_step import forecast_rows
from rollcast.tables import forecast_frame
from rollcast.tables.forecast_frame import forecast_columns, refuse_taken

P_VALUE, ANOMALY = "p_value", "anomaly"
"""Columns of a table of anomalies."""


@dataclass(frozen=True, eq=False)
class JudgedRows:
    """N new rows beside what was expected of them, in the data's units.

    Attributes:
        panel: the rows, those that are missing between them included.
        value: (N,) NaN where none came.
        expected: (N,) the forecast one step ahead, the median or the mean as ``predict`` gives it.
        low: (N,) below it values are flagged.
        high: (N,) above it values are flagged.
        p_value: (N,) NaN where no value came.
    """

    panel: Panel
    value: Float64
    expected: Float64
    low: Float64
    high: Float64
    p_value: Float64


def judge_rows(
    model: Model,
    calibration: Calibration | None,
    arrivals: Arrivals,
    state: State,
    *,
    false_alarms: float,
    max_gap: int | None,
    late: Late,
) -> JudgedRows:
    """How unusual the new rows of a state's series are; rows of other series are left out.

    Args:
        model: the model.
        calibration: of its intervals; None for its own quantiles.
        arrivals: the rows.
        state: before them.
        false_alarms: percent of ordinary values that lie outside of ``low`` .. ``high``.
        max_gap: rows that may be missing in a row; default the model's horizon.
        late: whether late, repeated and out-of-order rows are an error or are skipped.

    Raises:
        DataError: what is wrong with the rows, by series and row.
    """
    refuse_unusable(arrivals)
    gap = model.h if max_gap is None else max_gap
    panel, places = rows_of_known(model, arrivals, state, max_gap=gap, late=late)
    known = state.take(places)
    series = np.repeat(np.arange(panel.num_series), panel.lengths)
    value = np.where(panel.mask, panel.target, np.nan)
    each = forecast_rows(model, calibration, known, _readable(panel, known, series))
    adaptation = known.adaptation
    levels, quantiles = known_quantiles(adapt_rows(each, adaptation))
    bound = NormalDist().inv_cdf(1 - false_alarms / 200)
    low, high = (
        known.preparation.restore(values_at(levels, quantiles, score).astype(np.float32), series)
        for score in (-bound, bound)
    )
    expected = model.points(known, each.made, series)[:, 0]
    actual = scaled_values(known, value, series)
    return JudgedRows(
        panel, value, expected, low, high, p_values(normal_scores(levels, quantiles, actual))
    )


def known_quantiles(quantiles: Float64) -> tuple[tuple[float, ...], Float64]:
    """The quantiles (N, Q) that are known of all rows, and their levels; around points outer ones may not be."""
    known = np.isfinite(quantiles).all(axis=0)
    return tuple(np.array(CALIBRATED.levels)[known].tolist()), quantiles[:, known]


def scaled_values(state: State, values: Float64, series: Int64) -> Float64:
    """(N,) scaled values of a state's series; without a logarithm where one is taken they lie below all others."""
    scaler = state.preparation.scaler
    lost = scaler.log[series] & (values <= 0)
    scaled = scaler.forward(np.where(lost, 1.0, values), series)
    return np.where(lost, -np.inf, scaled)


def refuse_unjudged(model: Model, calibration: Calibration | None, name: str) -> None:
    """Refuse to look for anomalies where nothing tells how far forecasts are usually off.

    Raises:
        ArgumentError: the model forecasts points, and has too few residuals for an interval of 80 %.
    """
    if has_quantiles(model, calibration):
        return
    if calibration is None or not calibration.supports(80, 1):
        raise ArgumentError(
            f"Anomalies are judged by residuals of a validation part, and this {name} has too few of them; fit with "
            "more rows or a larger `val_size`, or from the pretrained network."
        )


def refuse_taken_by_anomalies(fitted: Fitted, false_alarms: float) -> None:
    """Refuse a table of which a column is called as one of the anomalies' is.

    Raises:
        ArgumentError: there is one.
    """
    none = np.empty(0)
    shown = _shown(false_alarms)
    columns = [*forecast_columns(fitted.name, none, {shown: (none, none)}), P_VALUE, ANOMALY]
    refuse_taken(columns, fitted.schema, "rename it", target=True)


def _shown(false_alarms: float) -> float:
    """The level beyond which values are flagged, in percent."""
    level = 100 - false_alarms
    return int(level) if float(level).is_integer() else round(level, 6)


def anomaly_frame(fitted: Fitted, rows: JudgedRows, false_alarms: float) -> Any:
    """The judged rows in the caller's names and kind of frame."""
    panel, shown = rows.panel, _shown(false_alarms)
    series = np.repeat(np.arange(panel.num_series), panel.lengths)
    columns: dict[str, Any] = {
        str(fitted.schema.target_col): rows.value,
        **forecast_columns(fitted.name, rows.expected, {shown: (rows.low, rows.high)}),
        P_VALUE: rows.p_value,
        ANOMALY: flag(rows.p_value, false_alarms),
    }
    return forecast_frame(
        [panel.ids[s] for s in series],
        panel.starts[series],
        {name: values[:, None] for name, values in columns.items()},
        panel.frequency,
        fitted.schema,
        np.arange(len(series)) - panel.offsets[series],
    )


def flag(p_value: Float64, false_alarms: float) -> Bool:
    """Which values are anomalies: those so rare that no more than ``false_alarms`` percent of ordinary ones are."""
    return p_value < false_alarms / 100


def _readable(panel: Panel, state: State, series: Int64) -> Panel:
    """The rows, of which those are missing that the network can't read: they are judged all the same."""
    scaler = state.preparation.scaler
    lost = scaler.log[series] & (panel.target <= 0)
    far = scaler.is_far(np.where(panel.mask, panel.target, np.nan), series)
    return replace(panel, mask=panel.mask & ~lost & ~far)
