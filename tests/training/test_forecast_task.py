"""The task of a Forecaster: what its batches hold, and how its epochs are validated."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.data.origins import Origins, origins_within
from rollcast.data.panel import Panel
from rollcast.forecasting.rolling_origins import forecast_at, forecast_group
from rollcast.forecasting.rollout import forecast_params
from rollcast.networks.build import build_network
from rollcast.networks.distribution import Quantiles
from rollcast.networks.network import assign_weights, weights_of
from rollcast.networks.sizes import Sizes
from rollcast.options import Config
from rollcast.preprocessing.preparation import prepare
from rollcast.preprocessing.series_buffer import SeriesBuffer
from rollcast.training.forecast_task import LEAST_UPDATES, TrainingMode, forecast_task
from rollcast.training.optimizers import make_optimizer
from rollcast.training.plans import Plan, window_starts
from rollcast.training.run import start_run
from rollcast.training.task import ZERO, Task, run_block
from rollcast.training.validation import FreeRunning
from rollcast.training.windows import Batch
from samples import panel_of, rolling, small_network, wavy

RING = 5
PANEL = panel_of(wavy(40, gaps=(12, 33)), wavy(31, seed=1))
ENDS = PANEL.offsets[1:] - 8


def running_on(
    panel: Panel, rows: SeriesBuffer, origins: Origins, sizes: Sizes, h: int
) -> FreeRunning:
    ends = panel.offsets[1:]
    return FreeRunning(rows=rows, origins=origins, ends=ends, sizes=sizes, h=h)


def sizes_of(*, windowed: bool) -> Sizes:
    return Sizes(length=6 if windowed else 12, steps=3, ring=RING, windowed=windowed, batch_size=4)


def task_of(
    *,
    windowed: bool,
    seed: int = 0,
    ends: Any = ENDS,
    panel: Any = PANEL,
    lanes: int = 4,
    **regime: Any,
) -> Task:
    network = small_network(reading="window" if windowed else "sequence")
    known = ENDS if panel.num_series == 2 else ends
    fitted = prepare(
        panel.head(known - panel.offsets[:-1]), "standard", log=False, lag=RING, steps=3
    )
    return forecast_task(
        network,
        make_optimizer("adam", learning_rate=0.01),
        fitted.buffer(panel, ends),
        panel.offsets,
        replace(sizes_of(windowed=windowed), batch_size=lanes),
        TrainingMode(seed=seed, **regime),
    )


def batch_of(task: Task, plan: Plan, update: int = 0, rows: SeriesBuffer | None = None) -> Batch:
    """A task's batch by one compiled program, as in training."""
    return jax.jit(task.batch)(task.data if rows is None else rows, plan, update)


def test_windows_of_an_epoch_are_every_window_once_in_a_new_order():
    task = task_of(windowed=True)
    expected = sorted(window_starts(PANEL.offsets, ENDS, 6)[0].tolist())
    orders = []
    for epoch in range(2):
        plan, count = task.plan(epoch)
        real = plan.weights[:count].ravel() > 0
        starts = plan.starts[:count].ravel()[real].tolist()
        assert sorted(starts) == expected
        orders.append(starts)
    assert orders[0] != orders[1]


def test_chunks_of_an_epoch_pass_over_every_target_equally_often():
    """Where a pass is cut changes from epoch to epoch."""
    task = task_of(windowed=False)
    for epoch in range(2):
        seen, updates = np.zeros(len(PANEL.target), int), 0
        for part in (*task.shorter, task):
            plan, count = part.plan(epoch)
            updates += count
            length = jax.eval_shape(part.batch, part.data, plan, 0).inputs.shape[1]
            for start, s, weight in zip(
                plan.starts[:count].ravel(),
                plan.series[:count].ravel(),
                plan.weights[:count].ravel(),
                strict=True,
            ):
                if weight:
                    rows = np.arange(start, start + length)
                    seen[rows[(rows >= PANEL.offsets[s]) & (rows < ENDS[s] - 1)]] += 1
        assert updates >= LEAST_UPDATES
        for s in range(2):
            inner = seen[PANEL.offsets[s] : ENDS[s] - 1]
            assert (inner == inner[0]).all()
            assert inner[0] > 1
            assert not seen[ENDS[s] - 1 : PANEL.offsets[s + 1]].any()


