"""``rollcast backtest``: forecasts from past cutoffs of a table, judged by what came."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rollcast._number_format import format_count
from rollcast.cli.arguments import (
    FILES,
    DrawnSeriesOption,
    JsonOption,
    identifier_of,
    refuse_missing,
    refuse_same,
)
from rollcast.cli.console import Console, console_of
from rollcast.cli.declared_options import python_values, takes_options, without_defaults
from rollcast.cli.fit_command import frequency_of
from rollcast.cli.wording import refuse_number
from rollcast.errors import ArgumentError
from rollcast.options import BACKTEST_ARGUMENTS, MODEL_OPTIONS

if TYPE_CHECKING:
    from rollcast.evaluation.backtest import Backtest


@takes_options({**BACKTEST_ARGUMENTS, **MODEL_OPTIONS})
def backtest(
    context: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL|TABLE",
            help="A CSV or Parquet file of the series, or a model that rollcast fit has written.",
        ),
    ],
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Behind a MODEL: CSV or Parquet with rows that it has not seen, with or without the history.",
        ),
    ] = None,
    *,
    refit_every: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Train anew at every N-th cutoff alone.",
            rich_help_panel="Backtest",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Write the scores over all, by step, by cutoff and by series (CSV or Parquet).",
            rich_help_panel=FILES,
        ),
    ] = None,
    forecasts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write every forecast beside what came (CSV or Parquet).",
            rich_help_panel=FILES,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw errors and coverage by step ahead, and one series' forecasts (png, svg, pdf).",
            rich_help_panel=FILES,
        ),
    ] = None,
    series: DrawnSeriesOption = None,
    json: JsonOption = False,
    **given: Any,
) -> None:
    """Forecast from past cutoffs as if nothing later were known, and judge the forecasts by what came.

    From a table, a network is trained on the rows up to the first cutoff, and rolled on from there; --no-train leaves
    the pretrained one as it is. A model is judged on rows that its weights have not seen. All series share the cutoffs,
    and one that is too short at a cutoff is left out of it.
    """
    from rollcast.cli.table_files import check_table_path, write_table
    from rollcast.plots.saving import check_figure_path, save_figure
    from rollcast.storage.container import begins_as_container

    console = console_of(context)
    refuse_missing(source)
    refuse_number(file, "--refit-every" if given["refit"] else None)
    is_model = begins_as_container(source)
    kind = "MODEL" if is_model else "TABLE"
    written = {"--output": output, "--forecasts": forecasts, "--plot": plot}
    refuse_same({kind: source, "FILE": file, **written})
    if plot is not None:
        check_figure_path(plot)
    for path in (output, forecasts):
        if path is not None:
            check_table_path(path)
    arguments, options = _arguments(context, console, refit_every, given)
    run = _of_model if is_model else _of_table
    found = run(source, file, options, arguments)
    if output is not None:
        write_table(found.all_scores(), output)
    if forecasts is not None:
        write_table(found.frame(), forecasts)
    if plot is not None:
        save_figure(found.plot(identifier_of(found.panel.ids, series)), plot)
    console.say(str(found))
    if output is not None:
        console.say(f"'{output}' holds the scores over all, by step, by cutoff and by series.")
    if forecasts is not None:
        count = format_count(found.forecast_values, "forecast")
        console.say(f"'{forecasts}' holds {count} beside what came.")
    _document(console, source, found, output, forecasts)


def _arguments(
    context: typer.Context, console: Console, refit_every: int | None, given: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of the backtest, and the options of the network that were written."""
    arguments = python_values(BACKTEST_ARGUMENTS, given)
    arguments["freq"] = frequency_of(arguments["freq"])
    if refit_every is not None:
        if arguments["refit"]:
            raise ArgumentError(
                "--refit trains at every cutoff, and --refit-every at some; give one of them."
            )
        arguments["refit"] = refit_every
    if arguments["cutoffs"] is not None:
        named = [one.strip() for one in arguments["cutoffs"].split(",")]
        arguments["cutoffs"] = [int(one) for one in named] if _are_counts(named) else named
    if console.as_json and arguments["progress"] == "auto":
        arguments["progress"] = "quiet"
    return arguments, python_values(MODEL_OPTIONS, without_defaults(context, given))


def _are_counts(named: list[str]) -> bool:
    """Whether cutoffs are whole numbers; dates in one word, such as 20240131, are read as text."""
    return all(one.isdecimal() and len(one) < 8 for one in named)


def _of_table(
    source: Path, file: Path | None, options: dict[str, Any], arguments: dict[str, Any]
) -> Backtest:
    import rollcast as rc

    if file is not None:
        raise ArgumentError(
            f"'{source}' is a table, behind which no other stands; got '{file}': give one table, or a model first."
        )
    return rc.backtest(rc.Forecaster(**options), source, **arguments)


def _of_model(
    source: Path, file: Path | None, options: dict[str, Any], arguments: dict[str, Any]
) -> Backtest:
    import rollcast as rc

    if file is None:
        raise ArgumentError(
            f"'{source}' is a model, and no rows to judge it by are given: name a FILE behind it, or a table alone to "
            "train on the rows before the first cutoff."
        )
    h = options.pop("h", None)
    for name in options:
        raise ArgumentError(
            f"`{name}` shapes or trains a network, and '{source}' is a model that has been fitted; leave it out."
        )
    return rc.backtest(rc.load(source), file, h, **arguments)


def _document(
    console: Console, source: Path, found: Backtest, output: Path | None, forecasts: Path | None
) -> None:
    from rollcast.cli.table_files import records

    console.document(
        {
            "command": "backtest",
            "source": str(source),
            "name": found.name,
            "in_sample": found.in_sample,
            "fits": found.fits,
            "output": None if output is None else str(output),
            "forecasts": None if forecasts is None else str(forecasts),
            **found.comparison.to_json(),
            "verdict": found.verdict,
            "overall": records(found.scores()),
            "by_step": records(found.by_step()),
            "by_cutoff": records(found.by_cutoff()),
            "left_out": records(found.left_out),
        }
    )
