"""The one test of "better": it claims no winner on noise, and finds one where there is one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtr

from rollcast.errors import ArgumentError
from rollcast.evaluation.comparison import (
    FEWEST,
    LEVEL,
    Difference,
    compare,
    count_windows,
    first_of_lowest,
    student_p,
)

DEVIATIONS = 3.5
"""Standard deviations of a binomial count that simulated shares may lie above the level."""

STARTS, HORIZONS = (1, 2, 5, 18, 64, 200), (1, 12, 48)


def most_claims(trials: int) -> float:
    """The share of false claims that chance would hardly exceed where the true share is the level."""
    return LEVEL + DEVIATIONS * math.sqrt(LEVEL * (1 - LEVEL) / trials)


def strides(h: int) -> list[int]:
    return sorted({1, max(h // 3, 1), h})


def noise_losses(
    rng: np.random.Generator, starts: int, h: int, stride: int, num_series: int, shocks: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Losses (M, h) of two forecasts of noise that are equally good, one above and one below its mean."""
    row = np.tile(np.arange(starts) * stride, num_series)
    series = np.repeat(np.arange(num_series), starts)
    shape = (1 if "common" in shocks else num_series, int(row.max()) + h + 1)
    noise = rng.standard_t(3, shape) if "heavy" in shocks else rng.standard_normal(shape)
    rows = np.lib.stride_tricks.sliding_window_view(noise, h, axis=1)
    truth = rows[series % len(noise), row + 1]
    return np.abs(truth - 0.5), np.abs(truth + 0.5), series, row


def claims(starts: int, h: int, stride: int, num_series: int, shocks: str, trials: int) -> float:
    """The share of trials in which one of two equally good forecasts is called better."""
    rng = np.random.default_rng([starts, h, stride, num_series])
    made = (
        compare(*noise_losses(rng, starts, h, stride, num_series, shocks), h=h)
        for _ in range(trials)
    )
    return float(np.mean([c.certain for c in made]))


@pytest.mark.parametrize(
    ("starts", "h", "stride"),
    [(18, 12, 1), (64, 48, 1), (64, 1, 1), (18, 12, 12), (64, 12, 4), (200, 12, 4)],
)
def test_two_equally_good_forecasts_of_noise_are_hardly_ever_told_apart(
    starts: int, h: int, stride: int
):
    """Counting overlapping starts as independent, the first two had a winner in 27 % and 38 % of the trials."""
    assert claims(starts, h, stride, 1, "normal", 400) <= most_claims(400)


@pytest.mark.slow
@pytest.mark.parametrize("shocks", ["normal", "heavy"])
def test_on_noise_of_one_series_no_winner_is_claimed_at_any_horizon_and_count(shocks: str):
    trials = 150
    found = {
        (n, h, stride): claims(n, h, stride, 1, shocks, trials)
        for n in STARTS
        for h in HORIZONS
        for stride in strides(h)
    }
    assert max(found.values()) <= most_claims(trials), max(found, key=lambda key: found[key])
    assert float(np.mean(list(found.values()))) <= LEVEL


@pytest.mark.slow
@pytest.mark.parametrize("shocks", ["normal", "heavy", "common normal", "common heavy"])
def test_on_noise_of_fifty_series_no_winner_is_claimed(shocks: str):
    trials = 150
    found = {
        (n, h, stride): claims(n, h, stride, 50, shocks, trials)
        for n in STARTS
        for h in HORIZONS
        for stride in strides(h)
        if n * h <= 18 * 12  # of more, one takes as long as all of these
    }
    assert max(found.values()) <= most_claims(trials), max(found, key=lambda key: found[key])
    assert float(np.mean(list(found.values()))) <= LEVEL


@pytest.mark.parametrize("shocks", ["normal", "common heavy"])
def test_fifty_series_that_share_shocks_count_by_time(shocks: str):
    assert claims(18, 12, 12, 50, shocks, 150) <= most_claims(150)


@pytest.mark.parametrize("stride", [1, 12])
def test_an_error_that_is_a_third_lower_is_found_in_ten_separate_windows(stride: int):
    h, windows = 12, 10
    starts = windows * h // stride - (h - 1 if stride == 1 else 0)
    rng, found = np.random.default_rng(1), []
    for _ in range(200):
        losses = np.abs(rng.standard_normal((2, starts + (h if stride == 1 else 0), h)))
        ours, theirs = 0.7 * losses[0, :starts], losses[1, :starts]
        time = np.arange(starts) * stride
        found.append(compare(ours, theirs, np.zeros(starts, int), time, h=h))
    assert {c.windows for c in found} == {windows}
    assert np.mean([c.better for c in found]) > 0.8
    assert not any(c.worse for c in found)


@pytest.mark.parametrize("starts", range(1, FEWEST))
def test_in_few_separate_windows_nothing_is_certain(starts: int):
    ours, theirs = np.ones((2, starts)) * [[1.0], [9.0]]
    found = compare(ours, theirs, np.zeros(starts, int), np.arange(starts) * 12, h=12)
    assert found.windows == starts
    assert found.effect == pytest.approx(-8 / 9)
    assert not found.certain


