"""Update: newer rows come to a fitted model, which goes on training and keeps what helps."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Int64, Verbosity
from rollcast.data.gaps import fill_linearly
from rollcast.data.panel import Panel, name_series
from rollcast.data.ranges import offsets_of
from rollcast.errors import ArgumentError, DataError, TooShortError
from rollcast.evaluation.conformal import Calibration
from rollcast.evaluation.likelihood import refuse_fractions
from rollcast.fitting.calibrating import Intervals
from rollcast.fitting.fit import Course
from rollcast.fitting.going_on import Gone, go_on_training, newest_cut
from rollcast.fitting.problem import Problem
from rollcast.forecasting.continuation import refuse_gap, rows_known
from rollcast.forecasting.reading import read_panel
from rollcast.forecasting.state import State, weights_owner
from rollcast.model.fit_report import Report
from rollcast.model.fitted import Fitted
from rollcast.networks.pretrained_network import PretrainedNetwork
from rollcast.training.checkpoint import FitCheckpoint
from rollcast.training.training_loop import Interrupt

ENOUGH: Final = 256
"""Rows of the history of each series, as far as there are so many, without which its state can't be made anew."""


@dataclass(frozen=True)
class Update:
    """What became of an update.

    Attributes:
        taken: whether the weights were replaced by further trained ones.
        effect: relative difference of their error from that of the weights before, on new rows that neither had seen;
            NaN where nothing could be trained.
        p_value: how often chance alone would give as large an effect.
        windows: separate windows of these rows.
        rows: that were new.
        calibrated: whether intervals were calibrated anew; else the new rows have too few forecasts for that.
    """

    taken: bool
    effect: float
    p_value: float
    windows: int
    rows: int
    calibrated: bool

    @property
    def word(self) -> str:
        """Either "updated" or "kept"."""
        return "updated" if self.taken else "kept"

    def __str__(self) -> str:
        rows = format_count(self.rows, "new row")
        ends = (
            "Intervals are calibrated anew (what they hold has not been measured since)"
            if self.calibrated
            else "Intervals stay calibrated as they were, for the new rows have too few forecasts"
        )
        if math.isnan(self.effect):
            return f"The weights stay as they were: there is nothing to train on in {rows}. {ends}."
        change = f"{abs(self.effect):.1%} {'lower' if self.effect < 0 else 'higher'}".replace(
            "%", " %"
        )
        windows = format_count(self.windows, "separate window")
        lead = f"After further training the error on the newest rows is {change} ({windows})"
        what = "the weights are updated" if self.taken else _why_kept(self.effect)
        return f"{lead}: {what}. {ends}, and the model has read {rows}."


def _why_kept(effect: float) -> str:
    return (
        "that may be chance, so the weights stay as they were"
        if effect < 0
        else "the weights stay as they were"
    )


class Updated(NamedTuple):
    """A model after an update, and what became of it."""

    fitted: Fitted
    update: Update


def update_model(
    fitted: Fitted,
    panel: Panel,
    *,
    max_gap: int | None = None,
    progress: Verbosity | bool = "quiet",
) -> Updated:
    """Go on training with newer rows, see :meth:`rollcast.Forecaster.update`.

    Args:
        fitted: the model; it stays as it is.
        panel: newer rows, with or without the history before them.
        max_gap: rows that may be missing before them; default the horizon.
        progress: see :func:`rollcast.training.progress.make_listener`.

    Raises:
        ArgumentError: a model that did not start from the pretrained network.
        DataError: rows that do not follow on those of the fit, a history that is not known, or values that are no
            counts where ``likelihood`` asks for them.
        TooShortError: no series has as many new rows as the horizon.
    """
    refuse_fractions(panel, fitted.config.likelihood, fitted.schema.target_col)
    network, cycles = fitted.model.network, fitted.model.seasons
    if not isinstance(network, PretrainedNetwork) or cycles is None:
        raise ArgumentError(
            f"`update` goes on training what started from the pretrained network, and this {fitted.name} was trained "
            "from random weights; fit it again on all rows, or observe the new ones."
        )
    whole, begins = with_history(fitted, panel, max_gap)
    h = fitted.model.h
    new = whole.offsets[1:] - begins
    if not (new >= h).any():
        raise TooShortError(
            f"`update` judges on rows that the weights have not seen, and no series has {format_count(h, 'new row')} "
            f"(the horizon): the most are {int(new.max(initial=0)):,}; wait for more, or observe them."
        )
    split, linear = newest_cut(whole.offsets, begins, h), fitted.schema.fill == "linear"
    problem = Problem(
        given=whole,
        panel=fill_linearly(whole, split.train_ends) if linear else whole,
        split=split,
        config=fitted.config,
        sizes=fitted.model.sizes,
        least_read=1,
        network=None,
        name=fitted.name,
        unit=fitted.unit,
        cycles=cycles,
        interpolate=linear,
        most_judged=fitted.model.most_judged(h),
    )
    with Interrupt().watch() as interrupt:
        kept = FitCheckpoint(None, "")
        course = Course(checkpoint=kept, interrupt=interrupt, progress=progress)
        gone = go_on_training(problem, network, course, untrained=fitted.is_untrained)
        if interrupt.pressed:
            raise KeyboardInterrupt
    intervals, anew = _renewed(fitted.intervals, gone.intervals)
    difference = gone.difference
    update = Update(
        taken=gone.start is not None,
        effect=math.nan if difference is None else difference.effect,
        p_value=math.nan if difference is None else difference.p_value,
        windows=0 if difference is None else difference.windows,
        rows=int(new.sum()),
        calibrated=anew,
    )
    return Updated(_after(fitted, problem, gone, intervals, update), update)


