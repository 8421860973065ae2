"""Scaling of each series, fitted on training data."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from rollcast._types import Bool, Float32, Float64, Int64, LogOption, ScalingKind
from rollcast.data.panel import LARGEST, Panel, name_series
from rollcast.data.ranges import offsets_of
from rollcast.data.segments import (
    count_segments,
    max_segments,
    min_segments,
    series_blocks,
    sum_segments,
)
from rollcast.errors import DataError

MOST_SCALED: Final = 1e15
"""How far a scaled value may lie from 0. Networks reckon in 32 bits: in them its square has room, and so have its
difference from an anchor and sums over a batch. Much larger ones make a state that is NaN for good."""

MOST_USUAL: Final = 5
"""How many geometric means of a series' changes their mean counts at most: one wrong reading sets no unit."""

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
        scale: (S,) > 0, in the same units; < 0 where a series is read upside down.
        log: (S,) whether logarithms are taken first.
    """

    shift: Float64
    scale: Float64
    log: Bool

    @cached_property
    def takes_logs(self) -> bool:
        """Whether a logarithm is taken of any series."""
        return bool(self.log.any())

    def forward(self, values: Float64, series: Int64) -> Float64:
        """Scaled values of any shape; ``series``, which is broadcast to it, tells whose they are.

        Where logarithms are taken the values are > 0, see ``refuse_logarithm``.
        """
        taken = self._logarithms(values, series) if self.takes_logs else values
        return (taken - self.shift[series]) / self.scale[series]

    def inverse(self, scaled: Float64, series: Int64) -> Float64:
        """The exact inverse of ``forward``, in the data's units.

        Where logarithms were taken nothing lies beyond ``LARGEST``, as in the data: after a value near 0, whose
        logarithm lies far from the others', a network may go as far to the other side.
        """
        taken = scaled * self.scale[series] + self.shift[series]
        if not self.takes_logs:
            return taken
        return np.exp(np.minimum(taken, _LARGEST_LOG), out=np.array(taken), where=self.log[series])

    def is_far(self, values: Float64, series: Int64) -> Bool:
        """Which values (N,) scale to more than a network can read; never a missing one, nor one without a logarithm."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            far = np.abs(self.forward(values, series)) > MOST_SCALED
        return far & ((values > 0) | ~self.log[series])

    def scale_rows(self, panel: Panel, series: Int64) -> Float32:
        """(N,) scaled values of a panel; NaN where none was observed.

        Args:
            panel: rows of known series.
            series: (S',) which known series the panel's are.

        Raises:
            DataError: a value <= 0 where logarithms are taken, or one that lies too far from the others.
        """
        self._refuse_logarithm(panel, series)
        scaled = np.empty(len(panel.mask), np.float32)
        for part, rows, offsets in series_blocks(panel.offsets):
            owner = np.repeat(series[part], np.diff(offsets))
            values = np.where(panel.mask[rows], panel.target[rows], np.nan)
            with np.errstate(over="ignore"):
                made = self.forward(values, owner)
            far = np.abs(made) > MOST_SCALED
            if far.any():
                raise DataError(f"{_name_row(panel, rows.start + int(np.argmax(far)))}, {TOO_FAR}")
            scaled[rows] = made
        return scaled

    def take(self, series: Int64) -> Scaler:
        """The scaler of the chosen series."""
        return Scaler(self.shift[series], self.scale[series], self.log[series])

    def join(self, other: Scaler) -> Scaler:
        """Of these series, followed by the other's."""
        return Scaler(
            np.concatenate([self.shift, other.shift]),
            np.concatenate([self.scale, other.scale]),
            np.concatenate([self.log, other.log]),
        )

    def _logarithms(self, values: Float64, series: Int64) -> Float64:
        return np.log(values, out=np.array(values), where=self.log[series])

    def _refuse_logarithm(self, panel: Panel, series: Int64) -> None:
        """Refuse values that came after the fit and have no logarithm.

        Raises:
            DataError: there is one.
        """
        row = _without_logarithm(panel, self.log[series])
        if row is not None:
            raise DataError(
                f"{_name_row(panel, row)}, and the model takes the logarithm of that series: correct the value or "
                'leave it empty; or fit again with it and log="auto", or with log=False; of a series that is newer '
                "than the fit, all rows may also be observed anew: observe(rows, state.drop(series))."
            )


