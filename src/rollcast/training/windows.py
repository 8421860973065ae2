"""Windows as index arithmetic: gathered from the flat series inside the compiled program, never copied out.

So memory grows with the data and not with windows x length.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from rollcast._types import Array
from rollcast.preprocessing.choose_transform import stored_transform_of
from rollcast.preprocessing.series_buffer import SeriesBuffer, take_rows


class Batch(NamedTuple):
    """What one update sees.

    Attributes:
        inputs: (B, T, C)
        mask: (B, T) True on rows inside the series.
        targets: (B, T, K) what the network is to emit, in units of the anchor error.
        weights: (B, T, K) how much each target counts; 0.0 where it is missing, outside the series, or in the warm-up.
        fresh: (B,) 1.0 where the window is read from a zero state, 0.0 where it goes on from the batch before.
        origins: (B, O) rows of the features at which a shared head is trained; the targets are theirs. None for all.
        ahead: (B, O, K, P) what is known of each step ahead there.
        free: what a free run from the window's end needs, or None.
    """

    inputs: Array
    mask: Array
    targets: Array
    weights: Array
    fresh: Array
    origins: Array | None = None
    ahead: Array | None = None
    free: Any = None


def gather(
    rows: SeriesBuffer,
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
    anchor_error = rows.anchor_error[series][:, None]
    index = starts[:, None] + jnp.arange(length)  # (B, T)
    inside = (index >= begins) & (index < ends)
    transform = stored_transform_of(rows)
    inputs = transform.inputs_at(rows, index, series)

    ahead = jnp.arange(1, steps + 1)
    wanted = index[:, :, None] + ahead  # (B, T, K)
    anchors, known = transform.anchors_at(rows, index, series, steps)
    truth = rows.filled if truth is None else truth
    targets = (take_rows(truth, wanted) - anchors) / anchor_error[:, :, None]
    new = jnp.ones(len(starts), jnp.float32) if fresh is None else fresh
    warm = jnp.arange(length) >= warmup * new[:, None]
    warm |= starts[:, None] <= begins
    usable = (inside & warm)[:, :, None] & (wanted < ends[:, :, None])
    usable &= known
    weights = jnp.where(usable, take_rows(rows.counts, wanted), 0.0)
    return Batch(inputs, inside, jnp.where(usable, targets, 0.0), weights, new)


def draw_origins(batch: Batch, key: Array, count: int) -> Array:
    """(B, O) rows of each window, drawn without repetition; those that carry a loss come first.

    Args:
        batch: as :func:`gather` gives it.
        key: of JAX's.
        count: O; all rows where there are no more.
    """
    import jax

    useful = (batch.weights > 0).any(axis=-1)  # (B, T)
    drawn = jax.random.uniform(key, useful.shape) + useful
    return jax.lax.top_k(drawn, min(count, useful.shape[1]))[1]


def at_origins(batch: Batch, origins: Array) -> Batch:
    """The batch with the targets of some rows (B, O) alone."""
    import jax.numpy as jnp

    def take(values: Array) -> Array:
        return jnp.take_along_axis(values, origins[:, :, None], axis=1)

    return batch._replace(targets=take(batch.targets), weights=take(batch.weights), origins=origins)
