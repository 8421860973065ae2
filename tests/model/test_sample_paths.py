"""Paths, totals and whole numbers, as a caller asks a model or a table for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.errors import ArgumentError
from rollcast.evaluation.conformal import Calibration
from rollcast.fitting.calibrating import Intervals
from rollcast.forecasting.path_basis import NO_BASIS
from rollcast.networks.distribution import QUANTILE_LEVELS

PLAIN: dict[str, Any] = {"season_length": 1}


def sales() -> pd.DataFrame:
    """Counts of three shops, day by day."""
    random = np.random.default_rng(5)
    days = pd.date_range("2024-01-01", periods=60)
    shops = {"north": 4.0, "south": 30.0, "west": 9.0}
    parts = [
        pd.DataFrame({"shop": name, "day": days, "sold": random.poisson(mean, 60)})
        for name, mean in shops.items()
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    made = rc.Forecaster(train=False, h=7, season_length=7, round=True)
    made.fit(sales(), progress="quiet")
    return made


@pytest.mark.slow
def test_paths_come_as_a_long_table_path_by_path(model: rc.Forecaster):
    made = model.predict(h=3, paths=40)
    assert list(made) == ["shop", "day", "sample", "Rollcast"]
    assert made["shop"].tolist() == np.repeat(["north", "south", "west"], 120).tolist()
    assert made["sample"].tolist() == np.tile(np.repeat(np.arange(40), 3), 3).tolist()
    days = pd.date_range("2024-03-01", periods=3)
    assert made["day"].tolist() == [*days] * 120
    assert_array_equal(made["Rollcast"], model.sample_array(3, 40).ravel())


@pytest.mark.slow
def test_the_seed_decides_and_other_series_do_not(model: rc.Forecaster):
    one, same, other = (model.sample_array(3, 40, seed=seed) for seed in (1, 1, 2))
    assert_array_equal(one, same)
    assert (one != other).any()
    alone = model.sample_array(3, 40, model.state.select("west"), seed=1)
    assert_array_equal(alone[0], one[2])


def test_paths_and_forecasts_of_a_model_that_rounds_are_whole_and_intervals_no_narrower(
    model: rc.Forecaster,
):
    made = model.predict(h=7, level=[80, 95])
    assert {str(made[c].dtype) for c in list(made)[2:]} == {"int64"}
    plain = rc.forecast(sales(), h=7, level=[80, 95], season_length=7)
    assert_array_equal(made["Rollcast"], np.rint(plain["Rollcast"]))
    for level in (80, 95):
        low, high = f"Rollcast-lo-{level}", f"Rollcast-hi-{level}"
        assert_array_equal(made[low], np.floor(plain[low]))
        assert_array_equal(made[high], np.ceil(plain[high]))
    drawn = model.predict(h=7, paths=30)["Rollcast"]
    assert drawn.dtype == np.int64
    assert drawn.min() >= 0
    assert_array_equal(model.predict_array(7).ravel(), made["Rollcast"])


def test_rounding_is_kept_in_a_file(model: rc.Forecaster, tmp_path: Any):
    model.save(tmp_path / "m.rollcast")
    loaded = rc.load(tmp_path / "m.rollcast")
    pd.testing.assert_frame_equal(loaded.predict(level=80), model.predict(level=80))
    assert_array_equal(loaded.sample_array(3, 20), model.sample_array(3, 20))


def test_a_total_is_that_of_the_paths_with_its_quantile(model: rc.Forecaster):
    made = model.predict_total(7, quantile=0.95)
    assert list(made) == ["shop", "Rollcast", "Rollcast-lo-80", "Rollcast-hi-80", "Rollcast-q-95"]
    assert {str(made[c].dtype) for c in list(made)[1:]} == {"int64"}
    paths = model.predict(h=7, paths=1000)
    pd.testing.assert_frame_equal(made, rc.aggregate(paths, "sum", quantiles=0.95))
    totals = model.sample_array(7).sum(axis=2)
    expected = np.quantile(totals, 0.95, axis=1, method="inverted_cdf")
    assert_array_equal(made["Rollcast-q-95"], expected)
    # Independent days add up to less than the sum of bad days.
    days = model.predict(h=7, level=90).groupby("shop")["Rollcast-hi-90"].sum()
    assert (made["Rollcast-q-95"].to_numpy() < days.to_numpy()).all()


def test_paths_go_on_from_a_table_or_a_state(model: rc.Forecaster):
    day = pd.Timestamp("2024-03-01")
    new = pd.DataFrame({"shop": ["north", "south", "west"], "day": day, "sold": [5, 31, 8]})
    state = model.observe(new)
    by_table, by_state = model.predict(new, 2, paths=9), model.predict(h=2, state=state, paths=9)
    assert by_table["day"].min() == pd.Timestamp("2024-03-02")
    pd.testing.assert_frame_equal(by_table, by_state)
    assert_array_equal(model.sample_array(2, 9, state).ravel(), by_state["Rollcast"])
    total = model.predict_total(2, state=state, level=None, paths=100)
    assert list(total) == ["shop", "Rollcast"]


def test_a_table_gives_paths_without_a_fit_those_of_the_model_before_it_learned(
    model: rc.Forecaster,
):
    made = rc.forecast(sales(), h=3, paths=40, seed=4, season_length=7, round=True)
    plain = replace(model.fitted.model, basis=NO_BASIS)
    fitted = replace(model.fitted, model=plain, intervals=None)
    pd.testing.assert_frame_equal(made, fitted.draw(fitted.state, 3, paths=40, seed=4).frame())
    polars = rc.forecast(pl.from_pandas(sales()), h=3, paths=40, seed=4, season_length=7)
    assert isinstance(polars, pl.DataFrame)
    assert polars.columns == list(made)
    assert_array_equal(np.rint(polars["Rollcast"]), made["Rollcast"])
    total = rc.aggregate(polars, "sum", level=None)
    assert total["shop"].to_list() == ["north", "south", "west"]


def test_one_series_without_times_counts_its_steps():
    made = rc.forecast(np.arange(20.0), h=2, paths=3, **PLAIN)
    assert list(made) == ["step", "sample", "Rollcast"]
    assert made["step"].tolist() == [20, 21] * 3


def test_rounded_forecasts_keep_to_the_bounds():
    y = 1 + np.arange(40.0) % 3
    made = rc.forecast(y, h=9, level=95, bounds=(0.5, 3.5), round=True, log=False, **PLAIN)
    assert made["Rollcast-lo-95"].min() == 1
    assert made["Rollcast-hi-95"].max() == 3
    drawn = rc.forecast(y, h=9, paths=200, bounds=(0.5, 3.5), round=True, log=False, **PLAIN)
    assert set(drawn["Rollcast"]) == {1, 2, 3}


@pytest.mark.parametrize("make", [rc.forecast, rc.Forecaster])
def test_bounds_without_a_whole_number_leave_nothing_to_round_to(make: Any):
    given = ([1.0, 2.0],) if make is rc.forecast else ()
    with pytest.raises(ArgumentError, match=r"`round` .* `bounds` = \(0.2, 0.8\) hold none"):
        make(*given, round=True, bounds=(0.2, 0.8))


def test_paths_beside_intervals_or_mirrored_forecasts_are_refused(model: rc.Forecaster):
    for call in (lambda **k: model.predict(h=2, **k), lambda **k: rc.forecast(sales(), h=2, **k)):
        with pytest.raises(ArgumentError, match="`level` asks for intervals and `paths` for whole"):
            call(paths=9, level=80)
        with pytest.raises(ArgumentError, match="`paths` must be a whole number of at least 1"):
            call(paths=0)
        with pytest.raises(ArgumentError, match="`seed` must be a whole number of at least 0"):
            call(paths=2, seed=-1)
    with pytest.raises(ArgumentError, match="`symmetric` makes the mean of two forecasts"):
        rc.forecast(sales(), h=2, paths=9, symmetric=True)


def test_a_column_that_is_called_sample_already_is_refused():
    data = sales().rename(columns={"shop": "sample"})
    with pytest.raises(ArgumentError, match="The column of series is called 'sample', as a"):
        rc.forecast(data, h=2, paths=3)
    with pytest.raises(ArgumentError, match="`alias` must not be 'sample', for paths"):
        rc.forecast(sales(), h=2, paths=3, alias="sample")


def test_paths_are_spread_as_the_calibrated_intervals_are(model: rc.Forecaster):
    wider = np.full((7, 7), 0.3)
    calibration = Calibration(of_points=False, lower=-wider, upper=wider, counts=np.full(7, 99.0))
    config = model.config.replace(round=False)
    fitted = replace(model.fitted, intervals=Intervals(calibration, None), config=config)
    state = model.state.select("south")
    quantiles = fitted.forecast_quantiles(state, 7, (80,))
    drawn = fitted.draw(state, 7, paths=4000, seed=0).values
    for level in (0.1, 0.5, 0.9):
        edge = quantiles[:, None, :, QUANTILE_LEVELS.index(level)]
        assert_allclose((drawn <= edge).mean(axis=1), level, atol=4.5 * np.sqrt(level / 4000))
    plain = replace(fitted, intervals=None).draw(state, 7, paths=4000, seed=0).values
    assert (drawn.std(axis=1) > 1.3 * plain.std(axis=1)).all()


def test_a_network_of_points_draws_paths_by_the_residuals_of_its_validation_part(tmp_path: Any):
    y = np.random.default_rng(2).normal(size=1500)
    model = rc.Forecaster(cell="lstm", hidden_size=4, max_epochs=1, h=4, log=False, anchor="none")
    model.fit(y, progress="quiet", final_fit=False)
    residuals = model.fitted.model.basis.residuals
    assert residuals.shape[1] == 4
    assert_allclose(residuals.mean(axis=0), 0, atol=1e-5)
    made = model.sample_array(12, 500)
    assert_allclose(made.std(), 1, rtol=0.25)  # noise stays noise however far it is rolled
    total = model.predict_total(4, level=80)
    assert_allclose(total["LSTM-hi-80"] - total["LSTM-lo-80"], 2.563 * 2, rtol=0.3)
    model.save(tmp_path / "m.rollcast")
    assert_array_equal(rc.load(tmp_path / "m.rollcast").sample_array(12, 500), made)


def test_the_stride_that_a_fit_learned_is_kept_in_its_file(model: rc.Forecaster, tmp_path: Any):
    learned = model.fitted.model.basis.stride
    assert learned is not None
    shipped = model.fitted.model.network.stride  # type: ignore[union-attr]
    assert 0.3 < learned / shipped < 2
    model.save(tmp_path / "m.rollcast")
    assert rc.load(tmp_path / "m.rollcast").fitted.model.basis.stride == learned
