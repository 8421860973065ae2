"""Scaling of each series, fitted on training data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from rollcast._types import Bool, Float64, Int64, Scaling
from rollcast.data.panel import LARGEST, Panel, name_series
from rollcast.errors import DataError

MOST_SCALED: Final = 1e15
"""How far a scaled value may lie from 0. Networks reckon in 32 bits: in them its square has room, and so have its
difference from an anchor and sums over a batch. Much larger ones make a state that is NaN for good."""

_LARGEST_LOG: Final = math.log(LARGEST)

_BILLION: Final = 1e9
"""A constant has no spread: its unit is 1, or a billionth of it where that is more."""

TOO_FAR: Final = "which the network can't read at the scale of its series (`scaling`); correct it or leave it empty."
"""The end of a message on a value that scales to more than ``MOST_SCALED``."""


@dataclass(frozen=True, eq=False)
class Scaler:
    """z = (g(y) - shift) / scale for each series, with g the logarithm or nothing.

    Values outside the fitted range pass through linearly, never clipped.

    Attributes:
        shift: (S,) in the (log) units of the data.
        scale: (S,) > 0, in the same units.
        log: whether logarithms are taken first.
    """

    shift: Float64
    scale: Float64
    log: bool

    def forward(self, values: Float64, series: Int64) -> Float64:
        """Scaled values of any shape; ``series`` tells, in the same shape, whose they are.

        Where logarithms are taken the values are > 0, see ``refuse_logarithm``.
        """
        taken = np.log(values) if self.log else values
        return (taken - self.shift[series]) / self.scale[series]

    def inverse(self, scaled: Float64, series: Int64) -> Float64:
        """The exact inverse of ``forward``, in the data's units.

        Where logarithms were taken nothing lies beyond ``LARGEST``, as in the data: after a value near 0, whose
        logarithm lies far from the others', a network may go as far to the other side.
        """
        taken = scaled * self.scale[series] + self.shift[series]
        return np.exp(np.minimum(taken, _LARGEST_LOG)) if self.log else taken

    def is_far(self, values: Float64, series: Int64) -> Bool:
        """Which values (N,) scale to more than a network can read; never a missing one, nor one without a logarithm."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return (values > 0 if self.log else True) & (
                np.abs(self.forward(values, series)) > MOST_SCALED
            )

    def refuse(self, panel: Panel, series: Int64) -> None:
        """Refuse what can't be scaled.

        Args:
            panel: rows of known series.
            series: (S',) which known series the panel's are.

        Raises:
            DataError: a value <= 0 where logarithms are taken, or one that lies too far from the others.
        """
        if self.log:
            refuse_logarithm(panel)
        far = panel.mask & self.is_far(panel.target, np.repeat(series, panel.lengths))
        if far.any():
            row = int(np.argmax(far))
            s = int(np.searchsorted(panel.offsets, row, side="right")) - 1
            raise DataError(
                f"Row {row - panel.offsets[s] + 1}{name_series(panel.ids[s])} holds {panel.target[row]:g}, {TOO_FAR}"
            )

    def take(self, series: Int64) -> Scaler:
        """The scaler of the chosen series."""
        return Scaler(self.shift[series], self.scale[series], self.log)


def fit_scaler(panel: Panel, kind: Scaling, *, log: bool) -> Scaler:
    """Fit on every observed value of a panel: pass the training part alone.

    Args:
        panel: the training part.
        kind: "minmax" to 0..1, "standard" (mean and standard deviation), "meanabs" (mean of |y|), "none".
        log: take logarithms first.

    Raises:
        DataError: ``log`` and a value <= 0, named with its series and row.
    """
    shift, scale = np.zeros(panel.num_series), np.ones(panel.num_series)
    if log:
        refuse_logarithm(panel)
    for s, rows in enumerate(panel):
        observed = panel.target[rows][panel.mask[rows]]
        if len(observed):
            shift[s], scale[s] = _moments(np.log(observed) if log else observed, kind)
    return Scaler(shift, scale, log)


def refuse_logarithm(panel: Panel) -> None:
    """Refuse values that have no logarithm.

    Raises:
        DataError: a value <= 0, named with its series and row.
    """
    bad = np.flatnonzero(panel.mask & (panel.target <= 0))
    if len(bad):
        s = int(np.searchsorted(panel.offsets, bad[0], side="right")) - 1
        raise DataError(
            f"`log` needs values > 0; got {panel.target[bad[0]]:g} in row {bad[0] - panel.offsets[s] + 1}"
            f"{name_series(panel.ids[s])}: fit with log=False."
        )


def _moments(values: Float64, kind: Scaling) -> tuple[float, float]:
    """Shift and scale; reckoned in units of a power of two, so that no square leaves what 64 bits hold."""
    if kind == "none":
        return 0.0, 1.0
    _, exponent = np.frexp(np.abs(values).max())
    values = np.ldexp(values, -exponent)
    if kind == "minmax":
        shift, scale = float(values.min()), float(values.max() - values.min())
    elif kind == "standard":
        shift, scale = float(values.mean()), float(values.std())
    else:
        shift, scale = 0.0, float(np.abs(values).mean())
    tiny = 1e-12 * abs(float(values.mean()))  # what rounding leaves of a constant
    if scale > tiny:
        return float(np.ldexp(shift, exponent)), float(np.ldexp(scale, exponent)) or 1.0
    constant = float(np.ldexp(values[0], exponent)) if shift else 0.0
    return constant, max(1.0, abs(constant) / _BILLION)
