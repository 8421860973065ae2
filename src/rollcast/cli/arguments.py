"""Options that several commands share, and the words of their help."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from rollcast.errors import ArgumentError, ArtifactError

FILES = "Files and output"
"""The panel of the help with what is read and written."""

JsonOption = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document to stdout, warnings included, and nothing else."
    ),
]
ModelArgument = Annotated[
    Path, typer.Argument(metavar="MODEL", help="A model that rollcast fit has written.")
]
HorizonOption = Annotated[
    int | None,
    typer.Option("--horizon", "--h", help="Steps ahead, any number; else the horizon of fit."),
]
MaxGapOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Rows that may be missing between what the model knows and FILE; else the horizon of fit.",
    ),
]
DrawnSeriesOption = Annotated[
    str | None,
    typer.Option(
        "--series", metavar="ID", help="The series to draw; else the first.", rich_help_panel=FILES
    ),
]
FileArgument = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="CSV or Parquet with newer rows or other series."),
]

EXIT_CODES = (
    "Exit codes: 0 done, 1 a fault in Rollcast, 2 wrong usage, 3 unfit data, 4 a file or stream that can't"
    " be read (a model, rows) or can't be written, 5 a package is missing, 6 an update"
    " that kept the weights as they were, 130 stopped by Ctrl-C, 141"
    " nobody read the output to its end, 143 stopped by a request to end (SIGTERM)."
)


def refuse_same(places: Mapping[str, Path | None]) -> None:
    """Refuse to write one file over another of the same command.

    Args:
        places: option or argument -> its path, those that are read among them.

    Raises:
        ArgumentError: two of them are one file.
    """
    seen: dict[str, str] = {}
    for name, path in places.items():
        if path is None:
            continue
        place = os.path.realpath(path)
        if place in seen:
            raise ArgumentError(f"{seen[place]} and {name} are both '{path}'; name another file.")
        seen[place] = name


def refuse_missing(source: Path, written: Mapping[str, Path | None] | None = None) -> None:
    """Refuse a MODEL or TABLE that is not there.

    Args:
        source: its path.
        written: option -> path that the same command writes; one of them may have been meant to be made first.

    Raises:
        ArtifactError: it is not there.
        ArgumentError: it is to be written by the same command.
    """
    if not os.path.exists(source):  # noqa: PTH110  (which also takes names that are too long)
        refuse_same({"MODEL": source, **(written or {})})
        raise ArtifactError(f"There is no model file or table '{source}'; check the path.")


def identifier_of(known: tuple[Any, ...], given: str | None) -> Any:
    """The identifier that reads as given: identifiers may be numbers."""
    if given is None:
        return None
    return next((i for i in known if str(i) == given), given)


def example(*lines: str) -> str:
    """The end of a command's help: lines to be typed as they stand."""
    return "\n\n".join(["Example:", *(f"  {line}" for line in lines)])
