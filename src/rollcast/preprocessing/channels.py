"""The input channels: what a network reads at each step."""

from __future__ import annotations

from rollcast._types import Array
from rollcast.preprocessing.series_buffer import SeriesBuffer, take_rows

INPUTS = 3
"""What the network reads at each step: the value, its difference from the anchor, and 1 where the value is missing."""


def read_inputs(rows: SeriesBuffer, index: Array, begins: Array, anchor_error: Array) -> Array:
    """(B, T, 3) what the network reads in the rows ``index`` (B, T); rows before a series read as its first."""
    import jax.numpy as jnp

    now = jnp.maximum(index, begins)
    return step_inputs(
        take_rows(rows.filled, now),
        take_rows(rows.filled, jnp.maximum(index - rows.lag, begins)) * rows.anchored,
        take_rows(rows.observed, now),
        anchor_error,
    )


def step_inputs(value: Array, anchor: Array, observed: Array, anchor_error: Array) -> Array:
    """(..., 3) one step's inputs from scaled values, their anchors, 1.0 where observed, and the anchor error."""
    import jax.numpy as jnp

    return jnp.stack([value, (value - anchor) / anchor_error, 1.0 - observed], axis=-1)
