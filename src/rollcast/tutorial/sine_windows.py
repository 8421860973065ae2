"""The tutorial's data: one series, scaled to 0..1, as windows of 13 inputs and the value after them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from rollcast._number_format import format_count
from rollcast._types import Float32, Float64
from rollcast.errors import ArgumentError, DataError, TooShortError
from rollcast.options.argument_checks import floats, number, whole

LARGEST: Final = 1e100
"""Numbers whose squares can still be summed."""


@dataclass(frozen=True, eq=False)
class Windows:
    """A flat series and how many windows of it are for training and for testing.

    Window ``i`` reads the rows ``i .. i + inputs - 1`` and is to forecast row ``i + inputs``. The
    training windows come first. The arrays ``x_train`` .. ``y_test`` are copied out when they are
    asked for; training and forecasting gather from ``values`` and never need them.

    Attributes:
        values: (N,) the series, scaled so that its training part spans 0..1.
        inputs: rows that a window reads, ``time_step - 1``.
        train_count: windows of the training part.
        test_count: windows of the test part.
        low: the training part's least value, which is 0 when scaled.
        high: its greatest value, which is 1 when scaled.
    """

    values: Float64
    inputs: int
    train_count: int
    test_count: int
    low: float
    high: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", floats("values", self.values, 1))
        for name in ("inputs", "train_count", "test_count"):
            object.__setattr__(self, name, whole(name, getattr(self, name)))
        for name in ("low", "high"):
            object.__setattr__(self, name, number(name, getattr(self, name)))
        if self.count + self.inputs != len(self.values):
            raise ArgumentError(
                f"`values` must have {self.count + self.inputs:,} rows for {self.count:,} windows of {self.inputs:,} "
                f"inputs; got {len(self.values):,}."
            )
        if not self.low < self.high:
            raise ArgumentError(f"`high` must be above `low`; got {self.high:g} and {self.low:g}.")

    @property
    def count(self) -> int:
        """All windows: N - inputs."""
        return self.train_count + self.test_count

    @property
    def x_train(self) -> Float32:
        """(train_count, inputs, 1) what the training windows read, oldest value first."""
        return self._inputs(0, self.train_count)

    @property
    def y_train(self) -> Float32:
        """(train_count, 1) the value after each training window."""
        return self._targets(0, self.train_count)

    @property
    def x_test(self) -> Float32:
        """(test_count, inputs, 1) what the test windows read, oldest value first."""
        return self._inputs(self.train_count, self.test_count)

    @property
    def y_test(self) -> Float32:
        """(test_count, 1) the value after each test window."""
        return self._targets(self.train_count, self.test_count)

    @property
    def train_values(self) -> Float64:
        """(train_count + inputs,) the rows before the first test target."""
        return self.values[: self.train_count + self.inputs]

    @property
    def test_values(self) -> Float64:
        """(test_count,) the test targets, which are the rows that a free run is to continue with."""
        return self.values[self.train_count + self.inputs :]

    def scale(self, values: ArrayLike) -> Float64:
        """Values in the data's unit, scaled as the series; beyond 0..1 where they are beyond its range."""
        return (floats("values", values) - self.low) / (self.high - self.low)

    def restore(self, scaled: ArrayLike) -> Float64:
        """The inverse of ``scale``: values in the data's unit."""
        return floats("scaled", scaled) * (self.high - self.low) + self.low

    def _inputs(self, first: int, count: int) -> Float32:
        rows = self.values[first : first + count + self.inputs - 1]
        read = np.lib.stride_tricks.sliding_window_view(rows, self.inputs)
        return read[:, :, None].astype(np.float32)

    def _targets(self, first: int, count: int) -> Float32:
        rows = self.values[first + self.inputs : first + self.inputs + count]
        return rows[:, None].astype(np.float32)


def make_windows(values: ArrayLike, *, time_step: int = 14, test_size: float = 0.2) -> Windows:
    """Scale a series to 0..1 and cut it into windows, the last of which are for testing.

    The scaling is fitted on the training part alone: on the rows that its windows read or forecast.

    Args:
        values: (N,) the series.
        time_step: rows of a window with its target: 14 are 13 inputs and one target. A word of this
            tutorial; elsewhere ``input_size`` counts inputs alone.
        test_size: share of the windows that are for testing, rounded up to whole windows.

    Returns:
        The windows: 6,400 rows give 6,387, of which 5,109 are for training and 1,278 for testing.

    Raises:
        ArgumentError: a ``time_step`` below 2 or a ``test_size`` outside 0..1.
        DataError: values that are no finite numbers or, in the training part, all the same.
        TooShortError: too few rows for a window in each part.
    """
    series = floats("values", values, 1)
    inputs = whole("time_step", time_step, 2) - 1
    if not 0 < number("test_size", test_size) < 1:
        raise ArgumentError(f"`test_size` must be between 0 and 1; got {test_size!r}.")
    if not np.isfinite(series).all():
        row = int(np.flatnonzero(~np.isfinite(series))[0])
        raise DataError(f"`values` must be finite; got {series[row]} in row {row + 1}.")
    count = len(series) - inputs
    test_count = math.ceil(count * test_size)
    if count < 2 or test_count >= count:
        raise TooShortError(
            f"`values` must have a training and a test window of {time_step} rows; "
            f"got {format_count(len(series), 'row')}."
        )
    known = series[: count - test_count + inputs]
    low, high = float(known.min()), float(known.max())
    if low == high:
        raise DataError(f"`values` can't be scaled: the training part is {low:g} throughout.")
    if np.abs(series).max() > LARGEST:
        raise DataError(f"`values` must lie within {LARGEST:g} of 0; got {np.abs(series).max():g}.")
    scaled = (series - low) / (high - low)
    return Windows(scaled, inputs, count - test_count, test_count, low, high)
