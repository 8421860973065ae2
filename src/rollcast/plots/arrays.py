"""What callers pass to be drawn, as arrays of known shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rollcast._types import Float64
from rollcast.errors import ArgumentError

if TYPE_CHECKING:
    pass


def as_floats(name: str, values: Any, length: int | None = None) -> Float64:
    """(N,) values as floats, NaN where they are not finite.

    Raises:
        ArgumentError: another shape than one dimension, or another length than the one that is given.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or (length is not None and len(array) != length):
        expected = "one dimension" if length is None else f"the shape ({length},)"
        raise ArgumentError(f"`{name}` must have {expected}; got the shape {array.shape}.")
    return np.where(np.isfinite(array), array, np.nan)


def as_clock(name: str, times: ArrayLike | None, length: int, start: int) -> NDArray[Any]:
    """(length,) the times, or rows counted from ``start``."""
    if times is None:
        return np.arange(start, start + length)
    array = np.asarray(times)
    if array.shape != (length,):
        raise ArgumentError(f"`{name}` must have the shape ({length},); got {array.shape}.")
    return array.astype("M8[us]") if array.dtype.kind == "M" else array  # half a month can be had
