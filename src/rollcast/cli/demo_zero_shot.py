"""The demo's first part: a forecast without training of months that were held back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from rollcast._types import Float64
from rollcast.cli.console import Console

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HELD_BACK: Final = 24
"""Months that are forecast without having been seen."""

SEASON: Final = 12

LEVELS: Final = (80, 95)
"""Percent of the intervals."""

_SHOWN: Final = 72
"""Months that are drawn before them."""


class HeldBack(NamedTuple):
    """Months of the airline series, and the forecast of the last ones from those before.

    Attributes:
        times: (T,)
        values: (T,) thousands of passengers.
        forecast: (24,) of the last ones.
        intervals: percent -> lower and upper ends, (24,) each.
    """

    times: np.ndarray
    values: Float64
    forecast: Float64
    intervals: dict[float, tuple[Float64, Float64]]

    @property
    def actual(self) -> Float64:
        """(24,) what came."""
        return self.values[-HELD_BACK:]

    @property
    def error(self) -> float:
        """The mean absolute error."""
        return float(np.abs(self.forecast - self.actual).mean())

    @property
    def seasonal_naive_error(self) -> float:
        """That of the last known year, repeated."""
        year = self.values[-HELD_BACK - SEASON : -HELD_BACK]
        return float(np.abs(np.resize(year, HELD_BACK) - self.actual).mean())

    @property
    def inside(self) -> dict[float, int]:
        """Percent -> how many months lie in the interval."""
        return {
            level: int(((low <= self.actual) & (self.actual <= high)).sum())
            for level, (low, high) in self.intervals.items()
        }

    def plot(self) -> Figure:
        """The forecast and its intervals over what came."""
        from rollcast.plots.forecast import plot_forecast

        known = slice(-HELD_BACK - _SHOWN, -HELD_BACK)
        return plot_forecast(
            tail=self.values[known],
            truth=self.actual,
            forecast=self.forecast,
            intervals=self.intervals,
            times_tail=self.times[known],
            times_forecast=self.times[-HELD_BACK:],
            unit="thousand",
            value_name="passengers",
            name="Rollcast",
            title=f"airline: {HELD_BACK} months ahead, without training",
        )


def forecast_held_back() -> HeldBack:
    """Forecast the last two years of the airline series from the years before."""
    import rollcast as rc

    series = rc.datasets.airline()
    made = rc.forecast(series[:-HELD_BACK], h=HELD_BACK, level=LEVELS)
    ends: dict[float, tuple[Float64, Float64]] = {
        level: (made[f"Rollcast-lo-{level}"].to_numpy(), made[f"Rollcast-hi-{level}"].to_numpy())
        for level in LEVELS
    }
    values = series["y"].to_numpy(), made["Rollcast"].to_numpy()
    return HeldBack(series["ds"].to_numpy(), *values, ends)


def show_zero_shot(console: Console, folder: Path) -> dict[str, Any]:
    """Forecast, draw and tell how far off it was.

    Args:
        console: where it is told.
        folder: for the picture.

    Returns:
        What was measured, as plain values.
    """
    from rollcast.plots.saving import save_figure

    console.say(
        f"\n1. A forecast without training: airline passengers, the last {HELD_BACK} months held back\n"
    )
    began = time.monotonic()
    made = forecast_held_back()
    seconds = time.monotonic() - began
    save_figure(made.plot(), folder / "airline.png")
    console.say(
        f"Done in {seconds:.1f} s. The error is {made.error:.1f} thousand (MAE); that of the last known year, repeated,"
        f" is {made.seasonal_naive_error:.1f}."
    )
    for level, count in made.inside.items():
        console.say(f"{count} of the {HELD_BACK} months lie in the {level} % interval.")
    return {
        "seconds": seconds,
        "h": HELD_BACK,
        "mae": made.error,
        "seasonal_naive_mae": made.seasonal_naive_error,
        "inside": {str(level): count for level, count in made.inside.items()},
    }
