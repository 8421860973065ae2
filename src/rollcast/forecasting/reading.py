"""Reading: bring series to their state after their newest row, and forecast from there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rollcast._types import Bool, Float32, Float64, Int64
from rollcast.data.panel import Panel
from rollcast.forecasting.network_state import NetworkState, advance, initial_state, take_series
from rollcast.forecasting.rollout import Emit, forecast
from rollcast.forecasting.state import State
from rollcast.networks.network import AnyNetwork, Weights
from rollcast.preprocessing.anchors import AnchorScale
from rollcast.preprocessing.choose_transform import transform_of
from rollcast.preprocessing.preparation import Preparation
from rollcast.preprocessing.ring import newest, oldest_first
from rollcast.preprocessing.series_buffer import capacity
from rollcast.preprocessing.side_by_side import side_by_side
from rollcast.runtime.programs import compiled

READ_ROWS = 512
"""Rows that one call of the reading program takes."""

MOST_READ = 1024
"""Series that are read side by side; they are sorted by length, so that little of a group is padding."""

STEPPED = 8192
"""Series that take a step, or are rolled forward, side by side: of more, no copy of all is ever made at once."""


MOST_AHEAD = 2**17
"""Series times steps ahead that a shared head forecasts at once."""


def read_rows(
    network: AnyNetwork,
    weights: Weights,
    scale: AnchorScale,
    state: NetworkState,
    values: Float32,
    observed: Float32,
    mask: Bool,
) -> NetworkState:
    """Read T rows of every series, some hundred at a time by one compiled program.

    Args:
        network: its structure.
        weights: the network's, as a plain value.
        scale: the anchors and their errors.
        state: where to go on from.
        values: (S, T) scaled values without gaps.
        observed: (S, T) 1.0 where observed.
        mask: (S, T) True on rows that exist, see :func:`rollcast.forecasting.network_state.advance`.

    Returns:
        The state after each series' last row.
    """
    total = values.shape[1]
    size = total if total == 1 else min(capacity(total, least=8), READ_ROWS)
    for first in range(0, total, size):
        rows = [_columns(a, first, size) for a in (values, observed, mask)]
        arguments = (weights, scale, state, *rows)
        program = compiled(("read", network.description), partial(advance, network), *arguments)
        state = program(*arguments)
    return state


def read_panel(
    network: AnyNetwork,
    weights: Weights,
    preparation: Preparation,
    panel: Panel,
    *,
    ring: int,
    window: int,
    owner: str = "",
) -> State:
    """Read every series from its first row to its last.

    Args:
        network: its structure.
        weights: the network's, as a plain value.
        preparation: of the panel's series, in order.
        panel: their rows.
        ring: R, see :class:`rollcast.forecasting.network_state.NetworkState`.
        window: W; 0 in the sequence reading.
        owner: a hash of the weights.
    """
    filled, observed = preparation.scale(panel)
    # In the window reading nothing older than a window and the newest values is remembered, but by a level.
    short = window and preparation.smoothing is None
    skipped = np.maximum(panel.lengths - window - ring, 0) if short else 0 * panel.lengths
    begins = panel.offsets[:-1] + skipped

    def start(series: Int64) -> NetworkState:
        transform = transform_of(preparation.anchor_scale(series))
        memory = transform.init(filled[begins[series]], ring, skipped[series])
        return initial_state(network, memory, window=window)

    lengths = panel.lengths - skipped
    reached = _read_groups(
        network, weights, preparation, begins, lengths, (filled, observed), start
    )
    return State(panel.ids, panel.starts, preparation, reached, panel.frequency, owner)


def read_on(network: AnyNetwork, weights: Weights, state: State, panel: Panel) -> State:
    """Read rows that follow on a state.

    Args:
        network: its structure.
        weights: the network's, as a plain value.
        state: of the panel's series, in order.
        panel: their next rows.
    """
    after = _read_groups(
        network,
        weights,
        state.preparation,
        panel.offsets[:-1],
        panel.lengths,
        (fill_on(state, panel), panel.mask),
        partial(take_series, state.network_state),
    )
    return state.moved(after)


def fill_on(state: State, panel: Panel) -> Float32:
    """(N,) scaled values, without gaps, of rows that follow on a state.

    A missing value is filled by its anchor, which may lie among the values read before.

    Args:
        state: of the panel's series, in order.
        panel: their next rows.

    Raises:
        DataError: a value <= 0 where logarithms are taken, or one that lies too far from the others.
    """
    preparation, known = state.preparation, state.network_state
    scaled = preparation.scaler.scale_rows(panel, np.arange(panel.num_series))
    if panel.mask.all():
        return scaled
    ring = known.memory.values.shape[1]
    owner = np.repeat(np.arange(panel.num_series), panel.lengths)
    place = np.arange(len(scaled)) + ring * (owner + 1)
    before = np.arange(ring) + (panel.offsets[:-1] + ring * np.arange(panel.num_series))[:, None]
    joined = np.empty(len(scaled) + ring * panel.num_series, np.float32)
    seen = np.ones(len(joined), bool)
    joined[before], joined[place], seen[place] = (
        oldest_first(known.memory.values, known.rows),
        scaled,
        panel.mask,
    )
    offsets = panel.offsets + ring * np.arange(panel.num_series + 1)
    return preparation.fill(joined, seen, offsets)[place]


def read_next(
    network: AnyNetwork, weights: Weights, state: State, places: Int64, values: Float64
) -> State:
    """Read the very next row of some series, each once.

    Args:
        network: its structure.
        weights: the network's, as a plain value.
        state: of all series.
        places: (S',) the series that have a row.
        values: (S',) NaN where it is missing; > 0 where logarithms are taken.
    """
    count = len(places)
    everything = count == len(state) and bool((places == np.arange(count)).all())
    parts = [
        _read_next(network, weights, state, places[there], values[there], in_order=everything)
        for there in _stretches(count)
    ]
    after = parts[0] if len(parts) == 1 else _join(parts)
    if len(after.rows) > count:
        after = take_series(after, slice(count))
    return state.moved(after) if everything else state.put(places, after)


def forecast_from(
    network: AnyNetwork, weights: Weights, state: State, h: int, emit: Emit = forecast
) -> Float64:
    """(S, h) forecasts in the data's units, see :func:`forecast_scaled`."""
    made = forecast_scaled(network, weights, state, h, emit)
    return state.preparation.restore(made, np.arange(len(state)))


def forecast_scaled(
    network: AnyNetwork,
    weights: Weights,
    state: State,
    h: int,
    emit: Emit = forecast,
) -> Float32:
    """(S, h) forecasts in scaled units, or (S, h, Q) parameters by ``forecast_params``.

    Args:
        network: its structure.
        weights: the network's, as a plain value.
        state: where to go on from.
        h: horizon.
        emit: makes the forecasts in scaled units.
    """
    places = np.arange(len(state))
    made: list[Float32] = []
    # A shared head takes up memory for each step ahead.
    most = STEPPED if network.ahead is None else min(STEPPED, MOST_AHEAD // network.output_size)
    for there in _stretches(len(state), most):
        _, scale, start = _fill_up(state, places[there], in_order=True)
        made.append(emit(network, weights, scale, start, h)[: len(places[there])])
    if not made:
        return np.empty((0, h), np.float32)
    return made[0] if len(made) == 1 else np.concatenate(made)


def _stretches(count: int, most: int = STEPPED) -> list[slice]:
    """The places 0 .. ``count`` - 1, as many at a time as are stepped side by side."""
    return [slice(first, min(first + most, count)) for first in range(0, count, most)]


def _fill_up(
    state: State, places: Int64, *, in_order: bool
) -> tuple[int, AnchorScale, NetworkState]:
    """S', the places until a program's size is full, by the first of them again; and what these read by and stand at.

    Args:
        state: of all series.
        places: (S',)
        in_order: whether they follow one another, so that nothing needs to be copied.
    """
    count = len(places)
    size = capacity(count, least=1)
    if in_order and size == count == len(state):
        return size, state.scale, state.network_state
    together = in_order and size == count
    places = places[np.arange(size) % count]
    chosen = slice(places[0], places[-1] + 1) if together else places
    scale = state.preparation.anchor_scale(places)
    return size, scale, take_series(state.network_state, chosen)


def _read_next(
    network: AnyNetwork,
    weights: Weights,
    state: State,
    places: Int64,
    values: Float64,
    *,
    in_order: bool,
) -> NetworkState:
    """The network state of the places (S') after their next row, behind them a few of them again."""
    preparation, count = state.preparation, len(places)
    size, scale, before = _fill_up(state, places, in_order=in_order)
    scaled = preparation.scaler.forward(values, places).astype(np.float32)
    seen = ~np.isnan(scaled)
    if not seen.all():
        back = newest(before.memory.values, before.rows, max(preparation.lag, 1))
        scaled = np.where(seen, scaled, back[:count])
    rows = np.zeros((2, size, 1), np.float32)
    rows[0, :count, 0], rows[1, :count, 0] = scaled, seen
    return read_rows(network, weights, scale, before, rows[0], rows[1], np.ones((size, 1), bool))


def _read_groups(
    network: AnyNetwork,
    weights: Weights,
    preparation: Preparation,
    begins: Int64,
    lengths: Int64,
    scaled: tuple[Float32, Bool],
    start: Callable[[Int64], NetworkState],
) -> NetworkState:
    filled, observed = scaled
    parts: list[NetworkState] = []
    order: list[Int64] = []
    for group in side_by_side(begins, lengths, MOST_READ):
        rows = (filled[group.row], observed[group.row].astype(np.float32), group.mask)
        scale = preparation.anchor_scale(group.padded)
        reached = read_rows(network, weights, scale, start(group.padded), *rows)
        parts.append(take_series(reached, np.arange(len(group.series))))
        order.append(group.series)
    return take_series(_join(parts), np.argsort(np.concatenate(order)))


def _join(parts: list[NetworkState]) -> NetworkState:
    """The series of all parts, one after the other."""
    import jax

    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def _columns(values: np.ndarray, first: int, size: int) -> np.ndarray:
    piece = values[:, first : first + size]
    return piece if piece.shape[1] == size else np.pad(piece, ((0, 0), (0, size - piece.shape[1])))
