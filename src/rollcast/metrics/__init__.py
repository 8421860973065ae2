"""Errors of forecasts, each with its equation and its source: of points, of quantiles, and of intervals.

Everywhere ``y`` is the actual value and ``f`` its forecast; a NaN in ``actual`` means that nothing was observed there,
and that place is left out. A NaN in a forecast is a fault, not a gap: it makes the error NaN. With nothing observed,
each function returns NaN. All take plain arrays.
"""

from rollcast.metrics.interval_scores import coverage, interval_width, msis
from rollcast.metrics.point_errors import (
    bias,
    count_zeros,
    mae,
    mape,
    mase,
    observed_pairs,
    rmse,
    rmsse,
    seasonal_scale,
    seasonal_scale_squared,
    smape,
    wape,
)
from rollcast.metrics.quantile_scores import NINE_LEVELS, crps, pinball, sample_crps, wql

__all__ = [
    "NINE_LEVELS",
    "bias",
    "count_zeros",
    "coverage",
    "crps",
    "interval_width",
    "mae",
    "mape",
    "mase",
    "msis",
    "observed_pairs",
    "pinball",
    "rmse",
    "rmsse",
    "sample_crps",
    "seasonal_scale",
    "seasonal_scale_squared",
    "smape",
    "wape",
    "wql",
]
