"""The training task of a Forecaster: chunks or windows, a loss at every origin, free-running validation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from rollcast._types import Array, Int64
from rollcast.networks.network import Network, Weights
from rollcast.networks.sizes import Sizes
from rollcast.preprocessing.ahead import Ahead, read_ahead
from rollcast.preprocessing.series_buffer import Noisy, SeriesBuffer
from rollcast.training.free_running_loss import depth_of, free_targets, run_free, start_free
from rollcast.training.pieces import choose_lengths, cut_series, starts_of_length
from rollcast.training.plans import (
    Pieces,
    Plan,
    chunk_starts,
    cut_pieces,
    lane_plan,
    make_plan,
    window_starts,
)
from rollcast.training.task import Forward, Task, Validation, run_model
from rollcast.training.windows import Batch, at_origins, draw_origins, gather

ORIGINS = 16
"""Rows of each chunk, drawn anew in every update, after which a shared head forecasts in training.

A shared head holds its hidden units for every origin and step ahead: of 32 chunks of 256 rows and 48 steps, with 64
units, 100 MB a layer at every row, and 6 MB at 16 of them. Neighbouring rows tell nearly the same; in a few epochs all
of them come."""

LEAST_UPDATES = 16
"""Updates of an epoch at least: a short series is passed over several times, each time cut at another place."""

MOST_UPDATES = 2048
"""Updates of an epoch at most: of more chunks or windows each epoch draws as many, all with the same chance."""


@dataclass(frozen=True, kw_only=True)
class TrainingMode:
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
    rows: SeriesBuffer,
    offsets: Int64,
    sizes: Sizes,
    mode: TrainingMode,
    *,
    validate: Callable[[Weights], Validation] | None = None,
    squared: bool = False,
) -> Task:
    """The task of fitting ``network`` to the rows up to ``rows.ends``.

    Args:
        network: body and head, and what its outputs stand for.
        optimizer: of its own.
        rows: scaled series.
        offsets: (S + 1,)
        sizes: of the model's programs.
        mode: how it is trained.
        validate: see :class:`Task`.
        squared: see :class:`Task`.
    """
    optimizer.build(network.model.trainable_variables)  # here, since a resumed run starts nothing
    ends = np.asarray(rows.ends)[: len(offsets) - 1].astype(np.int64)
    cut = _Cut(offsets, ends, sizes, mode)
    carried = network.state_sizes if mode.stateful else ()
    drawn = mode.input_noise > 0 or network.ahead is not None
    *shorter, whole = (
        Task(
            model=network.model,
            optimizer=optimizer,
            distribution=network.distribution,
            data=rows,
            batch=partial(_batch, sizes=cut.read_as(length), mode=mode, ahead=network.ahead),
            form=("forecast", network.description, *_key_of(cut.read_as(length), mode, drawn)),
            forward=partial(_forward, network, mode),
            plan=cut.planner(length),
            states=tuple(np.zeros((sizes.batch_size, n), np.float32) for n in carried),
        )
        for length in cut.lengths
    )
    return replace(whole, validate=validate, squared=squared, shorter=tuple(shorter))


def _key_of(sizes: Sizes, mode: TrainingMode, drawn: bool) -> tuple[Any, ...]:
    """What a program closes over beside its network; the seed only where something is drawn."""
    seed = mode.seed if drawn else None
    options = (mode.stateful, mode.rollout, mode.input_noise, seed)
    return (sizes.length, sizes.steps, sizes.warmup, sizes.windowed, sizes.ring, *options)


@dataclass(frozen=True, eq=False)
class _Cut:
    """Series that are to be cut into windows, chunks, or pieces of several lengths.

    Attributes:
        offsets: (S + 1,)
        ends: (S,) one past the last row that is trained on.
        sizes: of the longest pieces.
        mode: how they follow each other.
    """

    offsets: Int64
    ends: Int64
    sizes: Sizes
    mode: TrainingMode

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Rows of the pieces, ascending: one series is cut into chunks of one length, and so are lanes and windows."""
        if len(self.ends) == 1 or self.sizes.windowed or self.mode.stateful:
            return (self.sizes.length,)
        return choose_lengths(self.offsets, self.ends, self.sizes.length)

    def read_as(self, length: int) -> Sizes:
        """The sizes of the program for pieces of this length, with as many rows in a batch."""
        sizes = self.sizes
        return replace(sizes, length=length, batch_size=sizes.batch_size * sizes.length // length)

    def planner(self, length: int) -> Callable[[int], tuple[Plan, int]]:
        """Epoch -> the plan of the pieces of this length."""
        if self.mode.stateful:
            return partial(_lanes, self.offsets, self.ends, self.sizes, self.mode)
        if self.sizes.windowed or len(self.ends) == 1:
            return partial(_shuffled, self.offsets, self.ends, self.sizes, self.mode)
        return partial(_mixed, self, length)


def _shuffled(
    offsets: Int64, ends: Int64, sizes: Sizes, mode: TrainingMode, epoch: int
) -> tuple[Plan, int]:
    """Windows, or chunks of several passes, in an order drawn for each epoch."""
    random = np.random.default_rng([mode.seed, epoch])
    if sizes.windowed:
        starts, series = window_starts(offsets, ends, sizes.length)
        room = len(window_starts(offsets, offsets[1:], sizes.length)[0])
    else:
        phases = random.integers(0, sizes.length, _count_passes(offsets, ends, sizes))
        found = [chunk_starts(offsets, ends, sizes.length, int(phase)) for phase in phases]
        starts = np.concatenate([s for s, _ in found])
        series = np.concatenate([s for _, s in found])
        # One program serves every epoch, and the last run over all rows.
        room = max(
            _count_passes(offsets, e, sizes)
            * len(chunk_starts(offsets, e, sizes.length, sizes.length - 1)[0])
            for e in (ends, offsets[1:])
        )
    return _drawn(starts, series, sizes, random, room=room, epoch=epoch)


def _mixed(cut: _Cut, length: int, epoch: int) -> tuple[Plan, int]:
    """Of series of unequal length the pieces of one length, of several passes; each series is cut at its own places."""
    offsets, ends, sizes, lengths = cut.offsets, cut.ends, cut.sizes, cut.lengths
    random = np.random.default_rng([cut.mode.seed, epoch])
    phases = random.random((_count_passes(offsets, ends, sizes), len(ends)))
    found = [
        starts_of_length(cut_series(offsets, ends, sizes.length, phase), lengths, length)
        for phase in phases
    ]
    starts, series = (np.concatenate(part) for part in zip(*found, strict=True))
    room = 0  # one program serves every epoch, and the last run over all rows
    for e in (ends, offsets[1:]):
        whole = (e - offsets[:-1]) // sizes.length + 2
        each = whole if length == sizes.length else np.full(len(e), 2)  # the first and the last one
        room = max(room, _count_passes(offsets, e, sizes) * int(each.sum()))
    return _drawn(starts, series, cut.read_as(length), random, room=room, epoch=epoch)


def _drawn(
    starts: Int64,
    series: Int64,
    sizes: Sizes,
    random: np.random.Generator,
    *,
    room: int,
    epoch: int,
) -> tuple[Plan, int]:
    """All windows or chunks in a drawn order, or as many of them as an epoch takes."""
    most = MOST_UPDATES * sizes.batch_size
    order = random.permutation(len(starts))[:most]
    return make_plan(starts, series, sizes.batch_size, order, room=min(room, most), epoch=epoch)


def _lanes(
    offsets: Int64, ends: Int64, sizes: Sizes, mode: TrainingMode, epoch: int
) -> tuple[Plan, int]:
    """Chunks that follow one another in parallel lanes, in passes that are cut at another place each."""
    random = np.random.default_rng([mode.seed, epoch])
    lanes, length = sizes.batch_size, sizes.length
    phases = random.integers(0, length, _count_passes(offsets, ends, sizes))
    found = [cut_pieces(offsets, ends, length, int(phase), lanes) for phase in phases]
    pieces = Pieces(*[np.concatenate(part) for part in zip(*found, strict=True)])
    order = random.permutation(len(pieces.starts))
    room = 0
    for e in (ends, offsets[1:]):
        longest = cut_pieces(offsets, e, length, length - 1, lanes).chunks
        all_passes = _count_passes(offsets, e, sizes) * int(longest.sum())
        room = max(room, -(-all_passes // lanes) + int(longest.max(initial=0)))
    return lane_plan(pieces, length, lanes, order, room=room, epoch=epoch)


def _count_passes(offsets: Int64, ends: Int64, sizes: Sizes) -> int:
    one_pass = max(int((ends - offsets[:-1]).sum()) / sizes.length, 1.0)
    return max(math.ceil(LEAST_UPDATES * sizes.batch_size / one_pass), 1)


def _batch(
    rows: SeriesBuffer,
    plan: Plan,
    i: Array,
    *,
    sizes: Sizes,
    mode: TrainingMode,
    ahead: Ahead | None,
) -> Batch:
    import jax.numpy as jnp

    starts, series = plan.starts[i], plan.series[i]
    read = rows
    if mode.input_noise:
        read = rows._replace(filled=Noisy(rows.filled, _key(mode, plan, i), mode.input_noise))
    batch = gather(
        read,
        starts,
        series,
        length=sizes.length,
        steps=sizes.steps,
        warmup=sizes.warmup,
        fresh=plan.fresh[i],
        truth=rows.filled,
    )
    blocks = _blocks(sizes.steps, mode)
    if sizes.windowed:
        batch = batch._replace(targets=batch.targets[:, -1:], weights=batch.weights[:, -1:])
    if ahead is not None:
        batch = _know_ahead(batch, read, plan, i, sizes=sizes, mode=mode, ahead=ahead)
    if not blocks:
        return batch
    newest, depth = starts + sizes.length - 1, depth_of(plan.epoch)
    window = batch.inputs if sizes.windowed else batch.inputs[:, :0]
    targets, weights = free_targets(
        rows, newest, series, steps=sizes.steps, blocks=blocks, depth=depth
    )
    return batch._replace(
        targets=jnp.concatenate([batch.targets, targets], axis=1),
        weights=jnp.concatenate([batch.weights, weights], axis=1),
        free=start_free(read, newest, series, ring=sizes.ring, window=window),
    )


def _know_ahead(
    batch: Batch,
    rows: SeriesBuffer,
    plan: Plan,
    i: Array,
    *,
    sizes: Sizes,
    mode: TrainingMode,
    ahead: Ahead,
) -> Batch:
    """The batch for a shared head: some origins of each chunk, with what is known there of the steps ahead.

    Where the network runs freely from a chunk's last row, that is an origin beside those drawn.

    Args:
        batch: of all rows.
        rows: that are read.
        plan: of the epoch.
        i: number of the update.
        sizes: of the model's programs.
        mode: with the seed.
        ahead: what the head reads.
    """
    import jax
    import jax.numpy as jnp

    key = jax.random.fold_in(_key(mode, plan, i), 1)  # another than that of the noise
    origins = draw_origins(batch, key, ORIGINS)
    size, length = batch.targets.shape[:2]
    if mode.rollout and not sizes.windowed:
        end = jnp.full((size, 1), length - 1, origins.dtype)
        origins = jnp.concatenate([origins, end], axis=1)
    newest = plan.starts[i][:, None] + origins + (sizes.length - length)
    batch = at_origins(batch, origins)
    return batch._replace(ahead=read_ahead(rows, newest, plan.series[i], ahead))


def _key(mode: TrainingMode, plan: Plan, i: Array) -> Array:
    """Of the noise, another one in every update."""
    import jax

    return jax.random.fold_in(jax.random.fold_in(jax.random.key(mode.seed), plan.epoch), i)


def _blocks(steps: int, mode: TrainingMode) -> int:
    """Blocks of K that a free run is made of."""
    return -(-mode.rollout // steps)


def _forward(
    network: Network,
    mode: TrainingMode,
    weights: Weights,
    batch: Batch,
    states: tuple[Array, ...],
) -> Forward:
    import jax.numpy as jnp

    size = batch.inputs.shape[0]
    if mode.stateful:
        states = tuple(s * (1 - batch.fresh[:, None]) for s in states)
    else:
        states = tuple(jnp.zeros((size, n), jnp.float32) for n in network.state_sizes)
    inputs = [batch.inputs, batch.mask, *states]
    if batch.origins is None:
        made = run_model(network.model, weights, inputs)
    else:
        outputs, after, fixed, penalty = network.train_at(
            weights, inputs, batch.origins, batch.ahead
        )
        made = Forward(outputs, tuple(after), fixed, penalty)
    made = made._replace(outputs=network.params(made.outputs))
    if batch.free is None:
        return made
    blocks = _blocks(network.output_size, mode)
    later = run_free(network, weights, batch.free, made.outputs[:, -1], made.states, blocks)
    return made._replace(outputs=jnp.concatenate([made.outputs, later], axis=1))
