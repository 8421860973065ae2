"""The public face: fit, predict, evaluate, and what they promise."""

from __future__ import annotations

import copy
import os
import signal
import warnings
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rollcast as rc
from rollcast.errors import (
    ArgumentError,
    ArtifactError,
    DataError,
    NotFittedError,
    RollcastWarning,
    TooShortError,
)
from rollcast.fitting import fit as course
from rollcast.forecasting.reading import forecast_from, read_panel
from rollcast.layers import GRU, LSTM
from rollcast.runtime import programs
from rollcast.runtime.backend import load_keras
from rollcast.tables import to_panel
from rollcast.training import health
from rollcast.training.progress import Quiet
from samples import NAN, wavy

keras = load_keras()

TINY: dict[str, Any] = {
    "hidden_size": 4,
    "h": 3,
    "input_size": 8,
    "batch_size": 4,
    "max_epochs": 2,
    "log": False,
    "anchor": "last",
    "readout": "gradient",
}
SIZES = {"val_size": 8, "test_size": 8, "progress": "quiet"}
VALUES = wavy(60)


def table(values: Any = VALUES, *, start: int = 0, name: str | None = None) -> pd.DataFrame:
    """One series by whole-numbered time; with a name, one of several."""
    frame = pd.DataFrame({"ds": np.arange(start, start + len(values)), "y": values})
    return frame if name is None else frame.assign(unique_id=name)


def fit(data: Any = None, *, quietly: bool = True, **options: Any) -> rc.Forecaster:
    """A tiny model; arguments of ``fit`` are told by their names."""
    own = ("callbacks", "checkpoint", "resume", "final_fit", "unit", "fill")
    given = SIZES | {name: options.pop(name) for name in own if name in options}
    shared = {n: v for n, v in TINY.items() if "network" not in options or n != "hidden_size"}
    model = rc.Forecaster(**shared | options)
    with warnings.catch_warnings():
        if quietly:
            warnings.simplefilter("ignore", RollcastWarning)
        model.fit(table() if data is None else data, **given)
    return model


def values_of(forecast: pd.DataFrame, name: str = "LSTM") -> np.ndarray:
    return forecast[name].to_numpy()


def weights(model: rc.Forecaster) -> list[np.ndarray]:
    return model.network.model.get_weights()


def assert_equal_weights(one: rc.Forecaster, other: rc.Forecaster) -> None:
    for a, b in zip(weights(one), weights(other), strict=True):
        assert_array_equal(a, b)


@pytest.fixture(scope="module")
def model() -> rc.Forecaster:
    return fit()


