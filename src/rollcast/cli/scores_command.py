"""``rollcast scores``: how good a saved model was on the test part of ``fit``."""

from __future__ import annotations

import typer

from rollcast.cli.arguments import JsonOption, ModelArgument
from rollcast.cli.console import console_of


def scores(context: typer.Context, model: ModelArgument, json: JsonOption = False) -> None:
    """Show the saved scores of a model beside every baseline, on the test part that fit left untouched."""
    import rollcast as rc

    console = console_of(context)
    saved = rc.load(model).evaluate()
    console.say(f"{saved.table()}\n")
    console.say(saved.verdict)
    console.document({"command": "scores", "model": str(model), **saved.to_json()})
