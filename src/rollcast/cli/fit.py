"""``rollcast fit``: from a file to a judged and saved model."""

from __future__ import annotations

import time
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from rollcast._types import Cell, Duplicates, Fill, Reading
from rollcast.cli.console import Console, console_of
from rollcast.cli.options import JsonOption, refuse_same
from rollcast.cli.summary import describe_data, model_document
from rollcast.config import AnchorKind, Config, Readout, Scaling

INTERRUPTED = 130
"""Exit code after Ctrl-C."""

_COLUMNS, _READING = "Columns and time", "Reading the data"
_NETWORK, _TRAINING, _FILES = "Network", "Training and judging", "Files and output"


def fit(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet.")],
    *,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="Where to save the model.", rich_help_panel=_FILES),
    ],
    time_col: Annotated[
        str | None,
        typer.Option(
            "--time",
            help="Column of times. Columns that leave no doubt are found by themselves.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    target_col: Annotated[
        str | None,
        typer.Option("--value", help="Column to forecast.", rich_help_panel=_COLUMNS),
    ] = None,
    id_col: Annotated[
        str | None,
        typer.Option(
            "--id",
            help="Column that tells series apart; all of them train one network.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    tz: Annotated[
        str | None,
        typer.Option(
            help="IANA zone of local clock times, such as Europe/Paris.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    freq: Annotated[
        str | None,
        typer.Option(
            help="Step between rows: a pandas alias such as 30min, D or MS, or a whole number;"
            " else the commonest step.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(help="Unit of the values, for scores and pictures.", rich_help_panel=_COLUMNS),
    ] = None,
    duplicates: Annotated[
        Duplicates,
        typer.Option(help="What becomes of rows of one series and time.", rich_help_panel=_READING),
    ] = "error",
    fill: Annotated[
        Fill,
        typer.Option(
            help="What becomes of missing values; with anchor nothing is learned from them.",
            rich_help_panel=_READING,
        ),
    ] = "anchor",
    h: Annotated[
        int | None,
        typer.Option(
            "--horizon",
            help="Steps to forecast and to be judged by; else one season, 12 where there is none.",
            rich_help_panel=_READING,
        ),
    ] = Config.h,
    season_length: Annotated[
        int | None,
        typer.Option(help="Rows in a season; else the frequency's own.", rich_help_panel=_READING),
    ] = Config.season_length,
    scaling: Annotated[
        Scaling,
        typer.Option(
            help="Scaling of each series, fitted on its training part.", rich_help_panel=_READING
        ),
    ] = Config.scaling,
    log: Annotated[
        Literal["auto", "yes", "no"],
        typer.Option(
            help="Take logarithms first; auto lets validation decide.", rich_help_panel=_READING
        ),
    ] = "auto",
    anchor: Annotated[
        AnchorKind,
        typer.Option(
            help="What the network forecasts the difference from: the last value, the one a season"
            " ago, or nothing; auto lets validation decide.",
            rich_help_panel=_READING,
        ),
    ] = Config.anchor,
    cell: Annotated[
        Cell, typer.Option(help="Recurrent cell.", rich_help_panel=_NETWORK)
    ] = Config.cell,
    hidden_size: Annotated[
        int | None,
        typer.Option(help="Units of each layer; else 64, 500 for esn.", rich_help_panel=_NETWORK),
    ] = Config.hidden_size,
    num_layers: Annotated[
        int, typer.Option("--layers", help="Recurrent layers.", rich_help_panel=_NETWORK)
    ] = Config.num_layers,
    dropout: Annotated[
        float,
        typer.Option(
            help="Share of each layer's outputs dropped in training.", rich_help_panel=_NETWORK
        ),
    ] = Config.dropout,
    reading: Annotated[
        Reading,
        typer.Option(
            help="Read every value once, or re-read a window for each forecast.",
            rich_help_panel=_NETWORK,
        ),
    ] = Config.reading,
    input_size: Annotated[
        int | None,
        typer.Option(
            help="Rows of a window, or of a training chunk when a sequence is read.",
            rich_help_panel=_NETWORK,
        ),
    ] = Config.input_size,
    output_size: Annotated[
        int | None,
        typer.Option(
            help="Values that the network emits at each step; else the horizon, 48 at most.",
            rich_help_panel=_NETWORK,
        ),
    ] = Config.output_size,
    bidirectional: Annotated[
        bool,
        typer.Option(
            "--bidirectional",
            help="Read windows both ways (only with --reading window).",
            rich_help_panel=_NETWORK,
        ),
    ] = Config.bidirectional,
    go_backwards: Annotated[
        bool,
        typer.Option(
            "--go-backwards",
            help="Read windows from the newest value (only with --reading window).",
            rich_help_panel=_NETWORK,
        ),
    ] = Config.go_backwards,
    activation: Annotated[
        str, typer.Option(help="Of the last layer, by Keras' name.", rich_help_panel=_NETWORK)
    ] = Config.activation,
    spectral_radius: Annotated[
        float,
        typer.Option(
            help="Of an echo state network: the larger, the longer its memory.",
            rich_help_panel=_NETWORK,
        ),
    ] = Config.spectral_radius,
    leak_rate: Annotated[
        float,
        typer.Option(
            help="Of an echo state network: the smaller, the slower its units.",
            rich_help_panel=_NETWORK,
        ),
    ] = Config.leak_rate,
    readout: Annotated[
        Readout,
        typer.Option(
            help="How the last layer is found: trained like the rest, solved by ridge regression, or"
            " as validation decides.",
            rich_help_panel=_TRAINING,
        ),
    ] = Config.readout,
    stateful: Annotated[
        bool,
        typer.Option(
            "--stateful",
            help="Carry the state from batch to batch; --batch-size is the number of lanes.",
            rich_help_panel=_TRAINING,
        ),
    ] = Config.stateful,
    rollout: Annotated[
        int,
        typer.Option(
            help="Steps that the network reads its own output after each chunk in training.",
            rich_help_panel=_TRAINING,
        ),
    ] = Config.rollout,
    input_noise: Annotated[
        float,
        typer.Option(
            help="Standard deviation of the noise on the values read in training, in scaled units.",
            rich_help_panel=_TRAINING,
        ),
    ] = Config.input_noise,
    loss: Annotated[
        str, typer.Option(help="By Keras' name.", rich_help_panel=_TRAINING)
    ] = Config.loss,
    optimizer: Annotated[
        str, typer.Option(help="By Keras' name.", rich_help_panel=_TRAINING)
    ] = Config.optimizer,
    learning_rate: Annotated[
        float, typer.Option(help="Of the optimizer.", rich_help_panel=_TRAINING)
    ] = Config.learning_rate,
    clip_norm: Annotated[
        float,
        typer.Option(
            help="Largest norm of the gradient; 0 for no clipping.", rich_help_panel=_TRAINING
        ),
    ] = Config.clip_norm or 0.0,
    batch_size: Annotated[
        int, typer.Option(help="Windows or chunks in an update.", rich_help_panel=_TRAINING)
    ] = Config.batch_size,
    max_epochs: Annotated[
        int,
        typer.Option(
            "--epochs",
            help="Epochs at most; 0 solves the last layer alone.",
            rich_help_panel=_TRAINING,
        ),
    ] = Config.max_epochs,
    patience: Annotated[
        int,
        typer.Option(
            help="Epochs without a better validation error before training stops; 0 never stops.",
            rich_help_panel=_TRAINING,
        ),
    ] = Config.patience or 0,
    seed: Annotated[
        int,
        typer.Option(
            help="Of first weights, dropout and the order of batches.", rich_help_panel=_TRAINING
        ),
    ] = Config.seed,
    val_size: Annotated[
        int | None,
        typer.Option(
            help="Validation rows of each series; else a fifth.", rich_help_panel=_TRAINING
        ),
    ] = None,
    test_size: Annotated[
        int | None,
        typer.Option(help="Test rows of each series; else a fifth.", rich_help_panel=_TRAINING),
    ] = None,
    final_fit: Annotated[
        bool,
        typer.Option(
            "--final-fit/--no-final-fit",
            help="After the verdict, train once more on all rows.",
            rich_help_panel=_TRAINING,
        ),
    ] = True,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep the way back in this file.", rich_help_panel=_FILES
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on from --checkpoint, to the same result as without a break.",
            rich_help_panel=_FILES,
        ),
    ] = False,
    with_data: Annotated[
        bool,
        typer.Option(
            "--with-data",
            help="Save the newest rows with the model, for pictures and to notice revisions.",
            rich_help_panel=_FILES,
        ),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw a typical forecast of the test part beside what came (png, svg, pdf).",
            rich_help_panel=_FILES,
        ),
    ] = None,
    plot_history: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw the learning curves (png, svg, pdf).", rich_help_panel=_FILES
        ),
    ] = None,
    progress: Annotated[
        Literal["auto", "bar", "lines", "quiet"] | None,
        typer.Option(
            help="On stderr: a bar on a terminal and lines elsewhere, quiet with --json.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Fit a recurrent network to the series of a file, judge it beside naive forecasts, and save it.

    Training fits, validation chooses, and the untouched last fifth of the rows gives the verdict; then the network is
    trained once more on all rows. What is not given is chosen from the data.

    Ctrl-C stops training and saves the best weights so far.
    """
    console = console_of(context)
    given = dict(context.params)
    model, seconds = _train(console, given)
    model.save(output, with_data=with_data)
    _draw(model, plot, plot_history)
    _report(console, model, output, seconds)
    if model.history.stopped.startswith("interrupted"):
        raise typer.Exit(INTERRUPTED)


def _train(console: Console, given: dict[str, Any]) -> tuple[Any, float]:
    """The fitted model, and the seconds that it took."""
    import rollcast as rc
    from rollcast.container import check_place
    from rollcast.plots import check_figure_path

    refuse_same({"FILE": given["file"], **{_spelled(name): given[name] for name in _WRITTEN}})
    for name in ("output", "checkpoint"):
        if given[name] is not None:
            check_place(given[name])
    for name in ("plot", "plot_history"):
        if given[name] is not None:
            check_figure_path(given[name])
    began = time.monotonic()
    model = rc.Forecaster(**_config_options(given))
    model.fit(
        given["file"],
        **{name: given[name] for name in _AS_GIVEN},
        freq=_frequency(given["freq"]),
        progress=given["progress"] or ("quiet" if console.as_json else "auto"),
    )
    return model, time.monotonic() - began


_WRITTEN = ("output", "checkpoint", "plot", "plot_history")


def _spelled(name: str) -> str:
    return "--" + name.replace("_", "-")


_AS_GIVEN = (
    "id_col",
    "time_col",
    "target_col",
    "tz",
    "duplicates",
    "fill",
    "unit",
    "val_size",
    "test_size",
    "final_fit",
    "checkpoint",
    "resume",
)
"""Arguments of Forecaster.fit that are passed on as they were given."""


def _config_options(given: dict[str, Any]) -> dict[str, Any]:
    """Config's options among those of the command."""
    options = {f.name: given[f.name] for f in fields(Config)}
    options["log"] = {"auto": "auto", "yes": True, "no": False}[given["log"]]
    for name in ("clip_norm", "patience"):
        options[name] = given[name] or None
    return options


def _frequency(given: str | None) -> str | int | None:
    return int(given) if given is not None and given.isdecimal() else given


def _draw(model: Any, plot: Path | None, plot_history: Path | None) -> None:
    from rollcast.plots import save_figure

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
    console.say(history.verdict)
    trained = "trained once more on all rows" if card.refitted else "trained on the training part"
    console.say(f"Fit {seconds:.1f} s; '{output}' holds the network, {trained}.")
    if history.stopped.startswith("interrupted"):
        typer.echo(f"{history.stopped}; the best weights so far were saved.".capitalize(), err=True)
    curves = history.to_json()
    for known in ("scores", "verdict", "defaults", "stopped", "best_epoch", "warnings"):
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
