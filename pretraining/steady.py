"""Signals that stay as they are: a season or a sine that never changes, under noise that never does either."""

from __future__ import annotations

from typing import Final

import numpy as np

from pretraining.chances import Floats, Generator, Integers, log_uniform, lognormal, some, uniform
from pretraining.levels import innovations
from pretraining.profiles import profiles

SHARE: Final = 0.1
"""Of the series."""


def steady(rng: Generator, m: Integers, N: int) -> tuple[Integers, Floats]:
    """Which series are steady, and their values.

    Where a season is told, nine of ten series have it. Where none is told, six of ten have a sine of any period.

    Args:
        rng: randomness.
        m: (B,) season lengths; 1 is none.
        N: rows.

    Returns:
        (n,) places of the series, and (n, N) what stands there.
    """
    at = np.flatnonzero(rng.random(len(m)) < SHARE)
    n = len(at)
    values = innovations(rng, n, N)
    strength = lognormal(rng, 4.0, 1.2, n)
    there = rng.random(n) < np.where(m[at] > 1, 0.9, 0.6)
    for length in np.unique(m[at]).tolist():
        of_length = np.flatnonzero((m[at] == length) & there)
        size = strength[of_length][:, None]
        values[of_length] += size * (
            seasons_of(rng, len(of_length), length, N)
            if length > 1
            else sines(rng, len(of_length), N)
        )
    slope = uniform(rng, -1, 1, n) * some(rng, 0.25, n) * 10 / N
    return at, values + slope[:, None] * np.arange(N, dtype="f4")


def seasons_of(rng: Generator, n: int, m: int, N: int) -> Floats:
    """(n, N) one profile over and over; in half of the series a sine of the season's length."""
    t = np.arange(N)
    turns = t / m + rng.random((n, 1))
    sine = np.sqrt(2) * np.sin(2 * np.pi * turns)
    free = profiles(rng, n, m)[:, t % m]
    return np.where(rng.random((n, 1)) < 0.5, sine, free).astype("f4")


def sines(rng: Generator, n: int, N: int) -> Floats:
    """(n, N) of any period, which nobody tells; a second one in a third of the series."""
    t, values = np.arange(N), np.zeros((n, N), "f4")
    for size in (np.ones(n, "f4"), uniform(rng, 0.2, 1.0, n) * some(rng, 0.35, n)):
        period = log_uniform(rng, 2.5, min(N / 4, 200), n)[:, None]
        values += size[:, None] * np.sqrt(2) * np.sin(2 * np.pi * (t / period + rng.random((n, 1))))
    return values.astype("f4")
