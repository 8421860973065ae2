from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast import metrics
from rollcast.data.origins import Origins
from rollcast.evaluation.baselines import (
    BASELINES,
    DRIFT,
    INTERMITTENT,
    NAIVE,
    SEASONAL,
    naive,
    seasonal_naive,
)
from rollcast.evaluation.judge import (
    actual_at,
    choose_opponent,
    divisors,
    in_sample_scales,
    judge,
)
from rollcast.evaluation.scores import Scores
from rollcast.preprocessing.bounds import Bounds
from rollcast.preprocessing.scaling import Scaler
from samples import NAN, panel_of, rolling, wavy

PANEL = panel_of(wavy(30, gaps=(25,)), wavy(24, seed=1))
ORIGINS = rolling([19, 13], 3, 3)
H = 4
ORDINARY = tuple(name for name in BASELINES if name not in INTERMITTENT)


def known_before(s: int, i: int) -> np.ndarray:
    """What was observed of a series up to an origin."""
    first = int(PANEL.offsets[s])
    return PANEL.target[first : first + int(ORIGINS.row[3 * s + i]) + 1]


def test_what_came_is_the_rows_after_each_origin():
    actual = actual_at(PANEL, ORIGINS, H)
    assert actual.shape == (6, H)
    assert_array_equal(actual[1], [*PANEL.target[23:25], NAN, PANEL.target[26]])
    assert_array_equal(actual[3], PANEL.target[44:48])


def test_a_horizon_may_reach_beyond_the_rows_that_may_be_looked_at():
    actual = actual_at(PANEL, rolling([27, 21], 1, 1), H)
    assert_array_equal(actual[0], [*PANEL.target[28:30], NAN, NAN])
    assert_array_equal(actual[1], [*PANEL.target[52:54], NAN, NAN])
    actual = actual_at(PANEL, rolling([20, 13], 1, 1), H, np.array([22, 47]))
    assert_array_equal(actual, [[PANEL.target[21], NAN, NAN, NAN], [*PANEL.target[44:47], NAN]])


def test_the_model_and_both_baselines_are_judged_on_the_same_origins():
    forecasts = actual_at(PANEL, ORIGINS, H) + 0.25
    forecasts[np.isnan(forecasts)] = 1e9  # nothing came there, so nothing is wrong
    scales = in_sample_scales(PANEL, np.array([20, 44]), 5)
    scores = judge(PANEL, ORIGINS, forecasts, scales, name="LSTM", season=5, unit="kg")
    assert scores.names[:3] == ("LSTM", "naive", "seasonal naive")
    assert scores.names[1:] == ORDINARY
    assert (scores.origins, scores.h, scores.unit, scores.season) == (6, H, "kg", 5)
    assert_allclose(scores.model.mae, 0.25)
    assert_allclose(scores.model.bias, 0.25)
    for name, forecast in (
        ("naive", naive),
        ("seasonal naive", lambda y, h: seasonal_naive(y, h, 5)),
    ):
        errors = np.array(
            [
                [
                    forecast(known_before(s, i), H) - actual_at(PANEL, ORIGINS, H)[3 * s + i]
                    for i in range(3)
                ]
                for s in range(2)
            ]
        )
        assert_allclose(scores[name].mae, np.nanmean(np.abs(errors)))
        assert_allclose(scores[name].mae_by_step, np.nanmean(np.abs(errors), axis=(0, 1)))
        assert_allclose(scores[name].one_step_mae, np.nanmean(np.abs(errors[:, :, 0])))
        scaled = np.abs(errors) / scales[:, None, None]
        by_series = np.nanmean(scaled, axis=(1, 2))
        assert_allclose(scores[name].mase, by_series.mean())


def test_without_a_season_there_is_no_seasonal_baseline():
    forecasts = actual_at(PANEL, ORIGINS, H)
    for season in (None, 1):
        scores = judge(PANEL, ORIGINS, forecasts, np.ones(2), name="LSTM", season=season, unit=None)
        assert scores.names == ("LSTM", *(n for n in ORDINARY if n not in SEASONAL))
        assert scores.season is None


def test_scales_are_those_of_the_rows_before_the_end():
    scales = in_sample_scales(PANEL, np.array([20, 44]), 5)
    assert_allclose(scales[0], metrics.seasonal_scale(PANEL.target[:20], 5))
    assert_allclose(scales[1], metrics.seasonal_scale(PANEL.target[30:44], 5))


