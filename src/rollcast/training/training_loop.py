"""The training loop: blocks of about a second, and between them progress, Ctrl-C, checkpoints and callbacks."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

from rollcast.runtime.programs import compile_seconds
from rollcast.training import health
from rollcast.training.callbacks import Callbacks
from rollcast.training.run import Epoch, Run, finish_epoch
from rollcast.training.schedule import schedule
from rollcast.training.stopping import Rules, Stop, StopReason, stop_interrupted
from rollcast.training.task import ZERO, Task, Validation, averaged, run_block

BLOCK_SECONDS = 1.0
FIRST_BLOCK = 16
"""Updates in the first block of a run, from which the rate is measured."""

NO_VALIDATION = Validation(math.nan, math.nan, math.nan)


class Listener(Protocol):
    """Who is told how training goes."""

    def block(self, epoch: int, done: int, total: int) -> None:
        """``done`` of ``total`` updates of an epoch, counted from 1, are over."""
        ...

    def epoch(self, number: int, record: Epoch) -> None:
        """An epoch is over."""
        ...


class Interrupt:
    """Whether Ctrl-C was pressed; a second press breaks off at once."""

    def __init__(self) -> None:
        self.pressed = False

    @contextmanager
    def watch(self) -> Generator[Interrupt]:
        """Catch Ctrl-C in the main thread for the time of the block."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return

        def press(signum: int, frame: Any) -> None:
            if self.pressed:
                raise KeyboardInterrupt
            self.pressed = True

        before = signal.signal(signal.SIGINT, press)
        try:
            yield self
        finally:
            signal.signal(signal.SIGINT, before)


def train(
    task: Task,
    run: Run,
    rules: Rules,
    *,
    listener: Listener,
    interrupt: Interrupt,
    keep: Callable[[Run], None] = lambda run: None,
    callbacks: Sequence[Any] = (),
) -> Run:
    """Train until the rules, a callback, Ctrl-C or a loss that is not finite ends it.

    Args:
        task: model, data, loss.
        run: where to go on from.
        rules: when to end.
        listener: is told of every block and epoch.
        interrupt: looked at after every block.
        keep: is given the run after every block, for checkpoints.
        callbacks: Keras callbacks, called at the begin and end of training and of epochs.

    Returns:
        The run as it ended, with the best weights in ``run.best``.
    """
    called = Callbacks(callbacks, task, rules.max_epochs)
    run = called.train_begin(run)
    rate = math.nan
    while run.stop is None and len(run.epochs) < rules.max_epochs:
        number = len(run.epochs) + 1
        if run.batch == 0:
            run = called.epoch_begin(run, number)
        began, compiled = time.perf_counter(), compile_seconds()
        stretches = schedule(task, number - 1)
        total = stretches[-1].end
        while run.batch < total:
            now = next(stretch for stretch in stretches if run.batch < stretch.end)
            size = FIRST_BLOCK if math.isnan(rate) else max(int(rate * BLOCK_SECONDS), 1)
            last = min(run.batch + size, now.end)
            start, before = time.perf_counter(), compile_seconds()
            states = run.position.states if run.batch else task.states
            at = run.position._replace(states=states)
            here = now.first - now.begin
            position, sums = run_block(
                now.task, at, run.sums, now.plan, here + run.batch, here + last
            )
            spent = time.perf_counter() - start - (compile_seconds() - before)
            rate = (last - run.batch) / max(spent, 1e-6)
            run = replace(run, position=position, batch=last, sums=sums)
            listener.block(number, last, total)
            keep(run)
            if interrupt.pressed:
                run = replace(run, stop=stop_interrupted(number))
                return called.train_end(_close_run(run, rules))
        seconds = time.perf_counter() - began - (compile_seconds() - compiled)
        run = called.epoch_end(_close_epoch(task, run, rules, seconds), number)
        listener.epoch(number, run.epochs[-1])
        keep(run)
    return called.train_end(_close_run(run, rules))


def _close_epoch(task: Task, run: Run, rules: Rules, seconds: float) -> Run:
    weights = averaged(task, run.position)
    finite = math.isfinite(run.sums.loss)
    validation = task.validate(weights) if task.validate and finite else NO_VALIDATION
    record = finish_epoch(run.sums, validation, seconds)
    epochs = (*run.epochs, record)
    run = replace(run, epochs=epochs, batch=0, sums=ZERO)
    if sentence := health.not_finite(record, len(epochs)):
        stop = Stop(StopReason.NOT_FINITE, f"loss {record.loss} in epoch {len(epochs)}")
        return replace(run.warn(sentence), stop=stop)
    value = task.deciding(validation) if task.validate else record.loss
    if value < run.best_value or (not run.best_epoch and not math.isfinite(value)):
        best_value = value if math.isfinite(value) else math.inf  # any number is better
        run = replace(run, best=weights, best_epoch=len(epochs), best_value=best_value)
    return replace(run, stop=rules.out_of_patience(len(epochs), run.best_epoch))


def _close_run(run: Run, rules: Rules) -> Run:
    for sentence in (
        health.dead_output(run.epochs),
        health.no_progress(run.epochs),
        health.overfitting(run.epochs, run.best_epoch),
    ):
        if sentence:
            run = run.warn(sentence)
    if run.stop is not None:
        return run
    return replace(run, stop=rules.all_done())
