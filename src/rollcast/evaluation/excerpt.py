"""Excerpt: a stretch of one series around a forecast, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rollcast._number_format import format_count
from rollcast._types import Float64
from rollcast.data.identifiers import held_identifier
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError, show
from rollcast.evaluation.baselines import NAIVE, SEASONAL_NAIVE, forecast_baselines
from rollcast.evaluation.scores import Scores
from rollcast.options.argument_checks import label
from rollcast.preprocessing.bounds import Bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LETTERS = 40
"""Letters of an identifier in a title."""

TAIL = 3
"""Horizons of known values that are shown before a forecast."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Excerpt:
    """What was known, what was forecast, and the actual values.

    Attributes:
        name: of the model.
        tail: (n,) the values before the origin, NaN where not observed.
        forecast: (h,)
        truth: (h,) the actual values, NaN where not observed; None if that lies ahead.
        baseline: (h,) the forecast of the baseline to beat; None where it has none.
        baseline_name: what it is called; empty where there is none.
        times_tail: (n,) instants in UTC, or integers.
        times_forecast: (h,) the same.
        tz: zone in which the times are read, or None.
        unit: of the values, or None.
        value_name: what the values are.
        title: says which series and origin this is.
        intervals: percent -> lower and upper ends, (h,) each.
    """

    name: str
    tail: Float64
    forecast: Float64
    truth: Float64 | None
    baseline: Float64 | None
    baseline_name: str
    times_tail: NDArray[Any]
    times_forecast: NDArray[Any]
    tz: str | None
    unit: str | None
    value_name: str = "value"
    title: str = ""
    intervals: Mapping[float, tuple[Float64, Float64]] = field(
        default_factory=dict[float, tuple[Float64, Float64]]
    )

    def plot(self, *, ax: Axes | None = None) -> Figure:
        """Draw the forecast over the actual values, with that of the baseline to beat in grey.

        Args:
            ax: where to draw; None makes a figure.
        """
        from rollcast.plots.forecast import plot_forecast

        return plot_forecast(
            tail=self.tail,
            forecast=self.forecast,
            truth=self.truth,
            baseline=self.baseline,
            intervals=self.intervals,
            times_tail=self.times_tail,
            times_forecast=self.times_forecast,
            unit=self.unit,
            value_name=self.value_name,
            tz=self.tz,
            name=self.name,
            baseline_name=self.baseline_name,
            title=self.title,
            ax=ax,
        )


class Opponent(NamedTuple):
    """The baseline to beat, and what it forecasts.

    Attributes:
        name: of the baseline.
        forecast: (h,) in the data's units.
    """

    name: str
    forecast: Float64


def name_opponent(scores: Scores | None, season: int | None) -> str:
    """The baseline that the verdict names; without scores seasonal naive, or naive where no season is known."""
    best = scores.best_baseline if scores else None
    if best is not None:
        return best.name
    return SEASONAL_NAIVE if season and season > 1 else NAIVE


def opponent_at(
    panel: Panel,
    origins: Origins,
    place: int,
    h: int,
    *,
    name: str,
    season: int | None,
    bounds: Bounds | None = None,
) -> Opponent | None:
    """What a baseline forecasts from one of many origins, as it is judged there.

    Args:
        panel: all rows.
        origins: of any series; a baseline may be fitted before the first of a series alone.
        place: of the origin among them.
        h: steps ahead.
        name: of the baseline.
        season: rows in a season, or None.
        bounds: of S series, to which its forecasts are held; None for none.

    Returns:
        The baseline with its forecast; None where nothing was known before the origin.
    """
    series = origins.series[place]
    own = np.flatnonzero(origins.series == series)
    alone = Origins(np.zeros(len(own), np.int64), origins.row[own])
    made = forecast_baselines(panel.select(np.array([series])), alone, h, season, (name,))
    if name not in made:
        return None
    held = made[name] if bounds is None else bounds.limit(made[name], origins.series[own])
    forecast = held[np.searchsorted(own, place)]
    return None if np.isnan(forecast).any() else Opponent(name, forecast)


@dataclass(frozen=True, eq=False)
class TypicalForecast:
    """The forecast whose error is the median of all: neither the best that can be shown nor the worst.

    Attributes:
        series: its place in the panel.
        row: of the first value that is forecast, counted from the series' first.
        forecast: (h,) in the data's units.
        truth: (h,) the actual values, NaN where not observed.
        count: forecasts of which it is the median.
        place: of its origin among those of all these forecasts.
        opponent: the baseline to beat; None where none is to be drawn.
    """

    series: int
    row: int
    forecast: Float64
    truth: Float64
    count: int
    place: int
    opponent: Opponent | None = None


