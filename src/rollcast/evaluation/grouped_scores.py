"""Grouped scores: the errors of one model by step ahead, by series or by cutoff, all groups at once.

Each is what the function of its name in :mod:`rollcast.metrics` gives for the values of a group. Scaled errors are
those of each series in the group first, and then their mean, so that no series weighs more than another: MASE is the
mean error of the series, RMSSE the root of its mean squared one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rollcast._types import Float64, Int64


class Made(NamedTuple):
    """What one model forecast from M origins.

    Attributes:
        point: (M, h)
        pinball: (M, h) each value's pinball loss, averaged over nine levels; None where there are no quantiles.
        intervals: percent -> lower and upper ends, (M, h) each.
    """

    point: Float64
    pinball: Float64 | None
    intervals: Mapping[float, tuple[Float64, Float64]]


@dataclass(frozen=True, eq=False)
class JudgedValues:
    """What forecasts are judged on.

    Attributes:
        actual: (M, h) NaN where not observed, or not judged.
        weights: (M, h) how much each value counts; None where all count alike.
        series: (M,) whose origins these are.
        scale: (M,) MASE's scale of each origin.
        scale_squared: (M,) RMSSE's.
    """

    actual: Float64
    weights: Float64 | None
    series: Int64
    scale: Float64
    scale_squared: Float64


class Groups:
    """The judged values (n,) of M origins by group.

    Args:
        judged: the values.
        group: (M, 1), (1, h) or (M, h) the group of each value, 0 .. count - 1.
        count: G.
    """

    def __init__(self, judged: JudgedValues, group: Int64, count: int) -> None:
        self._kept = np.flatnonzero(~np.isnan(judged.actual.ravel()))
        self._count = count
        self._y = self._values(judged.actual)
        self._w = None if judged.weights is None else self._values(judged.weights)
        shape = judged.actual.shape
        self._group = self._values(np.broadcast_to(group, shape))
        series = self._values(np.broadcast_to(judged.series[:, None], shape))
        width = int(series.max(initial=0)) + 1
        cells, self._cell = np.unique(self._group * width + series, return_inverse=True)
        self._group_of_cell = cells // width
        self._scale, self._scale_squared = (
            self._values(np.broadcast_to(np.where(one > 0, one, np.nan)[:, None], shape))
            for one in (judged.scale, judged.scale_squared)
        )

    def _values(self, array: np.ndarray) -> np.ndarray:
        return array.ravel()[self._kept]

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def score(self, made: Made) -> dict[str, Float64]:
        """Every score of a model by its name, (G,) each; NaN where nothing was observed.

        Those of quantiles and intervals are lacking where the model has none.
        """
        y, f = self._y, self._values(made.point)
        error = f - y
        size = np.abs(error)
        squares = np.square(error)
        scores = {
            "mae": self._mean(size),
            "rmse": np.sqrt(self._mean(squares)),
            "smape": 200 * self._mean(_symmetric(size, y, f)),
            "mase": self._mean_of_series(size / self._scale, self._scale),
            "rmsse": self._mean_of_series(
                squares / self._scale_squared, self._scale_squared, root=True
            ),
            "wape": 100 * self._sum(size) / self._total,
            "bias": self._mean(error),
        }
        if made.pinball is not None:
            loss = self._values(made.pinball)
            scores["pinball"] = self._mean(loss)
            scores["crps"] = 2 * scores["pinball"]
            scores["wql"] = 2 * self._sum(loss) / self._total
        for level, ends in made.intervals.items():
            low, high = map(self._values, ends)
            scores[f"coverage-{level}"] = self._mean(((low <= y) & (y <= high)).astype(np.float64))
            scores[f"width-{level}"] = self._mean(high - low)
        return scores

    @property
    def _total(self) -> Float64:
        """(G,) the sum of the sizes of the actual values; NaN where it is 0."""
        total = self._sum(np.abs(self._y))
        return np.where(total > 0, total, np.nan)

    def _sum(self, values: Float64) -> Float64:
        weighed = values if self._w is None else values * self._w
        return np.bincount(self._group, weighed, self._count).astype(np.float64)

    def _mean(self, values: Float64) -> Float64:
        return self._sum(values) / np.bincount(self._group, self._w, self._count)

    def _mean_of_series(self, values: Float64, scale: Float64, *, root: bool = False) -> Float64:
        """(G,) the mean over the series of each one's mean, or of its root; of those that have a scale."""
        known = ~np.isnan(scale)
        w = known.astype(np.float64) if self._w is None else np.where(known, self._w, 0.0)
        cells = len(self._group_of_cell)
        total = np.bincount(self._cell, w, cells)
        mean = np.bincount(self._cell, np.where(known, values, 0.0) * w, cells) / total
        there = total > 0
        each = (np.sqrt(mean) if root else mean)[there]
        group = self._group_of_cell[there]
        return np.bincount(group, each, self._count) / np.bincount(group, minlength=self._count)


def _symmetric(size: Float64, y: Float64, f: Float64) -> Float64:
    """|y - f| / (|y| + |f|): 0 where both are, and 1 of an infinite forecast."""
    both = np.abs(y) + np.abs(f)
    ratio = np.divide(size, both, out=np.zeros_like(both), where=both != 0)
    return np.where(np.isinf(both), 1.0, ratio)
