"""Intervals that adapt: after each new row the interval that was forecast for it grows or shrinks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rollcast.data.arrivals import Arrivals
from rollcast.data.origins import Origins, rectangle
from rollcast.evaluation.conformal import Calibration
from rollcast.forecasting.adaptation import Adaptation, score_row
from rollcast.forecasting.observe import rows_of_known
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.model.intervals import CALIBRATED, ends_at


def follow_rows(
    model: Model,
    calibration: Calibration | None,
    arrivals: Arrivals,
    before: State,
    after: State,
) -> State:
    """The state after new rows, with the factors that they leave.

    Args:
        model: the model.
        calibration: of its intervals.
        arrivals: the rows.
        before: the state that has not read them, whose intervals adapt.
        after: the state that has.
    """
    adaptation = after.adaptation
    if adaptation is None:
        return after
    panel, places = rows_of_known(model, arrivals, before)
    if not len(places):
        return after
    known = before.take(places)
    series = np.repeat(np.arange(panel.num_series), panel.lengths)
    row = np.arange(len(series)) - panel.offsets[series]
    origins = Origins(series, row - 1)  # one step ahead of each row
    made: Any = model.scaled_at(known, panel, origins, 1)
    if calibration is not None:
        unit = known.preparation.anchor_error[series].astype(np.float64)
        made = calibration.quantiles(model.network.distribution, made, unit)
    low, high = ends_at(made[:, 0].astype(np.float64), adaptation.levels)
    values = np.where(panel.mask, panel.target, np.nan)
    actual = known.preparation.scaler.forward(values, series)
    middle = np.asarray(CALIBRATED.point(made[:, 0]), np.float64)
    scores = rectangle(origins, score_row(low, middle, high, actual), panel.num_series)
    factors = adaptation.factors.copy()
    factors[places] = adaptation.take(places).follow(scores).factors
    return replace(after, adaptation=Adaptation(adaptation.levels, factors))
