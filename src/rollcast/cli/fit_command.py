"""``rollcast fit``: from a file to a judged and saved model."""

from __future__ import annotations

import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

from rollcast.cli import fit_options as option
from rollcast.cli.arguments import JsonOption, refuse_same
from rollcast.cli.console import Console, console_of
from rollcast.cli.summary_command import describe_data, model_document
from rollcast.options import Config

INTERRUPTED = 130
"""Exit code after Ctrl-C."""


def fit(
    context: typer.Context,
    file: option.Source,
    *,
    output: option.Output,
    time_col: option.TimeCol = None,
    target_col: option.TargetCol = None,
    id_col: option.IdCol = None,
    tz: option.Tz = None,
    freq: option.Freq = None,
    unit: option.Unit = None,
    duplicates: option.Duplicates = "error",
    fill: option.Fill = "anchor",
    h: option.Horizon = Config.h,
    season_length: option.SeasonLength = Config.season_length,
    scaling: option.Scaling = Config.scaling,
    log: option.Log = "auto",
    anchor: option.Anchor = Config.anchor,
    cell: option.Cell = Config.cell,
    hidden_size: option.HiddenSize = Config.hidden_size,
    num_layers: option.NumLayers = Config.num_layers,
    dropout: option.Dropout = Config.dropout,
    reading: option.Reading = Config.reading,
    input_size: option.InputSize = Config.input_size,
    output_size: option.OutputSize = Config.output_size,
    bidirectional: option.Bidirectional = Config.bidirectional,
    go_backwards: option.GoBackwards = Config.go_backwards,
    activation: option.Activation = Config.activation,
    spectral_radius: option.SpectralRadius = Config.spectral_radius,
    leak_rate: option.LeakRate = Config.leak_rate,
    readout: option.Readout = Config.readout,
    stateful: option.Stateful = Config.stateful,
    rollout: option.Rollout = Config.rollout,
    input_noise: option.InputNoise = Config.input_noise,
    loss: option.Loss = Config.loss,
    optimizer: option.Optimizer = Config.optimizer,
    learning_rate: option.LearningRate = Config.learning_rate,
    clip_norm: option.ClipNorm = Config.clip_norm or 0.0,
    batch_size: option.BatchSize = Config.batch_size,
    max_epochs: option.MaxEpochs = Config.max_epochs,
    patience: option.Patience = Config.patience or 0,
    seed: option.Seed = Config.seed,
    val_size: option.ValSize = None,
    test_size: option.TestSize = None,
    final_fit: option.FinalFit = True,
    checkpoint: option.Checkpoint = None,
    resume: option.Resume = False,
    with_data: option.WithData = False,
    plot: option.Plot = None,
    plot_history: option.PlotHistory = None,
    progress: option.Progress = None,
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
    from rollcast.plots.saving import check_figure_path
    from rollcast.storage.writing import check_place

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
