import doctest
import math
from itertools import product
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rollcast import metrics
from rollcast.errors import ArgumentError
from rollcast.metrics import interval_scores, point_errors, quantile_scores

NAN = math.nan
VALUES = st.floats(-1e6, 1e6)
PAIRS = arrays(np.float64, (2, 12), elements=VALUES)


@pytest.mark.parametrize("module", [point_errors, quantile_scores, interval_scores])
def test_examples_run(module: ModuleType):
    found = doctest.testmod(module)
    assert found.failed == 0
    assert found.attempted > 0


def test_each_error_has_the_value_of_a_hand_calculation():
    y, f = [1.0, 2.0, 4.0], [2.0, 2.0, 1.0]
    assert metrics.mae(y, f) == pytest.approx(4 / 3)
    assert metrics.rmse(y, f) == pytest.approx(math.sqrt(10 / 3))
    assert metrics.bias(y, f) == pytest.approx(-2 / 3)
    assert metrics.mape(y, f) == pytest.approx(100 * (1 + 0 + 0.75) / 3)
    assert metrics.smape(y, f) == pytest.approx(200 * (1 / 3 + 0 + 3 / 5) / 3)
    assert metrics.wape(y, f) == pytest.approx(100 * 4 / 7)


@pytest.mark.parametrize("weights", [None, np.array([1.0, 0.0, 2.0, 0.5])])
def test_all_errors_at_once_are_those_of_each_function(weights: np.ndarray | None):
    actual, forecast = np.array([1.0, -3.0, np.nan, 7.0]), np.array([0.25, -5.0, 2.0, 7.5])
    found = point_errors.point_errors(actual, forecast, weights=weights)
    expected = {
        name: getattr(metrics, name)(actual, forecast, weights=weights) for name in found._fields
    }
    assert found._asdict() == expected


def test_what_was_not_observed_is_left_out():
    y, f = [1.0, NAN, 4.0], [2.0, 1e9, 1.0]
    assert metrics.mae(y, f) == 2.0
    assert metrics.rmse(y, f) == pytest.approx(math.sqrt(5))
    assert metrics.wape(y, f) == pytest.approx(80.0)
    assert metrics.mase([y], [f], [2.0]) == 1.0


def test_a_forecast_of_nan_is_a_fault_and_not_a_gap():
    for metric in (metrics.mae, metrics.rmse, metrics.bias, metrics.smape, metrics.wape):
        assert math.isnan(metric([1.0, 2.0], [1.0, NAN]))


def test_a_forecast_that_diverged_is_infinitely_wrong_without_a_warning():
    y, f = [1.0, 2.0], [math.inf, -math.inf]
    assert metrics.mae(y, f) == metrics.rmse(y, f) == metrics.mape(y, f) == math.inf
    assert metrics.smape(y, f) == 200.0
    assert math.isnan(metrics.bias(y, f))
    assert metrics.rmse([0.0], [1e200]) == math.inf


def test_nothing_observed_gives_nan_without_a_warning():
    for metric in (metrics.mae, metrics.rmse, metrics.bias, metrics.mape, metrics.smape):
        assert math.isnan(metric([NAN, NAN], [1.0, 2.0]))
    assert math.isnan(metrics.wape([NAN], [1.0]))
    assert math.isnan(metrics.mase([[NAN]], [[1.0]], [1.0]))


def test_mape_is_undefined_where_an_actual_value_is_zero():
    y = [0.0, 2.0, -0.0, NAN]
    assert math.isnan(metrics.mape(y, [1.0, 2.0, 3.0, 4.0]))
    assert metrics.count_zeros(y) == 2


def test_percentages_take_the_size_of_negative_values():
    assert metrics.mape([-2.0], [-1.0]) == 50.0
    assert metrics.wape([-2.0, 2.0], [-1.0, 1.0]) == 50.0


def test_smape_counts_zero_where_both_are_zero():
    assert metrics.smape([0.0, 1.0], [0.0, 3.0]) == pytest.approx(50.0)


def test_wape_of_zeros_alone_is_nan():
    assert math.isnan(metrics.wape([0.0, 0.0], [1.0, 1.0]))