def typical_forecast(
    origins: Origins, forecasts: Float64, actual: Float64, scale: Float64
) -> TypicalForecast | None:
    """The forecast with the median error.

    Args:
        origins: of any series.
        forecasts: (M, h) in the data's units.
        actual: (M, h) the actual values, NaN where not observed.
        scale: (S,) what errors of different series are divided by.

    Returns:
        The forecast; None where nothing was observed behind any origin.
    """
    errors = np.abs(forecasts - actual) / scale[origins.series, None]
    judged = np.isfinite(errors).any(axis=1)
    if not judged.any():
        return None
    mean = np.full(judged.shape, np.nan)
    mean[judged] = np.nanmean(errors[judged], axis=1)
    order = np.argsort(mean, kind="stable")[: int(judged.sum())]
    m = int(order[(len(order) - 1) // 2])
    s, row = int(origins.series[m]), int(origins.row[m]) + 1
    return TypicalForecast(s, row, forecasts[m], actual[m], len(order), m)


def typical_excerpt(
    panel: Panel,
    typical: TypicalForecast,
    *,
    name: str,
    unit: str | None,
    value_name: str = "value",
) -> Excerpt:
    """The stretch around a typical forecast.

    Args:
        panel: all rows.
        typical: the forecast.
        name: of the model.
        unit: of the data, or None.
        value_name: what the values are.
    """
    s, h = typical.series, len(typical.forecast)
    first = panel.frequency.format(panel.frequency.advance(int(panel.starts[s]), typical.row))
    return excerpt_at(
        panel,
        s,
        typical.row,
        typical.forecast,
        truth=typical.truth,
        opponent=typical.opponent,
        name=name,
        unit=unit,
        value_name=value_name,
        title=f"{name_in_title(panel.ids, s)}{format_count(h, 'step')} from {first}, the median error of "
        f"{format_count(typical.count, 'forecast')}",
    )


def place_of(series: Any, ids: tuple[Any, ...]) -> int:
    """Where the series that is to be drawn stands.

    Args:
        series: its identifier; None for the first.
        ids: of all series.

    Raises:
        ArgumentError: it is none of them.
    """
    if series is None:
        return 0
    held = held_identifier(label("series", series))
    if held not in ids:
        raise ArgumentError(
            f"`series` must be one of the {len(ids)} identifiers; got {show(held)}."
        )
    return ids.index(held)


def name_in_title(ids: tuple[Any, ...], place: int) -> str:
    """How a title begins that speaks of a series; empty where the caller has no id column.

    Args:
        ids: of all series that could have been drawn.
        place: of the one that is drawn.

    Example:
        >>> name_in_title(("A", "B"), 1)
        'series B, 2 of 2: '
    """
    if ids[place] is None:
        return ""
    text = str(ids[place])
    name = text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}..."
    return f"{name}: " if len(ids) == 1 else f"series {name}, {place + 1:,} of {len(ids):,}: "


def excerpt_at(
    panel: Panel,
    series: int,
    row: int,
    forecast: Float64,
    *,
    name: str,
    unit: str | None,
    truth: Float64 | None = None,
    opponent: Opponent | None = None,
    value_name: str = "value",
    title: str = "",
) -> Excerpt:
    """The stretch of a series around the forecast of the rows from ``row`` on.

    Args:
        panel: its rows up to ``row`` at least.
        series: its place in the panel.
        row: of the first forecast, counted from the series' first.
        forecast: (h,)
        name: of the model.
        unit: of the data, or None.
        truth: (h,) the actual values, or None.
        opponent: the baseline to beat, or None.
        value_name: what the values are.
        title: above the picture.
    """
    h, start = len(forecast), int(panel.starts[series])
    rows = panel.rows(series)
    known = np.where(panel.mask[rows], panel.target[rows], np.nan)[:row]
    tail = min(TAIL * h, row)
    times = panel.frequency.times(panel.frequency.advance(start, row - tail), tail + h)
    clock = times if panel.frequency.is_integer else times.view("M8[ns]")
    return Excerpt(
        name=name,
        tail=known[row - tail :],
        forecast=forecast,
        truth=truth,
        baseline=opponent.forecast if opponent else None,
        baseline_name=opponent.name if opponent else "",
        times_tail=clock[:tail],
        times_forecast=clock[tail:],
        tz=panel.frequency.tz,
        unit=unit,
        value_name=value_name,
        title=title,
    )
