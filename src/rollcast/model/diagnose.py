"""Diagnosing: a fitted model's closed loop, run beside its one-step forecasts and diagnosed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Float64, Int64
from rollcast.data.origins import MOST_ORIGINS, Origins, origins_within, rectangle
from rollcast.data.panel import Panel
from rollcast.errors import NotFittedError, TooShortError
from rollcast.evaluation.baselines import NAIVE, SEASONAL_NAIVE, forecast_baselines
from rollcast.evaluation.diagnosis.faults import find_faults
from rollcast.evaluation.diagnosis.loops import Loops
from rollcast.evaluation.diagnosis.report import Diagnosis, error_curve
from rollcast.evaluation.excerpt import (
    Excerpt,
    opponent_at,
    typical_excerpt,
    typical_forecast,
)
from rollcast.evaluation.judge import actual_at, divisors
from rollcast.forecasting.unseen_rows import UnseenRows
from rollcast.model.fitted import Fitted
from rollcast.model.forecaster import Forecaster
from rollcast.options import whole
from rollcast.options.argument_checks import instance
from rollcast.options.other_words import answers_other_words

_is_forecaster: Final = instance(Forecaster, "a Forecaster")


@answers_other_words
def diagnose(
    model: Forecaster,
    data: Any = None,
    *,
    h: int | None = None,
    origins: int | None = None,
    max_gap: int | None = None,
    horizon: int | None = None,
) -> Diagnosis:
    """Say whether a model's closed loop holds, and if not, what is wrong with it and what to do.

    The model is rolled forward freely from many origins. Beside each of these forecasts stands the one of the same row
    that was made one step ahead, after reading all that came before it.

    Args:
        model: after ``fit``.
        data: nothing, for the test part of the data of ``fit``, if the model still holds it; or a table with rows that
            the model has not seen, with or without the history before them, as in ``evaluate``.
        h: steps ahead, any; default the horizon of ``fit``.
        horizon: another word for ``h``.
        origins: of each series at most, spread evenly over the rows that are judged; default 64.
        max_gap: as in ``predict``.

    Returns:
        The diagnosis.

    Raises:
        ArgumentError: ``h`` or ``origins`` is no whole number of at least 1, or ``max_gap`` none of at least 0.
        DataError: what is wrong with the table, by column, series and row.
        TooShortError: no series has ``h`` rows to be judged.
        NotFittedError: before ``fit``, or with no data where the model holds none.

    Example:
        >>> import rollcast as rc
        >>> model = rc.Forecaster(h=12)  # doctest: +SKIP
        >>> history = model.fit(rc.datasets.airline())  # doctest: +SKIP
        >>> print(rc.diagnose(model, h=24).text())  # doctest: +SKIP
    """
    fitted = _is_forecaster("model", model).fitted
    steps = fitted.choose_h(h, horizon)
    most = MOST_ORIGINS if origins is None else whole("origins", origins)
    unseen = (
        _test_part(fitted, steps)
        if data is None
        else fitted.find_unseen(fitted.read_table(data), steps, max_gap)
    )
    panel = unseen.panel
    rolling = origins_within(
        panel.offsets,
        unseen.begins,
        panel.offsets[1:],
        steps,
        most,
        values=fitted.model.most_judged(steps),
    )
    loops = _run(fitted, unseen, rolling, steps)
    findings = find_faults(loops)
    naive = np.broadcast_to(loops.last[:, :, None], loops.truth.shape)
    seen = data is None and fitted.card.refitted and not fitted.is_untrained
    return Diagnosis(
        name=fitted.name,
        h=steps,
        origins=int(np.count_nonzero(~np.isnan(loops.truth).all(axis=2))),
        series=panel.num_series,
        unit=fitted.unit,
        seen=seen,
        free=error_curve(loops.truth, loops.free),
        one_step=error_curve(loops.truth, loops.one_step),
        naive=error_curve(loops.truth, naive),
        findings=findings,
        notes=_notes(fitted, steps, seen=seen, faulty=bool(findings)),
        excerpt=_excerpt(fitted, panel, rolling, loops),
    )


def _test_part(fitted: Fitted, h: int) -> UnseenRows:
    """The test part of the data of ``fit``."""
    panel = fitted.tail
    if panel is None:
        raise NotFittedError(
            "This model holds no rows of the data it was fitted on; pass a table with newer rows and the history "
            "before them, or save the model together with its data."
        )
    rows = np.minimum(fitted.card.tests(panel.num_series), panel.lengths - 1)
    judged = np.flatnonzero(rows >= h)
    if not len(judged):
        most = format_count(max(int(rows.max()), 0), "row")
        raise TooShortError(
            f"The test part has {most}, fewer than `h` = {h}; pass a table with more rows that "
            "the model has not seen, or a smaller `h`."
        )
    chosen = panel.select(judged)
    seen = chosen.lengths - rows[judged]
    state = fitted.model.read_afresh(chosen.head(seen), fitted.state)
    return UnseenRows(chosen, chosen.offsets[:-1] + seen, state, np.zeros(len(seen), np.bool_))


def _run(fitted: Fitted, unseen: UnseenRows, origins: Origins, h: int) -> Loops:
    panel = unseen.panel

    def laid(values: Float64) -> Float64:
        return rectangle(origins, values, panel.num_series)

    season = fitted.config.season_length
    repeated = forecast_baselines(panel, origins, h, season, (NAIVE, SEASONAL_NAIVE))
    last, seasonal = repeated[NAIVE][:, :1], repeated.get(SEASONAL_NAIVE)
    # As in an evaluation: nothing is judged where naive has no forecast.
    truth = np.where(np.isnan(last), np.nan, actual_at(panel, origins, h))
    return Loops(
        free=laid(unseen.forecast_at(fitted.model, origins, h)),
        one_step=laid(_one_step(fitted, unseen, origins, h)),
        truth=laid(truth),
        last=laid(last[:, 0]),
        seasonal=None if seasonal is None else laid(seasonal),
        known=_known(panel, unseen.begins),
        stride=_stride(origins),
    )


def _stride(origins: Origins) -> int:
    """Rows between two origins of a series; 1 where each has one."""
    apart = np.diff(origins.row)[np.diff(origins.series) == 0]
    return int(apart[0]) if len(apart) else 1


def _one_step(fitted: Fitted, unseen: UnseenRows, origins: Origins, h: int) -> Float64:
    """(M, h) forecasts one step ahead of the rows that follow each origin."""
    panel = unseen.panel
    newest = origins.places(panel.offsets)[:, None] + np.arange(h)
    there, back = np.unique(newest, return_inverse=True)
    series = np.searchsorted(panel.offsets, there, side="right") - 1
    each = Origins(series, there - panel.offsets[series])
    return unseen.forecast_at(fitted.model, each, 1)[back.reshape(newest.shape), 0]


def _known(panel: Panel, begins: Int64) -> Float64:
    """(S, 4) level, spread, least and greatest value of the rows before the first that is judged."""
    known = np.full((panel.num_series, 4), np.nan)
    for s, (first, end) in enumerate(zip(panel.offsets[:-1], begins, strict=True)):
        values = panel.target[first:end][panel.mask[first:end]]
        if values.size:
            known[s] = values.mean(), values.std(), values.min(), values.max()
    return known


def _what_was_chosen(fitted: Fitted) -> str:
    if fitted.config.pretrained:
        return (
            "The pretrained network was judged" if fitted.is_untrained else "Fine-tuning was taken"
        )
    return "The epoch was chosen"


def _notes(fitted: Fitted, h: int, *, seen: bool, faulty: bool) -> tuple[str, ...]:
    notes: list[str] = []
    if faulty and fitted.config.pretrained:
        notes.append(
            "The remedies name options of a network of random weights; a fit with one of them trains such a network "
            "instead of the pretrained one."
        )
    if seen:
        notes.append(
            "The weights have seen these rows, since the network was trained once more on all of them: errors on new "
            "rows are larger. Pass newer rows to diagnose it on what it has not seen."
        )
    chosen = fitted.model.h
    if h > chosen:
        notes.append(
            f"{_what_was_chosen(fitted)} by errors over {format_count(chosen, 'step')}; if {h} matter, fit "
            f"with `h` = {h}."
        )
    steps = fitted.model.network.output_size
    if h <= steps:
        notes.append(
            f"The network emits {format_count(steps, 'step')} at once, so over {h} nothing is fed back: pass "
            f"`h` above {steps} to see its loop."
        )
    return tuple(notes)


def _excerpt(fitted: Fitted, panel: Panel, origins: Origins, loops: Loops) -> Excerpt | None:
    number = np.arange(len(origins)) - np.searchsorted(origins.series, origins.series)
    free, truth = (laid[origins.series, number] for laid in (loops.free, loops.truth))
    typical = typical_forecast(origins, free, truth, divisors(loops.known[:, 1]))
    if typical is None:
        return None
    naive = opponent_at(panel, origins, typical.place, loops.h, name=NAIVE, season=None)
    found = typical_excerpt(
        panel,
        replace(typical, opponent=naive),  # as in the errors by step ahead
        name=fitted.name,
        unit=fitted.unit,
        value_name=str(fitted.schema.target_col),
    )
    before = slice(-loops.h, None)  # one horizon is enough to see what the loop goes on from
    return replace(found, tail=found.tail[before], times_tail=found.times_tail[before])
