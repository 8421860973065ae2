"""Judging: forecasts from rolling origins beside the actual values and beside the baselines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.evaluation.baselines import forecast_baselines
from rollcast.evaluation.comparison import best_first
from rollcast.evaluation.ensemble import ensemble_name, median_with
from rollcast.evaluation.in_sample_errors import squared_scales_at
from rollcast.evaluation.scores import Scores
from rollcast.evaluation.scoring import Values, score, where_known
from rollcast.preprocessing.bounds import Bounds
from rollcast.preprocessing.many_zeros import has_many_zeros


def judge(
    panel: Panel,
    origins: Origins,
    forecasts: Float64,
    scale: Float64,
    *,
    name: str,
    season: int | None,
    unit: str | None,
    opponent: str | None = None,
    members: Sequence[str] = (),
    bounds: Bounds | None = None,
    squared: Float64 | None = None,
) -> Scores:
    """Forecasts from rolling origins beside every baseline.

    Args:
        panel: all rows.
        origins: of any series.
        forecasts: (M, h) in the data's units.
        scale: (S,) see :func:`in_sample_scales`.
        name: of the model.
        season: rows in a season, or None.
        unit: of the data, or None.
        opponent: the baseline to beat, see :func:`choose_opponent`; None for the better one of the naive ones.
        members: baselines of which the median with the model is judged as well; none for no median.
        bounds: of S series, to which the baselines are held as ``forecasts`` are; None for none.
        squared: (S,) see :func:`squared_scales`.
    """
    h = forecasts.shape[1]
    baselines = held_baselines(panel, origins, h, season, bounds, always=(opponent, *members))
    actual = where_known(actual_at(panel, origins, h), baselines)
    models = {name: forecasts}
    if members:
        median = median_with(forecasts, [baselines[member] for member in members])
        models[ensemble_name(name)] = median
    models |= baselines
    return score(
        actual,
        models,
        scale=scale[origins.series],
        series=origins.series,
        time=times_of(panel, origins),
        season=season if season and season > 1 else None,
        one_step={key: (actual[:, 0], made[:, 0]) for key, made in models.items()},
        unit=unit,
        step=panel.frequency.noun,
        weights=weights_at(panel, origins, h),
        opponent=opponent,
        squared=None if squared is None else squared[origins.series],
    )


def choose_opponent(
    panel: Panel,
    origins: Origins,
    ends: Int64,
    scale: Float64,
    *,
    h: int,
    season: int | None,
    bounds: Bounds | None = None,
    names: Sequence[str] | None = None,
    squared: Float64 | None = None,
) -> str | None:
    """The baseline with the lowest error, by the rule of :func:`rollcast.evaluation.comparison.first_of_lowest`.

    Args:
        panel: all rows.
        origins: of the validation part.
        ends: (S,) one past the last row that may be looked at.
        scale: (S,) see :func:`in_sample_scales`.
        h: horizon.
        season: rows in a season, or None.
        bounds: of S series, to which the baselines are held; None for none.
        names: of the baselines among which it is chosen; None for all.
        squared: (S,) see :func:`squared_scales`.

    Returns:
        Its name; None where nothing was observed behind the origins.
    """
    made = held_baselines(panel, origins, h, season, bounds, names)
    values = values_at(panel, origins, scale, h, ends, squared).where_known(made)
    errors = {name: values.deciding_error(forecast) for name, forecast in made.items()}
    return next(iter(best_first(errors)), None)


def held_baselines(
    panel: Panel,
    origins: Origins,
    h: int,
    season: int | None,
    bounds: Bounds | None,
    names: Sequence[str] | None = None,
    always: Sequence[str | None] = (),
) -> dict[str, Float64]:
    """The baselines' forecasts (M, h), within the bounds of their series."""
    made = forecast_baselines(panel, origins, h, season, names, always=always)
    if bounds is None:
        return made
    return {name: bounds.limit(forecast, origins.series) for name, forecast in made.items()}


