"""The figure of a diagnosis: errors by step ahead, and a typical loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rollcast._types import Float64
from rollcast.plots import canvas
from rollcast.plots.canvas import BASELINE, DASHES, FORECAST, INK, LOSS, WIDE
from rollcast.plots.learning_curves import METRICS, check_metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from rollcast.evaluation.diagnosis.report import Diagnosis

_TITLE: Final = 60
"""Letters of a title over half a figure, in a line."""


def plot_diagnosis(diagnosis: Diagnosis, metric: str = "rmse") -> Figure:
    """Draw the errors of a loop by step ahead to the left, and to the right the loop from a typical origin.

    The errors' axis is logarithmic where those of the network span more than a factor of 30.

    Args:
        diagnosis: what ``diagnose`` gave.
        metric: ``rmse`` or ``mae``.

    Returns:
        The figure.

    Raises:
        ArgumentError: if the metric is neither.
    """
    metric = check_metric(metric)
    steps = np.arange(1, diagnosis.h + 1)
    looks: dict[str, dict[str, Any]] = {
        "free-running": {"color": FORECAST, "linewidth": 2.2, "marker": "o", "markersize": 6},
        "one step ahead": {"color": LOSS, "linewidth": 1.8, "marker": "s", "markersize": 4.5},
        "naive": {"color": BASELINE, "linewidth": 1.8, "linestyle": DASHES[1]},
    }
    curves = (diagnosis.free, diagnosis.one_step, diagnosis.naive)
    with canvas.style():
        figure, left, right = canvas.canvas_pair()
        lines: list[tuple[str, Line2D]] = []
        drawn = [_finite(getattr(curve, metric)) for curve in curves]
        for (name, look), values in zip(looks.items(), drawn, strict=True):
            marks = {"markevery": canvas.marker_spacing(diagnosis.h)} if "marker" in look else {}
            lines.append((name, canvas.draw_line(left, steps, values, **look, **marks)))
        _set_error_range(left, np.concatenate(drawn[:2]), drawn[2])
        canvas.label_y(left, canvas.with_unit(METRICS[metric], diagnosis.unit), INK)
        canvas.label_x(left, steps, "steps ahead")
        canvas.add_title(left, f"{diagnosis.name}: error by step ahead", 1)
        canvas.add_legend(left, lines)
        if diagnosis.excerpt is None:
            right.set_axis_off()
        else:
            diagnosis.excerpt.plot(ax=right)
            canvas.add_title(right, diagnosis.excerpt.title, 1, _TITLE)
        canvas.lay_out(figure)
    return figure


def _set_error_range(side: Axes, ours: Float64, naive: Float64) -> None:
    """From zero, or from our least error on, where the axis is logarithmic: naive's may be zero a period ahead."""
    seen = ours[~np.isnan(ours)]
    if not seen.size:
        return
    bottom, top = float(seen.min()), float(np.fmax(seen.max(), np.nanmax([*naive, 0.0])))
    if 0 < WIDE * bottom < float(seen.max()):
        side.set_yscale("log")
        side.set_ylim(bottom / 1.5, top * 1.5)
    elif top > 0:
        side.set_ylim(0, 1.08 * top)


def _finite(values: tuple[float, ...]) -> Float64:
    array = np.array(values, np.float64)
    return np.where(np.isfinite(array), array, np.nan)
