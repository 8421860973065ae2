"""How long series are, and from which rows they are forecast."""

from __future__ import annotations

from typing import Final

import numpy as np

from pretraining.chances import Generator, Integers, log_uniform
from pretraining.sizes import Size

SHORTEST: Final = 8
"""Rows of the shortest series, the forecast ones included."""

EARLIEST: Final = 3
"""The first row from which most series are forecast: the fourth."""


def lengths(rng: Generator, size: Size) -> Integers:
    """(B,) how many rows each series has: nearly always all; the others began later.

    The shortest are of the small sizes, whose updates are quick.
    """
    B, N = size.series, size.rows + size.horizon
    short = log_uniform(rng, max(SHORTEST, N / 20), N, B).astype("i4")
    return np.where(rng.random(B) < 0.12, np.clip(short, SHORTEST, N), N).astype("i4")


def origins(rng: Generator, size: Size, season: Integers, length: Integers) -> Integers:
    """(B, O) the newest row that is read of each forecast.

    Most lie behind the first season, or behind a third of the rows. In some series they may lie anywhere, early rows
    before all, so that whoever has but one row is forecast by what was trained.

    Args:
        rng: randomness.
        size: of the batch.
        season: (B,).
        length: (B,) rows of each series.
    """
    B, T = size.series, size.rows
    last = np.minimum(T - 1, length - 2)
    first = np.where(season > 1, np.minimum(season, T // 3), EARLIEST)
    first = np.minimum(np.maximum(first, EARLIEST), last)
    anywhere = rng.random(B) < 0.15
    first = np.where(anywhere, 0, first)
    share = rng.random((B, size.origins))
    ahead = np.where(anywhere[:, None], share**2, share) * (last - first + 1)[:, None]
    return np.minimum(first[:, None] + ahead.astype("i4"), last[:, None]).astype("i4")