@pytest.fixture(scope="module")
def several() -> pd.DataFrame:
    return pd.concat(
        [table(wavy(40, gaps=(5,)), name="a"), table(wavy(34, seed=1), start=6, name="b")],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def global_model(several) -> rc.Forecaster:
    return fit(several)


# Fitting


@pytest.mark.slow
def test_the_packaged_airline_series_from_end_to_end(airline):
    model = rc.Forecaster(hidden_size=8, max_epochs=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        history = model.fit(airline, progress="quiet", unit="thousand")
    assert len(history) == 3
    for name in ("loss", "rmse", "mae", "val_loss", "val_rmse", "val_mae", "seconds"):
        assert np.isfinite(getattr(history, name)).all()
    assert history.scores is not None
    assert history.scores.names[:3] == ("LSTM", "naive", "seasonal naive")
    assert history.scores.opponent in history.scores.names
    assert history.verdict.startswith("Over 12 months the LSTM")
    assert "thousand" in history.verdict
    assert history.defaults.startswith("h 12, standard scaling, corrects ")
    assert history.defaults.endswith(" by free-running validation error")
    forecast = model.predict(h=24)
    assert list(forecast.columns) == ["unique_id", "ds", "LSTM"]
    assert forecast["ds"].iloc[[0, -1]].tolist() == [
        pd.Timestamp("1961-01-01"),
        pd.Timestamp("1962-12-01"),
    ]
    made = values_of(forecast)
    assert np.isfinite(made).all()
    assert (np.abs(made / airline["y"].iloc[-12:].mean() - 1) < 1).all()


READINGS: dict[str, dict[str, Any]] = {
    "sequence": {},
    "window": {"reading": "window"},
    "both ways": {"reading": "window", "bidirectional": True},
    "backwards": {"reading": "window", "go_backwards": True},
}
QUICK = [("lstm", "sequence"), ("lstm", "both ways"), ("gru", "window"), ("rnn", "backwards")]
"""Each cell and each reading once; all pairs of them are slow."""


@pytest.mark.parametrize(
    ("cell", "reading"),
    [
        pair if pair in QUICK else pytest.param(*pair, marks=pytest.mark.slow)
        for pair in product(("lstm", "gru", "rnn"), READINGS)
    ],
)
def test_every_cell_and_reading_learns_forecasts_and_sees_the_newest_value(cell, reading):
    model = fit(cell=cell, final_fit=False, **READINGS[reading])
    name = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}[cell]
    assert model.history.loss[1] < model.history.loss[0]
    made = values_of(model.predict(h=7), name)
    assert np.isfinite(made).all()
    assert_allclose(values_of(model.predict(h=3), name), made[:3], rtol=1e-6)
    moved = VALUES.copy()
    moved[-1] += 0.5
    # The whole history again, its last value moved: it is read anew.
    other = values_of(model.predict(table(moved), h=7), name)
    assert abs(other[0] - made[0]) > 1e-3
    assert_allclose(values_of(model.predict(table(), h=7), name), made, rtol=1e-6)


@pytest.mark.slow
def test_fifty_fits_of_one_configuration_compile_once():
    fit(max_epochs=1, final_fit=False).predict()

    def memory() -> int:
        told = Path("/proc/self/statm")
        return int(told.read_text().split()[1]) * 4096 if told.exists() else 0

    count, before = programs.count(), memory()
    for seed in range(50):
        fit(
            table(wavy(60, seed=seed)),
            max_epochs=1,
            seed=seed,
            learning_rate=0.001 * (seed + 1),
            final_fit=False,
        ).predict()
    assert programs.count() == count
    assert memory() - before < 100e6


def test_the_last_run_over_all_rows_compiles_nothing_more():
    fit(final_fit=False)
    count = programs.count()
    assert fit(final_fit=True).fitted.card.refitted
    assert programs.count() == count


@pytest.mark.bits
def test_the_same_seed_gives_the_same_bits_and_another_others(model):
    again, other = fit(), fit(seed=1)
    assert_equal_weights(model, again)
    assert_array_equal(values_of(model.predict(h=9)), values_of(again.predict(h=9)))
    assert again.history.loss == model.history.loss
    assert other.history.loss != model.history.loss
    assert not np.allclose(values_of(other.predict()), values_of(model.predict()), rtol=1e-6)


def test_fitting_twice_starts_afresh(model):
    again = fit()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        again.fit(table(), **SIZES)
    assert_equal_weights(model, again)


def test_nothing_after_the_training_part_moves_scaling_losses_or_weights():
    """Validation and test rows are moved: the course of training stays the same bit by bit."""
    moved = VALUES.copy()
    moved[44:] = 100 - moved[44:]
    one = fit(final_fit=False, patience=None)
    other = fit(table(moved), final_fit=False, patience=None)
    assert one.history.loss == other.history.loss
    assert one.history.val_loss != other.history.val_loss
    for name in ("shift", "scale"):
        a, b = (getattr(m.fitted.state.preparation.scaler, name) for m in (one, other))
        assert_array_equal(a, b)
    assert one.fitted.state.preparation.anchor_error == other.fitted.state.preparation.anchor_error


def test_the_test_part_is_not_looked_at_by_any_choice():
    moved = VALUES.copy()
    moved[52:] += 1000
    options = {"final_fit": False, "log": "auto", "max_epochs": 3}
    one, other = fit(**options), fit(table(moved), **options)
    assert_equal_weights(one, other)
    assert (one.fitted.model.log, one.fitted.model.lag) == (
        other.fitted.model.log,
        other.fitted.model.lag,
    )
    assert one.history.val_mae == other.history.val_mae
    assert one.history.best_epoch == other.history.best_epoch
    assert one.history.verdict != other.history.verdict


def test_the_last_run_sees_the_newest_rows():
    judged, shipped = fit(final_fit=False), fit()
    assert judged.fitted.card.refitted is False
    assert shipped.fitted.card.refitted is True
    assert shipped.history.loss == judged.history.loss
    assert shipped.history.verdict == judged.history.verdict
    assert np.abs(weights(shipped)[0] - weights(judged)[0]).max() > 1e-4
    scaler = shipped.fitted.state.preparation.scaler
    assert_allclose([scaler.shift[0], scaler.scale[0]], [VALUES.mean(), VALUES.std()])


NOISE = np.random.default_rng(3).normal(size=60)


@pytest.mark.parametrize(
    ("anchor", "series", "newest", "name"),
    [
        ("last", np.cumsum(NOISE) + 50, 1, "naive"),
        ("season", np.tile([20.0, 30.0, 40.0, 50.0], 15) + NOISE / 100, 4, "seasonal naive"),
    ],
)
def test_where_no_epoch_beats_the_anchor_it_forecasts_the_anchor_and_says_so(
    anchor, series, newest, name
):
    """What the anchor forecasts best, and a rate that spoils everything."""
    spoiled: dict[str, Any] = {"learning_rate": 3.0, "optimizer": "sgd", "clip_norm": None}
    with pytest.warns(RollcastWarning, match=f"better on the validation part than {name} alone"):
        model = fit(table(series), quietly=False, anchor=anchor, season_length=4, **spoiled)
    assert model.history.best_epoch == 0
    assert_allclose(values_of(model.predict(h=newest)), series[-newest:], rtol=1e-6)


def test_a_constant_series_is_forecast_as_that_constant():
    with pytest.warns(RollcastWarning) as caught:
        model = fit(table(np.full(60, 7.5)), quietly=False)
    assert_allclose(values_of(model.predict(h=5)), 7.5)
    assert any("is constant" in str(w.message) for w in caught)
    assert not any("dead" in str(w.message) for w in caught)


def test_missing_values_are_part_of_life():
    values = VALUES.copy()
    values[[10, 30, 47, 57]] = NAN
    model = fit(table(values))
    assert model.fitted.card.missing == 4
    assert np.isfinite(values_of(model.predict())).all()


def test_several_series_train_one_network_and_come_back_by_name(several, global_model):
    forecast = global_model.predict()
    assert forecast["unique_id"].tolist() == ["a"] * 3 + ["b"] * 3
    assert forecast["ds"].tolist() == [40, 41, 42, 40, 41, 42]
    made = values_of(forecast)
    assert abs(made[:3].mean() - 20) < 3 < abs(made[3:].mean() - 20) < 8
    assert global_model.history.scores is not None
    assert global_model.history.scores.origins == 2 * 6


# Warnings of training


def not_a_number(y, p):
    return keras.ops.mean(keras.ops.abs(y - p), axis=-1) * NAN


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "relu", "max_epochs": 4}, "The network's output is dead"),
        ({"loss": not_a_number}, "The loss became nan in epoch 1, and training stopped"),
    ],
)
def test_faults_of_training_are_warned_of_once_and_kept(options, message):
    with pytest.warns(RollcastWarning) as caught:
        model = fit(quietly=False, final_fit=False, **options)
    told = [str(w.message) for w in caught]
    assert sum(t.startswith(message) for t in told) == 1
    assert sum(t.startswith(message) for t in model.history.warnings) == 1
    assert np.isfinite(values_of(model.predict())).all()


