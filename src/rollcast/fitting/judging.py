"""How forecasts of a trial are judged: on the validation part, where candidates meet, and once on the test part."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from rollcast._types import Float64
from rollcast.data.origins import Origins, of_some_series, origins_within
from rollcast.evaluation.comparison import Difference, best_first
from rollcast.evaluation.diagnosis.loop_failure import loop_warning
from rollcast.evaluation.ensemble import Ensemble, choose_ensemble, preferred_names
from rollcast.evaluation.excerpt import (
    TypicalForecast,
    name_opponent,
    opponent_at,
    typical_forecast,
)
from rollcast.evaluation.fallback import Fallback, choose_fallback
from rollcast.evaluation.judge import (
    actual_at,
    divisors,
    held_baselines,
    in_sample_scales,
    judge,
    values_at,
)
from rollcast.evaluation.scores import Scores
from rollcast.evaluation.scoring import Values
from rollcast.fitting.problem import Problem
from rollcast.preprocessing.bounds import Bounds

MOST_VALIDATED: Final = 2**20
"""Rows that are read for validation at most, about; of more series every second, third ... has a part in it."""


class Verdict(NamedTuple):
    """How a trial did on the test part.

    Attributes:
        scores: beside the baselines.
        typical: a typical forecast.
        warning: a sentence, where one step ahead looks fine and the loop fails.
    """

    scores: Scores
    typical: TypicalForecast | None
    warning: str | None


class Weighed(NamedTuple):
    """What the validation part tells of the baselines.

    Attributes:
        opponent: the one to beat; None where nothing was observed.
        fallback: which series one of them forecasts better; None without any origin.
        ensemble: the median of network and best baselines that does best; None where nothing can be compared.
    """

    opponent: str | None
    fallback: Fallback | None
    ensemble: Ensemble | None


NOTHING_WEIGHED: Final = Weighed(None, None, None)
"""What it tells without any origin."""


class CandidateErrors(NamedTuple):
    """How a candidate did on the validation part.

    Attributes:
        values: what came, and what errors are divided by.
        forecasts: (M, h) in the data's units.
        overall: the mean over the series of their mean scaled errors; NaN where nothing was observed.
    """

    values: Values
    forecasts: Float64
    overall: float

    def differ_from(self, other: CandidateErrors) -> Difference:
        """How these errors differ from those of another candidate."""
        return self.values.compare(self.forecasts, other.forecasts)


def validation_origins(problem: Problem) -> Origins:
    """Where the forecasts start by which candidates are compared."""
    split = problem.split
    h, most = problem.h, problem.most_judged
    within = origins_within(split.offsets, split.train_ends, split.val_ends, h, values=most)
    return of_some_series(within, MOST_VALIDATED, max(most // h, 1))


def test_origins(problem: Problem) -> Origins:
    """Where the forecasts start that are judged."""
    split = problem.split
    return origins_within(
        split.offsets, split.val_ends, split.test_ends, problem.h, values=problem.most_judged
    )


def errors_on_validation(problem: Problem, origins: Origins, made: Float64) -> CandidateErrors:
    """How forecasts (M, h) from the validation origins do, in units by which candidates can be compared."""
    panel, split = problem.panel, problem.split
    scale = in_sample_scales(panel, split.train_ends, problem.config.season_length)
    squared = problem.squared_scales
    if not (scale[origins.series] > 0).any():
        scale = divisors(scale)  # else a series without a scale would rule the others
    if squared is not None and not (squared[origins.series] > 0).any():
        squared = divisors(squared)
    values = values_at(panel, origins, scale, problem.h, split.val_ends, squared)
    return CandidateErrors(values, made, values.pooled(made))


def weigh_baselines(problem: Problem, errors: CandidateErrors, bounds: Bounds | None) -> Weighed:
    """Hold the baselines against the network on the validation origins.

    Args:
        problem: what it is about.
        errors: of the weights that were judged.
        bounds: to which the baselines are held.
    """
    panel, season = problem.panel, problem.config.season_length
    origins = validation_origins(problem)
    if not len(origins):
        return NOTHING_WEIGHED
    made = held_baselines(panel, origins, problem.h, season, bounds)
    scale = in_sample_scales(panel, problem.split.train_ends, season)
    values = errors.values._replace(scale=scale[origins.series]).where_known(made)
    found = {name: values.deciding_error(forecast) for name, forecast in made.items()}
    return Weighed(
        next(iter(best_first(found)), None),
        choose_fallback(errors.values, errors.forecasts, made, panel.num_series),
        choose_ensemble(values, errors.forecasts, made, found),
    )


def judge_on_test(
    problem: Problem,
    origins: Origins,
    made: Float64,
    bounds: Bounds | None,
    weighed: Weighed,
    *,
    rolled: bool,
) -> Verdict:
    """How forecasts (M, h) from the test origins do beside the baselines.

    Args:
        problem: what it is about.
        origins: of the test part.
        made: forecasts in the data's units.
        bounds: to which they were held, and the baselines are.
        weighed: what validation tells of the baselines.
        rolled: whether the network's own output was fed back for them.
    """
    panel, split, season = problem.panel, problem.split, problem.config.season_length
    scale = in_sample_scales(panel, split.train_ends, season)
    actual = actual_at(panel, origins, problem.h)
    typical = typical_forecast(origins, made, actual, divisors(scale))
    warning = None
    if rolled:
        naive = in_sample_scales(panel, split.train_ends, None)
        warning = loop_warning(origins, made, actual, made[:, 0] - actual[:, 0], naive)
    scores = judge(
        panel,
        origins,
        made,
        scale,
        name=problem.name,
        season=season,
        unit=problem.unit,
        opponent=weighed.opponent,
        members=preferred_names(weighed.ensemble),
        bounds=bounds,
        squared=problem.squared_scales,
    )
    if typical:
        other = opponent_at(
            panel,
            origins,
            typical.place,
            problem.h,
            name=name_opponent(scores, season),
            season=season,
            bounds=bounds,
        )
        typical = replace(typical, opponent=other)
    return Verdict(scores, typical, warning)
