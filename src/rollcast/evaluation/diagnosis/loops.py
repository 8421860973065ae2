"""Loops: forecasts that were rolled forward on their own output, beside the actual values, in comparable units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rollcast._types import Bool, Float64

FLAT_HISTORY = 1e-9
"""A history whose spread is below this share of its size is constant: the rest is rounding."""

LEAST_STEPS = 8
"""Steps ahead below which a loop has no shape: its halves and quarters would be single values."""

VARIES = 0.25
"""The truth varies if its window's spread is above a quarter of the history's; else a line is no fault."""

FEW_WINDOWS = 4
"""With fewer windows apart from each other, their scatter says nothing, and a typical one stands in for it."""

LARGEST = 1e12
"""Errors in spreads are cut off here, so that squares of any finite numbers stay finite."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Loops:
    """Forecasts of h steps from O origins of S series.

    Attributes:
        free: (S, O, h) rolled forward freely from each origin.
        one_step: (S, O, h) of the same rows, one step ahead, after reading all that came before each.
        truth: (S, O, h) the actual values; NaN where it was not observed.
        last: (S, O) the last value observed up to each origin; NaN where there is none.
        seasonal: (S, O, h) the seasonal naive forecast; None where no season is known.
        known: the level, spread, least and greatest value of the rows before the first origin, (S, 4).
        stride: rows between two origins.
    """

    free: Float64
    one_step: Float64
    truth: Float64
    last: Float64
    seasonal: Float64 | None
    known: Float64
    stride: int

    @property
    def h(self) -> int:
        """Steps ahead."""
        return self.truth.shape[2]

    @property
    def windows(self) -> int:
        """Windows of h rows that lie apart: what overlaps is not seen twice."""
        reach = (self.truth.shape[1] - 1) * self.stride + self.h
        return min(self.truth.shape[1], max(reach // max(self.h, 1), 1))

    @cached_property
    def level(self) -> Float64:
        """(S,) the mean of the history."""
        return self.known[:, 0]

    @cached_property
    def spread(self) -> Float64:
        """(S,) the standard deviation of the history; NaN where it is constant or unknown."""
        level, spread, low, high = self.known.T
        size = np.maximum(np.maximum(np.abs(low), np.abs(high)), np.abs(level))
        varies = np.isfinite(spread) & np.isfinite(size) & (spread > FLAT_HISTORY * size)
        return np.where(varies, spread, np.nan)

    @cached_property
    def free_z(self) -> Float64:
        """(S, O, h) the loop in spreads from the level; NaN throughout where a step is not finite."""
        scaled = self._scaled(self.free)
        whole = np.isfinite(self.free).all(axis=2, keepdims=True)
        return np.where(whole, scaled, np.nan)

    @cached_property
    def one_step_z(self) -> Float64:
        """(S, O, h) the one-step forecasts in spreads from the level."""
        return self._scaled(self.one_step)

    @cached_property
    def truth_z(self) -> Float64:
        """(S, O, h) the actual values in spreads from the level; NaN where it was not observed."""
        return self._scaled(self.truth)

    @cached_property
    def last_z(self) -> Float64:
        """(S, O, 1) the last values in spreads from the level."""
        return self._scaled(self.last[:, :, None])

    @cached_property
    def seasonal_z(self) -> Float64 | None:
        """(S, O, h) the seasonal naive forecast in spreads from the level."""
        return None if self.seasonal is None else self._scaled(self.seasonal)

    @cached_property
    def before_z(self) -> Float64:
        """(S, O, h) the value one row before each, in spreads from the level: naive, one step ahead."""
        return np.concatenate([self.last_z, self.truth_z[:, :, :-1]], axis=2)

    @cached_property
    def usable(self) -> Bool:
        """(S, O) loops that are finite throughout, with at least half of the actual values observed."""
        seen = np.isfinite(self.truth_z).mean(axis=2) >= 0.5
        return seen & np.isfinite(self.free_z).all(axis=2)

    def _scaled(self, values: Float64) -> Float64:
        with np.errstate(all="ignore"):
            z = (values - self.level[:, None, None]) / self.spread[:, None, None]
        return np.clip(np.where(np.isfinite(values), z, np.nan), -LARGEST, LARGEST)


def mean_of(values: Float64, axis: int | tuple[int, ...]) -> Float64:
    """The mean of what is known along some axes; NaN where nothing is."""
    seen = ~np.isnan(values)
    count = seen.sum(axis=axis)
    total = np.where(seen, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def rms_of(values: Float64, axis: int | tuple[int, ...]) -> Float64:
    """The root mean square of what is known along some axes; NaN where nothing is."""
    return np.sqrt(mean_of(np.square(values), axis))


def deviation_of(values: Float64) -> Float64:
    """The standard deviation of what is known along the last axis; NaN where nothing is."""
    return rms_of(values - mean_of(values, -1)[..., None], -1)


def median_of(values: Float64) -> Float64:
    """The median, the lower one of two, of what is known along the last axis; NaN where nothing is."""
    order = np.sort(values, axis=-1)  # NaN comes last
    middle = np.maximum((~np.isnan(values)).sum(axis=-1, keepdims=True) - 1, 0) // 2
    return np.take_along_axis(order, middle, axis=-1)[..., 0]
