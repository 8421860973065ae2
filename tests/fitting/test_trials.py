"""Trials: how candidates do on the validation part, in units by which they can be compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.testing import assert_allclose

from rollcast.evaluation import judge
from rollcast.evaluation.baselines import forecast_baselines
from rollcast.fitting import judging
from rollcast.fitting.candidates import Candidate
from rollcast.fitting.problem import make_problem
from rollcast.fitting.trials import Start, Trial, first_network
from rollcast.options import Config
from samples import panel_of, wavy


def untrained(*series: Any, **options: Any) -> tuple[Trial, Start]:
    """A trial of a network that forecasts the last value."""
    config = Config(
        **{"h": 3, "hidden_size": 4, "output_size": 3, "anchor": "last", "log": False} | options
    )
    problem, _ = make_problem(
        panel_of(*series), config, network=None, name="LSTM", unit=None, val_size=8, test_size=8
    )
    candidate = Candidate(log=False, lag=1)
    start = first_network(problem, candidate)
    return Trial.build(problem, start, candidate), start


def error_of_the_anchor(*series: Any, **options: Any) -> float:
    """The validation error of an untrained network, which forecasts the last value."""
    trial, start = untrained(*series, **options)
    return trial.errors(start.weights).overall


def opponent_of(trial: Trial, start: Start) -> str | None:
    """The baseline to beat, in the scores of the test part."""
    weighed = judging.weigh_baselines(trial.problem, trial.errors(start.weights), None)
    return trial.judge(start.weights, weighed).scores.opponent


def test_an_ensemble_that_validation_preferred_is_judged_on_the_test_part():
    trial, start = untrained(wavy(60))
    weighed = judging.weigh_baselines(trial.problem, trial.errors(start.weights), None)
    assert weighed.ensemble is not None
    assert weighed.ensemble.names[0] == weighed.opponent
    without = replace(weighed.ensemble, preferred=False)
    plain = trial.judge(start.weights, weighed._replace(ensemble=without)).scores
    chosen = replace(weighed.ensemble, preferred=True)
    scores = trial.judge(start.weights, weighed._replace(ensemble=chosen)).scores
    assert scores.names == ("LSTM", "LSTM-ensemble", *plain.names[1:])
    assert scores.best_baseline == plain.best_baseline


def test_the_baselines_of_the_validation_part_are_forecast_once(monkeypatch):
    trial, start = untrained(wavy(60))
    newest: list[int] = []

    def counted(panel, origins, *rest, **more):
        newest.append(int(origins.row.max()))
        return forecast_baselines(panel, origins, *rest, **more)

    monkeypatch.setattr(judge, "forecast_baselines", counted)
    opponent_of(trial, start)
    assert newest == [60 - 8 - 3 - 1, 60 - 3 - 1]


def test_the_opponent_is_chosen_on_the_origins_that_the_network_is_validated_on(monkeypatch):
    """Of many series a part is validated on. Here the others would choose another opponent."""
    flat, rising = 20 + wavy(60) % 1, 5.0 * np.arange(60)
    series = [flat, *[rising] * 3] * 2
    monkeypatch.setattr(judging, "MOST_VALIDATED", 60 * len(series) // 4)
    trial, start = untrained(*series)
    assert set(trial.validation.origins.series) == {0, 4}
    opponent = opponent_of(trial, start)
    monkeypatch.setattr(judging, "MOST_VALIDATED", 2**20)
    alone, start = untrained(flat, flat)
    everyone, first = untrained(*series)
    assert opponent == opponent_of(alone, start)
    assert opponent != opponent_of(everyone, first)


def test_a_series_without_a_scale_has_no_say_between_candidates():
    """Constant while it is trained on, it then jumps: in its own unit its error would rule all others."""
    jumps = np.where(np.arange(60) < 48, 5.0, 1e6)
    alone, beside = error_of_the_anchor(wavy(60)), error_of_the_anchor(wavy(60), jumps)
    assert 0 < alone < 10
    assert_allclose(beside, alone)


def test_where_no_series_has_a_scale_errors_in_its_unit_decide():
    jumps = np.where(np.arange(60) < 48, 5.0, 7.0)
    assert 0 < error_of_the_anchor(jumps) <= 2
    assert 0 < error_of_the_anchor(jumps, jumps) <= 2
