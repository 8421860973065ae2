"""What `fit` chooses from the data where the caller left it open, by rules that the guide states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rollcast.data.panel import Panel
from rollcast.errors import ArgumentError
from rollcast.networks.sizes import Sizes
from rollcast.options import Config

HORIZON = 12
MOST_STEPS = 48
SEASONS = 3
"""Seasons that training must hold before the value one season ago may be the anchor."""


@dataclass(frozen=True)
class Candidate:
    """One way of reading the data; validation decides between several.

    Attributes:
        log: take logarithms first.
        lag: rows back to the anchor; 0 for none.
    """

    log: bool
    lag: int

    def describe(self, season: int | None) -> str:
        """A few words for a person."""
        if self.lag == 0:
            anchor = "forecasts the values themselves"
        elif self.lag == 1:
            anchor = "corrects the last value"
        else:
            anchor = f"corrects last season's value ({season} rows back)"
        return f"{anchor}, {'log' if self.log else 'no log'}"


def choose_horizon(config: Config, panel: Panel) -> Config:
    """The configuration with season and horizon settled.

    The season is the frequency's (or the caller's); the horizon one season, 12 where there is none.
    """
    season = config.season_length or panel.frequency.season_length
    if config.anchor == "season" and (season or 1) < 2:
        raise ArgumentError(
            f'`anchor="season"` needs a season, and a frequency of {panel.frequency.label} has none; '
            "pass season_length=."
        )
    horizon = config.h or (season if season and season > 1 else HORIZON)
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


def choose_candidates(config: Config, train: Panel, panel: Panel) -> list[Candidate]:
    """The ways between which validation decides.

    The anchor one season ago is tried where every series' training part holds three seasons, logarithms where all
    values are > 0: one that has none could be neither read nor judged, wherever it lies.

    A head that is not linear forecasts values: bent, it can't start as a difference of zero and go either way.

    Args:
        config: with season and horizon settled.
        train: the training part.
        panel: all rows.
    """
    season = config.season_length or 1
    if config.anchor == "auto" and config.activation != "linear":
        lags = [0]
    elif config.anchor == "auto":
        enough = season > 1 and int(train.lengths.min()) >= SEASONS * season
        lags = [season, 1] if enough else [1]
    else:
        lags = {"last": [1], "season": [season], "none": [0]}[config.anchor]
    if config.log == "auto":
        positive = bool(np.all(panel.target[panel.mask] > 0))
        logs = [False, True] if positive and config.scaling != "none" else [False]
    else:
        logs = [config.log]
    return [Candidate(log, lag) for lag in lags for log in logs]
