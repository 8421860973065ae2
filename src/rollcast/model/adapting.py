"""What rows teach by the forecasts that were in force for them: intervals that adapt, errors that are watched."""

from __future__ import annotations

import numpy as np

from rollcast._types import Float32, Float64, Int64
from rollcast.data.arrivals import Arrivals
from rollcast.data.origins import Origins, rectangle
from rollcast.evaluation.conformal import Calibration
from rollcast.forecasting.adaptation import Adaptation, score_row
from rollcast.forecasting.observe import rows_of_known
from rollcast.forecasting.state import State
from rollcast.forecasting.trained_model import Model
from rollcast.forecasting.watch import WATCHED_LEVELS, Step, Watch
from rollcast.model.intervals import CALIBRATED, adapt_ends, ends_at
from rollcast.model.one_step import OneStep, forecast_rows


def follow_rows(
    model: Model,
    calibration: Calibration | None,
    arrivals: Arrivals,
    before: State,
    after: State,
) -> State:
    """The state after new rows, with the factors and the errors that they leave.

    Args:
        model: the model.
        calibration: of its intervals.
        arrivals: the rows.
        before: the state that has not read them, whose intervals adapt or which watches.
        after: the state that has.
    """
    adaptation, watch = after.adaptation, after.watch
    if adaptation is None and watch is None:
        return after
    panel, places = rows_of_known(model, arrivals, before)
    if not len(places):
        return after
    known = before.take(places)
    each = forecast_rows(model, calibration, known, panel)
    if adaptation is not None:
        number = panel.num_series
        scores = rectangle(Origins(each.series, each.row), _score(each, adaptation), number)
        factors = adaptation.factors.copy()
        factors[places] = adaptation.take(places).follow(scores).factors
        adaptation = Adaptation(adaptation.levels, factors)
    if watch is not None:
        watch = _watch_rows(watch, each, known, places)
    return after.followed(adaptation, watch)


def _watch_rows(watch: Watch, each: OneStep, known: State, places: Int64) -> Watch:
    """The watch after rows.

    Args:
        watch: before them.
        each: the rows.
        known: the state of their series before them.
        places: (U,) of these series in the watch.
    """
    watch = watch.with_each(np.array)
    unit = known.preparation.anchor_error[each.series]
    step = watched_step(adapt_rows(each, known.adaptation), each.actual, unit)
    order = np.argsort(each.row, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(each.row[order])) + 1):
        here = each.series[part]
        watch.read(places[here], known.rows[here] + each.row[part], step.take(part))
    return watch


def watched_step(quantiles: Float64, actual: Float64, unit: Float32) -> Step:
    """Rows beside their forecasts.

    Args:
        quantiles: (U, 15) that were in force for them; (U, 1) of points that are not calibrated.
        actual: (U,) what came, scaled.
        unit: (U,) of their series.
    """
    if quantiles.shape[1] == 1:
        none = np.full((len(actual), len(WATCHED_LEVELS)), np.nan)
        return Step(actual, quantiles[:, 0], none, none, unit)
    low, high = ends_at(quantiles, WATCHED_LEVELS)
    return Step(actual, np.asarray(CALIBRATED.point(quantiles), np.float64), low, high, unit)


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
