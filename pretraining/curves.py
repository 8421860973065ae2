"""Smooth curves: draws from Gaussian processes, business cycles, bends of a line, growth to saturation."""

from __future__ import annotations

from typing import Final

import numpy as np

from pretraining.chances import Floats, Generator, log_uniform, lognormal, normal, uniform

TURN: Final = np.float32(2 * np.pi)


def curves(rng: Generator, B: int, N: int) -> Floats:
    """(B, N) sums of the four kinds; about half of the series have none."""
    out = np.zeros((B, N), "f4")
    on = rng.random(B) < 0.8
    for share, kind in ((0.25, smooth), (0.2, cycles), (0.25, bends), (0.06, saturations)):
        at = np.flatnonzero(on & (rng.random(B) < share))
        out[at] += kind(rng, len(at), N)
    return out


def smooth(rng: Generator, n: int, N: int) -> Floats:
    """Gaussian processes by eight random Fourier features.

    Normal frequencies give an RBF kernel; divided by a root gamma, a rational quadratic one (Rahimi and Recht,
    2007).
    """
    t = np.arange(N, dtype="f4")
    length, size = log_uniform(rng, 5, 1.5 * N, n), lognormal(rng, 2.0, 1.0, n)
    out = np.zeros((n, N), "f4")
    for _ in range(8):
        frequency = normal(rng, n) / length / np.sqrt(rng.gamma(1.5, 1 / 1.5, n).clip(0.05))
        phase = uniform(rng, 0, float(TURN), n)
        out += np.cos(frequency.astype("f4")[:, None] * t + phase[:, None])
    return out * (size / 2)[:, None]


def cycles(rng: Generator, n: int, N: int) -> Floats:
    """Cycles of unknown period, whose phase wanders."""
    t = np.arange(N, dtype="f4")
    period = log_uniform(rng, 6, N, n)[:, None]
    phase = np.cumsum(normal(rng, n, N), 1) * lognormal(rng, 0.05, 1.0, n)[:, None]
    phase += uniform(rng, 0, float(TURN), n)[:, None]
    return lognormal(rng, 2.0, 0.9, n)[:, None] * np.cos(TURN * t / period + phase)


def bends(rng: Generator, n: int, N: int) -> Floats:
    """A line that bends three times, less sharply where it has far to go."""
    t = np.arange(N, dtype="f4")
    out = np.zeros((n, N), "f4")
    for _ in range(3):
        at = uniform(rng, 0, N, n)[:, None]
        steepness = normal(rng, n) * lognormal(rng, 0.15 * min(1.0, 432 / N), 1.0, n)
        out += steepness[:, None] * np.maximum(t - at, 0)
    return out


def saturations(rng: Generator, n: int, N: int) -> Floats:
    """Logistic growth or decline."""
    t = np.arange(N, dtype="f4")
    at = uniform(rng, -0.3 * N, 1.2 * N, n)[:, None]
    width = log_uniform(rng, 0.03 * N, 0.4 * N, n)[:, None]
    return (normal(rng, n) * 12)[:, None] / (1 + np.exp(np.clip((at - t) / width, -30, 30)))