@pytest.mark.parametrize("windowed", [True, False])
def test_every_epoch_and_the_last_run_over_all_rows_share_one_program(windowed: bool):
    tasks = [task_of(windowed=windowed, seed=s) for s in range(9)]
    sizes = {task.plan(e)[0].starts.shape for task in tasks for e in range(9)}
    final = task_of(windowed=windowed, ends=PANEL.offsets[1:])
    assert sizes == {final.plan(0)[0].starts.shape}
    assert final.key == task_of(windowed=windowed).key


def test_the_order_hangs_on_seed_and_epoch_alone():
    one, same, other = (
        task_of(windowed=False),
        task_of(windowed=False),
        task_of(windowed=False, seed=1),
    )
    assert_array_equal(one.plan(3)[0].starts, same.plan(3)[0].starts)
    assert one.plan(3)[0].starts.tolist() != other.plan(3)[0].starts.tolist()


@pytest.mark.parametrize("windowed", [True, False])
def test_nothing_after_the_training_part_moves_the_weights(windowed: bool):
    values = PANEL.target.copy()
    for s in range(2):
        values[ENDS[s] : PANEL.offsets[s + 1]] = 1e4 * (s + 1)
    moved = PANEL.__class__(**{**vars(PANEL), "target": values})
    ended = []
    for panel in (PANEL, moved):
        task = task_of(windowed=windowed, panel=panel)
        plan, count = task.plan(0)
        position, sums = run_block(task, start_run(task).position, ZERO, plan, 0, count)
        ended.append((position.weights.trainable, sums))
    for one, other in zip(ended[0][0], ended[1][0], strict=True):
        assert_array_equal(one, other)
    assert ended[0][1] == ended[1][1]


def test_only_the_last_row_of_a_window_is_trained_on_and_every_row_of_a_chunk():
    task = task_of(windowed=True)
    plan, _ = task.plan(0)
    assert batch_of(task, plan).targets.shape == (4, 1, 3)
    task = task_of(windowed=False)
    ones = np.ones((1, 4), np.float32)
    plan = Plan(np.array([[0, 12, 40, 52]]), np.array([[0, 0, 1, 1]]), ones, ones, np.int32(0))
    weights = np.asarray(batch_of(task, plan).weights)
    assert weights.shape == (4, 12, 3)
    # A chunk inside a series warms up for an eighth of its length; one that begins the series
    # does not, but the anchor of its first rows lies before the series.
    assert weights[0, :, 0].argmax() == RING - 1
    assert weights[1, :, 0].argmax() == 12 // 8


@pytest.mark.parametrize("windowed", [True, False])
def test_validation_is_the_free_running_error_from_every_origin(windowed: bool):
    h = 4
    network = small_network(reading="window" if windowed else "sequence")
    fitted = prepare(PANEL, "standard", log=False, lag=RING, steps=3)
    rows, sizes = fitted.buffer(PANEL), sizes_of(windowed=windowed)
    origins = origins_within(PANEL.offsets, ENDS, PANEL.offsets[1:], h)
    weights = weights_of(network.model)
    made = forecast_at(network, weights, rows, origins, h=h, ring=RING, window=sizes.window)
    squares, absolutes, hubers = [], [], []
    for m, (s, newest) in enumerate(
        zip(origins.series, origins.places(PANEL.offsets), strict=True)
    ):
        for k in range(h):
            row = int(newest) + 1 + k
            if PANEL.mask[row]:
                error = float(made[m, k] - rows.filled[row]) / float(fitted.anchor_error[s])
                squares.append(error**2)
                absolutes.append(abs(error))
                hubers.append(error**2 / 2 if abs(error) < 1 else abs(error) - 0.5)
    assert len(squares) < len(origins) * h  # a missing value is left out
    running = running_on(PANEL, rows, origins, sizes, h)
    validation = running.validate(network, weights)
    assert_allclose(validation.loss, np.mean(hubers), rtol=1e-4)
    assert_allclose(validation.rmse, np.sqrt(np.mean(squares)), rtol=1e-4)
    assert_allclose(validation.mae, np.mean(absolutes), rtol=1e-4)


