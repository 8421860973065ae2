"""All baselines by name, and their forecasts from many origins of a panel at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np

from rollcast._types import Float64
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.evaluation.baselines.drift import DRIFT, extend_line
from rollcast.evaluation.baselines.exponential_smoothing import (
    SEASONAL_ES,
    SES,
    smooth_level,
    smooth_seasonal,
)
from rollcast.evaluation.baselines.intermittent_demand import (
    CROSTON,
    TSB,
    find_intermittent,
    forecast_croston,
    forecast_tsb,
)
from rollcast.evaluation.baselines.known_rows import KnownRows
from rollcast.evaluation.baselines.naive_forecasts import (
    NAIVE,
    SEASONAL_NAIVE,
    repeat_season,
    repeat_value,
)
from rollcast.evaluation.baselines.theta import THETA, forecast_theta
from rollcast.evaluation.baselines.window_average import WINDOW_AVERAGE, average_window

Baseline: TypeAlias = Callable[[KnownRows, int, int], Float64]
"""From known rows, the horizon and the rows of a season (1 for none) to forecasts (M, h)."""

BASELINES: Final[Mapping[str, Baseline]] = {
    NAIVE: repeat_value,
    SEASONAL_NAIVE: repeat_season,
    DRIFT: extend_line,
    WINDOW_AVERAGE: average_window,
    SES: smooth_level,
    SEASONAL_ES: smooth_seasonal,
    THETA: forecast_theta,
    CROSTON: forecast_croston,
    TSB: forecast_tsb,
}
"""Every baseline, the simplest first: of two that are equally good, the earlier one is to be preferred."""

SEASONAL: Final = frozenset({SEASONAL_NAIVE, SEASONAL_ES})
"""Those that without a season would only repeat another one."""

INTERMITTENT: Final = frozenset({CROSTON, TSB})
"""Those that of a series with few zeros would only repeat another one."""


def forecast_baselines(
    panel: Panel,
    origins: Origins,
    h: int,
    season: int | None,
    names: Sequence[str] | None = None,
    *,
    always: Sequence[str | None] = (),
) -> dict[str, Float64]:
    """Every baseline's forecasts from many origins at once.

    For an origin, only rows up to it are read. Smoothing parameters, first levels, seasonal indices and whether
    there is a season at all are fitted once for each series, on the rows up to the first of its origins (the newest
    2,048 or 8 seasons of them). The level is then rolled forward through all rows, so that later forecasts know newer
    values, but no newer parameters. Theta's line, drift and the window are those of each origin.

    Args:
        panel: the series; where ``mask`` is False, a value is not read.
        origins: of any series, in any order.
        h: steps to forecast.
        season: rows in a season; None or 1 leaves the seasonal baselines out.
        names: of the baselines wanted; None for all, and those of intermittent series where over 30 % of a series'
            values are zero up to its first origin.
        always: those that are wanted in any case, whatever the values are.

    Returns:
        By name, in the order of ``BASELINES``, forecasts (M, h) in the data's units; NaN where nothing was observed up
        to the origin.
    """
    values = np.where(panel.mask, panel.target, np.nan)
    known = KnownRows(values, panel.offsets, origins.series, origins.row)
    rows = int(season or 1)
    wanted = set(BASELINES if names is None else names)
    if names is None and not find_intermittent(known).any():
        wanted -= INTERMITTENT
    wanted |= {*always}
    return {
        name: forecast(known, h, rows)
        for name, forecast in BASELINES.items()
        if name in wanted and (rows > 1 or name not in SEASONAL)
    }
