"""What a series of values is as the network reads it: logarithms, counts, shares, rounded or stuck values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from pretraining.chances import Floats, Generator, log_uniform, normal, uniform
from pretraining.counts import counts, intermittent, units

SHARES: Final = {
    "additive": 0.22,
    "multiplicative": 0.05,
    "counts": 0.07,
    "floors": 0.03,
    "rounded": 0.05,
    "intermittent": 0.05,
    "bounded": 0.03,
    "stuck": 0.02,
}
"""Of the series; the others are read as they were drawn, which are logarithms of positive values."""


def read(rng: Generator, z: Floats, without: frozenset[str]) -> Floats:
    """The values of each series as the network reads them.

    Args:
        rng: randomness.
        z: (B, N) as drawn.
        without: readings that are left out, see ``SHARES``.

    Returns:
        (B, N).
    """
    B = len(z)
    v = z - z.mean(1, keepdims=True)
    v /= z.std(1, keepdims=True) + np.float32(1e-3)
    kind, low, out = rng.random(B), 0.0, z.copy()
    for (name, share), each in zip(SHARES.items(), rng.spawn(len(SHARES)), strict=True):
        at = np.flatnonzero((kind >= low) & (kind < low + share))
        low += share
        if len(at) and name not in without:
            out[at] = READINGS[name](each, v[at])
    return out


def additive(rng: Generator, v: Floats) -> Floats:
    """Seasons and noise that add up, of positive values, read as logarithms."""
    base = log_uniform(rng, 1.5, 15, len(v))[:, None]
    lowest = np.minimum(v.min(1, keepdims=True), -2)
    return np.log(np.maximum(base - lowest * np.float32(0.8) + v, np.float32(0.15))) * 20


def multiplicative(rng: Generator, v: Floats) -> Floats:
    """Seasons and noise that multiply, read as they are."""
    return np.exp(np.float32(0.5) * np.clip(v, -4, 4)) * 10


def counted(rng: Generator, v: Floats) -> Floats:
    """Counts, read as log(1 + x) or as they are."""
    return log_of_some(rng, counts(rng, v), 0.7)


def now_and_then(rng: Generator, v: Floats) -> Floats:
    """Intermittent demand, read as log(1 + x) or as it is."""
    return log_of_some(rng, intermittent(rng, v), 0.6)


def log_of_some(rng: Generator, values: Floats, share: float) -> Floats:
    """(n, N) counts: log(1 + x) in a share of the series, in units of their own in the others."""
    n = len(values)
    as_log = rng.random(n)[:, None] < share
    return np.where(as_log, np.log1p(values), values * units(rng, n)[:, None])


def floored(rng: Generator, v: Floats) -> Floats:
    """Values that never fall below some floor."""
    return np.maximum(v, np.float32(0.5) * normal(rng, len(v))[:, None] - np.float32(0.8))


def rounded(rng: Generator, v: Floats) -> Floats:
    """Values of few digits."""
    return np.round(v * 5) / 5


def bounded(rng: Generator, v: Floats) -> Floats:
    """Shares and percentages: between two bounds that they approach, or hit."""
    n = len(v)
    middle, steepness = uniform(rng, -2.5, 2.5, n)[:, None], log_uniform(rng, 0.3, 3.0, n)[:, None]
    logit = np.clip(middle + steepness * v, -30, 30)
    soft = 1 / (1 + np.exp(-logit))
    hard = np.clip(np.float32(0.5) + np.float32(0.25) * logit, 0, 1)
    share = np.where(rng.random(n)[:, None] < 0.65, soft, hard)
    return share * np.where(rng.random(n)[:, None] < 0.5, 1, 100).astype("f4")


def stuck(rng: Generator, v: Floats) -> Floats:
    """Prices that seldom change and sensors that hang: rows that repeat the one before."""
    n, N = v.shape
    rate = np.where(rng.random(n) < 0.5, uniform(rng, 0.05, 0.5, n), uniform(rng, 0.6, 0.97, n))
    moved = rng.random((n, N), dtype="f4") >= rate[:, None]
    return np.take_along_axis(v, last_true(moved), 1)


def last_true(flags: np.ndarray) -> np.ndarray:
    """(B, N) the newest row up to each whose flag is set; 0 before the first."""
    return np.maximum.accumulate(np.where(flags, np.arange(flags.shape[1]), 0), 1)


READINGS: Final[dict[str, Callable[[Generator, Floats], Floats]]] = {
    "additive": additive,
    "multiplicative": multiplicative,
    "counts": counted,
    "floors": floored,
    "rounded": rounded,
    "intermittent": now_and_then,
    "bounded": bounded,
    "stuck": stuck,
}
