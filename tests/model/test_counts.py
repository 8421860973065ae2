"""Models of counts: every way of making intervals gives the same whole numbers, and the file keeps how."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from test_many_zeros import KNOWN, PARTS, ROWS, H, stream, table

import livesamples
import rollcast as rc
from livesamples import KINDS, TABLE
from rollcast.errors import ArgumentError, DataError, RollcastWarning
from rollcast.model.intervals import CALIBRATED
from rollcast.networks.negative_binomial import NegativeBinomial
from rollcast.options import Config

ENDS = ["Rollcast-lo-95", "Rollcast-lo-80", "Rollcast-hi-80", "Rollcast-hi-95"]
LATER = table(PARTS[:, ROWS:], begin=ROWS)


def fit(data: pd.DataFrame = KNOWN, **options: Any) -> rc.Forecaster:
    made = rc.Forecaster(**{"train": False, "h": H, "likelihood": "negative_binomial"} | options)
    made.fit(data, progress="quiet")
    return made


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    return fit()


def test_intervals_are_the_negative_binomials_around_the_mean(model):
    dispersion = model.fitted.calibration.dispersion
    made = CALIBRATED.mean(model.fitted.model.forecast_quantiles(model.state, H))
    wanted = NegativeBinomial(made, dispersion.alpha[:, None]).quantiles(CALIBRATED.levels)
    found = model.fitted.forecast_quantiles(model.state, H, ())
    assert_array_equal(found, wanted)
    frame = model.predict(level=[80, 95], quantiles=[0.9])
    assert_array_equal(frame["Rollcast-hi-80"].to_numpy().reshape(4, H), wanted[..., 11])
    assert_array_equal(frame["Rollcast-q-90"].to_numpy().reshape(4, H), wanted[..., 11])


def test_the_fit_says_what_the_quantiles_are_and_what_they_held(model):
    assert "negative binomial (alpha " in model.history.defaults
    assert "4 of them by the negative binomial" in str(model.coverage)
    assert model.coverage.to_json()["counts"] == 4


def test_a_saved_model_keeps_what_was_estimated(model, tmp_path):
    model.save(tmp_path / "model")
    loaded = rc.Forecaster.load(tmp_path / "model")
    before, after = (each.fitted.calibration.dispersion for each in (model, loaded))
    assert (after.ids, after.pooled, after.every) == (before.ids, before.pooled, before.every)
    assert_array_equal(after.alpha, before.alpha)
    assert loaded.coverage == model.coverage
    pd.testing.assert_frame_equal(loaded.predict(level=80), model.predict(level=80))


def test_a_state_that_moves_on_and_a_backtest_give_the_same_ends(model):
    moved = model.observe(LATER[LATER["day"] == LATER["day"].min()])
    wanted = model.predict(state=moved, level=[80, 95])
    again = model.predict(table(PARTS[:, : ROWS + 1]), level=[80, 95])
    assert_array_equal(again[ENDS], wanted[ENDS])
    ends = model.fitted.forecast_quantiles(model.state, H, ())
    found = rc.backtest(model, table(PARTS), n_windows=1, level=80, progress="quiet").frame()
    found = found.sort_values(["part", "day"], kind="stable")["Rollcast-hi-80"]
    assert_array_equal(found.to_numpy().reshape(4, H), ends[..., 11])


def test_a_stream_tells_whole_ends_too(model, tmp_path):
    later = LATER[LATER["day"] == LATER["day"].min()]
    made = stream(model, tmp_path, later, "80", column="Rollcast-hi-80")
    wanted = model.predict(state=model.observe(later), level=80)["Rollcast-hi-80"]
    assert_array_equal(np.ravel(made), wanted)


def test_a_new_series_of_counts_has_the_alpha_of_all_which_its_file_keeps(model, tmp_path):
    new = LATER.replace({"part": {f"p{s}": f"x{s}" for s in range(4)}})
    state = model.observe(new)
    made = model.fitted.forecast_quantiles(state, H, ())
    assert made.shape == (8, H, 15)
    assert_array_equal(made, np.rint(made))
    state.save(tmp_path / "state")
    assert_array_equal(
        model.fitted.forecast_quantiles(rc.State.load(tmp_path / "state"), H, ()), made
    )


@pytest.mark.parametrize("change", [lambda y: y - 50, lambda y: y + 0.25, lambda y: y + 1000])
def test_a_new_series_that_is_no_count_has_the_networks_quantiles(model, change):
    rows = KNOWN[KNOWN["part"] == "p0"].assign(part="new")
    rows["sold"] = change(rows["sold"].to_numpy())
    state = model.observe(rows)
    made = model.fitted.forecast_quantiles(state, H, ())
    assert_array_equal(made[:4], np.rint(made[:4]))
    assert (made[4] % 1 > 0).any()
    assert (np.diff(made[4], axis=1) > 0).any()


def test_paths_are_spread_as_the_intervals_are(model):
    paths = model.predict(paths=2000, seed=1)
    shares = paths.groupby(["part", "day"])["Rollcast"].quantile(0.9).to_numpy().reshape(4, H)
    assert_allclose(shares, model.fitted.forecast_quantiles(model.state, H, ())[..., 11], atol=1.0)


def test_what_is_no_count_is_refused_by_its_column_series_and_row():
    broken = KNOWN.assign(sold=KNOWN["sold"] + 0.5 * (np.arange(len(KNOWN)) == ROWS + 2))
    with pytest.raises(
        DataError, match=r"'sold' of series 'p1' holds .*\.5 in row 3, at 2024-01-03"
    ):
        fit(broken)


def test_an_update_refuses_what_is_no_count_by_its_column_series_and_row(model):
    broken = LATER.assign(sold=LATER["sold"] + 0.5 * (np.arange(len(LATER)) == 1))
    with pytest.raises(DataError, match=r"'sold' of series 'p0' holds .*\.5 in row 2, at "):
        model.update(broken)


def test_new_rows_that_are_no_counts_are_warned_of_by_column_and_series(model):
    rows = LATER[LATER["part"] == "p0"]
    broken = rows.assign(sold=rows["sold"] + 0.5 * (np.arange(len(rows)) < 2))
    told = r"'sold' of series 'p0' holds .*\.5 \(and 1 more\), and intervals of this model"
    for read in (model.observe, model.predict):
        with pytest.warns(RollcastWarning, match=told):
            read(broken)


def test_anomalies_are_shown_beside_the_forecast_that_predict_gives(model):
    rows = LATER[LATER["day"] == LATER["day"].min()]
    found = model.anomalies(rows)["Rollcast"]
    wanted = model.predict().groupby("part", sort=False)["Rollcast"].first()
    assert model.state.preparation.means.any()
    assert_allclose(found, wanted, rtol=1e-6)


def test_other_words_are_refused():
    with pytest.raises(ArgumentError, match="`likelihood` must be one of 'auto', "):
        rc.Forecaster(likelihood="poisson")


def test_values_that_are_no_counts_are_left_to_their_quantiles():
    made = fit(KNOWN.assign(sold=KNOWN["sold"] + 0.25), likelihood="auto")
    assert made.fitted.calibration.dispersion is None
    assert "binomial" not in made.history.defaults


def test_a_file_from_before_there_was_a_choice_has_quantiles():
    assert Config.from_json({"pretrained": "2026-1"}).likelihood == "quantiles"
    assert Config().likelihood == "auto"


def test_around_points_a_level_is_known_that_residuals_do_not_support():
    counts = TABLE.assign(y=TABLE.y.round())
    made = livesamples.fit(counts, **KINDS["esn"], likelihood="negative_binomial")
    assert made.fitted.calibration.needs(98) > made.fitted.calibration.counts.max()
    ends = made.predict(level=98)[["ESN-lo-98", "ESN-hi-98"]].to_numpy()
    assert_array_equal(ends, np.rint(ends))
    assert (ends[:, 1] > ends[:, 0]).all()


def test_points_alone_have_the_intervals_that_their_residuals_support(tmp_path):
    made = fit(likelihood="point")
    calibration = made.fitted.calibration
    assert calibration.of_points
    points = CALIBRATED.point(made.fitted.model.scaled_quantiles(made.state, H))
    ends = made.predict(level=60)["Rollcast-hi-60"].to_numpy().reshape(4, H)
    places = np.arange(4)
    wanted = made.state.preparation.restore(points + calibration.upper[:, 2], places)
    assert calibration.own is None
    assert_allclose(ends, wanted, rtol=1e-6)
    with pytest.raises(ArgumentError, match="`level` = 98 needs at least 99 separate forecasts"):
        made.predict(level=98)
    with pytest.raises(ArgumentError, match="Paths, and totals of them, are drawn from quantiles"):
        made.predict(paths=10)
    made.save(tmp_path / "model")
    loaded = rc.Forecaster.load(tmp_path / "model")
    pd.testing.assert_frame_equal(loaded.predict(level=60), made.predict(level=60))
