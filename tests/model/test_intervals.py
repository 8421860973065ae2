"""Intervals of fitted models: what they hold, what the file keeps of them, and what is said where they are not sure."""

from __future__ import annotations

import logging
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.data.splits import Split
from rollcast.errors import ArgumentError, RollcastWarning
from rollcast.evaluation.central_intervals import LEVELS
from rollcast.evaluation.conformal import Calibration
from rollcast.evaluation.own_widths import OwnWidths
from rollcast.fitting.calibrating import Intervals, calibration_parts

H = 3
SMALL: dict[str, Any] = {"cell": "esn", "hidden_size": 8, "log": False}


def waves(rows: int, series: int = 1, *, seed: int = 0, noise: float = 1.0) -> pd.DataFrame:
    """Sine waves with normal noise around 50."""
    random = np.random.default_rng(seed)
    values = 50 + 5 * np.sin(np.arange(rows) * 2 * np.pi / 10)
    values = values + random.normal(0, noise, (series, rows))
    return pd.DataFrame(
        {
            "unique_id": np.repeat([f"s{i}" for i in range(series)], rows),
            "ds": np.tile(np.arange(rows), series),
            "y": values.ravel(),
        }
    )


def fit(data: pd.DataFrame, **options: Any) -> rc.Forecaster:
    model = rc.Forecaster(h=H, **options or SMALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(data, progress="quiet")
    return model


@pytest.fixture(scope="module")
def points() -> rc.Forecaster:
    """A network of random weights, whose validation part has 60 rows of each of three series."""
    return fit(waves(300, 3))


@pytest.fixture(scope="module")
def quantiles() -> rc.Forecaster:
    """The pretrained network as it is."""
    return fit(waves(120, 4), train=False)


def test_a_network_that_forecasts_points_has_intervals_that_hold_their_share(points):
    fresh = waves(500, 3, seed=1)
    history = fresh[fresh["ds"] < 300]
    state = points.observe(history.assign(unique_id=history["unique_id"] + "-new"))
    inside, count = 0, 0
    for start in range(300, 480, H):
        now = fresh[(fresh["ds"] >= start) & (fresh["ds"] < start + H)]
        now = now.assign(unique_id=now["unique_id"] + "-new")
        made = points.predict(h=H, state=state, level=[80]).iloc[9:]
        inside += (
            (made["ESN-lo-80"] <= now["y"].values) & (now["y"].values <= made["ESN-hi-80"])
        ).sum()
        count += len(now)
        state = points.observe(now, state)
    assert count == 540
    assert 100 * inside / count == pytest.approx(80, abs=6)


def test_ends_contain_the_point_and_do_not_cross(points, quantiles):
    for model, name in ((points, "ESN"), (quantiles, "Rollcast")):
        made = model.predict(level=[10, 50, 80, 90])
        ends = [f"{name}-lo-{level}" for level in (90, 80, 50, 10)]
        ends += [name, *(f"{name}-hi-{level}" for level in (10, 50, 80, 90))]
        assert (np.diff(made[ends].to_numpy()) >= 0).all()
        assert_array_equal(made[name], model.predict()[name])


def test_a_level_without_residuals_enough_is_refused_with_the_number_needed(points):
    few = fit(waves(60))
    with pytest.raises(ArgumentError, match=r"`level` = 98 needs at least 99 separate .* has \d+"):
        few.predict(level=98)
    with pytest.raises(ArgumentError, match=r"`level` reaches 3 steps ahead.*got h = 4"):
        points.predict(h=4, level=80)


def test_coverage_of_the_test_part_is_kept_in_the_file(points, quantiles, tmp_path: Path):
    for number, model in enumerate((points, quantiles)):
        path = tmp_path / f"{number}.rollcast"
        model.save(path)
        opened = rc.load(path)
        assert opened.coverage == model.coverage
        assert (opened.coverage.h, opened.coverage.series) == (H, len(model.state))
        assert 60 < opened.coverage[80].measured <= 100
        levels = [80, 90]
        assert_array_equal(opened.predict(level=levels), model.predict(level=levels))


def test_a_file_without_calibration_opens_and_says_so(points, quantiles, caplog):
    caplog.set_level(logging.INFO, "rollcast")
    model = rc.Forecaster()
    model._fitted = replace(quantiles.fitted, intervals=None, told=set())
    for _ in range(2):
        made = model.predict(level=80)
    assert [r.getMessage() for r in caplog.records if "not calibrated" in r.getMessage()] == [
        "Intervals are the network's own and not calibrated: this model holds no scores of a validation part."
    ]
    own = quantiles.fitted.model.forecast_quantiles(quantiles.state, H)
    assert_array_equal(made["Rollcast-lo-80"], own[..., 3].ravel())
    with pytest.raises(ArgumentError, match="holds no coverage"):
        _ = model.coverage
    model._fitted = replace(points.fitted, intervals=None)
    with pytest.raises(ArgumentError, match="forecast points and holds no residuals"):
        model.predict(level=80)


def test_too_few_scores_of_quantiles_are_said_once(quantiles, caplog):
    caplog.set_level(logging.INFO, "rollcast")
    known = quantiles.fitted.calibration
    none = np.full_like(known.upper, np.nan)
    few = Calibration(of_points=False, lower=none, upper=none, counts=np.array([3.0, 2.0, 1.0]))
    intervals = quantiles.fitted.intervals._replace(calibration=few)
    model = rc.Forecaster()
    model._fitted = replace(quantiles.fitted, intervals=intervals, told=set())
    model.predict(level=[80, 95])
    model.plot(level=[80, 95])
    said = [r.getMessage() for r in caplog.records if "calibrated" in r.getMessage()]
    assert said == [
        "The 80 % and 95 % intervals are the network's own and not calibrated, for that takes 19 separate forecasts of "
        "a validation part, and there are 3."
    ]


def test_bounds_hold_the_ends(tmp_path: Path):
    data = waves(200)
    data["y"] = np.maximum(data["y"] - 50, 0.0)
    model = fit(data)
    made = model.predict(level=80)
    assert (made["ESN-lo-80"] >= 0).all()
    assert (made["ESN-hi-80"] > 0).all()


def test_what_comes_after_the_validation_part_changes_no_calibration():
    data = waves(300)
    one = fit(data)
    later = data.assign(y=np.where(data["ds"] >= 240, 3 * data["y"], data["y"]))
    other = fit(later)
    assert_array_equal(one.fitted.calibration.upper, other.fitted.calibration.upper)
    assert one.coverage != other.coverage


def test_a_network_that_saw_no_row_is_calibrated_on_parts_of_the_training_rows_too():
    split = Split(np.array([0, 60, 70]), np.array([40, 70]), np.array([50, 70]))
    found = [
        (begins.tolist(), ends.tolist()) for begins, ends in calibration_parts(split, earlier=7)
    ]
    assert found == [([40, 70], [50, 70]), ([30, 70], [40, 70]), ([20, 70], [30, 70])]
    assert len(calibration_parts(split, earlier=1)) == 2
    assert len(calibration_parts(split, earlier=0)) == 1


def test_parts_before_the_validation_part_count_for_the_network_as_it_is(quantiles):
    counts = quantiles.fitted.calibration.counts
    rows = 24 + 2 * 24  # of each of four series: 24 to validate, 36 in the second half of training
    assert counts[0] < 4 * rows
    assert counts[0] > 4 * 24


def test_quantiles_are_the_ends_of_intervals_in_columns_of_their_own(points, quantiles):
    for model, name in ((points, "ESN"), (quantiles, "Rollcast")):
        made = model.predict(quantiles=[0.9, 0.1, 0.5], level=80)
        ends = [name, f"{name}-lo-80", f"{name}-hi-80"]
        asked = [f"{name}-q-50", f"{name}-q-10", f"{name}-q-90"]
        assert list(made)[2:] == [*ends, *sorted(asked)]
        assert_array_equal(made[asked], made[ends])
    with pytest.raises(ArgumentError, match=r"`quantiles` must be from 0.01 to 0.99.*got 0.999"):
        points.predict(quantiles=0.999)
    with pytest.raises(ArgumentError, match="above 0 and below 1"):
        points.predict(quantiles=[10, 90])


def with_own(model: rc.Forecaster, own: OwnWidths | None) -> rc.Forecaster:
    """The same model with other widths of single series."""
    calibration = replace(model.fitted.calibration, own=own)
    intervals = Intervals(calibration, replace(model.coverage, own=len(own or ())))
    made = rc.Forecaster()
    made._fitted = replace(model.fitted, intervals=intervals)
    return made


def widths(made: pd.DataFrame) -> np.ndarray:
    """(S, h) of the 80 % intervals."""
    return (made["ESN-hi-80"] - made["ESN-lo-80"]).to_numpy().reshape(-1, H)


def test_a_series_keeps_a_width_of_its_own_in_the_file_and_after_new_rows(points, tmp_path: Path):
    even = with_own(points, None)
    uneven = with_own(points, OwnWidths(("s1",), np.full((1, len(LEVELS)), 2.0)))
    twice = np.repeat([[1.0], [2.0], [1.0]], H, axis=1)
    plain, made = even.predict(level=80), uneven.predict(level=80)
    assert_allclose(widths(made) / widths(plain), twice, rtol=1e-4)
    assert_array_equal(made["ESN"], plain["ESN"])
    uneven.save(tmp_path / "m.rollcast")
    opened = rc.load(tmp_path / "m.rollcast")
    pd.testing.assert_frame_equal(opened.predict(level=80), made)
    assert opened.coverage == uneven.coverage
    assert (opened.coverage.own, even.coverage.own) == (1, 0)
    rows = waves(320, 3, seed=1).query("ds >= 300")
    adapted = [model.observe(rows, adapt=80).adaptation.factors for model in (even, opened)]
    assert_array_equal(adapted[0][[0, 2]], adapted[1][[0, 2]])
    assert adapted[0][1] > adapted[1][1]
    before = [model.anomalies(rows)["ESN-hi-99"] for model in (even, opened)]
    assert_array_equal(*(each[rows["unique_id"].to_numpy() != "s1"] for each in before))
    assert (before[0] < before[1])[rows["unique_id"].to_numpy() == "s1"].all()


def test_a_series_that_the_fit_did_not_know_has_the_width_of_all(points):
    own = OwnWidths(("s1",), np.full((1, len(LEVELS)), 2.0))
    other = waves(300, 3).assign(unique_id=lambda f: f["unique_id"] + "-new")
    made = [
        model.predict(state=model.observe(other), level=80)
        for model in (with_own(points, None), with_own(points, own))
    ]
    assert_allclose(
        widths(made[1]) / widths(made[0]), np.repeat([[1.0], [2.0], *[[1.0]] * 4], H, 1), rtol=1e-4
    )


def test_a_series_that_is_louder_than_its_past_gets_a_width_of_its_own_by_name():
    data = waves(300, 3)
    loud = (data["unique_id"] == "s1") & (data["ds"] >= 170)
    data.loc[loud, "y"] += np.random.default_rng(5).normal(0, 6, loud.sum())
    model = fit(data)
    own = model.fitted.calibration.own
    assert own is not None
    assert "s1" in own.ids
    assert model.coverage.own == len(own)
    assert own.of(["s1"])[0, 3] > 1.3 > own.of(["s0"])[0, 3]
