"""``rollcast scores``: how good a saved model was on the test part of ``fit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rollcast.cli.arguments import JsonOption, ModelArgument
from rollcast.cli.console import Console, console_of

if TYPE_CHECKING:
    from rollcast.evaluation.scores import Scores


def scores(context: typer.Context, model: ModelArgument, json: JsonOption = False) -> None:
    """Show the saved scores of a model beside every baseline, on the test part that fit left untouched.

    To judge a model on rows that it has not seen, see rollcast evaluate.
    """
    import rollcast as rc

    show_scores(console_of(context), rc.load(model).scores, command="scores", model=model)


def show_scores(console: Console, found: Scores, *, command: str, model: Path) -> None:
    """Tell scores as a table with the verdict below it, or as a document.

    Args:
        console: where they are told.
        found: the scores.
        command: that shows them.
        model: its file.
    """
    console.say(str(found))
    console.document({"command": command, "model": str(model), **found.to_json()})
