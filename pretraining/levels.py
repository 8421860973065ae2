"""Levels: exponential smoothing, random walks with drift, momentum and mean reversion, innovations near 1.

The smoothing families are those of Hyndman et al. (2008), *Forecasting with Exponential Smoothing*.
"""

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
from pretraining.recursions import decaying_sum


def levels(rng: Generator, m: Integers, N: int, *, volatility: bool = True) -> Floats:
    """Level, slope and noise of each series.

    Args:
        rng: randomness.
        m: (B,) season lengths, which tell what kind of series it is.
        N: rows.
        volatility: whether the size of innovations wanders in some.

    Returns:
        (B, N).
    """
    B = len(m)
    fast = (m >= 24) & (m != 52)  # hours and minutes
    # What grows over 400 rows at most ends beyond all measure over 2,000.
    far = min(1.0, 432 / N)
    kind = rng.random(B)
    alpha = np.where(kind < 0.08, 0, np.where(kind < 0.36, 1, rng.beta(1.3, 1.5, B)))
    beta = np.where(rng.random(B) < 0.35 * far, alpha * rng.random(B) ** 2 * 0.6, 0)
    phi = np.where(rng.random(B) < 0.3 * far, 1.0, uniform(rng, 0.75, 0.99, B))
    sign = np.where(rng.random(B) < 0.68, 1, -1)
    drift = sign * log_uniform(rng, 0.003, 1.0, B) * some(rng, 0.65, B) * far
    drift = np.where(fast, 0.05, 1.0) * drift
    slope = sign * lognormal(rng, 0.3, 1.0, B) * some(rng, 0.4, B)
    rho = returning(rng, m, N)
    theta = np.where(rng.random(B) < 0.45, 0, uniform(rng, -0.4, 0.85, B))
    # Demand and temperature by the hour move smoothly.
    theta = np.where(fast & (rng.random(B) < 0.25), uniform(rng, 0.85, 0.98, B), theta)
    noise = innovations(rng, B, N)
    wandering = wandering_volatility(rng, B, N)
    if volatility:
        noise *= wandering

    noise *= np.sqrt(1 - np.minimum(theta**2, 0.9)).astype("f4")[:, None]
    u = decaying_sum(noise, theta)
    # b[t] = phi b[t - 1] + beta u[t] and l[t] = rho l[t - 1] + phi b[t - 1] + drift + alpha u[t]
    pushes = beta.astype("f4")[:, None] * u
    pushes[:, 0] += phi * slope
    b = decaying_sum(pushes, phi)
    momentum = np.empty_like(b)
    momentum[:, 0], momentum[:, 1:] = phi * slope, b[:, :-1] * phi.astype("f4")[:, None]
    momentum += drift.astype("f4")[:, None]
    level = decaying_sum(momentum + alpha.astype("f4")[:, None] * u, rho)
    return level + (1 - alpha).astype("f4")[:, None] * u


def returning(rng: Generator, m: Integers, N: int) -> Floats:
    """(B,) how much of a level the next row keeps: hours and days mostly return, months and years seldom."""
    B = len(m)
    shares = (0.75, 0.5) if N > 512 else (0.55, 0.3)
    share = np.select([m >= 24, np.isin(m, (5, 7, 52))], shares, 0.14)
    slow = 1 - log_uniform(rng, 0.004, 0.4, B)
    rate = np.where((N > 512) & (rng.random(B) < 0.6), slow, uniform(rng, 0.6, 0.99, B))
    return np.where(rng.random(B) < share, rate, 1.0)


def innovations(rng: Generator, B: int, N: int) -> Floats:
    """(B, N) of unit size, normal or with heavy tails: Student's t of 2.5, 4 and 8 degrees of freedom."""
    e = normal(rng, B, N)
    freedom = rng.choice([2.5, 4, 8, 0], B, p=[0.1, 0.2, 0.25, 0.45])
    for df in (2.5, 4, 8):
        at = np.flatnonzero(freedom == df)
        mixing = rng.standard_gamma(df / 2, (len(at), N), dtype="f4") * (2 / df)
        e[at] *= np.sqrt(max(df - 2, 0.8) / df) / np.sqrt(np.maximum(mixing, 0.03))
    return e


def wandering_volatility(rng: Generator, B: int, N: int) -> Floats:
    """(B, N) a factor of the innovations that wanders in a quarter of the series, and is 1 in the others."""
    factor = np.ones((B, N), "f4")
    at = np.flatnonzero(rng.random(B) < 0.25)
    w = np.cumsum(normal(rng, len(at), N), 1) / np.float32(np.sqrt(N))
    w = (w - w.mean(1, keepdims=True)) * uniform(rng, 0.3, 1.2, len(at))[:, None]
    factor[at] = np.exp(np.clip(w, -2, 2))
    return factor
