"""The figure of a backtest: errors and coverage by step ahead, and forecasts of one series at past cutoffs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from rollcast._types import Float64
from rollcast.plots import canvas
from rollcast.plots.bands import draw_bands, read_bands
from rollcast.plots.canvas import BASELINE, DASHES, FORECAST, INK, LOSS

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CUTOFF: Final = "#c3cad2"
_HALF: Final = 60
"""Letters of a title over half a figure, in a line."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoresByStep:
    """What is told of each of h steps ahead.

    Attributes:
        error: what it is called, "MAE" or "MASE".
        unit: of it, or None.
        errors: by name, (h,) each, the model's first; NaN where nothing was judged.
        coverage: percent -> the share of values inside of that interval, (h,) each.
    """

    error: str
    unit: str | None
    errors: Mapping[str, Float64]
    coverage: Mapping[float, Float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class PastForecasts:
    """Forecasts of one series from C cutoffs that do not overlap, beside what came.

    Attributes:
        name: of the model.
        times: (n,) instants in UTC, or numbers, of all rows that are shown.
        actual: (n,) NaN where not observed.
        cutoffs: (C,) the newest times that forecasts knew.
        times_ahead: (C, h)
        forecast: (C, h)
        intervals: percent -> lower and upper ends, (C, h) each.
        baseline: (C, h) the forecasts of the baseline to beat; None where there is none.
        baseline_name: what it is called.
        unit: of the values, or None.
        value_name: what the values are.
        tz: zone in which the times are read, or None.
        title: says which series and cutoffs these are.
    """

    name: str
    times: NDArray[Any]
    actual: Float64
    cutoffs: NDArray[Any]
    times_ahead: NDArray[Any]
    forecast: Float64
    intervals: Mapping[float, tuple[Float64, Float64]]
    baseline: Float64 | None
    baseline_name: str
    unit: str | None
    value_name: str
    tz: str | None
    title: str


def plot_past_forecasts(scores: ScoresByStep, past: PastForecasts) -> Figure:
    """Draw errors by step ahead, coverage by step where there are intervals, and below them forecasts of one series."""
    with canvas.style():
        figure, above, below = canvas.canvas_rows(2 if scores.coverage else 1)
        _draw_errors(above[0], scores)
        if scores.coverage:
            _draw_coverage(above[1], scores.coverage)
        _draw_forecasts(below, past)
        canvas.lay_out(figure)
    return figure


def _draw_errors(ax: Axes, scores: ScoresByStep) -> None:
    """The error of each model at each step, from zero on."""
    lines: list[tuple[str, Artist]] = []
    for i, (name, values) in enumerate(scores.errors.items()):
        steps = np.arange(1, len(values) + 1)
        look: dict[str, Any] = {"color": BASELINE, "linewidth": 1.8, "linestyle": DASHES[i % 4]}
        if i == 0:
            look = {"color": FORECAST, "linewidth": 2.2, "marker": "o", "markersize": 6}
            look |= {"markevery": canvas.marker_spacing(len(values)), "zorder": 3}
        lines.append((name, canvas.draw_line(ax, steps, values, **look)))
        canvas.label_x(ax, steps, "steps ahead")
    top = np.nanmax([0.0, *(np.nanmax([0.0, *values]) for values in scores.errors.values())])
    if np.isfinite(top) and top > 0:
        ax.set_ylim(0, 1.08 * top)
    canvas.label_y(ax, canvas.with_unit(scores.error, scores.unit), INK)
    canvas.add_title(ax, "Error by step ahead", canvas.add_legend(ax, lines), _HALF)


def _draw_coverage(ax: Axes, coverage: Mapping[float, Float64]) -> None:
    """What each interval held at each step, in percent, beside what it was to hold."""
    lines: list[tuple[str, Artist]] = []
    lowest = 100.0
    for i, (level, shares) in enumerate(sorted(coverage.items())):
        steps, held = np.arange(1, len(shares) + 1), 100 * shares
        ax.axhline(level, color=BASELINE, linewidth=1.2, zorder=1)
        look: dict[str, Any] = {"color": LOSS, "linewidth": 1.8, "linestyle": DASHES[i % 4]}
        lines.append((f"{level:g} %", canvas.draw_line(ax, steps, held, **look)))
        canvas.label_x(ax, steps, "steps ahead")
        lowest = min(lowest, level, float(np.nanmin([lowest, *held])))
    ax.set_ylim(max(lowest - 5, -2), 102)
    canvas.label_y(ax, "values inside (%)", INK)
    rows = canvas.add_legend(ax, lines)
    canvas.add_title(ax, "Coverage by step ahead (grey: promised)", rows, _HALF)


def _draw_forecasts(ax: Axes, past: PastForecasts) -> None:
    """The forecasts from each cutoff, marked by a line, over what came."""
    thin = canvas.line_width(len(past.times))
    above: dict[str, Any] = {"color": INK, "linewidth": thin, "zorder": 4}
    lines: dict[str, Artist] = {"actual": canvas.draw_line(ax, past.times, past.actual, **above)}
    bands: list[tuple[str, Artist]] = []
    h = past.forecast.shape[1]
    for c, (cutoff, times) in enumerate(zip(past.cutoffs, past.times_ahead, strict=True)):
        ax.axvline(cutoff, color=_CUTOFF, linewidth=1, zorder=1)
        look: dict[str, Any] = {"color": FORECAST, "linewidth": thin + 1.3, "zorder": 3}
        lines[past.name] = canvas.draw_line(ax, times, past.forecast[c], **look)
        if past.baseline is not None:
            dashed: dict[str, Any] = {"color": BASELINE, "linestyle": DASHES[1]}
            dashed["linewidth"] = thin + 0.3
            line = canvas.draw_line(ax, times, past.baseline[c], **dashed)
            lines[past.baseline_name] = line
        ends = {level: (low[c], high[c]) for level, (low, high) in past.intervals.items()}
        bands = draw_bands(ax, times, read_bands("intervals", ends, h))
    canvas.label_axes(ax, past.times, canvas.with_unit(past.value_name, past.unit), past.tz)
    canvas.add_title(ax, past.title, canvas.add_legend(ax, [*lines.items(), *bands]))
