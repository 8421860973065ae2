"""Numbers as people and JSON read them."""

from __future__ import annotations

import math

JsonNumber = float | str | None
"""A float as strict JSON can hold it: NaN is null, an infinity is ``"inf"`` or ``"-inf"``."""


def format_number(value: float, digits: int = 3) -> str:
    """Write a number with about ``digits`` significant digits, and never fewer than its whole part.

    Args:
        value: any float; NaN reads ``n/a``.
        digits: significant digits, >= 1.

    Returns:
        ``212``, ``3.14``, ``0.0123``, ``12,346``, ``1.2e-05``.

    Example:
        >>> format_number(371.26), format_number(2.9), format_number(1234567.8)
        ('371', '2.9', '1,234,568')
    """
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    size = abs(rounded)
    if size >= 1e15 or size < 1e-4:
        return f"{value:.{digits}g}"
    if size >= 10 ** (digits - 1):
        return f"{value:,.0f}" if size >= 10_000 else f"{value:.0f}"
    return f"{rounded:.{digits}g}"


def format_count(count: int, noun: str) -> str:
    """How many there are of something.

    Example:
        >>> format_count(1, "row"), format_count(1200, "row")
        ('1 row', '1,200 rows')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def to_json_number(value: float) -> JsonNumber:
    """Write a float so that strict JSON can hold it."""
    value = float(value)
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def from_json_number(value: object) -> float:
    """Read what ``to_json_number`` wrote.

    Raises:
        ValueError: if it is no number.
    """
    if value is None:
        return math.nan
    if isinstance(value, int | float | str):
        return float(value)
    raise ValueError(f"{value!r} is no number.")
