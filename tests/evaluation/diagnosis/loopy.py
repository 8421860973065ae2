"""Loops with a fault of choice, made from a series that anyone can write down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rollcast._types import Float64
from rollcast.evaluation.diagnosis.loops import Loops

HISTORY = 400


def loops(
    series: list[Float64],
    free: Callable[[Float64, Float64], Float64],
    *,
    h: int = 48,
    stride: int = 7,
    number: int = 20,
    one_step: Callable[[Float64, Float64], Float64] | None = None,
    season: int | None = None,
) -> Loops:
    """Loops on the rows after the first 400 of each series.

    Args:
        series: each of 400 + (number - 1) * stride + h rows at least.
        free: (rows (h,), values (N,)) -> the loop (h,); values after the first of the rows are not to be used, but as
            the truth that it is a changed form of.
        one_step: the same for the forecasts one step ahead; default a hundredth of a spread off.
    """
    first = HISTORY + stride * np.arange(number)
    rows = first[:, None] + np.arange(h)

    def at(make: Callable[[Any, Any], Any]) -> Float64:
        return np.stack([[make(r, y) for r in rows] for y in series])

    fine = one_step or (lambda r, y: y[r] + 0.01 * np.nanstd(y) * np.cos(r))
    known = np.array(
        [[f(y[:HISTORY]) for f in (np.nanmean, np.nanstd, np.nanmin, np.nanmax)] for y in series]
    )
    return Loops(
        free=at(free),
        one_step=at(fine),
        truth=at(lambda r, y: y[r]),
        last=at(lambda r, y: y[r[0] - 1]),
        seasonal=None
        if season is None
        else at(lambda r, y: y[r[0] - season :][:season][(r - r[0]) % season]),
        known=known,
        stride=stride,
    )


def wave(
    period: float = 12.0, *, rows: int = 700, noise: float = 0.0, seed: int = 0, **scale: Any
) -> Float64:
    """A sine, with noise in its own amplitude's units."""
    random = np.random.default_rng(seed)
    values = np.sin(2 * np.pi * np.arange(rows) / period) + random.normal(0, noise, rows)
    return scale.get("level", 0.0) + scale.get("size", 1.0) * values
