"""``rollcast update``: a saved model goes on training with newer rows, and keeps what helps."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rollcast._number_format import to_json_number
from rollcast.cli.arguments import JsonOption, MaxGapOption, ModelArgument, refuse_same
from rollcast.cli.console import console_of

KEPT = 6
"""Exit code where further training did not help, so that the weights stay as they were."""


def update(
    context: typer.Context,
    model: ModelArgument,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV or Parquet with newer rows; with the history too if the model was saved without its data.",
        ),
    ],
    *,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="Where to save the model; MODEL itself to replace it."),
    ],
    max_gap: MaxGapOption = None,
    json: JsonOption = False,
) -> None:
    """Go on training a model with newer rows, and keep that where it forecasts the newest ones better.

    The model has to have started from the pretrained network. Its weights are trained further on all rows but the
    newest, on which both are judged. Only where the error is lower for certain are they replaced. Either way the model
    reads the new rows, calibrates its intervals on them where they suffice, and is saved.

    The exit code is 0 where the weights were replaced, and 6 where they stay as they were.
    """
    console = console_of(context)
    refuse_same({"MODEL": model, "FILE": file})
    refuse_same({"FILE": file, "--output": output})
    import rollcast as rc
    from rollcast.storage.writing import check_place

    check_place(output)
    known = rc.load(model)
    with_data = known.fitted.tail is not None
    found = known.update(file, max_gap=max_gap, progress="quiet" if console.as_json else "auto")
    known.save(output, with_data=with_data)
    console.say(str(found))
    numbers = {
        name: to_json_number(value) if isinstance(value, float) else value
        for name, value in asdict(found).items()
    }
    console.document({"command": "update", "model": str(output), "outcome": found.word, **numbers})
    if not found.taken:
        raise typer.Exit(KEPT)
