"""``rollcast demo``: a forecast without training, a real series from file to verdict, the tutorial's three networks."""

from __future__ import annotations

import json as json_lines
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from rollcast.cli.arguments import JsonOption
from rollcast.cli.console import Console, console_of
from rollcast.cli.summary_command import describe_data, model_document
from rollcast.errors import ArgumentError, ArtifactError
from rollcast.options import MODEL_OPTIONS

if TYPE_CHECKING:
    from rollcast.training.progress import Verbosity

METRICS: Final = "metrics.json"
EPOCHS: Final = 5
"""Epochs at most on the real series, where ``fit`` takes 200."""


def demo(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for pictures and metrics.json.")
    ] = Path("rollcast-demo"),
    json: JsonOption = False,
) -> None:
    """Show the main jobs in under a minute: a forecast without training, a fit with its verdict, the tutorial."""
    from rollcast.cli.demo_tutorial import show_tutorial
    from rollcast.cli.demo_zero_shot import show_zero_shot
    from rollcast.runtime.versions import versions
    from rollcast.storage.writing import write_whole

    console = console_of(context)
    began = time.monotonic()
    make_folder(output)
    progress: Verbosity = "quiet" if console.as_json else "auto"
    console.say(f"Rollcast demo. Pictures and {METRICS} go to the folder '{output}'.")
    metrics: dict[str, Any] = {
        "zero_shot": show_zero_shot(console, output),
        "demand": _show_demand(console, output, progress),
        "tutorial": show_tutorial(console, output, progress),
        "versions": versions(),
    }
    metrics["seconds"] = time.monotonic() - began
    text = json_lines.dumps(metrics, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(output / METRICS, text + "\n")
    console.say(f"\nDone in {metrics['seconds']:.0f} s. See '{output}':")
    for path in sorted(output.iterdir()):
        console.say(f"  {path.name}")
    console.say("\nNow with your own file:  rollcast forecast FILE --level 80,95")
    console.say("             and to train:  rollcast fit FILE -o my.rollcast")
    console.document({"command": "demo", "output": str(output), **metrics})


def make_folder(folder: Path) -> None:
    """Make a folder unless it is there.

    Raises:
        ArgumentError: a file is in its place.
        ArtifactError: it can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ArgumentError(f"'{folder}' is a file; name a folder with --output.") from error
    except OSError as error:
        raise ArtifactError(f"'{folder}' can't be made: {error.strerror or error}.") from error


def _show_demand(console: Console, folder: Path, progress: Verbosity) -> dict[str, Any]:
    import rollcast as rc
    from rollcast.plots.saving import save_figure

    file = rc.datasets.path("demand")
    console.say(
        "\n2. A fit of a network of random weights: half-hourly electricity demand of Victoria, Australia, in 2014,"
        f" from {file.name}\n"
    )
    began = time.monotonic()
    model = rc.Forecaster(cell="lstm", max_epochs=EPOCHS)
    history = model.fit(file, tz="Australia/Melbourne", unit="MW", progress=progress)
    seconds = time.monotonic() - began
    save_figure(model.excerpt.plot(), folder / "demand.png")
    save_figure(history.plot(title="demand: LSTM"), folder / "demand-history.png")
    train, val, test = model.fitted.card.split
    console.say(
        f"{describe_data(model.fitted)}: {train:,} to train, {val:,} to validate, {test:,} to test."
    )
    console.say(f"{history.defaults}.\n")
    if history.scores is not None:
        console.say(f"{history.scores.table()}\n")
    console.say(history.verdict)
    console.say(
        f"Fit {seconds:.0f} s, cut short at {EPOCHS} epochs; rollcast fit --cell lstm goes on to"
        f" {MODEL_OPTIONS['max_epochs'].default} while validation gets better, and rollcast fit alone starts from the"
        " pretrained network."
    )
    return {"seconds": seconds, "max_epochs": EPOCHS, **model_document(model)}
