"""Windows as index arithmetic: gathered from the flat series inside the compiled program, never copied out.

So memory grows with the data and not with windows x length.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rollcast._types import Array, Bool, Float32, Int64

INPUTS = 3
"""What the network reads at each step: the value, its difference from the anchor, and 1 where the value is missing."""


class Rows(NamedTuple):
    """Flat scaled series as a compiled program takes them; sizes are rounded up so that programs are used again.

    Attributes:
        filled: (N,) scaled values, missing ones replaced by their anchor.
        observed: (N,) 1.0 where the value was observed.
        begins: (S,) first row of each series.
        ends: (S,) one past the last row that may be read or asked for.
        spread: (S,) the anchor's typical error, the unit of the network's outputs.
        lag: () rows from a value back to its anchor.
        anchored: () 1.0 where outputs are differences from the anchor, 0.0 where they are values.
    """

    filled: Array
    observed: Array
    begins: Array
    ends: Array
    spread: Array
    lag: Array
    anchored: Array


class Batch(NamedTuple):
    """What one update sees.

    Attributes:
        inputs: (B, T, 3)
        mask: (B, T) True on rows inside the series.
        targets: (B, T, K) what the network is to emit, in units of the spread.
        weights: (B, T, K) 0.0 where the target is missing, outside the series, or part of the warm-up.
        fresh: (B,) 1.0 where the window is read from a zero state, 0.0 where it goes on from the batch before.
        free: what a free run from the window's end needs, or None.
    """

    inputs: Array
    mask: Array
    targets: Array
    weights: Array
    fresh: Array
    free: Any = None


def capacity(count: int, least: int = 64) -> int:
    """``count`` rounded up to a power of two, or one and a half of one."""
    size = least
    while size < count:
        if size + size // 2 >= count:
            return size + size // 2
        size *= 2
    return size


def make_rows(
    filled: Float32,
    observed: Bool,
    offsets: Int64,
    spread: Float32,
    *,
    lag: int,
    ends: Int64 | None = None,
) -> Rows:
    """Pad flat arrays to their capacity.

    Args:
        filled: (N,)
        observed: (N,)
        offsets: (S + 1,)
        spread: (S,)
        lag: 1 or more; 0 for no anchor.
        ends: (S,) one past the last row that may be used; default the series' own end.
    """
    num_series = len(offsets) - 1
    rows, series = capacity(len(filled)), capacity(num_series, least=1)
    return Rows(
        pad(filled, rows, np.float32),
        pad(observed, rows, np.float32),
        pad(offsets[:-1], series, np.int32),
        pad(offsets[1:] if ends is None else ends, series, np.int32),
        pad(spread, series, np.float32, fill=1),
        np.int32(max(lag, 1)),
        np.float32(lag > 0),
    )


def gather(
    rows: Rows,
    starts: Array,
    series: Array,
    *,
    length: int,
    steps: int,
    warmup: int,
    fresh: Array | None = None,
    truth: Array | None = None,
) -> Batch:
    """Windows of ``length`` rows and, at each row, the next ``steps`` values.

    Args:
        rows: the flat series.
        starts: (B,)
        series: (B,)
        length: T.
        steps: K.
        warmup: first rows of a fresh window whose targets carry no weight, unless the series begins in this window.
        fresh: (B,) see :class:`Batch`; default all.
        truth: (N,) what is asked for, where it isn't what is read; default ``rows.filled``.
    """
    import jax.numpy as jnp

    begins, ends = rows.begins[series][:, None], rows.ends[series][:, None]  # (B, 1)
    spread = rows.spread[series][:, None]
    index = starts[:, None] + jnp.arange(length)  # (B, T)
    inside = (index >= begins) & (index < ends)
    inputs = read_inputs(rows, index, begins, spread)

    ahead = jnp.arange(1, steps + 1)
    wanted = index[:, :, None] + ahead  # (B, T, K)
    source = index[:, :, None] + anchor_position(ahead, rows.lag)
    anchors = take(rows.filled, source) * rows.anchored
    truth = rows.filled if truth is None else truth
    targets = (take(truth, wanted) - anchors) / spread[:, :, None]
    new = jnp.ones(len(starts), jnp.float32) if fresh is None else fresh
    warm = jnp.arange(length) >= warmup * new[:, None]
    warm |= starts[:, None] <= begins
    usable = (inside & warm)[:, :, None] & (wanted < ends[:, :, None])
    usable &= (source >= begins[:, :, None]) | (rows.anchored == 0)
    weights = jnp.where(usable, take(rows.observed, wanted), 0.0)
    return Batch(inputs, inside, jnp.where(usable, targets, 0.0), weights, new)


def read_inputs(rows: Rows, index: Array, begins: Array, spread: Array) -> Array:
    """(B, T, 3) what the network reads in the rows ``index`` (B, T); rows before a series read as its first."""
    import jax.numpy as jnp

    now = jnp.maximum(index, begins)
    return step_inputs(
        take(rows.filled, now),
        take(rows.filled, jnp.maximum(index - rows.lag, begins)) * rows.anchored,
        take(rows.observed, now),
        spread,
    )


def step_inputs(value: Array, anchor: Array, observed: Array, spread: Array) -> Array:
    """(..., 3) one step's inputs from scaled values, their anchors, 1.0 where observed, and the spread."""
    import jax.numpy as jnp

    return jnp.stack([value, (value - anchor) / spread, 1.0 - observed], axis=-1)


def anchor_position(ahead: Array, lag: Array) -> Array:
    """Row of the anchor of the value ``ahead`` steps on, counted from the newest row (0), -1 the one before it.

    For the last value it is always 0; for a season of m rows it is the newest known value of the same phase.
    """
    return ahead - lag * ((ahead + lag - 1) // lag)


class Noisy(NamedTuple):
    """A flat array that is read with noise, which a row keeps however often it is read.

    Attributes:
        flat: (N,)
        key: of the noise.
        deviation: its standard deviation.
    """

    flat: Array
    key: Array
    deviation: float


def take(flat: Array | Noisy, index: Array) -> Array:
    """Rows of a flat array; an index outside of it is moved to its edge."""
    import jax
    import jax.numpy as jnp

    if not isinstance(flat, Noisy):
        return jnp.take(flat, index, mode="clip")

    def noise(row: Array) -> Array:
        return jax.random.normal(jax.random.fold_in(flat.key, row))

    drawn = jax.vmap(noise)(index.reshape(-1)).reshape(index.shape)
    return take(flat.flat, index) + flat.deviation * drawn


def pad(values: np.ndarray, size: int, dtype: type, fill: float = 0) -> np.ndarray:
    """A flat array filled up to a size."""
    padded = np.full(size, fill, dtype)
    padded[: len(values)] = values
    return padded
