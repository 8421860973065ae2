"""State: what a network knows after the newest value, as a plain value that the caller holds."""

from __future__ import annotations

from typing import NamedTuple

from rollcast._types import Array
from rollcast.networks import Network, Weights
from rollcast.windows import INPUTS, anchor_position, step_inputs


class State(NamedTuple):
    """A frozen pytree, one row for each of S series; values in scaled units.

    Attributes:
        cells: the body's states, (S, H) each; empty in the window reading.
        features: (S, D) the body's newest features: with the head they give the next K values.
        recent: (S, R) the newest R values, missing ones filled: they anchor inputs and outputs.
        window: (S, W, 3) the newest W inputs in the window reading; (S, 0, 3) in the sequence reading.
        rows: (S,) how many rows have been read.
    """

    cells: tuple[Array, ...]
    features: Array
    recent: Array
    window: Array
    rows: Array


class Frame(NamedTuple):
    """What stays fixed while a state moves.

    Attributes:
        spread: (S,) unit of the network's outputs.
        lag: () rows back to the anchor.
        anchored: () 1.0 where outputs are differences from the anchor.
    """

    spread: Array
    lag: Array
    anchored: Array


def initial_state(network: Network, first: Array, *, ring: int, window: int) -> State:
    """The state before anything is read.

    Args:
        network: gives the sizes.
        first: (S,) each series' first value, which stands in for all before it.
        ring: R, at least the anchor's lag.
        window: W; 0 in the sequence reading.
    """
    import jax.numpy as jnp

    size = first.shape[0]
    return State(
        tuple(jnp.zeros((size, n), jnp.float32) for n in network.state_sizes),
        jnp.zeros((size, network.feature_size), jnp.float32),
        jnp.repeat(jnp.asarray(first, jnp.float32)[:, None], ring, axis=1),
        jnp.zeros((size, window, INPUTS), jnp.float32),
        jnp.zeros(size, jnp.int32),
    )


def advance(
    network: Network,
    weights: Weights,
    frame: Frame,
    state: State,
    values: Array,
    observed: Array,
    mask: Array,
) -> State:
    """Read T more rows; to be called inside a compiled program.

    Args:
        network: its structure.
        weights: of ``network.model``.
        frame: spread and anchor.
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
    anchors = jnp.take(joined, ring + jnp.arange(steps) - frame.lag, axis=1) * frame.anchored
    inputs = step_inputs(values, anchors, observed, frame.spread[:, None])  # (S, T, 3)
    last = steps - jnp.argmax(mask[:, ::-1], axis=1)  # (S,) one past the last row that exists
    last = jnp.where(mask.any(axis=1), last, 0)

    if window:
        read = _slide(jnp.concatenate([state.window, inputs], axis=1), last, window)
        features, cells = network.read(weights, [read, jnp.ones(read.shape[:2], bool)])
        features = features[:, -1]
    else:
        read = state.window
        features, cells = network.read(weights, [inputs, mask, *state.cells])
        newest = jnp.maximum(last - 1, 0)[:, None, None]
        features = jnp.take_along_axis(features, newest, axis=1)[:, 0]
    features = jnp.where((last > 0)[:, None], features, state.features)
    return State(
        tuple(cells),
        features,
        _slide(joined, last, ring),
        read,
        state.rows + mask.sum(axis=1, dtype=jnp.int32),
    )


def outputs(network: Network, weights: Weights, frame: Frame, state: State) -> Array:
    """(S, K) the next K values in scaled units: the head's outputs on top of the anchors."""
    return unscaled(frame, state.recent, network.emit(weights, state.features[:, None])[:, 0])


def unscaled(frame: Frame, recent: Array, emitted: Array) -> Array:
    """(S, K) what the head emits, times the spread and on top of the anchors among the newest values (S, R)."""
    import jax.numpy as jnp

    steps, ring = emitted.shape[-1], recent.shape[1]
    position = ring - 1 + anchor_position(jnp.arange(1, steps + 1), frame.lag)
    anchors = jnp.take(recent, position, axis=1) * frame.anchored
    return anchors + emitted * frame.spread[:, None]


def _slide(joined: Array, last: Array, size: int) -> Array:
    """The ``size`` entries of (S, size + T, ...) that end with entry ``size + last - 1`` of each series."""
    import jax.numpy as jnp

    index = last[:, None] + jnp.arange(size)
    return jnp.take_along_axis(
        joined, index.reshape(*index.shape, *[1] * (joined.ndim - 2)), axis=1
    )
