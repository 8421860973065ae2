import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rollcast import metrics
from rollcast.errors import ArgumentError

NAN = math.nan
VALUES = st.floats(-1e6, 1e6)
PAIRS = arrays(np.float64, (2, 12), elements=VALUES)


def test_examples_run():
    assert doctest.testmod(metrics).failed == 0


def test_each_error_has_the_value_of_a_hand_calculation():
    y, f = [1.0, 2.0, 4.0], [2.0, 2.0, 1.0]
    assert metrics.mae(y, f) == pytest.approx(4 / 3)
    assert metrics.rmse(y, f) == pytest.approx(math.sqrt(10 / 3))
    assert metrics.bias(y, f) == pytest.approx(-2 / 3)
    assert metrics.mape(y, f) == pytest.approx(100 * (1 + 0 + 0.75) / 3)
    assert metrics.smape(y, f) == pytest.approx(200 * (1 / 3 + 0 + 3 / 5) / 3)
    assert metrics.wape(y, f) == pytest.approx(100 * 4 / 7)


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
