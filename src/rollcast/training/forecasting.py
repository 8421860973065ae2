"""The training task of a Forecaster: chunks or windows, a loss at every origin, free-running validation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from rollcast._types import Array, Float64, Int64
from rollcast.losses import weighted_loss
from rollcast.networks import Network, Weights
from rollcast.plans import (
    Pieces,
    Plan,
    chunk_starts,
    cut_pieces,
    lane_plan,
    make_plan,
    window_starts,
)
from rollcast.rollout import Origins, forecast_at, forecast_group, states_at
from rollcast.training.free_running import depth_of, free_targets, run_free, start_free
from rollcast.training.task import Forward, Task, Validation, run_model
from rollcast.windows import Batch, Noisy, Rows, gather

WARMUP = 4096
"""Rows read before the first validation origin at most, so that an epoch of a long series isn't spent on validation."""

LEAST_UPDATES = 16
"""Updates of an epoch at least: a short series is passed over several times, each time cut at another place."""

FEW_SERIES = 64
"""Series up to which every forecast origin is compared apart; of more, every series."""


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


@dataclass(frozen=True, kw_only=True)
class Regime:
    """How chunks follow each other in training, and what the network reads there.

    Attributes:
        seed: of the order of chunks and of noise.
        stateful: whether the state goes on from batch to batch (truncated back-propagation through time).
        rollout: steps that the network runs on its own outputs after each chunk; 0 for none.
        input_noise: standard deviation of the noise on the values read, in scaled units.
    """

    seed: int
    stateful: bool = False
    rollout: int = 0
    input_noise: float = 0.0


