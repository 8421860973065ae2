"""The training task of a Forecaster: chunks or windows, a loss at every origin, free-running validation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from rollcast._types import Array, Int64
from rollcast.losses import weighted_loss
from rollcast.networks import Network, Weights
from rollcast.rollout import Origins, forecast_at
from rollcast.training.task import Task, Validation
from rollcast.windows import Batch, Plan, Rows, chunk_starts, gather, make_plan, window_starts

WARMUP = 4096
"""Rows read before the first validation origin at most, so that an epoch of a long series isn't spent on validation."""

LEAST_UPDATES = 16
"""Updates of an epoch at least: a short series is passed over several times, each time cut at another place."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The sizes of one model's programs.

    Attributes:
        length: T, rows of a chunk (sequence reading) or W of a window (window reading).
        steps: K.
        ring: R, rows that a state remembers for its anchor.
        windowed: whether the window reading is meant.
        batch_size: B.
    """

    length: int
    steps: int
    ring: int
    windowed: bool
    batch_size: int

    @property
    def window(self) -> int:
        """W in the window reading, 0 in the sequence reading."""
        return self.length if self.windowed else 0

    @property
    def warmup(self) -> int:
        """Rows of a chunk that carry no loss, unless the series begins in it."""
        return 0 if self.windowed else self.length // 8


def forecast_task(
    network: Network,
    optimizer: Any,
    loss: Any,
    rows: Rows,
    offsets: Int64,
    shape: Shape,
    *,
    seed: int,
    validate: Callable[[Weights], Validation] | None = None,
) -> Task:
    """The task of fitting ``network`` to the rows up to ``rows.ends``.

    Args:
        network: body and head.
        optimizer: of its own.
        loss: see :func:`rollcast.losses.weighted_loss`.
        rows: scaled series.
        offsets: (S + 1,)
        shape: sizes.
        seed: of the order of chunks.
        validate: see :class:`Task`.
    """
    optimizer.build(network.model.trainable_variables)  # here, since a resumed run starts nothing
    ends = np.asarray(rows.ends)[: len(offsets) - 1].astype(np.int64)
    # One program serves every epoch, and the last run over all rows.
    room = max(_most_windows(offsets, e, shape) for e in (ends, offsets[1:]))

    def plan(epoch: int) -> tuple[Plan, int]:
        random = np.random.default_rng([seed, epoch])
        starts, series = (
            window_starts(offsets, ends, shape.length)
            if shape.windowed
            else _passes(offsets, ends, shape, random)
        )
        order = random.permutation(len(starts))
        return make_plan(starts, series, shape.batch_size, order, room=room)

    sizes = (shape.length, shape.steps, shape.warmup, shape.windowed)
    return Task(
        model=network.model,
        optimizer=optimizer,
        loss=loss,
        data=rows,
        batch=partial(_batch, shape=shape),
        batch_key=("forecast", network.description, *sizes),
        inputs=partial(_inputs, network),
        plan=plan,
        validate=validate,
    )


def free_running_error(
    network: Network, rows: Rows, origins: Origins, shape: Shape, h: int, loss: Any
) -> Callable[[Weights], Validation]:
    """How far forecasts from rolling origins are off, in units of the anchor's own typical error.

    Args:
        network: its structure.
        rows: scaled series, the validation part included.
        origins: whose next ``h`` rows are known.
        shape: sizes.
        h: horizon.
        loss: see :func:`rollcast.losses.weighted_loss`.
    """
    count = len(origins.first)
    newest = origins.first[:, None] + origins.stride * np.arange(origins.number)  # (S, O)
    wanted = newest[:, :, None] + 1 + np.arange(h)
    filled, observed = np.asarray(rows.filled), np.asarray(rows.observed)
    spread = np.asarray(rows.spread)[:count, None, None]
    truth, weights = filled[wanted] / spread, observed[wanted]
    total = weighted_loss(loss)

    def validate(trained: Weights) -> Validation:
        made = forecast_at(
            network,
            trained,
            rows,
            origins,
            h=h,
            ring=shape.ring,
            window=shape.window,
            warmup=max(WARMUP, 4 * shape.length, 2 * shape.ring),
        )
        error = np.where(weights > 0, made / spread - truth, 0.0).astype(np.float64)
        weight = weights.sum()
        if not weight:
            return Validation(math.nan, math.nan, math.nan)
        return Validation(
            float(total(truth, made / spread, weights)),
            math.sqrt(float((error**2).sum() / weight)),
            float(np.abs(error).sum() / weight),
        )

    return validate


def _passes(
    offsets: Int64, ends: Int64, shape: Shape, random: np.random.Generator
) -> tuple[Int64, Int64]:
    count = _count_passes(offsets, ends, shape)
    phases = random.integers(0, shape.length, count)
    found = [chunk_starts(offsets, ends, shape.length, int(phase)) for phase in phases]
    return np.concatenate([s for s, _ in found]), np.concatenate([s for _, s in found])


def _count_passes(offsets: Int64, ends: Int64, shape: Shape) -> int:
    one_pass = max(int((ends - offsets[:-1]).sum()) / shape.length, 1.0)
    return max(math.ceil(LEAST_UPDATES * shape.batch_size / one_pass), 1)


def _most_windows(offsets: Int64, ends: Int64, shape: Shape) -> int:
    """Windows or chunks of an epoch at most, wherever its passes are cut."""
    if shape.windowed:
        return len(window_starts(offsets, ends, shape.length)[0])
    longest, _ = chunk_starts(offsets, ends, shape.length, shape.length - 1)
    return _count_passes(offsets, ends, shape) * len(longest)


def _batch(rows: Rows, starts: Array, series: Array, *, shape: Shape) -> Batch:
    batch = gather(
        rows, starts, series, length=shape.length, steps=shape.steps, warmup=shape.warmup
    )
    if not shape.windowed:
        return batch
    return batch._replace(targets=batch.targets[:, -1:], weights=batch.weights[:, -1:])


def _inputs(network: Network, batch: Batch, states: tuple[Array, ...]) -> list[Array]:
    import jax.numpy as jnp

    size = batch.inputs.shape[0]
    zeros = [jnp.zeros((size, n), jnp.float32) for n in network.state_sizes]
    return [batch.inputs, batch.mask, *zeros]
