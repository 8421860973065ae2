"""Falling back: the series for which a baseline won on the validation part get the forecast of that baseline."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Bool, Float64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.evaluation.baselines.seasonal_indices import LEAST_SEASONS
from rollcast.evaluation.fallback import Fallback
from rollcast.evaluation.judge import held_baselines
from rollcast.forecasting.state import State

LEAST_ROWS: Final = 10
"""Rows that a baseline has to know, or all rows of a shorter series; three seasons where there is one."""


class FallenBack(NamedTuple):
    """Forecasts, some of them by baselines.

    Attributes:
        point: (S, h) in the data's units.
        by: (S, h) the name of what forecast.
        told: a sentence on series of which too few rows are known; None where there is none.
    """

    point: Float64
    by: np.ndarray
    told: str | None


def lacks_rows(current: State, rows: Panel, season: int | None) -> Bool:
    """(S,) of which series too few rows are known for a baseline."""
    return rows.lengths < np.minimum(current.rows, max(LEAST_SEASONS * (season or 1), LEAST_ROWS))


def fall_back(
    fallback: Fallback,
    fitted: State,
    current: State,
    rows: Panel,
    point: Float64,
    *,
    name: str,
    season: int | None,
) -> FallenBack:
    """The network's forecasts, with those of a baseline for the series that it won.

    A series that ``fit`` did not know keeps the network, and so does one of which too few rows are known.

    Args:
        fallback: what validation found of the series of ``fit``.
        fitted: their state.
        current: of the S series that are forecast.
        rows: known ones of these, up to where the forecasts start.
        point: (S, h) the network's forecasts.
        name: of the network.
        season: rows in a season, or None.
    """
    places = fitted.find(current.ids)
    choice = np.where(places >= 0, fallback.choice[places], -1)
    short = (choice >= 0) & lacks_rows(current, rows, season)
    choice = np.where(short, -1, choice)
    made = point.copy()
    by = np.full(point.shape, name, dtype=f"<U{max(map(len, (name, *fallback.names)))}")
    for k in np.unique(choice[choice >= 0]):
        own, winner = np.flatnonzero(choice == k), fallback.names[k]
        origins = Origins(own, rows.lengths[own] - 1)
        bounds = current.preparation.bounds
        theirs = held_baselines(rows, origins, point.shape[1], season, bounds, (winner,))
        known = ~np.isnan(theirs[winner]).any(axis=1)
        made[own[known]], by[own[known]] = theirs[winner][known], winner
    told = None
    if short.any():
        told = (
            f"`fallback` leaves {int(short.sum()):,} series to {name}, though a baseline did better "
            "there: too few rows are known. Pass the history, or save the model with its data."
        )
    return FallenBack(made, by, told)
