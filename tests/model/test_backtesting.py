"""Backtests: each forecast is the one that would have been made at its cutoff, and nothing later has a part in it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast import metrics
from rollcast.errors import ArgumentError, RollcastWarning, TooShortError
from rollcast.evaluation.baselines.auto_models import AutoForecasts
from rollcast.evaluation.judge import actual_at
from rollcast.model import backtest_parts
from rollcast.plots.canvas import FORECAST
from samples import wavy

H = 4
ZERO_SHOT = rc.Config(train=False, season_length=6, h=H)
SMALL = rc.Config(
    cell="gru", hidden_size=4, max_epochs=1, h=H, log=False, anchor="last", season_length=6
)
QUIET: dict[str, Any] = {"progress": "quiet"}


def table(*lengths: int, end: int = 80) -> pd.DataFrame:
    """Series that end together, of a season of six."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "shop": name,
                    "day": np.arange(end - n, end),
                    "sold": 9 + wavy(n, seed=n, period=6),
                }
            )
            for name, n in zip("abcd", lengths, strict=False)
        ],
        ignore_index=True,
    )


DATA = table(80, 60, 10)


def up_to(data: pd.DataFrame, day: int) -> pd.DataFrame:
    return data[data["day"] <= day]


def at(frame: pd.DataFrame, cutoff: int, column: str = "Rollcast") -> np.ndarray:
    return frame.loc[frame["cutoff"] == cutoff, column].to_numpy()


@pytest.fixture(scope="module")
def rolled() -> rc.Backtest:
    return rc.backtest(ZERO_SHOT, DATA, n_windows=3, level=[80, 95], **QUIET)


@pytest.fixture(scope="module")
def fitted() -> rc.Forecaster:
    model = rc.Forecaster(
        **{n: getattr(SMALL, n) for n in ("cell", "hidden_size", "max_epochs", "h")},
        log=False,
        anchor="last",
        season_length=6,
    )
    model.fit(up_to(table(80, 60), 67), **QUIET)
    return model


def test_the_frame_has_the_callers_names_with_the_cutoff_and_what_came(rolled: rc.Backtest):
    frame = rolled.frame()
    ends = ("lo-95", "lo-80", "hi-80", "hi-95")
    assert list(frame)[:9] == [
        *("shop", "day", "cutoff", "sold", "Rollcast"),
        *(f"Rollcast-{end}" for end in ends),
    ]
    assert list(frame)[9:11] == ["naive", "seasonal naive"]
    assert frame["cutoff"].unique().tolist() == [67, 71, 75]
    assert (frame["day"] > frame["cutoff"]).all()
    came = frame.merge(DATA, on=["shop", "day"], suffixes=("", "_true"))
    assert_array_equal(came["sold"], came["sold_true"])
    last = DATA.set_index(["shop", "day"])["sold"]
    known = [
        last[shop, cutoff] for shop, cutoff in zip(frame["shop"], frame["cutoff"], strict=True)
    ]
    assert_array_equal(frame["naive"], known)


def test_a_series_that_is_too_short_at_a_cutoff_is_left_out_of_it_and_counted(rolled: rc.Backtest):
    assert rolled.frame().groupby("cutoff")["shop"].unique().map(list).tolist() == [
        ["a", "b"],
        ["a", "b", "c"],
        ["a", "b", "c"],
    ]
    assert rolled.left_out.to_dict("list") == {
        "cutoff": [67, 71, 75],
        "judged": [2, 3, 3],
        "too_short": [1, 0, 0],
        "nothing_after": [0, 0, 0],
    }
    assert "Left out at a cutoff, at most: 1 too short, of 3 series." in rolled.table()


def test_with_refit_each_forecast_is_that_of_the_rows_up_to_its_cutoff():
    found = rc.backtest(ZERO_SHOT, DATA, n_windows=2, level=80, refit=True, **QUIET).frame()
    for cutoff in (71, 75):
        then = rc.forecast(up_to(DATA, cutoff), h=H, level=80, season_length=6)
        for column in ("Rollcast", "Rollcast-lo-80", "Rollcast-hi-80"):
            assert_allclose(at(found, cutoff, column), then[column], rtol=2e-4)


