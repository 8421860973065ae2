"""Train the tutorial's networks as Keras' own ``fit`` would, in compiled blocks of updates."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from rollcast._types import Array
from rollcast.errors import ArgumentError, RollcastWarning
from rollcast.networks.description import describe_model
from rollcast.networks.distribution import Point
from rollcast.networks.network import Weights, assign_weights
from rollcast.options.argument_checks import MOST_SEED, items, number, switch, whole
from rollcast.runtime.programs import compile_seconds
from rollcast.training.history import History
from rollcast.training.plans import Plan, cut_pieces, lane_plan, make_plan
from rollcast.training.progress import Verbosity, make_listener
from rollcast.training.run import Run, start_run
from rollcast.training.stopping import Rules
from rollcast.training.task import Forward, Task, Validation, run_model
from rollcast.training.training_loop import Interrupt, train
from rollcast.training.windows import Batch
from rollcast.tutorial.compare import check_windows, errors, loss_of
from rollcast.tutorial.readers import Reader, make_reader
from rollcast.tutorial.sine_windows import Windows


def fit(
    model: Any,
    windows: Windows,
    *,
    epochs: int = 300,
    batch_size: int = 64,
    validation_split: float = 0.2,
    shuffle: bool = False,
    seed: int = 0,
    restore_best: bool = False,
    callbacks: Sequence[Any] = (),
    progress: Verbosity | bool = "auto",
) -> History:
    """Train a network on the training part, with the same updates as Keras' own ``fit``.

    The last ``validation_split`` of the training windows is held out for validation, as in Keras;
    the test part is not touched. The model's own optimizer is used and goes on where it stands, so
    that a second call continues the first.

    A network with states reads chunks of ``windows.inputs`` rows, one after the other, that do not
    overlap. The states go on from update to update and are zero again when an epoch starts;
    gradients end at a chunk's edge. ``batch_size`` is then the number of lanes: the training rows
    are cut into as many equal stretches, and each update reads the next chunk of every stretch.
    Before the first validation row such a network reads all the rows before it, with the weights
    of that moment.

    Args:
        model: one of the tutorial's networks, or any of their form, compiled. It holds the weights
            of the last epoch afterwards, as with Keras, also where an earlier epoch was better;
            or those of the best epoch if ``restore_best``, if Ctrl-C was pressed, or if the loss
            became NaN or infinite.
        windows: from ``make_windows``.
        epochs: passes over the training windows.
        batch_size: windows in an update, or lanes. Every window counts, also in a partial last
            batch.
        validation_split: share of the training windows held out, from their end; 0 for none.
        shuffle: draw a new order of the windows in each epoch.
        seed: of that order.
        restore_best: keep the epoch with the lowest validation MAE, or loss without validation.
        callbacks: Keras callbacks, called at the begin and end of training and of epochs.
        progress: "auto", "bar", "lines" or "quiet".

    Returns:
        The curves, ``best_epoch`` by validation MAE, and a sentence for each thing that is not as
        it should be, such as a dead output; the same sentences are given as warnings.

    Raises:
        ArgumentError: an argument outside its range, or a model of another form or not compiled.
    """
    check_windows("windows", windows)
    epochs, batch_size = whole("epochs", epochs), whole("batch_size", batch_size)
    shuffle, restore_best = switch("shuffle", shuffle), switch("restore_best", restore_best)
    seed, callbacks = whole("seed", seed, 0, MOST_SEED), items("callbacks", callbacks)
    reader = make_reader(model, windows.inputs)
    if shuffle and reader.state_sizes:
        raise ArgumentError(
            "`shuffle` would tear apart the chunks whose states follow each other; use False."
        )
    count = _training_count(windows, validation_split)
    lanes = _lanes(count, batch_size, windows.inputs)
    task = Task(
        model=model,
        optimizer=_optimizer_of(model),
        distribution=Point(loss_of(model)),
        data=windows.values.astype(np.float32),
        batch=partial(_batch, inputs=windows.inputs),
        form=("tutorial", describe_model(model), windows.inputs, reader.state_sizes),
        forward=partial(_forward, model),
        plan=_chunk_plan(count, lanes, windows.inputs)
        if reader.state_sizes
        else _window_plan(count, min(batch_size, count), seed if shuffle else None),
        states=tuple(np.zeros((lanes, n), np.float32) for n in reader.state_sizes),
        validate=partial(_validate, model, reader, windows, count)
        if count < windows.train_count
        else None,
    )
    began = compile_seconds()
    start, listener = start_run(task), make_listener(progress, model.name, epochs)
    with Interrupt().watch() as interrupt:
        try:
            run = train(
                task,
                start,
                Rules(max_epochs=epochs),
                listener=listener,
                interrupt=interrupt,
                callbacks=callbacks,
            )
        finally:
            listener.close()
    _keep(model, start, run, best=restore_best or interrupt.pressed)
    history = replace(run.history(), compile_seconds=compile_seconds() - began)
    for sentence in history.warnings:
        warnings.warn(sentence, RollcastWarning, stacklevel=2)
    return history


def _training_count(windows: Windows, validation_split: float) -> int:
    """Windows that are trained on, the first of the training part; as many as Keras takes."""
    if not 0 <= number("validation_split", validation_split) < 1:
        raise ArgumentError(
            f"`validation_split` must be at least 0 and below 1; got {validation_split!r}."
        )
    count = math.floor(windows.train_count * (1 - validation_split))
    if count < 1 or (validation_split > 0 and count == windows.train_count):
        raise ArgumentError(
            f"`validation_split` = {validation_split!r} leaves nothing to train on or to validate "
            f"with: there are {windows.train_count} training windows."
        )
    return count


def _optimizer_of(model: Any) -> Any:
    loss_of(model)
    return model.optimizer


def _window_plan(
    count: int, batch_size: int, seed: int | None
) -> Callable[[int], tuple[Plan, int]]:
    """Windows in time order, or in an order drawn for each epoch."""
    starts, series = np.arange(count), np.zeros(count, np.int64)

    def plan(epoch: int) -> tuple[Plan, int]:
        order = starts if seed is None else np.random.default_rng([seed, epoch]).permutation(count)
        return make_plan(starts, series, batch_size, order)

    return plan


def _lanes(count: int, batch_size: int, inputs: int) -> int:
    """Stretches that are read side by side; no more than there are chunks."""
    return min(batch_size, -(-count // inputs))


def _chunk_plan(count: int, lanes: int, inputs: int) -> Callable[[int], tuple[Plan, int]]:
    """Chunks whose target lies among the first ``count`` windows' targets, in equal lanes."""
    pieces = cut_pieces(np.array([0, count + 1]), np.array([count + 1]), inputs, 0, lanes)
    made = lane_plan(pieces, inputs, lanes, np.arange(len(pieces.starts)))
    return lambda epoch: made


