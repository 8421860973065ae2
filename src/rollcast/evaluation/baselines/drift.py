"""Drift: the straight line through the first and the last value goes on."""

from __future__ import annotations

from typing import Final

import numpy as np

from rollcast._types import Float64
from rollcast.evaluation.baselines.known_rows import KnownRows, newest_observed, pick

DRIFT: Final = "drift"


def extend_line(known: KnownRows, h: int, season: int = 1) -> Float64:
    """Forecast by the line from the first to the last observed value: ``y[b] + (t - b) (y[b] - y[a]) / (b - a)``.

    A single value is repeated. Hyndman & Athanasopoulos, "Forecasting: Principles and Practice" (3rd edition, 2021),
    section 5.2.

    Args:
        known: the newest known row of each forecast.
        h: steps to forecast.
        season: not used; every baseline is called alike.

    Returns:
        (M, h) the forecasts; NaN where nothing was observed.
    """
    last, first = newest_observed(known), _first_observed(known)
    end, begin = pick(known.values, last), pick(known.values, np.where(last >= 0, first, -1))
    slope = (end - begin) / np.maximum(last - first, 1)
    ahead = known.place - last
    return end[:, None] + slope[:, None] * (ahead[:, None] + 1 + np.arange(h))


def _first_observed(known: KnownRows) -> np.ndarray:
    """(M,) the first observed row of each forecast's series in the flat series, if it has one."""
    observed = np.append(np.flatnonzero(~np.isnan(known.values)), -1)
    return observed[np.searchsorted(observed[:-1], known.offsets[:-1])][known.series]
