"""Past facts: all that a fit has settled before its test part begins, by name, to hold two fits beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.data.origins import Origins
from rollcast.evaluation.baselines import forecast_baselines
from rollcast.evaluation.judge import in_sample_scales
from rollcast.fitting.fit import FitOutcome
from rollcast.fitting.judging import validation_origins
from rollcast.fitting.pretrained_fit import PretrainedTrial
from rollcast.fitting.problem import Problem
from rollcast.forecasting.rolling_origins import forecast_at
from rollcast.networks.pretrained_network import PretrainedNetwork
from rollcast.preprocessing.preparation import Preparation
from rollcast.training.history import SERIES


def past_facts(problem: Problem, outcome: FitOutcome) -> dict[str, Any]:
    """What a fit without a final fit has settled before its test part.

    Args:
        problem: what it was about.
        outcome: what it ended with; its weights have seen no row of the test part.
    """
    weights, history, split = outcome.network.weights, outcome.history, problem.split
    preparation = judged_preparation(problem, outcome)
    curves = [getattr(history, name) for name in SERIES if name != "seconds"]
    season = problem.config.season_length
    scores = history.scores
    found: dict[str, Any] = {
        "training and validation rows": split.digest(),
        "what was chosen": _choices(problem, outcome),
        "weights": _flat([*weights.trainable, *weights.fixed]),
        "scaling": np.stack([preparation.scaler.shift, preparation.scaler.scale]),
        "logarithms": preparation.scaler.log,
        "anchor errors": preparation.anchor_error,
        "losses": np.array(curves),
        "scales of scores": in_sample_scales(problem.panel, split.train_ends, season),
        "baseline to beat": str(scores.opponent if scores else None),
        "ensemble": repr(outcome.weighed.ensemble),
    }
    if outcome.weighed.fallback is not None:
        found["series that a baseline won"] = outcome.weighed.fallback.choice
    if preparation.smoothing is not None:
        found["smoothing"] = _flat(preparation.smoothing)
    if outcome.intervals is not None:
        ends = outcome.intervals.calibration
        found["calibration"] = _flat(
            [ends.lower, ends.upper, ends.counts, ends.of_points, ends.taken]
        )
        if ends.own is not None:
            found["own widths"] = ends.own.of(problem.panel.ids)
        if ends.dispersion is not None:
            found["dispersion"] = ends.dispersion.of(problem.panel.ids)
    found["what paths are drawn by"] = _flat([outcome.basis.residuals, outcome.basis.stride or 0.0])
    if preparation.bounds is not None:
        found["bounds"] = np.stack([preparation.bounds.low, preparation.bounds.high])
    if preparation.means is not None:
        found["means and medians"] = preparation.means
    return found


def judged_preparation(problem: Problem, outcome: FitOutcome) -> Preparation:
    """As the weights that were judged read the data: by what was known where they were trained."""
    if not isinstance(outcome.network, PretrainedNetwork):
        return outcome.preparation
    return PretrainedTrial.build(problem, outcome.network, problem.split.train_ends).preparation


def past_forecasts(
    problem: Problem, outcome: FitOutcome, preparation: Preparation, ends: Int64
) -> dict[str, Float64]:
    """Forecasts up to the last rows that may be known, (M, h) in the data's units, and those of the baselines.

    Args:
        problem: whose rows are read.
        outcome: whose weights forecast.
        preparation: by which they read.
        ends: (S,) one past the last row of each series that may be known, counted from its first.
    """
    origins = _origins(problem, ends)
    season = problem.config.season_length
    baselines = forecast_baselines(problem.panel, origins, problem.h, season)
    made = {
        "forecasts": _forecasts(problem, outcome, preparation, origins),
        "baselines' forecasts": np.stack(list(baselines.values())),
    }
    network = outcome.network
    if isinstance(network, PretrainedNetwork):
        trial = _pretrained_trial(problem, network, preparation)
        made["quantiles"] = trial.params(network.weights, origins).astype(np.float64)
    return made


def _origins(problem: Problem, ends: Int64) -> Origins:
    """Those of the validation part, and one at the last row that may be known of each series that is judged."""
    validated = validation_origins(problem)
    judged = np.flatnonzero(problem.split.is_cut)
    return Origins(
        np.concatenate([validated.series, judged]),
        np.concatenate([validated.row, ends[judged] - 1]),
    )


def _forecasts(
    problem: Problem, outcome: FitOutcome, preparation: Preparation, origins: Origins
) -> Float64:
    """(M, h) in the data's units."""
    network, weights = outcome.network, outcome.network.weights
    if isinstance(network, PretrainedNetwork):
        return _pretrained_trial(problem, network, preparation).forecasts(weights, origins)
    made = forecast_at(
        network,
        weights,
        preparation.buffer(problem.readable(problem.panel, preparation.scaler.log)),
        origins,
        h=problem.h,
        ring=outcome.sizes.ring,
        window=outcome.sizes.window,
    )
    return preparation.restore(made, origins.series)


def _pretrained_trial(
    problem: Problem, network: PretrainedNetwork, preparation: Preparation
) -> PretrainedTrial:
    ends = problem.split.train_ends
    return PretrainedTrial(problem=problem, network=network, preparation=preparation, ends=ends)


def _choices(problem: Problem, outcome: FitOutcome) -> str:
    """What validation and the sizes of the data decided, as text."""
    chosen, history = outcome.candidate, outcome.history
    return repr(
        (
            *(problem.name, problem.h, chosen.log, chosen.lag, chosen.level, chosen.start),
            *(outcome.sizes, outcome.readout, history.best_epoch, history.updates),
        )
    )


def _flat(arrays: Any) -> Any:
    """All numbers of some arrays, one after the other."""
    return np.concatenate([np.ravel(np.asarray(each)).astype(np.float64) for each in arrays])