def test_mase_scales_each_row_by_its_own_series():
    actual, forecast = np.zeros((2, 3)), np.array([[1.0, 1, 1], [10.0, 10, 10]])
    assert metrics.mase(actual, forecast, [1.0, 10.0]) == 1.0
    assert metrics.mase(actual[0], forecast[0], 2.0) == 0.5


def test_mase_leaves_out_rows_without_a_scale():
    actual, forecast = np.zeros((3, 2)), np.ones((3, 2))
    assert metrics.mase(actual, forecast, [2.0, 0.0, NAN]) == 0.5
    assert math.isnan(metrics.mase(actual, forecast, [0.0, 0.0, 0.0]))


def test_mase_of_in_sample_seasonal_naive_is_one():
    y = np.array([3.0, 1, 4, 1, 5, 9, 2, 6])
    scale = metrics.seasonal_scale(y, 3)
    assert metrics.mase(y[3:], y[:-3], scale) == pytest.approx(1.0)


def test_seasonal_scale_skips_pairs_with_a_gap():
    assert metrics.seasonal_scale([1.0, NAN, 4.0, 6.0]) == 2.0
    assert math.isnan(metrics.seasonal_scale([1.0, 2.0], season=2))
    assert math.isnan(metrics.seasonal_scale([]))


@pytest.mark.parametrize("season", [0, -1])
def test_a_season_below_one_is_refused(season: int):
    with pytest.raises(ArgumentError, match="`season` must be a whole number of at least 1; got"):
        metrics.seasonal_scale([1.0, 2.0], season)


def test_shapes_that_differ_are_refused_and_never_broadcast():
    with pytest.raises(ArgumentError, match=r"same shape; got \(2,\) and \(2, 1\)"):
        metrics.mae([1.0, 2.0], [[1.0], [2.0]])
    with pytest.raises(ArgumentError, match=r"`scale` must be one number or have the shape \(2,\)"):
        metrics.mase(np.ones((2, 3)), np.ones((2, 3)), np.ones(3))
    with pytest.raises(ArgumentError, match="`values` must have one dimension; got the shape"):
        metrics.seasonal_scale(np.ones((2, 2)))


@given(PAIRS)
def test_bias_never_exceeds_mae_nor_mae_rmse(pair: np.ndarray):
    y, f = pair
    mae = metrics.mae(y, f)
    assert abs(metrics.bias(y, f)) <= mae * (1 + 1e-9)
    assert mae <= metrics.rmse(y, f) * (1 + 1e-9) + 1e-12
    assert 0 <= metrics.smape(y, f) <= 200 + 1e-9


@given(PAIRS, st.floats(0.01, 100))
def test_errors_follow_the_unit_and_ratios_do_not(pair: np.ndarray, factor: float):
    y, f = np.round(pair, 3)
    assert metrics.mae(factor * y, factor * f) == pytest.approx(factor * metrics.mae(y, f))
    assert metrics.smape(factor * y, factor * f) == pytest.approx(metrics.smape(y, f))


@given(PAIRS)
def test_symmetric_errors_do_not_mind_who_is_who(pair: np.ndarray):
    y, f = pair
    assert metrics.mae(y, f) == metrics.mae(f, y)
    assert metrics.smape(y, f) == pytest.approx(metrics.smape(f, y))
    assert metrics.bias(y, f) == pytest.approx(-metrics.bias(f, y))


def test_rmsse_takes_the_root_of_each_row_and_then_their_mean():
    # M5: sqrt of (0 + 9 + 9 + 0) / 4 over the squared naive error in sample, (4 + 1 + 4) / 3
    train = [3.0, 5.0, 4.0, 6.0]
    scale = metrics.seasonal_scale_squared(train)
    assert scale == 3.0
    actual, forecast = [5.0, 6, 7, 8], [5.0, 9, 4, 8]
    assert metrics.rmsse(actual, forecast, scale) == pytest.approx(math.sqrt(4.5 / 3))
    both = metrics.rmsse([actual, [0.0] * 4], [forecast, [2.0] * 4], [scale, 4.0])
    assert both == pytest.approx((math.sqrt(1.5) + 1) / 2)