def test_validation_looks_at_the_weights_it_is_given_and_not_into_the_model():
    network, other = small_network(), small_network(seed=1)
    fitted = prepare(PANEL, "standard", log=False, lag=RING, steps=3)
    origins = origins_within(PANEL.offsets, ENDS, PANEL.offsets[1:], 4)
    rows, sizes = fitted.buffer(PANEL), sizes_of(windowed=False)
    running = running_on(PANEL, rows, origins, sizes, 4)
    weights = weights_of(other.model)
    expected = running.validate(network, weights)
    assign_weights(network.model, weights)
    assert running.validate(network, weights_of(network.model)) == expected


def test_where_nothing_was_observed_there_is_no_validation_error():
    panel = panel_of([*wavy(20), *[float("nan")] * 8])
    network = small_network()
    fitted = prepare(panel.head(np.array([20])), "standard", log=False, lag=1, steps=3)
    origins = origins_within(panel.offsets, np.array([20]), np.array([28]), 4)
    rows, sizes = fitted.buffer(panel), sizes_of(windowed=False)
    running = running_on(panel, rows, origins, sizes, 4)
    weights = weights_of(network.model)
    assert np.isnan(running.validate(network, weights)).all()
    assert np.isnan(running.errors(network, weights, [(network, weights)])[0].overall)


@pytest.mark.parametrize("windowed", [True, False])
def test_the_error_by_time_averages_to_the_validation_error(windowed: bool):
    panel = panel_of(wavy(40), wavy(31, seed=1))
    network = small_network(reading="window" if windowed else "sequence")
    fitted = prepare(panel, "standard", log=False, lag=RING, steps=3)
    origins = origins_within(panel.offsets, ENDS, panel.offsets[1:], 4)
    rows, sizes = fitted.buffer(panel), sizes_of(windowed=windowed)
    running = running_on(panel, rows, origins, sizes, 4)
    weights = weights_of(network.model)
    errors = running.errors(network, weights, [(network, weights)] * 2)
    assert errors[0].time.tolist() == np.unique(origins.row).tolist()
    assert_allclose(
        [each.overall for each in errors], [running.validate(network, weights).mae] * 2, rtol=1e-6
    )


