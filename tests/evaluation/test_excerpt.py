import numpy as np
import pytest

from rollcast.data.calendar import Frequency
from rollcast.data.origins import Origins
from rollcast.data.panel import Panel
from rollcast.evaluation.baselines import BASELINES, forecast_baselines
from rollcast.evaluation.excerpt import (
    Excerpt,
    Opponent,
    excerpt_at,
    name_opponent,
    opponent_at,
    typical_excerpt,
    typical_forecast,
)
from rollcast.evaluation.scoring import score
from rollcast.preprocessing.bounds import Bounds
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
    found = typical(panel, origins, forecasts, actual, np.ones(1), name="LSTM", unit=None)
    assert found is not None
    np.testing.assert_array_equal(found.forecast, forecasts[2])
    np.testing.assert_array_equal(found.truth, [14.0, 15.0])
    np.testing.assert_array_equal(found.tail, np.arange(8.0, 14.0))
    np.testing.assert_array_equal(found.times_forecast, [14, 15])
    assert found.title == "2 steps from 14, the median error of 5 forecasts"
    assert (found.baseline, found.baseline_name) == (None, "")


def test_errors_of_different_series_are_compared_by_their_scale():
    panel = panel_of(
        np.arange(6.0), 100 * np.arange(6.0), np.arange(6.0), ids=("a", "b", "c"), freq=1
    )
    origins = rolling([4, 4, 4], 1, 1)
    actual = np.array([[5.0], [500.0], [5.0]])
    forecasts = actual + np.array([1.0, 200.0, 3.0])[:, None]
    scale = np.array([1.0, 100.0, 1.0])
    found = typical(panel, origins, forecasts, actual, scale, name="GRU", unit=None)
    assert found is not None
    assert found.title.startswith("series b, 2 of 3: 1 step from 5")


def test_origins_with_nothing_observed_behind_them_are_left_out():
    panel = panel_of(np.arange(6.0), freq=1)
    origins = rolling([3], 1, 2)
    forecasts = np.array([[4.0], [5.5]])
    actual = np.array([[np.nan], [5.0]])
    common = {"name": "LSTM", "unit": None}
    found = typical(panel, origins, forecasts, actual, np.ones(1), **common)
    assert found is not None
    np.testing.assert_array_equal(found.forecast, [5.5])
    nothing = np.full_like(actual, np.nan)
    assert typical(panel, origins, forecasts, nothing, np.ones(1), **common) is None


def test_the_opponent_is_drawn_beside_the_forecast():
    day = 86_400 * 10**9
    panel = panel_of(np.arange(8.0), start=10 * day)
    opponent = Opponent("Theta", np.array([2.0, 8.0]))
    found = excerpt_at(panel, 0, 8, np.zeros(2), name="LSTM", unit="MW", opponent=opponent)
    np.testing.assert_array_equal(found.baseline, [2.0, 8.0])
    assert found.truth is None
    assert found.times_tail.dtype == np.dtype("M8[ns]")
    assert found.times_forecast[0] == np.datetime64("1970-01-19")
    legend = found.plot().axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["actual", "Theta", "LSTM"]


@pytest.mark.parametrize("name", BASELINES)
def test_an_opponent_is_drawn_as_it_is_judged(name):
    """From the parameters that were fitted before the first origin of its series."""
    rng = np.random.default_rng(0)
    waves = [10 + np.sin(np.arange(n) / 2) + rng.normal(0, 0.3, n) for n in (50, 70)]
    panel = panel_of(*waves, ids=("a", "b"))
    origins = Origins(np.array([1, 0, 1, 1]), np.array([40, 30, 50, 60]))
    judged = forecast_baselines(panel, origins, 4, 7, always=[name])[name]
    for place in range(4):
        found = opponent_at(panel, origins, place, 4, name=name, season=7)
        assert found is not None
        np.testing.assert_array_equal(found.forecast, judged[place])
    edge = np.median(judged[2])
    bounds = Bounds.none(2)._replace(high=np.array([0.0, edge]))
    held = opponent_at(panel, origins, 2, 4, name=name, season=7, bounds=bounds)
    assert held is not None
    np.testing.assert_array_equal(held.forecast, np.minimum(judged[2], edge))


def test_an_opponent_that_knows_nothing_is_not_drawn():
    panel = panel_of([np.nan, np.nan, 3.0])
    origins = Origins(np.zeros(2, np.int64), np.array([1, 2]))
    assert opponent_at(panel, origins, 0, 2, name="Theta", season=None) is None
    assert opponent_at(panel, origins, 1, 2, name="naive", season=None) is not None
    assert opponent_at(panel, origins, 1, 2, name="seasonal naive", season=None) is None
    nothing = Origins(np.zeros(1, np.int64), np.array([-1]))
    assert opponent_at(panel_of([]), nothing, 0, 2, name="Theta", season=7) is None


def test_the_opponent_is_the_baseline_that_the_verdict_names():
    actual = np.arange(6.0)[:, None]
    made = {"LSTM": actual, "naive": actual - 1, "Theta": actual - 2}
    scores = score(actual, made, scale=np.ones(6), opponent="Theta")
    assert "Theta's" in scores.verdict
    assert name_opponent(scores, 7) == "Theta"
    assert name_opponent(score(actual, made, scale=np.ones(6)), 7) == "naive"
    assert [name_opponent(None, season) for season in (None, 1, 7)] == [
        "naive",
        "naive",
        "seasonal naive",
    ]


def test_it_is_drawn_also_where_nothing_before_it_is_known():
    panel = panel_of(np.empty(0))
    found = excerpt_at(
        panel, 0, 0, np.array([1.0, 2.0]), name="LSTM", unit=None, value_name="sales"
    )
    assert found.baseline is None
    figure = found.plot()
    assert figure.axes[0].get_ylabel() == "sales"


@pytest.mark.parametrize("h", [1, 4])
def test_the_tail_is_three_horizons_at_most(h):
    panel = panel_of(np.arange(10.0), freq=1)
    found = excerpt_at(panel, 0, 10, np.zeros(h), name="LSTM", unit=None)
    assert len(found.tail) == min(3 * h, 10)
    assert found.times_tail[-1] == 9
