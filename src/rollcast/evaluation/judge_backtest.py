"""Judging a backtest: the forecasts of a part of its cutoffs beside the baselines, and all parts together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.cutoffs import CutoffOrigins, first_rows
from rollcast.data.origins import Origins, of_some_series
from rollcast.data.panel import Panel
from rollcast.evaluation.backtest import Backtest, LeftOut
from rollcast.evaluation.baselines import BASELINES, NAIVE, SEASONAL_NAIVE
from rollcast.evaluation.ensemble import ensemble_name
from rollcast.evaluation.grouped_scores import JudgedValues, Made
from rollcast.evaluation.in_sample_errors import scales_at, squared_scales_at
from rollcast.evaluation.judge import (
    actual_at,
    choose_opponent,
    held_baselines,
    in_sample_scales,
    squared_scales,
    times_of,
    weights_at,
)
from rollcast.evaluation.scores import Scores
from rollcast.evaluation.scoring import score
from rollcast.options.baselines_option import AUTO_MODELS
from rollcast.preprocessing.bounds import Bounds
from rollcast.tables.schema import Schema

MOST_TRIED: Final = 24
"""Cutoffs before the first at which the baseline to beat is chosen, at most."""

MOST_ROWS: Final = 2**20
"""Rows that are read for it at most, about; of more series every second, third ... is asked."""


@dataclass(frozen=True, eq=False)
class BacktestPart:
    """What was forecast at some of the cutoffs.

    Attributes:
        found: where, and who was left out.
        own: what the model forecast there; None where there is no origin.
        beside: what each baseline forecast there.
        ensemble: the median of the model and the baselines that its fit preferred to it alone; None for none.
    """

    found: CutoffOrigins
    own: Made | None
    beside: Mapping[str, Made]
    ensemble: Made | None = None


def baselines_beside(
    panel: Panel,
    origins: Origins,
    h: int,
    season: int | None,
    bounds: Bounds | None,
    always: Sequence[str | None],
) -> dict[str, Made]:
    """Every baseline's forecasts from the same origins, held to the same bounds of S series; some of them always."""
    made = held_baselines(panel, origins, h, season, bounds, always=always)
    return {name: Made(point, None, {}) for name, point in made.items()}


