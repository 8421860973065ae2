"""The free-running loss: after a window the network reads its own outputs, and gradients pass through them."""

from __future__ import annotations

from typing import NamedTuple

from rollcast._types import Array
from rollcast.networks import Network, Weights
from rollcast.rollout import roll_blocks
from rollcast.state import Frame, State, unscaled
from rollcast.windows import Rows, take


class Free(NamedTuple):
    """Where a free run starts.

    Attributes:
        frame: spread and anchor of the windows' series.
        recent: (B, R) the newest values at each window's end.
        window: (B, W, 3) what was read, in the window reading; (B, 0, 3) in the sequence reading.
    """

    frame: Frame
    recent: Array
    window: Array


def depth_of(epoch: Array) -> Array:
    """() blocks of the free run that count in an epoch: one at first, twice as many in each epoch that follows.

    A curriculum from one step to many, after Teutsch & Maeder (2022).
    """
    import jax.numpy as jnp

    return 2.0 ** jnp.minimum(epoch, 30)


def start_free(rows: Rows, newest: Array, series: Array, *, ring: int, window: Array) -> Free:
    """Where free runs start after the rows ``newest`` (B,) of the series (B,)."""
    import jax.numpy as jnp

    index = newest[:, None] - jnp.arange(ring - 1, -1, -1)
    recent = take(rows.filled, jnp.maximum(index, rows.begins[series][:, None]))
    return Free(Frame(rows.spread[series], rows.lag, rows.anchored), recent, window)


def free_targets(
    rows: Rows, newest: Array, series: Array, *, steps: int, blocks: int, depth: Array
) -> tuple[Array, Array]:
    """(B, blocks, K) each: the values from the second block after ``newest`` on, in units of the spread, and weights.

    Args:
        rows: the flat series.
        newest: (B,)
        series: (B,)
        steps: K.
        blocks: how many.
        depth: () blocks that count; the later ones have no weight.
    """
    import jax.numpy as jnp

    number = jnp.arange(blocks)
    wanted = newest[:, None, None] + 1 + steps * (number[:, None] + 1) + jnp.arange(steps)
    usable = (wanted < rows.ends[series][:, None, None]) & (number[:, None] < depth)
    weights = jnp.where(usable, take(rows.observed, wanted), 0.0)
    return take(rows.filled, wanted) / rows.spread[series][:, None, None], weights


def run_free(
    network: Network,
    weights: Weights,
    free: Free,
    emitted: Array,
    states: tuple[Array, ...],
    blocks: int,
) -> Array:
    """(B, blocks, K) the values after the first block, in units of the spread.

    Args:
        network: its structure.
        weights: of its model; gradients pass to them.
        free: where to start.
        emitted: (B, K) what the head gave at the window's end.
        states: the body's, after the window.
        blocks: how many.
    """
    import jax.numpy as jnp

    size = emitted.shape[0]
    state = State(
        states,
        jnp.zeros((size, network.feature_size), jnp.float32),  # the first block is there already
        free.recent,
        free.window,
        jnp.zeros(size, jnp.int32),
    )
    first = unscaled(free.frame, free.recent, emitted)
    made = roll_blocks(network, weights, free.frame, state, first, blocks)
    return made / free.frame.spread[:, None, None]
