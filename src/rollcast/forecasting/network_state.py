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
from rollcast.preprocessing.ring import before_each, look_back, write
from rollcast.runtime.backend import refuse_forked


class NetworkState(NamedTuple):
    """A frozen pytree, one row for each of S series; values in scaled units.

    Attributes:
        cells: the body's states, (S, H) each; empty in the window reading.
        features: (S, D) the body's newest features: with the head they give the next K values.
        ring: (S, R) the newest R values, missing ones filled: they anchor inputs and outputs. Row n stands in slot
            n % R, see :mod:`rollcast.preprocessing.ring`.
        window: (S, W, C) the newest W inputs in the window reading; (S, 0, C) in the sequence reading.
        rows: (S,) how many rows have been read.
    """

    cells: tuple[Array, ...]
    features: Array
    ring: Array
    window: Array
    rows: Array


def initial_state(
    network: Network, first: Array, *, ring: int, window: int, rows: Array | None = None
) -> NetworkState:
    """The state before anything is read.

    Args:
        network: gives the sizes.
        first: (S,) each series' first value, which stands in for all before it.
        ring: R, at least the anchor's lag.
        window: W; 0 in the sequence reading.
        rows: (S,) how many rows of each series are left unread; default none.

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
        jnp.zeros(size, jnp.int32) if rows is None else jnp.asarray(rows, jnp.int32),
    )


def advance(
    network: Network,
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

    window, steps = state.window.shape[1], values.shape[1]
    anchors = before_each(state.ring, state.rows, values, mask, scale.lag) * scale.anchored
    inputs = step_inputs(values, anchors, observed, scale.anchor_error[:, None])  # (S, T, C)
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
        write(state.ring, state.rows, values, mask),
        read,
        state.rows + (steps if mask is None else mask.sum(axis=1, dtype=jnp.int32)),
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
        known = know_ahead(network.ahead, scale, state.ring, state.rows)[:, None]
    params = network.run_head(weights, state.features[:, None], known)[:, 0]
    return place_block(scale, state.ring, state.rows, params)


def place_block(scale: AnchorScale, ring: Array, rows: Array, params: Array) -> Array:
    """(S, K, Q) what a head gives, in scaled units: on top of the anchors in the ring (S, R), and held."""
    import jax.numpy as jnp

    each = [add_anchors(scale, ring, rows, params[..., q]) for q in range(params.shape[-1])]
    return jnp.stack(each, axis=-1)


def know_ahead(form: Ahead, scale: AnchorScale, ring: Array, rows: Array) -> Array:
    """(S, K, P) what is known of each step ahead, from the ring (S, R) and how many rows were read (S,)."""
    import jax.numpy as jnp

    steps = jnp.arange(1, form.steps + 1)

    def before(lag: Array | int) -> Array:
        return look_back(ring, rows, 1 - anchor_position(steps, lag))

    return describe_steps(
        form,
        rows - 1,
        anchors=before(scale.lag[:, None]) * scale.anchored,
        last=before(1),
        season=before(form.season),
        unit=scale.anchor_error[:, None],
    )


def add_anchors(scale: AnchorScale, ring: Array, rows: Array, emitted: Array) -> Array:
    """(S, K) values of :func:`place_block`."""
    import jax.numpy as jnp

    steps = jnp.arange(1, emitted.shape[-1] + 1)
    anchors = look_back(ring, rows, _rows_back(scale, rows, steps)) * scale.anchored
    made = anchors + emitted * scale.anchor_error[:, None]
    return hold(made, scale.lowest, scale.highest)


def _rows_back(scale: AnchorScale, rows: Array, steps: Array) -> Array:
    """(S, K) how far back the anchors of the next steps (K,) lie; a series too young for one has its newest value."""
    import jax.numpy as jnp

    back = 1 - anchor_position(steps, scale.lag[:, None])
    return jnp.where(back <= rows[:, None], back, 1)


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
