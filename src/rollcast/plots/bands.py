"""Bands: the intervals of a forecast, each between its lower and its upper ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rollcast._types import Float64
from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import floats, is_number
from rollcast.plots.arrays import as_floats
from rollcast.plots.canvas import FORECAST, mix

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_DARKEST: Final = 0.5
_LIGHTEST: Final = 0.2
"""Shares of the forecast's color in the narrowest of several bands and in the widest."""

_ONLY: Final = 0.35
"""The same where there is one band alone."""

_STEP: Final = 9.0
"""Points that the band of a single step is wide."""


class Band(NamedTuple):
    """One interval.

    Attributes:
        level: how much it is to hold, in percent.
        low: (h,)
        high: (h,) nowhere below ``low``; NaN leaves a gap.
    """

    level: float
    low: Float64
    high: Float64


def read_bands(name: str, intervals: Mapping[Any, Any], h: int) -> tuple[Band, ...]:
    """The intervals as arrays, the widest first.

    Args:
        name: of the argument.
        intervals: percent -> lower and upper ends.
        h: values of each end.

    Raises:
        ArgumentError: a level that is no percentage, no pair, another length, or ends that cross.
    """
    found: list[Band] = []
    for level, ends in intervals.items():
        if not is_number(level) or not 0 < level < 100:
            raise ArgumentError(
                f"`{name}` must have percentages as keys, such as 80; got {show(level)}."
            )
        pair = list(ends) if isinstance(ends, list | tuple | np.ndarray) else []
        if len(pair) != 2:
            raise ArgumentError(
                f"`{name}` at {level:g} must be the lower and the upper ends; got {show(ends)}."
            )
        low, high = (_end(name, level, end, h) for end in pair)
        if (low > high).any():
            step = int(np.argmax(low > high))
            raise ArgumentError(
                f"`{name}` at {level:g} must be the lower and the upper ends in this order; at step {step + 1} got "
                f"{low[step]:g} and {high[step]:g}."
            )
        found.append(Band(float(level), low, high))
    return tuple(sorted(found, key=lambda band: -band.level))


def _end(name: str, level: float, end: Any, h: int) -> Float64:
    """(h,) one end's values."""
    values = floats(f"{name}[{level:g}]", end)
    if values.shape != (h,):
        raise ArgumentError(
            f"`{name}` at {level:g} must have ends of the shape ({h},), as the forecast; got the shape {values.shape}."
        )
    return as_floats(name, values)


def draw_bands(ax: Axes, times: NDArray[Any], bands: tuple[Band, ...]) -> list[tuple[str, Artist]]:
    """Draw each band over the wider ones, and give the legend's entries, the narrowest first."""
    shares = np.linspace(_LIGHTEST if len(bands) > 1 else _ONLY, _DARKEST, len(bands))
    drawn: list[tuple[str, Artist]] = []
    for band, share in zip(bands, shares, strict=True):
        look: dict[str, Any] = {"color": mix(FORECAST, float(share)), "zorder": 1.5}
        if len(times) == 1:
            artist = ax.vlines(times, band.low, band.high, linewidth=_STEP, **look)
        else:
            artist = ax.fill_between(times, band.low, band.high, linewidth=0, **look)
        drawn.append((f"{band.level:g} %", artist))
    return drawn[::-1]
