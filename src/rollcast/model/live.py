"""A fitted model meets new rows: its state moves on, rows are judged, and old ones corrected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np

from rollcast._number_format import format_count
from rollcast.errors import ArgumentError
from rollcast.forecasting.adaptation import Adaptation
from rollcast.forecasting.observe import Late
from rollcast.forecasting.observe import observe as move_on
from rollcast.forecasting.revise import revise as revise_state
from rollcast.forecasting.state import State
from rollcast.model.adapting import follow_rows
from rollcast.model.fitted import Fitted
from rollcast.model.intervals import has_quantiles, refuse_unsupported
from rollcast.model.judged_rows import (
    anomaly_frame,
    judge_rows,
    refuse_taken_by_anomalies,
    refuse_unjudged,
)
from rollcast.model.model_health import Health, health_of
from rollcast.model.warnings_and_notes import warn, warn_outside
from rollcast.options import whole
from rollcast.options.argument_checks import one_of
from rollcast.options.false_alarm_option import check_false_alarms


def adapting(fitted: Fitted, state: State, levels: tuple[float, ...]) -> State:
    """The same state, whose intervals adapt at these levels from its next rows on.

    Raises:
        ArgumentError: a level for which there are too few residuals.
    """
    if fitted.calibration and not has_quantiles(fitted.model, fitted.calibration):
        refuse_unsupported(fitted.calibration, levels, 1, fitted.name)
    known = state.adaptation
    if known is not None and known.levels == levels:
        return state
    factors = np.ones((len(state), len(levels))) if known is None else known.at(levels)
    return replace(state, adaptation=Adaptation(levels, factors))


def watching(fitted: Fitted, state: State) -> State:
    """The same state, which keeps the errors of its next rows."""
    return state.watching(fitted.config.season_length or 1)


def health(fitted: Fitted, state: State | None) -> Health:
    """How a state's newest rows were forecast, see :meth:`rollcast.Forecaster.health`.

    Raises:
        ArgumentError: a state of another model, or one that does not watch.
    """
    current = fitted.state_or(state)
    if current.watch is None:
        raise ArgumentError(
            "`state` keeps no errors: have it watch, state = model.observe(rows, state, watch=True), and ask for "
            "its health after some rows."
        )
    return health_of(fitted, current, current.watch)


def observe(
    fitted: Fitted,
    rows: Any,
    state: State | None,
    *,
    max_gap: int | None,
    late: Late,
    adapt: tuple[float, ...] = (),
    watch: bool = False,
) -> State:
    """The state after new rows, see :meth:`rollcast.Forecaster.observe`.

    Raises:
        DataError: the rows can't be used.
        ArgumentError: an option outside its range, or a state of another model.
    """
    current = fitted.state_or(state)
    current = adapting(fitted, current, adapt) if adapt else current
    current = watching(fitted, current) if watch else current
    arrivals = fitted.read_rows(rows, current)
    after, skipped = move_on(
        fitted.model, arrivals, current, fitted.state, max_gap=max_gap, late=late
    )
    if len(arrivals):
        after = follow_rows(fitted.model, fitted.calibration, arrivals, current, after)
    warn_outside(current, arrivals.ids, arrivals.codes, arrivals.values)
    fitted.warn_uncounted(arrivals.ids, arrivals.codes, arrivals.values)
    if skipped:
        were = "was" if skipped == 1 else "were"
        warn(
            f"{skipped:,} of {format_count(len(arrivals), 'row')} came late or twice and {were} skipped."
        )
    return after


def anomalies(
    fitted: Fitted,
    rows: Any,
    state: State | None,
    *,
    false_alarms: float,
    max_gap: int | None,
    late: Late,
) -> Any:
    """A frame of new rows and how unusual each is, see :meth:`rollcast.Forecaster.anomalies`.

    Raises:
        DataError: the rows can't be used.
        ArgumentError: an option outside its range, a state of another model, or too few residuals to judge by.
    """
    percent = check_false_alarms("false_alarms", false_alarms)
    gap = None if max_gap is None else whole("max_gap", max_gap, least=0)
    refuse_unjudged(fitted.model, fitted.calibration, fitted.name)
    refuse_taken_by_anomalies(fitted, percent)
    current = fitted.state_or(state)
    judged = judge_rows(
        fitted.model,
        fitted.calibration,
        fitted.read_rows(rows, current),
        current,
        false_alarms=percent,
        max_gap=gap,
        late=one_of("late", late, get_args(Late)),
    )
    return anomaly_frame(fitted, judged, percent)


def revise(
    fitted: Fitted, rows: Any, state: State, *, earlier: State | None, history: Any
) -> State:
    """The state after corrected rows, see :meth:`rollcast.Forecaster.revise`.

    Raises:
        DataError: a row has not been read, or one that is needed is not known.
        ArgumentError: a state of another model.
    """
    current = fitted.state_or(state)
    arrivals = fitted.read_rows(rows, current)
    given = None if history is None else fitted.read_table(history, blank_ends=True)
    known = [panel for panel in (fitted.tail, given) if panel is not None]
    before = None if earlier is None else fitted.state_or(earlier)
    return revise_state(fitted.model, arrivals, current, earlier=before, history=known)
