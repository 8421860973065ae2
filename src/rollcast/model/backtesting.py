"""Backtesting: forecasts from past cutoffs, each of which knows what was known then, judged by what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Unpack

import numpy as np

from rollcast._types import Bool, Int64
from rollcast.data.cutoffs import newest_times, rows_at, usual_cutoffs
from rollcast.data.panel import Panel, the_series
from rollcast.errors import ArgumentError, TooShortError, show
from rollcast.evaluation.backtest import Backtest
from rollcast.evaluation.baselines import BASELINES
from rollcast.evaluation.baselines.auto_models import require_statsforecast
from rollcast.evaluation.ensemble import ensemble_name
from rollcast.evaluation.judge_backtest import (
    BacktestPart,
    judge_backtest,
)
from rollcast.fitting.horizon_and_sizes import choose_horizon
from rollcast.forecasting.continuation import rows_known
from rollcast.model.backtest_parts import (
    BacktestScene,
    ModelBefore,
    check_intervals,
    fit_before,
    forecast_part,
    judged_part,
    pretrained_as_it_is,
)
from rollcast.model.fit_inputs import read_inputs
from rollcast.model.fitted import Fitted
from rollcast.model.forecaster import Forecaster
from rollcast.model.warnings_and_notes import emit_notes
from rollcast.options import BACKTEST_ARGUMENTS, TABLE_ARGUMENTS, BacktestArguments, Config, takes
from rollcast.options.argument_checks import whole
from rollcast.options.model_options import MOST_AHEAD
from rollcast.options.other_words import choose_horizon_word, refuse_unknown
from rollcast.preprocessing.rounding import rounding_of
from rollcast.tables import Notes, Schema
from rollcast.tables.backtest_frame import CUTOFF, MODEL
from rollcast.tables.cutoff_times import read_cutoffs
from rollcast.tables.forecast_frame import forecast_columns, refuse_taken
from rollcast.training.progress import say

MOST_VALUES: Final = 2**26
"""Forecast values of a backtest at most: each model and each end of an interval takes half a gigabyte of them."""


@takes(BACKTEST_ARGUMENTS)
def backtest(
    model: Config | Forecaster,
    data: Any,
    h: int | None = None,
    *,
    horizon: int | None = None,
    **arguments: Unpack[BacktestArguments],
) -> Backtest:
    """Forecast from past cutoffs, as if nothing after them were known, and judge the forecasts by what came.

    A configuration, or a model before ``fit``, is trained on the rows up to the first cutoff, and rolled on from there
    with the weights, the scaling and the seasons of that fit; ``refit`` trains anew later. ``train=False`` trains
    nothing. A fitted model is judged on rows that its weights have not seen. All series share the cutoffs, times of the
    calendar. A series that is too short at one, or without a value after it, is left out there and counted.

    Args:
        model: a :class:`rollcast.Config` such as ``model.config``, or a :class:`rollcast.Forecaster`.
        data: a path to a CSV or Parquet file, a pandas or polars frame, or one series as an array; for a fitted model
            with or without the history before its new rows.
        h: steps ahead; default that of the model, else one season.
        horizon: another word for ``h``.
        OPTIONS

    Returns:
        The forecasts and their scores: print it, or see its ``frame()``, ``scores()``, ``by_step()``, ``by_series()``,
        ``by_cutoff()``, ``left_out`` and ``verdict``.

    Raises:
        ArgumentError: an option outside its range, or a fitted model on rows that its weights have seen.
        DataError: the table can't be used; the message names column, series and row.
        TooShortError: too few rows for the cutoffs, or to train on before the first.
        BackendError: ``baselines`` are asked for, and statsforecast is not installed.

    Example:
        >>> import rollcast as rc
        >>> test = rc.backtest(rc.Config(train=False), rc.datasets.airline(), h=12, n_windows=4, level=80)
        >>> len(test.frame()), test.scores()["model"].iloc[0]
        (48, 'Rollcast')
    """
    forecaster = _as_forecaster(model)
    refuse_unknown(arguments, ["h", "horizon", *BACKTEST_ARGUMENTS], "backtest", {})
    given = {n: o.check(n, arguments.get(n, o.default)) for n, o in BACKTEST_ARGUMENTS.items()}
    require_statsforecast(given["baselines"] or ())
    if given["cutoffs"] is not None:
        for name in ("n_windows", "step_size"):
            if given[name] is not None:
                raise ArgumentError(
                    f"`cutoffs` are named, so `{name}` has nothing to say; leave it out."
                )
    steps = choose_horizon_word(h, horizon)
    if steps is not None:
        steps = whole("h", steps, most=MOST_AHEAD)
    if forecaster.is_fitted:
        return _of_fitted(forecaster.fitted, data, steps, given)
    if given["in_sample"]:
        raise ArgumentError(
            "`in_sample` is for a fitted model; this one is trained on the rows before the first cutoff: leave it out."
        )
    return _of_config(forecaster, data, steps, given)


def _as_forecaster(model: Any) -> Forecaster:
    if isinstance(model, Config):
        made = Forecaster()
        made.config = model
        return made
    if not isinstance(model, Forecaster):
        raise ArgumentError(
            f"`model` must be a Config or a Forecaster; got {show(model)}: pass rc.Config(...) to train before the "
            "first cutoff, or rc.load(path)."
        )
    return model


def _of_config(
    forecaster: Forecaster, data: Any, h: int | None, given: Mapping[str, Any]
) -> Backtest:
    """Train before the first cutoff, and maybe anew later."""
    config = forecaster.config if h is None else forecaster.config.replace(h=h)
    levels = given["level"] or ()
    inputs = {**given, "val_size": None, "test_size": None, "final_fit": True}
    spec, panel, notes = read_inputs(data, inputs, config, forecaster.name)
    emit_notes(notes)
    say(given["progress"], *notes.remarks)
    settled = choose_horizon(config, panel)
    steps = int(settled.h or 1)
    spec = replace(spec, config=config.replace(h=steps))
    cutoffs = _choose_cutoffs(panel, spec.schema, steps, given, earliest=None)
    scene = _scene(
        panel, spec.schema, cutoffs, steps, settled.season_length, levels, given["baselines"]
    )
    parts: list[BacktestPart] = []
    opponent, names = None, list[str]()
    for there in _stretches(len(cutoffs), given["refit"]):
        if config.train or not config.pretrained:
            fitted = fit_before(scene, there, spec, forecaster.own_network, given["progress"])
            before = ModelBefore.of(fitted)
            names.append(fitted.name)
        else:
            network = pretrained_as_it_is(config, panel, steps, spec.schema.fill)
            before = ModelBefore(network, None, rounding=rounding_of(config.round, config.bounds))
        part, opponent = forecast_part(scene, there, before, opponent)
        parts.append(part)
    name = names[0] if len(set(names)) == 1 else forecaster.name
    return _judge(scene, parts, name, unit=spec.unit, opponent=opponent, fits=len(names))


def _of_fitted(fitted: Fitted, data: Any, h: int | None, given: Mapping[str, Any]) -> Backtest:
    """Judge a fitted model: on rows that its weights have not seen, or on any where that is asked for."""
    for name in (*TABLE_ARGUMENTS, "refit"):
        value, default = given[name], BACKTEST_ARGUMENTS[name].default
        if not (value is default or (isinstance(value, str) and value == default)):
            why = "knows how tables are read" if name in TABLE_ARGUMENTS else "is not trained again"
            raise ArgumentError(
                f"`{name}` is for a configuration, and this model is fitted, so it {why}; leave it out, or pass "
                "model.config."
            )
    steps = fitted.model.h if h is None else h
    levels = fitted.check_level(given["level"]) if given["level"] else ()
    panel = fitted.read_table(data)
    unit = fitted.unit if given["unit"] is None else given["unit"]
    season, schema, asked = fitted.config.season_length, fitted.schema, given["baselines"]
    seen, trained = _seen_rows(fitted, panel), fitted.config.train
    if not trained and not _goes_on(fitted, panel, seen):
        cutoffs = _choose_cutoffs(panel, schema, steps, given, earliest=None)
        scene = _scene(panel, schema, cutoffs, steps, season, levels, asked)
        if not (panel.lengths > seen).any() or (scene.rows + 1 < seen).any():
            # No row has moved its weights, and whatever else was fitted is fitted anew.
            options = fitted.config
            free = replace(fitted.model, log=options.log, bounds=options.bounds)
            before = ModelBefore(free, None, rounding=fitted.rounding)
            return _at_once(scene, before, fitted.name, unit)
    check_intervals(fitted, levels, steps)
    if given["in_sample"] and trained:
        cutoffs = _choose_cutoffs(panel, schema, steps, given, earliest=None)
        scene = _scene(panel, schema, cutoffs, steps, season, levels, asked)
        labelled = bool((scene.rows + 1 < seen).any())
        name = f"{fitted.name} (in sample)" if labelled else fitted.name
        return _at_once(scene, ModelBefore.of(fitted), name, unit, in_sample=labelled)
    if not (panel.lengths > seen).any():
        raise ArgumentError(_say_seen(fitted, panel, seen, None))
    unseen = fitted.find_unseen(panel, 1)
    whole_panel, begins = unseen.panel, unseen.begins - unseen.panel.offsets[:-1]
    cutoffs = _choose_cutoffs(
        whole_panel, schema, steps, given, earliest=_earliest(whole_panel, begins, ~unseen.new)
    )
    scene = _scene(whole_panel, schema, cutoffs, steps, season, levels, asked)
    early = (scene.rows >= 0) & (scene.rows + 1 < begins) & ~unseen.new
    if early.any():
        raise ArgumentError(
            _say_seen(fitted, whole_panel, begins, int(cutoffs[np.argmax(early.any(axis=1))]))
        )
    found = scene.origins(slice(0, len(cutoffs)), 1, begins)
    part, opponent = judged_part(scene, found, ModelBefore.of(fitted), unseen, None)
    return _judge(
        scene, [part], fitted.name, unit=unit, opponent=opponent, remembered=unseen.remembered
    )


def _at_once(
    scene: BacktestScene,
    before: ModelBefore,
    name: str,
    unit: str | None,
    *,
    in_sample: bool = False,
) -> Backtest:
    """All cutoffs by one model, without any fit."""
    part, opponent = forecast_part(scene, slice(0, len(scene.cutoffs)), before)
    return _judge(scene, [part], name, unit=unit, opponent=opponent, in_sample=in_sample)


def _judge(
    scene: BacktestScene,
    parts: Sequence[BacktestPart],
    name: str,
    *,
    unit: str | None,
    opponent: str | None,
    fits: int = 0,
    in_sample: bool = False,
    remembered: int | None = None,
) -> Backtest:
    """All parts together, under one name.

    Raises:
        TooShortError: there is no origin.
        ArgumentError: a column of the caller's is called as one of the backtest's.
    """
    if not any(part.own for part in parts):
        raise TooShortError(_nothing_to_judge(scene))
    if scene.panel.weights is not None:
        emit_notes(Notes(remarks=(f"Scores are weighted by column {scene.schema.weights!r}.",)))
    none = np.empty(0)
    columns = forecast_columns(name, none, dict.fromkeys(scene.levels, (none, none)))
    refuse_taken((*columns, ensemble_name(name)), scene.schema, "rename it", target=True)
    return judge_backtest(
        scene.panel,
        parts,
        scene.cutoffs,
        name=name,
        schema=scene.schema,
        unit=unit,
        season=scene.season,
        opponent=opponent,
        fits=fits,
        in_sample=in_sample,
        remembered=remembered,
    )


def _choose_cutoffs(
    panel: Panel, schema: Schema, h: int, given: Mapping[str, Any], *, earliest: int | None
) -> Int64:
    """(C,) the cutoffs that are named, else those that follow from windows and step.

    Raises:
        ArgumentError: a cutoff that is no time.
        TooShortError: too few rows.
    """
    if given["cutoffs"] is not None:
        return _on_rows(panel, read_cutoffs(given["cutoffs"], schema, panel.frequency))
    step = h if given["step_size"] is None else given["step_size"]
    return usual_cutoffs(panel, h, windows=given["n_windows"], step=step, earliest=earliest)


def _on_rows(panel: Panel, cutoffs: Int64) -> Int64:
    """(C,) the times of the newest rows up to named cutoffs, each once; a note says where those are others.

    Raises:
        ArgumentError: a cutoff lies before the first row of every series.
    """
    show_time = panel.frequency.format
    first = int(panel.starts.min())
    if cutoffs[0] < first:
        raise ArgumentError(
            f"`cutoffs` has {show_time(int(cutoffs[0]))}, and the first row is at {show_time(first)}; name times from "
            "there on."
        )
    rows = newest_times(panel, cutoffs)
    moved = np.flatnonzero(rows != cutoffs)
    if len(moved):
        c = int(moved[0])
        others = f", and {len(moved) - 1:,} more for the ones before them" if len(moved) > 1 else ""
        remark = (
            f"No row stands at the cutoff {show_time(int(cutoffs[c]))}, which is taken for the newest row before it, "
            f"{show_time(int(rows[c]))}{others}."
        )
        emit_notes(Notes(remarks=(remark,)))
    return np.unique(rows)


def _scene(
    panel: Panel,
    schema: Schema,
    cutoffs: Int64,
    h: int,
    season: int | None,
    levels: tuple[float, ...],
    asked: tuple[str, ...] | None,
) -> BacktestScene:
    """What all parts share, if memory is likely to hold it.

    Raises:
        ArgumentError: more forecast values than that, or a column of the caller's is called as one of the backtest's.
    """
    refuse_taken((*BASELINES, *(asked or ()), CUTOFF, MODEL), schema, "rename it", target=True)
    rows = rows_at(panel, cutoffs)
    values = int((rows >= 0).sum()) * h
    if values > MOST_VALUES:
        raise ArgumentError(
            f"{len(cutoffs):,} cutoffs at `h` = {h:,} of {panel.num_series:,} series are {values:,} forecast values, "
            f"and {MOST_VALUES:,} can be judged at once; pass fewer cutoffs, a smaller `h`, or a part of the series."
        )
    return BacktestScene(panel, schema, cutoffs, rows, h, season, levels, asked or ())


def _stretches(count: int, refit: bool | int) -> list[slice]:
    """The cutoffs that one fit serves."""
    each = count if refit is False else 1 if refit is True else refit
    return [slice(first, min(first + each, count)) for first in range(0, count, each)]


def _seen_rows(fitted: Fitted, panel: Panel) -> Int64:
    """(S,) rows of each series that the weights have seen, the first ones of the table."""
    places, before, _ = rows_known(fitted.state, panel)
    return np.where(places >= 0, np.clip(before, 0, panel.lengths), 0)


def _goes_on(fitted: Fitted, panel: Panel, seen: Int64) -> bool:
    """Whether the table holds newer rows alone of some series that the model knows."""
    known = fitted.state.find(panel.ids) >= 0
    return bool(known.any() and (seen[known] == 0).all())


def _earliest(panel: Panel, seen: Int64, known: Bool) -> int | None:
    """The first time at which no known series has a later row that the weights have seen; None where none is known."""
    if not known.any():
        return None
    return int(panel.frequency.shift(panel.starts, seen - 1)[known].max())


def _say_seen(fitted: Fitted, panel: Panel, seen: Int64, cutoff: int | None) -> str:
    """The sentence on rows that the weights have seen, and the ways around them."""
    ends = panel.frequency.shift(panel.starts, seen - 1)
    s = int(np.argmax(np.where(seen > 0, ends, np.iinfo(np.int64).min)))
    show_time = panel.frequency.format
    what = (
        "all rows of this table" if cutoff is None else f"rows after the cutoff {show_time(cutoff)}"
    )
    later = "Pass newer rows" if cutoff is None else "Pass cutoffs from there on, or fewer windows"
    who = "The weights have"
    if fitted.is_untrained:
        who = (
            "The weights came with the package and have seen none of your rows, but the choice to keep them, the "
            "scaling and the calibration of intervals have"
        )
    return (
        f"{who} seen {what}: {fitted.name} was fitted on {the_series(panel.ids[s])} up to "
        f"{show_time(int(ends[s]))}. {later}; rc.backtest(model.config, data) fits afresh on the rows before the "
        "first cutoff; and in_sample=True scores seen rows, and says so."
    )


def _nothing_to_judge(scene: BacktestScene) -> str:
    """The sentence where no series can be judged at any cutoff."""
    panel = scene.panel
    lasts = panel.frequency.shift(panel.starts, panel.lengths - 1)
    show_time = panel.frequency.format
    return (
        f"There is nothing to judge: at no cutoff has a series enough rows up to it and a value after it; the rows go "
        f"from {show_time(int(panel.starts.min()))} to {show_time(int(lasts.max()))}, and the cutoffs from "
        f"{show_time(int(scene.cutoffs[0]))} to {show_time(int(scene.cutoffs[-1]))}."
    )
