"""The option `round`: whether forecasts are whole numbers, and between which of them bounds leave any."""

from __future__ import annotations

import math
from typing import Final

from rollcast._types import BoundsOption
from rollcast.errors import ArgumentError
from rollcast.options.option import Option

ROUND: Final = Option(
    group="Reading the data",
    help="Forecast whole numbers, as counts are: points and paths are rounded to the nearest, lower ends of intervals "
    "down and upper ends up, so that no interval grows narrower. Bounds still hold.",
    default=False,
)


def whole_range(bounds: BoundsOption) -> tuple[float, float]:
    """The lowest and the highest whole number within bounds; -inf and inf where there is none.

    Args:
        bounds: as the option `bounds` keeps them. What "auto" finds, 0, is a whole number that rounding can't cross.

    Raises:
        ArgumentError: they hold no whole number.
    """
    if bounds is None or bounds == "auto":
        return -math.inf, math.inf
    low, high = bounds
    lowest = -math.inf if low is None else float(math.ceil(low))
    highest = math.inf if high is None else float(math.floor(high))
    if lowest > highest:
        raise ArgumentError(
            f"`round` asks for whole numbers, and `bounds` = ({low:g}, {high:g}) hold none; widen them, or leave "
            "`round` out."
        )
    return lowest, highest
