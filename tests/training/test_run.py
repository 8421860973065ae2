from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tasks import linear, make_task

from rollcast.networks.network import Weights
from rollcast.training.run import Epoch, Run, finish_epoch, start_run
from rollcast.training.stopping import Stop, StopReason
from rollcast.training.task import Position, Sums, Validation

NOTHING = Weights([], [])


def test_it_starts_with_the_models_weights_or_given_ones():
    task = make_task(linear(), "adam")
    run = start_run(task)
    for one, other in zip(run.position.weights.trainable, task.model.get_weights(), strict=True):
        assert_array_equal(one, other)
    assert run.best is run.position.weights
    assert (run.best_epoch, run.best_value, run.stop, run.epochs) == (0, math.inf, None, ())
    given = Weights([np.ones((6, 1), np.float32), np.zeros(1, np.float32)], [])
    assert start_run(task, given).position.weights is given


def test_an_epochs_record_is_made_of_its_sums():
    epoch = finish_epoch(Sums(6.0, 3.0, 12.0, 4.5, 27.0), Validation(1, 2, 3), 0.5)
    assert epoch == Epoch(2.0, 2.0, 1.5, Validation(1, 2, 3), 3.0, 0.5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_sums_that_ran_off_give_a_record_that_is_not_finite(bad: float):
    epoch = finish_epoch(Sums(bad, 3.0, bad, bad, bad), Validation(1, 2, 3), 0.5)
    assert not math.isfinite(epoch.loss)
    assert math.isnan(epoch.rmse)
    assert math.isnan(epoch.output_deviation)


def test_a_warning_is_kept_once():
    run = (
        Run(position=Position(NOTHING, [], ()), best=NOTHING).warn("One.").warn("Two.").warn("One.")
    )
    assert run.warnings == ("One.", "Two.")


def test_the_history_is_the_runs_curves():
    epochs = tuple(
        Epoch(i, i + 0.1, i + 0.2, Validation(i + 0.3, i + 0.4, i + 0.5), 1.0, 0.6) for i in (1, 2)
    )
    run = Run(
        position=Position(NOTHING, [], ()),
        best=NOTHING,
        epochs=epochs,
        best_epoch=2,
        stop=Stop(StopReason.CALLBACK, "enough"),
        warnings=("One.",),
    )
    history = run.history()
    assert history.loss == (1, 2)
    assert history.rmse == (1.1, 2.1)
    assert history.mae == (1.2, 2.2)
    assert history.val_loss == (1.3, 2.3)
    assert history.val_rmse == (1.4, 2.4)
    assert history.val_mae == (1.5, 2.5)
    assert history.seconds == (0.6, 0.6)
    assert (history.best_epoch, history.stopped, history.warnings) == (2, "enough", ("One.",))
    assert history.stop_reason is StopReason.CALLBACK