def forecast_task(
    network: Network,
    optimizer: Any,
    loss: Any,
    rows: Rows,
    offsets: Int64,
    shape: Shape,
    regime: Regime,
    *,
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
        regime: how it is trained.
        validate: see :class:`Task`.
    """
    optimizer.build(network.model.trainable_variables)  # here, since a resumed run starts nothing
    ends = np.asarray(rows.ends)[: len(offsets) - 1].astype(np.int64)
    sizes = (shape.length, shape.steps, shape.warmup, shape.windowed, shape.ring)
    seed = regime.seed if regime.input_noise else None
    options = (regime.stateful, regime.rollout, regime.input_noise, seed)
    carried = network.state_sizes if regime.stateful else ()
    return Task(
        model=network.model,
        optimizer=optimizer,
        loss=loss,
        data=rows,
        batch=partial(_batch, shape=shape, regime=regime),
        batch_key=("forecast", network.description, *sizes, *options),
        forward=partial(_forward, network, regime),
        plan=partial(_lanes if regime.stateful else _shuffled, offsets, ends, shape, regime),
        states=tuple(np.zeros((shape.batch_size, n), np.float32) for n in carried),
        validate=validate,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class FreeRunning:
    """Forecasts from rolling origins beside the actual values, in units of the anchor's own typical error.

    Attributes:
        rows: scaled series, those behind the origins included.
        origins: whose next ``h`` rows are known.
        shape: sizes.
        h: horizon.
        loss: see :func:`rollcast.losses.weighted_loss`.
    """

    rows: Rows
    origins: Origins
    shape: Shape
    h: int
    loss: Any

    @property
    def memory(self) -> dict[str, int]:
        """What a state remembers, and the rows read before the first origin at most."""
        shape = self.shape
        warmup = max(WARMUP, 4 * shape.length, 2 * shape.ring)
        return {"ring": shape.ring, "window": shape.window, "warmup": warmup}

    @cached_property
    def truth(self) -> tuple[Array, Array, Array]:
        """What came (S, O, h), its weights (S, O, h), and the spread (S, 1, 1)."""
        origins, rows = self.origins, self.rows
        newest = origins.first[:, None] + origins.stride * np.arange(origins.number)  # (S, O)
        wanted = newest[:, :, None] + 1 + np.arange(self.h)
        spread = np.asarray(rows.spread)[: len(newest), None, None]
        return np.asarray(rows.filled)[wanted] / spread, np.asarray(rows.observed)[wanted], spread

    def validate(self, network: Network, weights: Weights) -> Validation:
        """The errors of a network; NaN where nothing can be compared."""
        truth, known, spread = self.truth
        made = forecast_at(network, weights, self.rows, self.origins, h=self.h, **self.memory)
        error = np.where(known > 0, made / spread - truth, 0.0).astype(np.float64)
        weight = known.sum()
        if not weight:
            return Validation(math.nan, math.nan, math.nan)
        return Validation(
            float(weighted_loss(self.loss)(truth, made / spread, known)),
            math.sqrt(float((error**2).sum() / weight)),
            float(np.abs(error).sum() / weight),
        )

    def errors(
        self, network: Network, weights: Weights, heads: Sequence[tuple[Network, Weights]]
    ) -> Float64:
        """(P, U) MAE of several heads on one body, which reads every row once, in each of U parts.

        A part is a forecast origin of a series, or a whole series where there are many; NaN where nothing was observed.

        Args:
            network: gives the body.
            weights: of ``network``.
            heads: networks with the same body, and their weights.
        """
        truth, known, spread = self.truth
        groups = states_at(network, weights, self.rows, self.origins, **self.memory)
        axes = (2,) if len(truth) <= FEW_SERIES else (1, 2)
        parts: list[Float64] = []
        for group in groups:
            first = sum(part.shape[1] for part in parts)
            there = slice(first, first + len(group.frame.spread) // group.origins)
            weight = known[there].sum(axis=axes)
            errors: list[Float64] = []
            for head, own in heads:
                made = forecast_group(head, own, group, self.h)[: len(weight)]
                error = np.abs(made / spread[there] - truth[there])
                error = np.where(np.isfinite(made), error, np.inf)
                total = np.where(known[there] > 0, error, 0.0).sum(axis=axes, dtype=np.float64)
                errors.append(np.where(weight > 0, total / np.maximum(weight, 1), np.nan))
            parts.append(np.stack(errors))
        return np.concatenate(parts, axis=1).reshape(len(heads), -1)


def _shuffled(
    offsets: Int64, ends: Int64, shape: Shape, regime: Regime, epoch: int
) -> tuple[Plan, int]:
    """Windows, or chunks of several passes, in an order drawn for each epoch."""
    random = np.random.default_rng([regime.seed, epoch])
    if shape.windowed:
        starts, series = window_starts(offsets, ends, shape.length)
        room = len(window_starts(offsets, offsets[1:], shape.length)[0])
    else:
        phases = random.integers(0, shape.length, _count_passes(offsets, ends, shape))
        found = [chunk_starts(offsets, ends, shape.length, int(phase)) for phase in phases]
        starts = np.concatenate([s for s, _ in found])
        series = np.concatenate([s for _, s in found])
        # One program serves every epoch, and the last run over all rows.
        room = max(
            _count_passes(offsets, e, shape)
            * len(chunk_starts(offsets, e, shape.length, shape.length - 1)[0])
            for e in (ends, offsets[1:])
        )
    order = random.permutation(len(starts))
    return make_plan(starts, series, shape.batch_size, order, room=room, epoch=epoch)


def _lanes(
    offsets: Int64, ends: Int64, shape: Shape, regime: Regime, epoch: int
) -> tuple[Plan, int]:
    """Chunks that follow one another in parallel lanes, in passes that are cut at another place each."""
    random = np.random.default_rng([regime.seed, epoch])
    lanes, length = shape.batch_size, shape.length
    phases = random.integers(0, length, _count_passes(offsets, ends, shape))
    found = [cut_pieces(offsets, ends, length, int(phase), lanes) for phase in phases]
    pieces = Pieces(*[np.concatenate(part) for part in zip(*found, strict=True)])
    order = random.permutation(len(pieces.starts))
    room = 0
    for e in (ends, offsets[1:]):
        longest = cut_pieces(offsets, e, length, length - 1, lanes).chunks
        all_passes = _count_passes(offsets, e, shape) * int(longest.sum())
        room = max(room, -(-all_passes // lanes) + int(longest.max(initial=0)))
    return lane_plan(pieces, length, lanes, order, room=room, epoch=epoch)


def _count_passes(offsets: Int64, ends: Int64, shape: Shape) -> int:
    one_pass = max(int((ends - offsets[:-1]).sum()) / shape.length, 1.0)
    return max(math.ceil(LEAST_UPDATES * shape.batch_size / one_pass), 1)


def _batch(rows: Rows, plan: Plan, i: Array, *, shape: Shape, regime: Regime) -> Batch:
    import jax.numpy as jnp

    starts, series = plan.starts[i], plan.series[i]
    read = rows
    if regime.input_noise:
        read = rows._replace(filled=Noisy(rows.filled, _key(regime, plan, i), regime.input_noise))
    batch = gather(
        read,
        starts,
        series,
        length=shape.length,
        steps=shape.steps,
        warmup=shape.warmup,
        fresh=plan.fresh[i],
        truth=rows.filled,
    )
    if shape.windowed:
        batch = batch._replace(targets=batch.targets[:, -1:], weights=batch.weights[:, -1:])
    blocks = _blocks(shape.steps, regime)
    if not blocks:
        return batch
    newest, depth = starts + shape.length - 1, depth_of(plan.epoch)
    window = batch.inputs if shape.windowed else batch.inputs[:, :0]
    targets, weights = free_targets(
        rows, newest, series, steps=shape.steps, blocks=blocks, depth=depth
    )
    return batch._replace(
        targets=jnp.concatenate([batch.targets, targets], axis=1),
        weights=jnp.concatenate([batch.weights, weights], axis=1),
        free=start_free(read, newest, series, ring=shape.ring, window=window),
    )


def _key(regime: Regime, plan: Plan, i: Array) -> Array:
    """Of the noise, another one in every update."""
    import jax

    return jax.random.fold_in(jax.random.fold_in(jax.random.key(regime.seed), plan.epoch), i)


def _blocks(steps: int, regime: Regime) -> int:
    """Blocks of K that a free run is made of."""
    return -(-regime.rollout // steps)


def _forward(
    network: Network,
    regime: Regime,
    weights: Weights,
    batch: Batch,
    states: tuple[Array, ...],
) -> Forward:
    import jax.numpy as jnp

    size = batch.inputs.shape[0]
    if regime.stateful:
        states = tuple(s * (1 - batch.fresh[:, None]) for s in states)
    else:
        states = tuple(jnp.zeros((size, n), jnp.float32) for n in network.state_sizes)
    made = run_model(network.model, weights, [batch.inputs, batch.mask, *states])
    if batch.free is None:
        return made
    blocks = _blocks(network.output_size, regime)
    later = run_free(network, weights, batch.free, made.outputs[:, -1], made.states, blocks)
    return made._replace(outputs=jnp.concatenate([made.outputs, later], axis=1))
