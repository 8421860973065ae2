"""What is drawn of a backtest: scores by step ahead, and the forecasts of one series at some of its cutoffs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Int64
from rollcast.errors import ArgumentError
from rollcast.evaluation.excerpt import name_in_title, place_of
from rollcast.evaluation.grouped_scores import Groups
from rollcast.plots.past_forecasts import PastForecasts, ScoresByStep

if TYPE_CHECKING:
    from rollcast.evaluation.backtest import Backtest

MOST_SHOWN: Final = 8
"""Cutoffs whose forecasts are drawn, the newest ones."""

MOST_HORIZONS: Final = 16
"""Between the first of them and the last: farther apart, the forecasts would be too narrow to be read."""

MOST_BESIDE: Final = 3
"""Baselines whose errors are drawn, the best ones and the one to beat."""


def scores_by_step(test: Backtest) -> ScoresByStep:
    """The errors of the model and of the best baselines at each step, and what the intervals held."""
    comparison, steps = test.comparison, np.arange(test.h)
    known = [one for one in comparison.models[1:] if np.isfinite(comparison.error(one))]
    beside = [one.name for one in sorted(known, key=comparison.error)]
    best = comparison.best_baseline
    if best is not None:
        beside = [best.name, *(name for name in beside if name != best.name)]
    groups, error = Groups(test.judged, steps[None, :], test.h), comparison.deciding
    found = {name: groups.score(test.made[name]) for name in (test.name, *beside[:MOST_BESIDE])}
    intervals = test.made[test.name].intervals
    return ScoresByStep(
        error=error,
        unit=test.unit if error == "MAE" else None,
        errors={name: scores[error.lower()] for name, scores in found.items()},
        coverage={level: found[test.name][f"coverage-{level}"] for level in intervals},
    )


def forecasts_of_series(test: Backtest, series: Any) -> PastForecasts:
    """The newest forecasts of one series that do not overlap.

    Args:
        test: the backtest.
        series: its identifier; None for the first that was judged.

    Raises:
        ArgumentError: there is no such series, or it was left out at every cutoff.
    """
    panel, h = test.panel, test.h
    s = int(test.origins.series[0]) if series is None else place_of(series, panel.ids)
    own = np.flatnonzero(test.origins.series == s)
    if not len(own):
        raise ArgumentError(
            f"`series` = {panel.ids[s]!r} has no forecast in this backtest, since it was left out at every cutoff; see "
            "left_out."
        )
    shown = own[_apart(test.origins.row[own], h)]
    rows = test.origins.row[shown]
    first = max(int(rows[0]) - h, 0)
    count = int(rows[-1]) + h + 1 - first
    start = panel.frequency.advance(int(panel.starts[s]), first)
    times = panel.frequency.times(start, count)
    clock = times if panel.frequency.is_integer else times.view("M8[ns]")
    held = panel.rows(s)
    known = np.where(panel.mask[held], panel.target[held], np.nan)[first : first + count]
    made, best = test.made[test.name], test.comparison.best_baseline
    place = rows - first
    return PastForecasts(
        name=test.name,
        times=clock,
        actual=np.concatenate([known, np.full(count - len(known), np.nan)]),
        cutoffs=clock[place],
        times_ahead=clock[place[:, None] + 1 + np.arange(h)],
        forecast=made.point[shown],
        intervals={
            level: (low[shown], high[shown]) for level, (low, high) in made.intervals.items()
        },
        baseline=None if best is None else test.made[best.name].point[shown],
        baseline_name="" if best is None else best.name,
        unit=test.unit,
        value_name=str(test.schema.target_col),
        tz=panel.frequency.tz,
        title=f"{name_in_title(panel.ids, s)}forecasts from {_which(len(shown), len(own))} (upright lines)",
    )


def _apart(rows: Int64, h: int) -> Int64:
    """Places of the newest of ascending rows that lie ``h`` apart at least, as many as can be shown."""
    chosen: list[int] = []
    for place in range(len(rows) - 1, -1, -1):
        if len(chosen) == MOST_SHOWN or rows[-1] - rows[place] > MOST_HORIZONS * h:
            break
        if not chosen or rows[chosen[-1]] - rows[place] >= h:
            chosen.append(place)
    return np.array(chosen[::-1], np.int64)


def _which(shown: int, all_of_them: int) -> str:
    if shown == all_of_them:
        return format_count(shown, "cutoff")
    return f"{shown:,} of {format_count(all_of_them, 'cutoff')}"
