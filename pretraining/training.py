"""The course of a run: update i trains on batch i, and a run that was killed goes on to the same weights."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from pretraining.batches import Batch, draw_of_size
from pretraining.run_file import Run, named, write_arrays, write_run
from pretraining.schedule import rate_of
from pretraining.sizes import SIZES
from pretraining.supply import supply
from pretraining.task import Task
from rollcast.storage.writing import write_whole

RUN_FILE: Final = "run.npz"
LOG_FILE: Final = "log.jsonl"
WEIGHTS_FILE: Final = "weights.npz"

LINE_EVERY: Final = 20
"""Updates of a line in the log."""

Update = Callable[[Any, Any, Batch, float], tuple[Any, Any, Any, Any]]
"""Weights, moments, a batch and the rate give the next weights and moments, the loss and the gradient's norm."""


def updating(task: Task) -> Update:
    """The update of a task, compiled once for each size.

    An update whose loss or gradient is not finite leaves everything as it was, so that one batch ruins no run.
    """
    import jax
    import jax.numpy as jnp

    from rollcast.training import adamw

    def update(
        weights: Any, moments: Any, arrays: tuple[Any, ...], rate: Any, place: int
    ) -> tuple[Any, Any, Any, Any]:
        batch = Batch(place, *arrays)
        loss, gradients = jax.value_and_grad(task.loss)(weights, batch, place)
        after, later, norm = adamw.update(weights, moments, gradients, rate)
        fine = jnp.isfinite(loss) & jnp.isfinite(norm)
        weights, moments = jax.tree.map(
            lambda new, old: jnp.where(fine, new, old), (after, later), (weights, moments)
        )
        return weights, moments, loss, norm

    compiled = jax.jit(update, static_argnums=4)

    def run(weights: Any, moments: Any, batch: Batch, rate: float) -> tuple[Any, Any, Any, Any]:
        return compiled(weights, moments, tuple(batch[1:]), np.float32(rate), batch.size)

    return run


def updates_in(
    minutes: float, update: Update, weights: Any, places: tuple[int, ...], times: int = 1
) -> int:
    """How many updates this machine makes in that time, compiling left aside.

    Args:
        minutes: of training.
        update: compiled or not.
        weights: any of the network's, which stay as they are.
        places: of the sizes that are drawn.
        times: the series of a size, see :func:`pretraining.batches.draw`.
    """
    from rollcast.training import adamw

    moments = adamw.start(weights)
    spent = shares = 0.0
    for place in places:
        batch = draw_of_size(np.random.default_rng(place), place, times=times)
        took = []
        for _ in range(4):
            began = time.perf_counter()
            float(update(weights, moments, batch, 1e-3)[2])
            took.append(time.perf_counter() - began)
        spent += SIZES[place].share * float(np.median(took[1:]))
        shares += SIZES[place].share
    return max(1, round(minutes * 60 / (spent / shares)))


def train(
    run: Run, update: Update, folder: Path, *, every: int = 100, workers: int = 1, told: bool = True
) -> Run:
    """Make all updates that are left of a run.

    Args:
        run: at its start, or where it was interrupted.
        update: see :func:`updating`.
        folder: where the run's file, its log and at the end its averaged weights go.
        every: so many updates the run is written.
        workers: processes that draw batches.
        told: whether the log's lines are written to standard output too.

    Returns:
        The run at its end.
    """
    asked = run.asked
    cut_log(folder / LOG_FILE, run.update)
    batches = supply(
        asked.seed,
        run.update,
        asked.updates,
        without=frozenset(asked.without),
        places=places_of(asked.sizes),
        times=asked.times,
        workers=workers,
    )
    made: list[Made] = []
    last = time.perf_counter()
    for i in range(run.update, asked.updates):
        waiting = time.perf_counter()
        batch = next(batches)
        waited = time.perf_counter() - waiting
        rate = rate_of(i, asked.updates, asked.rate)
        weights, moments, loss, norm = update(run.weights, run.moments, batch, rate)
        made.append(Made(batch.size, float(loss), float(norm), waited))
        now = time.perf_counter()
        run = Run(asked, i + 1, run.seconds + now - last, weights, moments)
        last = now
        if (i + 1) % LINE_EVERY == 0 or i + 1 == asked.updates:
            line = log_line(run, rate, made)
            with (folder / LOG_FILE).open("a") as log:
                log.write(line)
            if told:
                sys.stdout.write(line)
                sys.stdout.flush()
            made = []
        if (i + 1) % every == 0:
            write_run(folder / RUN_FILE, run)
    batches.close()
    write_run(folder / RUN_FILE, run)
    write_arrays(folder / WEIGHTS_FILE, named(run.moments.averaged))
    return run


def places_of(rows: tuple[int, ...]) -> tuple[int, ...]:
    """The places of the sizes with so many rows; of all where none are named."""
    return tuple(i for i, size in enumerate(SIZES) if not rows or size.rows in rows)


class Made(NamedTuple):
    """What is remembered of an update until its line is written.

    Attributes:
        place: of the batch's size.
        loss: before the update.
        norm: of the gradient.
        waited: seconds for the batch.
    """

    place: int
    loss: float
    norm: float
    waited: float

    @property
    def counts(self) -> bool:
        """Whether the update was made, not left out for numbers that were not finite."""
        return math.isfinite(self.loss) and math.isfinite(self.norm)


def log_line(run: Run, rate: float, made: list[Made]) -> str:
    """One line of JSON about the newest updates: mean losses by rows of the size, the median norm, sums of the rest."""
    fine = [each for each in made if each.counts]
    losses = {
        str(SIZES[place].rows): [each.loss for each in fine if each.place == place]
        for place in sorted({each.place for each in fine})
    }
    line = {
        "update": run.update,
        "seconds": round(run.seconds, 2),
        "loss": {rows: round(float(np.mean(each)), 5) for rows, each in losses.items()},
        "rate": float(f"{rate:.4g}"),
        "norm": round(float(np.median([each.norm for each in fine])), 4) if fine else None,
        "waited": round(sum(each.waited for each in made), 3),
        "left_out": len(made) - len(fine),
    }
    return json.dumps(line) + "\n"


def cut_log(path: Path, update: int) -> None:
    """Take out of a log what was said of later updates than the run's file knows, and a line that was cut short."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text().splitlines(keepends=True):
        try:
            if line.endswith("\n") and json.loads(line)["update"] <= update:
                kept.append(line)
        except ValueError:
            continue
    write_whole(path, "".join(kept))
