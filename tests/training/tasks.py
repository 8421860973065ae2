"""Small training tasks: windows of a wave, read by a linear layer or by an LSTM."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rollcast._types import Array
from rollcast.networks.description import describe_model
from rollcast.networks.distribution import Point
from rollcast.preprocessing.series_buffer import SeriesBuffer, make_buffer
from rollcast.runtime.backend import load_keras
from rollcast.training.optimizers import make_optimizer
from rollcast.training.plans import Plan, make_plan, window_starts
from rollcast.training.progress import Quiet
from rollcast.training.run import Run, start_run
from rollcast.training.stopping import Rules
from rollcast.training.task import Task, run_model
from rollcast.training.training_loop import Interrupt, train
from rollcast.training.windows import Batch, gather

WINDOW = 6
BATCH = 8
LENGTH = 60  # 54 windows: six whole batches and one of six
SERIES = np.sin(np.arange(LENGTH) / 3).astype(np.float32)


def rows_of(values: np.ndarray = SERIES) -> SeriesBuffer:
    return make_buffer(
        values.astype(np.float32),
        np.ones(len(values), bool),
        np.array([0, len(values)]),
        np.ones(1, np.float32),
        lag=0,
    )


def one_value(rows: SeriesBuffer, plan: Plan, i: Array) -> Batch:
    """Windows of single values and the next value of each."""
    batch = gather(rows, plan.starts[i], plan.series[i], length=WINDOW, steps=1, warmup=0)
    return batch._replace(
        inputs=batch.inputs[..., :1],
        targets=batch.targets[:, -1:],
        weights=batch.weights[:, -1:],
    )


def order_of(epoch: int, count: int = LENGTH - WINDOW) -> np.ndarray:
    return np.random.default_rng([3, epoch]).permutation(count)


def linear(
    *, seed: int = 0, dropout: float = 0.0, activation: str | None = None, **options: Any
) -> Any:
    """From a window to one value by a single layer; the cheapest of networks to compile."""
    keras = load_keras()
    kernel = keras.initializers.GlorotUniform(seed=seed)
    return keras.Sequential(
        [
            keras.Input((WINDOW, 1)),
            keras.layers.Flatten(),
            *([keras.layers.Dropout(dropout, seed=seed)] if dropout else []),
            keras.layers.Dense(1, kernel_initializer=kernel, activation=activation, **options),
        ]
    )


def make_task(
    model: Any,
    optimizer: Any = "sgd",
    *,
    loss: Any = "mse",
    learning_rate: Any = 0.05,
    clip_norm: float | None = None,
    values: np.ndarray = SERIES,
    validate: Callable[[Any], Any] | None = None,
) -> Task:
    rows = rows_of(values)
    starts, series = window_starts(np.array([0, LENGTH]), np.array([LENGTH]), WINDOW)
    made = make_optimizer(optimizer, learning_rate=learning_rate, clip_norm=clip_norm)
    made.build(model.trainable_variables)
    return Task(
        model=model,
        optimizer=made,
        distribution=Point(loss),
        data=rows,
        batch=one_value,
        form=("windows", describe_model(model), WINDOW),
        forward=lambda weights, batch, states: run_model(model, weights, batch.inputs),
        plan=lambda epoch: make_plan(starts, series, BATCH, order_of(epoch)),
        validate=validate,
    )


def run_epochs(task: Task, epochs: int, run: Run | None = None, **options: Any) -> Run:
    chosen: dict[str, Any] = {"listener": Quiet(), "interrupt": Interrupt()} | options
    rules = chosen.pop("rules", Rules(max_epochs=epochs))
    return train(task, run or start_run(task), rules, **chosen)


def trainable(run: Run) -> list[np.ndarray]:
    return [np.asarray(w) for w in run.position.weights.trainable]
