"""Compiled blocks of updates, against stock Keras on the same batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tasks import (
    BATCH,
    SERIES,
    WINDOW,
    linear,
    make_task,
    order_of,
    run_epochs,
    trainable,
)

from rollcast.networks.network import assign_weights
from rollcast.runtime.backend import load_keras
from rollcast.training.run import start_run
from rollcast.training.task import ZERO, Position, run_block, run_model

keras = load_keras()


def lstm(seed: int = 0) -> Any:
    kernel = keras.initializers.GlorotUniform(seed=seed)
    cell = keras.layers.LSTM(
        4, kernel_initializer=kernel, recurrent_initializer=keras.initializers.Orthogonal(seed=seed)
    )
    return keras.Sequential(
        [keras.Input((WINDOW, 1)), cell, keras.layers.Dense(1, kernel_initializer=kernel)]
    )


def windows(order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inputs = np.stack([SERIES[i : i + WINDOW] for i in order])[..., None]
    return inputs, SERIES[order + WINDOW][:, None]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_training_equals_stock_keras_on_the_same_batches(optimizer: str):
    """Losses and weights of three epochs; the last batch of six windows is not dropped."""
    model, stock = lstm(), lstm()
    stock.set_weights(model.get_weights())
    kind = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}[optimizer]
    stock.compile(optimizer=kind(learning_rate=0.05), loss="mse")
    losses = []
    for epoch in range(3):
        inputs, targets = windows(order_of(epoch))
        total = 0.0
        for first in range(0, len(inputs), BATCH):
            batch = slice(first, first + BATCH)
            stock.reset_metrics()
            loss = float(stock.train_on_batch(inputs[batch], targets[batch]))
            total += loss * len(inputs[batch])
        losses.append(total / len(inputs))
    run = run_epochs(make_task(model, optimizer), 3)
    assert_allclose([e.loss for e in run.epochs], losses, rtol=1e-5)
    for ours, theirs in zip(trainable(run), stock.get_weights(), strict=True):
        assert_allclose(ours, theirs, atol=1e-5)


def test_an_epochs_numbers_are_means_over_its_windows():
    """With a learning rate of zero the weights stand still, and the epoch is one long batch."""
    model = linear()
    run = run_epochs(make_task(model, learning_rate=0.0 + 1e-30), 1)
    inputs, targets = windows(np.arange(54))
    outputs = np.asarray(model(inputs))
    error = outputs - targets
    (epoch,) = run.epochs
    assert_allclose(epoch.loss, (error**2).mean(), rtol=1e-5)
    assert_allclose(epoch.rmse, np.sqrt((error**2).mean()), rtol=1e-5)
    assert_allclose(epoch.mae, np.abs(error).mean(), rtol=1e-5)
    shuffled = outputs[order_of(0), 0]
    batches = [shuffled[i : i + BATCH] for i in range(0, 54, BATCH)]
    variance = sum(((b - b.mean()) ** 2).sum() for b in batches) / 54
    assert_allclose(epoch.output_deviation, np.sqrt(variance), rtol=1e-4)


@pytest.mark.bits
@pytest.mark.parametrize("cuts", [(7,), (1, 3, 7), (1, 2, 3, 4, 5, 6, 7)])
def test_the_bits_do_not_depend_on_where_an_epoch_is_cut(cuts: tuple[int, ...]):
    task = make_task(linear(dropout=0.3), "adam")
    whole = run_epochs(task, 1)
    start = start_run(task)
    position, sums, first = start.position, ZERO, 0
    plan, total = task.plan(0)
    assert total == 7
    for last in cuts:
        position, sums = run_block(task, position, sums, plan, first, last)
        first = last
    assert_array_equal(sums.loss / sums.weight, whole.epochs[0].loss)
    for one, other in zip(position.weights.trainable, trainable(whole), strict=True):
        assert_array_equal(one, other)


def test_dropout_draws_anew_for_every_batch():
    task = make_task(linear(dropout=0.5))
    run = start_run(task)
    plan, _ = task.plan(0)
    seen = []
    for i in range(3):
        position, _ = run_block(task, run.position, ZERO, plan, i, i + 1)
        run = run.__class__(position=position, best=run.best)
        seen.append(np.asarray(position.weights.fixed[0]).tolist())
    assert len({tuple(s) for s in seen}) == 3
    with_mask = run_epochs(make_task(linear(dropout=0.5)), 1)
    without = run_epochs(make_task(linear()), 1)
    assert with_mask.epochs[0].loss != without.epochs[0].loss


def test_penalties_of_layers_move_the_weights_but_are_no_part_of_the_loss():
    strong = make_task(linear(kernel_regularizer=keras.regularizers.L2(10.0)))
    run, plain = run_epochs(strong, 3), run_epochs(make_task(linear()), 3)
    assert np.abs(trainable(run)[0]).max() < 0.2 * np.abs(trainable(plain)[0]).max()
    first = strong.plan(0)
    _, sums = run_block(strong, start_run(strong).position, ZERO, first[0], 0, 1)
    _, bare = run_block(
        make_task(linear()), start_run(make_task(linear())).position, ZERO, first[0], 0, 1
    )
    assert sums.loss == pytest.approx(bare.loss)


def test_states_pass_from_batch_to_batch():
    """A model that counts its batches in its state and adds the count to its output."""
    start, count = keras.Input((WINDOW, 1)), keras.Input((1,))
    summed = keras.layers.Dense(1)(keras.layers.Flatten()(start))
    counted = keras.ops.add(count, 1.0)
    model = keras.Model([start, count], [summed + counted, counted])
    task = make_task(model)
    zeros = (np.zeros((BATCH, 1), np.float32),)
    object.__setattr__(task, "states", zeros)
    object.__setattr__(
        task,
        "forward",
        lambda weights, batch, states: run_model(model, weights, [batch.inputs, *states]),
    )
    plan, total = task.plan(0)
    position, _ = run_block(task, start_run(task).position, ZERO, plan, 0, total)
    assert np.asarray(position.states[0]).ravel().tolist() == [7.0] * BATCH
    # The next epoch begins with the task's own states again.
    run = run_epochs(task, 2)
    assert np.asarray(run.position.states[0]).ravel().tolist() == [7.0] * BATCH


def test_a_task_is_told_by_structure_optimizer_loss_and_windows():
    key = make_task(linear()).key
    assert make_task(linear(seed=5), learning_rate=0.7).key == key
    for other in (
        make_task(linear(dropout=0.1)),
        make_task(linear(), "adam"),
        make_task(linear(), loss="mae"),
        make_task(linear(), clip_norm=1.0),
        make_task(linear(), learning_rate=keras.optimizers.schedules.CosineDecay(0.1, 9)),
    ):
        assert other.key != key


def test_the_weights_in_the_model_are_not_touched_by_training():
    model = linear()
    before = model.get_weights()
    run = run_epochs(make_task(model), 2)
    for one, other in zip(before, model.get_weights(), strict=True):
        assert_array_equal(one, other)
    assign_weights(model, run.position.weights)
    assert np.abs(model.get_weights()[0] - before[0]).max() > 1e-3
    assert isinstance(run.position, Position)