def test_overlapping_starts_are_no_further_windows():
    rng = np.random.default_rng(0)
    ours, theirs = np.abs(rng.standard_normal((2, 18)))
    found = compare(ours, theirs, np.zeros(18, int), np.arange(18), h=12)
    assert found.windows == count_windows(np.arange(18), 12) == 2
    assert not found.certain


def test_a_difference_below_one_percent_is_never_certain():
    theirs = np.ones(60)
    ours = 0.995 * theirs
    found = compare(ours, theirs, np.zeros(60, int), np.arange(60), h=1)
    assert found.p_value < LEVEL
    assert not found.certain


def test_a_winner_is_the_loser_the_other_way_round():
    rng = np.random.default_rng(0)
    theirs = np.abs(rng.standard_normal(40)) + 1
    ours, zero, time = theirs * rng.uniform(0.4, 0.8, 40), np.zeros(40, int), np.arange(40)
    one, other = compare(ours, theirs, zero, time, h=3), compare(theirs, ours, zero, time, h=3)
    assert one.better
    assert other.worse
    assert one.p_value == pytest.approx(other.p_value)
    assert (one.ahead, other.ahead) == (1.0, 0.0)


def test_series_weigh_the_same_however_many_starts_they_have():
    series = np.repeat([0, 1], [30, 3])
    ours = np.where(series == 0, 1.0, 2.0)
    found = compare(ours, np.full(33, 2.0), series, np.arange(33), h=1)
    assert found.effect == pytest.approx(-0.25)
    assert (found.series, found.ahead) == (2, 1.5)


def test_weights_count_and_what_was_not_observed_does_not():
    ours, theirs = np.array([[1.0, 9.0], [1.0, np.nan]]), np.array([[2.0, 2.0], [2.0, 2.0]])
    zero, time = np.zeros(2, int), np.array([0, 2])
    weights = np.array([[1.0, 0.0], [3.0, 5.0]])
    assert compare(ours, theirs, zero, time, h=2, weights=weights).effect == pytest.approx(-0.5)
    assert compare(ours, theirs, zero, time, h=2).effect == pytest.approx(11 / 6 - 1)


def test_errors_that_are_no_numbers_are_no_winners():
    ours, theirs = np.full(20, np.inf), np.ones(20)
    found = compare(ours, theirs, np.zeros(20, int), np.arange(20), h=1)
    assert found.effect == math.inf
    assert not found.certain
    nothing = compare(np.full(3, np.nan), np.ones(3), np.zeros(3, int), np.arange(3), h=1)
    assert (nothing.windows, nothing.series) == (0, 0)
    assert math.isnan(nothing.effect)


def test_equal_errors_are_no_difference():
    found = compare(np.ones(20), np.ones(20), np.zeros(20, int), np.arange(20), h=1)
    assert found == Difference(0.0, 1.0, 20, 1, 0.5, 1.0)


def test_what_does_not_fit_is_refused():
    one, zero = np.ones(3), np.zeros(3, int)
    with pytest.raises(ArgumentError, match=r"`ours` and `theirs` must have one shape"):
        compare(one, one[:2], zero, zero, h=1)
    with pytest.raises(ArgumentError, match=r"`series` and `time` must have 3 places"):
        compare(one, one, zero[:2], zero, h=1)
    with pytest.raises(ArgumentError, match=r"`weights` must have the shape \(3,\)"):
        compare(one, one, zero, zero, h=1, weights=one[:2])


@given(st.floats(0, 50), st.integers(1, 40))
def test_the_tail_of_students_t_is_that_of_the_tables(t: float, freedom: int):
    assert student_p(t, freedom) == pytest.approx(2 * stdtr(freedom, -t), abs=1e-9)


def test_between_whole_degrees_of_freedom_the_tail_lies_between():
    assert student_p(2.0, 3) < student_p(2.0, 2.5) < student_p(2.0, 2)
    assert student_p(9.0, 0.4) == 1.0


def test_half_the_error_is_worth_taking_in_a_few_windows_that_agree():
    theirs, zero, time = np.full(3, 2.0), np.zeros(3, int), np.arange(3)
    found = compare(np.full(3, 0.9), theirs, zero, time, h=1)
    assert found.worth_taking
    assert not found.certain
    assert not compare(np.full(3, 1.1), theirs, zero, time, h=1).worth_taking
    one_lucky = compare(np.array([2.2, 2.2, 0.1]), np.array([2.0, 2.0, 9.0]), zero, time, h=1)
    assert one_lucky.effect < -0.5
    assert not one_lucky.worth_taking


def test_of_several_the_first_near_the_lowest_error_is_chosen():
    assert first_of_lowest([1.009, 1.0, 2.0]) == 0
    assert first_of_lowest([1.02, 1.0, 1.0]) == 1
    assert first_of_lowest([math.nan, math.inf, 3.0]) == 2
    assert first_of_lowest([math.inf, math.nan]) == 0
