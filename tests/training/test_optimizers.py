from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tasks import linear, make_task, run_epochs, trainable

from rollcast.errors import ArgumentError
from rollcast.runtime.backend import load_keras
from rollcast.training.optimizers import describe_optimizer, make_optimizer
from rollcast.training.run import start_run
from rollcast.training.task import ZERO, run_block

keras = load_keras()


@pytest.mark.parametrize("name", ["rmsprop", "adamw", "nadam", "lion", "adafactor", "ftrl", "muon"])
def test_any_optimizer_of_keras_learns(name: str):
    run = run_epochs(make_task(linear(), name, learning_rate=0.02), 6)
    assert run.epochs[-1].loss < 0.9 * run.epochs[0].loss


def test_a_name_takes_rate_and_clipping():
    made = make_optimizer("adam", learning_rate=0.3, clip_norm=2.0)
    assert isinstance(made, keras.optimizers.Adam)
    assert float(made.learning_rate) == pytest.approx(0.3)
    assert made.global_clipnorm == 2.0
    assert make_optimizer("sgd", learning_rate=0.3).global_clipnorm is None


def test_the_callers_optimizer_is_copied_and_stays_as_it_is():
    mine = keras.optimizers.Adam(0.05, beta_1=0.5)
    task = make_task(linear(), mine)
    assert task.optimizer is not mine
    assert task.optimizer.get_config() == mine.get_config()
    run_epochs(task, 2)
    assert not mine.built
    assert int(mine.iterations) == 0
    # Its own rate and clipping stand; those for names are not forced upon it.
    made = make_optimizer(mine, learning_rate=9.0, clip_norm=9.0)
    assert float(made.learning_rate) == pytest.approx(0.05)
    assert made.global_clipnorm is None


def test_clipping_bounds_the_norm_of_the_whole_gradient():
    task = make_task(linear(), "sgd", learning_rate=1.0, clip_norm=1e-3)
    start = start_run(task)
    position, _ = run_block(task, start.position, ZERO, task.plan(0)[0], 0, 1)
    moves = [
        np.asarray(a) - np.asarray(b)
        for a, b in zip(position.weights.trainable, start.position.weights.trainable, strict=True)
    ]
    assert_allclose(np.sqrt(sum((m**2).sum() for m in moves)), 1e-3, rtol=1e-3)


def test_a_schedule_is_followed():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([6], [0.05, 0.0])
    constant = run_epochs(make_task(linear(), learning_rate=0.05), 1)
    first = run_epochs(make_task(linear(), learning_rate=schedule), 1)
    second = run_epochs(make_task(linear(), learning_rate=schedule), 2)
    assert_allclose(trainable(first)[0], trainable(constant)[0], atol=1e-7)
    assert_allclose(trainable(second)[0], trainable(first)[0], atol=0)


@pytest.mark.parametrize("optimizer", ["adm", None, 3, "loss_scale_optimizer"])
def test_an_unknown_optimizer_is_refused(optimizer):
    with pytest.raises(ArgumentError, match='`optimizer` must be a Keras optimizer such as "adam"'):
        make_optimizer(optimizer, learning_rate=0.1)


def test_programs_do_not_depend_on_names_and_plain_rates():
    sgd = keras.optimizers.SGD
    assert describe_optimizer(sgd(0.1, name="a")) == describe_optimizer(sgd(0.2, name="b"))
    assert describe_optimizer(sgd(0.1)) != describe_optimizer(sgd(0.1, momentum=0.9))
    decay = keras.optimizers.schedules.ExponentialDecay
    assert describe_optimizer(sgd(decay(0.1, 5, 0.9))) != describe_optimizer(
        sgd(decay(0.1, 6, 0.9))
    )


def test_an_optimizer_of_ones_own_is_told_by_its_class():
    def define():
        class Mine(keras.optimizers.SGD):
            pass

        return Mine(0.1)

    assert describe_optimizer(define()) != describe_optimizer(define())


def test_the_moving_average_that_an_optimizer_keeps_is_judged_and_kept():
    task = make_task(linear(), keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.5))
    position = start_run(task).position
    plan, count = task.plan(0)
    average: list[np.ndarray] = []
    for i in range(count):
        position, _ = run_block(task, position, ZERO, plan, i, i + 1)
        newest = [np.asarray(w) for w in position.weights.trainable]
        average = [(a + w) / 2 for a, w in zip(average, newest, strict=True)] if i else newest
    kept = run_epochs(task, 1).best.trainable
    for a, k, w in zip(average, kept, position.weights.trainable, strict=True):
        assert_allclose(k, a, rtol=1e-5)
        assert not np.allclose(k, w, rtol=1e-3)


@pytest.mark.parametrize("rate", [None, 0.01])
def test_reading_an_optimizer_raises_no_warning_of_numpys(rate: float | None):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = make_optimizer("adam", learning_rate=rate)
        assert describe_optimizer(make_optimizer(made)) == describe_optimizer(made)
