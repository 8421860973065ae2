"""Judging: forecasts from rolling origins beside the actual values and beside the baselines."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from rollcast import metrics
from rollcast._types import Float64, Int64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.evaluation.baselines import NAIVE, SEASONAL_NAIVE, naive_at, seasonal_naive_at
from rollcast.evaluation.scores import Scores, score


def judge(
    panel: Panel,
    origins: Origins,
    forecasts: Float64,
    scale: Float64,
    *,
    name: str,
    season: int | None,
    unit: str | None,
) -> Scores:
    """Forecasts from rolling origins beside naive and, where the season is known, seasonal naive.

    Args:
        panel: all rows.
        origins: of every series.
        forecasts: (S, O, h) in the data's units.
        scale: (S,) see :func:`in_sample_scales`.
        name: of the model.
        season: rows in a season, or None.
        unit: of the data, or None.
    """
    count, h = forecasts.shape[1:]
    actual = actual_at(panel, origins, h).reshape(-1, h)
    models = {name: forecasts.reshape(-1, h), NAIVE: baseline_at(panel, origins, h, naive_at)}
    if season and season > 1:
        seasonal = partial(seasonal_naive_at, season=season)
        models[SEASONAL_NAIVE] = baseline_at(panel, origins, h, seasonal)
    return score(
        actual,
        models,
        scale=np.repeat(scale, count),
        season=season if season and season > 1 else None,
        one_step={key: (actual[:, 0], made[:, 0]) for key, made in models.items()},
        unit=unit,
    )


def actual_at(panel: Panel, origins: Origins, h: int) -> Float64:
    """(S, O, h) the actual values after each origin; NaN where it was not observed."""
    newest = origins.first[:, None] + origins.stride * np.arange(origins.number)
    index = newest[:, :, None] + 1 + np.arange(h)
    return np.where(panel.mask[index], panel.target[index], np.nan)


def in_sample_scales(panel: Panel, ends: Int64, season: int | None) -> Float64:
    """(S,) each series' error of (seasonal) naive on its rows before ``ends`` (S,): what MASE divides by."""
    return np.array(
        [
            metrics.seasonal_scale(panel.target[first:last], season)
            for first, last in zip(panel.offsets[:-1], ends, strict=True)
        ]
    )


def divisors(scale: Float64) -> Float64:
    """Scales (S,) by which errors can be divided: 1 for a series that is constant or too short to have one."""
    return np.where(scale > 0, scale, 1.0)


def baseline_at(panel: Panel, origins: Origins, h: int, forecast: Any) -> Float64:
    """(S O, h) a baseline's forecasts from every origin, series after series.

    Args:
        panel: all rows.
        origins: of every series.
        h: horizon.
        forecast: ``naive_at``, or one that is called like it.
    """
    observed = np.where(panel.mask, panel.target, np.nan)
    steps = origins.stride * np.arange(origins.number)
    made = [
        forecast(observed[panel.rows(s)], first - panel.offsets[s] + 1 + steps, h)
        for s, first in enumerate(origins.first)
    ]
    return np.concatenate(made)
