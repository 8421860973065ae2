"""Shapes of a season: Fourier sums, free, smoothed, spikes, blocks, and the bumps of a day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from pretraining.chances import Floats, Generator, normal, some, uniform


def profiles(rng: Generator, n: int, m: int) -> Floats:
    """Random shapes of one season, of mean 0 and unit size.

    Args:
        rng: randomness.
        n: how many.
        m: rows of the season.

    Returns:
        (n, m).
    """
    free = normal(rng, n, m)
    soft = smoothed(free)
    kind, low, out = rng.random(n), 0.0, np.empty((n, m), "f4")
    for shape, share in (SHAPES if m < 24 else SHAPES_OF_DAYS).items():
        at = np.flatnonzero((kind >= low) & (kind < low + share))
        low += share
        if len(at):
            out[at] = shape(rng, free[at], soft[at])
    out -= out.mean(1, keepdims=True)
    out /= np.maximum(out.std(1, keepdims=True), 0.05)
    return np.roll(out, rng.integers(m), 1)


def smoothed(free: Floats) -> Floats:
    """(n, m) a free shape, smoothed round its ends by the binomial weights of m // 8 passes over three rows."""
    soft = free
    for _ in range(max(1, free.shape[1] // 8)):
        soft = (np.roll(soft, 1, 1) + soft + np.roll(soft, -1, 1)) / 3
    return soft


def fourier(rng: Generator, free: Floats, soft: Floats) -> Floats:
    """Up to eight harmonics, the higher ones smaller."""
    n, m = free.shape
    x = np.arange(m, dtype="f4") / m
    decay = uniform(rng, 0.3, 2.0, n)
    out = np.zeros((n, m), "f4")
    for k in range(1, min(m // 2, 8) + 1):
        turns = k * (x + uniform(rng, 0, 1, n)[:, None])
        out += (normal(rng, n) / k**decay)[:, None] * np.cos(np.float32(2 * np.pi) * turns)
    return out


def spikes(rng: Generator, free: Floats, soft: Floats) -> Floats:
    """One or two rows that stand out, mostly upwards."""
    n, m = free.shape
    sign = np.where(rng.random(n) < 0.75, 1, -1).astype("f4")[:, None]
    return np.abs(normal(rng, n, m)) * (rng.random((n, m)) < 1.5 / m) * sign + 0.1 * free


def blocks(rng: Generator, free: Floats, soft: Floats) -> Floats:
    """On for a part of the season, off for the other."""
    n, m = free.shape
    x = np.arange(m) / m
    edge = np.sort(rng.random((n, 2)), 1)
    return ((x > edge[:, :1]) & (x < edge[:, 1:])) * np.float32(1) + np.float32(0.15) * soft


def bumps(rng: Generator, free: Floats, soft: Floats) -> Floats:
    """One to three bumps over quiet hours: sunlight, traffic, an evening's demand."""
    n, m = free.shape
    x = np.arange(m, dtype="f4") / m
    out = 0.1 * some(rng, 0.7, n)[:, None] * soft
    for place in range(3):
        there = some(rng, (1.0, 0.6, 0.3)[place], n) * uniform(rng, 0.3, 1.0, n)
        width = uniform(rng, 1.0, 25.0, n)[:, None]
        turns = np.cos(np.float32(2 * np.pi) * (x - uniform(rng, 0, 0.5, n)[:, None]))
        out += there[:, None] * np.exp(width * (turns - 1))
    return out


def unbound(rng: Generator, free: Floats, soft: Floats) -> Floats:
    """Every row for itself."""
    return free


def soft_ones(rng: Generator, free: Floats, soft: Floats) -> Floats:
    """Neighbours alike."""
    return soft


Shape = Callable[[Generator, Floats, Floats], Floats]
# fmt: off
SHAPES: Final[dict[Shape, float]] = {
    fourier: 0.35, unbound: 0.25, soft_ones: 0.18, spikes: 0.12, blocks: 0.11,
}
"""How often seasons below 24 rows have each shape; the last reaches beyond 1, so that rounding leaves nothing out."""

SHAPES_OF_DAYS: Final[dict[Shape, float]] = {
    fourier: 0.30, unbound: 0.10, soft_ones: 0.15, spikes: 0.08, blocks: 0.10, bumps: 0.28,
}
"""Those of longer ones, whose neighbours are seldom free of each other."""
# fmt: on
