"""``rollcast audit``: change what comes after an origin, and see that nothing before it moves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rollcast.cli.arguments import JsonOption, refuse_missing
from rollcast.cli.console import console_of
from rollcast.cli.declared_options import python_values, takes_options, without_defaults
from rollcast.cli.fit_command import frequency_of
from rollcast.errors import ArgumentError
from rollcast.options import FIT_ARGUMENTS, MODEL_OPTIONS, TABLE_ARGUMENTS

if TYPE_CHECKING:
    from rollcast.evaluation.leak_audit import Audit

LEAK = 1
"""Exit code where something before the origin moved: a fault in Rollcast."""

_OF_THE_FIT = {
    **TABLE_ARGUMENTS,
    **{name: FIT_ARGUMENTS[name] for name in ("val_size", "test_size")},
}


@takes_options({**_OF_THE_FIT, **MODEL_OPTIONS})
def audit(
    context: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL|TABLE",
            help="A model that rollcast fit has written, or a CSV or Parquet file to fit to.",
        ),
    ],
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="Behind a MODEL: CSV or Parquet with rows that it can read."
        ),
    ] = None,
    *,
    origin: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="The last time that stays as it is, such as 2024-03-01; else the row before the test part, or of a "
            "MODEL the one behind which a quarter of each series lies.",
            rich_help_panel="Training and judging",
        ),
    ] = None,
    json: JsonOption = False,
    **given: Any,
) -> None:
    """Change everything that comes after an origin, and see that nothing before it moves, to the last bit.

    Values become large, take the other sign, go missing or become unavailable, and weigh more. Of a TABLE the options
    are those of fit: it is fitted to the table as it is and to each changed one, so it takes as long as three fits. Of
    a MODEL forecasts, quantiles and baselines up to the origin are compared; without FILE on the rows that it was saved
    with.

    The exit code is 0 where all bits are the same, and 1 where something moved.
    """
    from rollcast.storage.container import begins_as_container

    console = console_of(context)
    refuse_missing(source)
    chosen = without_defaults(context, given)
    audit_by = _by_model if begins_as_container(source) else _by_table
    found = audit_by(source, file, origin, chosen)
    for note in found.notes:
        console.note(note)
    console.say(f"{found.table()}\n")
    console.say(found.verdict)
    console.document({"command": "audit", "source": str(source), **found.to_json()})
    if not found.passed:
        raise typer.Exit(LEAK)


def _by_model(source: Path, file: Path | None, origin: str | None, chosen: dict[str, Any]) -> Audit:
    import rollcast as rc

    if chosen:
        raise ArgumentError(
            f"`{next(iter(chosen))}` is for a table, and '{source}' is a model, which has its own; leave it out."
        )
    return rc.audit(rc.load(source), file, origin)


def _by_table(source: Path, file: Path | None, origin: str | None, chosen: dict[str, Any]) -> Audit:
    import rollcast as rc

    if file is not None:
        raise ArgumentError(
            f"'{source}' is no model, behind which a table could stand; got '{file}': give one table."
        )
    options = python_values(MODEL_OPTIONS, chosen)
    arguments = python_values(_OF_THE_FIT, chosen)
    if "freq" in arguments:
        arguments["freq"] = frequency_of(arguments["freq"])
    return rc.audit(rc.Forecaster(**options), source, origin, **arguments)