def test_what_a_trial_warned_of_is_not_said_of_the_run_that_went_on(monkeypatch):
    """A trial of two epochs may look like overfitting; the run of four it becomes does not."""
    monkeypatch.setattr(course, "TRIAL_EPOCHS", 2)
    monkeypatch.setattr(
        health, "overfitting", lambda epochs, best: "Too soon." if len(epochs) == 2 else None
    )
    model = fit(log="auto", max_epochs=4, final_fit=False, patience=None)
    assert len(model.history) == 4
    assert "Too soon." not in model.history.warnings


# Callbacks, Ctrl-C and checkpoints


class Counter(keras.callbacks.Callback):
    def __init__(self, kill_at: int = -1):
        super().__init__()
        self.epochs, self.kill_at = 0, kill_at

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1
        if self.epochs == self.kill_at:
            os.kill(os.getpid(), signal.SIGINT)


def test_callbacks_see_every_epoch_of_the_run_that_is_judged_and_no_other(model):
    counter = Counter()
    watched = fit(callbacks=[counter])
    assert counter.epochs == len(watched.history) == 2
    assert_equal_weights(watched, model)


def test_a_callback_ends_the_fit_and_its_epoch_is_the_length_of_the_last_run():
    stop = keras.callbacks.EarlyStopping(
        "loss", min_delta=1e9, patience=1, restore_best_weights=True
    )
    stopped = fit(callbacks=[stop], max_epochs=9)
    assert stopped.history.stopped == "a callback stopped training after epoch 2"
    assert stopped.history.best_epoch == 1
    assert_equal_weights(stopped, fit(max_epochs=1))