def _batch(values: Array, plan: Plan, i: Array, *, inputs: int) -> Batch:
    import jax.numpy as jnp

    there = plan.weights[i][:, None] > 0
    rows = plan.starts[i][:, None] + jnp.arange(inputs + 1)  # (B, T + 1)
    read = jnp.take(values, rows, mode="clip")
    # The error of a window that isn't there must not be zero, or the tutorial's loss is NaN; a relu never gives -1.
    targets = jnp.where(there, read[:, -1:], -1.0)
    weights = jnp.where(there, 1.0, 0.0)
    mask = jnp.broadcast_to(there, (len(rows), inputs))
    return Batch(read[:, :-1, None], mask, targets[:, :, None], weights[:, :, None], plan.fresh[i])


def _forward(model: Any, weights: Weights, batch: Batch, states: tuple[Array, ...]) -> Forward:
    if not states:
        return run_model(model, weights, batch.inputs)
    going_on = 1 - batch.fresh[:, None]
    return run_model(model, weights, [batch.inputs, *(s * going_on for s in states)])


def _validate(
    model: Any, reader: Reader, windows: Windows, count: int, weights: Weights
) -> Validation:
    """One-step errors on the training windows from ``count`` on."""
    first, last = windows.inputs + count, windows.inputs + windows.train_count
    values = windows.train_values.astype(np.float32)
    made = reader.one_step(weights, values, first, last - first).astype(np.float64)
    return Validation(*errors(model, windows.values[first:last], made))


def _keep(model: Any, start: Run, run: Run, *, best: bool) -> None:
    """Put weights and optimizer variables into the model; never any that are not finite."""
    broken = bool(run.epochs) and not math.isfinite(run.epochs[-1].loss)
    assign_weights(model, run.best if best or broken else run.position.weights)
    variables = (start if broken else run).position.optimizer
    for variable, value in zip(model.optimizer.variables, variables, strict=True):
        variable.assign(value)
