"""Weeks over days: seven free days, or working days alike, other weekends, and holidays that look like Sundays."""

from __future__ import annotations

import numpy as np

from pretraining.chances import Floats, Generator, log_uniform, lognormal, normal, some, uniform
from pretraining.profiles import profiles
from pretraining.recursions import moving_mean


def free_weeks(rng: Generator, day: Floats, size: Floats, m: int) -> Floats:
    """What a week of seven free days adds to a day: each has its own level, its own size, and a shape beside.

    Args:
        rng: randomness.
        day: (n, N) the season of a day.
        size: (n,) of that season.
        m: rows of a day.

    Returns:
        (n, N).
    """
    n, N = day.shape
    row = np.arange(N) % (7 * m)
    week = np.repeat(profiles(rng, n, 7), m, 1)[:, row]
    other = profiles(rng, n, 7 * m)[:, row]
    sizes = uniform(rng, 0, 0.3, n)[:, None] * week
    strength = (size * uniform(rng, 0, 1.0, n))[:, None]
    return day * sizes + strength * (np.float32(0.6) * week + np.float32(0.25) * other)


def calendar_weeks(rng: Generator, size: Floats, N: int, m: int) -> Floats:
    """A day that differs by its kind: working days, Saturdays, Sundays and holidays, and a fourth kind for Fridays.

    How much the kinds differ goes from nothing to all that there is.

    Args:
        rng: randomness.
        size: (n,) of the day's season.
        N: rows.
        m: rows of a day.

    Returns:
        (n, N).
    """
    n = len(size)
    row = np.arange(N) + rng.integers(m)
    day, hour = row // m, row % m
    kinds = kinds_of_days(rng, n, day[-1] + 1)
    difference = np.minimum(lognormal(rng, 0.6, 0.9, n), 3.0) * some(rng, 0.92, n)
    amount = np.where(rng.random(n) < 0.25, log_uniform(rng, 0.05, 0.5, n), 1).astype("f4")

    working = profiles(rng, n, m)
    likeness = np.minimum(difference, 1)[:, None]
    shapes, steps = [working], [np.zeros(n, "f4")]
    for _ in range(3):
        mixed = likeness * uniform(rng, 0, 1, n)[:, None]
        scale = 1 - uniform(rng, -0.3, 0.7, n)[:, None] * likeness
        shapes.append(scale * (1 - mixed) * working + mixed * profiles(rng, n, m))
        steps.append(difference * (normal(rng, n) - np.float32(0.8)))
    shape, step = np.stack(shapes, 1), np.stack(steps, 1)  # (n, 4, m), (n, 4)
    each = np.arange(n)[:, None]
    level = step[each, kinds]
    level += (
        np.float32(0.12) * (difference * some(rng, 0.5, n))[:, None] * weekday_levels(rng, kinds)
    )
    # Levels move over some hours around midnight, not within one row.
    level = moving_mean(np.repeat(level, m, 1)[:, row[0] : row[0] + N], max(1, m // 4))
    return size[:, None] * (amount[:, None] * shape[each, kinds[:, day], hour] + level)


def kinds_of_days(rng: Generator, n: int, days: int) -> np.ndarray:
    """(n, days) integers: 0 working days, 1 Saturdays, 2 Sundays, 3 Fridays; holidays are Sundays."""
    case = rng.random(n)[:, None]
    weekday = (np.arange(days) + rng.integers(7, size=n)[:, None]) % 7
    saturday = np.where(case < 0.45, 2, np.where(case < 0.88, 1, 0))
    friday = np.where(rng.random(n)[:, None] < 0.2, 3, 0)
    kinds = np.select([weekday == 6, weekday == 5, weekday == 4], [2, saturday, friday], 0)
    often = log_uniform(rng, 0.006, 0.05, n) * some(rng, 0.5, n)
    return np.where(rng.random((n, days)) < often[:, None], 2, kinds)


def weekday_levels(rng: Generator, kinds: np.ndarray) -> Floats:
    """(n, days) small levels of the seven weekdays."""
    n, days = kinds.shape
    return normal(rng, n, 7)[:, np.arange(days) % 7]
