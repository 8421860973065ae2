"""What callers pass to be drawn, as arrays of known shapes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rollcast._types import Float64
from rollcast.data.clock import check_zone
from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import floats

LARGEST: Final = 1e300
"""What is larger is not drawn: an axis needs room around its values."""


def as_floats(name: str, values: Any, length: int | None = None) -> Float64:
    """(N,) values as floats, NaN where they are not finite or too large to draw.

    Raises:
        ArgumentError: another shape than one dimension, or another length than the one that is given.
    """
    array = floats(name, values)
    if array.ndim != 1 or (length is not None and len(array) != length):
        expected = "one dimension" if length is None else f"the shape ({length},)"
        raise ArgumentError(f"`{name}` must have {expected}; got the shape {array.shape}.")
    return np.where(np.abs(array) < LARGEST, array, np.nan)


def as_clock(name: str, times: ArrayLike | None, length: int, start: int) -> NDArray[Any]:
    """(length,) the times, or rows counted from ``start``."""
    if times is None:
        return np.arange(start, start + length)
    array = as_times(name, times)
    if array.shape != (length,):
        raise ArgumentError(f"`{name}` must have the shape ({length},); got {array.shape}.")
    return array


def as_times(name: str, times: Any) -> NDArray[Any]:
    """Times as datetime64, in UTC where they have a zone, or numbers."""
    array: Any = None
    with suppress(TypeError, ValueError, ArithmeticError):
        array = np.asarray(times)
        if array.dtype.kind in "OU":
            array = _instants(array)
    if array is None or array.dtype.kind not in "Miuf":
        raise ArgumentError(
            f"`{name}` must hold times, as datetime64, or numbers; got {show(times)}."
        )
    return array.astype("M8[us]") if array.dtype.kind == "M" else array  # half a month can be had


def _instants(times: NDArray[Any]) -> NDArray[Any]:
    """Dates as text or as objects, as instants in UTC."""
    import pandas as pd

    found = pd.to_datetime(pd.Series(times.ravel()), utc=True).dt.tz_localize(None)
    return found.to_numpy().reshape(times.shape)


def zone(name: str, value: Any) -> str | None:
    """The name of a time zone, or None.

    Raises:
        ArgumentError: there is no such zone.
    """
    return None if value is None else check_zone(value)
