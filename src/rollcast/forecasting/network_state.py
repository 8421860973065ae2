"""Network state: what a network knows after the newest value, as a plain value that the caller holds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rollcast._types import Array, Int64
from rollcast.networks.network import AnyNetwork, Weights
from rollcast.preprocessing.ahead import know_ahead
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.bounds import hold
from rollcast.preprocessing.channels import INPUTS
from rollcast.preprocessing.choose_transform import transform_of
from rollcast.preprocessing.transform import Memory
from rollcast.runtime.backend import refuse_forked


class NetworkState(NamedTuple):
    """A frozen pytree, one row for each of S series; values in scaled units.

    Attributes:
        cells: the body's states, (S, H) each; empty in the window reading.
        features: (S, D) the body's newest features: with the head they give the next K values.
        memory: of the transform: the newest values, which anchor inputs and outputs, and how many rows have been read.
        window: (S, W, C) the newest W inputs in the window reading; (S, 0, C) in the sequence reading.
    """

    cells: tuple[Array, ...]
    features: Array
    memory: Memory
    window: Array

    @property
    def rows(self) -> Array:
        """(S,) how many rows have been read."""
        return self.memory.rows


def initial_state(network: AnyNetwork, memory: Memory, *, window: int) -> NetworkState:
    """The state before anything is read.

    Args:
        network: gives the sizes.
        memory: of the transform, at the first row that is to be read.
        window: W; 0 in the sequence reading.

    Raises:
        BackendError: this process was forked after JAX had started.
    """
    import jax.numpy as jnp

    refuse_forked()
    size = memory.rows.shape[0]
    return NetworkState(
        tuple(jnp.zeros((size, n), jnp.float32) for n in network.state_sizes),
        jnp.zeros((size, network.feature_size), jnp.float32),
        memory,
        jnp.zeros((size, window, INPUTS), jnp.float32),
    )


def advance(
    network: AnyNetwork,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    values: Array,
    observed: Array,
    mask: Array | None,
) -> NetworkState:
    """Read T more rows; to be called inside a compiled program.

    Args:
        network: its structure.
        weights: of ``network.model``.
        scale: the anchors and their errors.
        state: where to go on from.
        values: (S, T) scaled values without gaps.
        observed: (S, T) 1.0 where the value was observed.
        mask: (S, T) True on rows that exist; rows that do not may stand before or after those that do, and leave the
            state as it was. None where all exist.

    Returns:
        The state after the last row that exists.
    """
    import jax.numpy as jnp

    window = state.window.shape[1]
    memory, inputs = transform_of(scale).whole(scale, state.memory, values, observed, mask)
    last = None if mask is None else _one_past_the_last(mask)
    if window:
        read = _slide(jnp.concatenate([state.window, inputs], axis=1), last, window)
        features, cells = network.run_body(weights, [read, jnp.ones(read.shape[:2], bool)])
        features = features[:, -1:]
    else:
        read = state.window
        there = jnp.ones(values.shape, bool) if mask is None else mask
        features, cells = network.run_body(weights, [inputs, there, *state.cells])
    return NetworkState(
        tuple(cells),
        _newest_features(features, state.features, last),
        memory,
        read,
    )


def take_series(state: NetworkState, places: Int64 | slice) -> NetworkState:
    """The state of the chosen series (S',), in that order; of a stretch of them, not copied."""
    import jax

    return jax.tree.map(lambda leaf: np.asarray(leaf)[places], state)


def next_block(
    network: AnyNetwork, weights: Weights, scale: AnchorScale, state: NetworkState
) -> Array:
    """(S, K, Q) parameters of the next K values in scaled units: the head's on top of the anchors."""
    known = None
    if network.ahead is not None:
        known = know_ahead(network.ahead, scale, state.memory)[:, None]
    params = network.run_head(weights, state.features[:, None], known)[:, 0]
    return place_block(scale, state.memory, params)


def place_block(scale: AnchorScale, memory: Memory, params: Array) -> Array:
    """(S, K, Q) what a head gives, in scaled units: on top of the anchors, and held."""
    import jax.numpy as jnp

    made = transform_of(scale).place(scale, memory, params)
    if scale.lowest is None and scale.highest is None:
        return made
    held = (hold(made[..., q], scale.lowest, scale.highest) for q in range(made.shape[-1]))
    return jnp.stack(list(held), axis=-1)


def _one_past_the_last(mask: Array) -> Array:
    """(S,) one past the last row that exists of a mask (S, T); 0 where none does."""
    import jax.numpy as jnp

    last = mask.shape[1] - jnp.argmax(mask[:, ::-1], axis=1)
    return jnp.where(mask.any(axis=1), last, 0)


def _newest_features(features: Array, before: Array, last: Array | None) -> Array:
    """(S, D) the newest of features (S, T, D) or (S, 1, D); those before (S, D) where no row exists."""
    import jax.numpy as jnp

    if last is None:
        return features[:, -1]
    if features.shape[1] == 1:
        newest = features[:, 0]
    else:
        place = jnp.maximum(last - 1, 0)[:, None, None]
        newest = jnp.take_along_axis(features, place, axis=1)[:, 0]
    return jnp.where((last > 0)[:, None], newest, before)


def _slide(joined: Array, last: Array | None, size: int) -> Array:
    """The ``size`` entries of (S, size + T, ...) that end with entry ``size + last - 1`` of each series."""
    import jax.numpy as jnp

    if last is None:
        return joined[:, -size:]
    index = last[:, None] + jnp.arange(size)
    return jnp.take_along_axis(
        joined, index.reshape(*index.shape, *[1] * (joined.ndim - 2)), axis=1
    )