def with_history(fitted: Fitted, panel: Panel, max_gap: int | None) -> tuple[Panel, Int64]:
    """All series behind what is known of them, those of the model first, and (S,) the first new row of each.

    Raises:
        DataError: rows that do not follow on those of the fit, or a history that is not known.
    """
    state, tail = fitted.state, fitted.tail
    places, known, _ = rows_known(state, panel)
    refuse_gap(state, panel, known, fitted.model.h if max_gap is None else max_gap)
    old = np.flatnonzero((places >= 0) & (known > panel.lengths))
    if len(old):
        raise DataError(
            f"The rows{name_series(panel.ids[old[0]])} end before those of `fit`; pass newer ones."
        )
    table = np.full(len(state), -1)
    table[places[places >= 0]] = np.flatnonzero(places >= 0)
    held = np.zeros(len(state), np.int64) if tail is None else tail.lengths
    overlap = np.zeros(len(state), np.int64)
    overlap[places[places >= 0]] = known[places >= 0]
    _refuse_unknown(state, held, np.maximum(overlap, 0))
    there = np.flatnonzero(table >= 0)
    parts: list[Panel] = []
    order: list[Int64] = []
    if len(there):
        rows = panel.select(table[there])
        earlier = _nothing(rows) if tail is None else tail.select(there)
        count = np.maximum(earlier.lengths - np.maximum(overlap[there], 0), 0)
        gaps = np.where(tail is None, 0, np.maximum(-overlap[there], 0))
        parts.append(rows.behind(earlier.head(count), gaps))
        order.append(there)
    absent = np.flatnonzero(table < 0)
    if len(absent) and tail is not None:
        parts.append(tail.select(absent))
        order.append(absent)
    fresh = np.flatnonzero(places < 0)
    if len(fresh):
        parts.append(panel.select(fresh))
        order.append(len(state) + np.arange(len(fresh)))
    whole = beside(parts).select(np.argsort(np.concatenate(order), kind="stable"))
    new = np.zeros(whole.num_series, np.int64)
    new[there] = panel.lengths[table[there]] - overlap[there]
    new[len(state) :] = whole.lengths[len(state) :]
    return whole, whole.offsets[1:] - np.minimum(new, whole.lengths)


def beside(parts: list[Panel]) -> Panel:
    """The series of several panels of one frequency, one after the other."""
    if len(parts) == 1:
        return parts[0]

    def rows(name: str, blank: float) -> np.ndarray | None:
        each = [getattr(one, name) for one in parts]
        if all(values is None for values in each):
            return None
        filled = zip(each, parts, strict=True)
        return np.concatenate(
            [np.full(len(p.target), blank) if v is None else v for v, p in filled]
        )

    available = rows("available", 1)
    return replace(
        parts[0],
        target=np.concatenate([one.target for one in parts]),
        mask=np.concatenate([one.mask for one in parts]),
        offsets=offsets_of(np.concatenate([one.lengths for one in parts])),
        starts=np.concatenate([one.starts for one in parts]),
        ids=tuple(series_id for one in parts for series_id in one.ids),
        weights=rows("weights", 1.0),
        available=None if available is None else available.astype(bool),
    )


def _nothing(panel: Panel) -> Panel:
    return panel.head(np.zeros(panel.num_series, np.int64))


def _refuse_unknown(state: State, held: Int64, overlap: Int64) -> None:
    """Refuse series of which too little of the history is known.

    Raises:
        DataError: there is one.
    """
    lacking = np.flatnonzero(np.maximum(held, overlap) < np.minimum(state.rows, ENOUGH))
    if len(lacking):
        raise DataError(
            f"The history{name_series(state.ids[lacking[0]])} is not known, by which other weights make its state: "
            "pass a table with the history before the newer rows, or save the model with its data "
            "(with_data=True)."
        )


def _renewed(before: Intervals | None, now: Intervals | None) -> tuple[Intervals | None, bool]:
    """The newer calibration, unless it supports fewer levels; and whether it is the newer one.

    No row is left to measure what the newer one holds, and what the older one held says nothing of it.
    """
    if now is None:
        return before and before._replace(expected=None), False
    if before is None or _supported(now.calibration) >= _supported(before.calibration):
        return now, True
    return before._replace(expected=now.expected), False


def _supported(calibration: Calibration) -> int:
    """Levels and steps that have scores enough."""
    return int(np.isfinite(calibration.upper).sum())


def _after(
    fitted: Fitted, problem: Problem, gone: Gone, intervals: Intervals | None, update: Update
) -> Fitted:
    panel, network = problem.known, gone.network
    sizes, weights = fitted.model.sizes, network.weights
    owner = weights_owner(weights)
    preparation = gone.preparation.hold(problem.config.bounds, problem.config.point, panel)
    state = read_panel(
        network, weights, preparation, panel, ring=sizes.ring, window=sizes.window, owner=owner
    )
    bounds = problem.config.bounds if preparation.bounds else None
    history = fitted.history
    history = replace(
        history,
        start=gone.start or history.start,
        notes=(*history.notes, f"{update.word.capitalize()} with newer rows. {update}"),
    )
    frequency, whole = problem.given.frequency, problem.given
    card = replace(
        fitted.card,
        rows=len(whole.target),
        missing=int((~whole.mask).sum()),
        last=frequency.format(int(frequency.shift(whole.starts, whole.lengths - 1).max())),
        digest=whole.digest(),
        refitted=fitted.card.refitted or update.taken,
    )
    return replace(
        fitted,
        model=replace(fitted.model, network=network, owner=owner, bounds=bounds),
        state=state,
        report=Report(history=history, card=card),
        tail=whole,
        intervals=intervals,
        fallback=fitted.fallback and fitted.fallback.with_new(len(state)),
        told=set(),
    )
