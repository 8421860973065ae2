"""Forecast origins: the rows after which forecasts start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rollcast._types import Float64, Int64


@dataclass(frozen=True, eq=False)
class Origins:
    """M forecast origins, each in one series; any number of them in each, at any rows.

    Attributes:
        series: (M,) the place of each one's series in the panel.
        row: (M,) the newest row known there, counted from the series' first; forecasts begin with the next.
    """

    series: Int64
    row: Int64

    def __len__(self) -> int:
        return len(self.series)

    def places(self, offsets: Int64) -> Int64:
        """(M,) the newest known rows among the rows of all series, which begin at ``offsets`` (S + 1,)."""
        return offsets[self.series] + self.row

    def take(self, chosen: Int64) -> Origins:
        """The chosen origins."""
        return Origins(self.series[chosen], self.row[chosen])


MOST_ORIGINS = 64
"""Rolling origins of a part of a series at most; where there are more, they are spread evenly."""


MOST_JUDGED = 2**23
"""Forecast values of all series at most, so that of very many series fewer origins are judged: 64 MB of each model."""


def origins_within(
    offsets: Int64,
    begins: Int64,
    ends: Int64,
    h: int,
    most: int = MOST_ORIGINS,
    *,
    values: int = MOST_JUDGED,
) -> Origins:
    """Rolling origins whose whole horizon lies in ``begins`` .. ``ends`` - 1 of each series, the last one among them.

    All series have the same rows between their origins, so that those which end together are judged at the same times.
    A part that is shorter than the horizon has one origin, before its first row; an empty part has none.

    Args:
        offsets: (S + 1,) of the panel.
        begins: (S,) first row of each part, in the flat series.
        ends: (S,) one past its last row.
        h: horizon.
        most: origins of a series at most; fewer where all forecasts together had too many values.
        values: of all forecasts together at most, as long as each series has one origin.
    """
    rows = ends - begins
    possible = np.where(rows > 0, np.maximum(rows - h + 1, 1), 0)
    judged = max(int((possible > 0).sum()), 1)
    most = max(min(most, values // (judged * h)), 1)
    stride = max(-(-int(possible.max(initial=0)) // most), 1)
    counts = -(-possible // stride)
    last = begins - 1 + np.maximum(rows - h, 0) - offsets[:-1]
    series = np.repeat(np.arange(len(counts)), counts)
    later = np.repeat(np.cumsum(counts), counts) - np.arange(len(series)) - 1
    return Origins(series, last[series] - stride * later)


def of_some_series(origins: Origins, most: int, count: int | None = None) -> Origins:
    """The origins of every n-th series, so that about ``most`` rows at most lie before them all.

    Args:
        origins: sorted by series, then by row.
        most: rows up to the last origin of each series, over all of them.
        count: of origins at most, about; None for any number.
    """
    if not len(origins):
        return origins
    first = np.concatenate([[True], origins.series[1:] != origins.series[:-1]])
    rows = int((origins.row[np.concatenate([first[1:], [True]])] + 1).sum())
    apart = max(-(-rows // most), 1 if count is None else -(-len(origins) // count))
    return origins.take(np.flatnonzero((np.cumsum(first) - 1) % apart == 0))


def rectangle(origins: Origins, values: np.ndarray, num_series: int) -> np.ndarray:
    """(S, O, ...) what belongs to each origin (M, ...), series by series; NaN where a series has fewer than O."""
    counts = np.bincount(origins.series, minlength=num_series)
    first = np.cumsum(counts) - counts
    order = np.lexsort((origins.row, origins.series))
    laid = np.full((num_series, int(counts.max(initial=0)), *values.shape[1:]), np.nan)
    series = origins.series[order]
    laid[series, np.arange(len(order)) - first[series]] = values[order]
    return laid


def mean_by_series(
    series: Int64, values: np.ndarray, weights: np.ndarray | None = None, *, num_series: int = 0
) -> Float64:
    """The mean of each series' values without those that are NaN; NaN where it has none that weighs anything.

    Args:
        series: (M,) whose the values are.
        values: (M,) or (M, h)
        weights: of their shape, at least 0; None where all count alike.
        num_series: S; default as many as there are values of.

    Returns:
        (S,)
    """
    weight = np.where(np.isnan(values), 0.0, 1.0 if weights is None else weights)
    weighed = np.where(weight > 0, values, 0.0) * weight
    total, count = (
        np.bincount(series, part if part.ndim == 1 else part.sum(axis=1), num_series)
        for part in (weighed, weight)
    )
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
