"""Seasons that wander, and what moves from one to the next as the weather does."""

from __future__ import annotations

import numpy as np

from pretraining.chances import Floats, Generator, normal, some, uniform
from pretraining.profiles import profiles
from pretraining.recursions import decaying_sum


def season(rng: Generator, N: int, m: int, size: Floats) -> Floats:
    """A season that wanders from one profile to another, and whose size may change.

    Args:
        rng: randomness.
        N: rows.
        m: rows of the season.
        size: (n,) of each series.

    Returns:
        (n, N).
    """
    n, t = len(size), np.arange(N) % m
    first, last, other = (profiles(rng, n, m)[:, t] for _ in range(3))
    moved = (uniform(rng, 0, 1, n) ** 2 * some(rng, 0.5, n))[:, None]
    moved = np.linspace(0, 1, N, dtype="f4") * moved
    growth = normal(rng, n) * np.float32(0.5) * some(rng, 0.35, n)
    growth = np.exp(np.linspace(-0.5, 0.5, N, dtype="f4") * growth[:, None])
    jitter = np.repeat(normal(rng, n, N // m + 1), m, 1)[:, :N]
    jitter = 1 + np.float32(0.15) * some(rng, 0.3, n)[:, None] * jitter
    shape = (1 - moved) * first + moved * last + np.float32(0.1) * moved * other
    return size[:, None] * shape * growth * jitter


def weather(rng: Generator, n: int, N: int, m: int) -> Floats:
    """(n, N) of unit size: an AR(1) of the seasons, interpolated between them."""
    seasons = N // m + 3
    rho = uniform(rng, 0.0, 0.95, n)
    e = normal(rng, n, seasons)
    e[:, 1:] *= np.sqrt(1 - rho**2)[:, None]
    e = decaying_sum(e, rho)
    at = (np.arange(N) + rng.integers(m)) / m
    i = at.astype(int)
    part = (at - i).astype("f4")
    return e[:, i] * (1 - part) + e[:, i + 1] * part
