"""Forecasts of any table by the pretrained network, without a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Unpack

import numpy as np

from rollcast._types import Bool, Int32, Int64
from rollcast.data.gaps import fill_linearly
from rollcast.data.panel import Panel
from rollcast.data.seasons import SeasonCycles, Seasons
from rollcast.errors import ArgumentError, show
from rollcast.fitting.horizon_and_sizes import season_of, usual_horizon
from rollcast.model.aggregate import aggregate_paths, ask
from rollcast.model.quantile_forecast import QuantileForecast
from rollcast.model.sample_paths import SamplePaths
from rollcast.model.warnings_and_notes import FAR_AHEAD, emit_notes
from rollcast.networks.pretrained_network import MOST_STEPS
from rollcast.options import (
    FORECAST_ARGUMENTS,
    MOST_AHEAD,
    TABLE_ARGUMENTS,
    TOTAL_ARGUMENTS,
    ForecastArguments,
    takes,
    whole,
)
from rollcast.options.config import PRETRAINED_NAME
from rollcast.options.other_words import choose_horizon_word, refuse_unknown
from rollcast.options.paths_option import refuse_level
from rollcast.preprocessing.bounds import refuse_outside
from rollcast.preprocessing.many_zeros import choose_means
from rollcast.preprocessing.rounding import Rounding, rounding_of
from rollcast.tables import Notes, Schema, to_panel
from rollcast.tables.forecast_frame import check_forecast_name


@takes(FORECAST_ARGUMENTS)
def forecast(
    data: Any,
    h: int | None = None,
    *,
    horizon: int | None = None,
    **arguments: Unpack[ForecastArguments],
) -> Any:
    """Forecast the next ``h`` rows of every series of a table, without training.

    The network was trained on synthetic series before it came to you. It reads each series from its first row. Small
    tables are read without JAX, larger ones by compiled programs; the size decides. The same call gives the same bits.

    Args:
        data: a path to a CSV or Parquet file, a pandas or polars frame, or one series as an array.
        h: horizon, any whole number; default one season of at most 1,440 steps, 12 where there is none.
        horizon: another word for ``h``.
        OPTIONS

    Returns:
        A frame of the caller's kind and names: identifier, time, the forecasts in the data's units, for each level the
        ends of its interval, and a column such as ``Rollcast-q-90`` for each quantile; S x h rows. Forecasts are
        medians, and of series with many zeros means, see ``point``. Of N paths: identifier, time, ``sample``
        (0 .. N - 1) and the value; S x N x h rows, of which :func:`rollcast.aggregate` tells totals.

    Raises:
        DataError: the table can't be used; the message names column, series and row.
        ArgumentError: an option has a value outside its range.

    Example:
        >>> import rollcast as rc
        >>> rc.forecast(rc.datasets.airline(), h=24, level=80).columns.tolist()
        ['unique_id', 'ds', 'Rollcast', 'Rollcast-lo-80', 'Rollcast-hi-80']
    """
    steps = choose_horizon_word(h, horizon)
    if arguments.get("paths") is not None:
        return make_paths(data, steps, arguments).frame()
    return make_forecast(data, steps, arguments).frame()


@takes(TOTAL_ARGUMENTS)
def forecast_total(
    data: Any,
    h: int | None = None,
    *,
    quantile: float | Sequence[float] | None = None,
    horizon: int | None = None,
    **arguments: Unpack[ForecastArguments],
) -> Any:
    """Forecast the sum of the next ``h`` rows of every series, without training: what will be needed until then.

    With a lead time of 14 days and ``quantile=0.95``, the stock that suffices in 19 of 20 cases. Quantiles of single
    steps can't be added, so the sum is taken of sample paths, whose steps belong together.

    Args:
        data: as in :func:`rollcast.forecast`.
        h: horizon, the lead time in rows; default as in :func:`rollcast.forecast`.
        quantile: shares such as 0.95, one or several: the sum lies below that value with that probability.
        horizon: another word for ``h``.
        OPTIONS

    Returns:
        A frame with one row a series: identifier, the median of the sum, the ends of its intervals, and a column such
        as ``Rollcast-q-95`` for each quantile.

    Raises:
        DataError: the table can't be used; the message names column, series and row.
        ArgumentError: an option has a value outside its range, or there are too few paths for a quantile so far out.

    Example:
        >>> import rollcast as rc
        >>> rc.forecast_total(rc.datasets.airline(), 3, quantile=0.95).columns.tolist()
        ['unique_id', 'Rollcast', 'Rollcast-lo-80', 'Rollcast-hi-80', 'Rollcast-q-95']
    """
    refuse_unknown(arguments, ["h", "horizon", "quantile", *TOTAL_ARGUMENTS], "forecast_total", {})
    given = {name: arguments.get(name, option.default) for name, option in TOTAL_ARGUMENTS.items()}
    asked = ask("sum", given["level"], quantile, quantiles_word="quantile")
    paths = TOTAL_ARGUMENTS["paths"].check("paths", given["paths"])
    if paths is None:
        raise ArgumentError(
            "`paths` must be a whole number, for the sum is told by them; got None."
        )
    steps = choose_horizon_word(h, horizon)
    return aggregate_paths(make_paths(data, steps, given | {"level": None}), asked)


def make_forecast(data: Any, h: int | None, arguments: Mapping[str, Any]) -> QuantileForecast:
    """Read a table and forecast the next rows of every series.

    Args:
        data: a path to a CSV or Parquet file, a pandas or polars frame, or one series as an array.
        h: horizon; None for one season of at most 1,440 steps, 12 where there is none.
        arguments: those of :class:`rollcast.options.ForecastArguments`, as the caller gave them, without paths.

    Raises:
        DataError: the table can't be used; the message names column, series and row.
        ArgumentError: an option has a value outside its range.
    """
    from rollcast.forecasting.zero_shot_quantiles import forecast_panel

    asked = _read(data, h, arguments)
    given, panel = asked.given, asked.panel
    options = {name: given[name] for name in ("log", "bounds", "symmetric")}
    made = forecast_panel(panel, asked.h, asked.cycles, **options)
    means = choose_means(given["point"], panel)
    if given["point"] == "auto" and means.any():
        _remark(_describe_means(means))
    return QuantileForecast(
        name=asked.name,
        panel=panel,
        schema=asked.schema,
        quantiles=made,
        means=means,
        levels=given["level"] or (),
        shares=given["quantiles"] or (),
        rounding=asked.rounding,
    )


def make_paths(data: Any, h: int | None, arguments: Mapping[str, Any]) -> SamplePaths:
    """Read a table and draw paths of the next rows of every series.

    Args:
        data: a path to a CSV or Parquet file, a pandas or polars frame, or one series as an array.
        h: horizon; None for one season of at most 1,440 steps, 12 where there is none.
        arguments: those of :class:`rollcast.options.ForecastArguments`, as the caller gave them, paths among them.

    Raises:
        DataError: the table can't be used; the message names column, series and row.
        ArgumentError: an option has a value outside its range, or can't be beside paths.
    """
    from rollcast.forecasting.zero_shot_quantiles import draw_panel

    asked = _read(data, h, arguments)
    given, panel, rounding = asked.given, asked.panel, asked.rounding
    options = {name: given[name] for name in ("log", "bounds", "seed")}
    values = draw_panel(panel, asked.h, asked.cycles, paths=given["paths"], **options)
    return SamplePaths(
        name=asked.name,
        ids=panel.ids,
        starts=panel.nexts(),
        skipped=None,
        frequency=panel.frequency,
        schema=asked.schema,
        values=values if rounding is None else rounding.nearest(values),
        whole=rounding is not None,
    )


class _Asked(NamedTuple):
    """A table and what is asked of it.

    Attributes:
        given: the arguments, checked.
        name: of the column of forecasts.
        panel: the rows that are known.
        schema: the caller's table.
        cycles: the seasons that series may have.
        h: horizon.
        rounding: to whole numbers; None for none.
    """

    given: Mapping[str, Any]
    name: str
    panel: Panel
    schema: Schema
    cycles: SeasonCycles
    h: int
    rounding: Rounding | None


def _read(data: Any, h: int | None, arguments: Mapping[str, Any]) -> _Asked:
    """Check the arguments and read the table."""
    refuse_unknown(arguments, ["h", "horizon", *FORECAST_ARGUMENTS], "forecast", {})
    given = {n: o.check(n, arguments.get(n, o.default)) for n, o in FORECAST_ARGUMENTS.items()}
    rounding = rounding_of(given["round"], given["bounds"])
    if given["paths"] is not None:
        _refuse_beside_paths(given)
    steps = None if h is None else whole("h", h, most=MOST_AHEAD)
    ends = given["level"] or (), given["quantiles"] or ()
    panel, schema, notes = to_panel(data, **{n: given[n] for n in TABLE_ARGUMENTS}, sparse=True)
    name = PRETRAINED_NAME if given["alias"] is None else given["alias"]
    name = check_forecast_name(name, schema, *ends)
    refuse_outside(panel, given["bounds"], schema.target_col)
    emit_notes(notes)
    cycles = SeasonCycles.of(panel.frequency, given["season_length"])
    _describe_seasons(panel, cycles, named=given["season_length"] is not None)
    steps = _usual_steps(panel) if steps is None else steps
    if steps > MOST_STEPS:
        _remark(FAR_AHEAD)
    if given["fill"] == "linear":
        panel = fill_linearly(panel)
    return _Asked(given, name, panel, schema, cycles, steps, rounding)


def _refuse_beside_paths(given: Mapping[str, Any]) -> None:
    refuse_level(given["level"] or ())
    refuse_level(given["quantiles"] or (), "quantiles")
    if given["symmetric"]:
        raise ArgumentError(
            "`symmetric` makes the mean of two forecasts, and paths can't be drawn from that; leave out `symmetric` or "
            "`paths`."
        )


def _describe_seasons(panel: Panel, cycles: SeasonCycles, *, named: bool) -> None:
    """Say which seasons are assumed; of those that were named, of how many series one is longer than they are."""
    held = cycles.held(panel.lengths)
    if not named:
        _remark(_natural_seasons(cycles.lengths, held, panel.lengths))
        return
    for rows, found in zip(cycles.lengths, held, strict=False):
        _remark_on_short(rows, found, panel)


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


def _natural_seasons(natural: tuple[int, ...], seasons: Seasons, lengths: Int64) -> str:
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
            f"No season is assumed, for no series holds one of {natural[0]:,} rows (the longest has {longest:,}); "
            f"{others}."
        )
    some = any(0 < count < len(lengths) for _, count in found)
    where = ", each where a series holds a whole one" if some else ""
    seasons_are = "A season of {} rows is" if len(held) == 1 else "Seasons of {} rows are"
    return f"{seasons_are.format(' and '.join(held))} assumed{where}; {others}."


def _describe_means(means: Bool) -> str:
    """Of how many series the mean is forecast, and why."""
    count, number = int(means.sum()), len(means)
    if number == 1:
        return 'The mean is forecast, since over 30 % of the values are zero; pass point="median" for the median.'
    return (
        f"The mean is forecast of {count:,} of {number:,} series, since over 30 % of their values are zero; pass "
        'point="median" for the median.'
    )


def _remark(sentence: str) -> None:
    emit_notes(Notes(remarks=(sentence,)))
