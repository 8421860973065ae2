"""The option `bounds`: read from a pair or from the command line's text, and told in words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rollcast._types import BoundsOption
from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import is_number


def check_bounds(name: str, value: Any) -> BoundsOption:
    """The bounds as they are kept: "auto", None, or a pair in which None stands for no bound on that side.

    Args:
        name: of the option.
        value: a pair of numbers, "auto", "none" or None; or text, as in "0,100" or "0,".

    Raises:
        ArgumentError: anything else, or a low that is not below the high.
    """
    if value is None or (isinstance(value, str) and value in ("auto", "none")):
        return "auto" if value == "auto" else None
    try:
        low, high = (
            _side(side, open_end)
            for side, open_end in zip(_sides(value), (-math.inf, math.inf), strict=True)
        )
    except (TypeError, ValueError, OverflowError):
        low = high = math.nan
    if not low < high:
        wanted = '(low, high), such as (0, 100) or (0, None), with the low below the high, "auto" or None'
        if isinstance(value, str):
            wanted = "LOW,HIGH, such as 0,100 or 0, with the low below the high, auto or none"
        raise ArgumentError(f"`{name}` must be {wanted}; got {show(value)}.")
    pair = (low if math.isfinite(low) else None, high if math.isfinite(high) else None)
    return None if pair == (None, None) else pair


def describe_bounds(low: float, high: float) -> str:
    """Two bounds in words, such as "0 and up"; -inf and inf for none."""
    if math.isinf(high):
        return f"{low:g} and up"
    return f"up to {high:g}" if math.isinf(low) else f"{low:g} to {high:g}"


def _sides(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [float(side) if side.strip() else None for side in value.split(",")]
    if isinstance(value, list | tuple | np.ndarray):
        return list(value)
    raise TypeError(value)


def _side(side: Any, open_end: float) -> float:
    """A bound as a plain number; never -0.0, which a forecast would show."""
    if side is None:
        return open_end
    if not is_number(side):
        raise TypeError(side)
    return float(side) + 0.0
