"""``rollcast forecast``: roll a saved model forward."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rollcast.cli.arguments import (
    FileArgument,
    HorizonOption,
    JsonOption,
    MaxGapOption,
    ModelArgument,
    refuse_same,
)
from rollcast.cli.console import console_of


def forecast(
    context: typer.Context,
    model: ModelArgument,
    file: FileArgument = None,
    *,
    h: HorizonOption = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="CSV or Parquet by its ending; else CSV to stdout."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw one series' forecast (png, svg, pdf)."),
    ] = None,
    series: Annotated[
        str | None, typer.Option(metavar="ID", help="The series to draw; else the first.")
    ] = None,
    alias: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="What the column of forecasts is called; else the model."
        ),
    ] = None,
    max_gap: MaxGapOption = None,
    json: JsonOption = False,
) -> None:
    """Forecast the rows after the newest ones: those that the model knows, or those of a file.

    New rows of a known series go on from where the model stands. New series are read from their first row, by the same
    weights.
    """
    import rollcast as rc
    from rollcast.cli.table_files import check_table_path, csv_text, records, write_table
    from rollcast.plots.saving import check_figure_path, save_figure

    console = console_of(context)
    refuse_same({"MODEL": model, "FILE": file, "--output": output, "--plot": plot})
    if output is not None:
        check_table_path(output)
    if plot is not None:
        check_figure_path(plot)
    loaded = rc.load(model)
    frame = loaded.predict(file, h, alias=alias, max_gap=max_gap)
    if plot is not None:
        save_figure(loaded.plot(file, h, series=_identifier(loaded, series), max_gap=max_gap), plot)
    if output is not None:
        write_table(frame, output)
        console.say(f"'{output}' holds {len(frame):,} forecasts.")
    elif not console.as_json:
        console.say(csv_text(frame).rstrip("\n"))
    if not console.as_json:
        return  # a record for each forecast would be built for nobody
    console.document(
        {
            "command": "forecast",
            "model": str(model),
            "name": loaded.name if alias is None else alias,
            "unit": loaded.fitted.unit,
            "output": None if output is None else str(output),
            "forecast": records(frame),
        }
    )


def _identifier(model: Any, given: str | None) -> Any:
    """The identifier that reads as given: identifiers may be numbers."""
    if given is None:
        return None
    known = model.fitted.state.ids
    return next((i for i in known if str(i) == given), given)
