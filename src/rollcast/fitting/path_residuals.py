"""Residuals from which paths of a network of points are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from rollcast._types import Float32
from rollcast.data.origins import Origins, of_some_series, origins_within
from rollcast.evaluation.judge import actual_at
from rollcast.fitting.judging import MOST_VALIDATED
from rollcast.fitting.problem import Problem
from rollcast.forecasting.path_basis import NO_BASIS, PathBasis
from rollcast.preprocessing.preparation import Preparation

MOST_RESIDUALS: Final = 1024
"""Rows of residuals that a model keeps at most."""

LEAST_RESIDUALS: Final = 10
"""Rows without which no paths are drawn."""

MOST_FORECAST: Final = 2**17
"""Values that are forecast for them at most, about."""


def residual_basis(
    problem: Problem, preparation: Preparation, steps: int, first_at: Callable[[Origins], Float32]
) -> PathBasis:
    """The residuals of one block of K steps on the validation part, pooled over the series.

    Each row is one forecast's, so the steps of a block stay together. They are centred, since what is off on average
    would add up where blocks are fed back.

    Args:
        problem: what the fit is about.
        preparation: by which its series were read.
        steps: K.
        first_at: from M origins to the first block's points (M, K), in scaled units, by the weights that were judged.
    """
    split, panel = problem.split, problem.panel
    within = origins_within(
        split.offsets, split.train_ends, split.val_ends, steps, values=MOST_FORECAST
    )
    origins = of_some_series(within, MOST_VALIDATED, max(MOST_FORECAST // steps, 1))
    if not len(origins):
        return NO_BASIS
    actual = actual_at(panel, origins, steps, split.val_ends)
    owner = np.broadcast_to(origins.series[:, None], actual.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = preparation.scaler.forward(actual, owner)
    found = (scaled - first_at(origins)) / preparation.anchor_error[origins.series, None]
    found = found[np.isfinite(found).all(axis=1)]
    if len(found) < LEAST_RESIDUALS:
        return NO_BASIS
    kept = np.unique(np.linspace(0, len(found) - 1, min(len(found), MOST_RESIDUALS)).astype(int))
    return PathBasis((found[kept] - found.mean(axis=0)).astype(np.float32))
