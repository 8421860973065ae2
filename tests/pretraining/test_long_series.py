"""Long series are compared with their newest rows alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pretraining import long_series
from pretraining.batches import draw_of_size, draw_sized
from pretraining.long_series import compare, main
from pretraining.sizes import SIZES
from samples import walk_network


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in {"READ": 64, "STEPS": 4, "ORIGINS": 3, "SIDE_BY_SIDE": 8}.items():
        monkeypatch.setattr(long_series, name, number)


@pytest.mark.slow
def test_a_network_that_forgets_is_no_worse_and_one_that_spoils_with_age_is(
    monkeypatch: pytest.MonkeyPatch,
):
    walks = np.random.default_rng(0).normal(size=(5, 300)).cumsum(axis=1).astype("f4")
    arguments = (walk_network().held, walks, np.ones(walks.shape, bool), (1, 0))
    found = compare(*arguments)
    assert_allclose([ratio.mean for ratio in found], 1, atol=0.02)
    made = long_series._run

    def spoiled(weights: Any, values: Any, *rest: Any) -> Any:
        return made(weights, values, *rest) + (10 if values.shape[1] > 64 else 0)

    monkeypatch.setattr(long_series, "_run", spoiled)
    assert all(ratio.mean > 2 for ratio in compare(*arguments))


@pytest.mark.slow
def test_the_command_prints_a_line_for_each_kind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path
):
    monkeypatch.setattr(long_series, "SEASONS", ((7, 0),))
    assert main(["--rows", "200", "--series", "2"]) == 0
    assert capsys.readouterr().out.startswith("7, 0: MASE ")
    assert main(["--data", str(tmp_path)]) == 2
    assert "ETTh1.csv" in capsys.readouterr().err


def test_a_batch_of_a_size_is_the_same_by_its_place():
    by_place = draw_of_size(np.random.default_rng(4), 0)
    by_size = draw_sized(np.random.default_rng(4), SIZES[0])
    assert (by_place.size, by_size.size) == (0, -1)
    for one, other in zip(by_place[1:], by_size[1:], strict=True):
        np.testing.assert_array_equal(one, other)
