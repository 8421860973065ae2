"""Scoring: the errors of a model and its baselines on the same values, and how they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from rollcast import metrics
from rollcast._number_format import format_count
from rollcast._types import Float64, Int64
from rollcast.data.origins import mean_by_series
from rollcast.errors import ArgumentError
from rollcast.evaluation.baselines import BASELINES
from rollcast.evaluation.comparison import Difference, compare, count_windows
from rollcast.evaluation.scores import ModelScores, Scores
from rollcast.metrics.point_errors import point_errors
from rollcast.options.argument_checks import floats


def score(
    actual: Float64,
    forecasts: Mapping[str, Float64],
    *,
    scale: Float64,
    series: Int64 | None = None,
    time: Int64 | None = None,
    season: int | None = None,
    one_step: Mapping[str, tuple[Float64, Float64]] | None = None,
    unit: str | None = None,
    step: str | None = None,
    weights: Float64 | None = None,
    opponent: str | None = None,
    squared: Float64 | None = None,
) -> Scores:
    """Score a model and its baselines on rolling origins.

    All are judged on the same values: places where a baseline has no forecast, since nothing was
    observed before the origin, are left out for all.

    Args:
        actual: (M, h) the actual values; NaN where not observed.
        forecasts: name -> (M, h). The judged model is the first that is no baseline.
        scale: (M,) each origin's series' in-sample error, from ``metrics.seasonal_scale``.
        series: (M,) whose origins these are; None for one series.
        time: (M,) when the forecasts start, in steps of the calendar that all series share; None if each starts one
            step after the one before it.
        season: rows in a season, or None.
        one_step: name -> the actual values and their forecasts one step ahead: (M,), those of the origins, where
            ``weights`` are given, of which the first column weighs them; else any number of them.
        unit: the data's unit.
        step: of the frequency, in words.
        weights: (M, h) how much each value counts, at least 0; None where all count alike.
        opponent: the baseline to beat, chosen without these values; None for the better one of the naive ones.
        squared: (M,) RMSSE's scale of each origin's series, where squared errors decide; None where absolute ones do.

    Returns:
        The scores, the judged model first.

    Raises:
        ArgumentError: if shapes differ or there is nothing to judge.
    """
    y, names = _checked(actual, forecasts)
    count, h = y.shape
    arrays = {name: np.asarray(forecasts[name], dtype=np.float64) for name in names}
    for name in names[1:]:
        if name in BASELINES and np.isnan(arrays[name]).any():
            y = np.where(np.isnan(arrays[name]), np.nan, y)
    if weights is not None:
        y = np.where(weights > 0, y, np.nan)
    codes = np.zeros(count, np.int64) if series is None else np.asarray(series)
    times = np.arange(count) if time is None else np.asarray(time)
    scale = _checked_scale(scale, count)
    judged = Values(y, codes, times, scale, weights, squared)
    ours: _Losses | None = None
    scores: list[ModelScores] = []
    for name in names:
        losses = _Losses.of(judged, arrays[name])
        pair = (one_step or {}).get(name)
        scores.append(_score_one(name, judged, arrays[name], pair, losses, ours))
        ours = ours or losses  # the judged model comes first
    observed = ~np.isnan(y).all(axis=1)
    return Scores(
        h=h,
        origins=int(observed.sum()),
        unit=unit,
        season=season,
        zeros=metrics.count_zeros(y),
        models=tuple(scores),
        series=max(len(np.unique(codes[observed])), 1),
        windows=count_windows(times[observed], h) if observed.any() else 0,
        opponent=opponent,
        step=step,
        compared=judged.compared,
        squared=squared is not None,
    )


class Values(NamedTuple):
    """What forecasts are judged on.

    Attributes:
        actual: (M, h) NaN where not observed.
        series: (M,) whose origins these are.
        time: (M,) when the forecasts start, in steps of the calendar.
        scale: (M,) of each origin's series.
        weights: (M, h), or None.
        squared: (M,) RMSSE's scale of each origin's series, where squared errors decide; None where absolute ones do.
    """

    actual: Float64
    series: Int64
    time: Int64
    scale: Float64
    weights: Float64 | None
    squared: Float64 | None = None

    def losses(self, forecast: Float64, *, scaled: bool) -> Float64:
        """(M, h) absolute or squared errors; infinite where a forecast is no number, NaN where nothing was observed."""
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.abs(self.actual - forecast)
        unknown = np.isnan(error)
        if unknown.any():
            error[unknown & ~np.isnan(self.actual)] = np.inf
        if scaled:
            scale = self.scale if self.squared is None else self.squared
            known = (scale > 0) & np.isfinite(scale)
            error /= np.where(known, scale, np.nan)[:, None]
        with np.errstate(over="ignore"):
            return error if self.squared is None else error**2

    def pooled(self, forecast: Float64) -> float:
        """The mean over the series of their mean scaled errors, or of the roots of squared ones (MASE, RMSSE).

        It is NaN where no series has a scale.
        """
        means = mean_by_series(self.series, self.losses(forecast, scaled=True), self.weights)
        known = means[~np.isnan(means)]
        known = known if self.squared is None else np.sqrt(known)
        return float(known.mean()) if len(known) else math.nan

    @property
    def scaled(self) -> bool:
        """Whether scaled errors decide, so that no series of several decides alone."""
        scale = self.scale if self.squared is None else self.squared
        return len(np.unique(self.series)) > 1 and bool((scale > 0).any())

    @property
    def compared(self) -> int:
        """Series that have an error by which they are judged."""
        losses = self.losses(np.zeros_like(self.actual), scaled=self.scaled)
        return len(np.unique(self.series[~np.isnan(losses).all(axis=1)]))

    def deciding_error(self, forecast: Float64) -> float:
        """The error by which a model is judged: of one series the MAE or RMSE, of several the pooled scaled error."""
        if self.scaled:
            return self.pooled(forecast)
        if self.squared is not None:
            return metrics.rmse(self.actual, forecast, weights=self.weights)
        return metrics.mae(self.actual, forecast, weights=self.weights)

    def where_known(self, baselines: Mapping[str, Float64]) -> Values:
        """The same; not observed where a baseline has no forecast, since nothing was known before the origin."""
        return self._replace(actual=where_known(self.actual, baselines))

    def compare(self, ours: Float64, theirs: Float64) -> Difference:
        """How the errors of two models differ: of one series in the data's unit, of several scaled."""
        a, b = (self.losses(forecast, scaled=self.scaled) for forecast in (ours, theirs))
        h = self.actual.shape[1]
        return compare(a, b, self.series, self.time, h=h, weights=self.weights)