def values_at(
    panel: Panel,
    origins: Origins,
    scale: Float64,
    h: int,
    ends: Int64 | None = None,
    squared: Float64 | None = None,
) -> Values:
    """What came after each origin, and how much of it counts.

    Args:
        panel: all rows.
        origins: of any series.
        scale: (S,) what errors are divided by.
        h: horizon.
        ends: (S,) one past the last row that may be looked at; default each series' end.
        squared: (S,) see :func:`squared_scales`.
    """
    return Values(
        actual_at(panel, origins, h, ends),
        origins.series,
        times_of(panel, origins),
        scale[origins.series],
        weights_at(panel, origins, h),
        None if squared is None else squared[origins.series],
    )


def times_of(panel: Panel, origins: Origins) -> Int64:
    """(M,) when the origins' forecasts start, in steps of the frequency after the earliest series' first row.

    A series whose grid lies between these steps counts with the step before: what overlaps by a part of a step is not
    told apart from what does by none.
    """
    first = np.full(panel.num_series, panel.starts.min(initial=0))
    rows, _ = panel.frequency.locate(first, panel.starts)
    return rows[origins.series] + origins.row


def weights_at(panel: Panel, origins: Origins, h: int) -> Float64 | None:
    """(M, h) how much each value after each origin counts; None where all count alike."""
    if panel.weights is None:
        return None
    index = origins.places(panel.offsets)[:, None] + 1 + np.arange(h)
    there = index < panel.offsets[1:][origins.series, None]
    return np.where(there, panel.weights[np.where(there, index, 0)], 0.0)


def actual_at(panel: Panel, origins: Origins, h: int, ends: Int64 | None = None) -> Float64:
    """(M, h) the actual values after each origin; NaN where it was not observed.

    Args:
        panel: all rows.
        origins: of any series.
        h: horizon.
        ends: (S,) one past the last row that may be looked at; default each series' end.
    """
    last = panel.offsets[1:] if ends is None else ends
    index = origins.places(panel.offsets)[:, None] + 1 + np.arange(h)
    there = index < last[origins.series, None]
    index = np.where(there, index, 0)
    return np.where(there & panel.mask[index], panel.target[index], np.nan)


def in_sample_scales(panel: Panel, ends: Int64, season: int | None) -> Float64:
    """(S,) each series' error of seasonal naive on its rows before ``ends`` (S,): what MASE divides by.

    As :func:`rollcast.metrics.seasonal_scale` has it, of all series at once. Of a series that has no two values a
    season apart it is the error of naive; NaN where that has no value either.
    """
    scale = _naive_errors(panel, ends, 1)
    if season is None or season == 1:
        return scale
    seasonal = _naive_errors(panel, ends, season)
    return np.where(np.isnan(seasonal), scale, seasonal)


def squared_scales(panel: Panel, ends: Int64) -> Float64 | None:
    """(S,) what RMSSE divides by, where squared errors are to decide; None where absolute ones are.

    The absolute error prefers a forecast of nothing but zeros, where these are many. So squared ones decide where more
    than half of the series have over 30 % zeros before ``ends``.

    Args:
        panel: all rows.
        ends: (S,) one past the last row of each series that may be known, in the flat series.
    """
    lengths = ends - panel.offsets[:-1]
    if 2 * has_many_zeros(panel.head(lengths)).sum() <= panel.num_series:
        return None
    last = Origins(np.arange(panel.num_series), lengths - 1)
    return np.sqrt(squared_scales_at(panel, last))


def _naive_errors(panel: Panel, ends: Int64, lag: int) -> Float64:
    """(S,) the mean absolute difference of values ``lag`` rows apart; NaN where there are none."""
    values = np.where(panel.mask, panel.target, np.nan)
    row = np.arange(len(values))
    series = np.repeat(np.arange(panel.num_series), panel.lengths)
    apart = np.flatnonzero((row - lag >= panel.offsets[series]) & (row < ends[series]))
    steps = np.abs(values[apart] - values[apart - lag])
    kept = ~np.isnan(steps)
    count = np.bincount(series[apart[kept]], minlength=panel.num_series)
    judged = count > 0
    begins = np.cumsum(count) - count
    total = np.add.reduceat(steps[kept], begins[judged]) if judged.any() else 0.0
    scale = np.full(panel.num_series, np.nan)
    scale[judged] = total / count[judged]
    return scale


def divisors(scale: Float64) -> Float64:
    """Scales (S,) by which errors can be divided: 1 for a series that is constant or too short to have one."""
    return np.where(scale > 0, scale, 1.0)
