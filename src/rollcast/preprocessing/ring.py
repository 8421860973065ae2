"""Ring: the newest values of each series in a circular buffer, so that a step writes one value and moves none.

Row n of a series stands in slot n % R, until row n + R takes its place.
"""

from __future__ import annotations

import numpy as np

from rollcast._types import Array, Float32, Int64
from rollcast.preprocessing.series_buffer import capacity

_FEW = 16
"""Slots for each new value up to which all slots are written anew: below that it is the quicker way."""


def ring_size(lag: int) -> int:
    """R for lags up to this one, rounded up a short ladder so that programs are used again."""
    return capacity(lag, least=1)


def look_back(ring: Array, rows: Array, back: Array) -> Array:
    """(S, n) the values that stand ``back`` (n,) or (S, n) rows before the next one; 1 is the newest.

    Args:
        ring: (S, R)
        rows: (S,) how many rows have been written.
        back: 1..R.
    """
    import jax.numpy as jnp

    slots = (rows[:, None] - back) % ring.shape[1]
    return jnp.take_along_axis(ring, slots, axis=1, mode="promise_in_bounds")


def before_each(ring: Array, rows: Array, values: Array, mask: Array | None, lag: Array) -> Array:
    """(S, T) the value ``lag`` rows before each of T new ones, which may stand in the ring or among the new.

    Args:
        ring: (S, R)
        rows: (S,) how many rows have been written to it.
        values: (S, T) the next ones.
        mask: (S, T) which of them exist, side by side; None for all.
        lag: (S,) 1..R.
    """
    import jax.numpy as jnp

    steps = values.shape[1]
    first = 0 if mask is None else jnp.argmax(mask, axis=1)[:, None]
    old = look_back(ring, rows, lag[:, None] - (jnp.arange(steps) - first))
    if steps == 1:
        return old
    source = jnp.arange(steps) - lag[:, None]
    new = jnp.take_along_axis(values, jnp.maximum(source, 0), axis=1, mode="promise_in_bounds")
    return jnp.where(source >= first, new, old)


def write(ring: Array, rows: Array, values: Array, mask: Array | None) -> Array:
    """The ring after T more values, of which those count that exist.

    Args:
        ring: (S, R)
        rows: (S,) how many rows have been written to it.
        values: (S, T)
        mask: (S, T) which of them exist, side by side; None for all.
    """
    import jax.numpy as jnp

    (size, slots), steps = ring.shape, values.shape[1]
    first, count = (0, steps) if mask is None else _extent(mask)
    if slots > _FEW * steps:
        at = (rows[:, None] + jnp.arange(steps) - first) % slots
        at = at if mask is None else jnp.where(mask, at, slots)  # a slot that is none is left out
        return ring.at[jnp.arange(size)[:, None], at].set(values, mode="drop", unique_indices=True)
    last = rows[:, None] + count - 1
    row = last - (last - jnp.arange(slots)) % slots  # (S, R) the newest row of each slot
    source = jnp.clip(row - rows[:, None] + first, 0, steps - 1)
    new = values if steps == 1 else jnp.take_along_axis(values, source, axis=1)
    return jnp.where(row >= rows[:, None], new, ring)


def newest(ring: Array, rows: Array, back: int | Int64) -> Float32:
    """(S,) the value ``back`` rows (one number, or (S,)) before the next one, outside of compiled programs."""
    held = np.asarray(ring)
    return held[np.arange(len(held)), (np.asarray(rows) - back) % held.shape[1]]


def oldest_first(ring: Array, rows: Array) -> Float32:
    """(S, R) the same values in the order in which they came."""
    return _turned(ring, np.asarray(rows, np.int64))


def from_oldest_first(values: Float32, rows: Int64) -> Float32:
    """(S, R) the ring of the newest values after so many rows (S,)."""
    return _turned(values, -np.asarray(rows, np.int64))


def _turned(values: Array, by: Int64) -> Float32:
    held = np.asarray(values)
    turned = np.take_along_axis(
        held, (by[:, None] + np.arange(held.shape[1])) % held.shape[1], axis=1
    )
    turned.flags.writeable = False  # as all arrays of a state
    return turned


def _extent(mask: Array) -> tuple[Array, Array]:
    """(S, 1) the first row that exists, and how many do."""
    import jax.numpy as jnp

    return jnp.argmax(mask, axis=1)[:, None], mask.sum(axis=1)[:, None]
