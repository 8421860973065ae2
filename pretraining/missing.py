"""Rows without a value: scattered, in stretches, and closed days or hours."""

from __future__ import annotations

import numpy as np

from pretraining.chances import Flags, Generator, Integers, log_uniform, some, uniform


def scattered(rng: Generator, B: int, N: int) -> Flags:
    """(B, N) single rows, up to a quarter of them, in a few series."""
    rate = some(rng, 0.07, B) * uniform(rng, 0, 0.25, B)
    return rng.random((B, N), dtype="f4") < rate[:, None]


def stretches(rng: Generator, B: int, N: int) -> Flags:
    """(B, N) up to three stretches of rows, in a few series."""
    t = np.arange(N)
    gone = np.zeros((B, N), bool)
    on = rng.random(B) < 0.04
    for share in (1.0, 0.5, 0.25):
        begin = rng.integers(0, N, B)
        length = log_uniform(rng, 2, max(4, N / 6), B) * some(rng, share, B) * on
        gone |= (t >= begin[:, None]) & (t < (begin + length)[:, None])
    return gone


def closed(rng: Generator, m: Integers, N: int) -> Flags:
    """(B, N) one or two closed days in weeks of days; nights and weekends in days of hours.

    Args:
        rng: randomness.
        m: (B,) season lengths.
        N: rows.
    """
    B, t = len(m), np.arange(N)
    of_days = (m == 7) & (rng.random(B) < 0.10)
    of_hours = np.isin(m, (24, 48, 96)) & (rng.random(B) < 0.04)
    first, days = rng.integers(7, size=B)[:, None], np.where(rng.random(B) < 0.6, 1, 2)[:, None]
    day = np.where(of_days[:, None], t, t // m[:, None])
    gone = ((day + first) % 7 < days) & (of_days | (of_hours & (rng.random(B) < 0.6)))[:, None]
    opening = (t + rng.integers(96, size=B)[:, None]) % m[:, None]
    nights = opening < uniform(rng, 0.2, 0.7, B)[:, None] * m[:, None]
    return gone | (nights & (of_hours & (rng.random(B) < 0.7))[:, None])
