"""Run: training as a value that can be put aside and gone on from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from rollcast.networks.network import Weights, weights_of
from rollcast.training.history import History
from rollcast.training.stopping import Stop, StopReason
from rollcast.training.task import ZERO, Position, Sums, Task, Validation


@dataclass(frozen=True)
class Epoch:
    """One finished epoch.

    Attributes:
        loss: weighted mean over the epoch's batches, with the weights as they moved.
        rmse: the same for the root of the squared error.
        mae: the same for the absolute error.
        validation: after the epoch; NaN where there is none.
        output_deviation: standard deviation of each step's outputs within batches.
        seconds: wall-clock time without compilation.
    """

    loss: float
    rmse: float
    mae: float
    validation: Validation
    output_deviation: float
    seconds: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """Where a training run stands; training takes one and gives the next.

    Attributes:
        position: weights, optimizer variables and carried states.
        epochs: those that are finished.
        batch: updates done of the epoch that is not.
        sums: of those updates.
        best: weights after the best epoch, by validation error where there is one.
        best_epoch: counted from 1; 0 before the first.
        best_value: its validation (or training) error.
        stop: why the run ended; None while it may go on.
        warnings: one sentence for each thing that is not as it should be.
    """

    position: Position
    epochs: tuple[Epoch, ...] = ()
    batch: int = 0
    sums: Sums = ZERO
    best: Weights
    best_epoch: int = 0
    best_value: float = math.inf
    stop: Stop | None = None
    warnings: tuple[str, ...] = ()

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the run."""
        return self.stop is not None and self.stop.reason is StopReason.INTERRUPTED

    def warn(self, sentence: str) -> Run:
        """The run with one more warning, unless it has it already."""
        if sentence in self.warnings:
            return self
        return replace(self, warnings=(*self.warnings, sentence))

    def history(self) -> History:
        """The run's curves."""
        return History(
            loss=tuple(e.loss for e in self.epochs),
            val_loss=tuple(e.validation.loss for e in self.epochs),
            rmse=tuple(e.rmse for e in self.epochs),
            val_rmse=tuple(e.validation.rmse for e in self.epochs),
            mae=tuple(e.mae for e in self.epochs),
            val_mae=tuple(e.validation.mae for e in self.epochs),
            seconds=tuple(e.seconds for e in self.epochs),
            best_epoch=self.best_epoch,
            warnings=self.warnings,
            stopped=self.stop.sentence if self.stop else "",
            stop_reason=self.stop.reason if self.stop else None,
        )


def start_run(task: Task, weights: Weights | None = None) -> Run:
    """The run before its first update.

    Args:
        task: its model, data and optimizer.
        weights: to start from; default those in the model.
    """
    weights = weights or weights_of(task.model)
    task.optimizer.build(task.model.trainable_variables)
    variables = [v.value for v in task.optimizer.variables]
    return Run(position=Position(weights, variables, task.states), best=weights)


def finish_epoch(sums: Sums, validation: Validation, seconds: float) -> Epoch:
    """An epoch's record from its sums."""
    weight = max(sums.weight, 1e-12)
    return Epoch(
        loss=sums.loss / weight,
        rmse=math.sqrt(sums.square / weight) if math.isfinite(sums.square) else math.nan,
        mae=sums.absolute / weight,
        validation=validation,
        output_deviation=math.sqrt(sums.deviation / weight)
        if math.isfinite(sums.deviation)
        else math.nan,
        seconds=seconds,
    )
