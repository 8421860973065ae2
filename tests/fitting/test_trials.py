"""Trials: how candidates do on the validation part, in units by which they can be compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.testing import assert_allclose

from rollcast.fitting.candidates import Candidate
from rollcast.fitting.problem import make_problem
from rollcast.fitting.trials import Trial, first_network
from rollcast.options import Config
from samples import panel_of, wavy


def error_of_the_anchor(*series: Any, **options: Any) -> float:
    """The validation error of an untrained network, which forecasts the last value."""
    config = Config(
        **{"h": 3, "hidden_size": 4, "output_size": 3, "anchor": "last", "log": False} | options
    )
    problem, _ = make_problem(
        panel_of(*series), config, network=None, name="LSTM", unit=None, val_size=8, test_size=8
    )
    candidate = Candidate(log=False, lag=1)
    start = first_network(problem, candidate)
    return Trial.build(problem, start, candidate).errors(start.weights).overall


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
