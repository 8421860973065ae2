"""Keras' callbacks around a run that is a value: the model has its variables for the time of each call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rollcast.errors import ArgumentError, show
from rollcast.networks.network import Weights, assign_weights, weights_digest, weights_of
from rollcast.runtime.backend import load_keras
from rollcast.training.run import Run
from rollcast.training.stopping import Stop, StopReason
from rollcast.training.task import Position, Task

_BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
)


class Callbacks:
    """Keras callbacks, called at the begin and end of training and of epochs with the usual logs.

    Args:
        callbacks: Keras callbacks; none is the usual case and costs nothing.
        task: whose model and optimizer they see.
        epochs: how many are to be trained at most.

    Raises:
        ArgumentError: something that is no Keras callback, or one that wants every batch.
    """

    def __init__(self, callbacks: Sequence[Any], task: Task, epochs: int) -> None:
        self._task = task
        self._list: Any = None
        self._seen: dict[str, int] = {}
        if not callbacks:
            return
        keras = load_keras()
        for callback in callbacks:
            _check(callback, keras.callbacks)
        task.model.optimizer = task.optimizer
        task.model.stop_training = False
        self._list = keras.callbacks.CallbackList(
            list(callbacks), add_history=False, model=task.model, epochs=epochs, verbose=0
        )

    def train_begin(self, run: Run) -> Run:
        """Before the first epoch."""
        return self._call(run, lambda: self._list.on_train_begin({}))

    def epoch_begin(self, run: Run, number: int) -> Run:
        """Before the epoch ``number``, counted from 1 here and from 0 by Keras."""
        return self._call(run, lambda: self._list.on_epoch_begin(number - 1, {}))

    def epoch_end(self, run: Run, number: int) -> Run:
        """After an epoch, with loss, rmse, mae and their validation counterparts."""
        record = run.epochs[-1]
        if self._list is not None:
            self._seen[weights_digest(run.position.weights)] = number
        logs = {"loss": record.loss, "rmse": record.rmse, "mae": record.mae}
        if self._task.validate:
            logs |= {f"val_{name}": value for name, value in record.validation._asdict().items()}
        run = self._call(run, lambda: self._list.on_epoch_end(number - 1, logs))
        if self._list is not None and self._task.model.stop_training and run.stop is None:
            sentence = f"a callback stopped training after epoch {number}"
            run = replace(run, stop=Stop(StopReason.CALLBACK, sentence))
        return run

    def train_end(self, run: Run) -> Run:
        """After the last epoch; weights that a callback restored become the best."""
        if self._list is None:
            return run
        before = weights_digest(run.position.weights)
        run = self._call(run, lambda: self._list.on_train_end({}))
        after = weights_digest(run.position.weights)
        if after == before:
            return run
        epoch = self._seen.get(after, run.best_epoch)
        return replace(run, best=run.position.weights, best_epoch=epoch)

    def _call(self, run: Run, hook: Any) -> Run:
        if self._list is None:
            return run
        model, optimizer = self._task.model, self._task.optimizer
        assign_weights(model, run.position.weights)
        for variable, value in zip(optimizer.variables, run.position.optimizer, strict=True):
            variable.assign(value)
        hook()
        after: Weights = weights_of(model)
        variables = [v.value for v in optimizer.variables]
        return replace(run, position=Position(after, variables, run.position.states))


def _check(callback: Any, known: Any) -> None:
    if not isinstance(callback, known.Callback):
        raise ArgumentError(f"`callbacks` must be Keras callbacks; got {show(callback)}.")
    if isinstance(callback, known.ModelCheckpoint) and callback.save_freq == "epoch":
        return  # its hook for batches does nothing then
    for hook in _BATCH_HOOKS:
        overridden = getattr(type(callback), hook) is not getattr(known.Callback, hook)
        if overridden or hook in vars(callback):
            raise ArgumentError(
                f"`callbacks`: {type(callback).__name__} overrides {hook}, but batches run inside one compiled "
                "program; use on_epoch_begin and on_epoch_end."
            )