def test_ctrl_c_ends_the_fit_with_the_best_weights_so_far():
    stopped = fit(callbacks=[Counter(kill_at=1)], max_epochs=9)
    assert stopped.history.stopped == "interrupted in epoch 2"
    assert stopped.history.best_epoch == 1
    assert stopped.fitted.card.refitted is False
    assert_equal_weights(stopped, fit(max_epochs=1, final_fit=False))
    assert np.isfinite(values_of(stopped.predict())).all()


class Presses(Quiet):
    """Ctrl-C after the n-th epoch of all runs."""

    left = 0

    def epoch(self, number, record):
        Presses.left -= 1
        if Presses.left == 0:
            os.kill(os.getpid(), signal.SIGINT)


COURSE = {"log": "auto", "max_epochs": 3, "patience": None}
"""Two candidates of three epochs each, the better of which goes on, and the last run."""


@pytest.fixture(scope="module")
def uninterrupted() -> rc.Forecaster:
    return fit(**COURSE)


@pytest.mark.bits
@pytest.mark.parametrize("epochs", [1, 2, 3, 5, 7, 8])
def test_a_resumed_fit_ends_with_the_bits_of_an_uninterrupted_one(
    tmp_path, monkeypatch, uninterrupted, epochs
):
    """Stopped while it tries candidates (1, 2, 5), between stages (3), in the last run (7, 8)."""
    path = tmp_path / "way.back"
    with monkeypatch.context() as patch:
        patch.setattr(course, "make_listener", lambda *_: Presses())
        Presses.left = epochs
        stopped = fit(checkpoint=path, **COURSE)
    assert "interrupted" in stopped.history.stopped
    resumed = fit(checkpoint=path, resume=True, **COURSE)
    assert_equal_weights(resumed, uninterrupted)
    assert resumed.history.loss == uninterrupted.history.loss
    assert resumed.history.val_mae == uninterrupted.history.val_mae
    assert resumed.history.verdict == uninterrupted.history.verdict
    assert resumed.history.warnings == uninterrupted.history.warnings
    assert_array_equal(values_of(resumed.predict()), values_of(uninterrupted.predict()))


@pytest.mark.parametrize("change", [{"hidden_size": 5}, {"seed": 1}, {"data": True}])
def test_a_checkpoint_of_other_data_or_options_is_refused(tmp_path, change):
    path = tmp_path / "way.back"
    fit(checkpoint=path, max_epochs=1)
    data = table(VALUES + 1) if change.pop("data", None) else None
    with pytest.raises(ArtifactError, match="belongs to other data or options; fit with those"):
        fit(data, checkpoint=path, resume=True, **{"max_epochs": 1} | change)


# Forecasting on new rows


def test_before_fit_there_is_nothing_to_ask_for(tmp_path):
    fresh = rc.Forecaster()
    for use in (
        fresh.predict,
        fresh.evaluate,
        fresh.summary,
        lambda: fresh.scores,
        lambda: fresh.save(tmp_path / "x"),
        lambda: fresh.state,
    ):
        with pytest.raises(
            NotFittedError, match=r"has not been fitted yet; call fit\(data\) first"
        ):
            use()


def test_an_array_comes_back_as_steps():
    made = fit(VALUES).predict(h=2)
    assert made["step"].tolist() == [60, 61]
    assert list(made.columns) == ["step", "LSTM"]


@pytest.mark.parametrize("h", [0, -1, 2.5, "3"])
def test_a_horizon_is_a_whole_number(model, h):
    with pytest.raises(ArgumentError, match="`h` must be a whole number of at least 1"):
        model.predict(h=h)


