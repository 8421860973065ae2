"""Pictures as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import instance, whole
from rollcast.options.argument_checks import path as check_path
from rollcast.plots import canvas
from rollcast.storage.writing import PathLike, check_place, write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure


FORMATS: Final = ("png", "svg", "pdf")
LEAST_DPI: Final = 10
MOST_DPI: Final = 1200
"""Dots an inch at most: a picture of ours takes some hundred megabytes of memory then."""


def save_figure(figure: Figure, path: PathLike, *, dpi: int = 150) -> None:
    """Write a figure, whole or not at all; the same figure gives the same bytes.

    Args:
        figure: any matplotlib figure.
        path: ends in ``.png``, ``.svg`` or ``.pdf``.
        dpi: dots an inch, for PNG.

    Raises:
        ArgumentError: if the ending is another, or the path is unfit.
        ArtifactError: if the file can't be written.
    """
    from matplotlib.figure import Figure

    ending = check_figure_path(path)
    instance(Figure, "a figure of matplotlib")("figure", figure)
    write_whole(path, canvas.render(figure, ending, whole("dpi", dpi, LEAST_DPI, MOST_DPI)))


def check_figure_path(path: PathLike) -> str:
    """The ending of a path that a figure can be written to: to be asked before work that takes long.

    Raises:
        ArgumentError: if the ending is of no picture that can be written, or the path is unfit.
        ArtifactError: if its folder may not be written to.
    """
    ending = Path(check_path("path", path)).suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        known = ", ".join(f".{f}" for f in FORMATS)
        raise ArgumentError(f"`path` must end in one of {known}; got {show(str(path))}.")
    check_place(path)
    return ending
