"""Network state: what a network knows after the newest value, as a plain value that the caller holds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rollcast._types import Array, Int64
from rollcast.networks.network import Network, Weights
from rollcast.preprocessing.ahead import Ahead, describe_steps
from rollcast.preprocessing.anchors import AnchorScale, anchor_position
from rollcast.preprocessing.bounds import hold
from rollcast.preprocessing.channels import INPUTS, step_inputs
from rollcast.runtime.backend import refuse_forked


class NetworkState(NamedTuple):
    """A frozen pytree, one row for each of S series; values in scaled units.

    Attributes:
        cells: the body's states, (S, H) each; empty in the window reading.
        features: (S, D) the body's newest features: with the head they give the next K values.
        recent: (S, R) the newest R values, missing ones filled: they anchor inputs and outputs.
        window: (S, W, C) the newest W inputs in the window reading; (S, 0, C) in the sequence reading.
        rows: (S,) how many rows have been read.
    """

    cells: tuple[Array, ...]
    features: Array
    recent: Array
    window: Array
    rows: Array


def initial_state(network: Network, first: Array, *, ring: int, window: int) -> NetworkState:
    """The state before anything is read.

    Args:
        network: gives the sizes.
        first: (S,) each series' first value, which stands in for all before it.
        ring: R, at least the anchor's lag.
        window: W; 0 in the sequence reading.

    Raises:
        BackendError: this process was forked after JAX had started.
    """
    import jax.numpy as jnp

    refuse_forked()
    size = first.shape[0]
    return NetworkState(
        tuple(jnp.zeros((size, n), jnp.float32) for n in network.state_sizes),
        jnp.zeros((size, network.feature_size), jnp.float32),
        jnp.repeat(jnp.asarray(first, jnp.float32)[:, None], ring, axis=1),
        jnp.zeros((size, window, INPUTS), jnp.float32),
        jnp.zeros(size, jnp.int32),
    )


def advance(
    network: Network,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    values: Array,
    observed: Array,
    mask: Array,
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
            state as it was.

    Returns:
        The state after the last row that exists.
    """
    import jax.numpy as jnp

    ring, window = state.recent.shape[1], state.window.shape[1]
    joined = jnp.concatenate([state.recent, values], axis=1)  # (S, R + T)
    steps = values.shape[1]
    anchors = jnp.take(joined, ring + jnp.arange(steps) - scale.lag, axis=1) * scale.anchored
    inputs = step_inputs(values, anchors, observed, scale.anchor_error[:, None])  # (S, T, C)
    last = steps - jnp.argmax(mask[:, ::-1], axis=1)  # (S,) one past the last row that exists
    last = jnp.where(mask.any(axis=1), last, 0)

    if window:
        read = _slide(jnp.concatenate([state.window, inputs], axis=1), last, window)
        features, cells = network.run_body(weights, [read, jnp.ones(read.shape[:2], bool)])
        features = features[:, -1]
    else:
        read = state.window
        features, cells = network.run_body(weights, [inputs, mask, *state.cells])
        newest = jnp.maximum(last - 1, 0)[:, None, None]
        features = jnp.take_along_axis(features, newest, axis=1)[:, 0]
    features = jnp.where((last > 0)[:, None], features, state.features)
    return NetworkState(
        tuple(cells),
        features,
        _slide(joined, last, ring),
        read,
        state.rows + mask.sum(axis=1, dtype=jnp.int32),
    )


def take_series(state: NetworkState, places: Int64 | slice) -> NetworkState:
    """The state of the chosen series (S',), in that order; of a stretch of them, not copied."""
    import jax

    return jax.tree.map(lambda leaf: np.asarray(leaf)[places], state)


def next_block(
    network: Network, weights: Weights, scale: AnchorScale, state: NetworkState
) -> Array:
    """(S, K, Q) parameters of the next K values in scaled units: the head's on top of the anchors."""
    known = None
    if network.ahead is not None:
        known = know_ahead(network.ahead, scale, state.recent, state.rows)[:, None]
    params = network.run_head(weights, state.features[:, None], known)[:, 0]
    return place_block(scale, state.recent, params)


def place_block(scale: AnchorScale, recent: Array, params: Array) -> Array:
    """(S, K, Q) what a head gives, in scaled units: on top of the anchors among the newest values (S, R), and held."""
    import jax.numpy as jnp

    each = [add_anchors(scale, recent, params[..., q]) for q in range(params.shape[-1])]
    return jnp.stack(each, axis=-1)


def know_ahead(form: Ahead, scale: AnchorScale, recent: Array, rows: Array) -> Array:
    """(S, K, P) what is known of each step ahead, from the newest values (S, R) and how many rows were read (S,)."""
    import jax.numpy as jnp

    steps, newest = jnp.arange(1, form.steps + 1), recent.shape[1] - 1

    def before(lag: Array | int) -> Array:
        return jnp.take(recent, newest + anchor_position(steps, lag), axis=1)

    return describe_steps(
        form,
        rows - 1,
        anchors=before(scale.lag) * scale.anchored,
        last=before(1),
        season=before(form.season),
        unit=scale.anchor_error[:, None],
    )


def add_anchors(scale: AnchorScale, recent: Array, emitted: Array) -> Array:
    """(S, K) values of :func:`place_block`."""
    import jax.numpy as jnp

    steps, ring = emitted.shape[-1], recent.shape[1]
    position = ring - 1 + anchor_position(jnp.arange(1, steps + 1), scale.lag)
    anchors = jnp.take(recent, position, axis=1) * scale.anchored
    made = anchors + emitted * scale.anchor_error[:, None]
    return hold(made, scale.lowest, scale.highest)


def _slide(joined: Array, last: Array, size: int) -> Array:
    """The ``size`` entries of (S, size + T, ...) that end with entry ``size + last - 1`` of each series."""
    import jax.numpy as jnp

    index = last[:, None] + jnp.arange(size)
    return jnp.take_along_axis(
        joined, index.reshape(*index.shape, *[1] * (joined.ndim - 2)), axis=1
    )
