"""Rounding: forecasts as whole numbers, which stay within their bounds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rollcast._types import BoundsOption, Float64
from rollcast.options.round_option import whole_range


class Rounding(NamedTuple):
    """How forecasts become whole numbers.

    Attributes:
        lowest: the lowest whole number within the bounds; -inf for none.
        highest: the highest.
    """

    lowest: float
    highest: float

    def nearest(self, values: Float64) -> Float64:
        """Points and paths of any shape; a half goes to the even neighbour."""
        return self._hold(np.rint(values))

    def ends(self, ends: tuple[Float64, Float64]) -> tuple[Float64, Float64]:
        """The lower and the upper ends of intervals: an interval holds no less than before."""
        return self._hold(np.floor(ends[0])), self._hold(np.ceil(ends[1]))

    def quantile(self, values: Float64, share: float) -> Float64:
        """Quantiles of any shape: whole ones lie further out, so that they are no less sure."""
        if share == 0.5:
            return self.nearest(values)
        return self.ends((values, values))[int(share > 0.5)]

    def _hold(self, values: Float64) -> Float64:
        return np.clip(values, self.lowest, self.highest) + 0.0  # never -0.0


def rounding_of(wanted: bool, bounds: BoundsOption) -> Rounding | None:
    """How forecasts are rounded; None where they are not.

    Args:
        wanted: the option `round`.
        bounds: the option.

    Raises:
        ArgumentError: the bounds hold no whole number.
    """
    return Rounding(*whole_range(bounds)) if wanted else None


def as_whole(values: Float64) -> np.ndarray:
    """Rounded values as integers, where 64 bits hold all of them."""
    fits = np.isfinite(values).all() and (np.abs(values) < 2.0**63).all()
    return values.astype(np.int64) if fits else values