def test_a_stateful_epoch_equals_one_pass_over_the_series_with_its_state_carried():
    """One lane: the losses of its chunks are those of reading the whole series, with the weights of each moment."""
    panel = panel_of(wavy(97))
    task = task_of(windowed=False, panel=panel, ends=panel.offsets[1:], stateful=True, lanes=1)
    network_model = task.model
    plan, count = task.plan(0)
    run = start_run(task)
    make_batch, call = jax.jit(task.batch), jax.jit(network_model.stateless_call)
    weights = run.position.weights
    states = [np.zeros_like(s) for s in run.position.states]
    position = run.position
    for i in range(count):
        batch = make_batch(task.data, plan, i)
        if plan.fresh[i, 0]:
            states = [np.zeros_like(s) for s in states]
        inputs = [batch.inputs, batch.mask, *states]
        (outputs, *states), _ = call(position.weights.trainable, weights.fixed, inputs)
        error = np.asarray(outputs - batch.targets)
        huber = np.where(np.abs(error) < 1, error**2 / 2, np.abs(error) - 0.5)
        known = np.asarray(batch.weights)
        position, sums = run_block(task, position, ZERO, plan, i, i + 1)
        assert_allclose(sums.weight, known.sum())
        assert_allclose(sums.loss, (huber * known).sum(), rtol=2e-4)
        for mine, theirs in zip(states, position.states, strict=True):
            assert_allclose(theirs, mine, atol=1e-5)
    assert count >= LEAST_UPDATES
    assert plan.fresh[:count].sum() == -(-count // 9)  # a chunk in nine begins the series again


def test_a_free_running_loss_is_that_of_the_forecasts_the_model_would_make():
    panel = panel_of(wavy(60))
    task = task_of(windowed=False, panel=panel, ends=panel.offsets[1:], rollout=7)
    plan, _ = task.plan(5)  # far enough for all of the run to count
    batch = batch_of(task, plan)
    weights = start_run(task).position.weights
    made = jax.jit(task.forward)(weights, batch, ())
    assert batch.targets.shape == (4, 12 + 3, 3)
    assert made.outputs.shape == (4, 12 + 3, 3, 1)
    network = small_network()
    rows = task.data
    for b in range(4):
        newest = int(plan.starts[0, b]) + 11
        if newest + 12 >= 60:
            assert not np.asarray(batch.weights)[b, 12:][-1].any()
            continue
        origin = rolling([newest], 1, 1)
        expected = forecast_at(
            network, weights, rows, origin, h=12, ring=RING, window=0, warmup=12
        )[0]
        chunk_begins_inside = plan.starts[0, b] > 0
        if chunk_begins_inside:
            continue  # its state starts from zero there, and a forecast's reads from the series' begin
        got = np.asarray(made.outputs)[b, 12:].ravel() * float(rows.anchor_error[0])
        assert_allclose(got, expected[3:], rtol=1e-4, atol=1e-5)
        truth = np.asarray(rows.filled)[newest + 4 : newest + 13]
        assert_allclose(
            np.asarray(batch.targets)[b, 12:].ravel() * float(rows.anchor_error[0]),
            truth,
            rtol=1e-5,
        )


def test_a_free_running_loss_is_that_of_held_forecasts_and_gradients_pass_the_bounds():
    """With bounds that every value of the loop lies outside of, what it emits is the bound; and still it learns."""
    panel = panel_of(wavy(60))
    task = task_of(windowed=False, panel=panel, ends=panel.offsets[1:], rollout=7)
    plan, _ = task.plan(5)
    ones = np.ones_like(task.data.anchor_error)
    rows = task.data._replace(lowest=-0.01 * ones, highest=0.01 * ones)
    batch = batch_of(task, plan, rows=rows)
    weights = start_run(task).position.weights

    def loop(trainable: Any) -> Any:
        return task.forward(weights._replace(trainable=trainable), batch, ()).outputs[:, 12:]

    emitted = np.abs(np.asarray(jax.jit(loop)(weights.trainable)) * float(rows.anchor_error[0]))
    assert_allclose(emitted.max(), 0.01, rtol=1e-6)
    assert (emitted > 0.00999).mean() > 0.5
    last = jax.grad(lambda trainable: loop(trainable)[:, -1].sum())
    gradient = jax.jit(last)(weights.trainable)
    assert all(np.abs(g).max() > 1e-3 for g in gradient)


def test_the_curriculum_doubles_the_run_in_every_epoch():
    panel = panel_of(wavy(60))
    task = task_of(windowed=False, panel=panel, ends=panel.offsets[1:], rollout=24)
    counted = []
    for epoch in range(5):
        plan, _ = task.plan(epoch)
        weights = np.asarray(batch_of(task, plan).weights)[:, 12:]
        counted.append(int((weights.max(axis=(0, 2)) > 0).sum()))
    assert counted == [1, 2, 4, 8, 8]


def test_gradients_pass_through_the_loop():
    panel = panel_of(wavy(60))
    task = task_of(windowed=False, panel=panel, ends=panel.offsets[1:], rollout=9)
    plan, _ = task.plan(5)
    batch = batch_of(task, plan)
    weights = start_run(task).position.weights

    @jax.jit
    def end_of_loop(trainable: Any) -> Any:
        return task.forward(weights._replace(trainable=trainable), batch, ()).outputs[:, -1].sum()

    gradient = jax.jit(jax.grad(end_of_loop))(weights.trainable)
    moved = [w.copy() for w in map(np.array, weights.trainable)]
    i = max(range(len(moved)), key=lambda k: float(np.abs(gradient[k]).max()))
    place = np.unravel_index(np.abs(np.asarray(gradient[i])).argmax(), moved[i].shape)
    ends = []
    for step in (1e-2, -1e-2):
        nudged = [w.copy() for w in moved]
        nudged[i][place] += step
        ends.append(float(end_of_loop(nudged)))
    assert_allclose((ends[0] - ends[1]) / 2e-2, np.asarray(gradient[i])[place], rtol=2e-2)


def test_noise_is_on_what_is_read_and_never_on_what_is_asked_for():
    clean, noisy = (task_of(windowed=False, input_noise=noise) for noise in (0.0, 0.1))
    assert noisy.key != clean.key
    plan, _ = clean.plan(0)
    one, other = (batch_of(t, plan) for t in (clean, noisy))
    moved = np.asarray(other.inputs - one.inputs)[..., 0][np.asarray(one.mask)]
    assert 0.05 < moved.std() < 0.15
    assert_array_equal(other.weights, one.weights)
    # Differences are asked for from the noisy anchor, so that the network leads back to the truth.
    known = np.asarray(one.weights) > 0
    assert np.abs(np.asarray(other.targets - one.targets)[known]).max() > 0
    rows = clean.data._replace(anchored=np.float32(0))
    values = [np.asarray(batch_of(t, plan, rows=rows).targets) for t in (clean, noisy)]
    assert_array_equal(values[0], values[1])


def test_noise_is_another_in_each_update_and_the_same_in_a_run_that_is_repeated():
    task = task_of(windowed=False, input_noise=0.1)
    plan, _ = task.plan(0)
    plan = plan._replace(starts=np.zeros_like(plan.starts), series=np.zeros_like(plan.series))
    first, again, second = (np.asarray(batch_of(task, plan, i).inputs) for i in (0, 0, 1))
    assert_array_equal(first, again)
    assert (first != second).any()


def test_quantiles_trained_on_noise_are_those_of_the_noise():
    """Nothing can be known of the next value but how it is distributed."""
    levels = (0.1, 0.3, 0.5, 0.8)
    noise = np.random.default_rng(0).exponential(size=1500)
    network = build_network(
        Config(hidden_size=1), output_size=2, head_bias=0.0, distribution=Quantiles(levels)
    )
    panel = panel_of(noise)
    fitted = prepare(panel, "none", log=False, lag=0, steps=2)
    rows = fitted.buffer(panel)
    sizes = Sizes(length=50, steps=2, ring=1, windowed=False, batch_size=16)
    optimizer = make_optimizer("adam", learning_rate=0.03)
    task = forecast_task(network, optimizer, rows, panel.offsets, sizes, TrainingMode(seed=0))
    run = start_run(task)
    position = run.position
    for epoch in range(12):
        plan, count = task.plan(epoch)
        position, sums = run_block(task, position, ZERO, plan, 0, count)
    origins = Origins(np.zeros(60, np.int64), np.arange(50, 1250, 20))
    made = forecast_at(
        network,
        position.weights,
        rows,
        origins,
        h=2,
        ring=1,
        window=0,
        each=partial(forecast_group, emit=forecast_params),
    )
    assert made.shape == (60, 2, 4)
    for q, level in enumerate(levels):
        assert_allclose(made[..., q].mean(), np.quantile(noise, level), atol=0.1)
    running = running_on(panel, rows, origins, sizes, 2)
    validation = running.validate(network, position.weights)
    assert_allclose(validation.loss, sums.loss / sums.weight, rtol=0.15)
    assert validation.loss < validation.mae