def test_rmsse_leaves_out_what_was_not_observed_and_rows_without_a_scale():
    actual, forecast = [[1.0, NAN], [1.0, 1.0], [NAN, NAN]], [[3.0, 99.0], [9.0, 9.0], [0.0, 0.0]]
    assert metrics.rmsse(actual, forecast, [4.0, 0.0, 1.0]) == 1.0
    assert math.isnan(metrics.rmsse(actual, forecast, [0.0, NAN, 1.0]))
    assert math.isnan(metrics.rmsse([[1.0]], [[NAN]], [1.0]))
    weighed = metrics.rmsse([[0.0, 0.0]], [[2.0, 4.0]], [1.0], weights=[[3.0, 1.0]])
    assert weighed == pytest.approx(math.sqrt(7))


def test_seasonal_scale_squared_skips_pairs_with_a_gap():
    assert metrics.seasonal_scale_squared([1.0, NAN, 4.0, 6.0]) == 4.0
    assert metrics.seasonal_scale_squared([1.0, 9.0, 3.0, 5.0], season=2) == 10.0
    assert math.isnan(metrics.seasonal_scale_squared([1.0]))


def test_pinball_weighs_errors_on_both_sides_by_the_level():
    assert metrics.pinball([10.0], [7.0], 0.9) == pytest.approx(2.7)
    assert metrics.pinball([10.0], [13.0], 0.9) == pytest.approx(0.3)
    assert (
        metrics.pinball([1.0, NAN, 5.0], [2.0, 0.0, 2.0], 0.5) == metrics.mae([1.0, 5], [2, 2]) / 2
    )
    assert metrics.pinball([1.0, 1.0], [2.0, 3.0], 0.25, weights=[3, 1]) == pytest.approx(0.9375)


@pytest.mark.parametrize("level", [0, 1, -0.1, 80])
def test_a_level_that_is_no_share_is_refused(level: float):
    with pytest.raises(ArgumentError, match="`level` must be above 0 and below 1; got"):
        metrics.pinball([1.0], [1.0], level)
    with pytest.raises(ArgumentError, match="`levels` must lie above 0 and below 1; got"):
        metrics.wql([1.0], [[1.0]], [level])


def test_crps_of_quantiles_is_twice_the_mean_pinball_loss_over_the_levels():
    y = np.array([[3.0, 5.0], [NAN, 1.0]])
    quantiles = np.arange(18.0).reshape(2, 1, 9) / 2 + np.zeros((2, 2, 9))
    each = [
        metrics.pinball(y, quantiles[..., k], level) for k, level in enumerate(metrics.NINE_LEVELS)
    ]
    assert metrics.crps(y, quantiles) == pytest.approx(2 * np.mean(each))
    assert metrics.crps([3.0], [[1.0]], [0.5]) == 2.0


def test_crps_of_samples_is_the_energy_form_over_all_pairs():
    random = np.random.default_rng(0)
    y, x = random.normal(size=3), random.normal(size=(3, 7))
    slow = [
        np.mean(np.abs(row - value)) - np.mean([abs(a - b) for a, b in product(row, row)]) / 2
        for value, row in zip(y, x, strict=True)
    ]
    assert metrics.sample_crps(y, x) == pytest.approx(np.mean(slow))
    assert metrics.sample_crps([2.0, NAN], [[5.0], [9.0]]) == 3.0


def test_crps_of_many_samples_and_of_many_even_quantiles_agree():
    levels = (np.arange(999) + 0.5) / 999
    x = np.sort(np.random.default_rng(1).gamma(2.0, size=999))
    approximate = metrics.crps([1.3], [x], levels)
    assert approximate == pytest.approx(metrics.sample_crps([1.3], [x]), rel=1e-5)


def test_wql_sums_over_all_values_before_it_divides():
    # by hand: level 0.5 sums 2 * 0.5 (|10 - 8| + |2 - 5|) = 5, level 0.9 2 (0.1 * 1 + 0.9 * 1) = 2; sum |y| 12
    y, quantiles = [[10.0], [2.0]], [[[8.0, 11.0]], [[5.0, 1.0]]]
    assert metrics.wql(y, quantiles, [0.5, 0.9]) == pytest.approx((5 + 2) / 2 / 12)
    weighed = metrics.wql(y, quantiles, [0.5, 0.9], weights=[[1.0], [2.0]])
    assert weighed == pytest.approx(((2 + 2 * 3) + (0.2 + 2 * 1.8)) / 2 / 14)
    assert math.isnan(metrics.wql([0.0], [[1.0]], [0.5]))


