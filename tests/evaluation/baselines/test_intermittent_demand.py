from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from slow_baselines import demand_rate, known_rows

from rollcast.data.origins import Origins
from rollcast.evaluation.baselines import CROSTON, TSB, forecast_baselines
from rollcast.evaluation.baselines.exponential_smoothing import smooth_level
from rollcast.evaluation.baselines.intermittent_demand import (
    find_intermittent,
    forecast_croston,
    forecast_tsb,
)
from rollcast.evaluation.judge import in_sample_scales, judge
from samples import NAN, panel_of, wavy

METHODS = {CROSTON: forecast_croston, TSB: forecast_tsb}


def spare(length: int, seed: int, share: float = 0.3) -> np.ndarray:
    """Now and then something is asked for."""
    random = np.random.default_rng(seed)
    return np.where(random.random(length) < share, random.poisson(4, length) + 1.0, 0.0)


@pytest.mark.parametrize("name", METHODS)
def test_each_forecast_follows_the_definition(name: str):
    gappy = spare(90, 4)
    gappy[[0, 7, 8, 50, 89]] = NAN
    dying = spare(80, 5)
    dying[50:] = 0
    few = np.zeros(40)
    few[[3, 30]] = 2, 9
    series = [spare(60, 0), spare(200, 1, 0.1), spare(31, 2, 0.6), gappy, dying, few]
    made = METHODS[name](known_rows(*series), 3)
    for y, forecast in zip(series, made, strict=True):
        assert_allclose(forecast, demand_rate(y, len(y), name), rtol=1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_later_origins_keep_the_constants_of_the_first_and_know_newer_values(name: str):
    y, other = spare(120, 6), spare(70, 7)
    origins = [(0, 79), (1, 40), (0, 80), (0, 101), (1, 69), (0, 119)]
    made = METHODS[name](known_rows(y, other, origins=origins), 2)
    for (s, row), forecast in zip(origins, made, strict=True):
        known = (y, other)[s][: row + 1]
        assert_allclose(forecast, demand_rate(known, (80, 41)[s], name), rtol=1e-12)


def test_where_nothing_is_asked_for_any_longer_tsb_falls_and_croston_stays():
    y = np.concatenate([spare(60, 8), np.zeros(60)])
    known = known_rows(y, origins=[(0, 59), (0, 119)])
    croston, tsb = forecast_croston(known, 1)[:, 0], forecast_tsb(known, 1)[:, 0]
    assert croston[0] == croston[1]
    assert tsb[1] < 0.5 * tsb[0]


def test_the_mean_is_forecast_where_the_median_is_zero():
    series = [spare(400, seed) for seed in range(40)]
    known = known_rows(*series)
    mean = np.mean(series)
    for method in METHODS.values():
        assert_allclose(method(known, 1).mean(), mean, rtol=0.05)


@pytest.mark.parametrize("name", METHODS)
def test_a_series_with_few_zeros_is_smoothed_as_it_is(name: str):
    full = wavy(50)
    at_the_edge = np.where(np.arange(50) % 10 < 3, 0.0, full)  # 30 % and no more
    series = [full, spare(50, 1), at_the_edge]
    made = METHODS[name](known_rows(*series), 2)
    plain = smooth_level(known_rows(*series), 2)
    assert_array_equal(made[[0, 2]], plain[[0, 2]])
    assert made[1, 0] != plain[1, 0]


@pytest.mark.parametrize("name", METHODS)
def test_nothing_but_zeros_is_forecast_as_zero_and_nothing_at_all_as_nothing(name: str):
    made = METHODS[name](known_rows(np.zeros(30), [NAN] * 5, [0.0]), 2)
    assert_array_equal(made, [[0, 0], [NAN, NAN], [0, 0]])


@pytest.mark.parametrize("size", [1e-200, 1e90])
@pytest.mark.parametrize("name", METHODS)
def test_the_unit_plays_no_part(name: str, size: float):
    y = spare(60, 3)
    once = METHODS[name](known_rows(y), 2)
    assert_allclose(METHODS[name](known_rows(y * size), 2), once * size, rtol=1e-12)


def test_only_zeros_up_to_the_first_origin_decide():
    late = np.concatenate([wavy(20), np.zeros(60)])
    early = np.concatenate([np.zeros(20), wavy(60)])
    origins = [(0, 70), (1, 70), (0, 19), (1, 19), (0, -1)]
    known = known_rows(late, early, origins=origins)
    assert find_intermittent(known).tolist() == [False, True, False, True, False]
    later = known_rows(late, early, origins=origins[:2])
    assert find_intermittent(later).tolist() == [True, False]


def test_they_are_offered_where_a_series_is_intermittent_or_they_are_asked_for():
    panel = panel_of(wavy(40), spare(40, 0))
    ordinary, both = (Origins(np.arange(n), np.full(n, 30)) for n in (1, 2))
    assert not {CROSTON, TSB} & {*forecast_baselines(panel, ordinary, 2, 5)}
    assert list(forecast_baselines(panel, both, 2, 5))[-2:] == [CROSTON, TSB]
    assert list(forecast_baselines(panel, ordinary, 2, 5, (TSB,))) == [TSB]
    assert TSB in forecast_baselines(panel, ordinary, 2, 5, always=(TSB,))


def test_a_baseline_to_beat_is_judged_though_no_series_is_intermittent_any_longer():
    panel = panel_of(wavy(40))
    origins = Origins(np.zeros(2, np.int64), np.array([30, 32]))
    scales = in_sample_scales(panel, np.array([30]), 5)
    given = {"name": "LSTM", "season": 5, "unit": None, "opponent": TSB}
    scores = judge(panel, origins, np.ones((2, 3)), scales, **given)
    assert scores.best_baseline is not None
    assert scores.best_baseline.name == TSB
    assert CROSTON not in scores.names