def opponent_before(
    panel: Panel, origins: Origins, h: int, season: int | None, bounds: Bounds | None
) -> str | None:
    """The baseline to beat: the one that did best at cutoffs before the first, as far apart as the others are.

    So it is asked at the same hour or weekday as the model will be. None where no series has the rows for it.

    Args:
        panel: all rows.
        origins: sorted by series, then by row.
        h: horizon.
        season: rows in a season, or None.
        bounds: of S series; None for none.
    """
    known = first_rows(origins, panel.num_series)
    apart = np.diff(origins.row)[np.diff(origins.series) == 0]
    step = int(apart[apart > 0].min(initial=2**31))
    step = h if step == 2**31 else step
    rows = known[:, None] - 1 - step * (-(-h // step) + np.arange(MOST_TRIED))
    kept = rows >= np.maximum(known[:, None] // 2 - 1, 0)
    kept[:, 0] = rows[:, 0] >= 0  # of a short series one at least
    series, place = np.nonzero(kept[:, ::-1])
    tried = of_some_series(Origins(series, rows[:, ::-1][series, place]), MOST_ROWS)
    if not len(tried):
        return None
    ends = panel.offsets[:-1] + known
    scale = in_sample_scales(panel, ends, season)
    return choose_opponent(
        panel,
        tried,
        ends,
        scale,
        h=h,
        season=season,
        bounds=bounds,
        squared=squared_scales(panel, ends),
    )


def judge_backtest(
    panel: Panel,
    parts: Sequence[BacktestPart],
    cutoffs: Int64,
    *,
    name: str,
    schema: Schema,
    unit: str | None,
    season: int | None,
    opponent: str | None,
    fits: int,
    in_sample: bool,
    remembered: int | None = None,
) -> Backtest:
    """The whole backtest, with its scores.

    Args:
        panel: S series, those of the origins of every part.
        parts: of consecutive cutoffs, one of them at least with an origin.
        cutoffs: (C,) times.
        name: of the model.
        schema: the caller's table.
        unit: of the values, or None.
        season: rows in a season, or None.
        opponent: the baseline to beat, see :func:`opponent_before`; a naive one or one that was asked
            for takes its place where that does better.
        fits: how often a model was trained.
        in_sample: whether the weights have seen what is judged.
        remembered: rows that the baselines know at most, see :class:`rollcast.evaluation.scores.Scores`.
    """
    found, made = _join(parts, name)
    origins = found.origins
    h = made[name].point.shape[1]
    actual, weights = actual_at(panel, origins, h), weights_at(panel, origins, h)
    points = {key: one.point for key, one in made.items()}
    unknown = np.any([np.isnan(points[key]) for key in points if key in BASELINES], axis=0)
    unjudged = unknown if weights is None else unknown | ~(weights > 0)
    judged = JudgedValues(
        np.where(unjudged, np.nan, actual),
        weights,
        origins.series,
        scales_at(panel, origins, season),
        squared_scales_at(panel, origins),
    )
    known = panel.offsets[:-1] + first_rows(origins, panel.num_series)
    by_size = squared_scales(panel, known) is None
    comparison = score(
        judged.actual,
        points,
        scale=judged.scale,
        series=origins.series,
        time=times_of(panel, origins),
        season=season if season and season > 1 else None,
        unit=unit,
        step=panel.frequency.noun,
        weights=weights,
        opponent=opponent,
        squared=None if by_size else np.sqrt(judged.scale_squared),
    )
    return Backtest(
        name=name,
        h=h,
        unit=unit,
        fits=fits,
        in_sample=in_sample,
        comparison=replace(
            comparison, remembered=remembered, opponent=_hardest(comparison, opponent)
        ),
        cutoff_times=cutoffs,
        panel=panel,
        schema=schema,
        origins=origins,
        cutoff=found.cutoff,
        actual=actual,
        judged=judged,
        made=made,
        counts=LeftOut(
            np.bincount(found.cutoff, minlength=len(cutoffs)),
            found.too_short,
            found.nothing_after,
        ),
    )


def _hardest(scores: Scores, opponent: str | None) -> str | None:
    """The baseline to beat, or one that did better at the cutoffs themselves, so that no claim is weak.

    Those are the naive ones, and models that were asked for.
    """
    errors = {
        one.name: scores.error(one)
        for one in scores.models[1:]
        if one.name in {opponent, NAIVE, SEASONAL_NAIVE, *AUTO_MODELS}
        and not np.isnan(scores.error(one))
    }
    return min(errors, key=lambda name: errors[name], default=opponent)


def _join(parts: Sequence[BacktestPart], name: str) -> tuple[CutoffOrigins, dict[str, Made]]:
    """All parts as one, sorted by series and row; what not every part has, such as intervals, is left out."""
    series = np.concatenate([part.found.origins.series for part in parts])
    row = np.concatenate([part.found.origins.row for part in parts])
    cutoff = np.concatenate([part.found.cutoff for part in parts])
    order = np.lexsort((cutoff, row, series))
    found = CutoffOrigins(
        Origins(series[order], row[order]),
        cutoff[order],
        np.concatenate([part.found.too_short for part in parts]),
        np.concatenate([part.found.nothing_after for part in parts]),
    )
    forecast = [part for part in parts if part.own]
    own = [part.own for part in forecast if part.own]
    made = {name: _join_made(own, order)}
    ensembles = [part.ensemble for part in forecast if part.ensemble]
    if len(ensembles) == len(forecast):
        made[ensemble_name(name)] = _join_made(ensembles, order)
    for key in (k for k in forecast[0].beside if all(k in part.beside for part in forecast)):
        made[key] = _join_made([part.beside[key] for part in forecast], order)
    return found, made


def _join_made(parts: Sequence[Made], order: Int64) -> Made:
    """What one model made in all parts, in another order."""

    def joined(arrays: list[Float64]) -> Float64:
        return np.concatenate(arrays)[order] if len(arrays) > 1 else arrays[0][order]

    losses = [part.pinball for part in parts if part.pinball is not None]
    levels = [one for one in parts[0].intervals if all(one in part.intervals for part in parts)]
    return Made(
        joined([part.point for part in parts]),
        joined(losses) if len(losses) == len(parts) else None,
        {
            one: (
                joined([part.intervals[one][0] for part in parts]),
                joined([part.intervals[one][1] for part in parts]),
            )
            for one in levels
        },
    )
