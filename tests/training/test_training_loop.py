from __future__ import annotations

import math
import os
import signal
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tasks import linear, make_task, run_epochs, trainable

from rollcast.training import training_loop
from rollcast.training.progress import Quiet
from rollcast.training.run import Run
from rollcast.training.stopping import Rules
from rollcast.training.task import Validation
from rollcast.training.training_loop import Interrupt


def falling(values: list[float]) -> Any:
    numbers = iter(values)
    return lambda weights: Validation(0.0, 0.0, next(numbers))


class Told(Quiet):
    def __init__(self):
        self.blocks: list[tuple[int, int, int]] = []
        self.epochs: list[int] = []

    def block(self, epoch, done, total):
        self.blocks.append((epoch, done, total))

    def epoch(self, number, record):
        self.epochs.append(number)


def test_it_trains_all_epochs_and_keeps_the_weights_of_the_best():
    kept: list[Run] = []
    task = make_task(linear(), validate=falling([3, 1, 2]))
    run = run_epochs(task, 3, keep=kept.append)
    assert run.stop.sentence == "all 3 epochs done"
    assert (run.best_epoch, run.best_value) == (2, 1)
    after_two = next(k for k in kept if len(k.epochs) == 2)
    assert_array_equal(run.best.trainable[0], after_two.position.weights.trainable[0])
    assert np.abs(np.asarray(run.best.trainable[0]) - trainable(run)[0]).max() > 1e-4


def test_the_best_epoch_is_that_of_the_squared_error_where_those_decide():
    errors = iter([Validation(0.0, 3.0, 1.0), Validation(0.0, 1.0, 2.0), Validation(0.0, 2.0, 3.0)])
    task = replace(make_task(linear(), validate=lambda _: next(errors)), squared=True)
    run = run_epochs(task, 3)
    assert (run.best_epoch, run.best_value) == (2, 1.0)


def test_without_validation_the_training_loss_chooses():
    run = run_epochs(make_task(linear()), 4)
    assert run.best_epoch == int(np.argmin([e.loss for e in run.epochs])) + 1
    assert run.best_value == min(e.loss for e in run.epochs)
    assert all(math.isnan(e.validation.loss) for e in run.epochs)


def test_patience_ends_it_in_words():
    task = make_task(linear(), validate=falling([5, 3, 4, 4, 2]))
    run = run_epochs(task, 9, rules=Rules(max_epochs=9, patience=2))
    assert len(run.epochs) == 4
    assert run.stop.sentence == "no better validation error for 2 epochs after 2"


def test_a_forecast_that_runs_off_once_is_not_the_best_for_good():
    task = make_task(linear(), validate=falling([math.nan, 7, math.nan, 6]))
    run = run_epochs(task, 4)
    assert (run.best_epoch, run.best_value) == (4, 6)
    never = run_epochs(make_task(linear(), validate=falling([math.nan] * 3)), 3)
    assert never.best_epoch == 1


def test_a_run_goes_on_where_it_stood():
    task = make_task(linear(dropout=0.3), "adam")
    whole = run_epochs(task, 4)
    half = run_epochs(task, 2)
    assert half.stop.sentence == "all 2 epochs done"
    rest = run_epochs(task, 4, replace(half, stop=None))
    for one, other in zip(trainable(rest), trainable(whole), strict=True):
        assert_array_equal(one, other)
    assert [e.loss for e in rest.epochs] == [e.loss for e in whole.epochs]


@pytest.mark.parametrize(("first", "seconds"), [(1, 1e-9), (2, 1e-9), (16, 10.0)])
def test_the_size_of_blocks_changes_no_bit(monkeypatch, first: int, seconds: float):
    expected = run_epochs(make_task(linear(dropout=0.3), "adam"), 2)
    monkeypatch.setattr(training_loop, "FIRST_BLOCK", first)
    monkeypatch.setattr(training_loop, "BLOCK_SECONDS", seconds)
    told = Told()
    run = run_epochs(make_task(linear(dropout=0.3), "adam"), 2, listener=told)
    assert len(told.blocks) == {1: 14, 2: 13, 16: 2}[first]
    for one, other in zip(trainable(run), trainable(expected), strict=True):
        assert_array_equal(one, other)
    assert [e.loss for e in run.epochs] == [e.loss for e in expected.epochs]


def test_everybody_is_told_of_every_block_and_epoch(monkeypatch):
    monkeypatch.setattr(training_loop, "FIRST_BLOCK", 4)
    monkeypatch.setattr(training_loop, "BLOCK_SECONDS", 10.0)
    told, kept = Told(), []
    run_epochs(make_task(linear()), 2, listener=told, keep=kept.append)
    assert told.blocks == [(1, 4, 7), (1, 7, 7), (2, 7, 7)]
    assert told.epochs == [1, 2]
    assert [(len(run.epochs), run.batch) for run in kept] == [
        (0, 4),
        (0, 7),
        (1, 0),
        (1, 7),
        (2, 0),
    ]


def test_a_loss_that_is_no_number_stops_with_the_best_weights_before_it():
    task = make_task(linear(), learning_rate=1e25)
    start = [np.array(w) for w in task.model.get_weights()]
    run = run_epochs(task, 5)
    assert len(run.epochs) == 1
    assert run.stop.sentence.startswith("loss ")
    assert run.best_epoch == 0
    assert_array_equal(run.best.trainable[0], start[0])
    assert len(run.warnings) == 1
    assert "in epoch 1, and training stopped with the best weights before it" in run.warnings[0]


def test_ctrl_c_stops_after_the_block(monkeypatch):
    monkeypatch.setattr(training_loop, "FIRST_BLOCK", 2)
    monkeypatch.setattr(training_loop, "BLOCK_SECONDS", 1e-9)

    class Presses(Quiet):
        def block(self, epoch, done, total):
            if (epoch, done) == (2, 3):
                os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with Interrupt().watch() as interrupt:
        run = run_epochs(make_task(linear()), 5, listener=Presses(), interrupt=interrupt)
    assert signal.getsignal(signal.SIGINT) is before
    assert interrupt.pressed
    assert run.stop.sentence == "interrupted in epoch 2"
    assert (len(run.epochs), run.batch, run.best_epoch) == (1, 3, 1)


def test_a_second_ctrl_c_breaks_off_at_once():
    with Interrupt().watch() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.pressed
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_outside_the_main_thread_nothing_is_caught():
    seen: list[Any] = []

    def work() -> None:
        before = signal.getsignal(signal.SIGINT)
        with Interrupt().watch() as interrupt:
            seen.append((signal.getsignal(signal.SIGINT) is before, interrupt.pressed))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(True, False)]
