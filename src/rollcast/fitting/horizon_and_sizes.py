"""The horizon, the season and the sizes of a network's programs, where the caller left them open."""

from __future__ import annotations

from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError
from rollcast.networks.sizes import Sizes
from rollcast.options import Config

HORIZON = 12
MOST_STEPS = 48


def choose_horizon(config: Config, panel: Panel) -> Config:
    """The configuration with season and horizon settled.

    The season is the frequency's (or the caller's); the horizon one season, 12 where there is none.

    Raises:
        ArgumentError: a season that the frequency lacks, or more rows at a time than any series has.
    """
    season = config.season_length or panel.frequency.season_length
    if config.anchor == "season" and (season or 1) < 2:
        raise ArgumentError(
            f'`anchor="season"` needs a season, and a frequency of {panel.frequency.label} has none; '
            "pass season_length=."
        )
    horizon = config.h or (season if season and season > 1 else HORIZON)
    longest = int(panel.lengths.max())
    for name in ("input_size", "rollout"):
        given = getattr(config, name) or 0
        if given > longest:
            raise ArgumentError(
                f"`{name}` = {given:,} is more than the {longest:,} rows of the longest series; pass a smaller number."
            )
    return config.replace(h=horizon, season_length=season)


def choose_sizes(config: Config, rows: int) -> Sizes:
    """Sizes of windows and chunks.

    Args:
        config: with season and horizon settled.
        rows: of the shortest series.
    """
    horizon = config.h or HORIZON
    steps = config.output_size or min(horizon, MOST_STEPS)
    season = config.season_length or 1
    least = 24 if config.reading == "window" else 48
    wanted = config.input_size or min(
        max((2 if config.reading == "window" else 3) * season, 2 * steps, least), 256
    )
    fits = max((rows - 2 * horizon) // 2, 4)
    return Sizes(
        length=config.input_size or min(wanted, fits),
        steps=steps,
        ring=1,  # as the candidates need it, once they are known
        windowed=config.reading == "window",
        batch_size=config.batch_size,
    )


def least_rows(config: Config, sizes: Sizes) -> int:
    """Rows that the training part of a series needs."""
    lag = (config.season_length or 1) if config.anchor == "season" else 1
    return max(sizes.window, lag, 2) + sizes.steps
