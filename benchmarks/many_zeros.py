"""Mean or median of series with many zeros: what each costs by absolute and by squared errors, and how biased it is.

The series are drawn, three kinds of them: rare sales of some pieces each, over-dispersed counts (negative binomial),
and counts with a week in their rate (Poisson). 200 of each kind are known for 60 or 300 rows, and the next 14 are
forecast without a fit. Beside the median and the mean stand zero, and the two baselines for such series.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from measuring import emit
from rollcast._types import Float64
from rollcast.data.origins import Origins
from rollcast.evaluation.baselines import CROSTON, TSB, forecast_baselines
from rollcast.model.zero_shot import make_forecast
from rollcast.networks.distribution import QUANTILE_LEVELS, Quantiles

SERIES, HORIZON, SEED = 200, 14, 1
QUANTILES = Quantiles(QUANTILE_LEVELS)


def main() -> None:
    """Print four rows for each kind, length and forecast."""
    for kind in ("rare sales", "negative binomial", "Poisson with a week"):
        for rows in (60, 300):
            values = draw(kind, rows + HORIZON)
            known, actual = values[:, :rows], values[:, rows:]
            zeros = f"{np.mean(known == 0):.0%} zeros".replace("%", " %")
            for who, made in forecasts(known).items():
                case, error = f"{kind}, {rows} rows", made - actual
                bias = 100 * error.sum() / actual.sum()
                emit(case, who, float(np.abs(error).mean()), "MAE", note=zeros)
                emit(case, who, float(np.sqrt((error**2).mean())), "RMSE", note=zeros)
                emit(case, who, scaled(known, actual, made), "RMSSE", note=zeros)
                emit(case, who, float(bias), "% bias", note=zeros)


def draw(kind: str, rows: int) -> Float64:
    """(S, T) series of one kind."""
    random, shape = np.random.default_rng(SEED), (SERIES, rows)
    if kind == "rare sales":
        often, pieces = random.uniform([[0.1], [0.3]], [[0.6], [6]], (2, SERIES))[..., None]
        return (random.random(shape) < often) * (1.0 + random.poisson(pieces, shape))
    if kind == "negative binomial":
        mean, spread = random.uniform([[0.2], [0.3]], [[1.2], [2]], (2, SERIES))[..., None]
        return random.negative_binomial(spread, spread / (spread + mean), shape).astype(float)
    level = random.normal(-1, 0.5, (SERIES, 1))
    return random.poisson(np.exp(level + 0.8 * np.sin(2 * np.pi * np.arange(rows) / 7))) * 1.0


def forecasts(known: Float64) -> dict[str, Float64]:
    """(S, h) each, by name."""
    number, rows = known.shape
    days = np.tile(pd.date_range("2024-01-01", periods=rows), number)
    names = np.repeat(np.arange(number), rows)
    table = pd.DataFrame({"unique_id": names, "ds": days, "y": known.ravel()})
    found = make_forecast(table, HORIZON, {})
    ends = Origins(np.arange(number), np.full(number, rows - 1))
    beside = forecast_baselines(found.panel, ends, HORIZON, 7, (CROSTON, TSB))
    return {
        "mean": QUANTILES.mean(found.quantiles),
        "median": QUANTILES.point(found.quantiles),
        "zero": np.zeros((number, HORIZON)),
    } | beside


def scaled(known: Float64, actual: Float64, made: Float64) -> float:
    """The mean over the series of their RMSSE."""
    each = [
        np.sqrt(np.mean((f - y) ** 2) / np.mean(np.diff(before) ** 2))
        for before, y, f in zip(known, actual, made, strict=True)
        if np.diff(before).any()
    ]
    return float(np.mean(each))


if __name__ == "__main__":
    main()
