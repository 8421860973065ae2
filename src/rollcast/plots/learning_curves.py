"""The picture of a training: loss and metric by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rollcast._types import Float64
from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import axes, checked, one_of, optional, text
from rollcast.plots import canvas
from rollcast.plots.arrays import as_floats
from rollcast.plots.canvas import DASHES, INK, LOSS, WIDE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from rollcast.training.history import History


METRICS: Final = {"rmse": "RMSE", "mae": "MAE"}


_METRIC: Final = "#e07b00"


@checked(unit=optional(text), title=text, ax=optional(axes))
def plot_history(
    history: History,
    metric: str = "rmse",
    *,
    unit: str | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Draw the loss to the left and a metric to the right, in training and validation, by epoch.

    The best epoch is marked. Fine-tuning the pretrained network has a loss alone, by updates. An axis is logarithmic
    where its values span more than a factor of 30.

    Args:
        history: what ``fit`` gave.
        metric: ``rmse`` or ``mae``.
        unit: the metric's.
        title: above the picture.
        ax: where to draw the loss; None makes a figure.

    Returns:
        The figure.

    Raises:
        ArgumentError: if the metric is neither.
    """
    metric = check_metric(metric)
    if not hasattr(history, "val_loss"):
        raise ArgumentError(f"`history` must be what fit gave; got {show(history)}.")
    epochs = np.arange(1, len(history) + 1)
    with canvas.style():
        figure, left = canvas.canvas(ax)
        curves = _curves(left, history, "loss", "loss", LOSS)
        canvas.label_y(left, "loss", LOSS)
        if history.updates:
            canvas.label_x(left, epochs, "updates of fine-tuning, in tens")
        else:
            curves += _draw_metric(left.twinx(), history, metric, unit)
            canvas.label_x(left, epochs, "epoch")
        if history.best_epoch and not history.updates:
            best = left.axvline(history.best_epoch, color=INK, linewidth=1.2, linestyle=DASHES[2])
            curves.append((f"best epoch: {history.best_epoch}", best))
        canvas.add_title(left, title, canvas.add_legend(left, curves))
        canvas.lay_out(figure)
    return figure


def _draw_metric(
    right: Axes, history: History, metric: str, unit: str | None
) -> list[tuple[str, Line2D]]:
    right.spines["right"].set_visible(True)
    right.grid(visible=False)
    canvas.label_y(right, canvas.with_unit(METRICS[metric], unit), _METRIC)
    return _curves(right, history, metric, METRICS[metric], _METRIC)


def check_metric(metric: str) -> str:
    """The metric, if it can be drawn.

    Raises:
        ArgumentError: it is none of ``METRICS``.
    """
    return one_of("metric", metric, tuple(METRICS))


def _curves(
    side: Axes, history: History, field: str, word: str, color: str
) -> list[tuple[str, Line2D]]:
    """The training and the validation curve of one axis, by their names."""
    known: dict[str, Float64] = {}
    for part, prefix in (("training", ""), ("validation", "val_")):
        values = as_floats(field, getattr(history, prefix + field))
        if not np.isnan(values).all():
            known[part] = values
    lines: list[tuple[str, Line2D]] = []
    every = canvas.marker_spacing(len(history), 10)
    for part, values in known.items():
        check = part == "validation"
        look: dict[str, Any] = {
            "color": color,
            "linestyle": DASHES[check],
            "linewidth": 1.8,
            "marker": "o" if field == "loss" else "s",
            "markersize": 5,
            "markerfacecolor": "white" if check else color,
            "markevery": ((every // 2 if check else 0), every),
        }
        epochs = np.arange(1, len(values) + 1)
        lines.append((f"{word}, {part}", canvas.draw_line(side, epochs, values, **look)))
    _set_range(side, np.concatenate([*known.values(), np.empty(0)]), low=field == "loss")
    return lines


def _set_range(side: Axes, values: Float64, *, low: bool) -> None:
    """Leave room above the loss and below the metric.

    Without it they may hide each other: on logarithmic axes RMSE and MSE draw the same line.
    """
    seen = values[~np.isnan(values)]
    if not seen.size:
        return
    log = seen.min() > 0 and seen.max() > WIDE * seen.min()
    if log:
        side.set_yscale("log")
        seen = np.log10(seen)
    bottom, top = float(seen.min()), float(seen.max())
    height = top - bottom or max(abs(top), 1.0) * 0.1
    limits = np.array([bottom, top]) + height * np.array([-0.06, 0.3] if low else [-0.3, 0.06])
    side.set_ylim(*(10**limits if log else limits))
    if not log and bottom >= 0:  # an error has no ticks below zero
        side.set_yticks([tick for tick in side.get_yticks() if 0 <= tick <= limits[1]])
