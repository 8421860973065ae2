"""The newest errors beside those of baselines and of a fit: when an update is advised, and when not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rollcast.evaluation.evidence import Evidence
from rollcast.evaluation.expected_errors import ExpectedErrors, expect_errors
from rollcast.evaluation.running_comparison import (
    NewestErrors,
    RunningComparison,
    compare_newest,
    mean_errors,
)
from rollcast.networks.distribution import Point

R = 64


def newest(errors: Any, *, expected: float = 1.0, uncertainty: float = 0.0) -> NewestErrors:
    """Errors (S, T <= R, K) of series that began at one time."""
    values = np.full((len(errors), R, np.shape(errors)[2]), np.nan, np.float32)
    values[:, : np.shape(errors)[1]] = errors
    S, rows = len(errors), np.shape(errors)[1]
    known = np.full(S, expected)
    return NewestErrors(values, np.full(S, rows), np.zeros(S, np.int64), known, uncertainty)


def noise(rows: int, ours: float, naive: float, *, series: int = 1, seed: int = 0) -> np.ndarray:
    """(S, T, 2) absolute errors with these means."""
    random = np.random.default_rng(seed)
    return np.abs(random.normal(size=(series, rows, 2))) * [ours, naive] / 0.798


def of(rows: int, ours: float, naive: float, **terms: Any) -> RunningComparison:
    return compare_newest(newest(noise(rows, ours, naive, series=terms.pop("series", 1)), **terms))


def test_errors_as_they_were_in_the_fit_and_below_those_of_naive_call_for_nothing():
    found = of(64, 1.0, 1.5)
    assert (found.advice, found.exceeds) == ("none", False)
    assert found.baseline is not None
    assert found.baseline.ratio == pytest.approx(1 / 1.5, rel=0.25)
    assert "times those of naive forecasts and" in found.reason
    assert found.reason.startswith("One step ahead, the errors of the newest 64 values are 0.")


def test_errors_above_those_of_naive_call_for_an_update_and_the_reason_names_them():
    found = of(64, 1.0, 0.4, expected=1.0)
    assert found.advice == "update"
    assert "times those of naive forecasts (p = " in found.reason
    assert "judged" not in found.reason


def test_errors_above_those_of_the_fit_call_for_an_update_unless_these_left_it_open():
    assert of(64, 2.0, 3.0).advice == "update"
    assert of(64, 2.0, 3.0, uncertainty=0.5).advice == "none"
    unknown = of(64, 2.0, 3.0, uncertainty=math.nan)
    assert (unknown.advice, unknown.fit) == ("none", None)


def test_a_few_rows_are_enough_for_nothing_however_large_their_errors():
    found = of(5, 9.0, 1.0)
    assert (found.advice, found.exceeds) == ("none", True)
    assert of(16, 9.0, 1.0, series=4).advice == "update"


def test_one_shock_that_all_series_share_is_one_observation():
    errors = noise(12, 1.0, 1.5, series=50)
    errors[:, 8, 0] = 100.0
    found = compare_newest(newest(errors))
    assert (found.advice, found.exceeds) == ("none", True)


def test_older_errors_count_less():
    errors = np.ones((1, 64, 2))
    errors[:, :32, 0] = 5.0
    mine, naive = mean_errors(newest(errors))[0]
    assert naive == pytest.approx(1)
    assert mine == pytest.approx(1 + 4 * (0.5 - 0.25) / (1 - 0.25))
    assert compare_newest(newest(errors[:, ::-1])).exceeds


def test_the_better_baseline_is_taken_and_must_be_surer():
    seasonal = np.concatenate([noise(64, 1.0, 3.0), noise(64, 0.3, 0.3, seed=1)[..., 1:]], axis=2)
    found = compare_newest(newest(seasonal))
    assert found.baseline is not None
    assert found.baseline.whose == "seasonal naive forecasts"
    assert found.baseline.level == 0.005
    assert found.advice == "update"


def test_a_series_that_stands_still_has_no_baseline_to_fall_behind():
    errors = np.stack([np.full((1, 64), 1e-3), np.zeros((1, 64))], axis=2)
    assert not compare_newest(newest(errors)).exceeds


def test_without_any_value_nothing_is_said():
    found = compare_newest(newest(np.full((2, 3, 2), np.nan)))
    assert (found.values, found.advice, found.baseline, found.fit) == (0, "none", None, None)
    assert found.reason == "No value has come yet that could be compared."


def test_looking_again_and_again_calls_for_nothing_while_errors_are_as_they_were():
    for seed in range(12):
        errors = noise(R + 400, 1.0, 1.3, seed=seed)
        windows = [errors[:, end - R : end] for end in range(R, R + 400, 8)]
        each = [compare_newest(newest(one, uncertainty=0.08)) for one in windows]
        assert {one.advice for one in each} == {"none"}


def test_expected_errors_are_those_of_first_steps_in_units_of_their_series():
    made = np.zeros((4, 2, 1))
    actual = np.array([[1.0, 9.0], [-3.0, 9.0], [np.nan, 9.0], [4.0, 9.0]])
    unit, series = np.array([1.0, 1.0, 1.0, 2.0]), np.array([0, 0, 0, 2])
    found = expect_errors([Evidence(actual, made, unit, series, np.arange(4))], Point(), 3)
    assert found is not None
    np.testing.assert_array_equal(found.mean, [2.0, np.nan, 2.0])
    assert found.rows.tolist() == [2, 0, 1]
    assert math.isnan(found.uncertainty)
    few = ExpectedErrors(np.array([1.0, np.nan, 3.0]), np.array([8, 0, 8]), 0.0)
    np.testing.assert_allclose(few.of_each(), [1.5, 2.0, 2.5])


def test_what_starts_at_one_time_is_one_observation_of_what_is_expected():
    random, M = np.random.default_rng(0), 240
    actual, made = random.normal(size=(M, 1)), np.zeros((M, 1, 1))
    series = np.repeat(np.arange(4), M // 4)
    apart = Evidence(actual, made, np.ones(M), series, np.arange(M))
    found = expect_errors([apart], Point(), 4)
    assert found is not None
    assert found.uncertainty == pytest.approx(0.756 / math.sqrt(M), rel=0.5)
    shared = apart._replace(actual=np.tile(actual[:12], (20, 1)), time=np.tile(np.arange(12), 20))
    more = expect_errors([shared], Point(), 4)
    assert more is not None
    assert more.uncertainty > 2 * found.uncertainty
