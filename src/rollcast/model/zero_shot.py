"""Forecasts of any table by the pretrained network, without a fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

import numpy as np

from rollcast._types import BoundsOption, Float64, Int32, Int64, LogOption
from rollcast.data.gaps import fill_linearly
from rollcast.data.panel import Panel
from rollcast.data.seasons import Seasons, held_seasons, natural_seasons, seasons_by_frequency
from rollcast.errors import show
from rollcast.fitting.horizon_and_sizes import season_of, usual_horizon
from rollcast.model.quantile_forecast import QuantileForecast
from rollcast.model.warnings_and_notes import emit_notes
from rollcast.options import (
    FORECAST_ARGUMENTS,
    MOST_AHEAD,
    TABLE_ARGUMENTS,
    whole,
)
from rollcast.options.other_words import refuse_unknown
from rollcast.preprocessing.bounds import refuse_outside
from rollcast.tables import Notes, to_panel
from rollcast.tables.forecast_frame import check_forecast_name

NAME: Final = "Rollcast"
"""What the column of forecasts is called."""


class PanelForecaster(Protocol):
    """What forecasts the rows after each series' last."""

    def __call__(
        self,
        panel: Panel,
        h: int,
        season: Int32,
        second: Int32,
        *,
        log: LogOption,
        bounds: BoundsOption,
    ) -> Float64:
        """(S, h, 15) quantiles in the data's units.

        Args:
            panel: what is known.
            h: steps ahead.
            season: (S,) rows in a season; 1 for none.
            second: (S,) rows in a longer one; 0 for none.
            log: whether logarithms are taken first.
            bounds: that forecasts are held to.
        """
        ...


def make_forecast(
    data: Any, h: int | None, arguments: Mapping[str, Any], forecast_panel: PanelForecaster
) -> QuantileForecast:
    """Read a table and forecast the next rows of every series.

    Args:
        data: a path to a CSV or Parquet file, a pandas or polars frame, or one series as an array.
        h: horizon; None for one season of at most 1,440 steps, 12 where there is none.
        arguments: those of :class:`rollcast.options.ForecastArguments`, as the caller gave them.
        forecast_panel: from what is known of the series to quantiles.

    Raises:
        DataError: the table can't be used; the message names column, series and row.
        ArgumentError: an option has a value outside its range.
    """
    refuse_unknown(arguments, ["h", "horizon", *FORECAST_ARGUMENTS], "forecast", {})
    given = {n: o.check(n, arguments.get(n, o.default)) for n, o in FORECAST_ARGUMENTS.items()}
    steps = None if h is None else whole("h", h, most=MOST_AHEAD)
    levels = given["level"] or ()
    panel, schema, notes = to_panel(data, **{n: given[n] for n in TABLE_ARGUMENTS})
    name = NAME if given["alias"] is None else given["alias"]
    name = check_forecast_name(name, schema, levels)
    refuse_outside(panel, given["bounds"], schema.target_col)
    emit_notes(notes)
    seasons = _find_seasons(panel, given["season_length"])
    steps = _usual_steps(panel) if steps is None else steps
    if given["fill"] == "linear":
        panel = fill_linearly(panel, panel.lengths)
    made = forecast_panel(panel, steps, *seasons, log=given["log"], bounds=given["bounds"])
    return QuantileForecast(name=name, panel=panel, schema=schema, quantiles=made, levels=levels)


def _find_seasons(panel: Panel, given: tuple[int, ...] | None) -> Seasons:
    """The seasons of each series, as they were named or as the frequency has them."""
    if given is not None:
        seasons = held_seasons(given, panel.lengths)
        for rows, found in zip(given, seasons, strict=False):
            _remark_on_short(rows, found, panel)
        return seasons
    natural = natural_seasons(panel.frequency)
    seasons = seasons_by_frequency(panel.frequency, panel.lengths)
    _remark(_describe_seasons(natural, seasons, panel.lengths))
    return seasons


def _remark_on_short(rows: int, found: Int32, panel: Panel) -> None:
    """Say of how many series a season that was named is longer than they are."""
    short = np.flatnonzero(found != rows)
    if len(short):
        count = "1 series holds" if len(short) == 1 else f"{len(short):,} series hold"
        _remark(
            f"{count} no whole season of {rows:,} rows and {'is' if len(short) == 1 else 'are'} forecast without it"
            f"{_example(panel, int(short[0]))}."
        )


def _example(panel: Panel, series: int) -> str:
    """The first of several series in brackets; nothing where there is no id column."""
    name = panel.ids[series]
    return "" if name is None else f" (the first is {show(name)})"


def _usual_steps(panel: Panel) -> int:
    """The horizon where none is given, of which a remark tells."""
    steps = usual_horizon(panel.frequency, season_of(panel.frequency) or 1)
    _remark(f"The next {steps:,} rows are forecast; pass h= for another horizon.")
    return steps


def _describe_seasons(natural: tuple[int, ...], seasons: Seasons, lengths: Int64) -> str:
    """What was taken for seasons, and why no more."""
    others = "pass season_length= for others"
    found = [
        (rows, int((taken == rows).sum())) for rows, taken in zip(natural, seasons, strict=False)
    ]
    held = [f"{rows:,}" for rows, count in found if count]
    if not natural:
        return f"No season is assumed; {others}."
    if not held:
        longest = int(lengths.max())
        return (
            f"No season is assumed, for no series holds two of {natural[0]:,} rows (the longest has {longest:,}); "
            f"{others}."
        )
    some = any(0 < count < len(lengths) for _, count in found)
    where = ", each where a series holds two of it" if some else ""
    seasons_are = "A season of {} rows is" if len(held) == 1 else "Seasons of {} rows are"
    return f"{seasons_are.format(' and '.join(held))} assumed{where}; {others}."


def _remark(sentence: str) -> None:
    emit_notes(Notes(remarks=(sentence,)))
