"""Which readout is taken: the one that clearly does better when it runs freely."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import rollcast as rc
from rollcast.data.origins import Origins
from rollcast.errors import ArgumentError
from rollcast.fitting import fit as course
from rollcast.fitting import judging
from rollcast.fitting.choose_readout import NEGLIGIBLE, Choice, _is_better, _safest
from rollcast.networks.recurrent import keras
from rollcast.training.validation import ErrorsByTime

SINE = 0.5 + 0.5 * np.sin(2 * np.pi * np.arange(500) / 40)
KNOWN = 420
TINY: dict[str, Any] = {"hidden_size": 12, "h": 20, "max_epochs": 3, "batch_size": 4, "seed": 1}


def fit(data: Any = None, **options: Any) -> rc.Forecaster:
    model = rc.Forecaster(**TINY | options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rc.RollcastWarning)
        model.fit(SINE[:KNOWN] if data is None else data, progress="quiet")
    return model


@cache
def fitted(**options: Any) -> rc.Forecaster:
    """One fit of the sine for all tests that read it and leave it as it is."""
    return fit(**options)


def loop_error(model: rc.Forecaster) -> float:
    return float(np.abs(model.predict_array(h=80)[0] - SINE[KNOWN:]).max())


def choice(penalty: float, *errors: float) -> Choice:
    nothing: Any = None
    return Choice(nothing, nothing, nothing, nothing, "trained", penalty, errors_of(errors))


def errors_of(values: Any) -> ErrorsByTime:
    """Errors of one series at origins that lie one step apart."""
    return ErrorsByTime(np.array(values), np.ones(len(values)), np.arange(len(values)))


def better(mine: Any, mark: Any) -> bool:
    return _is_better(errors_of(mine), errors_of(mark), 1)


def test_of_penalties_with_like_errors_the_largest_is_taken():
    tried = [choice(1e-9, 1.0, 1.0), choice(1e-5, 1.0, 1.01), choice(1e-1, 2.0, 2.0)]
    chosen = _safest(tried)
    assert chosen is not None
    assert chosen.penalty == 1e-5


def test_errors_that_are_as_good_as_none_count_as_equal():
    chosen = _safest([choice(1e-15, NEGLIGIBLE / 100), choice(1e-12, NEGLIGIBLE / 2)])
    assert chosen is not None
    assert chosen.penalty == 1e-12
    low, lower = np.full(8, NEGLIGIBLE / 3), np.full(8, NEGLIGIBLE / 30)
    assert not better(lower, low)


def test_forecasts_that_are_no_numbers_are_never_taken():
    assert _safest([choice(1e-9, np.inf, 1.0)]) is None
    assert not better([np.inf, 1.0], [9.0, 9.0])
    assert not better([], [])
    assert better([1.0, 1.0], [np.inf, 9.0])


def test_a_readout_is_taken_if_it_halves_the_error_or_is_better_for_certain():
    mark = np.ones(64)
    assert better(mark * 0.4, mark)
    assert better(mark[:2] * 0.4, mark[:2])  # in as few windows as there are
    assert not better(mark, mark)
    assert not better(mark * 1.1, mark)
    noise = np.random.default_rng(0).uniform(-0.2, 0.2, 64)
    assert better(mark - 0.1 + noise, mark)
    assert not better(mark - 0.01 + noise, mark)
    assert not better((mark - 0.1 + noise)[:4], mark[:4])


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"cell": "lstm"},
        {"cell": "gru", "num_layers": 2},
        {"cell": "rnn"},
        {"cell": "esn", "hidden_size": 40},
        {"stateful": True, "batch_size": 1},
        {"max_epochs": 0},
        {"reading": "window", "input_size": 30, "output_size": 5},
    ],
)
def test_a_clean_loop_holds_once_the_readout_is_solved(options: dict[str, Any]):
    model = fitted(**options)
    assert "solved on" in model.history.defaults
    assert loop_error(model) < 0.01
    assert model.fitted.card.refitted


def test_gradients_alone_leave_the_loop_far_off():
    model = fitted(readout="gradient")
    assert "solved" not in model.history.defaults
    assert loop_error(model) > 0.03


def test_where_there_is_nothing_to_learn_the_readout_backs_off():
    noise = np.random.default_rng(0).standard_normal(300).cumsum()
    backed = [
        "solved" not in fit(noise, seed=seed, h=6, hidden_size=8).history.defaults
        for seed in range(4)
    ]
    assert sum(backed) >= 3


def test_a_solved_model_is_saved_and_loaded_with_its_readout(tmp_path):
    for options in ({"cell": "lstm"}, {"cell": "esn", "hidden_size": 40}):
        model = fitted(**options)
        model.save(tmp_path / "m.rollcast")
        again = rc.load(tmp_path / "m.rollcast")
        assert_array_equal(again.predict_array(h=60), model.predict_array(h=60))
        assert again.history.defaults == model.history.defaults


@pytest.mark.bits
def test_the_same_seed_gives_the_same_bits():
    assert_array_equal(fit().predict_array(h=60), fitted(cell="lstm").predict_array(h=60))


def test_ridge_is_solved_on_the_trained_recurrence_whatever_validation_says():
    noise = np.random.default_rng(0).standard_normal(300).cumsum()
    model = fit(noise, readout="ridge", h=6)
    assert "solved on the recurrence" in model.history.defaults


def test_a_head_that_cannot_be_solved_is_named(monkeypatch):
    body = fitted(cell="lstm").network.body
    read = keras.Input((None, body.outputs[0].shape[-1]))
    hidden = keras.layers.Dense(4, activation="tanh")(read)
    head = keras.Model(read, keras.layers.Dense(5)(hidden))
    monkeypatch.setattr(course, "train", None)  # before any training
    with pytest.raises(ArgumentError, match="the head must be one linear Dense layer"):
        rc.Forecaster(network=(body, head), readout="ridge", h=20).fit(
            SINE[:KNOWN], progress="quiet"
        )


def test_an_own_network_keeps_its_own_head():
    network = fitted(readout="gradient").network
    model = rc.Forecaster(network=(network.body, network.head), h=20, max_epochs=2)
    model.fit(SINE[:KNOWN], progress="quiet")
    assert model.network.output_size == network.output_size
    assert "solved on" in model.history.defaults


def test_an_echo_state_network_has_no_stock_form(tmp_path):
    model = fitted(cell="esn", hidden_size=40)
    with pytest.raises(ArgumentError, match="no form in stock Keras"):
        model.export_keras(tmp_path / "m.keras")


@pytest.mark.slow
def test_training_through_the_loop_makes_the_loop_better():
    plain, looped = (
        fit(readout="gradient", rollout=rollout, max_epochs=12, output_size=5, patience=None)
        for rollout in (0, 40)
    )
    assert loop_error(looped) < loop_error(plain)


def test_many_series_of_unequal_length_train_statefully():
    frame = pd.concat(
        pd.DataFrame({"unique_id": i, "ds": np.arange(n), "y": SINE[i : n + i]})
        for i, n in enumerate((150, 97, 203))
    )
    model = fit(frame, stateful=True, batch_size=2, h=5, max_epochs=2)
    assert model.predict(h=3).shape[0] == 9
    assert np.isfinite(model.history.loss).all()


@pytest.mark.parametrize("steps", [1, 20])
def test_a_loop_that_fails_is_told_of_where_there_is_a_loop(monkeypatch, steps: int):
    asked: list[tuple[int, ...]] = []

    def fails(origins: Origins, *arrays: np.ndarray) -> str:
        asked.append((len(origins), *(size for array in arrays for size in array.shape)))
        return "The loop fails."

    monkeypatch.setattr(judging, "loop_warning", fails)
    model = fit(readout="gradient", output_size=steps)
    origins = model.history.scores.origins
    assert asked == ([(origins, origins, 20, origins, 20, origins, 1)] if steps == 1 else [])
    assert ("The loop fails." in model.history.warnings) == (steps == 1)
