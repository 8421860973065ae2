"""Candidates: the baselines and logarithms between which validation decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rollcast.data.panel import Panel
from rollcast.fitting.horizon_and_sizes import usual_length
from rollcast.options import Config

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


def choose_candidates(config: Config, train: Panel, panel: Panel) -> list[Candidate]:
    """The ways between which validation decides.

    The anchor one season ago is tried where the usual series' training part holds three seasons, logarithms where all
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
        enough = season > 1 and usual_length(train.lengths) >= SEASONS * season
        lags = [season, 1] if enough else [1]
    else:
        lags = {"last": [1], "season": [season], "none": [0]}[config.anchor]
    if config.log == "auto":
        positive = bool(np.all(panel.target[panel.mask] > 0))
        logs = [False, True] if positive and config.scaling != "none" else [False]
    else:
        logs = [config.log]
    return [Candidate(log, lag) for lag in lags for log in logs]
