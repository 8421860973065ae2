"""Years over days: a smooth curve, and events of some days that may return on their date."""

from __future__ import annotations

import numpy as np

from pretraining.chances import Floats, Generator, lognormal, normal, some, uniform


def year(rng: Generator, n: int, N: int, days: int) -> Floats:
    """(n, N) a yearly curve of up to three harmonics and unit size, whose height changes a little from year to year.

    Args:
        rng: randomness.
        n: series.
        N: rows.
        days: rows of a year: 365, or 260 of business days.
    """
    # Calendar years have a leap day every fourth time, which a season of 365 rows slides over.
    length = np.where(rng.random(n) < 0.5, days * 365.25 / 365, days)
    turn = ((np.arange(N) / length[:, None]) + rng.random(n)[:, None]).astype("f4")
    out = np.zeros((n, N), "f4")
    decay = uniform(rng, 0.5, 2.5, n)
    for k in (1, 2, 3):
        turns = k * turn + uniform(rng, 0, 1, n)[:, None]
        out += (normal(rng, n) / k**decay)[:, None] * np.cos(np.float32(2 * np.pi) * turns)
    out /= out.std(1, keepdims=True) + np.float32(0.1)
    years = int(N / days) + 3
    heights = 1 + np.float32(0.15) * some(rng, 0.5, n)[:, None] * normal(rng, n, years)
    return out * np.take_along_axis(heights, turn.astype(int), 1)


def events(rng: Generator, n: int, N: int, days: int) -> Floats:
    """(n, N) sales and holidays: jumps of some days that fade; most return every year on their date.

    Args:
        rng: randomness.
        n: series.
        N: rows.
        days: rows of a year.
    """
    t = np.arange(N)
    out = np.zeros((n, N), "f4")
    sign = np.where(rng.random(n) < 0.75, 1, -1)
    recurring = rng.random(n) < 0.65
    for _ in range(6):
        there = some(rng, 0.6, n)
        date = np.where(recurring, rng.integers(0, days, n), rng.integers(0, N, n))[:, None]
        since = t - date
        since = np.where(recurring[:, None], since % days, since)
        duration = np.where(rng.random(n) < 0.5, 1, rng.integers(2, 12, n))[:, None]
        fading = np.exp(-np.maximum(since, 0) / (duration * uniform(rng, 0.3, 3, n)[:, None]))
        height = there * sign * lognormal(rng, 1.0, 0.7, n)
        out += height[:, None] * np.where((since >= 0) & (since < duration), fading, 0)
    return out
