"""``rollcast forecast``: roll a saved model forward, or forecast a table by the pretrained network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from rollcast._number_format import format_count
from rollcast.cli.arguments import (
    FILES,
    DrawnSeriesOption,
    JsonOption,
    MaxGapOption,
    identifier_of,
    refuse_missing,
    refuse_same,
)
from rollcast.cli.console import Console, console_of
from rollcast.cli.declared_options import python_values, takes_options
from rollcast.cli.fit_command import frequency_of
from rollcast.cli.wording import refuse_number
from rollcast.errors import ArgumentError
from rollcast.options import FORECAST_ARGUMENTS
from rollcast.options.paths_option import USUAL_PATHS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_WHY_NOT = {
    "season_length": "was fitted with its own",
    "log": "was fitted with or without it",
    "bounds": "was fitted with its own",
    "symmetric": "reads series as it was fitted",
    "exclude": "leaves out what it was fitted without",
    "round": "was fitted with or without it",
}
"""What a model does instead of what only a table can be given."""

_OF_BOTH = ("alias", "level", "quantiles", "paths", "seed")
"""Options that a model takes too."""


class _Total(NamedTuple):
    """Whether the sum of the horizon is asked for, and which quantiles of it."""

    wanted: bool
    quantile: tuple[float, ...] | None


class _Made(NamedTuple):
    """What a forecast gives to print and to draw.

    Attributes:
        frame: the forecasts in the caller's kind of frame.
        name: of their column.
        unit: of the values, or None.
        draw: the picture of a series by its identifier as text; None for the first. None where there is none.
    """

    frame: Any
    name: str
    unit: str | None
    draw: Callable[[str | None], Figure] | None


@takes_options(FORECAST_ARGUMENTS)
def forecast(
    context: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL|TABLE",
            help="A model that rollcast fit has written, or a CSV or Parquet file of the series themselves.",
        ),
    ],
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="Behind a MODEL: CSV or Parquet with newer rows or other series."
        ),
    ] = None,
    *,
    h: Annotated[
        int | None,
        typer.Option(
            "--horizon",
            "--h",
            help="Steps ahead, any number; else the horizon of fit, or one season of the table.",
            rich_help_panel="Forecast",
        ),
    ] = None,
    total: Annotated[
        bool,
        typer.Option(
            "--total",
            help="One row a series: the sum over the horizon, such as the demand of a lead time, with its interval "
            "(80 percent, or --level). It is told by --paths, 1000 of each series.",
            rich_help_panel="Forecast",
        ),
    ] = False,
    quantile: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="With --total: the value below which the sum lies with that probability, such as 0.95, or 0.9,0.95. "
            "Of each step: --quantiles.",
            rich_help_panel="Forecast",
        ),
    ] = None,
    fallback: Annotated[
        bool,
        typer.Option(
            "--fallback",
            help="Of a model: series that a baseline won in fit get its forecast; a column says whose each row is.",
            rich_help_panel="Forecast",
        ),
    ] = False,
    ensemble: Annotated[
        bool,
        typer.Option(
            "--ensemble",
            help="Of a model: one more column, the median of the network and the best baselines, where validation "
            "preferred it.",
            rich_help_panel="Forecast",
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="CSV or Parquet by its ending; else CSV to stdout.",
            rich_help_panel=FILES,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw one series' forecast (png, svg, pdf).",
            rich_help_panel=FILES,
        ),
    ] = None,
    series: DrawnSeriesOption = None,
    max_gap: MaxGapOption = None,
    json: JsonOption = False,
    **given: Any,
) -> None:
    """Forecast the rows after the newest ones, by a fitted model or, of a table, by the pretrained network.

    A table is forecast as it is, in seconds and without training. How it is read and its seasons are options that a
    model doesn't take.

    A model goes on from the rows that it knows, or from those of FILE. New rows of a known series go on from where the
    model stands. New series are read from their first row, by the same weights.
    """
    from rollcast.cli.table_files import check_table_path, csv_text, records, write_table
    from rollcast.plots.saving import check_figure_path, save_figure
    from rollcast.storage.container import begins_as_container

    console = console_of(context)
    written = {"--output": output, "--plot": plot}
    refuse_missing(source, written)
    is_model = begins_as_container(source)
    kind = "MODEL" if is_model else "TABLE"
    refuse_same({kind: source, "FILE": file, **written})
    if output is not None:
        check_table_path(output)
    if plot is not None:
        check_figure_path(plot)
    refuse_number(file)
    sums = _check_total(total, quantile, given["quantiles"])
    if fallback:
        _refuse_fallback(source, plot, is_model=is_model, total=total)
    if ensemble:
        _refuse_ensemble(source, is_model=is_model, total=total)
    given |= {"fallback": fallback, "ensemble": "auto" if ensemble else False}
    forecast_by = _by_model if is_model else _by_table
    if plot is not None and (total or given["paths"] is not None):
        raise ArgumentError(
            f"`plot` draws forecasts, and {'`total`' if total else '`paths`'} asks for none; leave one of them out."
        )
    made = forecast_by(source, file, h, max_gap, given, sums)
    if plot is not None and made.draw is not None:
        save_figure(made.draw(series), plot)
    if output is not None:
        write_table(made.frame, output)
        what = "row" if made.draw is None else "forecast"
        console.say(f"'{output}' holds {format_count(len(made.frame), what)}.")
    elif not console.as_json:
        console.say(csv_text(made.frame).rstrip("\n"))
    if console.as_json:  # a record for each forecast would be built for nobody else
        _document(console, source, made, output, records(made.frame), is_model=is_model)


def _refuse_fallback(source: Path, plot: Path | None, *, is_model: bool, total: bool) -> None:
    """Refuse a fallback where there is none.

    Raises:
        ArgumentError: the source is a table, or something else than forecasts is asked for.
    """
    if not is_model:
        raise ArgumentError(
            f"`fallback` is for a model, in whose fit a baseline won, and '{source}' is a table; leave it out."
        )
    if total or plot is not None:
        word = "total" if total else "plot"
        raise ArgumentError(
            f"`fallback` gives points of baselines too, and `{word}` tells of the network alone; leave one of them out."
        )


def _refuse_ensemble(source: Path, *, is_model: bool, total: bool) -> None:
    """Refuse an ensemble where there is none.

    Raises:
        ArgumentError: the source is a table, or the sum over the horizon is asked for.
    """
    if not is_model:
        raise ArgumentError(
            f"`ensemble` is for a model, in whose fit baselines were validated, and '{source}' is a table; leave it "
            "out."
        )
    if total:
        raise ArgumentError(
            "`ensemble` is a column beside forecasts, and `total` is of the network alone; leave one of them out."
        )


def _check_total(wanted: bool, quantile: str | None, quantiles: str | None) -> _Total:
    from rollcast.options.quantiles_option import check_quantiles

    if wanted and quantiles is not None:
        raise ArgumentError(
            "`quantiles` are of each step by itself, and `total` asks for the sum; pass `quantile` for that."
        )
    if quantile is None:
        return _Total(wanted, None)
    if not wanted:
        raise ArgumentError(
            "`quantile` is of the sum over the horizon; pass `total` with it, or `quantiles` for each step."
        )
    return _Total(wanted, check_quantiles("quantile", quantile))


def _by_model(
    source: Path,
    file: Path | None,
    h: int | None,
    max_gap: int | None,
    given: dict[str, Any],
    total: _Total,
) -> _Made:
    import rollcast as rc

    for name, option in FORECAST_ARGUMENTS.items():
        if name not in _OF_BOTH and given[name] not in (option.default, []):
            why = _WHY_NOT.get(name, "knows how tables are read")
            raise ArgumentError(
                f"`{name}` is for a table, and '{source}' is a model, which {why}; leave it out."
            )
    model, alias = rc.load(source), given["alias"]
    values = python_values(FORECAST_ARGUMENTS, given)
    level, quantiles = values["level"], values["quantiles"]
    paths, seed = values["paths"], values["seed"]
    name, unit = model.name if alias is None else alias, model.fitted.unit
    if total.wanted:
        frame = model.predict_total(
            h,
            file,
            level=_usual_level(level),
            quantile=total.quantile,
            paths=USUAL_PATHS if paths is None else paths,
            seed=seed,
            alias=alias,
            max_gap=max_gap,
        )
        return _Made(frame, name, unit, None)
    frame = model.predict(
        file,
        h,
        level=level,
        quantiles=quantiles,
        paths=paths,
        seed=seed,
        fallback=given["fallback"],
        ensemble=given["ensemble"],
        alias=alias,
        max_gap=max_gap,
    )

    def draw(series: str | None) -> Figure:
        found = identifier_of(model.fitted.state.ids, series)
        return model.plot(file, h, series=found, level=level, max_gap=max_gap)

    return _Made(frame, name, unit, draw if paths is None else None)


def _by_table(
    source: Path,
    file: Path | None,
    h: int | None,
    max_gap: int | None,
    given: dict[str, Any],
    total: _Total,
) -> _Made:
    from rollcast.model.aggregate import aggregate_paths, ask
    from rollcast.model.zero_shot import make_forecast, make_paths

    if file is not None:
        raise ArgumentError(
            f"'{source}' is a table, behind which no other stands; got '{file}': forecast one table at a time, or give "
            "a model first."
        )
    if max_gap is not None:
        raise ArgumentError(
            f"`max_gap` is for newer rows of a model, and '{source}' is a table; leave it out."
        )
    arguments = python_values(FORECAST_ARGUMENTS, given)
    arguments["freq"] = frequency_of(arguments["freq"])
    if total.wanted:
        asked = ask("sum", _usual_level(arguments["level"]), total.quantile)
        paths = USUAL_PATHS if arguments["paths"] is None else arguments["paths"]
        drawn = make_paths(source, h, arguments | {"level": None, "paths": paths})
        return _Made(aggregate_paths(drawn, asked), drawn.name, None, None)
    if arguments["paths"] is not None:
        drawn = make_paths(source, h, arguments)
        return _Made(drawn.frame(), drawn.name, None, None)
    made = make_forecast(source, h, arguments)
    return _Made(
        made.frame(),
        made.name,
        None,
        lambda series: made.plot(identifier_of(made.panel.ids, series)),
    )


def _usual_level(level: Any) -> Any:
    """The levels of totals: those that were asked for, else 80 percent."""
    return (80,) if level is None else level


def _document(
    console: Console,
    source: Path,
    made: _Made,
    output: Path | None,
    rows: list[dict[str, Any]],
    *,
    is_model: bool,
) -> None:
    console.document(
        {
            "command": "forecast",
            "model": str(source) if is_model else None,
            "table": None if is_model else str(source),
            "name": made.name,
            "unit": made.unit,
            "output": None if output is None else str(output),
            "forecast": rows,
        }
    )
