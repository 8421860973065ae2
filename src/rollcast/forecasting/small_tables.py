"""Forecasts of small tables by NumPy: they are made before JAX would have been imported and its programs compiled.

The equations are those that compiled programs run, see :mod:`rollcast.preprocessing.running_seasons` and
:mod:`rollcast.networks.pretrained_network`. Which way a table takes follows from its size and the horizon alone, so the
same forecast has the same bits every time.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast._types import Array, Float32, Int64
from rollcast.data.panel import Panel
from rollcast.data.seasons import Seasons
from rollcast.networks.pretrained_network import (
    NetworkWeights,
    PretrainedNetwork,
    place_quantiles,
    step_layers,
)
from rollcast.preprocessing.preparation import Preparation
from rollcast.preprocessing.running_seasons import (
    Running,
    clip_value,
    nothing_read,
    output_scale,
    read_value,
    standing,
)
from rollcast.preprocessing.season_anchors import RunningSums, describe_ahead

A_ROW: Final = 40
"""Series that cost as much as what NumPy takes for a row by itself, which is about a quarter of a millisecond."""

MOST_WORK: Final = 200_000
"""Rows of the longest series, times the series and ``A_ROW``, up to which a table is small: about a second's work. To
import JAX and to compile takes two or three."""

MOST_SERIES: Final = 1024
"""Series of a small table at most: the head takes up memory for each step ahead of all."""


class _Table(NamedTuple):
    """S series from the longest to the shortest, so that those that have begun at a row are the first ones.

    Attributes:
        values: (S, T) scaled, each series at the right; 0 before it and where it is missing.
        seen: (S, T) where there was a value.
        seasons: (S,)
        starts: (S,) the column of the first row.
    """

    values: Float32
    seen: Array
    seasons: Seasons
    starts: Int64


def is_small(panel: Panel, network: PretrainedNetwork, h: int) -> bool:
    """Whether a table is forecast by NumPy: it takes little work, and one call of the head gives all steps."""
    count = panel.num_series
    work = int(panel.lengths.max()) * (count + A_ROW)
    return work <= MOST_WORK and count <= MOST_SERIES and h <= network.steps


def forecast_small(
    network: PretrainedNetwork, preparation: Preparation, panel: Panel, h: int
) -> Float32:
    """(S, h, Q) quantiles in scaled units, within the bounds.

    Args:
        network: with its weights.
        preparation: of the panel's series, in order.
        panel: a small one.
        h: steps ahead, no more than the network's.
    """
    order = np.argsort(-panel.lengths, kind="stable")
    table = _align(preparation, panel, order)
    made = _forecast(network.held, table, network.steps)[:, :h]
    placed = np.empty_like(made)
    placed[order] = made
    bounds = preparation.bounds
    if bounds is None:
        return placed
    return np.clip(placed, bounds.lowest[:, None, None], bounds.highest[:, None, None])


def _align(preparation: Preparation, panel: Panel, order: Int64) -> _Table:
    filled, observed = preparation.scale(panel)
    lengths = panel.lengths[order]
    columns = np.arange(lengths[0]) - lengths[0]
    rows = panel.offsets[1:][order, None] + columns
    there = columns >= -lengths[:, None]
    rows = np.where(there, rows, 0)
    return _Table(
        np.where(there, filled[rows], np.float32(0)),
        observed[rows] & there,
        _seasons_of(preparation).take(order),
        lengths[0] - lengths,
    )


def _forecast(weights: NetworkWeights, table: _Table, steps: int) -> Float32:
    """(S, K, Q) quantiles in the order of the table."""
    values, starts, total = table.values.copy(), table.starts, table.values.shape[1]
    running, states = nothing_read(np, 0), _no_states(weights, 0)
    features = np.empty(0, np.float32)
    for t in range(total):
        begun = int(np.searchsorted(starts, t, side="right"))
        new = begun - len(running.fast)
        if new:
            running = Running(*map(_join, running, nothing_read(np, new)))
            states = list(map(_join, states, _no_states(weights, new)))
        seen = table.seen[:begun, t]
        row, seasons = t - starts[:begun], table.seasons.take(slice(begun))
        value = clip_value(np, running, row, values[:begun, t], seen)
        values[:begun, t] = value
        look = _Look(values[:begun], t)
        running, inputs = read_value(np, seasons, running, row, value, seen, look)
        features, states = step_layers(weights.layers, inputs, states)
    row = total - 1 - starts
    now = standing(np, table.seasons, running, row)
    sums = np.cumsum(values, axis=1, dtype=np.float64)
    look, look_sum = _Look(values, total - 1), _Look(sums, total - 1)
    less_nothing = RunningSums(look_sum, np.zeros(len(row)))
    ahead = describe_ahead(np, table.seasons, now, row, look, less_nothing, steps)
    made = place_quantiles(np, weights.head, features, ahead)
    unit = output_scale(np, now, running, row)
    return (now.base[:, None, None] + made * unit[:, None, None]).astype(np.float32)


class _Look(NamedTuple):
    """From distances (S, n) to what stands (S, n) so many columns before the newest one; any before the first.

    Attributes:
        held: (S, T)
        newest: its column.
    """

    held: Array
    newest: int

    def __call__(self, distance: Array) -> Array:
        place = np.maximum(self.newest - distance, 0)
        return np.take_along_axis(self.held, place, axis=1)


def _join(before: Array, new: Array) -> Array:
    return np.concatenate([before, new])


def _no_states(weights: NetworkWeights, size: int) -> list[Array]:
    sizes = (layer.recurrent_kernel.shape[0] for layer in weights.layers)
    return [np.zeros((size, units), np.float32) for units in sizes for _ in "hc"]


def _seasons_of(preparation: Preparation) -> Seasons:
    if preparation.seasons is None:
        raise TypeError("the pretrained network reads in seasons")
    return preparation.seasons
