"""What happens to a series: noise, noise that depends on the season, level shifts and outliers."""

from __future__ import annotations

import numpy as np

from pretraining.chances import (
    Floats,
    Generator,
    Integers,
    log_uniform,
    lognormal,
    normal,
    some,
    uniform,
)
from pretraining.profiles import profiles


def noise(rng: Generator, B: int, N: int) -> Floats:
    """(B, N) errors of measurement in a third of the series."""
    size = lognormal(rng, 0.5, 1.2, B) * some(rng, 0.35, B)
    return size[:, None] * normal(rng, B, N)


def seasonal_noise(rng: Generator, m: Integers, N: int) -> Floats:
    """(B, N) noise that is loud in some hours, or days, and quiet in others; none in seasons below 5 rows."""
    B = len(m)
    out = np.zeros((B, N), "f4")
    on = (m >= 5) & (rng.random(B) < np.where(m >= 24, 0.25, 0.12))
    for length in np.unique(m[on]):
        at = np.flatnonzero(on & (m == length))
        loud = np.exp(
            np.clip(
                uniform(rng, 0.3, 1.2, len(at))[:, None] * profiles(rng, len(at), length), -3, 2
            )
        )
        size = lognormal(rng, 1.5 if length >= 24 else 0.8, 0.8, len(at))[:, None]
        out[at] = size * loud[:, np.arange(N) % length] * normal(rng, len(at), N)
    return out


def shifts(rng: Generator, B: int, N: int) -> Floats:
    """(B, N) up to two steps of the level."""
    t = np.arange(N, dtype="f4")
    out = np.zeros((B, N), "f4")
    for _ in range(2):
        size = some(rng, 0.12, B) * normal(rng, B) * lognormal(rng, 4.0, 0.7, B)
        out += size[:, None] * (t >= uniform(rng, 0, N, B)[:, None])
    return out


def outliers(rng: Generator, B: int, N: int) -> Floats:
    """(B, N) single rows far off, in a fifth of the series."""
    rate = some(rng, 0.22, B) * uniform(rng, 0.003, 0.05, B)
    out = np.zeros((B, N), "f4")
    series, row = np.nonzero(rng.random((B, N), dtype="f4") < rate[:, None])
    size = lognormal(rng, 6.0, 0.6, B)
    out[series, row] = normal(rng, len(row)) * size[series]
    return out


def wrong(rng: Generator, values: Floats) -> Floats:
    """(B, N) one or a few wrong readings in a fortieth of the series: ten to a million times its usual change away."""
    B, N = values.shape
    usual = np.abs(np.diff(values, axis=1)).mean(1)
    size = usual * log_uniform(rng, 10, 1e6, B) * some(rng, 0.025, B)
    at = rng.random((B, N), dtype="f4") < (uniform(rng, 0.5, 3, B) / N)[:, None]
    return np.where(at, size[:, None] * np.where(rng.random((B, 1)) < 0.7, 1, -1), 0).astype("f4")
