"""The sheet that pictures are drawn on: style, fonts, axes, legend and rendering."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from rollcast._types import Bool, Float64
from rollcast.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

INK: Final = "#1f2933"
FORECAST: Final = "#f0802b"
BASELINE: Final = "#8a94a0"
LOSS: Final = "#155a9c"
DASHES: Final = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.6, 1.2, 1.6)))

LETTERS: Final = 80
"""Letters of a title in a line over a whole figure."""

WIDE: Final = 30.0
"""An axis whose values span more than this factor is logarithmic."""

_FALLBACK_FONTS: Final = (
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "Apple SD Gothic Neo",
    "Malgun Gothic",
    "NanumGothic",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Hiragino Sans",
    "Microsoft YaHei",
)
"""For labels in Korean, Japanese and Chinese, where one of them is installed."""


def render(figure: Figure, ending: str, dpi: int) -> bytes:
    """The bytes of a figure as ``png``, ``svg`` or ``pdf``, without the date."""
    import matplotlib as mpl

    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "rollcast", "pdf.fonttype": 42}), _any_glyph():
        figure.savefig(buffer, format=ending, dpi=dpi, metadata=undated.get(ending))
    return buffer.getvalue()


@cache
def _figure_class() -> type[Figure]:
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A figure that notebooks show, though pyplot doesn't know it."""

        def _repr_png_(self) -> bytes:
            return render(self, "png", 110)

    return Picture


@contextmanager
def _any_glyph() -> Generator[None]:
    """Draw a box, without a warning, where no installed font has a label's letter."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


@contextmanager
def style() -> Generator[None]:
    """Our style for what is drawn inside; the user's settings come back after it."""
    import matplotlib as mpl
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    own: dict[Any, Any] = {
        "axes.axisbelow": True,
        "axes.edgecolor": "#9aa5b1",
        "axes.formatter.limits": (-4, 7),
        "axes.formatter.useoffset": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.labelcolor": INK,
        "axes.labelsize": 11,
        "axes.linewidth": 1.25,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 13,
        "axes.titleweight": "bold",
        "font.size": 11,
        "font.family": ["DejaVu Sans", *(f for f in _FALLBACK_FONTS if f in installed)],
        "grid.color": "#e4e7eb",
        "grid.linewidth": 0.8,
        "legend.fontsize": 10,
        "lines.solid_capstyle": "round",
        "text.color": INK,
        "xtick.bottom": True,
        "xtick.color": "#52606d",
        "xtick.labelsize": 10,
        "xtick.major.size": 6,
        "xtick.major.width": 1.25,
        "ytick.color": "#52606d",
        "ytick.labelsize": 10,
        "ytick.left": False,
    }
    with mpl.rc_context(own), _any_glyph():
        yield


def canvas(ax: Axes | None) -> tuple[Figure, Axes]:
    """The axes to draw on and their figure; a new one where there are none."""
    if ax is None:
        figure = _figure_class()(figsize=(10, 4.6), layout="constrained")
        return figure, figure.add_subplot()
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ArgumentError("`ax` must belong to a figure; got one that was removed.")
    return figure, ax


def canvas_pair() -> tuple[Figure, Axes, Axes]:
    """A new figure with axes to the left and, a little wider, to the right."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = _figure_class()(figsize=(13, 4.8), layout=ConstrainedLayoutEngine(wspace=0.06))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.3))
    return figure, left, right


def canvas_rows(above: int) -> tuple[Figure, list[Axes], Axes]:
    """A new figure with some axes side by side, and wide ones below them."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(wspace=0.04, hspace=0.06)
    figure = _figure_class()(figsize=(13, 9), layout=layout)
    grid = figure.add_gridspec(2, above)
    upper = [figure.add_subplot(grid[0, i]) for i in range(above)]
    return figure, upper, figure.add_subplot(grid[1, :])


def lay_out(figure: Figure) -> None:
    """Lay out once, so that ticks are made in our style and not in that of whoever draws."""
    figure.draw_without_rendering()


def draw_line(ax: Axes, times: NDArray[Any], values: Float64, **look: Any) -> Line2D:
    """One line, with a dot at each value that stands alone between gaps."""
    line = ax.plot(times, values, **look)[0]
    alone = _alone(values)
    if alone.any() and "marker" not in look:
        ax.plot(times[alone], values[alone], linestyle="", marker=".", color=look["color"])
    return line


def _alone(values: Float64) -> Bool:
    """(N,) observed values without an observed neighbour."""
    seen = np.concatenate([[False], ~np.isnan(values), [False]])
    return seen[1:-1] & ~seen[:-2] & ~seen[2:]


def mix(color: str, share: float) -> tuple[float, float, float]:
    """A share of a color, and white for the rest."""
    from matplotlib.colors import to_rgb

    red, green, blue = (1 - share * (1 - part) for part in to_rgb(color))
    return red, green, blue


def line_width(points: int) -> float:
    """A line's width in points, thinner where many values crowd."""
    return float(np.interp(np.log10(max(points, 1)), [2, 4], [1.5, 0.7]))


def marker_spacing(points: int, markers: int = 24) -> int:
    """How far apart markers stand, to be about ``markers``."""
    return max(1, points // markers)


def label_axes(ax: Axes, times: NDArray[Any], values_label: str, tz: str | None = None) -> None:
    """Name the axes of a picture of values over time."""
    clock = f"time ({tz})" if tz else "time"
    label_y(ax, values_label, INK)
    label_x(ax, times, clock if times.dtype.kind == "M" else "step", tz)


def label_y(ax: Axes, text: str, color: str) -> None:
    """Name the upright axis."""
    ax.set_ylabel(text, color=color, parse_math=False)


def label_x(ax: Axes, times: NDArray[Any], text: str, tz: str | None = None) -> None:
    """Name the level axis and set its ticks: dates, read in ``tz``, whole numbers or numbers."""
    import pandas as pd
    from matplotlib import dates, ticker

    ax.set_xlabel(text, parse_math=False)
    ax.margins(x=0.02)
    if times.dtype.kind == "M":
        zone = pd.Timestamp(0, tz=tz).tzinfo if tz else None
        locator = dates.AutoDateLocator(zone, minticks=4, maxticks=9)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, zone))
    elif times.dtype.kind in "iu":
        ax.xaxis.set_major_locator(ticker.MaxNLocator(nbins=9, integer=True, min_n_ticks=1))


def with_unit(word: str, unit: str | None) -> str:
    """A name with its unit behind it, where there is one."""
    return f"{word} ({unit})" if unit else word


def add_legend(ax: Axes, lines: Sequence[tuple[str, Artist]]) -> int:
    """Explain the lines and bands above the picture, where nothing is covered; returns the rows it takes."""
    if not lines:
        return 0
    columns = min(5, len(lines))
    legend = ax.legend(
        [line for _, line in lines],
        [str(i) for i in range(len(lines))],
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=columns,
        frameon=False,
        borderaxespad=0.2,
        borderpad=0.2,
        handlelength=2.6,
    )
    for text, (name, _) in zip(legend.get_texts(), lines, strict=True):
        text.set_text(name)  # set after, since matplotlib would hide names that begin with "_"
        text.set_parse_math(False)
    return -(-len(lines) // columns)


def add_title(ax: Axes, text: str, rows: int, width: int = LETTERS) -> None:
    """A title above the legend's rows, in lines of up to ``width`` letters."""
    lines = [textwrap.fill(line, width) for line in text.splitlines()]
    ax.set_title("\n".join(lines), loc="left", pad=8 + 18 * rows, parse_math=False)
