"""Problem: what a fit is about, with all that follows from the data alone settled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Bool, Float64, Int64, LogOption
from rollcast.data.gaps import fill_linearly
from rollcast.data.origins import MOST_JUDGED, of_some_series, origins_within
from rollcast.data.panel import Panel
from rollcast.data.seasons import SeasonCycles
from rollcast.data.splits import Split, make_split
from rollcast.errors import show
from rollcast.evaluation.baselines.exponential_smoothing import SEASONAL_ES, SES
from rollcast.evaluation.baselines.naive_forecasts import NAIVE, SEASONAL_NAIVE
from rollcast.evaluation.judge import choose_opponent, in_sample_scales, squared_scales
from rollcast.fitting.candidates import Candidate, choose_candidates
from rollcast.fitting.horizon_and_sizes import choose_horizon, choose_sizes, least_rows
from rollcast.forecasting.sampled_paths import MOST_DRAWN
from rollcast.networks.network import Network, weights_digest, weights_of
from rollcast.networks.pretrained_network import MOST_STEPS
from rollcast.networks.sizes import Sizes
from rollcast.options import Config
from rollcast.preprocessing.ring import ring_size
from rollcast.preprocessing.scaling import choose_logs, without_unreadable
from rollcast.runtime.versions import versions

MOST_COMPARED: Final = 2**17
"""Rows of all series together on which exponential smoothing is tried; of more, every n-th series is taken."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """What a fit is about.

    Attributes:
        given: all rows as the table has them.
        panel: the same, with what is filled along a straight line in the training part.
        split: training, validation and test.
        config: with season and horizon settled.
        sizes: of the model's programs.
        least_read: rows that a series needs before the first value that can be trained on.
        network: the user's own network, or None.
        name: what the model is called in scores and frames.
        unit: the target's unit, or None.
        cycles: the seasons in which the pretrained network may read.
        most_judged: forecast values of rolling origins at most, by which each candidate is judged.
        interpolate: whether gaps are filled along a straight line: those of the training part, and once that is
            judged all others.
    """

    given: Panel
    panel: Panel
    split: Split
    config: Config
    sizes: Sizes
    least_read: int
    network: Network | None
    name: str
    unit: str | None
    cycles: SeasonCycles
    most_judged: int = MOST_JUDGED
    interpolate: bool = False

    @property
    def h(self) -> int:
        """The horizon."""
        return int(self.config.h or 1)

    @cached_property
    def known(self) -> Panel:
        """The panel where nothing is judged any more: as the last training and the first forecast read it."""
        return fill_linearly(self.given) if self.interpolate else self.given

    def logs(self, option: LogOption, ends: Int64) -> Bool:
        """(S,) of which series a candidate takes logarithms, as far as their values tell.

        Values of the validation part tell it too, since candidates are judged by reading them; those of the test part
        not before it is judged.

        Args:
            option: of the candidate.
            ends: (S,) one past the last row that may be known, in the flat series.
        """
        before = np.maximum(ends, self.split.val_ends) - self.split.offsets[:-1]
        return choose_logs(option, self.panel.head(before))

    def readable(self, panel: Panel, logs: Bool) -> Panel:
        """A panel of these series as a scaling reads it that takes logarithms of some (S,), chosen from earlier rows.

        A value <= 0 that comes later is read as a missing one, and judged all the same. Where the caller asked for
        logarithms, it is refused by what reads it.
        """
        return panel if self.config.log is True else without_unreadable(panel, logs)

    @cached_property
    def squared_scales(self) -> Float64 | None:
        """(S,) by which squared errors are divided, where those decide; see :func:`squared_scales`."""
        return squared_scales(self.panel, self.split.train_ends)

    @property
    def loss(self) -> Any:
        """Of a network of random weights."""
        if self.config.loss != "auto":
            return self.config.loss
        return "huber" if self.squared_scales is None else "mse"

    @property
    def fingerprint(self) -> str:
        """A hash by which a checkpoint knows the same data and options again."""
        pair = (self.network.body, self.network.head) if self.network else ()
        own = [weights_digest(weights_of(model)) for model in pair]
        parts = [self.panel.digest(), self.config.to_json(), self.split.digest(), own, versions()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def describe_short(problem: Problem) -> tuple[str, ...]:
    """Sentences on series that are too short to be judged, and on those of less than three horizons."""
    split, lengths, h = problem.split, problem.panel.lengths, problem.h
    said: list[str] = []
    whole = np.flatnonzero(~split.is_cut)
    if len(whole):
        shortest = int(whole[lengths[whole].argmin()])
        train = int((lengths[whole] > problem.least_read).sum())
        one = len(whole) == 1
        said.append(
            f"{len(whole):,} of {len(lengths):,} series {'is' if one else 'are'} too short to be cut into training, "
            f"validation and test. {'It is' if one else 'The shortest is'} {show(problem.panel.ids[shortest])} with "
            f"{format_count(int(lengths[shortest]), 'row')}. {_what_becomes(train, len(whole) - train)}."
        )
    judged = int((split.test_ends - split.val_ends).max())
    if judged < h:
        which = "longest series" if len(lengths) > 1 else "series"
        said.append(
            f"The {which} has {format_count(int(lengths.max()), 'row')}, fewer than three horizons of {h}: "
            f"forecasts are judged over their first {'step' if judged == 1 else f'{judged:,} steps'} alone."
        )
    return tuple(said)


def _what_becomes(train: int, rest: int) -> str:
    if train + rest == 1:
        return f"It {'trains and is forecast, but' if train else 'is only forecast, and'} no score counts it"
    if not rest:
        return "They train and are forecast, but no score counts them"
    if not train:
        return "They are forecast, but train nothing, and no score counts them"
    return (
        f"{train:,} of them train{'' if train > 1 else 's'}, {rest:,} {'are' if rest > 1 else 'is'} only forecast, "
        "and no score counts them"
    )


def make_problem(
    panel: Panel,
    config: Config,
    *,
    network: Network | None,
    name: str,
    unit: str | None,
    val_size: int | None,
    test_size: int | None,
    interpolate: bool = False,
) -> tuple[Problem, list[Candidate]]:
    """Settle horizon, sizes and parts, and the ways between which validation is to decide.

    Args:
        panel: all rows.
        config: as the caller gave it.
        network: the caller's own, or None.
        name: of the model.
        unit: of the target, or None.
        val_size: validation rows of each series; None for a fifth.
        test_size: test rows; None for a fifth.
        interpolate: fill gaps along a straight line, of the training part only while something is judged.

    Raises:
        ArgumentError: a size below the horizon, or a season that the frequency lacks.
        TooShortError: every series has too few rows.
    """
    season = config.season_length
    cycles = SeasonCycles.of(panel.frequency, None if season is None else (season,))
    config = choose_horizon(config, panel)
    sizes = choose_sizes(config, panel.lengths)
    least = least_rows(config, sizes)
    h = int(config.h or 1)
    split = make_split(
        panel,
        h,
        least_train=least + sizes.steps,
        least_read=least + 1,
        val_size=val_size,
        test_size=test_size,
    )
    given = panel
    if interpolate:
        panel = fill_linearly(panel, split.train_ends)
    train = panel.head(split.train_ends - split.offsets[:-1])
    smooth = config.anchor == "auto" and _smoothing_helps(panel, split, config)
    before_test = panel.head(split.val_ends - split.offsets[:-1])
    candidates = choose_candidates(config, train, before_test, smooth=smooth)
    problem = Problem(
        given=given,
        panel=panel,
        split=split,
        config=config,
        least_read=least,
        sizes=replace(sizes, ring=ring_size(max(1, *(candidate.lag for candidate in candidates)))),
        network=network,
        name=name,
        unit=unit,
        cycles=cycles,
        interpolate=interpolate,
        most_judged=MOST_DRAWN if config.pretrained and h > MOST_STEPS else MOST_JUDGED,
    )
    return problem, candidates


def _smoothing_helps(panel: Panel, split: Split, config: Config) -> bool:
    """Whether exponential smoothing forecasts the validation part better than the naive baselines do."""
    h, season = int(config.h or 1), config.season_length
    origins = origins_within(split.offsets, split.train_ends, split.val_ends, h)
    origins = of_some_series(origins, MOST_COMPARED)
    scale = in_sample_scales(panel, split.train_ends, season)
    best = choose_opponent(
        panel,
        origins,
        split.val_ends,
        scale,
        h=h,
        season=season,
        names=(NAIVE, SEASONAL_NAIVE, SES, SEASONAL_ES),
        squared=squared_scales(panel, split.train_ends),
    )
    return best in {SES, SEASONAL_ES}
