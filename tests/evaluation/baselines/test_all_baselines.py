from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.data.origins import Origins
from rollcast.evaluation.baselines import (
    BASELINES,
    forecast_baselines,
    naive,
    seasonal_naive,
)
from rollcast.evaluation.baselines.all_baselines import INTERMITTENT, SEASONAL
from samples import NAN, panel_of, wavy

SEASON = 5
H = 7
SERIES = (
    wavy(60, gaps=(25, 31, 32)),
    wavy(43, seed=1),
    [NAN] * 6,
    [2.0],
    wavy(9, seed=3, gaps=(8,)),
)
PANEL = panel_of(*SERIES)
ORDINARY = [name for name in BASELINES if name not in INTERMITTENT]
ORIGINS = Origins(np.array([0, 0, 0, 1, 1, 2, 3, 4, 4]), np.array([32, 40, 59, 20, 42, 5, 0, 0, 8]))


def test_every_baseline_stands_under_its_name_in_order_and_with_its_shape():
    made = forecast_baselines(PANEL, ORIGINS, H, SEASON)
    assert list(made) == ORDINARY
    assert {forecast.shape for forecast in made.values()} == {(9, H)}


@pytest.mark.parametrize("season", [None, 1])
def test_without_a_season_there_is_no_seasonal_baseline(season: int | None):
    made = forecast_baselines(PANEL, ORIGINS, H, season)
    assert list(made) == [name for name in ORDINARY if name not in SEASONAL]


def test_a_few_can_be_asked_for_and_are_the_same():
    made = forecast_baselines(PANEL, ORIGINS, H, SEASON)
    for name in ORDINARY:
        (only,) = forecast_baselines(PANEL, ORIGINS, H, SEASON, [name]).items()
        assert only[0] == name
        assert_array_equal(only[1], made[name])


def test_naive_and_seasonal_naive_are_those_of_each_series_alone():
    made = forecast_baselines(PANEL, ORIGINS, H, SEASON)
    for m, (s, row) in enumerate(zip(ORIGINS.series, ORIGINS.row, strict=True)):
        known = SERIES[s][: row + 1]
        assert_array_equal(made["naive"][m], naive(known, H))
        assert_array_equal(made["seasonal naive"][m], seasonal_naive(known, H, SEASON))


def test_a_forecast_is_finite_wherever_anything_was_observed():
    for name, forecast in forecast_baselines(PANEL, ORIGINS, H, SEASON).items():
        assert np.isnan(forecast[5]).all(), name
        assert np.isfinite(np.delete(forecast, 5, axis=0)).all(), name


@pytest.mark.parametrize("name", BASELINES)
def test_nothing_behind_the_last_origin_and_no_other_series_moves_a_forecast(name: str):
    for s, row in ((0, 40), (1, 20), (4, 0)):
        mine = (ORIGINS.series == s) & (ORIGINS.row <= row)
        future = np.array(SERIES[s])
        future[row + 1 :] = 1e9
        alone = panel_of(future)
        origins = Origins(np.zeros(mine.sum(), np.int64), ORIGINS.row[mine])
        made = forecast_baselines(alone, origins, H, SEASON, [name])[name]
        assert_allclose(
            made, forecast_baselines(PANEL, ORIGINS, H, SEASON, [name])[name][mine], rtol=1e-12
        )


@pytest.mark.parametrize("name", BASELINES)
def test_a_value_that_does_not_count_is_not_read(name: str):
    hidden = np.array(SERIES[0])
    hidden[[25, 31, 32]] = 1e9
    panel = panel_of(hidden, *SERIES[1:])
    panel.mask[[25, 31, 32]] = False
    made = forecast_baselines(panel, ORIGINS, H, SEASON, [name])[name]
    assert_array_equal(made, forecast_baselines(PANEL, ORIGINS, H, SEASON, [name])[name])
