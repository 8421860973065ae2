"""The closed loop: forecasts of any horizon for all series at once, each block fed back as if it had been observed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from rollcast._types import Array, Float32
from rollcast.forecasting.network_state import NetworkState, advance, next_block
from rollcast.networks.network import AnyNetwork, Weights
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.series_buffer import capacity
from rollcast.runtime.programs import compiled

Emit: TypeAlias = Callable[[AnyNetwork, Weights, AnchorScale, NetworkState, int], Float32]
"""From states (S, ...) to forecasts (S, h, ...)."""


def roll_blocks(
    network: AnyNetwork,
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
    network: AnyNetwork, weights: Weights, scale: AnchorScale, state: NetworkState, block: Array
) -> NetworkState:
    """The state after a block (S, K) of scaled values that are read as if they had been observed."""
    import jax.numpy as jnp

    return advance(network, weights, scale, state, block, jnp.ones_like(block), None)


def forecast(
    network: AnyNetwork,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    h: int,
    key: Array | None = None,
) -> Float32:
    """(S, h) forecasts in scaled units, by compiled programs for all series and steps.

    One makes the first block and one those that follow; that has room for 2, 3, 4, 6, 8, 12 ... and makes as many as
    are asked for. So few programs serve all horizons, and the forecasts of a short one are the first of a longer one,
    bit for bit; those of the pretrained network, whose head is run for as many steps as are asked for, to rounding.

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
    network: AnyNetwork, weights: Weights, scale: AnchorScale, state: NetworkState, h: int
) -> Float32:
    """(S, h, Q) the parameters of the forecasts in scaled units; those beyond K steps follow on the points before."""
    return _roll(network, weights, scale, state, h, None)


def _roll(
    network: AnyNetwork,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    h: int,
    key: Array | None,
) -> Float32:
    """(S, h, Q) the parameters, or (S, h) what was drawn where there is a key."""
    number = -(-h // network.output_size)
    first = first_block(network, weights, scale, state, key)
    if number == 1:
        return np.asarray(first)[:, :h]
    room = capacity(number, least=1)

    def run(
        weights: Weights,
        scale: AnchorScale,
        state: NetworkState,
        key: Array | None,
        first: Array,
        number: Array,
    ) -> Array:
        start = (state, first)
        return _later_blocks(network, weights, scale, key, start, number, room)

    arguments = (weights, scale, state, key, first, np.int32(number))
    program = compiled(("forecast", network.description, room), run, *arguments)
    return np.asarray(program(*arguments))[:, :h]


def first_block(
    network: AnyNetwork,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    key: Array | None,
) -> Array:
    """(S, K, ...) by a program of its own, since inside of others its last bits would differ with them."""

    def run(weights: Weights, scale: AnchorScale, state: NetworkState, key: Array | None) -> Array:
        return _emit(network, weights, scale, state, key, 0)

    arguments = (weights, scale, state, key)
    return compiled(("forecast", network.description), run, *arguments)(*arguments)


def _emit(
    network: AnyNetwork,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    key: Array | None,
    place: Array | int,
) -> Array:
    """The parameters (S, K, Q) of the next block, or what is drawn from them (S, K)."""
    import jax

    params = next_block(network, weights, scale, state)
    if key is None:
        return params
    return network.distribution.sample(params, jax.random.fold_in(key, place))


def _later_blocks(
    network: AnyNetwork,
    weights: Weights,
    scale: AnchorScale,
    key: Array | None,
    start: tuple[NetworkState, Array],
    number: Array,
    room: int,
) -> Array:
    """(S, room * K, ...) the first block and those that follow; after ``number`` of them all are zero."""
    import jax
    import jax.numpy as jnp

    state, first = start

    def step(
        i: Array, carry: tuple[NetworkState, Array, Array]
    ) -> tuple[NetworkState, Array, Array]:
        state, made, whole = carry
        block = network.distribution.point(made) if key is None else made
        state = read_block(network, weights, scale, state, block)
        made = _emit(network, weights, scale, state, key, i)
        return state, made, whole.at[i].set(made)

    whole = jnp.zeros((room, *first.shape), first.dtype).at[0].set(first)
    _, _, whole = jax.lax.fori_loop(1, number, step, (state, first, whole))
    return jnp.moveaxis(whole, 0, 1).reshape(len(first), -1, *first.shape[2:])
