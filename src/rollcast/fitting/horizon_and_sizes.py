"""The horizon, the season and the sizes of a network's programs, where the caller left them open."""

from __future__ import annotations

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Int64
from rollcast.data.calendar import Frequency
from rollcast.data.open_times import OpenTimes
from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError
from rollcast.networks.sizes import Sizes
from rollcast.options import MOST_AHEAD, Config

HORIZON = 12
MOST_STEPS = 48

LONGEST_HORIZON = 1440
"""Steps that a horizon is by default, at most: a day of minutes."""

_SPANS = (3_600_000_000_000, 60_000_000_000, 1_000_000_000)
"""An hour, a minute and a second in nanoseconds."""


def choose_horizon(config: Config, panel: Panel) -> Config:
    """The configuration with season and horizon settled.

    The season is the frequency's (or the caller's); the horizon one season, 12 where there is none. Where a season
    has more than 1,440 steps, the horizon is the longest of an hour, a minute and a second that has no more.

    Raises:
        ArgumentError: a season that the frequency lacks, or more rows at a time than any series has.
    """
    season = config.season_length or season_of(panel.frequency)
    if config.anchor == "season" and (season or 1) < 2:
        raise ArgumentError(
            f'`anchor="season"` needs a season, and a frequency of {panel.frequency.label} has none; '
            "pass season_length=."
        )
    horizon = config.h or usual_horizon(panel.frequency, season or 1)
    longest = int(panel.lengths.max())
    for name in ("input_size", "rollout"):
        given = getattr(config, name) or 0
        if given > longest:
            raise ArgumentError(
                f"`{name}` = {given:,} is more than the {format_count(longest, 'row')} of the longest series; "
                "pass a smaller number."
            )
    return config.replace(h=horizon, season_length=season)


def usual_horizon(frequency: Frequency, season: int) -> int:
    """The horizon where none is given.

    Args:
        frequency: the step between rows.
        season: steps in a season; 1 for none.
    """
    return _default_horizon(season, _step_within_a_day(frequency))


def season_of(frequency: Frequency) -> int | None:
    """Steps in a season; None where it has none, or more than any option takes (a day of microseconds)."""
    season = frequency.season_length
    return season if season is None or season <= MOST_AHEAD else None


def _step_within_a_day(frequency: Frequency) -> int | None:
    """Nanoseconds from a row to the next of the same hours; None where days or whole numbers are counted."""
    if isinstance(frequency.form, OpenTimes):
        return frequency.form.step
    return None if frequency.is_integer else frequency.fixed_step


def _default_horizon(season: int, step: int | None) -> int:
    """One season, or the span that is to take its place.

    Args:
        season: steps in a season; 1 for none.
        step: nanoseconds in a step within a day; None for others.
    """
    if season == 1:
        return HORIZON
    if season <= LONGEST_HORIZON:
        return season
    spans = [span // step for span in _SPANS] if step else []
    return next((steps for steps in spans if 1 < steps <= LONGEST_HORIZON), HORIZON)


def usual_length(lengths: Int64) -> int:
    """The length of the series that holds the middle one of all rows: neither one young series decides nor one old."""
    ordered = np.sort(lengths)
    rows = np.cumsum(ordered)
    return int(ordered[np.searchsorted(rows, (rows[-1] + 1) // 2)])


def choose_sizes(config: Config, lengths: Int64) -> Sizes:
    """Sizes of windows and chunks.

    Args:
        config: with season and horizon settled.
        lengths: (S,) rows of each series.
    """
    rows = usual_length(lengths)
    horizon = config.h or HORIZON
    steps = config.output_size or min(horizon, MOST_STEPS)
    season = config.season_length or 1
    least = 24 if config.reading == "window" else 48
    wanted = config.input_size or min(
        max((2 if config.reading == "window" else 3) * season, 2 * steps, least), 256
    )
    fits = rows - 2 * min(horizon, rows // 3)
    if len(lengths) == 1 or config.reading == "window":
        fits //= 2  # so that there are several of them
    fits = max(fits, 4)
    return Sizes(
        length=config.input_size or min(wanted, fits),
        steps=steps,
        ring=1,  # as the candidates need it, once they are known
        windowed=config.reading == "window",
        batch_size=config.batch_size,
    )


def least_rows(config: Config, sizes: Sizes) -> int:
    """Rows that a series needs before the first value that can be trained on."""
    lag = (config.season_length or 1) if config.anchor == "season" else 1
    return max(sizes.window, lag, 2)
