"""The free-running loss: after a window the network reads its own outputs, and gradients pass through them."""

from __future__ import annotations

from typing import NamedTuple

from rollcast._types import Array
from rollcast.forecasting.network_state import NetworkState, place_block
from rollcast.forecasting.rollout import roll_blocks
from rollcast.networks.network import Network, Weights
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.choose_transform import transform_of
from rollcast.preprocessing.series_buffer import SeriesBuffer, take_rows
from rollcast.preprocessing.transform import Memory


class Free(NamedTuple):
    """Where a free run starts.

    Attributes:
        scale: the anchors and their errors of the windows' series.
        memory: of the transform at each window's end.
        window: (B, W, C) what was read, in the window reading; (B, 0, C) in the sequence reading.
    """

    scale: AnchorScale
    memory: Memory
    window: Array


def depth_of(epoch: Array) -> Array:
    """() blocks of the free run that count in an epoch: one at first, twice as many in each epoch that follows.

    A curriculum from one step to many, after Teutsch & Maeder (2022).
    """
    import jax.numpy as jnp

    return 2.0 ** jnp.minimum(epoch, 30)


def start_free(
    rows: SeriesBuffer, newest: Array, series: Array, *, ring: int, window: Array
) -> Free:
    """Where free runs start after the rows ``newest`` (B,) of the series (B,)."""
    memory = transform_of(rows).memory_at(rows, newest, series, ring)
    return Free(rows.scale_of(series), memory, window)


def free_targets(
    rows: SeriesBuffer, newest: Array, series: Array, *, steps: int, blocks: int, depth: Array
) -> tuple[Array, Array]:
    """(B, blocks, K) each: values from the second block after ``newest`` on, in units of the anchor error, and weights.

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
    weights = jnp.where(usable, take_rows(rows.counts, wanted), 0.0)
    return take_rows(rows.filled, wanted) / rows.anchor_error[series][:, None, None], weights


def run_free(
    network: Network,
    weights: Weights,
    free: Free,
    params: Array,
    states: tuple[Array, ...],
    blocks: int,
) -> Array:
    """(B, blocks, K, Q) parameters of the values after the first block, in units of the anchor error.

    Args:
        network: its structure.
        weights: the network's, as a plain value; gradients pass to them.
        free: where to start.
        params: (B, K, Q) what the head gave at the window's end.
        states: the body's, after the window.
        blocks: how many.
    """
    import jax.numpy as jnp

    size = params.shape[0]
    state = NetworkState(
        states,
        jnp.zeros((size, network.feature_size), jnp.float32),  # the first block is there already
        free.memory,
        free.window,
    )
    first = network.distribution.point(place_block(free.scale, free.memory, params))
    made = roll_blocks(network, weights, free.scale, state, first, blocks)
    return made / free.scale.anchor_error[:, None, None, None]
