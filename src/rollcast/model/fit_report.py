"""Report: what a fit tells of itself, which no forecast needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rollcast.evaluation.excerpt import TypicalForecast
from rollcast.fitting.fit import FitOutcome
from rollcast.fitting.problem import Problem
from rollcast.forecasting.state import State
from rollcast.model.card import Card
from rollcast.options import Config
from rollcast.options.bounds_option import describe_bounds
from rollcast.runtime.versions import versions
from rollcast.training.history import History


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """What a fit tells of itself.

    Attributes:
        history: curves, warnings, notes and scores of the run that was judged.
        card: of the data.
        typical: a typical forecast of the test part; never saved.
    """

    history: History
    card: Card
    typical: TypicalForecast | None = None


def make_report(
    problem: Problem, outcome: FitOutcome, state: State, notes: tuple[str, ...]
) -> Report:
    """What is to be told of a fit.

    Args:
        problem: what it was about.
        outcome: what it ended with.
        state: of the series after every row.
        notes: sentences on how the table was read.
    """
    held = [_describe_bounds(problem.config, state), _describe_means(state)]
    held += [outcome.intervals.told] if outcome.intervals else []
    choices = _describe_choices(problem, outcome, [words for words in held if words])
    history = replace(outcome.history, defaults=choices, notes=notes)
    return Report(history=history, card=_make_card(problem, outcome), typical=outcome.typical)


def _make_card(problem: Problem, outcome: FitOutcome) -> Card:
    panel, split, frequency = problem.given, problem.split, problem.given.frequency
    tests: list[int] = (split.test_ends - split.val_ends).tolist()
    return Card(
        rows=len(panel.target),
        missing=int((~panel.mask).sum()),
        first=frequency.format(int(panel.starts.min())),
        last=frequency.format(int(frequency.shift(panel.starts, panel.lengths - 1).max())),
        digest=panel.digest(),
        split=split.lengths(),
        test_rows=tuple(tests[:1] if len(set(tests)) == 1 else tests),
        refitted=outcome.refitted,
        versions=versions(),
    )


def _describe_choices(problem: Problem, outcome: FitOutcome, held: list[str]) -> str:
    config, sizes, reason = problem.config, problem.sizes, outcome.candidate.reason
    if outcome.candidate.start:
        return _describe_start(problem, outcome, held)
    parts = [
        f"h {problem.h}",
        f"{config.scaling} scaling",
        outcome.candidate.describe(config.season_length, outcome.preparation.scaler.log)
        + (f" ({reason})" if reason else ""),
        *held,
        f"windows of {sizes.length}" if sizes.windowed else f"sequence in chunks of {sizes.length}",
    ]
    if not config.is_solved:
        epochs = outcome.history.best_epoch
        clip = f" (clip {config.clip_norm:g})" if config.clip_norm else ""
        parts += [
            f"{_name_of(problem.loss)} loss",
            f"{_name_of(config.optimizer)}{clip}",
            f"{epochs} epoch{'' if epochs == 1 else 's'} by free-running validation error",
        ]
    return ", ".join([*parts, *([outcome.readout] if outcome.readout else [])])


def _describe_start(problem: Problem, outcome: FitOutcome, held: list[str]) -> str:
    candidate, scaler = outcome.candidate, outcome.preparation.scaler
    seasons = [f"{rows:,}" for rows in problem.cycles.lengths if rows > 1]
    parts = [
        f"h {problem.h}",
        f"weights {problem.config.pretrained}",
        candidate.describe(None, scaler.log),
        *held,
        *([f"seasons of {' and '.join(seasons)} rows"] if seasons else ["no season"]),
    ]
    return ", ".join(parts)


def _describe_bounds(config: Config, state: State) -> str:
    """How forecasts are held, in a few words; empty where none is."""
    bounds, option = state.preparation.bounds, config.bounds
    if bounds is None:
        return ""
    if option != "auto":
        return f"bounds {describe_bounds(bounds.low[0], bounds.high[0])}"
    held, count = int(np.isfinite(bounds.low).sum()), len(bounds.low)
    if held == count:
        return "bounds 0 and up (no value is negative)"
    return f"bounds 0 and up for {held:,} of {count:,} series (no value of theirs is negative)"


def _describe_means(state: State) -> str:
    """Of which series the mean is forecast, in a few words; empty where it is of none."""
    means = state.preparation.means
    if means is None or not means.any():
        return ""
    count = int(means.sum())
    return "means" if count == len(means) else f"means for {count:,} of {len(means):,} series"


def _name_of(option: Any) -> str:
    return option if isinstance(option, str) else type(option).__name__
