"""Pictures of series, of training and of forecasts.

Each function gives a matplotlib figure that no window and no global state holds: show it in a
notebook, or write it with ``save_figure``. Lines differ in style and marker too, so that they can
be told apart in grey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rollcast import _canvas
from rollcast._canvas import BASELINE, DASHES, FORECAST, INK, LOSS, WIDE
from rollcast._types import Float64
from rollcast.container import PathLike, check_place, write_whole
from rollcast.errors import ArgumentError
from rollcast.panel import Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from rollcast.training.history import History

METRICS: Final = {"rmse": "RMSE", "mae": "MAE"}
FORMATS: Final = ("png", "svg", "pdf")
MOST_SERIES: Final = 8

_METRIC: Final = "#e07b00"
_SHADE: Final = "#f1f3f5"


def plot_series(
    values: ArrayLike | Sequence[ArrayLike] | Panel,
    times: ArrayLike | Sequence[ArrayLike] | None = None,
    *,
    names: Sequence[str] | None = None,
    parts: Mapping[str, Any] | None = None,
    unit: str | None = None,
    value_name: str = "value",
    tz: str | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Draw one series, or a few over each other.

    Args:
        values: (N,) one series, or a sequence of up to 8 series of any lengths, where NaN leaves a
            gap; or a panel, which brings its times, names and zone.
        times: (N,) the times, datetime64 or numbers, of all series or a sequence with those of
            each; None counts rows from 0.
        names: one for each series.
        parts: name -> its first time, for instance where validation and test begin.
        unit: of the values.
        value_name: what the values are, beside the upright axis.
        tz: the IANA zone in which the ticks are read; the times are instants in UTC then.
        title: above the picture.
        ax: where to draw; None makes a figure.

    Returns:
        The figure.

    Raises:
        ArgumentError: if lengths differ or there are more than 8 series.
    """
    if isinstance(values, Panel):
        times = _panel_times(values)
        names = names or [str(i) for i in values.ids]
        tz = tz or values.frequency.tz
        values = [np.where(values.mask[rows], values.target[rows], np.nan) for rows in values]
    several = _as_list(values)
    if not 1 <= len(several) <= MOST_SERIES:
        raise ArgumentError(f"`values` must hold 1 to {MOST_SERIES} series; got {len(several)}.")
    if names is not None and len(names) != len(several):
        raise ArgumentError(f"`names` must name each of {len(several)} series; got {len(names)}.")
    clocks = _as_clocks(times, several)
    with _canvas.style():
        figure, ax = _canvas.canvas(ax)
        lines = [
            _canvas.draw(ax, t, v, **_series_look(i, len(several), len(v)))
            for i, (t, v) in enumerate(zip(clocks, several, strict=True))
        ]
        _canvas.label(ax, clocks[0], _canvas.with_unit(value_name, unit), tz)
        for name, start in (parts or {}).items():
            _mark_start(ax, name, start)
        known = list(zip(names, lines, strict=True)) if names and len(several) > 1 else []
        rows = _canvas.add_legend(ax, known)
        _canvas.add_title(ax, title, rows + bool(parts))
        _canvas.settle(figure)
    return figure


