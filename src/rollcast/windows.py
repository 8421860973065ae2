"""Windows and chunks as index arithmetic: gathered inside the compiled program, never copied out.

A plan holds the first row of each window. What the network reads and what it is to forecast are gathered from the flat
series inside the program, so memory grows with the data and not with windows x length.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rollcast._types import Array, Bool, Float32, Int32, Int64

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


class Plan(NamedTuple):
    """The batches of an epoch.

    Attributes:
        starts: (M, B) first row of each window; it may lie before its series, where rows are masked.
        series: (M, B) whose rows these are.
        weights: (M, B) 1.0, and 0.0 where a partial last batch was padded.
    """

    starts: Int32
    series: Int32
    weights: Float32


class Batch(NamedTuple):
    """What one update sees.

    Attributes:
        inputs: (B, T, 3)
        mask: (B, T) True on rows inside the series.
        targets: (B, T, K) what the network is to emit, in units of the spread.
        weights: (B, T, K) 0.0 where the target is missing, outside the series, or part of the warm-up.
    """

    inputs: Array
    mask: Array
    targets: Array
    weights: Array


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
        _pad(filled, rows, np.float32),
        _pad(observed, rows, np.float32),
        _pad(offsets[:-1], series, np.int32),
        _pad(offsets[1:] if ends is None else ends, series, np.int32),
        _pad(spread, series, np.float32, fill=1),
        np.int32(max(lag, 1)),
        np.float32(lag > 0),
    )


def gather(
    rows: Rows, starts: Array, series: Array, *, length: int, steps: int, warmup: int
) -> Batch:
    """Windows of ``length`` rows and, at each row, the next ``steps`` values.

    Args:
        rows: the flat series.
        starts: (B,)
        series: (B,)
        length: T.
        steps: K.
        warmup: first rows of a window whose targets carry no weight, unless the series begins in this window.
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
    targets = (take(rows.filled, wanted) - anchors) / spread[:, :, None]
    warm = (jnp.arange(length) >= warmup) | (starts[:, None] <= begins)
    usable = (inside & warm)[:, :, None] & (wanted < ends[:, :, None])
    usable &= (source >= begins[:, :, None]) | (rows.anchored == 0)
    weights = jnp.where(usable, take(rows.observed, wanted), 0.0)
    return Batch(inputs, inside, jnp.where(usable, targets, 0.0), weights)


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


def take(flat: Array, index: Array) -> Array:
    """Rows of a flat array; an index outside of it is moved to its edge."""
    import jax.numpy as jnp

    return jnp.take(flat, index, mode="clip")


def make_plan(
    starts: Int64, series: Int64, batch_size: int, order: Int64, *, room: int = 0
) -> tuple[Plan, int]:
    """Batches of windows in the given order; a partial last batch is padded with weight 0, never dropped.

    Args:
        starts: (W,) first rows.
        series: (W,)
        batch_size: B.
        order: (W,) a permutation, or any choice.
        room: windows for which there is to be room at least, so that plans of different epochs have one size.

    Returns:
        The plan, its number of batches rounded up to a capacity, and how many of them are to be run.
    """
    count = -(-len(order) // batch_size)
    size = capacity(max(count, -(-room // batch_size)), least=4) * batch_size
    return (
        Plan(
            _pad(starts[order], size, np.int32).reshape(-1, batch_size),
            _pad(series[order], size, np.int32).reshape(-1, batch_size),
            _pad(np.ones(len(order)), size, np.float32).reshape(-1, batch_size),
        ),
        count,
    )


def window_starts(offsets: Int64, ends: Int64, length: int) -> tuple[Int64, Int64]:
    """Every whole window of ``length`` rows that has a row after it: first rows (W,) and series (W,).

    A series of N rows gives N - length windows.
    """
    counts = np.maximum(ends - offsets[:-1] - length, 0)
    return _runs(offsets[:-1], counts, 1)


def chunk_starts(offsets: Int64, ends: Int64, length: int, phase: int) -> tuple[Int64, Int64]:
    """Chunks of ``length`` rows, one after the other: each row of each series is in exactly one.

    Args:
        offsets: (S + 1,)
        ends: (S,)
        length: T.
        phase: 0..T - 1, rows by which the first chunk reaches back before the series begins.

    Returns:
        First rows (W,) and series (W,).
    """
    counts = -(-(ends - 1 - offsets[:-1] + phase) // length)
    return _runs(offsets[:-1] - phase, np.maximum(counts, 0), length)


def _runs(firsts: Int64, counts: Int64, step: int) -> tuple[Int64, Int64]:
    series = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return firsts[series] + within * step, series


def _pad(values: np.ndarray, size: int, dtype: type, fill: float = 0) -> np.ndarray:
    padded = np.full(size, fill, dtype)
    padded[: len(values)] = values
    return padded
