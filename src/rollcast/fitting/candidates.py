"""Candidates: the baselines and logarithms between which validation decides."""

from __future__ import annotations

from dataclasses import dataclass, field

from rollcast._types import Bool, LogOption
from rollcast.data.panel import Panel
from rollcast.fitting.horizon_and_sizes import usual_length
from rollcast.options import Config
from rollcast.preprocessing.scaling import choose_logs
from rollcast.training.start_kind import StartKind

SEASONS = 3
"""Seasons that training must hold before the value one season ago may be the anchor."""


@dataclass(frozen=True)
class Candidate:
    """One way of reading the data; validation decides between several.

    Attributes:
        log: take logarithms first; "auto" for those of the series that have them.
        lag: rows back to the anchor; 0 for none. Of an exponential level the season's length.
        level: whether an exponential level anchors.
        start: which weights of the pretrained network; None where another one is trained.
        reason: why validation chose it, in a few words; empty where there was no choice.
    """

    log: LogOption
    lag: int
    level: bool = False
    start: StartKind | None = None
    reason: str = field(default="", compare=False)

    @property
    def baseline(self) -> str:
        """What forecasts are before anything is learned."""
        if self.level:
            return "an exponential level" + (" and its season" if self.lag > 1 else "")
        return "naive" if self.lag == 1 else "seasonal naive"

    def describe(self, season: int | None, logs: Bool) -> str:
        """A few words for a person.

        Args:
            season: of the model.
            logs: (S,) of which series logarithms are taken.
        """
        if self.start:
            reason = f" ({self.reason})" if self.reason else ""
            anchor = f"{self.start.described}{reason}"
        elif self.level:
            anchor = f"corrects {self.baseline}"
        elif self.lag == 0:
            anchor = "forecasts the values themselves"
        elif self.lag == 1:
            anchor = "corrects the last value"
        else:
            anchor = f"corrects last season's value ({season} rows back)"
        return f"{anchor}, {_describe_logs(logs)}"


def choose_candidates(
    config: Config, train: Panel, panel: Panel, *, smooth: bool = False
) -> list[Candidate]:
    """The ways between which validation decides.

    The anchor one season ago is tried where the usual series' training part holds three seasons, and a level has a
    season there. A level is tried where exponential smoothing does better than the naive baselines. Logarithms are
    tried where all values of some series are > 0, as far as the test part is not asked. They are taken of such series
    only: a value that has none could not be read.

    A head that is not linear forecasts values: bent, it can't start as a difference of zero and go either way.

    Args:
        config: with season and horizon settled.
        train: the training part.
        panel: all rows before the test part.
        smooth: whether a level may be the anchor, where ``config`` leaves the choice.
    """
    season = config.season_length or 1
    enough = season > 1 and usual_length(train.lengths) >= SEASONS * season
    lags = {
        "auto": [season, 1] if enough else [1],
        "last": [1],
        "season": [season],
        "level": [season if enough else 1],
        "none": [0],
    }[config.anchor]
    by_level = [config.anchor == "level"]
    if config.anchor == "auto" and config.activation != "linear":
        lags = [0]
    elif config.anchor == "auto" and smooth:
        by_level = [False, True]
    if config.log == "auto":
        some = config.scaling != "none" and choose_logs("auto", panel).any()
        logs: list[LogOption] = [False, "auto"] if some else [False]
    else:
        logs = [config.log]
    ways = [(lag, level) for level in by_level for lag in (lags[:1] if level else lags)]
    return [Candidate(log, lag, level) for lag, level in ways for log in logs]


def _describe_logs(logs: Bool) -> str:
    taken, count = int(logs.sum()), len(logs)
    if taken == count or not taken:
        return "log" if taken else "no log"
    return f"log for {taken:,} of {count:,} series (the others hold values <= 0)"
