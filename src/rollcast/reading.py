"""Reading: bring series to where they stand after their newest row, and forecast from there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rollcast._types import Array, Bool, Float32, Float64, Int64
from rollcast.networks import Network, Weights
from rollcast.panel import Panel
from rollcast.preparation import Preparation
from rollcast.programs import compiled
from rollcast.rollout import forecast, read
from rollcast.scaling import fill_with_anchor, refuse_logarithm
from rollcast.standing import Standing, take_series
from rollcast.state import Frame, State, advance, initial_state
from rollcast.windows import capacity

GROUP = 1024
"""Series that are read side by side; they are sorted by length, so that little of a group is padding."""


def read_panel(
    network: Network,
    weights: Weights,
    preparation: Preparation,
    panel: Panel,
    *,
    ring: int,
    window: int,
    owner: str = "",
) -> Standing:
    """Read every series from its first row to its last.

    Args:
        network: its structure.
        weights: of its model.
        preparation: of the panel's series, in order.
        panel: their rows.
        ring: R, see :class:`rollcast.state.State`.
        window: W; 0 in the sequence reading.
        owner: a hash of the weights.
    """
    filled, observed = preparation.scale(panel)
    # In the window reading nothing older than a window and the anchor's memory is remembered.
    skipped = np.maximum(panel.lengths - window - ring, 0) if window else 0 * panel.lengths
    begins = panel.offsets[:-1] + skipped

    def start(series: Int64) -> State:
        return initial_state(network, filled[begins[series]], ring=ring, window=window)

    lengths = panel.lengths - skipped
    state = _read(network, weights, preparation, begins, lengths, (filled, observed), start)
    rows = np.asarray(state.rows) + skipped.astype(np.int32)
    state = state._replace(rows=rows)
    return Standing(panel.ids, panel.starts, preparation, state, panel.frequency, owner)


def read_on(network: Network, weights: Weights, standing: Standing, panel: Panel) -> Standing:
    """Read rows that follow on where the series stand.

    Args:
        network: its structure.
        weights: of its model.
        standing: of the panel's series, in order.
        panel: their next rows.
    """
    preparation, state = standing.preparation, standing.state
    ring = state.recent.shape[1]
    if preparation.scaler.log:
        refuse_logarithm(panel)
    owner = np.repeat(np.arange(panel.num_series), panel.lengths)
    scaled = preparation.scaler.forward(np.where(panel.mask, panel.target, np.nan), owner)
    # A missing value is filled by its anchor, which may lie among the values read before.
    place = np.arange(len(scaled)) + ring * (owner + 1)
    before = np.arange(ring) + (panel.offsets[:-1] + ring * np.arange(panel.num_series))[:, None]
    joined = np.empty(len(scaled) + ring * panel.num_series)
    seen = np.ones(len(joined), bool)
    joined[before], joined[place], seen[place] = np.asarray(state.recent), scaled, panel.mask
    offsets = panel.offsets + ring * np.arange(panel.num_series + 1)
    filled = fill_with_anchor(joined, seen, offsets, max(preparation.lag, 1))[place]
    after = _read(
        network,
        weights,
        preparation,
        panel.offsets[:-1],
        panel.lengths,
        (filled, panel.mask),
        lambda series: take_series(state, series),
    )
    return standing.moved(after)


def read_next(
    network: Network, weights: Weights, standing: Standing, places: Int64, values: Float64
) -> Standing:
    """Read the very next row of some series, each once.

    Args:
        network: its structure.
        weights: of its model.
        standing: of all series.
        places: (S',) the series that have a row.
        values: (S',) NaN where it is missing; > 0 where logarithms are taken.
    """
    preparation, count = standing.preparation, len(places)
    size = capacity(count, least=1)
    everything = size == count == len(standing) and bool((places == np.arange(count)).all())
    padded = places if size == count else places[np.arange(size) % count]
    state = standing.state if everything else take_series(standing.state, padded)
    scaled = preparation.scaler.forward(values, places).astype(np.float32)
    seen = ~np.isnan(scaled)
    if not seen.all():
        scaled = np.where(seen, scaled, state.recent[:count, -max(preparation.lag, 1)])
    rows = np.zeros((2, size, 1), np.float32)
    rows[0, :count, 0], rows[1, :count, 0] = scaled, seen

    def run(weights: Weights, frame: Frame, state: State, *rows: Array) -> State:
        return advance(network, weights, frame, state, *rows)

    arguments = (weights, preparation.frame(padded), state, *rows, np.ones((size, 1), bool))
    after = compiled(("read", network.description), run, *arguments)(*arguments)
    if everything:
        return standing.moved(after)
    return standing.put(places, take_series(after, np.arange(count)))


def forecast_from(network: Network, weights: Weights, standing: Standing, h: int) -> Float64:
    """(S, h) forecasts in the data's units."""
    count = len(standing)
    if count == 0:
        return np.empty((0, h))
    size = capacity(count, least=1)
    padded = np.arange(size) % count
    frame = standing.preparation.frame(padded)
    state = standing.state if size == count else take_series(standing.state, padded)
    made = forecast(network, weights, frame, state, h)[:count]
    return standing.preparation.restore(made, np.arange(count))


def _read(
    network: Network,
    weights: Weights,
    preparation: Preparation,
    begins: Int64,
    lengths: Int64,
    scaled: tuple[Float32, Bool],
    start: Callable[[Int64], State],
) -> State:
    import jax

    filled, observed = scaled
    order = np.argsort(lengths, kind="stable")
    parts: list[State] = []
    for first in range(0, len(order), GROUP):
        group = order[first : first + GROUP]
        padded = group[np.arange(capacity(len(group), least=1)) % len(group)]
        index = begins[padded, None] + np.arange(lengths[group].max())  # (S, T)
        mask = np.arange(index.shape[1]) < lengths[padded, None]
        index = np.where(mask, index, 0)
        frame: Frame = preparation.frame(padded)
        values = (filled[index], observed[index].astype(np.float32), mask)
        state = read(network, weights, frame, start(padded), *values)
        parts.append(take_series(state, np.arange(len(group))))
    back = np.argsort(order, kind="stable")
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[back], *parts)
