"""``rollcast fit``: from a file to a judged and saved model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from rollcast.cli.arguments import FILES, JsonOption, refuse_same
from rollcast.cli.console import Console, console_of
from rollcast.cli.declared_options import python_values, takes_options, without_defaults
from rollcast.cli.summary_command import describe_data, model_document
from rollcast.options import FIT_ARGUMENTS, MODEL_OPTIONS
from rollcast.training.stopping import StopReason

_TOLD_BEFORE: Final = (
    *("scores", "verdict", "defaults", "stopped", "best_epoch", "updates", "notes", "warnings"),
)
"""What the document of a model says of its history already."""

INTERRUPTED = 130
"""Exit code after Ctrl-C."""


@takes_options({**FIT_ARGUMENTS, **MODEL_OPTIONS})
def fit(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet.")],
    *,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="Where to save the model.", rich_help_panel=FILES),
    ],
    with_data: Annotated[
        bool,
        typer.Option(
            "--with-data",
            help="Save the newest rows with the model, for pictures and to notice changed rows.",
            rich_help_panel=FILES,
        ),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw a typical forecast of the test part beside the actual values (png, svg, pdf).",
            rich_help_panel=FILES,
        ),
    ] = None,
    plot_history: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw the learning curves (png, svg, pdf).", rich_help_panel=FILES
        ),
    ] = None,
    json: JsonOption = False,
    **given: Any,
) -> None:
    """Fit a recurrent network to the series of a file, judge it beside simple forecasts, and save it.

    It starts from the pretrained network, or from random weights if an option shapes or trains them (--cell lstm).
    Training fits, validation chooses, and the untouched last fifth of the rows gives the verdict; then what was trained
    is trained once more on all rows. What is not given is chosen from the data.

    Ctrl-C stops training and saves the best weights so far.
    """
    console = console_of(context)
    written = {"--output": output, "--plot": plot, "--plot-history": plot_history}
    options = python_values(MODEL_OPTIONS, without_defaults(context, given))
    model, seconds = _train(console, file, written, given, options)
    model.save(output, with_data=with_data)
    _draw(model, plot, plot_history)
    _report(console, model, output, seconds)
    if model.history.stop_reason is StopReason.INTERRUPTED:
        raise typer.Exit(INTERRUPTED)


def _train(
    console: Console,
    file: Path,
    written: dict[str, Path | None],
    given: dict[str, Any],
    options: dict[str, Any],
) -> tuple[Any, float]:
    """The fitted model, and the seconds that it took."""
    import rollcast as rc
    from rollcast.plots import check_figure_path
    from rollcast.storage.writing import check_place

    checkpoint = given["checkpoint"]
    refuse_same({"FILE": file, **written, "--checkpoint": checkpoint})
    for path in (written["--output"], checkpoint):
        if path is not None:
            check_place(path)
    for path in (written["--plot"], written["--plot-history"]):
        if path is not None:
            check_figure_path(path)
    began = time.monotonic()
    arguments = python_values(FIT_ARGUMENTS, given)
    arguments["freq"] = frequency_of(arguments["freq"])
    if console.as_json and arguments["progress"] == "auto":
        arguments["progress"] = "quiet"
    model = rc.Forecaster(**options)
    model.fit(file, **arguments)
    return model, time.monotonic() - began


def frequency_of(given: str | None) -> str | int | None:
    """The step between rows as Python has it: digits are a whole number."""
    return int(given) if given is not None and given.isdecimal() else given


def _draw(model: Any, plot: Path | None, plot_history: Path | None) -> None:
    from rollcast.plots.saving import save_figure

    if plot is not None:
        save_figure(model.excerpt.plot(), plot)
    if plot_history is not None:
        save_figure(model.history.plot(title=model.name), plot_history)


def _report(console: Console, model: Any, output: Path, seconds: float) -> None:
    history, card = model.history, model.fitted.card
    train, val, test = card.split
    console.say(
        f"{describe_data(model.fitted)}: {train:,} to train, {val:,} to validate, {test:,} to test."
    )
    console.say(f"{history.defaults}.\n")
    console.say(f"{history.scores.table()}\n")
    ensemble = model.fitted.ensemble
    if ensemble is not None and ensemble.preferred:
        console.say(
            f"{ensemble.describe(model.name)}: rollcast forecast with --ensemble gives it too."
        )
    console.say(history.verdict)
    console.say(f"Fit {seconds:.1f} s; '{output}' holds {_what_is_held(model)}.")
    if history.stop_reason is StopReason.INTERRUPTED:
        typer.echo(f"{history.stopped}; the best weights so far were saved.".capitalize(), err=True)
    curves = history.to_json()
    for known in _TOLD_BEFORE:
        del curves[known]
    console.document(
        {
            "command": "fit",
            "model": str(output),
            "seconds": seconds,
            **model_document(model),
            "history": curves,
        }
    )


def _what_is_held(model: Any) -> str:
    """Which network a model file holds, for the last line."""
    if model.fitted.is_untrained:
        return "the pretrained network as it is"
    trained = "fine-tuned" if model.fitted.config.pretrained else "trained"
    return f"the network, {trained} {'once more on all rows' if model.fitted.card.refitted else 'on the training part'}"
