"""The forecasts that need no network, and that every network has to beat."""

from rollcast.evaluation.baselines.all_baselines import BASELINES, forecast_baselines
from rollcast.evaluation.baselines.naive_forecasts import (
    NAIVE,
    SEASONAL_NAIVE,
    naive,
    naive_at,
    seasonal_naive,
    seasonal_naive_at,
)

__all__ = [
    "BASELINES",
    "NAIVE",
    "SEASONAL_NAIVE",
    "forecast_baselines",
    "naive",
    "naive_at",
    "seasonal_naive",
    "seasonal_naive_at",
]