def test_any_horizon_begins_alike(model):
    longest = values_of(model.predict(h=20))
    for h in (1, 2, 3, 4, 11):
        assert_allclose(values_of(model.predict(h=h)), longest[:h], rtol=1e-6)


def after_reading(model: rc.Forecaster, values: Any, h: int = 5) -> np.ndarray:
    """What the model forecasts after reading all these rows of its series anew."""
    fitted = model.fitted
    panel, _, _ = to_panel(np.asarray(values))
    state = read_panel(
        fitted.model.network,
        fitted.model.weights,
        fitted.state.preparation,
        panel,
        ring=fitted.model.sizes.ring,
        window=fitted.model.sizes.window,
    )
    return forecast_from(fitted.model.network, fitted.model.weights, state, h)[0]


NEW = np.array([21.0, NAN, 24.0, 19.5, 22.0])


@pytest.mark.parametrize(
    ("start", "what"), [(60, "new rows"), (55, "an overlap"), (0, "the whole history")]
)
def test_new_rows_of_a_known_series_go_on_from_its_state(model, start, what):
    everything = np.concatenate([VALUES, NEW])
    forecast = model.predict(table(everything[start:], start=start), h=5)
    assert forecast["ds"].tolist() == [65, 66, 67, 68, 69]
    assert_allclose(values_of(forecast), after_reading(model, everything), rtol=1e-5)


def test_rows_that_are_all_known_change_nothing(model):
    forecast = model.predict(table(VALUES[50:60], start=50), h=5)
    assert forecast["ds"].tolist() == [60, 61, 62, 63, 64]
    assert_array_equal(values_of(forecast), values_of(model.predict(h=5)))


@pytest.mark.parametrize("first", [0, 1, 30])
def test_a_forecast_starts_after_the_tables_last_row_also_where_that_is_before_the_end(
    model, first
):
    with pytest.warns(
        RollcastWarning, match="end at 49, before the data of `fit`, which end at 59"
    ):
        forecast = model.predict(table(VALUES[first:50], start=first), h=5)
    assert forecast["ds"].tolist() == [50, 51, 52, 53, 54]
    moved = VALUES.copy()
    moved[49] += 1
    with pytest.warns(RollcastWarning):
        other = model.predict(table(moved[first:50], start=first), h=5)
    assert np.abs(values_of(other) - values_of(forecast)).max() > 1e-3  # it was read


def test_the_models_state_is_not_moved_by_a_forecast(model):
    before = values_of(model.predict())
    model.predict(table(NEW, start=60))
    assert_array_equal(values_of(model.predict()), before)


def test_a_gap_is_refused_by_what_was_expected_and_got(model):
    with pytest.raises(DataError) as caught:
        model.predict(table(NEW, start=62), max_gap=1)
    assert str(caught.value) == (
        "The new rows begin 2 rows after the model's data ended: it expects 60 first, got 62, and at most 1 in a row "
        "may be missing; pass the rows between as well, or a larger max_gap=."
    )
    with pytest.raises(DataError, match=r"begin 1 row after .* and at most 0 in a row"):
        model.predict(table(NEW, start=61), max_gap=0)
    with pytest.raises(DataError, match="begin 21 rows after"):
        model.predict(table(NEW, start=81))


def test_rows_between_the_data_of_fit_and_newer_ones_are_missing_as_in_observe(model):
    assert_array_equal(
        values_of(model.predict(table(NEW, start=62))),
        values_of(model.predict(state=model.observe(table(NEW, start=62)))),
    )
    known = np.concatenate([[NAN, NAN], NEW])
    assert_array_equal(
        values_of(model.predict(table(NEW, start=62))),
        values_of(model.predict(table(known, start=60))),
    )


def test_rows_between_the_steps_are_refused():
    days = pd.date_range("2024-01-01", periods=60, freq="D")
    daily = fit(pd.DataFrame({"ds": days, "y": VALUES}), final_fit=False)
    late = pd.DataFrame({"ds": days[-2:] + pd.Timedelta("54h"), "y": [20.0, 21.0]})
    with pytest.raises(DataError) as caught:
        daily.predict(late)
    assert str(caught.value) == (
        "The new rows begin at 2024-03-01 06:00, and the model expects 2024-03-01 next: no whole "
        "number of steps (day) lies between; correct the times."
    )


