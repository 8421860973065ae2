"""The closed loop: forecasts of any horizon for all series at once, each block fed back as if it had been observed."""

from __future__ import annotations

import numpy as np

from rollcast._types import Array, Float32
from rollcast.forecasting.network_state import NetworkState, advance, next_block
from rollcast.networks.network import Network, Weights
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.runtime.programs import compiled


def roll_blocks(
    network: Network,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    block: Array,
    number: int,
) -> Array:
    """(S, number, K, Q) the parameters of the blocks after ``block``; their points are read as if observed.

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

    def step(
        carry: tuple[NetworkState, Array], _: None
    ) -> tuple[tuple[NetworkState, Array], Array]:
        state = read_block(network, weights, scale, *carry)
        params = next_block(network, weights, scale, state)
        return (state, network.distribution.point(params)), params

    _, blocks = jax.lax.scan(step, (state, block), length=number)
    return jnp.moveaxis(blocks, 0, 1)


def read_block(
    network: Network, weights: Weights, scale: AnchorScale, state: NetworkState, block: Array
) -> NetworkState:
    """The state after a block (S, K) of scaled values that are read as if they had been observed."""
    import jax.numpy as jnp

    return advance(network, weights, scale, state, block, jnp.ones_like(block), None)


def forecast(
    network: Network,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    h: int,
    key: Array | None = None,
) -> Float32:
    """(S, h) forecasts in scaled units, by one compiled program for all series and steps.

    Args:
        network: its structure.
        weights: the network's, as a plain value.
        scale: the anchors and their errors.
        state: where to go on from.
        h: horizon.
        key: of JAX's. Each value is then drawn before it is fed back, which gives one path of each series; without it
            the points are.
    """
    made = _roll(network, weights, scale, state, h, key)
    return made if key is not None else network.distribution.point(made)


def forecast_params(
    network: Network, weights: Weights, scale: AnchorScale, state: NetworkState, h: int
) -> Float32:
    """(S, h, Q) the parameters of the forecasts in scaled units; those beyond K steps follow on the points before."""
    return _roll(network, weights, scale, state, h, None)


def _roll(
    network: Network,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    h: int,
    key: Array | None,
) -> Float32:
    """(S, h, Q) the parameters, or (S, h) what was drawn where there is a key."""
    number = -(-h // network.output_size)

    def run(weights: Weights, scale: AnchorScale, state: NetworkState, key: Array | None) -> Array:
        return _blocks(network, weights, scale, state, number, key)

    arguments = (weights, scale, state, key)
    program = compiled(("forecast", network.description, number), run, *arguments)
    return np.asarray(program(*arguments))[:, :h]


def _blocks(
    network: Network,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    number: int,
    key: Array | None,
) -> Array:
    """(S, number * K, ...) what :func:`_roll` gives, of whole blocks."""
    import jax
    import jax.numpy as jnp

    def emit(state: NetworkState, i: Array) -> tuple[Array, Array]:
        """What is fed back (S, K), and what is kept (S, K, ...)."""
        params = next_block(network, weights, scale, state)
        if key is None:
            return network.distribution.point(params), params
        drawn = network.distribution.sample(params, jax.random.fold_in(key, i))
        return drawn, drawn

    def step(
        carry: tuple[NetworkState, Array], i: Array
    ) -> tuple[tuple[NetworkState, Array], Array]:
        state = read_block(network, weights, scale, *carry)
        block, kept = emit(state, i)
        return (state, block), kept

    block, kept = emit(state, jnp.int32(0))
    if number == 1:
        return kept
    _, later = jax.lax.scan(step, (state, block), jnp.arange(1, number))
    joined = jnp.concatenate([kept[:, None], jnp.moveaxis(later, 0, 1)], axis=1)
    return joined.reshape(len(block), -1, *kept.shape[2:])
