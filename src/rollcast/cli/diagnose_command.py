"""``rollcast diagnose``: whether a saved model's closed loop holds, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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


def diagnose(
    context: typer.Context,
    model: ModelArgument,
    file: FileArgument = None,
    *,
    h: HorizonOption = None,
    max_gap: MaxGapOption = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw errors and a typical loop (png, svg, pdf)."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say whether a model's closed loop holds, and if not, what is wrong with it and what to do.

    Forecasts that are rolled forward freely stand beside forecasts of the same rows one step ahead. FILE holds rows
    that the model has not seen, with or without the history before them. Without FILE the test part is used, if the
    model was saved with its data.
    """
    import rollcast as rc
    from rollcast.plots.saving import check_figure_path, save_figure

    console = console_of(context)
    refuse_same({"MODEL": model, "FILE": file, "--plot": plot})
    if plot is not None:
        check_figure_path(plot)
    found = rc.diagnose(rc.load(model), file, h=h, max_gap=max_gap)
    if plot is not None:
        save_figure(found.plot(), plot)
    for note in found.notes:
        console.note(note)
    console.say(f"{found.table()}\n")
    for finding in found.findings:
        console.say(f"{console.reword(finding.sentence)}\n")
    console.say(found.verdict)
    told = found.to_json()
    told["findings"] = [f | {"sentence": console.reword(f["sentence"])} for f in told["findings"]]
    console.document({"command": "diagnose", "model": str(model), **told})
