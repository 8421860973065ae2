"""``rollcast forecast``: roll a saved model forward, or forecast a table by the pretrained network."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from rollcast._number_format import format_count
from rollcast.cli.arguments import JsonOption, MaxGapOption, refuse_same
from rollcast.cli.console import Console, console_of
from rollcast.cli.declared_options import python_values, takes_options
from rollcast.cli.fit_command import frequency_of
from rollcast.errors import ArgumentError, ArtifactError
from rollcast.options import FORECAST_ARGUMENTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FILES = "Files and output"

_WHY_NOT = {
    "season_length": "was fitted with its own",
    "log": "was fitted with or without it",
    "bounds": "was fitted with its own",
    "symmetric": "reads series as it was fitted",
    "exclude": "leaves out what it was fitted without",
}
"""What a model does instead of what only a table can be given."""


class _Made(NamedTuple):
    """What a forecast gives to print and to draw.

    Attributes:
        frame: the forecasts in the caller's kind of frame.
        name: of their column.
        unit: of the values, or None.
        draw: the picture of a series by its identifier as text; None for the first.
    """

    frame: Any
    name: str
    unit: str | None
    draw: Callable[[str | None], Figure]


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
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="CSV or Parquet by its ending; else CSV to stdout.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw one series' forecast (png, svg, pdf).",
            rich_help_panel=_FILES,
        ),
    ] = None,
    series: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="The series to draw; else the first.", rich_help_panel=_FILES
        ),
    ] = None,
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
    if not os.path.exists(source):  # noqa: PTH110  (which also takes names that are too long)
        _refuse_missing(source, output, plot)
    is_model = begins_as_container(source)
    kind = "MODEL" if is_model else "TABLE"
    refuse_same({kind: source, "FILE": file, "--output": output, "--plot": plot})
    if output is not None:
        check_table_path(output)
    if plot is not None:
        check_figure_path(plot)
    forecast_by = _by_model if is_model else _by_table
    made = forecast_by(source, file, h, max_gap, given)
    if plot is not None:
        save_figure(made.draw(series), plot)
    if output is not None:
        write_table(made.frame, output)
        console.say(f"'{output}' holds {format_count(len(made.frame), 'forecast')}.")
    elif not console.as_json:
        console.say(csv_text(made.frame).rstrip("\n"))
    if console.as_json:  # a record for each forecast would be built for nobody else
        _document(console, source, made, output, records(made.frame), is_model=is_model)


def _by_model(
    source: Path, file: Path | None, h: int | None, max_gap: int | None, given: dict[str, Any]
) -> _Made:
    import rollcast as rc

    for name, option in FORECAST_ARGUMENTS.items():
        if name not in ("alias", "level") and given[name] not in (option.default, []):
            why = _WHY_NOT.get(name, "knows how tables are read")
            raise ArgumentError(
                f"`{name}` is for a table, and '{source}' is a model, which {why}; leave it out."
            )
    model, alias = rc.load(source), given["alias"]
    level = python_values(FORECAST_ARGUMENTS, given)["level"]
    frame = model.predict(file, h, level=level, alias=alias, max_gap=max_gap)

    def draw(series: str | None) -> Figure:
        found = _identifier(model.fitted.state.ids, series)
        return model.plot(file, h, series=found, level=level, max_gap=max_gap)

    return _Made(frame, model.name if alias is None else alias, model.fitted.unit, draw)


def _by_table(
    source: Path, file: Path | None, h: int | None, max_gap: int | None, given: dict[str, Any]
) -> _Made:
    from rollcast.model.zero_shot import make_forecast

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
    made = make_forecast(source, h, arguments)
    return _Made(
        made.frame(),
        made.name,
        None,
        lambda series: made.plot(_identifier(made.panel.ids, series)),
    )


def _refuse_missing(source: Path, output: Path | None, plot: Path | None) -> None:
    """Say that nothing is there.

    Raises:
        ArtifactError: always, unless the file is to be written by the same command.
        ArgumentError: it is.
    """
    refuse_same({"MODEL": source, "--output": output, "--plot": plot})
    raise ArtifactError(f"There is no model file or table '{source}'; check the path.")


def _identifier(known: tuple[Any, ...], given: str | None) -> Any:
    """The identifier that reads as given: identifiers may be numbers."""
    if given is None:
        return None
    return next((i for i in known if str(i) == given), given)


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
