"""Intervals of counts: those of the calibrated quantiles, of a negative binomial, and of what validation prefers.

The series are drawn, 100 of each kind. Of four kinds a negative binomial could be right: a week in a Poisson rate, more
spread than that, rare sales of some pieces, and slow movers whose rates drift. Of two it is wrong: bursts on quiet
days, and shares of twelve, which are less spread than counts by chance. 160 rows are known; the model reads four times
14 more, and forecasts each time before that. WQL is that of nine quantiles.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd

import rollcast as rc
from measuring import emit
from rollcast._types import Float64
from rollcast.metrics import NINE_LEVELS
from rollcast.model.intervals import CALIBRATED
from rollcast.networks.distribution import central_interval

SERIES, KNOWN, HORIZON, BLOCKS, SEED = 100, 160, 14, 4, 1
LIKELIHOODS = ("quantiles", "negative_binomial", "auto")
KINDS = (
    *("Poisson with a week", "negative binomial", "rare sales", "slow movers"),
    *("bursts", "shares of twelve"),
)


def main(seed: int = SEED, **options: Any) -> None:
    """Print three rows for each kind and likelihood."""
    for kind in KINDS:
        values = draw(kind, KNOWN + BLOCKS * HORIZON, seed)
        for likelihood in LIKELIHOODS:
            model = rc.Forecaster(
                h=HORIZON, likelihood=likelihood, **options or {"train": False, "log": False}
            )
            model.fit(table(values, 0, KNOWN), progress="quiet")
            taken = "negative binomial" if model.fitted.calibration.dispersion else "quantiles"
            made = forecasts(model, values)
            y = values[:, KNOWN:]
            for level in (80, 95):
                low, high = ends(made, level)
                held = 100 * float(np.mean((y >= low) & (y <= high)))
                emit(kind, likelihood, held, f"% inside of {level} %", note=taken)
            losses = loss(made, y)
            emit(kind, likelihood, float(losses.sum() / y.sum()), "WQL", note=taken)


def loss(made: Float64, y: Float64) -> Float64:
    """(S, T) the mean over nine levels of twice the pinball loss."""
    return sum(
        2 * np.where(y > q, level * (y - q), (1 - level) * (q - y)) / len(NINE_LEVELS)
        for level in NINE_LEVELS
        for q in [CALIBRATED.quantile(made, level)]
    )


def ends(made: Float64, level: float) -> tuple[Float64, Float64]:
    """The ends (S, T) of a central interval."""
    return central_interval(CALIBRATED, made, level)


def forecasts(model: rc.Forecaster, values: Float64) -> Float64:
    """(S, T, 15) quantiles of all blocks, each forecast before its first row was read."""
    state, made = model.state, []
    for begin in range(KNOWN, values.shape[1], HORIZON):
        made.append(model.fitted.forecast_quantiles(state, HORIZON, (80, 95)))
        state = model.observe(table(values, begin, begin + HORIZON), state)
    return np.concatenate(made, axis=1)


def table(values: Float64, begin: int, end: int) -> pd.DataFrame:
    """Some days of all series in long form."""
    days = pd.date_range("2024-01-01", periods=end)[begin:]
    number = len(values)
    names = np.repeat([f"s{s:03}" for s in range(number)], len(days))
    part = values[:, begin:end].ravel()
    return pd.DataFrame({"unique_id": names, "ds": np.tile(days, number), "y": part})


def draw(kind: str, rows: int, seed: int) -> Float64:
    """(S, T) series of one kind."""
    random, shape = np.random.default_rng(seed), (SERIES, rows)
    week = np.sin(2 * np.pi * (np.arange(rows) + random.integers(0, 7, (SERIES, 1))) / 7)
    if kind == "Poisson with a week":
        return 1.0 * random.poisson(np.exp(random.normal(0.5, 1, (SERIES, 1)) + 0.6 * week))
    if kind == "negative binomial":
        alpha = random.uniform(0.2, 2, (SERIES, 1))
        mean = np.exp(random.normal(0.5, 1, (SERIES, 1)) + 0.3 * week)
        return random.negative_binomial(1 / alpha, 1 / (1 + alpha * mean)) * 1.0
    if kind == "rare sales":
        often, pieces = random.uniform([[0.1], [0.3]], [[0.6], [6]], (2, SERIES))[..., None]
        return (random.random(shape) < often) * (1.0 + random.poisson(pieces, shape))
    if kind == "slow movers":
        drift = np.cumsum(random.normal(0, 0.06, shape), axis=1)
        return 1.0 * random.poisson(np.exp(random.normal(-0.5, 0.7, (SERIES, 1)) + drift))
    if kind == "bursts":
        begins = random.random(shape) < 0.02
        lasts = begins | np.roll(begins, 1, axis=1) | np.roll(begins, 2, axis=1)
        return random.poisson(np.where(lasts, random.uniform(10, 60, shape), 0.7)) * 1.0
    level = np.cumsum(random.normal(0, 0.08, shape), axis=1) + random.normal(0, 1, (SERIES, 1))
    return random.binomial(12, 1 / (1 + np.exp(-level - 0.5 * week))) * 1.0


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