def test_nothing_after_a_cutoff_changes_what_is_forecast_there(rolled: rc.Backtest):
    later = DATA.assign(sold=np.where(DATA["day"] > 71, -1e4 * DATA["sold"], DATA["sold"]))
    with pytest.warns(RollcastWarning, match=r"\d+ values <= 0, the first of series 'a' at 72"):
        changed = rc.backtest(ZERO_SHOT, later, n_windows=3, level=[80, 95], **QUIET).frame()
    before = rolled.frame()
    for cutoff in (67, 71):
        for column in [c for c in before if c not in ("shop", "day", "cutoff", "sold")]:
            assert_array_equal(at(before, cutoff, column), at(changed, cutoff, column), column)
    assert not np.array_equal(at(before, 75, "naive"), at(changed, 75, "naive"))


def test_scores_are_those_of_plain_arrays_over_the_frame(rolled: rc.Backtest):
    frame, scores = rolled.frame(), rolled.scores().set_index("model")
    y, f = frame["sold"], frame["Rollcast"]
    assert scores.index[0] == "Rollcast"
    assert scores.loc["Rollcast", "mae"] == pytest.approx(metrics.mae(y, f))
    assert scores.loc["naive", "rmse"] == pytest.approx(metrics.rmse(y, frame["naive"]))
    ends = frame["Rollcast-lo-80"], frame["Rollcast-hi-80"]
    assert scores.loc["Rollcast", "coverage-80"] == pytest.approx(metrics.coverage(y, *ends))
    assert scores.loc["Rollcast", "width-80"] == pytest.approx(metrics.interval_width(*ends))
    assert scores.loc["Rollcast", "crps"] == pytest.approx(2 * scores.loc["Rollcast", "pinball"])
    assert scores.loc["Rollcast", "wql"] == pytest.approx(
        scores.loc["Rollcast", "crps"] * len(y) / np.abs(y).sum()
    )
    assert scores["wql"].isna().sum() == len(scores) - 1
    assert rolled.comparison.model.mase == pytest.approx(scores.loc["Rollcast", "mase"])
    one = rolled.by_step().query("step == 2 and model == 'Theta'")
    second = frame[frame["day"] - frame["cutoff"] == 2]
    assert one["mae"].item() == pytest.approx(metrics.mae(second["sold"], second["Theta"]))
    shop = rolled.by_series().query("shop == 'c' and model == 'Rollcast'")["bias"].item()
    own = frame[frame["shop"] == "c"]
    assert shop == pytest.approx(metrics.bias(own["sold"], own["Rollcast"]))
    cutoff = rolled.by_cutoff().query("cutoff == 71 and model == 'drift'")["smape"].item()
    assert cutoff == pytest.approx(metrics.smape(at(frame, 71, "sold"), at(frame, 71, "drift")))


