"""Fits from the pretrained network: what is chosen, what is judged, and what is trained on all rows."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.errors import ArgumentError, RollcastWarning
from rollcast.evaluation.scoring import Values
from rollcast.fitting import pretrained_fit
from rollcast.fitting.judging import CandidateErrors
from rollcast.fitting.pretrained_fit import choose_start
from rollcast.networks.pretrained_weights import load_pretrained
from rollcast.training import fine_tuning
from rollcast.training.fine_tuning import LEAST_ROWS

H, FAR = 4, 120


def table(series: int = 6, rows: int = 60, seed: int = 0) -> pd.DataFrame:
    """Random walks around a season of four."""
    random = np.random.default_rng(seed)
    values = np.cumsum(random.normal(size=(series, rows)), axis=1) + 50
    values += 4 * np.tile([0, 1, 3, -2], rows // 4)
    times = pd.date_range("2001-01-01", periods=rows, freq="QS")
    return pd.DataFrame(
        {
            "unique_id": np.repeat([f"s{i}" for i in range(series)], rows),
            "ds": np.tile(times, series),
            "y": values.reshape(-1),
        }
    )


@pytest.fixture(autouse=True)
def few_updates(monkeypatch):
    monkeypatch.setattr(fine_tuning, "UPDATES", (4, 4))
    monkeypatch.setattr(fine_tuning, "MOST_SERIES", 8)
    monkeypatch.setattr(pretrained_fit, "TOLD_EVERY", 2)


def fit(data: pd.DataFrame, **options: Any) -> rc.Forecaster:
    model = rc.Forecaster(h=H, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(data, progress="quiet")
    return model


def take(monkeypatch, place: int) -> None:
    """Let validation decide so."""
    monkeypatch.setattr(pretrained_fit, "choose_start", lambda found: (place, "so it was told"))


def errors(ours: np.ndarray, actual: np.ndarray) -> CandidateErrors:
    """Of forecasts (M, h), each of a series of its own and all at one time."""
    count = len(actual)
    values = Values(actual, np.arange(count), np.zeros(count, int), np.ones(count), None)
    return CandidateErrors(values, ours, values.pooled(ours))


def test_without_training_the_forecasts_are_those_of_no_fit():
    data = table()
    model = fit(data, train=False)
    made = rc.forecast(data, h=H)
    assert_allclose(model.predict(h=H)["Rollcast"], made["Rollcast"], rtol=1e-5)
    assert model.history.scores is not None
    assert model.history.loss == ()
    assert "as it is" in model.history.defaults


@pytest.mark.slow
def test_straight_lines_fill_the_same_gaps_with_and_without_a_fit():
    data = table(2)
    data.loc[[5, 65, 104, 105, 117], "y"] = np.nan  # of the second series also in what is judged
    model = rc.Forecaster(h=H, train=False)
    model.fit(data, progress="quiet", fill="linear")
    made = rc.forecast(data, h=H, fill="linear")["Rollcast"]
    drawn = data.assign(y=data["y"].interpolate())
    assert_allclose(made, rc.forecast(drawn, h=H)["Rollcast"], rtol=1e-5)
    assert_allclose(model.predict(h=H)["Rollcast"], made, rtol=1e-5)
    new = data.assign(unique_id=data["unique_id"] + " again")
    assert_allclose(model.predict(new, h=H)["Rollcast"], made, rtol=1e-5)
    assert np.flatnonzero(~model.fitted.tail.mask).tolist() == [5, 65, 104, 105, 117]
    revised = model.revise(data.iloc[100:101], model.state)
    assert_allclose(model.predict(h=H, state=revised)["Rollcast"], made, rtol=1e-5)


@pytest.mark.slow
def test_what_validation_keeps_is_what_forecasts(monkeypatch):
    data = table()
    plain = fit(data, train=False).predict_array(h=H)
    made = []
    for place in range(3):
        take(monkeypatch, place)
        model = fit(data)
        made.append(model.predict_array(h=H))
        assert model.history.best_epoch == (2 if place else 0)
        assert model.history.start == ("zero-shot", "half-way", "fine-tuned")[place]
    assert_array_equal(made[0], plain)
    assert not np.allclose(made[1], made[0])
    assert not np.allclose(made[2], made[1])
    assert "fine-tuned (so it was told)" in model.history.defaults


@pytest.mark.slow
@pytest.mark.parametrize("train", [False, True])
def test_beyond_its_steps_an_evaluation_judges_what_a_forecast_would_be(monkeypatch, train):
    take(monkeypatch, 2 if train else 0)
    data = table(2, 520, seed=5)
    later = data.groupby("unique_id").cumcount() >= 520 - FAR
    model = rc.Forecaster(h=FAR, train=train, log=False, bounds=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(data[~later], progress="quiet", val_size=FAR, test_size=FAR)
    assert bool(model.history.loss) == train
    actual = data.loc[later, "y"].to_numpy()
    error = np.abs(model.predict(h=FAR)["Rollcast"].to_numpy() - actual).mean()
    assert_allclose(model.evaluate(data[later]).model.mae, error, rtol=1e-4)
    assert_allclose(model.evaluate(data).model.mae, error, rtol=1e-4)


@pytest.mark.slow
def test_beyond_its_steps_the_verdict_is_of_what_is_forecast_without_a_fit():
    data = table(2, 480, seed=5)
    model = rc.Forecaster(h=FAR, train=False, log=False, bounds=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        model.fit(data, progress="quiet", val_size=FAR, test_size=FAR)
    later = data.groupby("unique_id").cumcount() >= 480 - FAR
    made = rc.forecast(data[~later], h=FAR, log=False, bounds=None)["Rollcast"].to_numpy()
    error = np.abs(made - data.loc[later, "y"].to_numpy()).mean()
    assert_allclose(model.history.scores.model.mae, error, rtol=1e-4)


@pytest.mark.slow
def test_equal_fits_are_equal_and_another_seed_is_another_fit(monkeypatch):
    take(monkeypatch, 2)
    data = table()
    one, two, other = (fit(data, seed=seed).predict_array(h=H) for seed in (0, 0, 1))
    assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_the_judged_weights_have_not_seen_the_test_part(monkeypatch):
    take(monkeypatch, 2)
    data = table()
    changed = data.copy()
    last = data.groupby("unique_id").cumcount() >= 60 - H  # behind the last origin
    changed.loc[last, "y"] += 7
    models = [fit(frame, log=False, bounds=None) for frame in (data, changed)]
    one, two = (model.history.loss for model in models)
    assert one == two
    assert models[0].history.scores.model.mae != models[1].history.scores.model.mae
    assert not np.array_equal(*(model.fitted.model.weights.trainable[0] for model in models))


def test_a_gain_that_chance_may_give_is_not_taken():
    actual = np.zeros((8, 2))
    as_it_is, better = np.ones((8, 2)), np.full((8, 2), 0.9)
    assert choose_start([errors(as_it_is, actual), errors(better, actual)])[0] == 1
    half = better.copy()
    half[:4] = 1.05
    place, reason = choose_start([errors(as_it_is, actual), errors(half, actual)])
    assert (place, reason) == (
        0,
        "fine-tuning's validation error is 2.5 % lower, which may be chance",
    )


def test_a_tie_goes_to_the_network_as_it_is():
    actual = np.zeros((50, 2))
    place, reason = choose_start(
        [errors(np.ones((50, 2)), actual), errors(np.full((50, 2), 0.995), actual)]
    )
    assert (place, reason) == (0, "fine-tuning's validation error is 0.5 % lower")


@pytest.mark.slow
def test_series_that_are_too_short_teach_nothing(monkeypatch):
    take(monkeypatch, 2)
    data = table()
    short = pd.DataFrame(
        {"unique_id": "short", "ds": data["ds"][: LEAST_ROWS - 1], "y": [5.0] * (LEAST_ROWS - 1)}
    )
    model = fit(pd.concat([data, short], ignore_index=True))
    assert_array_equal(
        model.fitted.model.weights.trainable[0], fit(data).fitted.model.weights.trainable[0]
    )
    assert len(model.predict(h=H)) == 7 * H


@pytest.mark.slow
def test_a_long_clean_signal_is_left_to_a_network_of_random_weights():
    values = np.sin(np.arange(600) * 2 * np.pi / 20)
    model = rc.Forecaster(h=20)
    model.fit(values, progress="quiet")
    assert model.name == "LSTM"
    assert model.fitted.config.pretrained is False
    assert_allclose(
        model.predict_array(h=20)[0], np.sin(np.arange(600, 620) * np.pi / 10), atol=1e-3
    )


def test_a_new_series_that_comes_row_by_row_has_its_season_as_if_it_had_come_at_once():
    model = fit(table(), train=False)
    new = table(1, seed=9).assign(unique_id="new")
    state = model.state
    for first in range(0, 60, 6):
        state = model.observe(new.iloc[first : first + 6], state)
    made, at_once = (
        model.predict_array(h=8, state=s.select(["new"])) for s in (state, model.observe(new))
    )
    assert_allclose(made, at_once, rtol=1e-3)
    assert np.ptp(made) > 3  # the season of four


def test_callbacks_are_refused_in_a_sentence():
    with pytest.raises(ArgumentError, match=r"`callbacks` .* `pretrained=False`"):
        rc.Forecaster(h=H).fit(table(), progress="quiet", callbacks=[object()])


@pytest.mark.slow
def test_a_saved_model_names_its_weights_and_forecasts_the_same(monkeypatch, tmp_path):
    take(monkeypatch, 1)
    model = fit(table())
    model.save(tmp_path / "model")
    loaded = rc.load(tmp_path / "model")
    assert loaded.config.pretrained == "2026-1"
    assert loaded.history.start == "half-way"
    assert_array_equal(loaded.predict_array(h=30), model.predict_array(h=30))


@pytest.mark.slow
def test_a_saved_model_draws_its_paths_as_before(monkeypatch, tmp_path):
    shipped = replace(load_pretrained("2026-1"), stride=2.5)
    monkeypatch.setattr(pretrained_fit, "load_pretrained", lambda _: shipped)
    model = fit(table(2), train=False)
    model.save(tmp_path / "model")
    loaded = rc.load(tmp_path / "model")
    assert_array_equal(loaded.predict_array(h=100), model.predict_array(h=100))
    with_ends = loaded.predict(h=100, level=80)
    assert_array_equal(with_ends["Rollcast"], loaded.predict(h=100)["Rollcast"])
    wide = model.predict(h=3, level=[80, 95])
    assert wide.columns.tolist()[2:] == [
        "Rollcast",
        "Rollcast-lo-95",
        "Rollcast-lo-80",
        "Rollcast-hi-80",
        "Rollcast-hi-95",
    ]
    assert (wide["Rollcast-lo-95"] <= wide["Rollcast-lo-80"]).all()
    assert (wide["Rollcast-hi-80"] >= wide["Rollcast"]).all()


def test_a_checkpoint_that_is_not_written_is_told_of(tmp_path):
    model = rc.Forecaster(h=H)
    with pytest.warns(RollcastWarning, match="No `checkpoint` was written"):
        model.fit(table(), progress="quiet", checkpoint=tmp_path / "kept")


def test_intervals_are_drawn_as_bands():
    model = fit(table(), train=False)
    axis = model.plot(h=6, level=[80, 95]).axes[0]
    assert {"80 %", "95 %"} <= {text.get_text() for text in axis.get_legend().get_texts()}


def test_the_verdict_calls_it_by_its_name():
    model = fit(table(), train=False)
    assert "Rollcast" in model.history.verdict
    assert "the Rollcast" not in model.history.verdict
