"""Readout features: what the recurrence gives at every row, gathered for ridge regression."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from rollcast._types import Array, Bool, Int64
from rollcast.networks.network import Network, Weights
from rollcast.networks.ridge import Block, FeatureMoments, sum_moments
from rollcast.preprocessing.series_buffer import SeriesBuffer, capacity
from rollcast.runtime.blas import one_thread
from rollcast.runtime.programs import compiled
from rollcast.training.plans import window_starts
from rollcast.training.windows import gather

WASHOUT = 100
"""First rows of a series that are read and not fitted, a tenth of it at most: the zero state has to fade."""

READ_ROWS = 512
"""Rows that one call of the reading program takes."""

MOST_SOLVED = 32
"""Series that are read side by side."""

WINDOWS = 1024
"""Windows that are read side by side in the window reading."""


def fit_moments(
    network: Network,
    weights: Weights,
    rows: SeriesBuffer,
    offsets: Int64,
    *,
    steps: int,
    window: int,
) -> FeatureMoments | None:
    """Read every series up to ``rows.ends`` and gather the moments of features and targets.

    Rows whose next ``steps`` values aren't all known are left out.

    Args:
        network: its structure.
        weights: the network's, as a plain value.
        rows: scaled series.
        offsets: (S + 1,)
        steps: K.
        window: W in the window reading, 0 in the sequence reading.

    Returns:
        The moments; None where no row is left, or features are not finite.
    """
    import jax

    ends = np.asarray(rows.ends)[: len(offsets) - 1].astype(np.int64)
    rows = jax.device_put(rows)  # once, and not with every group
    blocks = (
        _read_windows(network, weights, rows, offsets, ends, steps, window)
        if window
        else _read_series(network, weights, rows, offsets, ends, steps)
    )
    with one_thread():
        return sum_moments(blocks)


def _read_series(
    network: Network,
    weights: Weights,
    rows: SeriesBuffer,
    offsets: Int64,
    ends: Int64,
    steps: int,
) -> Iterator[Block]:
    begins, lengths = offsets[:-1], ends - offsets[:-1]
    washout = np.minimum(WASHOUT, lengths // 10)
    order = np.argsort(lengths, kind="stable")

    for first in range(0, len(order), MOST_SOLVED):
        group = order[first : first + MOST_SOLVED]
        series = group[np.arange(capacity(len(group), least=1)) % len(group)]
        longest = int(lengths[group].max())
        length = min(capacity(longest, least=8), READ_ROWS)
        states: list[Any] = [np.zeros((len(series), n), np.float32) for n in network.state_sizes]
        key = ("moments", network.description, length, steps)
        for at in range(0, longest, length):
            starts = (begins[series] + at).astype(np.int32)
            arguments = (weights, rows, (starts, series.astype(np.int32)), states)
            program = compiled(key, partial(_read_chunk, network, length, steps), *arguments)
            features, targets, counts, states = program(*arguments)
            faded = at + np.arange(length) >= washout[group, None]
            counts = np.asarray(counts)[: len(group)]
            yield _kept(features, targets, counts, faded & (counts > 0), rows)


def _read_windows(
    network: Network,
    weights: Weights,
    rows: SeriesBuffer,
    offsets: Int64,
    ends: Int64,
    steps: int,
    window: int,
) -> Iterator[Block]:
    starts, series = window_starts(offsets, ends, window)
    size = min(capacity(len(starts), least=8), WINDOWS)
    for first in range(0, len(starts), size):
        index = np.arange(first, first + size)
        there = (index < len(starts))[:, None]
        index = np.minimum(index, len(starts) - 1)
        arguments = (weights, rows, starts[index].astype(np.int32), series[index].astype(np.int32))
        key = ("moments", network.description, window, steps, "window")
        program = compiled(key, partial(_read_whole_windows, network, window, steps), *arguments)
        features, targets, counts = map(np.asarray, program(*arguments))
        yield _kept(features, targets, counts, there & (counts > 0), rows)


def _read_chunk(
    network: Network,
    length: int,
    steps: int,
    weights: Weights,
    rows: SeriesBuffer,
    chunks: tuple[Array, Array],
    states: list[Array],
) -> tuple[Array, Array, Array, list[Array]]:
    batch = gather(rows, *chunks, length=length, steps=steps, warmup=0)
    features, states = network.run_body(weights, [batch.inputs, batch.mask, *states])
    return features, batch.targets, _row_weights(batch.weights), states


def _read_whole_windows(
    network: Network,
    window: int,
    steps: int,
    weights: Weights,
    rows: SeriesBuffer,
    starts: Array,
    series: Array,
) -> tuple[Array, Array, Array]:
    batch = gather(rows, starts, series, length=window, steps=steps, warmup=0)
    features, _ = network.run_body(weights, [batch.inputs, batch.mask])
    return features, batch.targets[:, -1:], _row_weights(batch.weights[:, -1:])


def _row_weights(weights: Array) -> Array:
    """(B, T) the mean weight of the next K values (B, T, K); 0.0 where one of them does not count."""
    import jax.numpy as jnp

    return jnp.where(weights.min(axis=-1) > 0, weights.mean(axis=-1), 0.0)


def _kept(features: Array, targets: Array, counts: Any, kept: Bool, rows: SeriesBuffer) -> Block:
    """The rows that are fitted, and how much each counts where they don't count alike."""
    x, y = (np.asarray(a)[: len(kept)][kept].astype(np.float64) for a in (features, targets))
    return Block(x, y, None if rows.weight is None else counts[kept].astype(np.float64))
