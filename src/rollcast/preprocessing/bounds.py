"""Bounds: between which values the forecasts of each series are held."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rollcast._types import Array, BoundsOption, Float32, Float64, Int64
from rollcast.data.panel import Panel, name_series
from rollcast.data.segments import count_segments
from rollcast.errors import DataError
from rollcast.options.bounds_option import describe_bounds
from rollcast.preprocessing.scaling import Scaler


class Bounds(NamedTuple):
    """The bounds of S series; -inf and inf where there is none.

    Attributes:
        low: (S,) in the data's units.
        high: (S,) the same.
        lowest: (S,) ``low`` scaled, as the closed loop has it.
        highest: (S,) ``high`` scaled.
    """

    low: Float64
    high: Float64
    lowest: Float32
    highest: Float32

    @classmethod
    def of(cls, low: Float64, high: Float64, scaler: Scaler) -> Bounds:
        """Bounds (S,) in the data's units, for series that are scaled so."""
        with np.errstate(divide="ignore", over="ignore"):  # a bound out of reach is none
            lowest, highest = (
                scaler.forward(
                    np.where(scaler.log, np.maximum(edge, 0.0), edge), np.arange(len(edge))
                ).astype(np.float32)
                for edge in (low, high)
            )
        return cls(low, high, lowest, highest)

    @classmethod
    def none(cls, number: int) -> Bounds:
        """No bounds of so many series."""
        low, high = np.full(number, -np.inf), np.full(number, np.inf)
        return cls(low, high, low.astype(np.float32), high.astype(np.float32))

    def take(self, series: Int64) -> Bounds:
        """Of the chosen series (S',), in that order."""
        low, high, lowest, highest = self
        return Bounds(low[series], high[series], lowest[series], highest[series])

    def join(self, other: Bounds) -> Bounds:
        """These series, followed by the other's."""
        return Bounds(
            np.concatenate([self.low, other.low]),
            np.concatenate([self.high, other.high]),
            np.concatenate([self.lowest, other.lowest]),
            np.concatenate([self.highest, other.highest]),
        )

    def hold(self, values: Float64, scaled: Float32 | Float64, series: Int64) -> Float64:
        """Forecasts in the data's units, exactly on the bound where the network's are held to it, and never -0.0.

        Args:
            values: of any shape, in the data's units.
            scaled: the same as the network gave them.
            series: whose they are; broadcast to that shape.
        """
        low, high = self.low[series], self.high[series]
        held = np.minimum(np.maximum(values, low), high)  # rounding may have left them just outside
        held = np.where(scaled <= self.lowest[series], low, held)
        held = np.where(scaled >= self.highest[series], high, held)
        return held + 0.0

    def limit(self, values: Float64, series: Int64) -> Float64:
        """Forecasts (M, h) that no network made, in the data's units; those that are NaN stay so.

        Args:
            values: (M, h)
            series: (M,) whose they are.
        """
        return np.clip(values, self.low[series, None], self.high[series, None])


def find_bounds(panel: Panel, option: BoundsOption, scaler: Scaler) -> Bounds | None:
    """The bounds of each series; None where no series has any.

    Args:
        panel: what may be known of the series: pass the rows before the first forecast alone.
        option: "auto" for 0 and up where some value is known and none is negative; a pair; or None.
        scaler: of the panel's series.
    """
    if option is None:
        return None
    low, high = (np.full(panel.num_series, edge) for edge in (-np.inf, np.inf))
    if option == "auto":
        known = count_segments(panel.mask, panel.offsets)
        negative = count_segments(panel.mask & (panel.target < 0), panel.offsets)
        low[(known > 0) & (negative == 0)] = 0.0
        if np.isinf(low).all():
            return None
    else:
        low[:] = -np.inf if option[0] is None else option[0]
        high[:] = np.inf if option[1] is None else option[1]
    return Bounds.of(low, high, scaler)


def refuse_outside(panel: Panel, option: BoundsOption, target: Any) -> None:
    """Refuse values outside of bounds that were given.

    Args:
        panel: all rows.
        option: of the model; nothing lies outside of what is found from the data.
        target: what messages call the column.

    Raises:
        DataError: there is one, named with its series and row.
    """
    if option is None or option == "auto":
        return
    low = -np.inf if option[0] is None else option[0]
    high = np.inf if option[1] is None else option[1]
    outside = np.flatnonzero(panel.mask & ((panel.target < low) | (panel.target > high)))
    if len(outside):
        s = int(np.searchsorted(panel.offsets, outside[0], side="right")) - 1
        row = int(outside[0] - panel.offsets[s])
        time = panel.frequency.format(panel.frequency.advance(int(panel.starts[s]), row))
        more = f" (and {len(outside) - 1:,} more)" if len(outside) > 1 else ""
        raise DataError(
            f"Column {target!r}{name_series(panel.ids[s])} holds {panel.target[outside[0]]:g} in row {row + 1}, at "
            f"{time}{more}, but `bounds` are {describe_bounds(low, high)}: widen them, or correct the value or leave "
            "it empty."
        )


def hold(values: Array, lowest: Array | None, highest: Array | None) -> Array:
    """(S, K) scaled values within the bounds (S,) of each series; to be called inside a compiled program.

    Gradients pass as if there were no bounds: a loop below them would learn nothing otherwise.
    """
    if lowest is None or highest is None:
        return values
    import jax
    import jax.numpy as jnp

    fixed = jax.lax.stop_gradient(values)
    return jnp.clip(fixed, lowest[:, None], highest[:, None]) + (values - fixed)
