"""Counts, and demand that comes now and then."""

from __future__ import annotations

import numpy as np

from pretraining.chances import Floats, Generator, log_uniform, lognormal, normal, some, uniform
from pretraining.recursions import decaying_sum


def counts(rng: Generator, v: Floats) -> Floats:
    """Poisson counts and ones with wider spread, whose mean follows a series.

    Args:
        rng: randomness.
        v: (n, N) of mean 0 and unit size.

    Returns:
        (n, N).
    """
    n = len(v)
    height = uniform(rng, -1, 3.5, n)[:, None] + uniform(rng, 0.1, 0.8, n)[:, None] * v
    mean = np.exp(np.clip(height, -4, 5))
    dispersion = rng.choice([1, 3, 0], n)
    for shape in (1, 3):
        at = np.flatnonzero(dispersion == shape)
        mean[at] *= rng.standard_gamma(shape, (len(at), v.shape[1]), dtype="f4") / shape
    return rng.poisson(mean).astype("f4")


def intermittent(rng: Generator, v: Floats) -> Floats:
    """Demand that is zero in most rows: alone or in bursts, of single pieces or of lots, for all or part of the time.

    Args:
        rng: randomness.
        v: (n, N) of mean 0 and unit size; demand comes more often where it is high.

    Returns:
        (n, N).
    """
    n, N = v.shape
    # Bursts: what decides whether there is demand keeps some of its value.
    memory = np.where(rng.random(n) < 0.5, 0, uniform(rng, 0.3, 0.95, n)).astype("f4")
    luck = decaying_sum(normal(rng, n, N) * np.sqrt(1 - memory**2)[:, None], memory)
    threshold = uniform(rng, -0.3, 2.1, n)
    demand = luck + uniform(rng, 0, 0.8, n)[:, None] * v > threshold[:, None]

    kind = rng.random(n)[:, None]
    mean = lognormal(rng, 2.0, 1.0, n)[:, None] * np.exp(
        uniform(rng, 0, 0.5, n)[:, None] * np.clip(v, -3, 3)
    )
    pieces = 1 + rng.poisson(np.minimum(mean, 1e4))
    heavy = np.ceil(mean * np.exp(uniform(rng, 0.4, 1.2, n)[:, None] * normal(rng, n, N)))
    lots = rng.choice([1, 5, 6, 10, 12, 50], n)[:, None]
    sizes = np.select([kind < 0.5, kind < 0.8], [pieces, heavy], np.ceil(pieces / 3) * lots)

    t = np.arange(N)
    begin = np.where(rng.random(n) < 0.12, uniform(rng, 0, 0.6 * N, n), 0)[:, None]
    end = np.where(rng.random(n) < 0.08, uniform(rng, 0.4 * N, N, n), N)[:, None]
    return np.where(demand & (t >= begin) & (t < end), sizes, 0).astype("f4")


def units(rng: Generator, n: int) -> Floats:
    """(n,) what one piece counts: mostly 1."""
    return np.where(some(rng, 0.8, n) > 0, 1, log_uniform(rng, 0.01, 100, n)).astype("f4")