@pytest.mark.parametrize("season", [None, 1, 2, 7])
def test_scales_of_all_series_at_once_are_those_of_each_alone(season: int | None):
    random = np.random.default_rng(0)
    lengths = [40, 1, 7, 8, 100, 30, 3]
    series = [random.normal(0, 10.0**s, n) for s, n in enumerate(lengths)]
    series[4][::3] = NAN
    series[5][:] = NAN
    panel = panel_of(*series)
    known = np.array([40, 1, 7, 0, 91, 30, 2])
    expected = [
        metrics.seasonal_scale(y[:n], 1 if n <= (season or 1) else season)
        for y, n in zip(series, known, strict=True)
    ]
    scales = in_sample_scales(panel, panel.offsets[:-1] + known, season)
    assert_allclose(scales, expected, rtol=1e-14)


def test_a_series_of_less_than_a_season_takes_part_in_the_pooled_error():
    young, old = np.array([1.0, 3.0, 2.0, 5.0, 4.0, 6.0]), wavy(40)
    panel = panel_of(old, young)
    scales = in_sample_scales(panel, panel.offsets[1:] - 2, 7)
    assert_allclose(scales, [metrics.seasonal_scale(old[:-2], 7), 2.0])
    origins = Origins(np.array([0, 1]), np.array([37, 3]))
    made = np.array([old[-2:], young[-2:] + 1])
    scores = judge(panel, origins, made, scales, name="LSTM", season=7, unit=None)
    assert (scores.series, scores.compared) == (2, 2)
    assert_allclose(scores.model.mase, (0 + 1 / 2.0) / 2)


def test_a_value_that_does_not_count_is_in_no_scale():
    panel = panel_of([1.0, 2.0, 900.0, 4.0])
    panel.mask[2] = False
    assert in_sample_scales(panel, np.array([4]), None).tolist() == [1.0]


def test_errors_are_divided_by_no_scale_that_is_zero_or_unknown():
    assert divisors(np.array([2.0, 0.0, NAN])).tolist() == [2.0, 1.0, 1.0]


def bounds_of(*low: float) -> Bounds:
    """Lower bounds in the data's units, of values that are not scaled."""
    size = len(low)
    scaler = Scaler(np.zeros(size), np.ones(size), np.zeros(size, bool))
    return Bounds.of(np.array(low), np.full(size, np.inf), scaler)


def test_baselines_are_held_to_the_bounds_of_the_model():
    """A line that falls to zero: drift goes below it, unless it is held as the network is."""
    falls = np.maximum(0.0, 20 - np.arange(30.0))
    panel, origins = panel_of(falls, falls), rolling([18, 18], 2, 2)
    made = actual_at(panel, origins, H)

    def scores(bounds: Bounds | None) -> Scores:
        return judge(
            panel, origins, made, np.ones(2), name="LSTM", season=None, unit=None, bounds=bounds
        )

    free, one, both = (scores(b) for b in (None, bounds_of(-np.inf, 0.0), bounds_of(0.0, 0.0)))
    assert both[DRIFT].mae == 0 < free[DRIFT].mae
    assert_allclose(one[DRIFT].mae, free[DRIFT].mae / 2)
    assert both[NAIVE].mae == free[NAIVE].mae


def test_the_opponent_is_chosen_among_held_baselines():
    """Two rows above zero, a line that fell goes far below it: held there, it is exact."""
    panel, origins = panel_of(np.maximum(0.0, 20 - np.arange(30.0))), rolling([18], 1, 1)

    def chosen(bounds: Bounds | None) -> str | None:
        return choose_opponent(
            panel, origins, panel.offsets[1:], np.ones(1), h=8, season=None, bounds=bounds
        )

    assert chosen(None) != DRIFT
    assert chosen(bounds_of(0.0)) == DRIFT


def test_a_series_without_a_known_row_has_no_say_in_the_choice_of_the_opponent():
    """Nothing can be forecast before its first value, by no baseline."""
    line = np.arange(30.0)
    unknown = np.where(np.arange(30) < 22, NAN, 5.0)
    panel, origins = panel_of(line, unknown), rolling([20, 20], 1, 1)
    alone = panel_of(line)
    ends = panel.offsets[1:]
    for one, some, last in ((panel, origins, ends), (alone, rolling([20], 1, 1), ends[:1])):
        scale = np.ones(one.num_series)
        assert choose_opponent(one, some, last, scale, h=H, season=None) == DRIFT


def test_one_step_ahead_nothing_is_judged_either_before_a_first_known_row():
    unknown = np.where(np.arange(30) < 22, NAN, 5.0)
    panel, origins = panel_of(np.arange(30.0), unknown), rolling([20, 21], 1, 1)
    made = actual_at(panel, origins, H) + 1
    scores = judge(panel, origins, made, np.ones(2), name="LSTM", season=None, unit=None)
    assert scores[NAIVE].one_step_mae == scores[NAIVE].mae_by_step[0] == 1
    assert scores[DRIFT].one_step_mae == 0
