"""Forecasts from rolling origins, many series and origins at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from rollcast._types import Array, Float32
from rollcast.data.origins import Origins
from rollcast.forecasting.network_state import NetworkState, advance, initial_state
from rollcast.forecasting.rollout import forecast
from rollcast.networks.network import Network, Weights
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.series_buffer import SeriesBuffer, capacity, take_rows
from rollcast.runtime.programs import compiled

GROUP = 256
"""Series that are forecast from rolling origins side by side."""


WARM_ROWS = 128
"""Rows that are read at a time before the first of several origins; one size, so that programs are used again."""


def forecast_at(
    network: Network,
    weights: Weights,
    rows: SeriesBuffer,
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
        weights: the network's, as a plain value.
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


class OriginStates(NamedTuple):
    """Some series at all their origins.

    Attributes:
        scale: the anchors and their errors of (O * S) states.
        state: (O * S), all series of the first origin first.
        origins: O.
    """

    scale: AnchorScale
    state: NetworkState
    origins: int


def forecast_group(network: Network, weights: Weights, group: OriginStates, h: int) -> Float32:
    """(S, O, h) forecasts in scaled units."""
    made = forecast(network, weights, group.scale, group.state, h)
    return np.moveaxis(made.reshape(group.origins, -1, h), 0, 1)


def states_at(
    network: Network,
    weights: Weights,
    rows: SeriesBuffer,
    origins: Origins,
    *,
    ring: int,
    window: int,
    warmup: int | None = None,
) -> Iterator[OriginStates]:
    """Where a network stands at rolling origins, some hundred series at a time; its head has no part in it.

    Args:
        network: its structure.
        weights: the network's, as a plain value.
        rows: the flat series (S may be padded).
        origins: for the first ``len(origins.first)`` series; the last group begins them again to be full.
        ring: size of the anchor's memory.
        window: W; 0 in the sequence reading.
        warmup: rows read before the first origin at most; default all of them.
    """
    sizes = (origins.stride, origins.number, ring, window)

    def run(
        weights: Weights, rows: SeriesBuffer, series: Array, first: Array, chunks: Array
    ) -> tuple[AnchorScale, NetworkState]:
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
        scale, state = program(*arguments)
        yield OriginStates(scale, state, origins.number)


def _at_origins(
    network: Network,
    weights: Weights,
    rows: SeriesBuffer,
    series: Array,
    first: Array,
    chunks: Array,
    sizes: Sequence[int],
) -> tuple[AnchorScale, NetworkState]:
    import jax
    import jax.numpy as jnp

    stride, count, ring, window = sizes
    scale = rows.scale_of(series)
    begins = rows.begins[series][:, None]

    def read_to(state: NetworkState, newest: Array, size: int) -> NetworkState:
        index = newest[:, None] - jnp.arange(size - 1, -1, -1)  # (S, size), ends with the origin
        now = jnp.maximum(index, begins)
        values, observed = take_rows(rows.filled, now), take_rows(rows.observed, now)
        return advance(network, weights, scale, state, values, observed, index >= begins)

    def warm(i: Array, state: NetworkState) -> NetworkState:
        return read_to(state, first - (chunks - 1 - i) * WARM_ROWS, WARM_ROWS)

    def origin(state: NetworkState, i: Array) -> tuple[NetworkState, NetworkState]:
        state = read_to(state, first + i * stride, stride)
        return state, state

    start = initial_state(network, take_rows(rows.filled, begins[:, 0]), ring=ring, window=window)
    state = jax.lax.fori_loop(0, chunks, warm, start)
    _, later = jax.lax.scan(origin, state, jnp.arange(1, count))
    states = jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), state, later)  # (O, S, ...)
    flat = jax.tree.map(lambda a: a.reshape(a.shape[0] * a.shape[1], *a.shape[2:]), states)
    by_series = ("anchor_error", "lag", "lowest", "highest")
    held = {name: side for name in by_series if (side := getattr(scale, name)) is not None}
    return scale._replace(**{name: jnp.tile(side, count) for name, side in held.items()}), flat
