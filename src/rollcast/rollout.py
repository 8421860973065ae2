"""The closed loop: forecasts of any horizon for all series at once, each block fed back as if it had been observed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from rollcast._types import Array, Bool, Float32
from rollcast.networks import Network, Weights
from rollcast.programs import compiled
from rollcast.state import Frame, State, advance, initial_state, outputs
from rollcast.windows import Rows, capacity, take

READ_ROWS = 512
"""Rows that one call of the reading program takes."""

GROUP = 256
"""Series that are forecast from rolling origins side by side."""

WARM_ROWS = 128
"""Rows that are read at a time before the first of several origins; one size, so that programs are used again."""


def roll(network: Network, weights: Weights, frame: Frame, state: State, h: int) -> Array:
    """(S, h) forecasts in scaled units; to be called inside a compiled program."""
    import jax.numpy as jnp

    block = outputs(network, weights, frame, state)
    size, steps = block.shape
    if h <= steps:
        return block[:, :h]
    later = roll_blocks(network, weights, frame, state, block, -(-h // steps) - 1)
    return jnp.concatenate([block[:, None], later], axis=1).reshape(size, -1)[:, :h]


def roll_blocks(
    network: Network, weights: Weights, frame: Frame, state: State, block: Array, number: int
) -> Array:
    """(S, number, K) the blocks after ``block``, each read as if it had been observed.

    To be called inside a compiled program; gradients pass through the whole loop.

    Args:
        network: its structure.
        weights: of its model.
        frame: spread and anchor.
        state: before ``block`` is read.
        block: (S, K) the next values, in scaled units.
        number: of blocks, at least 1.
    """
    import jax
    import jax.numpy as jnp

    ones, true = jnp.ones_like(block), jnp.ones_like(block, dtype=bool)

    def next_block(carry: tuple[State, Array], _: None) -> tuple[tuple[State, Array], Array]:
        state, block = carry
        state = advance(network, weights, frame, state, block, ones, true)
        block = outputs(network, weights, frame, state)
        return (state, block), block

    _, blocks = jax.lax.scan(next_block, (state, block), length=number)
    return jnp.moveaxis(blocks, 0, 1)


def forecast(network: Network, weights: Weights, frame: Frame, state: State, h: int) -> Float32:
    """(S, h) forecasts in scaled units, by one compiled program for all series and steps."""

    def run(weights: Weights, frame: Frame, state: State) -> Array:
        return roll(network, weights, frame, state, h)

    program = compiled(("forecast", network.description, h), run, weights, frame, state)
    return np.asarray(program(weights, frame, state))


def read(
    network: Network,
    weights: Weights,
    frame: Frame,
    state: State,
    values: Float32,
    observed: Float32,
    mask: Bool,
) -> State:
    """Read T rows of every series, some hundred at a time by one compiled program.

    Args:
        network: its structure.
        weights: of its model.
        frame: spread and anchor.
        state: where to go on from.
        values: (S, T) scaled values without gaps.
        observed: (S, T) 1.0 where observed.
        mask: (S, T) True on rows that exist, see :func:`rollcast.state.advance`.

    Returns:
        The state after each series' last row.
    """
    total = values.shape[1]
    size = total if total == 1 else min(capacity(total, least=8), READ_ROWS)

    def run(weights: Weights, frame: Frame, state: State, *rows: Array) -> State:
        return advance(network, weights, frame, state, *rows)

    for first in range(0, total, size):
        rows = [_columns(a, first, size) for a in (values, observed, mask)]
        program = compiled(("read", network.description), run, weights, frame, state, *rows)
        state = program(weights, frame, state, *rows)
    return state


def _columns(values: np.ndarray, first: int, size: int) -> np.ndarray:
    piece = values[:, first : first + size]
    return np.pad(piece, ((0, 0), (0, size - piece.shape[1])))


class Origins(NamedTuple):
    """Rolling forecast origins: after reading row ``first + i * stride`` of a series, i = 0 .. number - 1.

    Attributes:
        first: (S,) newest row known at the first origin, in the flat series.
        stride: rows between two origins.
        number: O.
    """

    first: np.ndarray
    stride: int
    number: int


def forecast_at(
    network: Network,
    weights: Weights,
    rows: Rows,
    origins: Origins,
    *,
    h: int,
    ring: int,
    window: int,
    warmup: int | None = None,
) -> Float32:
    """Free-running forecasts from rolling origins, each after reading all rows up to it.

    Args:
        network: its structure.
        weights: of its model.
        rows: the flat series (S may be padded).
        origins: for the first ``len(origins.first)`` series.
        h: horizon.
        ring: size of the anchor's memory.
        window: W; 0 in the sequence reading.
        warmup: rows read before the first origin at most; default all of them.

    Returns:
        (S, O, h) in scaled units.
    """
    states = states_at(network, weights, rows, origins, ring=ring, window=window, warmup=warmup)
    made = [forecast_group(network, weights, group, h) for group in states]
    return np.concatenate(made)[: len(origins.first)]


class Group(NamedTuple):
    """Some series at all their origins.

    Attributes:
        frame: spread and anchor of (O * S) states.
        state: (O * S), all series of the first origin first.
        origins: O.
    """

    frame: Frame
    state: State
    origins: int


def forecast_group(network: Network, weights: Weights, group: Group, h: int) -> Float32:
    """(S, O, h) forecasts in scaled units."""
    made = forecast(network, weights, group.frame, group.state, h)
    return np.moveaxis(made.reshape(group.origins, -1, h), 0, 1)


def states_at(
    network: Network,
    weights: Weights,
    rows: Rows,
    origins: Origins,
    *,
    ring: int,
    window: int,
    warmup: int | None = None,
) -> Iterator[Group]:
    """Where a network stands at rolling origins, some hundred series at a time; its head has no part in it.

    Args:
        network: its structure.
        weights: of its model.
        rows: the flat series (S may be padded).
        origins: for the first ``len(origins.first)`` series; the last group begins them again to be full.
        ring: size of the anchor's memory.
        window: W; 0 in the sequence reading.
        warmup: rows read before the first origin at most; default all of them.
    """
    sizes = (origins.stride, origins.number, ring, window)

    def run(
        weights: Weights, rows: Rows, series: Array, first: Array, chunks: Array
    ) -> tuple[Frame, State]:
        return _at_origins(network, weights, rows, series, first, chunks, sizes)

    count = len(origins.first)
    group = min(capacity(count, least=1), GROUP)
    for begin in range(0, count, group):
        series = np.arange(begin, begin + group, dtype=np.int32) % count
        first = origins.first[series].astype(np.int32)
        before = int((first - np.asarray(rows.begins)[series]).max()) + 1
        if window:
            before = min(before, window + ring)  # nothing older is remembered
        chunks = np.int32(-(-(before if warmup is None else min(before, warmup)) // WARM_ROWS))
        arguments = (weights, rows, series, first, chunks)
        program = compiled(("at", network.description, *sizes), run, *arguments)
        frame, state = program(*arguments)
        yield Group(frame, state, origins.number)


def _at_origins(
    network: Network,
    weights: Weights,
    rows: Rows,
    series: Array,
    first: Array,
    chunks: Array,
    sizes: Sequence[int],
) -> tuple[Frame, State]:
    import jax
    import jax.numpy as jnp

    stride, count, ring, window = sizes
    frame = Frame(rows.spread[series], rows.lag, rows.anchored)
    begins = rows.begins[series][:, None]

    def read_to(state: State, newest: Array, size: int) -> State:
        index = newest[:, None] - jnp.arange(size - 1, -1, -1)  # (S, size), ends with the origin
        now = jnp.maximum(index, begins)
        values, observed = take(rows.filled, now), take(rows.observed, now)
        return advance(network, weights, frame, state, values, observed, index >= begins)

    def warm(i: Array, state: State) -> State:
        return read_to(state, first - (chunks - 1 - i) * WARM_ROWS, WARM_ROWS)

    def origin(state: State, i: Array) -> tuple[State, State]:
        state = read_to(state, first + i * stride, stride)
        return state, state

    start = initial_state(network, take(rows.filled, begins[:, 0]), ring=ring, window=window)
    state = jax.lax.fori_loop(0, chunks, warm, start)
    _, later = jax.lax.scan(origin, state, jnp.arange(1, count))
    states = jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), state, later)  # (O, S, ...)
    flat = jax.tree.map(lambda a: a.reshape(a.shape[0] * a.shape[1], *a.shape[2:]), states)
    return frame._replace(spread=jnp.tile(frame.spread, count)), flat
