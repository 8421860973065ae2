import numpy as np
import pytest

from rollcast.data.calendar import Frequency
from rollcast.data.panel import Panel
from rollcast.evaluation.excerpt import Excerpt, excerpt_at, typical_excerpt, typical_forecast
from samples import rolling


def panel_of(*series, ids=None, freq="D", start=0):
    values = np.concatenate([np.asarray(s, float) for s in series])
    lengths = [len(s) for s in series]
    return Panel(
        target=values,
        mask=~np.isnan(values),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        starts=np.full(len(series), start, np.int64),
        frequency=Frequency.parse(freq),
        ids=ids or (None,),
    )


def typical(panel, origins, forecasts, actual, scale, **named) -> Excerpt | None:
    found = typical_forecast(origins, forecasts, actual, scale)
    return None if found is None else typical_excerpt(panel, found, **named)


def test_the_typical_origin_is_the_median_by_error():
    panel = panel_of(np.arange(20.0), freq=1)
    origins = rolling([9], 2, 5)
    actual = np.stack([np.arange(10 + 2 * o, 12 + 2 * o) for o in range(5)]).astype(float)
    forecasts = actual + np.array([5.0, 1.0, 3.0, 9.0, 2.0])[:, None]
    found = typical(
        panel, origins, forecasts, actual, np.ones(1), name="LSTM", season=None, unit=None
    )
    assert found is not None
    np.testing.assert_array_equal(found.forecast, forecasts[2])
    np.testing.assert_array_equal(found.truth, [14.0, 15.0])
    np.testing.assert_array_equal(found.tail, np.arange(8.0, 14.0))
    np.testing.assert_array_equal(found.times_forecast, [14, 15])
    assert found.title == "2 steps from 14, the median error of 5 forecasts"
    assert found.baseline_name == "naive"
    np.testing.assert_array_equal(found.baseline, [13.0, 13.0])


def test_errors_of_different_series_are_compared_by_their_scale():
    panel = panel_of(
        np.arange(6.0), 100 * np.arange(6.0), np.arange(6.0), ids=("a", "b", "c"), freq=1
    )
    origins = rolling([4, 4, 4], 1, 1)
    actual = np.array([[5.0], [500.0], [5.0]])
    forecasts = actual + np.array([1.0, 200.0, 3.0])[:, None]
    scale = np.array([1.0, 100.0, 1.0])
    found = typical(panel, origins, forecasts, actual, scale, name="GRU", season=None, unit=None)
    assert found is not None
    assert found.title.startswith("series b, 2 of 3: 1 steps from 5")


def test_origins_with_nothing_observed_behind_them_are_left_out():
    panel = panel_of(np.arange(6.0), freq=1)
    origins = rolling([3], 1, 2)
    forecasts = np.array([[4.0], [5.5]])
    actual = np.array([[np.nan], [5.0]])
    common = {"name": "LSTM", "season": None, "unit": None}
    found = typical(panel, origins, forecasts, actual, np.ones(1), **common)
    assert found is not None
    np.testing.assert_array_equal(found.forecast, [5.5])
    nothing = np.full_like(actual, np.nan)
    assert typical(panel, origins, forecasts, nothing, np.ones(1), **common) is None


def test_the_season_before_is_the_baseline_once_it_is_known():
    day = 86_400 * 10**9
    panel = panel_of([1.0, 2.0, np.nan, 4.0, 5.0, 6.0, 7.0, 8.0], start=10 * day)
    found = excerpt_at(panel, 0, 8, np.zeros(2), name="LSTM", season=7, unit="MW")
    # Day 3 of the week was never seen: the last value stands in.
    np.testing.assert_array_equal(found.baseline, [2.0, 8.0])
    assert found.baseline_name == "seasonal naive"
    assert found.truth is None
    assert found.times_tail.dtype == np.dtype("M8[ns]")
    assert found.times_forecast[0] == np.datetime64("1970-01-19")
    short = excerpt_at(panel, 0, 6, np.zeros(1), name="LSTM", season=7, unit="MW")
    assert short.baseline_name == "naive"


def test_it_is_drawn_also_where_nothing_before_it_is_known():
    panel = panel_of(np.empty(0))
    found = excerpt_at(
        panel, 0, 0, np.array([1.0, 2.0]), name="LSTM", season=7, unit=None, value_name="sales"
    )
    assert found.baseline is None
    figure = found.plot()
    assert figure.axes[0].get_ylabel() == "sales"


@pytest.mark.parametrize("h", [1, 4])
def test_the_tail_is_three_horizons_at_most(h):
    panel = panel_of(np.arange(10.0), freq=1)
    found = excerpt_at(panel, 0, 10, np.zeros(h), name="LSTM", season=None, unit=None)
    assert len(found.tail) == min(3 * h, 10)
    assert found.times_tail[-1] == 9
