"""The next row is judged beside seasonal smoothing."""

from __future__ import annotations

import numpy as np
import pytest

from pretraining import near_ahead
from pretraining.near_ahead import Kind, judge, main
from rollcast.data.calendar import Frequency
from samples import walk_network


def test_of_random_walks_a_network_that_knows_them_is_as_good_as_smoothing_and_holds_what_it_says():
    walks = np.random.default_rng(0).normal(size=(400, 48)).cumsum(axis=1)
    kind = Kind("walks", walks[:, :40], walks[:, 40:], Frequency("h"), (), 4)
    first, _ = judge(walk_network(), kind)
    assert first.error == pytest.approx(np.sqrt(2 / np.pi), abs=0.1)
    assert first.smoothed == pytest.approx(first.error, rel=0.15)
    assert first.inside == pytest.approx(0.8, abs=0.06)


def test_a_file_that_is_missing_is_named(capsys: pytest.CaptureFixture[str], tmp_path):
    assert main([str(tmp_path / "run.npz")]) == 2
    assert "run.npz" in capsys.readouterr().err


def test_kinds_are_long_enough_and_the_last_fifth_of_real_series_is_not_touched():
    for kind in (*near_ahead.steady_kinds(0), *near_ahead.real_kinds()):
        assert kind.actual.shape == (near_ahead.COUNT, near_ahead.H)
        assert np.isfinite(kind.past).all()
    demand = near_ahead.datasets.demand()["y"].to_numpy()
    last = np.flatnonzero(np.isin(demand, near_ahead.real_kinds()[0].actual[-1]))
    assert len(last)
    assert (np.sort(last)[: near_ahead.H] < 0.8 * len(demand)).all()
