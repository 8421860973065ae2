"""Options that several commands share, and the words of their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

JsonOption = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document to stdout, warnings included, and nothing else."
    ),
]
ModelArgument = Annotated[
    Path, typer.Argument(metavar="MODEL", help="A model that rollcast fit has written.")
]
FileArgument = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="CSV or Parquet with newer rows or other series."),
]

EXIT_CODES = (
    "Exit codes: 0 done, 1 a fault in Rollcast, 2 wrong usage, 3 unfit data, 4 a file that can't be"
    " read as a model or can't be written, 5 a package is missing, 130 stopped by Ctrl-C, 141"
    " nobody read the output to its end."
)


def example(*lines: str) -> str:
    """The end of a command's help: lines to be typed as they stand."""
    return "\n\n".join(["Example:", *(f"  {line}" for line in lines)])
