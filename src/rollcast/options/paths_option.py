"""The options `paths` and `seed` of forecasts: how many futures are drawn, and by which numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollcast.errors import ArgumentError
from rollcast.options.argument_checks import MOST_SEED, whole
from rollcast.options.option import Option

MOST_PATHS: Final = 1_000_000
"""Paths of a series at most."""

USUAL_PATHS: Final = 1000
"""Paths from which totals are told, where no number is given."""

PATHS: Final = Option(
    group="Forecast",
    help="Sample paths of each series, such as 1000, in place of the forecasts: a long table with a column `sample`. "
    "The steps of a path belong together, so that sums and peaks of paths spread as those of the series will.",
    least=1,
    most=MOST_PATHS,
)

SEED: Final = Option(
    group="Forecast",
    help="Of the paths: the same seed draws the same ones.",
    default=0,
    least=0,
    most=MOST_SEED,
)


def check_paths(paths: Any, seed: Any) -> tuple[int, int]:
    """How many paths are drawn, and the seed.

    Raises:
        ArgumentError: one of them is no whole number in its range.
    """
    return whole("paths", paths, most=MOST_PATHS), whole("seed", seed, 0, MOST_SEED)


def refuse_level(levels: Sequence[float], argument: str = "level") -> None:
    """Refuse intervals or quantiles beside paths.

    Args:
        levels: that were asked for.
        argument: by which.

    Raises:
        ArgumentError: there are some.
    """
    if levels:
        raise ArgumentError(
            f"`{argument}` asks for intervals and `paths` for whole futures; ask for one of them, or take intervals of "
            "the paths by rollcast.aggregate."
        )