def test_revised_rows_are_named_and_the_forecast_goes_on_from_what_was_read(model):
    revised = np.concatenate([VALUES[55:], NEW])
    revised[[1, 3]] += [10, 0.25]
    with pytest.warns(RollcastWarning) as caught:
        forecast = model.predict(table(revised, start=55), h=5)
    (message,) = [str(w.message) for w in caught if "changed" in str(w.message)]
    assert message.startswith(f"2 rows changed since `fit`, the first at 56 ({VALUES[56]:g} then, ")
    assert "goes on from what was read then" in message
    plain = model.predict(table(np.concatenate([VALUES[55:], NEW]), start=55), h=5)
    assert_array_equal(values_of(forecast), values_of(plain))


def test_a_picture_of_older_rows_shows_them_before_their_forecast(model):
    with pytest.warns(RollcastWarning, match="before the data of `fit`"):
        lines = model.plot(table(VALUES[20:40], start=20), h=3).axes[0].lines
    assert_array_equal(lines[0].get_xdata(), np.arange(31, 40))
    assert_array_equal(lines[0].get_ydata(), VALUES[31:40])
    assert_array_equal(lines[-1].get_xdata(), [40, 41, 42])


def test_another_series_without_an_identifier_is_told_to_be_scaled_as_the_known_one(model):
    with pytest.warns(RollcastWarning, match="60 rows changed since .* identifier of its own"):
        model.predict(table(VALUES + 100))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = model.predict(table(VALUES))
    assert_allclose(values_of(again), values_of(model.predict()), rtol=1e-5)


def test_a_wholly_new_series_is_read_from_its_first_row(global_model):
    new = table(wavy(30, seed=4), start=100, name="new")
    forecast = global_model.predict(new)
    assert forecast["unique_id"].tolist() == ["new"] * 3
    assert forecast["ds"].tolist() == [130, 131, 132]
    made = values_of(forecast)
    assert (np.abs(made - 40) < 10).all()  # its own level, unlike that of any known series
    new.loc[29, "y"] += 0.5
    assert abs(values_of(global_model.predict(new))[0] - made[0]) > 1e-3


def test_known_and_new_series_are_forecast_together_as_each_alone(several, global_model):
    parts = [
        table(wavy(30, seed=4), start=100, name="new"),
        table([27.0, 28.0], start=40, name="b"),
        several[several["unique_id"] == "a"],
        table(wavy(12, seed=2), name="newer"),
    ]
    alone = {p["unique_id"].iloc[0]: global_model.predict(p) for p in parts}
    together = global_model.predict(pd.concat(parts, ignore_index=True))
    assert list(dict.fromkeys(together["unique_id"])) == ["new", "b", "a", "newer"]
    for name, forecast in together.groupby("unique_id", sort=False):
        assert forecast["ds"].tolist() == alone[name]["ds"].tolist()
        assert_allclose(values_of(forecast), values_of(alone[name]), rtol=1e-5)


def test_one_series_goes_on_while_another_has_nothing_new(several, global_model):
    old = several[(several["unique_id"] == "b") & several["ds"].between(30, 39)]
    data = pd.concat([table([20.0, 21.0], start=40, name="a"), old], ignore_index=True)
    forecast = global_model.predict(data)
    assert forecast["ds"].tolist() == [42, 43, 44, 40, 41, 42]
    assert_allclose(values_of(forecast)[3:], values_of(global_model.predict())[3:], rtol=1e-6)


def test_a_series_too_short_to_look_back_on_is_forecast_and_said(global_model):
    with pytest.warns(rc.errors.RollcastWarning) as caught:
        forecast = global_model.predict(table([7.0], name="new"))
    assert str(caught[0].message) == (
        "The series 'new' has 1 of the 2 rows that the model looks back on: it is forecast from what there is, with "
        "little to go on."
    )
    assert forecast["ds"].tolist() == [1, 2, 3]
    assert np.isfinite(values_of(forecast)).all()


def test_new_values_without_a_logarithm_are_named():
    logged = fit(log=True)
    with pytest.raises(
        DataError, match="Row 2, at 61, holds -1, and the model takes the logarithm of that"
    ):
        logged.predict(table([20.0, -1.0], start=60))


