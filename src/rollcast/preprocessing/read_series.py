"""Whole series read at once, as training does: what the pretrained network reads of every row, and ahead of some."""

from __future__ import annotations

from typing import NamedTuple

from rollcast._types import Array
from rollcast.data.seasons import Seasons
from rollcast.preprocessing.running_seasons import (
    Running,
    Standing,
    clip_value,
    nothing_read,
    read_value,
    standing,
)
from rollcast.preprocessing.season_anchors import RunningSums, describe_ahead


class ReadSeries(NamedTuple):
    """B series after the reading, aligned at their first rows.

    Attributes:
        inputs: (B, T, F) of every row.
        standing: (B, T, ...) what was known after it.
        filled: (B, T) the values as they were read.
        seasons: (B,)
    """

    inputs: Array
    standing: Standing
    filled: Array
    seasons: Seasons


def read_series(values: Array, observed: Array, seasons: Seasons) -> ReadSeries:
    """Read B series (B, T) from their first rows, inside a compiled program.

    Args:
        values: scaled; anything where missing.
        observed: True where there was a value.
        seasons: (B,)
    """
    import jax
    import jax.numpy as jnp

    B, T = values.shape

    def step(
        carry: tuple[Running, Array], now: tuple[Array, Array, Array]
    ) -> tuple[tuple[Running, Array], tuple[Array, Standing]]:
        (running, filled), (t, value, seen) = carry, now
        row = jnp.full(B, t)
        value = clip_value(jnp, running, row, value, seen)
        filled = jax.lax.dynamic_update_slice(filled, value[:, None], (0, t))

        def look(distance: Array) -> Array:
            return jnp.take_along_axis(filled, jnp.maximum(t - distance, 0), axis=1)

        running, inputs = read_value(jnp, seasons, running, row, value, seen, look)
        return (running, filled), (inputs, standing(jnp, seasons, running, row))

    start = (nothing_read(jnp, B), jnp.zeros((B, T), jnp.float32))
    rows = (jnp.arange(T), values.T, observed.T.astype(bool))
    (_, filled), (inputs, known) = jax.lax.scan(step, start, rows)
    inputs, known = jax.tree.map(lambda a: jnp.moveaxis(a, 0, 1), (inputs, known))
    return ReadSeries(inputs, known, filled, seasons)


def ahead_of(read: ReadSeries, origins: Array, steps: int) -> Array:
    """(B, O, K, P) what is known of the steps after the rows ``origins`` (B, O)."""
    import jax
    import jax.numpy as jnp

    B, many = origins.shape
    level = read.filled[:, :1]
    sums = jnp.cumsum(read.filled - level, axis=1)

    def gather(rows: Array, distance: Array) -> Array:
        place = jnp.maximum(origins[:, :, None] - distance.reshape(B, many, -1), 0)
        return jnp.take_along_axis(rows, place.reshape(B, -1), axis=1).reshape(distance.shape)

    def at_origins(known: Array) -> Array:
        place = origins.reshape(B, many, *[1] * (known.ndim - 2))
        return jnp.take_along_axis(known, place, axis=1).reshape(B * many, *known.shape[2:])

    seasons = Seasons(*(jnp.repeat(s, many) for s in read.seasons))
    made = describe_ahead(
        jnp,
        seasons,
        jax.tree.map(at_origins, read.standing),
        origins.reshape(-1),
        lambda distance: gather(read.filled, distance),
        RunningSums(lambda distance: gather(sums, distance), jnp.repeat(level[:, 0], many)),
        steps,
    )
    return made.reshape(B, many, *made.shape[1:])
