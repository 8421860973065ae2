"""The task of a Forecaster: what its batches hold, and how its epochs are validated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.networks import assign, weights_of
from rollcast.plans import Plan, window_starts
from rollcast.preparation import prepare
from rollcast.rollout import forecast_at
from rollcast.splits import origins_within
from rollcast.training.forecasting import (
    LEAST_UPDATES,
    FreeRunning,
    Regime,
    Shape,
    forecast_task,
)
from rollcast.training.optimizers import make_optimizer
from rollcast.training.run import start_run
from rollcast.training.task import ZERO, Task, run_block
from samples import panel_of, small_network, wavy

RING = 5
PANEL = panel_of(wavy(40, gaps=(12, 33)), wavy(31, seed=1))
ENDS = PANEL.offsets[1:] - 8


def shape_of(*, windowed: bool) -> Shape:
    return Shape(length=6 if windowed else 12, steps=3, ring=RING, windowed=windowed, batch_size=4)


def task_of(
    *, windowed: bool, seed: int = 0, ends: Any = ENDS, panel: Any = PANEL, **regime: Any
) -> Task:
    network = small_network(reading="window" if windowed else "sequence")
    fitted = prepare(
        panel.head(ENDS - panel.offsets[:-1]), "standard", log=False, lag=RING, steps=3
    )
    return forecast_task(
        network,
        make_optimizer("adam", learning_rate=0.01),
        "huber",
        fitted.rows(panel, ends),
        panel.offsets,
        shape_of(windowed=windowed),
        Regime(seed=seed, **regime),
    )


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
        plan, count = task.plan(epoch)
        assert count >= LEAST_UPDATES
        seen = np.zeros(len(PANEL.target), int)
        for start, s, weight in zip(
            plan.starts[:count].ravel(),
            plan.series[:count].ravel(),
            plan.weights[:count].ravel(),
            strict=True,
        ):
            if weight:
                rows = np.arange(start, start + 12)
                seen[rows[(rows >= PANEL.offsets[s]) & (rows < ENDS[s])]] += 1
        for s in range(2):
            inner = seen[PANEL.offsets[s] : ENDS[s] - 1]
            assert (inner == inner[0]).all()
            assert inner[0] > 1
            assert not seen[ENDS[s] : PANEL.offsets[s + 1]].any()


@pytest.mark.parametrize("windowed", [True, False])
def test_every_epoch_and_the_last_run_over_all_rows_share_one_program(windowed: bool):
    sizes = {
        task_of(windowed=windowed, seed=s).plan(e)[0].starts.shape
        for s in range(9)
        for e in range(9)
    }
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
    values = PANEL.values.copy()
    for s in range(2):
        values[ENDS[s] : PANEL.offsets[s + 1]] = 1e4 * (s + 1)
    moved = PANEL.__class__(**{**vars(PANEL), "values": values})
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
    assert task.batch(task.data, plan, 0).targets.shape == (4, 1, 3)
    task = task_of(windowed=False)
    ones = np.ones((1, 4), np.float32)
    plan = Plan(np.array([[0, 12, 40, 52]]), np.array([[0, 0, 1, 1]]), ones, ones, np.int32(0))
    weights = np.asarray(task.batch(task.data, plan, 0).weights)
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
    rows, shape = fitted.rows(PANEL), shape_of(windowed=windowed)
    origins = origins_within(ENDS, PANEL.offsets[1:], h)
    weights = weights_of(network.model)
    made = forecast_at(network, weights, rows, origins, h=h, ring=RING, window=shape.window)
    squares, absolutes, hubers = [], [], []
    for s in range(2):
        for i in range(origins.number):
            for k in range(h):
                row = int(origins.first[s]) + i * origins.stride + 1 + k
                if PANEL.mask[row]:
                    error = float(made[s, i, k] - rows.filled[row]) / float(fitted.spread[s])
                    squares.append(error**2)
                    absolutes.append(abs(error))
                    hubers.append(error**2 / 2 if abs(error) < 1 else abs(error) - 0.5)
    assert len(squares) < 2 * origins.number * h  # a missing value is left out
    validation = free_running_error(network, rows, origins, shape, h, "huber")(weights)
    assert_allclose(validation.loss, np.mean(hubers), rtol=1e-4)
    assert_allclose(validation.rmse, np.sqrt(np.mean(squares)), rtol=1e-4)
    assert_allclose(validation.mae, np.mean(absolutes), rtol=1e-4)


def test_validation_looks_at_the_weights_it_is_given_and_not_into_the_model():
    network, other = small_network(), small_network(seed=1)
    fitted = prepare(PANEL, "standard", log=False, lag=RING, steps=3)
    origins = origins_within(ENDS, PANEL.offsets[1:], 4)
    validate = free_running_error(
        network, fitted.rows(PANEL), origins, shape_of(windowed=False), 4, "huber"
    )
    weights = weights_of(other.model)
    expected = validate(weights)
    assign(network.model, weights)
    assert validate(weights_of(network.model)) == expected


def test_where_nothing_was_observed_there_is_no_validation_error():
    panel = panel_of([*wavy(20), *[float("nan")] * 8])
    network = small_network()
    fitted = prepare(panel.head(np.array([20])), "standard", log=False, lag=1, steps=3)
    origins = origins_within(np.array([20]), np.array([28]), 4)
    validate = free_running_error(
        network, fitted.rows(panel), origins, shape_of(windowed=False), 4, "huber"
    )
    assert np.isnan(validate(weights_of(network.model))).all()