def test_quantiles_in_small_parts_are_those_of_all_at_once(
    rolled: rc.Backtest, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(backtest_parts, "QUANTILES_AT_ONCE", 1)
    found = rc.backtest(ZERO_SHOT, DATA, n_windows=3, level=[80, 95], **QUIET)
    pd.testing.assert_frame_equal(found.frame(), rolled.frame(), check_exact=True)
    pd.testing.assert_frame_equal(found.scores(), rolled.scores(), check_exact=True)


def test_mase_of_one_cutoff_is_that_of_the_rows_before_it():
    found = rc.backtest(ZERO_SHOT, DATA, cutoffs=[71], **QUIET)
    frame, scores = found.frame(), found.by_series().query("model == 'Rollcast'")
    for shop in "ab":
        known = up_to(DATA[DATA["shop"] == shop], 71)["sold"]
        own = frame[frame["shop"] == shop]
        row = scores[scores["shop"] == shop].iloc[0]
        scale, squared = metrics.seasonal_scale(known, 6), metrics.seasonal_scale_squared(known)
        assert row["mase"] == pytest.approx(metrics.mase(own["sold"], own["Rollcast"], scale))
        assert row["rmsse"] == pytest.approx(metrics.rmsse(own["sold"], own["Rollcast"], squared))


def test_it_tells_itself_in_a_table_with_the_verdict_of_the_one_test(rolled: rc.Backtest):
    assert str(rolled) == f"{rolled.table()}\n\n{rolled.verdict}"
    assert rolled.verdict == rolled.comparison.verdict
    assert rolled.comparison.windows == 3
    scores = rolled.comparison
    best = scores.best_baseline
    assert best is not None
    assert scores.error(best) <= min(scores.error(scores[n]) for n in ("naive", "seasonal naive"))
    assert "3 cutoffs from 67 to 75; the weights stayed as they are." in rolled.table()
    assert repr(rolled) == "Backtest(Rollcast, h 4, 3 cutoffs, 3 series)"


def test_it_is_drawn_by_step_and_at_the_cutoffs_of_one_series(rolled: rc.Backtest):
    figure = rolled.plot("b")
    errors, coverage, below = figure.axes
    steps = rolled.by_step()
    legend = errors.get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    drawn = dict(zip(names, errors.get_lines(), strict=True))
    assert len(drawn) == 4
    for name, line in drawn.items():
        assert_allclose(line.get_ydata(), steps.loc[steps["model"] == name, "mase"])
    held = [line.get_ydata() for line in coverage.get_lines() if len(line.get_ydata()) == H]
    ours = steps[steps["model"] == "Rollcast"]
    assert_allclose(held, 100 * ours[["coverage-80", "coverage-95"]].T)
    frame = rolled.frame()
    own = frame[frame["shop"] == "b"]
    assert (
        below.get_title(loc="left") == "series b, 2 of 3: forecasts from 3 cutoffs (upright lines)"
    )
    forecasts = [line for line in below.get_lines() if line.get_color() == FORECAST]
    assert_allclose(np.ravel([line.get_ydata() for line in forecasts]), own["Rollcast"])
    with pytest.raises(ArgumentError, match="`series` must be one of the 3 identifiers; got 'z'"):
        rolled.plot("z")


def test_polars_in_and_polars_out():
    found = rc.backtest(ZERO_SHOT, pl.from_pandas(DATA), n_windows=2, **QUIET)
    tables = found.frame(), found.scores(), found.by_step(), found.by_series(), found.by_cutoff()
    assert all(isinstance(one, pl.DataFrame) for one in (*tables, found.left_out))
    assert tables[0].columns[:5] == ["shop", "day", "cutoff", "sold", "Rollcast"]
    assert tables[3]["shop"].unique(maintain_order=True).to_list() == ["a", "b", "c"]
    assert tables[4]["cutoff"].unique(maintain_order=True).to_list() == [71, 75]


def test_cutoffs_are_named_as_the_table_writes_times():
    days = pd.date_range("2024-01-01", periods=40)
    data = pd.DataFrame({"ds": days, "y": 9 + wavy(40, period=7)})
    config = rc.Config(train=False, h=H)
    texts = rc.backtest(config, data, cutoffs=["2024-01-31", "2024-02-03"], **QUIET)
    stamps = rc.backtest(config, data, cutoffs=[days[33], days[30]], **QUIET)
    pd.testing.assert_frame_equal(texts.frame(), stamps.frame())
    assert texts.frame()["cutoff"].unique().tolist() == [days[30], days[33]]
    for wrong in ("soon", [1.5], [], [days[3].tz_localize("UTC")]):
        with pytest.raises(ArgumentError, match="`cutoffs` must be"):
            rc.backtest(config, data, cutoffs=wrong, **QUIET)
    with pytest.raises(TooShortError, match="at no cutoff has a series enough rows up to it"):
        rc.backtest(config, data, cutoffs=["2025-01-01"], **QUIET)


def test_a_cutoff_between_two_rows_is_the_row_before_it_and_a_note_says_so(
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level("INFO", "rollcast")
    months = pd.date_range("2022-01-01", periods=40, freq="MS")
    data = pd.DataFrame({"ds": months, "y": 9 + wavy(40, period=6)})
    named = rc.backtest(ZERO_SHOT, data, cutoffs=["2024-10-01", "2024-11-01"], **QUIET)
    assert "No row stands" not in caplog.text
    given = ["2024-10-31", "2024-10-15", "2024-11-02"]
    found = rc.backtest(ZERO_SHOT, data, cutoffs=given, **QUIET)
    pd.testing.assert_frame_equal(found.frame(), named.frame())  # October is judged once
    assert caplog.messages[-1] == (
        "No row stands at the cutoff 2024-10-15, which is taken for the newest row before it, 2024-10-01, and 2 more "
        "for the ones before them."
    )
    with pytest.raises(ArgumentError) as caught:
        rc.backtest(ZERO_SHOT, data, cutoffs=["2021-12-31", "2024-10-01"], **QUIET)
    assert str(caught.value) == (
        "`cutoffs` has 2021-12-31, and the first row is at 2022-01-01; name times from there on."
    )


def test_a_fitted_model_is_judged_as_observe_and_predict_would_have_forecast(
    fitted: rc.Forecaster,
):
    data = table(80, 60)
    found = rc.backtest(fitted, data, step_size=2, **QUIET)
    frame = found.frame()
    assert found.cutoff_times.tolist() == [67, 69, 71, 73, 75]
    for cutoff in (67, 71, 75):
        rows = data[(data["day"] > 67) & (data["day"] <= cutoff)]
        state = fitted.observe(rows) if len(rows) else fitted.state
        assert_allclose(at(frame, cutoff, "GRU"), fitted.predict(state=state)["GRU"], rtol=1e-5)
    newer_alone = rc.backtest(fitted, data[data["day"] > 67], step_size=2, **QUIET)
    pd.testing.assert_frame_equal(newer_alone.frame(), frame)
    assert found.comparison.names[0] == "GRU"


def test_intervals_are_those_that_predict_gives(fitted: rc.Forecaster):
    found = rc.backtest(fitted, table(80, 60), cutoffs=[67], level=60, **QUIET)
    then = fitted.predict(level=60)
    for column in ("GRU", "GRU-lo-60", "GRU-hi-60"):
        assert_allclose(at(found.frame(), 67, column), then[column], rtol=1e-5)
    assert 0 <= found.scores()["coverage-60"].iloc[0] <= 1


def test_rows_that_the_weights_have_seen_are_refused(fitted: rc.Forecaster):
    data = table(80, 60)
    for given in ({"cutoffs": [66]}, {"n_windows": 4}):
        with pytest.raises(
            ArgumentError, match=r"seen rows after the cutoff 6\d: GRU was fitted on"
        ) as caught:
            rc.backtest(fitted, data, **given, **QUIET)
        assert "series 'a' up to 67" in str(caught.value)
        assert "in_sample=True scores seen rows, and says so." in str(caught.value)
    with pytest.raises(ArgumentError, match="The weights have seen all rows of this table"):
        rc.backtest(fitted, up_to(data, 60), **QUIET)


def test_seen_rows_are_scored_on_demand_and_labelled(fitted: rc.Forecaster):
    found = rc.backtest(fitted, table(80, 60), cutoffs=[50, 75], in_sample=True, **QUIET)
    assert found.in_sample
    assert "GRU (in sample)" in found.frame()
    assert found.scores()["model"].iloc[0] == "GRU (in sample)"
    assert found.verdict.startswith("In sample: the fit has seen the rows")
    assert "nothing is claimed" in str(found)
    unseen = rc.backtest(fitted, table(80, 60), cutoffs=[75], in_sample=True, **QUIET)
    assert not unseen.in_sample


@pytest.mark.slow
def test_a_fit_without_training_may_be_scored_anywhere():
    model = rc.Forecaster(train=False, season_length=6, h=H)
    model.fit(DATA[DATA["shop"] != "c"], **QUIET)
    found = rc.backtest(model, DATA, n_windows=3, level=[80, 95], **QUIET)
    assert not found.in_sample
    expected = rc.backtest(ZERO_SHOT, DATA, n_windows=3, level=[80, 95], **QUIET)
    pd.testing.assert_frame_equal(found.frame(), expected.frame())


@pytest.mark.slow
def test_a_fit_without_training_goes_on_after_its_rows_as_predict_would_have():
    data = table(80, 60)
    model = rc.Forecaster(train=False, season_length=6, h=H)
    model.fit(up_to(data, 67), **QUIET)
    whole = rc.backtest(model, data, cutoffs=[67, 71, 75], level=80, **QUIET)
    newer_alone = rc.backtest(model, data[data["day"] > 67], step_size=4, level=80, **QUIET)
    pd.testing.assert_frame_equal(newer_alone.frame(), whole.frame())
    then = model.predict(level=80)
    for column in ("Rollcast", "Rollcast-lo-80", "Rollcast-hi-80"):
        assert_allclose(at(whole.frame(), 67, column), then[column], rtol=1e-5)
    with pytest.raises(ArgumentError) as caught:
        rc.backtest(model, data[data["day"] > 67], cutoffs=[60], **QUIET)
    assert str(caught.value).startswith(
        "The weights came with the package and have seen none of your rows, but the choice to keep them, the scaling "
        "and the calibration of intervals have seen rows after the cutoff 60: Rollcast was fitted on series 'a' up to "
        "67. Pass cutoffs from there on, or fewer windows; rc.backtest(model.config, data) fits afresh"
    )


def test_a_configuration_is_trained_on_the_rows_up_to_the_first_cutoff_alone():
    data = table(80, 60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        found = rc.backtest(SMALL, data, cutoffs=[67, 71, 75], **QUIET)
        model = rc.Forecaster()
        model.config = SMALL
        model.fit(up_to(data, 67), **QUIET)
    assert found.fits == 1
    frame = found.frame()
    assert_allclose(at(frame, 67, "GRU"), model.predict()["GRU"], rtol=1e-5)
    state = model.observe(data[(data["day"] > 67) & (data["day"] <= 75)])
    assert_allclose(at(frame, 75, "GRU"), model.predict(state=state)["GRU"], rtol=1e-5)
    assert "trained before the first of them." in found.table()


@pytest.mark.slow
def test_refit_trains_anew_at_every_so_many_cutoffs():
    data = table(80, 60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        found = rc.backtest(SMALL, data, cutoffs=[63, 67, 71, 75], refit=2, **QUIET)
        model = rc.Forecaster()
        model.config = SMALL
        model.fit(up_to(data, 71), **QUIET)
    assert found.fits == 2
    assert_allclose(at(found.frame(), 71, "GRU"), model.predict()["GRU"], rtol=1e-5)
    assert "trained 2 times, each time on the rows before." in found.table()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"refit": 0}, "`refit` must be True, False, or a whole number of at least 1; got 0."),
        ({"n_windows": 0}, "`n_windows` must be a whole number of at least 1; got 0."),
        (
            {"cutoffs": [3], "step_size": 2},
            "`cutoffs` are named, so `step_size` has nothing to say",
        ),
        ({"in_sample": True}, "`in_sample` is for a fitted model"),
        ({"steps": 3}, "`steps` is not an option of backtest; here it is called `h`."),
        ({"n_windows": 30}, "30 cutoffs at h = 4, each 4 rows after the one before, need 121 rows"),
    ],
)
def test_what_can_not_be_is_refused_in_a_sentence(given: dict[str, Any], message: str):
    with pytest.raises((ArgumentError, TooShortError)) as caught:
        rc.backtest(ZERO_SHOT, DATA, **given, **QUIET)
    assert message in str(caught.value)