def choose_logs(option: LogOption, panel: Panel) -> Bool:
    """(S,) of which series logarithms are taken: of all, of none, or with "auto" of those whose values are all > 0.

    Args:
        option: of the model.
        panel: all rows that are to be read. Of a series that is judged by later ones, those before them.
    """
    if option != "auto":
        return np.full(panel.num_series, option)
    known = count_segments(panel.mask, panel.offsets)
    positive = count_segments(panel.mask & (panel.target > 0), panel.offsets)
    return (known > 0) & (positive == known)


def without_unreadable(panel: Panel, logs: Bool) -> Panel:
    """The panel as it is read by a scaling that was chosen without its later rows.

    Args:
        panel: S series.
        logs: (S,) of which a logarithm is taken: their values <= 0 have none, and become missing ones.
    """
    unreadable = panel.mask & (panel.target <= 0) & np.repeat(logs, panel.lengths)
    return replace(panel, mask=panel.mask & ~unreadable) if unreadable.any() else panel


def fit_scaler(
    panel: Panel, kind: ScalingKind, *, log: Bool | bool, like: Scaler | None = None
) -> Scaler:
    """Fit on every observed value of a panel: pass the training part alone.

    A series that does not vary, since it is constant or has one row, takes the spread that is usual for its level.

    Args:
        panel: the training part.
        kind: "minmax" to 0..1, "standard" (mean and standard deviation), "meanabs" (mean of |y|), "none"; or "change",
            from the first value in units of the usual change from one value to the next, where each series stands for
            itself and a constant one has a hundredth of its value.
        log: (S,) or for all: take logarithms first.
        like: of series that tell what is usual; default those of the panel.

    Raises:
        DataError: ``log`` and a value <= 0, named with its series and row.
    """
    shift, scale = np.zeros(panel.num_series), np.ones(panel.num_series)
    flat = np.zeros(panel.num_series, bool)
    logs = np.broadcast_to(log, panel.num_series).copy()
    refuse_logarithm(panel, logs)
    if kind != "none":
        for part, rows, offsets in series_blocks(panel.offsets):
            seen = panel.mask[rows]
            counts = count_segments(seen, offsets)
            values = panel.target[rows][seen]
            if logs[part].any():
                values = np.log(values, out=values, where=np.repeat(logs[part], counts))
            ends = offsets_of(counts)
            shift[part], scale[part], flat[part] = _moments(values, ends, kind)
    fitted = Scaler(shift, scale, logs)
    if (
        kind == "change"
    ):  # of a logarithm a hundredth of the value is a hundredth, however large it is
        return Scaler(shift, np.where(flat & logs, 0.01, scale), logs)
    if not flat.any() or (like is None and flat.all()):
        return fitted
    usual = like or fitted.take(np.flatnonzero(~flat))
    return Scaler(shift, np.where(flat, _usual_scale(fitted, usual), scale), logs)


def usual_change(values: Float64, offsets: Int64) -> Float64:
    """(S,) the mean change from one value to the next, at most ``MOST_USUAL`` geometric means of those that are not 0.

    What rounding leaves of no change is none.

    Args:
        values: (N,) at most 1 in size.
        offsets: (S + 1,)
    """
    lengths = np.diff(offsets)
    steps = np.abs(np.diff(values, prepend=0.0))
    steps[offsets[:-1][lengths > 0]] = 0.0  # no change leads to a first value
    mean = sum_segments(steps, offsets) / np.maximum(lengths - 1, 1)
    moved = steps > np.maximum(1e-15, 1e-12 * np.repeat(mean, lengths))
    digits = np.log(steps, out=np.zeros_like(steps), where=moved)
    typical = sum_segments(digits, offsets) / np.maximum(count_segments(moved, offsets), 1)
    return np.minimum(mean, MOST_USUAL * np.exp(typical))


