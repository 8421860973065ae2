"""The forecasts that need no network, and that every network has to beat."""

from rollcast.evaluation.baselines.all_baselines import (
    BASELINES,
    INTERMITTENT,
    SEASONAL,
    forecast_baselines,
)
from rollcast.evaluation.baselines.drift import DRIFT
from rollcast.evaluation.baselines.exponential_smoothing import SEASONAL_ES, SES
from rollcast.evaluation.baselines.intermittent_demand import CROSTON, TSB
from rollcast.evaluation.baselines.naive_forecasts import (
    NAIVE,
    SEASONAL_NAIVE,
    naive,
    naive_at,
    seasonal_naive,
    seasonal_naive_at,
)
from rollcast.evaluation.baselines.theta import THETA
from rollcast.evaluation.baselines.window_average import WINDOW_AVERAGE

__all__ = [
    "BASELINES",
    "CROSTON",
    "DRIFT",
    "INTERMITTENT",
    "NAIVE",
    "SEASONAL",
    "SEASONAL_ES",
    "SEASONAL_NAIVE",
    "SES",
    "THETA",
    "TSB",
    "WINDOW_AVERAGE",
    "forecast_baselines",
    "naive",
    "naive_at",
    "seasonal_naive",
    "seasonal_naive_at",
]
