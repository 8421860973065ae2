"""Intervals that adapt: after each new row the interval that was forecast for it grows or shrinks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rollcast._types import Float64
from rollcast.data.arrivals import Arrivals
from rollcast.data.origins import Origins, rectangle
from rollcast.evaluation.conformal import Calibration
from rollcast.forecasting.adaptation import Adaptation, score_row
from rollcast.forecasting.observe import rows_of_known
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.model.intervals import CALIBRATED, adapt_ends, ends_at
from rollcast.model.one_step import OneStep, forecast_rows


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
    each = forecast_rows(model, calibration, before.take(places), panel)
    scores = rectangle(Origins(each.series, each.row), _score(each, adaptation), panel.num_series)
    factors = adaptation.factors.copy()
    factors[places] = adaptation.take(places).follow(scores).factors
    return replace(after, adaptation=Adaptation(adaptation.levels, factors))


def adapt_rows(each: OneStep, adaptation: Adaptation | None) -> Float64:
    """(N, 15) quantiles of each row, as wide as intervals were when it came.

    Args:
        each: the rows of some series.
        adaptation: of these series before the rows; None where intervals do not adapt.
    """
    if adaptation is None:
        return each.quantiles
    number = len(adaptation.factors)
    scores = rectangle(Origins(each.series, each.row), _score(each, adaptation), number)
    factors = adaptation.trace(scores)[each.series, each.row]
    return adapt_ends(each.quantiles[:, None], Adaptation(adaptation.levels, factors))[:, 0]


def _score(each: OneStep, adaptation: Adaptation) -> Float64:
    """(N, L) how far each value lay off, see :func:`score_row`."""
    low, high = ends_at(each.quantiles, adaptation.levels)
    middle = np.asarray(CALIBRATED.point(each.quantiles), np.float64)
    return score_row(low, middle, high, each.actual)
