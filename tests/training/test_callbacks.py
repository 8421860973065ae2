from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tasks import linear, make_task, run_epochs, trainable

from rollcast.errors import ArgumentError
from rollcast.runtime import programs
from rollcast.runtime.backend import load_keras
from rollcast.training.task import Validation

keras = load_keras()


class Diary(keras.callbacks.Callback):
    """Writes down what it is told and what it sees in the model."""

    def __init__(self):
        super().__init__()
        self.calls: list[str] = []
        self.logs: list[dict[str, float]] = []
        self.weights: list[list[np.ndarray]] = []
        self.rates: list[float] = []

    def on_train_begin(self, logs=None):
        self.calls.append("train begin")

    def on_train_end(self, logs=None):
        self.calls.append("train end")

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(f"epoch {epoch} begin")

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(f"epoch {epoch} end")
        self.logs.append(dict(logs))
        self.weights.append([np.array(w) for w in self.model.get_weights()])
        self.rates.append(float(self.model.optimizer.learning_rate))


def scripted(losses: Sequence[float], maes: Sequence[float] | None = None) -> Any:
    """A validation that gives these numbers, one epoch after the other."""
    numbers = iter(list(zip(losses, maes or losses, strict=True)))

    def validate(weights: Any) -> Validation:
        loss, mae = next(numbers)
        return Validation(loss, math.sqrt(loss), mae)

    return validate


def test_they_are_called_in_keras_order_with_the_usual_logs():
    diary = Diary()
    run = run_epochs(make_task(linear(), validate=scripted([3, 2])), 2, callbacks=[diary])
    assert diary.calls == [
        "train begin",
        "epoch 0 begin",
        "epoch 0 end",
        "epoch 1 begin",
        "epoch 1 end",
        "train end",
    ]
    first, second = diary.logs
    assert set(first) == {"loss", "rmse", "mae", "val_loss", "val_rmse", "val_mae"}
    assert first["loss"] == run.epochs[0].loss
    assert (second["val_loss"], second["val_mae"]) == (2, 2)


def test_without_validation_there_are_no_such_logs():
    diary = Diary()
    run_epochs(make_task(linear()), 1, callbacks=[diary])
    assert set(diary.logs[0]) == {"loss", "rmse", "mae"}


def test_they_see_the_real_weights_and_change_nothing_by_looking():
    diary = Diary()
    watched = run_epochs(make_task(linear(), "adam"), 3, callbacks=[diary])
    alone = run_epochs(make_task(linear(), "adam"), 3)
    for one, other in zip(trainable(watched), trainable(alone), strict=True):
        assert_array_equal(one, other)
    for epoch in range(3):
        after = run_epochs(make_task(linear(), "adam"), epoch + 1)
        for seen, expected in zip(diary.weights[epoch], trainable(after), strict=True):
            assert_array_equal(seen, expected)


def test_weights_that_a_callback_sets_are_trained_on():
    class Reset(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.set_weights([0 * w for w in self.model.get_weights()])

    run = run_epochs(make_task(linear()), 2, callbacks=[Reset()])
    assert run.epochs[0].loss != run.epochs[1].loss  # another order of the batches
    assert abs(run.epochs[0].loss / run.epochs[1].loss - 1) < 0.2  # but the same start


def test_early_stopping_stops_and_its_restored_weights_are_the_best():
    diary = Diary()
    validate = scripted([3, 1, 2, 2, 9], [5, 5, 4, 5, 5])  # by MAE, epoch 3 would be the best
    stop = keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    run = run_epochs(make_task(linear(), validate=validate), 5, callbacks=[stop, diary])
    assert len(run.epochs) == 4
    assert run.stop.sentence == "a callback stopped training after epoch 4"
    assert run.best_epoch == 2
    for best, seen in zip(run.best.trainable, diary.weights[1], strict=True):
        assert_array_equal(best, seen)


def test_without_restoring_the_best_epoch_is_ours():
    diary = Diary()
    validate = scripted([3, 1, 2, 2, 9], [5, 5, 4, 5, 5])
    stop = keras.callbacks.EarlyStopping("val_loss", patience=2)
    run = run_epochs(make_task(linear(), validate=validate), 5, callbacks=[stop, diary])
    assert (len(run.epochs), run.best_epoch) == (4, 3)
    for best, seen in zip(run.best.trainable, diary.weights[2], strict=True):
        assert_array_equal(best, seen)


def test_the_rate_that_a_plateau_lowers_is_trained_with_and_compiles_nothing():
    lower = keras.callbacks.ReduceLROnPlateau("val_loss", factor=1e-9, patience=1)
    diary = Diary()
    task = make_task(linear(), learning_rate=0.05, validate=scripted([1, 2, 3, 4]))
    run_epochs(make_task(linear()), 1)
    before = programs.count()
    run_epochs(task, 4, callbacks=[lower, diary])
    assert programs.count() == before
    assert_allclose(diary.rates, [0.05, 5e-11, 5e-20, 5e-29], rtol=1e-5)
    moved = [
        np.abs(a[0] - b[0]).max() for a, b in zip(diary.weights[1:], diary.weights, strict=False)
    ]
    assert moved[0] > 1e-4
    assert max(moved[1:]) < 1e-8


def test_a_scheduled_rate_is_trained_with():
    rates = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate if epoch < 2 else 0.0)
    diary = Diary()
    run_epochs(make_task(linear()), 4, callbacks=[rates, diary])
    assert np.abs(diary.weights[1][0] - diary.weights[0][0]).max() > 1e-4
    assert_array_equal(diary.weights[2][0], diary.weights[1][0])
    assert_array_equal(diary.weights[3][0], diary.weights[1][0])


def test_stop_training_is_honoured_after_the_epoch():
    class Enough(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    run = run_epochs(make_task(linear()), 9, callbacks=[Enough()])
    assert len(run.epochs) == 2
    assert run.stop.sentence == "a callback stopped training after epoch 2"
    # The next run on the same model starts free.
    assert len(run_epochs(make_task(linear()), 3, callbacks=[Diary()]).epochs) == 3


def test_a_checkpoint_callback_by_epochs_writes_the_best_weights(tmp_path):
    keep = keras.callbacks.ModelCheckpoint(
        tmp_path / "best.weights.h5",
        monitor="val_loss",
        save_best_only=True,
        save_weights_only=True,
    )
    diary = Diary()
    run_epochs(make_task(linear(), validate=scripted([2, 1, 3])), 3, callbacks=[keep, diary])
    model = linear(seed=9)
    model.load_weights(tmp_path / "best.weights.h5")
    for one, other in zip(model.get_weights(), diary.weights[1], strict=True):
        assert_array_equal(one, other)


def batch_hook() -> Any:
    class EveryBatch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    return EveryBatch()


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (batch_hook(), "EveryBatch overrides on_train_batch_end"),
        (
            keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: None),
            "LambdaCallback overrides on_train_batch_begin",
        ),
        (keras.callbacks.ModelCheckpoint("x.keras", save_freq=5), "overrides on_train_batch_end"),
        (print, "`callbacks` must be Keras callbacks; got a builtin_function_or_method"),
    ],
)
def test_a_callback_that_wants_every_batch_is_refused_in_a_sentence(callback, message):
    with pytest.raises(ArgumentError, match=message):
        run_epochs(make_task(linear()), 1, callbacks=[callback])