def _usual_scale(constant: Scaler, usual: Scaler) -> Float64:
    """(S,) the scale that other series have at the level of each constant, never below what it is alone allowed.

    Logarithms spread alike at all levels; values in proportion to them.
    """
    level = np.abs(constant.shift)
    shares = usual.scale / np.maximum(np.abs(usual.shift) + usual.scale, np.finfo(float).tiny)
    plain, logs = ~usual.log, usual.log
    share = np.median(shares[plain]) if plain.any() else 0.0
    unit = np.where(level > 0, share * level, np.median(usual.scale[plain]) if plain.any() else 0.0)
    unit = np.where(constant.log, np.median(usual.scale[logs]) if logs.any() else 0.0, unit)
    return np.where(unit > level / _BILLION, unit, constant.scale)


def refuse_logarithm(panel: Panel, logs: Bool) -> None:
    """Refuse values that have no logarithm.

    Args:
        panel: rows to be fitted to.
        logs: (S,) of which series it is taken.

    Raises:
        DataError: a value <= 0, named with its series and row.
    """
    row = _without_logarithm(panel, logs)
    if row is not None:
        s = int(np.searchsorted(panel.offsets, row, side="right")) - 1
        raise DataError(
            f"`log=True` needs values > 0; got {panel.target[row]:g} in row {row - panel.offsets[s] + 1}"
            f'{name_series(panel.ids[s])}: fit with log="auto", which leaves the logarithm off for such a series.'
        )


def _without_logarithm(panel: Panel, logs: Bool) -> int | None:
    """The first row (flat) that has none, of the series of which it is taken."""
    if not logs.any():
        return None
    bad = np.flatnonzero(panel.mask & (panel.target <= 0))
    bad = bad[logs[np.searchsorted(panel.offsets, bad, side="right") - 1]]
    return int(bad[0]) if len(bad) else None


def _name_row(panel: Panel, row: int) -> str:
    """The beginning of a message on the value in a flat row."""
    s = int(np.searchsorted(panel.offsets, row, side="right")) - 1
    at = int(row - panel.offsets[s])
    time = panel.frequency.format(panel.frequency.advance(int(panel.starts[s]), at))
    return f"Row {at + 1}{name_series(panel.ids[s])}, at {time}, holds {panel.target[row]:g}"


def _moments(values: Float64, offsets: Int64, kind: ScalingKind) -> tuple[Float64, Float64, Bool]:
    """Shift, scale and whether a series is constant (S,).

    They are reckoned in units of a power of two, so that no square leaves what 64 bits hold.

    Args:
        values: (N,)
        offsets: (S + 1,) a series without a value gets 0 and 1.
        kind: but not "none".
    """
    lengths = np.diff(offsets)
    held, counts = lengths > 0, np.maximum(lengths, 1)
    _, exponent = np.frexp(max_segments(np.abs(values), offsets))
    values = np.ldexp(values, np.repeat(-exponent, lengths))
    mean = sum_segments(values, offsets) / counts
    first = np.zeros(len(held))
    first[held] = values[offsets[:-1][held]]
    if kind == "minmax":
        shift = min_segments(values, offsets)
        scale = max_segments(values, offsets) - shift
    elif kind == "standard":
        shift, centred = mean, values - np.repeat(mean, lengths)
        scale = np.sqrt(sum_segments(centred * centred, offsets) / counts)
    elif kind == "meanabs":
        shift, scale = np.zeros(len(held)), sum_segments(np.abs(values), offsets) / counts
    else:
        shift, scale = first, usual_change(values, offsets)
    constant = np.ldexp(np.where(shift == 0, 0.0, first), exponent)
    unit = np.maximum(1.0, np.abs(constant) / _BILLION)
    if kind == "change":
        unit = np.where(constant == 0, 1.0, np.abs(constant) / 100)
    flat = scale <= 1e-12 * np.abs(mean)  # what rounding leaves of a constant
    shift, scale = np.ldexp(shift, exponent), np.ldexp(scale, exponent)
    scale = np.where(scale == 0, 1.0, scale)  # too small for a number
    return np.where(flat, constant, shift), np.where(flat, unit, scale), flat
