"""The pretrained network's loss: pinball at some origins of each series, every step ahead of each of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rollcast._types import Array
from rollcast.data.seasons import Seasons
from rollcast.networks.pretrained_network import LEVELS, NetworkWeights, run_head, run_layers
from rollcast.preprocessing.read_series import ahead_of, read_series
from rollcast.preprocessing.scaling import MOST_USUAL

MOST_WEIGHT = 20.0
"""How much an error counts at most, where a series' scale stands far above what is usual for it."""

NEAR = 4
"""Steps ahead that are near."""

FARTHEST = 2000.0
"""Targets lie no farther off than so many scales."""


class TrainingBatch(NamedTuple):
    """B series, aligned at their first rows, and O origins of each.

    Attributes:
        values: (B, N) after the logarithm where one is taken; a missing one repeats the newest before it.
        observed: (B, N)
        length: (B,) rows that exist, at most N.
        seasons: (B,)
        origins: (B, O) the newest row that is read; before the last that exists.
        weights: (B, N) how much each value counts; None where all count alike.
    """

    values: Array
    observed: Array
    length: Array
    seasons: Seasons
    origins: Array
    weights: Array | None = None


def origin_loss(
    weights: NetworkWeights,
    batch: TrainingBatch,
    read: int,
    steps: int,
    dropout: tuple[Array, float] | None = None,
    near: float = 0.0,
) -> Array:
    """() the mean pinball loss (Koenker & Bassett 1978) of all quantiles at all steps that exist, doubled.

    Errors count in units of each series' usual change by a season, as MASE has them. Where a strong season is smooth,
    the next row can be told far better than that: there the near steps would hardly count. So a share of the loss may
    be theirs alone, in units of the usual change from row to row.

    Args:
        weights: of the network.
        batch: the series.
        read: T, rows that are read; origins lie before it.
        steps: K.
        dropout: see :func:`rollcast.networks.pretrained_network.run_layers`.
        near: share of the loss that is that of the :data:`NEAR` first steps, from 0 to 1.
    """
    import jax
    import jax.numpy as jnp

    values, unit = scale_batch(batch)
    T = read
    found = read_series(values[:, :T], batch.observed[:, :T], batch.seasons)
    found = jax.lax.stop_gradient(found)
    hidden = weights.layers[0].recurrent_kernel.shape[0]
    states = [jnp.zeros((len(values), hidden))] * 2 * len(weights.layers)
    features, _ = run_layers(weights.layers, found.inputs, states, dropout=dropout)
    chosen = jnp.take_along_axis(features, batch.origins[:, :, None], axis=1)
    ahead = jax.lax.stop_gradient(ahead_of(found, batch.origins, steps))
    quantiles = run_head(weights.head, chosen, ahead)  # (B, O, K, Q)

    rows = batch.origins[:, :, None] + jnp.arange(1, steps + 1)
    there = rows < batch.length[:, None, None]
    rows = jnp.minimum(rows, values.shape[1] - 1).reshape(len(values), -1)
    there &= jnp.take_along_axis(batch.observed, rows, axis=1).reshape(there.shape).astype(bool)
    target = jnp.take_along_axis(values, rows, axis=1).reshape(there.shape)
    base, scale = (
        jnp.take_along_axis(known, batch.origins, axis=1)[:, :, None]
        for known in (found.standing.base, found.standing.scale)
    )
    error = jnp.clip((target - base) / scale, -FARTHEST, FARTHEST)[..., None] - quantiles
    levels = jnp.asarray(np.asarray(LEVELS, np.float32))
    each = 2 * jnp.maximum(levels * error, (levels - 1) * error).mean(axis=-1)
    if batch.weights is not None:
        there = there * jnp.take_along_axis(batch.weights, rows, axis=1).reshape(there.shape)
    counts = there * jnp.minimum(scale / unit[:, None, None], MOST_WEIGHT)
    of_all = (each * counts).sum() / jnp.maximum(there.sum(), 1)
    if not near:
        return of_all
    first, exist = (x[..., :NEAR] for x in (each, there))
    return (1 - near) * of_all + near * (first * exist).sum() / jnp.maximum(exist.sum(), 1)


def scale_batch(batch: TrainingBatch) -> tuple[Array, Array]:
    """Values (B, N) from the first one, in units of their usual change, and the usual change by a season (B,).

    The unit is that of :func:`rollcast.preprocessing.scaling.usual_change`, where a missing value repeats the newest.
    """
    import jax.numpy as jnp

    N = batch.values.shape[1]
    row = jnp.arange(N)[None]
    there = (row < batch.length[:, None]) & (batch.observed > 0)

    def usual(lag: Array) -> Array:
        before = jnp.take_along_axis(batch.values, jnp.maximum(row - lag[:, None], 0), axis=1)
        compared = there & (row >= lag[:, None])
        changes = jnp.abs(batch.values - before) * compared
        mean = changes.sum(axis=1) / jnp.maximum(compared.sum(axis=1), 1)
        moved = changes > 1e-12 * mean[:, None]
        digits = jnp.log(jnp.where(moved, changes, 1))
        typical = jnp.exp(digits.sum(axis=1) / jnp.maximum(moved.sum(axis=1), 1))
        return jnp.minimum(mean, MOST_USUAL * typical)

    step = usual(jnp.ones_like(batch.length))
    step = jnp.where(step > 0, step, 1)
    lag = jnp.minimum(batch.seasons.first, jnp.maximum(batch.length // 2, 1))
    scaled = (batch.values - batch.values[:, :1]) / step[:, None]
    return scaled, jnp.maximum(usual(lag) / step, 0.01)
