"""The ensemble's forecast: the median of what the network forecasts and what the best baselines do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rollcast._types import Float64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.evaluation.ensemble import median_with
from rollcast.evaluation.judge import held_baselines
from rollcast.forecasting.state import State
from rollcast.model.falling_back import lacks_rows


class EnsembleForecast(NamedTuple):
    """Forecasts of the network and baselines together.

    Attributes:
        point: (S, h) in the data's units.
        told: a sentence on series of which too few rows are known; None where there is none.
    """

    point: Float64
    told: str | None


def forecast_ensemble(
    members: Sequence[str],
    current: State,
    rows: Panel,
    point: Float64,
    *,
    name: str,
    season: int | None,
) -> EnsembleForecast:
    """The median of the network's forecasts and those of the members; the network's own of series too little known.

    Args:
        members: names of baselines.
        current: of the S series that are forecast.
        rows: known ones of these, up to where the forecasts start.
        point: (S, h) the network's forecasts.
        name: of the network.
        season: rows in a season, or None.
    """
    origins = Origins(np.arange(rows.num_series), rows.lengths - 1)
    bounds = current.preparation.bounds
    theirs = held_baselines(rows, origins, point.shape[1], season, bounds, members)
    short = lacks_rows(current, rows, season)
    made = np.where(short[:, None], point, median_with(point, [theirs[one] for one in members]))
    told = None
    if short.any():
        told = (
            f"`ensemble` leaves {int(short.sum()):,} series to {name} alone: too few rows are known "
            "for the baselines. Pass the history, or save the model with its data."
        )
    return EnsembleForecast(made, told)
