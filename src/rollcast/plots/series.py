"""The picture of one series, or of a few over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rollcast._types import Float64
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import axes, checked, items, mapping, optional, text
from rollcast.plots import canvas
from rollcast.plots.arrays import as_clock, as_floats, as_times, zone
from rollcast.plots.canvas import DASHES, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


MOST_SERIES: Final = 8

_COLORS: Final = (
    "#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#ca9161", "#fbafe4", "#949494"
)  # fmt: skip
"""Told apart by people who see fewer colours, too."""


@checked(
    names=optional(partial(items, each=text)),
    parts=optional(mapping),
    unit=optional(text),
    value_name=text,
    tz=zone,
    title=text,
    ax=optional(axes),
)
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
    with canvas.style():
        figure, ax = canvas.canvas(ax)
        lines = [
            canvas.draw_line(ax, t, v, **_series_look(i, len(several), len(v)))
            for i, (t, v) in enumerate(zip(clocks, several, strict=True))
        ]
        canvas.label_axes(ax, clocks[0], canvas.with_unit(value_name, unit), tz)
        for name, start in (parts or {}).items():
            _mark_start(ax, text("parts", name), start, clocks[0])
        known = list(zip(names, lines, strict=True)) if names and len(several) > 1 else []
        rows = canvas.add_legend(ax, known)
        canvas.add_title(ax, title, rows + bool(parts))
        canvas.lay_out(figure)
    return figure


def _mark_start(ax: Axes, name: str, start: Any, clock: NDArray[Any]) -> None:
    start = as_times("parts", start)
    if start.ndim or (start.dtype.kind == "M") != (clock.dtype.kind == "M"):
        raise ArgumentError(
            f"`parts` must give the time at which {name!r} begins, of the kind of the times; got {show(start)}."
        )
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


def _series_look(index: int, count: int, points: int) -> dict[str, Any]:
    """Four dashes without markers, then the same four with them."""
    colors = _COLORS if count > 1 else (INK,)
    look: dict[str, Any] = {"linewidth": canvas.line_width(points)}
    look |= {"color": colors[index], "linestyle": DASHES[index % len(DASHES)]}
    if index >= len(DASHES):
        look |= {"marker": "o", "markersize": 4, "markevery": canvas.marker_spacing(points)}
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
    return [as_floats("values", v) for v in (values if _holds_several(values) else [values])]


def _holds_several(given: Any) -> bool:
    """Whether a list holds sequences, one for each series, and not values."""
    return isinstance(given, list | tuple) and any(
        isinstance(one, Sequence | Mapping) and not isinstance(one, str | bytes)
        if not hasattr(one, "ndim")
        else one.ndim > 0
        for one in given
    )


def _as_clocks(times: Any, values: list[Float64]) -> list[NDArray[Any]]:
    """The times of each series."""
    if times is None:
        return [np.arange(len(v)) for v in values]
    given: list[Any] = list(times) if _holds_several(times) else [times] * len(values)
    if len(given) != len(values):
        raise ArgumentError(f"`times` must hold {len(values)} series; got {len(given)}.")
    return [as_clock("times", t, len(v), 0) for t, v in zip(given, values, strict=True)]
