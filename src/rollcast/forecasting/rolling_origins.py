"""Forecasts from rolling origins, many series and origins at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np

from rollcast._types import Array, Float32, Int64
from rollcast.data.origins import Origins
from rollcast.forecasting.network_state import NetworkState, advance, initial_state, take_series
from rollcast.forecasting.rollout import Emit, forecast, forecast_params
from rollcast.forecasting.sampled_paths import forecast_medians, forecast_paths
from rollcast.networks.network import AnyNetwork, Weights
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.choose_transform import transform_of
from rollcast.preprocessing.series_buffer import SeriesBuffer, capacity, take_rows
from rollcast.runtime.programs import compiled

MOST_ROLLED = 256
"""Series that are forecast from rolling origins side by side."""

MOST_STATES = 64 * MOST_ROLLED
"""States of the network that are held at once."""

WARM_ROWS = 128
"""Rows that are read at a time before the first of several origins; one size, so that programs are used again."""


class OriginStates(NamedTuple):
    """Some of the origins, and where a network stands at them.

    Attributes:
        origins: (m,) which ones.
        scale: the anchors and their errors of N >= m states.
        state: (N) of them.
        places: (m,) where each origin's state is among them.
    """

    origins: Int64
    scale: AnchorScale
    state: NetworkState
    places: Int64


ForecastGroup: TypeAlias = Callable[[AnyNetwork, Weights, OriginStates, int], Float32]
"""From some origins to their forecasts (m, h, ...)."""


def forecast_group(
    network: AnyNetwork, weights: Weights, group: OriginStates, h: int, emit: Emit = forecast
) -> Float32:
    """(m, h) forecasts in scaled units, or (m, h, Q) parameters by ``forecast_params``."""
    return emit(network, weights, group.scale, group.state, h)[group.places]


def quantile_group(network: AnyNetwork, weights: Weights, group: OriginStates, h: int) -> Float32:
    """(m, h, Q) the parameters of the forecasts in scaled units."""
    return forecast_group(network, weights, group, h, forecast_params)


def draw_quantiles(network: AnyNetwork, weights: Weights, group: OriginStates, h: int) -> Float32:
    """(m, h, Q) quantiles in scaled units, by paths beyond what the pretrained network forecasts at once."""
    return forecast_paths(network, weights, group.scale, group.state, h, places=group.places)


def draw_group(network: AnyNetwork, weights: Weights, group: OriginStates, h: int) -> Float32:
    """(m, h) medians in scaled units, by paths beyond what the pretrained network forecasts at once."""
    return forecast_medians(network, weights, group.scale, group.state, h, group.places)


def forecast_at(
    network: AnyNetwork,
    weights: Weights,
    rows: SeriesBuffer,
    origins: Origins,
    *,
    h: int,
    ring: int,
    window: int,
    warmup: int | None = None,
    start: NetworkState | None = None,
    each: ForecastGroup = forecast_group,
) -> Float32:
    """Free-running forecasts from rolling origins, each after reading all rows up to it.

    Args:
        network: its structure.
        weights: the network's, as a plain value.
        rows: the flat series.
        origins: of any series, in any order.
        h: horizon.
        ring: size of the anchor's memory.
        window: W; 0 in the sequence reading.
        warmup: rows read before a series' first origin at most; default all of them.
        start: (S,) see :func:`states_at`.
        each: makes the forecasts of some origins; see :func:`draw_group`.

    Returns:
        (M, h), or (M, h, Q), in scaled units.
    """
    made = np.empty((len(origins), h), np.float32)
    for group in states_at(
        network, weights, rows, origins, ring=ring, window=window, warmup=warmup, start=start
    ):
        part = each(network, weights, group, h)
        if part.ndim > made.ndim:
            made = np.empty((len(origins), *part.shape[1:]), np.float32)
        made[group.origins] = part
    return made


def states_at(
    network: AnyNetwork,
    weights: Weights,
    rows: SeriesBuffer,
    origins: Origins,
    *,
    ring: int,
    window: int,
    warmup: int | None = None,
    start: NetworkState | None = None,
) -> Iterator[OriginStates]:
    """Where a network stands at rolling origins, some hundred series at a time; its head has no part in it.

    Args:
        network: its structure.
        weights: the network's, as a plain value.
        rows: the flat series.
        origins: of any series, in any order.
        ring: size of the anchor's memory.
        window: W; 0 in the sequence reading.
        warmup: rows read before a series' first origin at most; default all of them.
        start: (S,) where the network stands before each series' first row: all rows are read from there, and an origin
            may lie in front of them. Default nothing has been read.
    """
    import jax

    begins = np.asarray(rows.begins)
    rows = jax.device_put(rows)  # once, and not with every group
    for group in _groups(origins):
        newest = (begins[group.series, None] + group.rows).astype(np.int32)  # (S, O)
        known = int(group.rows[:, 0].max()) + 1
        if start is None and window:
            known = min(known, window)  # nothing older is remembered but by the transform
        if start is None and warmup is not None:
            known = min(known, warmup)
        chunks = np.int32(-(-known // WARM_ROWS))
        sizes = (group.gap, group.rows.shape[1], ring, window)

        def run(
            weights: Weights, rows: SeriesBuffer, lanes: _Lanes, sizes: Sequence[int] = sizes
        ) -> tuple[AnchorScale, NetworkState]:
            return _at_origins(network, weights, rows, lanes, sizes)

        before = None if start is None else take_series(start, group.series)
        lanes = _Lanes(group.series.astype(np.int32), newest, chunks, before)
        arguments = (weights, rows, lanes)
        program = compiled(("at", network.description, *sizes), run, *arguments)
        scale, state = program(*arguments)
        yield OriginStates(group.origins, scale, state, group.places)


class _Lanes(NamedTuple):
    """Series that a program reads side by side.

    Attributes:
        series: (S,) whose.
        newest: (S, O) the newest rows at their origins, in the flat series.
        chunks: how often ``WARM_ROWS`` rows are read before the first origin.
        before: (S,) the states before the series' first rows; None where nothing has been read.
    """

    series: Array
    newest: Array
    chunks: Array
    before: NetworkState | None


class _Group(NamedTuple):
    """Series that are read side by side.

    Attributes:
        series: (S,) whose; the last ones begin again to fill the group.
        rows: (S, O) newest rows at their origins; the last one stands again where a series has fewer.
        gap: rows between two origins at most.
        origins: (m,) which origins these are.
        places: (m,) their place in (O, S), flat.
    """

    series: Int64
    rows: Int64
    gap: int
    origins: Int64
    places: Int64


def _groups(origins: Origins) -> Iterator[_Group]:
    """Origins by series, those with about as many rows before the first side by side.

    One series takes part several times where it has very many origins.
    """
    if not len(origins):
        return
    order = np.lexsort((origins.row, origins.series))
    series, row = origins.series[order], origins.row[order]
    new = np.concatenate([[True], series[1:] != series[:-1]])
    size = min(capacity(int(new.sum()), least=1), MOST_ROLLED)
    rank = np.arange(len(row)) - np.maximum.accumulate(np.where(new, np.arange(len(row)), 0))
    most = max(MOST_STATES // size, 1)
    begins = np.flatnonzero(rank % most == 0)
    counts = np.diff(np.concatenate([begins, [len(row)]]))
    gaps = np.where(rank % most == 0, 1, np.diff(row, prepend=0))
    gaps = np.maximum.reduceat(gaps, begins)
    lanes = np.lexsort((row[begins], counts))
    for first in range(0, len(lanes), size):
        some = lanes[first : first + size]
        # Rounded up, so that few programs serve all groups, and series of any length.
        many = capacity(int(counts[some].max()), least=1)
        gap = capacity(int(gaps[some].max()), least=1)
        full = some[np.arange(size) % len(some)]
        number = np.minimum(np.arange(many), counts[full, None] - 1)  # (S, O)
        which = begins[full, None] + number
        owner, place = np.nonzero(np.arange(many) < counts[some, None])
        yield _Group(
            series[begins[full]], row[which], gap, order[which[owner, place]], place * size + owner
        )


def _at_origins(
    network: AnyNetwork, weights: Weights, rows: SeriesBuffer, lanes: _Lanes, sizes: Sequence[int]
) -> tuple[AnchorScale, NetworkState]:
    """Anchors and states at the origins (S, O), all series of the first origin first."""
    import jax
    import jax.numpy as jnp

    series, newest, chunks, start = lanes
    gap, count, ring, window = sizes
    scale = rows.scale_of(series)
    begins = rows.begins[series][:, None]
    first = newest[:, 0]

    def read(state: NetworkState, index: Array, mask: Array) -> NetworkState:
        now = jnp.maximum(index, begins)
        values, observed = take_rows(rows.filled, now), take_rows(rows.observed, now)
        return advance(network, weights, scale, state, values, observed, mask)

    def warm(i: Array, state: NetworkState) -> NetworkState:
        newest = first - (chunks - 1 - i) * WARM_ROWS
        index = newest[:, None] - jnp.arange(WARM_ROWS - 1, -1, -1)  # (S, T), ends with the origin
        return read(state, index, index >= begins)

    def origin(
        carry: tuple[NetworkState, Array], newest: Array
    ) -> tuple[tuple[NetworkState, Array], NetworkState]:
        state, known = carry
        index = known[:, None] + 1 + jnp.arange(gap)  # (S, T), begins behind the origin before
        state = read(state, index, index <= newest[:, None])
        return (state, newest), state

    if start is None:
        memory = transform_of(rows).memory_at(rows, first - chunks * WARM_ROWS, series, ring)
        start = initial_state(network, memory, window=window)
    state = jax.lax.fori_loop(0, chunks, warm, start)
    _, later = jax.lax.scan(origin, (state, first), newest[:, 1:].T)
    states = jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), state, later)  # (O, S, ...)
    flat = jax.tree.map(lambda a: a.reshape(a.shape[0] * a.shape[1], *a.shape[2:]), states)
    each = jax.tree.map(partial(jnp.tile, reps=count), scale._replace(anchored=None))
    return each._replace(anchored=scale.anchored), flat
