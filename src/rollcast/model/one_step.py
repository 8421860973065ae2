"""One step ahead: the distribution that was in force for each new row before it was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rollcast._types import Float32, Float64, Int64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.evaluation.conformal import Calibration
from rollcast.evaluation.owners import Owners
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.model.intervals import CALIBRATED


@dataclass(frozen=True, eq=False)
class OneStep:
    """What was forecast for each of the N rows of some series, in scaled units.

    Attributes:
        series: (N,) whose rows they are.
        row: (N,) rows of their series before each.
        made: (N, 1, Q) the parameters that the network gave.
        quantiles: (N, 15) as the fit calibrated them.
        actual: (N,) what came; NaN where no value did.
    """

    series: Int64
    row: Int64
    made: Float32
    quantiles: Float64
    actual: Float64


def forecast_rows(
    model: Model, calibration: Calibration | None, state: State, panel: Panel
) -> OneStep:
    """Forecast each row from the rows before it.

    Args:
        model: the model.
        calibration: of its intervals; None for its own quantiles.
        state: of the panel's series, in order, before its rows.
        panel: the rows that follow on it.
    """
    series = np.repeat(np.arange(panel.num_series), panel.lengths)
    row = np.arange(len(series)) - panel.offsets[series]
    if not len(series):
        none = np.empty((0, 1, model.network.distribution.num_params), np.float32)
        return OneStep(series, row, none, np.empty((0, len(CALIBRATED.levels))), np.empty(0))
    made = model.scaled_at(state, panel, Origins(series, row - 1), 1)
    values = np.where(panel.mask, panel.target, np.nan)
    actual = state.preparation.scaler.forward(values, series)
    owners = Owners(state.preparation, state.ids, series)
    quantiles = next_quantiles(model, calibration, made, owners)
    return OneStep(series, row, made[:, :1], quantiles, actual)


def next_quantiles(
    model: Model,
    calibration: Calibration | None,
    made: Float32,
    owners: Owners,
) -> Float64:
    """(M, 15) calibrated quantiles of the first step, in scaled units.

    Args:
        model: the model.
        calibration: of its intervals; None for its own quantiles.
        made: (M, h, Q) parameters of forecasts.
        owners: (M,) whose they are.
    """
    first: Any = np.asarray(made[:, :1], np.float64)
    if calibration is not None:
        first = calibration.apply(model.network.distribution, first, owners)
    return first[:, 0]