def test_wql_of_the_median_alone_is_wape():
    y, f = np.array([3.0, -4.0, NAN]), np.array([2.0, -6.0, 0.0])
    assert metrics.wql(y, f[:, None], [0.5]) == pytest.approx(metrics.wape(y, f) / 100)


def test_scores_equal_the_formulas_of_fev_and_gluonts_written_out():
    random = np.random.default_rng(3)
    y, past = random.normal(5, 2, (4, 6)), random.normal(5, 2, (4, 30))
    y[0, 0] = y[2, 4] = NAN
    quantiles = np.sort(random.normal(5, 2, (4, 6, 9)), axis=-1)
    median, levels = quantiles[..., 4], np.array(metrics.NINE_LEVELS)
    error = np.abs(y - median)
    loss = 2 * np.abs((y[..., None] - quantiles) * ((y[..., None] <= quantiles) - levels))
    by_level = np.nansum(loss, axis=(0, 1)) / np.nansum(np.abs(y))
    assert metrics.wql(y, quantiles) == pytest.approx(by_level.mean(), rel=1e-12)
    scale = [metrics.seasonal_scale(row, 7) for row in past]
    by_hand = np.abs(past[:, 7:] - past[:, :-7]).mean(axis=1, keepdims=True)
    assert metrics.mase(y, median, scale) == pytest.approx(np.nanmean(error / by_hand), rel=1e-12)
    share = np.nanmean(2 * error / (np.abs(y) + np.abs(median)))
    assert metrics.smape(y, median) == pytest.approx(100 * share, rel=1e-12)


def test_wql_of_two_windows_together_is_not_the_mean_of_each():
    # GIFT-Eval: (1 + 6) / (10 + 20); fev: (1 / 10 + 6 / 20) / 2
    y, median = np.array([[10.0], [20.0]]), np.array([[11.0], [14.0]])
    together = metrics.wql(y, median[..., None], [0.5])
    each = [metrics.wql(y[k], median[k][..., None], [0.5]) for k in range(2)]
    assert together == pytest.approx(7 / 30)
    assert np.mean(each) == pytest.approx(0.2)


def test_fevs_rmsse_is_the_root_of_the_mean_square_of_the_rows():
    y, f, scale = np.zeros((2, 2)), np.array([[1.0, 3.0], [2.0, 0.0]]), [5.0, 0.5]
    rows = [metrics.rmsse(y[k], f[k], scale[k]) for k in range(2)]
    assert rows == pytest.approx([1.0, 2.0])
    assert math.sqrt(np.mean(np.square(rows))) == pytest.approx(math.sqrt((0.2 + 1.8 + 8 + 0) / 4))
    assert metrics.rmsse(y, f, scale) == pytest.approx(1.5)


def test_wql_has_nine_quantiles_by_default_and_refuses_another_number():
    assert metrics.NINE_LEVELS == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    with pytest.raises(ArgumentError, match=r"`quantiles` must .* of 9 levels; got \(1, 2\)"):
        metrics.wql([1.0], [[1.0, 2.0]])


def test_coverage_counts_the_ends_as_inside_and_not_what_was_not_observed():
    low, high = [1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0]
    assert metrics.coverage([1.0, 2.0, 2.1, NAN], low, high) == pytest.approx(2 / 3)
    assert metrics.coverage([1.0, 0.0], low[:2], high[:2], weights=[1, 3]) == 0.25
    assert math.isnan(metrics.coverage([1.0], [NAN], [2.0]))


def test_width_is_the_mean_distance_of_the_ends():
    assert metrics.interval_width([0.0, 1.0], [4.0, 1.0]) == 2.0
    assert metrics.interval_width([[0.0, 1.0]], [[4.0, 1.0]], weights=[[1, 3]]) == 1.0


def test_msis_adds_what_lies_outside_at_two_over_alpha():
    # M4, 95 %: widths 4, 4 and 4; 1 below costs 40, 0.5 above 20; scale 2
    y, low, high = [[2.0, -1.0, 4.5]], [[0.0, 0.0, 0.0]], [[4.0, 4.0, 4.0]]
    assert metrics.msis(y, low, high, [2.0]) == pytest.approx((12 + 40 + 20) / 3 / 2)
    assert metrics.msis(y * 2, low * 2, high * 2, [2.0, 0.0]) == pytest.approx(12.0)
