"""``rollcast evaluate``: how good a saved model is, beside its baselines."""

from __future__ import annotations

import typer

from rollcast.cli.arguments import FileArgument, JsonOption, ModelArgument
from rollcast.cli.console import console_of


def evaluate(
    context: typer.Context,
    model: ModelArgument,
    file: FileArgument = None,
    json: JsonOption = False,
) -> None:
    """Judge a model beside naive and seasonal naive, by forecasts that start at many rows.

    Without FILE these are the scores of the test part, which fit has kept. FILE holds rows that the model has not seen,
    preceded by their history.
    """
    import rollcast as rc

    console = console_of(context)
    scores = rc.load(model).evaluate(file)
    console.say(f"{scores.table()}\n")
    console.say(scores.verdict)
    console.document({"command": "evaluate", "model": str(model), **scores.to_json()})
