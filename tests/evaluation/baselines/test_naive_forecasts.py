import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcast.errors import ArgumentError
from rollcast.evaluation import baselines
from rollcast.evaluation.baselines import naive_forecasts

NAN = math.nan
SERIES = st.lists(st.one_of(st.just(NAN), st.floats(-100, 100)), min_size=1, max_size=30)


def slow_seasonal_naive(history: list[float], h: int, season: int) -> list[float]:
    """The definition, one value at a time."""
    seen = [i for i, y in enumerate(history) if not math.isnan(y)]
    result: list[float] = []
    for t in range(len(history), len(history) + h):
        same = [i for i in seen if i % season == t % season]
        pick = same or seen
        result.append(history[pick[-1]] if pick else NAN)
    return result


def test_examples_run():
    assert doctest.testmod(naive_forecasts).failed == 0


def test_naive_repeats_the_last_observed_value():
    assert baselines.naive([1.0, 2.0, NAN, NAN], 3).tolist() == [2.0, 2.0, 2.0]


def test_seasonal_naive_repeats_the_last_season_in_phase():
    history = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert baselines.seasonal_naive(history, 6, 4).tolist() == [3.0, 4.0, 5.0, 6.0, 3.0, 4.0]


def test_a_gap_takes_the_value_of_the_same_phase_one_season_earlier():
    history = [1.0, 2.0, 3.0, 4.0, NAN, 6.0]
    assert baselines.seasonal_naive(history, 3, 3).tolist() == [4.0, 2.0, 6.0]


def test_a_phase_never_observed_takes_the_last_observed_value():
    assert baselines.seasonal_naive([NAN, 2.0, 3.0, NAN, 5.0], 3, 3).tolist() == [3.0, 5.0, 5.0]
    assert baselines.seasonal_naive([7.0, 8.0], 4, 12).tolist() == [8.0, 8.0, 8.0, 8.0]


def test_nothing_observed_gives_nan():
    assert np.isnan(baselines.naive([], 2)).all()
    assert np.isnan(baselines.seasonal_naive([NAN, NAN], 2, 2)).all()


def test_a_season_of_one_is_naive():
    y = [4.0, 5.0, NAN]
    expected = baselines.naive(y, 4)
    np.testing.assert_array_equal(baselines.seasonal_naive(y, 4, 1), expected)


@given(SERIES, st.integers(1, 8), st.integers(1, 9))
def test_all_origins_at_once_equal_one_at_a_time(y: list[float], h: int, season: int):
    origins = np.arange(len(y) + 1)
    flat = baselines.naive_at(y, origins, h)
    seasonal = baselines.seasonal_naive_at(y, origins, h, season)
    for o in origins:
        np.testing.assert_array_equal(flat[o], slow_seasonal_naive(y[:o], h, 1))
        np.testing.assert_array_equal(seasonal[o], slow_seasonal_naive(y[:o], h, season))


@settings(max_examples=50)
@given(SERIES, st.integers(1, 5), st.integers(1, 5), st.data())
def test_nothing_from_the_origin_on_moves_a_forecast(
    y: list[float], h: int, season: int, data: st.DataObject
):
    o = data.draw(st.integers(0, len(y)))
    future = np.array(y)
    future[o:] = 1e9
    for one, other in (
        (baselines.naive_at(y, [o], h), baselines.naive_at(future, [o], h)),
        (
            baselines.seasonal_naive_at(y, [o], h, season),
            baselines.seasonal_naive_at(future, [o], h, season),
        ),
    ):
        np.testing.assert_array_equal(one, other)


def test_a_million_rows_and_ten_thousand_origins_stay_quick():
    y = np.arange(1_000_000, dtype=np.float64)
    o = np.arange(900_000, 1_000_000, 10)
    forecast = baselines.seasonal_naive_at(y, o, 24, 48)
    assert forecast.shape == (10_000, 24)
    np.testing.assert_array_equal(forecast[-1], o[-1] - 48 + np.arange(24.0))


def test_what_is_out_of_range_is_refused():
    with pytest.raises(ArgumentError, match="`h` must be an integer >= 1; got 0"):
        baselines.naive([1.0], 0)
    with pytest.raises(ArgumentError, match="`season` must be an integer >= 1; got 0"):
        baselines.seasonal_naive([1.0], 1, 0)
    with pytest.raises(ArgumentError, match=r"must lie in 0\.\.1, the rows of the series; got -1"):
        baselines.naive_at([1.0], [-1, 1], 1)
    with pytest.raises(ArgumentError, match=r"got 0\.\.2"):
        baselines.naive_at([1.0], [0, 2], 1)
    with pytest.raises(ArgumentError, match="one dimension; got 2"):
        baselines.naive([[1.0]], 1)
    with pytest.raises(ArgumentError, match="`origins` must have one dimension"):
        baselines.naive_at([1.0], [[1]], 1)
