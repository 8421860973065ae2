"""The stride of paths is the one that leaves the running scale as it was."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pretraining import strides
from pretraining.strides import (
    crps,
    draw_paths,
    errors_by_stride,
    lowest,
    main,
    read_block,
    scale_after,
)
from rollcast.data.seasons import Seasons
from samples import walk_network


@pytest.mark.slow
def test_paths_of_a_walk_leave_its_scale_as_it_was_by_the_stride_of_its_changes_alone():
    network, noise = walk_network(), np.random.default_rng(1).normal(size=(64, 96)).astype("f4")
    walks = np.random.default_rng(0).normal(size=(8, 400)).cumsum(axis=1).astype("f4")
    seasons = Seasons(np.ones(8, "i4"), np.zeros(8, "i4"))
    block = read_block(network.held, walks, np.ones(walks.shape, bool), seasons, 304)
    before = np.asarray(scale_after(block, block.values[:, None, :1]))

    def change(stride: float) -> float:
        paths = draw_paths(block, noise, np.float32(stride), network.levels)
        return float(np.log(scale_after(block, paths) / before).mean())

    assert abs(change(network.stride)) < 0.05
    assert change(0.6 * network.stride) < -0.3
    assert change(2 * network.stride) > 0.3


def test_the_crps_is_that_of_all_pairs_of_draws():
    random = np.random.default_rng(0)
    drawn, came = random.normal(size=(3, 11)), random.normal(size=3)
    apart = np.abs(drawn[:, :, None] - drawn[:, None]).mean(axis=(1, 2)) / 2
    assert_allclose(crps(drawn, came), np.abs(drawn - came[:, None]).mean(axis=1) - apart)


def test_the_lowest_point_lies_between_those_that_were_tried():
    tried = np.arange(0.0, 2.0, 0.1)
    assert_allclose(lowest(tried, (tried - 0.83) ** 2), 0.83)


@pytest.mark.slow
def test_errors_are_least_at_a_stride_between_smooth_and_rough(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(strides, "BATCHES", {2: 1})
    monkeypatch.setattr(strides, "TRIED", np.array([0.3, 1.2, 4.0]))
    errors = errors_by_stride(walk_network(), seed=3)
    assert np.isfinite(errors).all()
    assert errors.argmin() == 1


def test_a_file_that_is_not_there_is_refused(tmp_path, capsys: pytest.CaptureFixture[str]):
    assert main([str(tmp_path / "run.npz")]) == 2
    assert "run.npz" in capsys.readouterr().err