def where_known(actual: Float64, baselines: Mapping[str, Float64]) -> Float64:
    """(M, h) the actual values; NaN where one of the baselines has no forecast."""
    unknown = np.any([np.isnan(forecast) for forecast in baselines.values()], axis=0)
    return np.where(unknown, np.nan, actual)


class _Losses(NamedTuple):
    """What one model loses.

    Attributes:
        deciding: (M, h) that by which models are compared: of one series in the data's unit, of several scaled.
        of_each: (M,) the mean of each origin in the data's unit; NaN where nothing was observed.
    """

    deciding: Float64
    of_each: Float64

    @classmethod
    def of(cls, judged: Values, forecast: Float64) -> _Losses:
        """Of forecasts (M, h)."""
        plain = judged.losses(forecast, scaled=False)
        of_each = np.full(len(plain), np.nan)
        kept = ~np.isnan(plain).all(axis=1)
        of_each[kept] = np.nanmean(plain[kept], axis=1)
        deciding = judged.losses(forecast, scaled=True) if judged.scaled else plain
        return cls(deciding, of_each)


def _score_one(
    name: str,
    judged: Values,
    forecast: Float64,
    pair: tuple[Float64, Float64] | None,
    losses: _Losses,
    ours: _Losses | None,
) -> ModelScores:
    """One model's errors, and how the judged model's (``ours``) compare with them."""
    y, w = judged.actual, judged.weights
    h = y.shape[1]
    steps = [None] * h if w is None else list(w.T)
    first = steps[0]
    found, beaten = None, math.nan
    if ours is not None:
        found = compare(ours.deciding, losses.deciding, judged.series, judged.time, h=h, weights=w)
        beaten = _share_better(ours.of_each, losses.of_each)
    errors = point_errors(y, forecast, weights=w)
    columns = [np.ascontiguousarray(each.T) for each in (y, forecast)]
    return ModelScores(
        name=name,
        mae=errors.mae,
        rmse=errors.rmse,
        mape=errors.mape,
        smape=errors.smape,
        mase=judged._replace(squared=None).pooled(forecast),
        wape=errors.wape,
        bias=errors.bias,
        mae_by_step=tuple(
            metrics.mae(a, f, weights=step) for a, f, step in zip(*columns, steps, strict=True)
        ),
        one_step_mae=metrics.mae(*pair, weights=first) if pair else math.nan,
        one_step_rmse=metrics.rmse(*pair, weights=first) if pair else math.nan,
        beaten=beaten,
        p_value=found.p_value if found else math.nan,
        series_beaten=found.ahead / found.series if found and found.series else math.nan,
        rmsse=math.nan if judged.squared is None else judged.pooled(forecast),
    )


def _checked(actual: Float64, forecasts: Mapping[str, Float64]) -> tuple[Float64, list[str]]:
    """The actual values as floats, and the names with the judged model first."""
    y = np.asarray(actual, dtype=np.float64)
    if y.ndim != 2 or y.shape[1] < 1:
        raise ArgumentError(f"`actual` must have the shape (origins, h); got {y.shape}.")
    for name, f in forecasts.items():
        if np.shape(f) != y.shape:
            raise ArgumentError(
                f"`forecasts` of {name!r} must have the shape {y.shape}; got {np.shape(f)}."
            )
    judged = next((name for name in forecasts if name not in BASELINES), None)
    if judged is None:
        raise ArgumentError("`forecasts` must hold a model beside the baselines; got none.")
    return y, [judged, *(name for name in forecasts if name != judged)]


def _checked_scale(scale: Float64, count: int) -> Float64:
    scale = floats("scale", scale, 1)
    if len(scale) != count:
        raise ArgumentError(
            f"`scale` must have {format_count(count, 'value')}, one for each origin; got {len(scale)}."
        )
    return scale


def _share_better(ours: Float64, theirs: Float64) -> float:
    """Share of the origins at which our mean loss (M,) is lower; a tie counts half."""
    kept = ~np.isnan(ours)
    if not kept.any():
        return math.nan
    x, y = ours[kept], theirs[kept]
    return float(np.mean((x < y) + 0.5 * (x == y)))