def plot_history(
    history: History,
    metric: str = "rmse",
    *,
    unit: str | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Draw the loss to the left and a metric to the right, in training and validation, by epoch.

    The best epoch is marked. An axis is logarithmic where its values span more than a factor of 30.

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
    check_metric(metric)
    epochs = np.arange(1, len(history) + 1)
    with _canvas.style():
        figure, left = _canvas.canvas(ax)
        right = left.twinx()
        right.spines["right"].set_visible(True)
        right.grid(visible=False)
        curves = _curves(left, history, "loss", "loss", LOSS)
        curves += _curves(right, history, metric, METRICS[metric], _METRIC)
        _canvas.label_y(left, "loss", LOSS)
        _canvas.label_y(right, _canvas.with_unit(METRICS[metric], unit), _METRIC)
        _canvas.label_x(left, epochs, "epoch")
        if history.best_epoch:
            best = left.axvline(history.best_epoch, color=INK, linewidth=1.2, linestyle=DASHES[2])
            curves.append((f"best epoch: {history.best_epoch}", best))
        _canvas.add_title(left, title, _canvas.add_legend(left, curves))
        _canvas.settle(figure)
    return figure


def plot_forecast(
    *,
    tail: ArrayLike,
    forecast: ArrayLike,
    truth: ArrayLike | None = None,
    baseline: ArrayLike | None = None,
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
        baseline: (h,) the forecast to beat, drawn in grey.
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
        ArgumentError: if lengths differ.
    """
    past, ahead = _floats("tail", tail), _floats("forecast", forecast)
    came = np.empty(0) if truth is None else _floats("truth", truth, len(ahead))
    if (times_tail is None) != (times_forecast is None):
        raise ArgumentError("`times_tail` and `times_forecast` go together; got one of them.")
    t_past = _clock("times_tail", times_tail, len(past), -len(past))
    t_ahead = _clock("times_forecast", times_forecast, len(ahead), 0)
    t_actual = np.concatenate([t_past, t_ahead[: len(came)]])
    thin = _canvas.width(len(t_actual))
    with _canvas.style():
        figure, ax = _canvas.canvas(ax)
        _shade(ax, t_past, t_ahead)
        actual = np.concatenate([past, came])
        # Above a broader forecast, so that neither hides the other where they agree.
        above: dict[str, Any] = {"color": INK, "linewidth": thin, "zorder": 4}
        lines: list[tuple[str, Line2D]] = []
        if len(actual):
            lines.append(("actual", _canvas.draw(ax, t_actual, actual, **above)))
        if baseline is not None:
            values = _floats("baseline", baseline, len(ahead))
            dashed: dict[str, Any] = {"color": BASELINE, "linestyle": DASHES[1]}
            dashed["linewidth"] = thin + 0.3
            lines.append((baseline_name, _canvas.draw(ax, t_ahead, values, **dashed)))
        look: dict[str, Any] = {"color": FORECAST, "marker": "o"}
        look["markevery"] = _canvas.every(len(ahead))
        look |= {"linewidth": thin + 1.7, "markersize": 6, "zorder": 3}
        lines.append((name, _canvas.draw(ax, t_ahead, ahead, **look)))
        _canvas.label(ax, t_ahead, _canvas.with_unit(value_name, unit), tz)
        _canvas.add_title(ax, title, _canvas.add_legend(ax, lines))
        _canvas.settle(figure)
    return figure


def save_figure(figure: Figure, path: PathLike, *, dpi: int = 150) -> None:
    """Write a figure, whole or not at all; the same figure gives the same bytes.

    Args:
        figure: any matplotlib figure.
        path: ends in ``.png``, ``.svg`` or ``.pdf``.
        dpi: dots an inch, for PNG.

    Raises:
        ArgumentError: if the ending is another, or the path is unfit.
        ArtifactError: if the file can't be written.
    """
    write_whole(path, _canvas.render(figure, check_figure_path(path), dpi))


def check_metric(metric: str) -> None:
    """Refuse a metric that can't be drawn.

    Raises:
        ArgumentError: it is none of ``METRICS``.
    """
    if metric not in METRICS:
        raise ArgumentError(f"`metric` must be one of {', '.join(METRICS)}; got {metric!r}.")


def check_figure_path(path: PathLike) -> str:
    """The ending of a path that a figure can be written to: to be asked before work that takes long.

    Raises:
        ArgumentError: if the ending is of no picture that can be written, or the path is unfit.
        ArtifactError: if its folder may not be written to.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        known = ", ".join(f".{f}" for f in FORMATS)
        raise ArgumentError(f"`path` must end in one of {known}; got '{path}'.")
    check_place(path)
    return ending


def _shade(ax: Axes, t_past: NDArray[Any], t_ahead: NDArray[Any]) -> None:
    """A pale ground behind the forecast, from halfway after the last known value."""
    if len(t_ahead):
        start = t_ahead[0] - (t_ahead[0] - t_past[-1]) / 2 if len(t_past) else t_ahead[0]
        ax.axvspan(start, t_ahead[-1], color=_SHADE, zorder=0, linewidth=0)


def _mark_start(ax: Axes, name: str, start: Any) -> None:
    ax.axvline(start, color="#7b8794", linewidth=1, linestyle=DASHES[2])
    ax.text(
        start,
        1.01,
        f" {name}",
        transform=ax.get_xaxis_transform(),
        color="#52606d",
        fontsize=9,
        va="bottom",
        parse_math=False,
    )


def _curves(
    side: Axes, history: History, field: str, word: str, color: str
) -> list[tuple[str, Line2D]]:
    """The training and the validation curve of one axis, by their names."""
    known: dict[str, Float64] = {}
    for part, prefix in (("training", ""), ("validation", "val_")):
        values = _floats(field, getattr(history, prefix + field))
        if not np.isnan(values).all():
            known[part] = values
    lines: list[tuple[str, Line2D]] = []
    every = _canvas.every(len(history), 10)
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
        lines.append((f"{word}, {part}", _canvas.draw(side, epochs, values, **look)))
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


def _series_look(index: int, count: int, points: int) -> dict[str, Any]:
    """Four dashes without markers, then the same four with them."""
    import seaborn as sns

    colors = sns.color_palette("colorblind", MOST_SERIES) if count > 1 else [INK]
    look: dict[str, Any] = {"linewidth": _canvas.width(points)}
    look |= {"color": colors[index], "linestyle": DASHES[index % len(DASHES)]}
    if index >= len(DASHES):
        look |= {"marker": "o", "markersize": 4, "markevery": _canvas.every(points)}
    return look


def _panel_times(panel: Panel) -> list[NDArray[Any]]:
    """The times of each series of a panel, as instants in UTC or integers."""
    clocks = [
        panel.frequency.times(int(start), int(n))
        for start, n in zip(panel.starts, panel.lengths, strict=True)
    ]
    return clocks if panel.frequency.is_integer else [c.view("M8[ns]") for c in clocks]


def _as_list(values: Any) -> list[Float64]:
    """One or several series, as a list."""
    one = isinstance(values, np.ndarray) or all(np.ndim(v) == 0 for v in values)
    return [_floats("values", v) for v in ([values] if one else values)]


def _as_clocks(times: Any, values: list[Float64]) -> list[NDArray[Any]]:
    """The times of each series."""
    if times is None:
        return [np.arange(len(v)) for v in values]
    shared = all(np.ndim(t) == 0 for t in times)
    given: list[Any] = [times] * len(values) if shared else list(times)
    if len(given) != len(values):
        raise ArgumentError(f"`times` must hold {len(values)} series; got {len(given)}.")
    return [_clock("times", t, len(v), 0) for t, v in zip(given, values, strict=True)]


def _floats(name: str, values: Any, length: int | None = None) -> Float64:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or (length is not None and len(array) != length):
        expected = "one dimension" if length is None else f"the shape ({length},)"
        raise ArgumentError(f"`{name}` must have {expected}; got the shape {array.shape}.")
    return np.where(np.isfinite(array), array, np.nan)


def _clock(name: str, times: ArrayLike | None, length: int, start: int) -> NDArray[Any]:
    """(length,) the times, or rows counted from ``start``."""
    if times is None:
        return np.arange(start, start + length)
    array = np.asarray(times)
    if array.shape != (length,):
        raise ArgumentError(f"`{name}` must have the shape ({length},); got {array.shape}.")
    return array.astype("M8[us]") if array.dtype.kind == "M" else array  # half a month can be had
