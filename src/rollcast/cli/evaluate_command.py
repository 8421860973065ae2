"""``rollcast evaluate``: how good a saved model is on new rows, beside its baselines."""

from __future__ import annotations

import typer

from rollcast.cli.arguments import FileArgument, JsonOption, MaxGapOption, ModelArgument
from rollcast.cli.console import console_of
from rollcast.cli.scores_command import show_scores


def evaluate(
    context: typer.Context,
    model: ModelArgument,
    file: FileArgument = None,
    *,
    max_gap: MaxGapOption = None,
    json: JsonOption = False,
) -> None:
    """Judge a model on new rows beside every baseline, by forecasts that start at many of them.

    FILE holds rows that the model has not seen, with or without the history before them. Without FILE nothing is
    judged: the saved scores are shown, as by rollcast scores.
    """
    import rollcast as rc

    console = console_of(context)
    scores = rc.load(model).evaluate(file, max_gap=max_gap)
    if file is None:
        console.note(
            "Without FILE these are the scores that fit saved, as rollcast scores shows them."
        )
    show_scores(console, scores, command="evaluate", model=model)