def test_a_model_is_a_configuration_or_a_forecaster():
    with pytest.raises(
        ArgumentError, match=r"`model` must be a Config or a Forecaster; got 'm\.rollcast'"
    ):
        rc.backtest("m.rollcast", DATA)  # pyright: ignore[reportArgumentType]
    with pytest.raises(
        TooShortError, match="The rows up to the cutoff 2 are too few to train on: "
    ):
        rc.backtest(SMALL, DATA, cutoffs=[2], **QUIET)


def test_a_fitted_model_is_told_nothing_of_the_table(fitted: rc.Forecaster):
    for name, value in (("id_col", "shop"), ("refit", True)):
        with pytest.raises(ArgumentError, match=f"`{name}` is for a configuration"):
            rc.backtest(fitted, DATA, **{name: value})


def test_a_column_that_is_called_as_one_of_the_backtest_is_refused():
    with pytest.raises(
        ArgumentError, match="The column of values is called 'naive', as a column of"
    ):
        rc.backtest(ZERO_SHOT, DATA.rename(columns={"sold": "naive"}), n_windows=1, **QUIET)


def test_models_that_are_asked_for_stand_beside_the_baselines(monkeypatch: pytest.MonkeyPatch):
    def repeat(names: Any, panel: Any, origins: Any, h: int, season: Any) -> AutoForecasts:
        came = actual_at(panel, origins, h)
        return AutoForecasts(dict.fromkeys(names, came), dict.fromkeys(names, 2))

    monkeypatch.setattr("rollcast.model.backtest_parts.forecast_auto_models", repeat)
    monkeypatch.setattr("rollcast.model.backtesting.require_statsforecast", lambda names: None)
    with pytest.warns(RollcastWarning, match="AutoTheta could not be fitted at 2 of 6 forecast"):
        found = rc.backtest(ZERO_SHOT, DATA, n_windows=2, baselines=["AutoTheta"], **QUIET)
    assert_array_equal(found.frame()["AutoTheta"], found.frame()["sold"])
    assert found.scores().set_index("model").loc["AutoTheta", "mae"] == 0
    assert found.comparison.opponent == "AutoTheta"
    assert "AutoTheta" in found.verdict


def test_another_baseline_is_refused():
    with pytest.raises(ArgumentError, match=r"`baselines` must be one of 'AutoETS'.*got 'Prophet'"):
        rc.backtest(ZERO_SHOT, DATA, baselines="AutoETS,Prophet", **QUIET)
