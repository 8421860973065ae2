"""Series with many zeros: their mean is forecast where the median would be zero, by whatever way a forecast is made."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.errors import ArgumentError, RollcastWarning
from rollcast.model.zero_shot import make_forecast
from rollcast.networks.distribution import QUANTILE_LEVELS, Quantiles
from rollcast.options import Config
from rollcast.preprocessing.many_zeros import has_many_zeros
from rollcast.stream.session import StreamPaths, run_stream
from rollcast.stream.stream_options import StreamOptions
from samples import NAN, panel_of

H = 12
ROWS = 96
QUANTILES = Quantiles(QUANTILE_LEVELS)
FULL, SPARSE = 0, slice(1, None)
"""The first series has no zeros."""


def demand(number: int, rows: int = ROWS, seed: int = 0) -> np.ndarray:
    """(S, T) sales of spare parts: in about two of three rows nothing is asked for."""
    random = np.random.default_rng(seed)
    asked = random.random((number, rows)) < random.uniform(0.2, 0.5, (number, 1))
    return asked * (1.0 + random.poisson(3, (number, rows)))


def table(values: np.ndarray, begin: int = 0) -> pd.DataFrame:
    number, rows = values.shape
    days = pd.date_range("2024-01-01", periods=begin + rows)[begin:]
    names = np.repeat([f"p{s}" for s in range(number)], rows)
    return pd.DataFrame({"part": names, "day": np.tile(days, number), "sold": values.ravel()})


PARTS = demand(4, ROWS + H)
PARTS[FULL] += 20
KNOWN = table(PARTS[:, :ROWS])


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    made = rc.Forecaster(train=False, h=H)
    made.fit(KNOWN, progress="quiet")
    return made


def test_zero_shot_the_mean_of_series_with_many_zeros_is_forecast_and_the_median_of_others(caplog):
    caplog.set_level(logging.INFO, "rollcast")
    made = make_forecast(KNOWN, H, {})
    assert "The mean is forecast of 3 of 4 series, since over 30 %" in caplog.text
    median, mean = QUANTILES.point(made.quantiles), QUANTILES.mean(made.quantiles)
    assert_array_equal(made.point[FULL], median[FULL])
    assert_array_equal(made.point[SPARSE], mean[SPARSE])
    assert mean[SPARSE].mean() > 1.5 * median[SPARSE].mean()
    assert_array_equal(make_forecast(KNOWN, H, {"point": "median"}).point, median)
    assert_array_equal(make_forecast(KNOWN, H, {"point": "mean"}).point, mean)


def test_the_mean_is_right_on_average_where_the_median_forecasts_less_than_half():
    values = demand(100, 50 + H, seed=1)
    actual = values[:, 50:]
    made = make_forecast(table(values[:, :50]), H, {})
    mean, median = made.point, QUANTILES.point(made.quantiles)
    rmse = [np.sqrt(np.mean((made - actual) ** 2)) for made in (mean, median)]
    assert rmse[0] < 0.95 * rmse[1]
    assert abs(mean.mean() / values.mean() - 1) < 0.2
    assert median.mean() < 0.6 * values.mean()
    # And that is why errors are not to be judged by their absolute size.
    assert np.abs(actual).mean() < np.abs(median - actual).mean() < np.abs(mean - actual).mean()


def test_exactly_thirty_percent_are_not_many_and_missing_values_do_not_count():
    three, four = [0.0] * 3 + [1.0] * 7, [0.0] * 4 + [1.0] * 7
    gapped = [*four, *[NAN] * 10]
    panel = panel_of(three, four, gapped, [0.0, 0.0])
    assert has_many_zeros(panel).tolist() == [False, True, True, True]


def test_another_word_for_the_point_is_refused():
    with pytest.raises(
        ArgumentError, match="`point` must be one of 'auto', 'median', 'mean'; got 'mode'"
    ):
        rc.forecast(KNOWN, h=H, point="mode")


def test_a_file_from_before_there_was_a_choice_forecasts_medians_also_of_new_series():
    assert Config.from_json({"pretrained": "2026-1"}).point == "median"
    assert Config().point == "auto"


def test_a_fitted_model_forecasts_and_saves_what_zero_shot_does(model, tmp_path):
    made = model.predict_array()
    assert_allclose(made, make_forecast(KNOWN, H, {}).point, rtol=1e-4, atol=1e-4)
    assert "means for 3 of 4 series" in model.history.defaults
    assert model.scores.deciding == "RMSSE"
    with_ends = model.predict(level=80)
    assert_array_equal(with_ends["Rollcast"].to_numpy().reshape(made.shape), made)
    model.save(tmp_path / "model")
    loaded = rc.Forecaster.load(tmp_path / "model")
    assert loaded.state == model.state
    assert_array_equal(loaded.predict_array(), made)


def test_a_state_that_moves_on_keeps_the_mean_and_a_new_series_gets_its_own(model):
    later = table(PARTS[:, ROWS:], begin=ROWS)
    moved = model.observe(later)
    assert_array_equal(moved.preparation.means, [False, True, True, True])
    new = later.replace({"part": {"p0": "x0", "p2": "x2"}})
    both = model.observe(new)
    assert both.ids == ("p0", "p1", "p2", "p3", "x0", "x2")
    assert_array_equal(both.preparation.means, [False, True, True, True, False, True])


def test_a_backtest_judges_what_predict_forecasts(model):
    found = rc.backtest(model, table(PARTS), n_windows=1, progress="quiet")
    made = found.frame().sort_values(["part", "day"], kind="stable")
    values = made["Rollcast"].to_numpy().reshape(4, H)
    assert_allclose(values, model.predict_array(), rtol=1e-5)
    assert found.comparison.deciding == "RMSSE"


@pytest.mark.parametrize("level", [None, "80"])
def test_a_stream_forecasts_the_same(model, tmp_path, level):
    later = table(PARTS[:, ROWS : ROWS + 1], begin=ROWS)
    made = stream(model, tmp_path, later, level)
    assert len(made) == 4
    moved = model.observe(later)
    assert_allclose(made, model.predict_array(state=moved), rtol=1e-5)


def stream(
    model: rc.Forecaster,
    folder: Path,
    rows: pd.DataFrame,
    level: str | None,
    column: str = "Rollcast",
) -> Any:
    source, sink = folder / "rows", folder / "out"
    rows = rows.assign(day=rows["day"].dt.strftime("%Y-%m-%d"))
    source.write_text("\n".join(json.dumps(row) for row in rows.to_dict("records")) + "\n")
    terms = {} if level is None else {"level": level}
    options = StreamOptions.of(model.fitted, **terms)
    run_stream(
        model.fitted,
        options,
        StreamPaths(source=source, sink=sink, checkpoint=None),
        lambda *told: None,
        rows=None,
    )
    lines = [json.loads(line) for line in sink.read_text().splitlines()]
    return [line["forecast"] if "forecast" in line else line[column] for line in lines]


@pytest.mark.parametrize("value", [0.0, 5.0, -3.3])
def test_a_constant_is_forecast_as_itself(value):
    with pytest.warns(RollcastWarning, match="constant"):
        made = make_forecast(np.full(30, value), H, {})
    assert_allclose(made.quantiles, value, rtol=1e-15, atol=0)
