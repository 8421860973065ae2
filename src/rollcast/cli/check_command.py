"""``rollcast check``: how a file would be read, before anything is fitted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rollcast.cli.arguments import HorizonOption, JsonOption
from rollcast.cli.console import console_of
from rollcast.cli.declared_options import python_values, takes_options
from rollcast.cli.fit_command import frequency_of
from rollcast.errors import DataError
from rollcast.options import TABLE_ARGUMENTS


@takes_options(TABLE_ARGUMENTS)
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet.")],
    *,
    h: HorizonOption = None,
    json: JsonOption = False,
    **given: Any,
) -> None:
    """Say how a file is understood: columns, times, step, series, and what fit would refuse, with the fix.

    Nothing is fitted and nothing is written. The exit code is 3 where fit would refuse the file.
    """
    import rollcast as rc

    console = console_of(context)
    arguments = python_values(TABLE_ARGUMENTS, given)
    arguments["freq"] = frequency_of(arguments["freq"])
    found = rc.check(file, h=h, **arguments)
    console.say(found.text(console.reword))
    told = found.to_json()
    told["problems"] = [console.reword(sentence) for sentence in found.problems]
    for sentence in told.pop("notes"):
        if console.as_json:
            console.note(sentence)
    console.document({"command": "check", "file": str(file), **told})
    if not found.accepted:
        raise typer.Exit(DataError.exit_code)
