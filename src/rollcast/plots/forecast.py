"""The picture of a forecast over the actual values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rollcast.errors import ArgumentError
from rollcast.options.argument_checks import axes, checked, mapping, optional, text
from rollcast.plots import canvas
from rollcast.plots.arrays import as_clock, as_floats, zone
from rollcast.plots.bands import draw_bands, read_bands
from rollcast.plots.canvas import BASELINE, DASHES, FORECAST, INK

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_SHADE: Final = "#f1f3f5"


@checked(
    unit=optional(text),
    value_name=text,
    tz=zone,
    name=text,
    baseline_name=text,
    intervals=optional(mapping),
    title=text,
    ax=optional(axes),
)
def plot_forecast(
    *,
    tail: ArrayLike,
    forecast: ArrayLike,
    truth: ArrayLike | None = None,
    baseline: ArrayLike | None = None,
    intervals: Mapping[float, tuple[ArrayLike, ArrayLike]] | None = None,
    times_tail: ArrayLike | None = None,
    times_forecast: ArrayLike | None = None,
    unit: str | None = None,
    value_name: str = "value",
    tz: str | None = None,
    name: str = "forecast",
    baseline_name: str = "seasonal naive",
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Draw a forecast over the actual values, after the last known values.

    Args:
        tail: (n,) the known values before the forecast; NaN leaves a gap.
        forecast: (h,) in the same unit.
        truth: (h,) the actual values, if known; NaN leaves a gap.
        baseline: (h,) the forecast of a baseline, drawn in grey.
        intervals: percent -> the lower and the upper ends, (h,) each, drawn as bands: the wider, the lighter.
        times_tail: (n,) datetime64 or numbers; None counts rows up to 0, where the forecast begins.
        times_forecast: (h,) the same for the forecast.
        unit: of the values.
        value_name: what the values are, beside the upright axis.
        tz: the IANA zone in which the ticks are read; the times are instants in UTC then.
        name: the model's, in the legend.
        baseline_name: the baseline's, in the legend.
        title: above the picture.
        ax: where to draw; None makes a figure.

    Returns:
        The figure.

    Raises:
        ArgumentError: if lengths differ, or a lower end lies above its upper one.

    Example:
        >>> ends = [2.0, 1.0], [4.0, 5.0]
        >>> figure = plot_forecast(tail=[1.0, 2.0, 3.0], forecast=[3.0, 3.0], intervals={80: ends})
    """
    past, ahead = as_floats("tail", tail), as_floats("forecast", forecast)
    bands = read_bands("intervals", intervals or {}, len(ahead))
    came = np.empty(0) if truth is None else as_floats("truth", truth, len(ahead))
    if (times_tail is None) != (times_forecast is None):
        raise ArgumentError("`times_tail` and `times_forecast` go together; got one of them.")
    t_past = as_clock("times_tail", times_tail, len(past), -len(past))
    t_ahead = as_clock("times_forecast", times_forecast, len(ahead), 0)
    t_actual = np.concatenate([t_past, t_ahead[: len(came)]])
    thin = canvas.line_width(len(t_actual))
    with canvas.style():
        figure, ax = canvas.canvas(ax)
        _shade(ax, t_past, t_ahead)
        actual = np.concatenate([past, came])
        # Above a broader forecast, so that neither hides the other where they agree.
        above: dict[str, Any] = {"color": INK, "linewidth": thin, "zorder": 4}
        lines: list[tuple[str, Artist]] = []
        if len(actual):
            lines.append(("actual", canvas.draw_line(ax, t_actual, actual, **above)))
        if baseline is not None:
            values = as_floats("baseline", baseline, len(ahead))
            dashed: dict[str, Any] = {"color": BASELINE, "linestyle": DASHES[1]}
            dashed["linewidth"] = thin + 0.3
            lines.append((baseline_name, canvas.draw_line(ax, t_ahead, values, **dashed)))
        look: dict[str, Any] = {"color": FORECAST, "marker": "o"}
        look["markevery"] = canvas.marker_spacing(len(ahead))
        look |= {"linewidth": thin + 1.7, "markersize": 6, "zorder": 3}
        lines.append((name, canvas.draw_line(ax, t_ahead, ahead, **look)))
        lines += draw_bands(ax, t_ahead, bands)
        canvas.label_axes(ax, t_ahead, canvas.with_unit(value_name, unit), tz)
        canvas.add_title(ax, title, canvas.add_legend(ax, lines))
        canvas.lay_out(figure)
    return figure


def _shade(ax: Axes, t_past: NDArray[Any], t_ahead: NDArray[Any]) -> None:
    """A pale ground behind the forecast, from halfway after the last known value."""
    if len(t_ahead):
        start = t_ahead[0] - (t_ahead[0] - t_past[-1]) / 2 if len(t_past) else t_ahead[0]
        ax.axvspan(start, t_ahead[-1], color=_SHADE, zorder=0, linewidth=0)