def test_a_series_too_short_to_fit_is_told_the_least_length():
    with pytest.raises(TooShortError, match=r"it has 18 rows, and at least 2[0-9] are needed"):
        rc.Forecaster(**TINY).fit(table(VALUES[:18]), **SIZES)


@pytest.mark.slow
def test_a_young_series_takes_nothing_from_the_others_and_is_forecast_with_them():
    old = [table(wavy(60, seed=s), name=f"old {s}") for s in range(3)]
    young = [table([20.0, 0.0, 19.0, 21.0, 18.0], name="young"), table([3.0], name="newborn")]
    alone, both = (rc.Forecaster(**TINY) for _ in range(2))
    alone.fit(pd.concat(old), progress="quiet")
    history = both.fit(pd.concat([*old, *young]), progress="quiet")
    assert both.fitted.model.sizes == alone.fitted.model.sizes
    assert history.scores.origins == alone.history.scores.origins
    forecast = both.predict()
    assert len(forecast) == 5 * 3
    assert np.isfinite(values_of(forecast)).all()
    assert history.notes[-1] == (
        "2 of 5 series are too short to be cut into training, validation and test. The shortest is 'newborn' with 1 "
        "row. 1 of them trains, 1 is only forecast, and no score counts them."
    )
    summary = both.evaluate()
    assert summary is history.scores


# Judging


def test_without_a_table_the_scores_of_fit_are_given(model, tmp_path):
    assert model.evaluate() is model.scores is model.history.scores
    model.save(tmp_path / "m.rollcast")
    assert rc.load(tmp_path / "m.rollcast").scores == model.scores
    with pytest.raises(AttributeError):
        model.scores = None


def test_a_model_without_scores_says_how_to_get_some(model):
    unjudged = copy.deepcopy(model)
    report = replace(model.fitted.report, history=replace(model.history, scores=None))
    unjudged._fitted = replace(model.fitted, report=report)
    for ask in (unjudged.evaluate, lambda: unjudged.scores):
        with pytest.raises(
            ArgumentError, match="holds no scores of a test part: evaluate it on a table"
        ):
            ask()
    more = table(np.concatenate([VALUES, wavy(80)[60:70]]))
    assert unjudged.evaluate(more).model == model.evaluate(more).model


def test_only_rows_that_the_weights_have_not_seen_are_judged(model):
    more = np.concatenate([VALUES, wavy(80)[60:70]])
    scores = model.evaluate(table(more))
    assert (scores.h, scores.origins) == (3, 8)
    spoiled = more.copy()
    spoiled[:50] += 500  # known rows are history, and are not judged
    assert model.evaluate(table(spoiled)).origins == 8
    # Against the slow way: forecast from every origin, one after the other.
    errors = [
        np.abs(after_reading(model, more[:origin], 3) - more[origin : origin + 3]).mean()
        for origin in range(60, 68)
    ]
    assert_allclose(scores.model.mae, np.mean(errors), rtol=1e-4)
    naive = [
        np.abs(more[origin - 1] - more[origin : origin + 3]).mean() for origin in range(60, 68)
    ]
    assert_allclose(scores["naive"].mae, np.mean(naive))


def test_with_nothing_new_there_is_nothing_to_judge(model):
    with pytest.raises(TooShortError, match=r"no series has 3 rows .* after those the model saw"):
        model.evaluate(table(np.concatenate([VALUES, NEW[:2]])))


def test_a_new_series_is_judged_without_its_future(global_model):
    """Moving rows behind an origin must not move the forecast made there, by scaling say."""
    values = wavy(40, seed=4)
    fitted = global_model.fitted
    panel, _, _ = to_panel(table(values, name="new"))
    seen: list[np.ndarray] = []

    def judge(panel, origins, forecasts, scale, **_):
        seen.append(forecasts)
        return global_model.scores

    import rollcast.model.fitted as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "judge", judge)
        fitted.evaluate(panel)
        moved = panel.target.copy()
        moved[30:] += 1000
        fitted.evaluate(replace(panel, target=moved))
    one, other = seen
    assert one.shape == (18, 3)  # origins 20 .. 37
    assert_array_equal(one[:11], other[:11])
    assert np.abs(one[11] - other[11]).max() > 1


# A network of one's own


