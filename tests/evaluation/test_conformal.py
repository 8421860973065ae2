"""Calibrated intervals: the ranks of scores, what counts as one, and what they hold of numbers that are drawn."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.evaluation.central_intervals import LEVELS, ends_of_quantiles, needed
from rollcast.evaluation.conformal import calibrate, rank_quantile
from rollcast.evaluation.coverage import measure_coverage
from rollcast.evaluation.evidence import Evidence, recency, separate_windows
from rollcast.networks.distribution import POINT, QUANTILE_LEVELS, Quantiles

QUANTILES = Quantiles(QUANTILE_LEVELS)
NORMAL = np.array([NormalDist().inv_cdf(level) for level in QUANTILE_LEVELS])


def drawn(
    series: int, starts: int, h: int = 3, *, spread: float = 1.0, seed: int = 0, told: float = 1.0
) -> Evidence:
    """Independent normal values of a spread, with forecasts that tell of another one."""
    random = np.random.default_rng(seed)
    made = np.broadcast_to(told * NORMAL, (series * starts, h, len(NORMAL)))
    return Evidence(
        random.normal(0, spread, (series * starts, h)),
        made,
        np.ones(series * starts),
        np.repeat(np.arange(series), starts),
        np.tile(h * np.arange(starts), series),
    )


def as_points(evidence: Evidence, bias: float = 0.0) -> Evidence:
    return evidence._replace(made=evidence.made[..., 7:8] + bias)


def test_the_rank_of_n_equal_scores_is_that_of_n_and_one_more():
    scores = np.random.default_rng(0).permutation(np.arange(1.0, 20.0))
    assert rank_quantile(scores, np.ones(19), 0.8) == 16  # ceil(20 * 0.8)
    assert rank_quantile(scores, np.ones(19), 0.95) == 19
    assert math.isnan(rank_quantile(scores, np.ones(19), 0.96))
    assert math.isnan(rank_quantile(scores[:18], np.ones(18), 0.95))


def test_the_number_that_a_level_needs_is_the_least_with_a_rank():
    for level in LEVELS:
        for of_points in (False, True):
            least, share = (
                needed(level, of_points),
                (100 + level) / 200 if of_points else level / 100,
            )
            assert not math.isnan(rank_quantile(np.zeros(least), np.ones(least), share))
            assert math.isnan(rank_quantile(np.zeros(least - 1), np.ones(least - 1), share))


def test_heavier_scores_count_for_more():
    scores, weights = np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 8.0])
    assert rank_quantile(scores, weights, 0.2) == 3  # 2 of 11 lie below
    assert rank_quantile(scores, weights, 0.1) == 2


def test_windows_that_overlap_count_once():
    time = np.arange(10)
    there = np.ones((10, 4), bool)
    assert_array_equal(separate_windows(np.zeros(10, int), time, there), [10, 5, 4, 3])
    both = separate_windows(np.repeat([0, 1], 10), np.tile(3 * time, 2), np.ones((20, 4), bool))
    assert_array_equal(both, [20, 20, 20, 10])
    there[3:, 2] = False
    assert separate_windows(np.zeros(10, int), time, there)[2] == 1


def test_the_oldest_score_weighs_half_as_much_as_the_newest():
    assert_allclose(recency(np.zeros(3, int), np.array([10, 15, 20])), [0.5, math.sqrt(0.5), 1])


@pytest.mark.parametrize("told", [0.5, 2.0])
def test_quantiles_of_another_spread_are_put_right(told):
    found = calibrate(drawn(40, 20, told=told), QUANTILES)
    assert found.taken
    fresh = drawn(400, 20, told=told, seed=1)
    coverage = measure_coverage(found, QUANTILES, fresh)
    assert coverage is not None
    for one in coverage.levels:
        assert one.calibrated
        assert one.measured == pytest.approx(one.level, abs=2.5)
    ends = ends_of_quantiles(found.quantiles(QUANTILES, fresh.made[:1], fresh.unit[:1]))
    assert_allclose(ends.high[0, 0, 3], NormalDist().inv_cdf(0.9), rtol=0.1)


def test_quantiles_that_are_right_stay_as_they_are_where_scores_are_few():
    kept = [calibrate(drawn(1, 12, seed=seed), QUANTILES) for seed in range(40)]
    assert sum(found.taken for found in kept) <= 14
    one = next(found for found in kept if not found.taken)
    made = drawn(1, 3).made
    assert_array_equal(one.quantiles(QUANTILES, made, np.ones(3)), made)


def test_a_level_with_too_few_scores_is_the_networks_own_and_never_inside_of_a_narrower_one():
    evidence = drawn(1, 12, spread=10.0)
    found = calibrate(evidence, QUANTILES)
    assert found.taken
    assert [level for level in LEVELS if found.supports(level, 3)] == [20, 40, 60, 80, 90]
    assert found.needs(95) == 19
    assert not found.supports(95, 3)
    made = found.quantiles(QUANTILES, evidence.made[:1], np.ones(1))
    assert (np.diff(made) >= 0).all()
    assert_array_equal(made[..., -1], made[..., -3])  # 98 % is moved out as far as 90 % is
    narrow = calibrate(drawn(1, 12, spread=0.1), QUANTILES)
    made = narrow.quantiles(QUANTILES, evidence.made[:1], np.ones(1))
    assert_array_equal(made[..., -1], evidence.made[:1, ..., -1])


def test_points_get_ends_by_their_own_ranks_and_a_bias_moves_both():
    random = np.random.default_rng(0)
    evidence = as_points(drawn(50, 20), bias=0.0)
    skewed = evidence._replace(actual=random.exponential(1, evidence.actual.shape))
    found = calibrate(skewed, POINT)
    fresh = as_points(drawn(400, 20))
    fresh = fresh._replace(actual=random.exponential(1, fresh.actual.shape))
    ends = ends_of_quantiles(found.quantiles(POINT, fresh.made[:1], fresh.unit[:1]))
    assert_allclose(ends.high[0, :, 3], -math.log(0.1), rtol=0.15)
    assert_array_equal(ends.low[0, :, 3], 0)  # which would lie above the point
    coverage = measure_coverage(found, POINT, fresh)
    assert coverage is not None
    assert 89 < coverage[80].measured < 91.5  # what lies below the lower end is none


def test_residuals_of_points_are_in_units_of_each_series():
    evidence = as_points(drawn(60, 10))
    unit = np.where(evidence.series % 2 == 0, 100.0, 1.0)
    scaled = evidence._replace(actual=evidence.actual * unit[:, None], unit=unit)
    one, two = calibrate(evidence, POINT), calibrate(scaled, POINT)
    assert_allclose(one.upper, two.upper)
    made = two.quantiles(POINT, evidence.made[:20], unit[:20])
    assert_allclose(made[0] / 100, made[19], rtol=1e-12)


def test_points_with_too_few_scores_have_no_ends():
    found = calibrate(
        as_points(drawn(1, 10)), POINT
    )  # which count for 9.6, since older ones weigh less
    assert found.supports(80, 3)
    assert found.supports(70, 3)
    assert not found.supports(90, 3)
    assert not found.supports(80, 4)
    assert np.isnan(found.quantiles(POINT, np.zeros((1, 3, 1)), np.ones(1))[..., -2:]).all()


def test_far_steps_with_few_windows_are_pooled_and_the_residual_of_each_is_its_unit():
    random = np.random.default_rng(1)
    walks = np.cumsum(random.normal(size=(30, 300)), axis=1)
    h, starts = 16, np.arange(0, 280, 2)
    later = walks[:, starts[:, None] + 1 + np.arange(h)] - walks[:, starts, None]
    count = len(starts)
    evidence = Evidence(
        later.reshape(-1, h),
        np.zeros((30 * count, h, 1)),
        np.ones(30 * count),
        np.repeat(np.arange(30), count),
        np.tile(starts, 30),
    )
    found = calibrate(evidence.take(evidence.series < 1), POINT)
    equal = (w := recency(np.zeros(count), starts)).sum() ** 2 / (count * (w**2).sum())
    assert_allclose(found.counts[[0, -1]], [equal * count, equal * 18])
    assert found.supports(80, h)
    held = [
        measure_coverage(
            calibrate(evidence.take(evidence.series == s), POINT),
            POINT,
            evidence.take(evidence.series != s),
        )
        for s in range(30)
    ]
    each = [[one[80].measured, *one[80].by_block] for one in held if one is not None]
    assert_allclose(np.mean(each, axis=0), 80, atol=3)
    assert (np.diff(found.upper[8:, 3]) >= 0).all()  # no step further ahead is surer


def test_a_series_without_any_width_gives_no_score_that_could_move_an_end():
    evidence = drawn(20, 5)
    flat = evidence._replace(made=np.zeros_like(evidence.made))
    found = calibrate(flat, QUANTILES)
    assert not found.supports(20, 3)
    made = found.quantiles(QUANTILES, flat.made[:1], np.ones(1))
    assert_array_equal(made, 0)


def test_missing_values_have_no_part():
    evidence = drawn(30, 10, told=0.5)
    gaps = np.random.default_rng(0).random(evidence.actual.shape) < 0.5
    holes = evidence._replace(actual=np.where(gaps, np.nan, evidence.actual))
    found = calibrate(holes, QUANTILES)
    assert np.isfinite(found.upper).all()
    nothing = evidence._replace(actual=np.full_like(evidence.actual, np.nan))
    assert not calibrate(nothing, QUANTILES).taken
    assert measure_coverage(found, QUANTILES, nothing) is None


def test_coverage_is_told_by_blocks_of_six_steps():
    evidence = drawn(10, 4, h=8)
    actual = np.zeros((40, 8))
    actual[:, 6:] = 9.0
    found = measure_coverage(
        calibrate(evidence, QUANTILES), QUANTILES, evidence._replace(actual=actual)
    )
    assert found is not None
    assert found[80].by_block == (100.0, 0.0)
    assert found[80].measured == 75.0
    assert (found.windows, found.series) == (4, 10)
    assert (
        "The 80 % interval, as the network gave it, held 75.0 % of the test part (steps 1 to 6: 100 %"
        in str(found)
    )
