"""The closed loop: forecasts of any horizon for all series at once, each block fed back as if it had been observed."""

from __future__ import annotations

import numpy as np

from rollcast._types import Array, Float32
from rollcast.forecasting.network_state import NetworkState, advance, next_block
from rollcast.networks.network import Network, Weights
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.runtime.programs import compiled


def roll(
    network: Network, weights: Weights, scale: AnchorScale, state: NetworkState, h: int
) -> Array:
    """(S, h) forecasts in scaled units; to be called inside a compiled program."""
    import jax.numpy as jnp

    block = next_block(network, weights, scale, state)
    size, steps = block.shape
    if h <= steps:
        return block[:, :h]
    later = roll_blocks(network, weights, scale, state, block, -(-h // steps) - 1)
    return jnp.concatenate([block[:, None], later], axis=1).reshape(size, -1)[:, :h]


def roll_blocks(
    network: Network,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    block: Array,
    number: int,
) -> Array:
    """(S, number, K) the blocks after ``block``, each read as if it had been observed.

    To be called inside a compiled program; gradients pass through the whole loop.

    Args:
        network: its structure.
        weights: the network's, as a plain value.
        scale: the anchors and their errors.
        state: before ``block`` is read.
        block: (S, K) the next values, in scaled units.
        number: of blocks, at least 1.
    """
    import jax
    import jax.numpy as jnp

    ones = jnp.ones_like(block)

    def step(
        carry: tuple[NetworkState, Array], _: None
    ) -> tuple[tuple[NetworkState, Array], Array]:
        state, block = carry
        state = advance(network, weights, scale, state, block, ones, None)
        block = next_block(network, weights, scale, state)
        return (state, block), block

    _, blocks = jax.lax.scan(step, (state, block), length=number)
    return jnp.moveaxis(blocks, 0, 1)


def forecast(
    network: Network, weights: Weights, scale: AnchorScale, state: NetworkState, h: int
) -> Float32:
    """(S, h) forecasts in scaled units, by one compiled program for all series and steps."""

    def run(weights: Weights, scale: AnchorScale, state: NetworkState) -> Array:
        return roll(network, weights, scale, state, h)

    program = compiled(("forecast", network.description, h), run, weights, scale, state)
    return np.asarray(program(weights, scale, state))