def own_pair(reading: str) -> tuple[Any, Any]:
    """A GRU under a layer that Rollcast has never seen."""

    class Doubled(keras.layers.Layer):
        supports_masking = True

        def call(self, x):
            return 2 * x

    sequence = keras.Input((None, 3))
    mask = keras.Input((None,), dtype="bool")
    if reading == "sequence":
        start = keras.Input((4,))
        hidden, end = GRU(4, return_sequences=True, return_state=True)(
            sequence, initial_state=start, mask=mask
        )
        body = keras.Model([sequence, mask, start], [Doubled()(hidden), end])
    else:
        hidden = LSTM(4)(sequence, mask=mask)
        body = keras.Model([sequence, mask], Doubled()(keras.layers.Reshape((1, 4))(hidden)))
    read = keras.Input((None, 4))
    return body, keras.Model(read, keras.layers.Dense(2)(read))


@pytest.mark.parametrize("reading", ["sequence", "window"])
def test_a_network_of_ones_own_is_fitted_and_stays_as_it_was(reading, tmp_path):
    pair = own_pair(reading)
    before = [w.copy() for m in pair for w in m.get_weights()]
    model = fit(network=pair, reading=reading)
    assert model.config.output_size == 2
    forecast = model.predict(h=5)
    assert list(forecast.columns) == ["ds", "network"]
    assert np.isfinite(forecast["network"]).all()
    for one, other in zip(before, [w for m in pair for w in m.get_weights()], strict=True):
        assert_array_equal(one, other)
    assert np.abs(weights(model)[0] - before[0]).max() > 1e-4
    # Saved, it comes back with the pair given again.
    model.save(tmp_path / "own")
    with pytest.raises(ArtifactError, match=r"load\(path, network=\(body, head\)\)"):
        rc.load(tmp_path / "own")
    loaded = rc.load(tmp_path / "own", network=pair)
    assert_array_equal(loaded.predict(h=5)["network"], forecast["network"])
    # Fitted again, it starts where the first fit did.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RollcastWarning)
        loaded.fit(table(), **SIZES)
    assert_equal_weights(loaded, model)


def test_a_network_of_ones_own_that_training_spoils_keeps_its_first_weights():
    """It need not equal its anchor before training, so nothing is said of naive."""
    pair = own_pair("window")
    with pytest.warns(RollcastWarning, match="than the network before training, so its first"):
        model = fit(
            network=pair,
            reading="window",
            optimizer="sgd",
            learning_rate=1e3,
            clip_norm=None,
            quietly=False,
        )
    for one, other in zip(weights(model), [w for m in pair for w in m.get_weights()], strict=True):
        assert_array_equal(one, other)


def test_a_misfit_is_refused_when_the_forecaster_is_made():
    body, head = own_pair("sequence")
    with pytest.raises(ArgumentError, match="carries states"):
        rc.Forecaster(network=(body, head), reading="window")


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"head": "shared"}, "`head` shapes the network that Rollcast builds"),
        ({"hidden_size": 8}, "leave `hidden_size` out"),
        ({"activation": "tanh"}, "leave `activation` out"),
        ({"output_size": 3}, "the head of `network` has 2 outputs"),
    ],
)
def test_what_would_be_ignored_beside_a_network_of_ones_own_is_refused(option, sentence):
    pair = own_pair("sequence")
    assert rc.Forecaster(network=pair, output_size=2).config.output_size == 2
    with pytest.raises(ArgumentError, match=sentence):
        rc.Forecaster(network=pair, **option)


def test_a_model_and_its_scores_show_what_they_are(model):
    assert repr(rc.Forecaster(cell="gru")) == "Forecaster(GRU, not fitted)"
    assert (
        repr(model) == f"Forecaster(LSTM, h {model.fitted.model.h}, {len(model.state.ids)} series)"
    )
    assert str(model.scores) == f"{model.scores.table()}\n\n{model.scores.verdict}"


def test_the_trained_network_is_exported(model, tmp_path):
    model.export_keras(tmp_path / "trained.keras")
    opened = keras.models.load_model(tmp_path / "trained.keras")
    assert type(opened.layers[2]).__module__.startswith("keras.")
    for one, other in zip(opened.get_weights(), weights(model), strict=True):
        assert_array_equal(one, other)
