"""The option `season_length` of a pretrained network: one season or two, from numbers or from text."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import items, whole

MOST_SEASON: Final = 2016
"""Rows of the longest season that a pretrained network knows: a week of five minutes."""


def check_seasons(name: str, value: Any) -> tuple[int, ...]:
    """The seasons as they are kept: one length, or two in ascending order.

    Args:
        name: of the option.
        value: a whole number, 1 for no season, or two; or text, as in "24,168".

    Raises:
        ArgumentError: anything else, or a season of more than 2,016 rows.
    """
    example = "24,168" if isinstance(value, str) else "[24, 168]"
    given = _lengths(value) or ()
    if len(given) not in (1, 2):
        raise ArgumentError(
            f"`{name}` must be one season or two, in rows, such as {example}; got {show(value)}."
        )
    lengths = tuple(sorted(whole(name, one, 1, MOST_SEASON) for one in given))
    if len(set(lengths)) < len(lengths):
        raise ArgumentError(f"`{name}` has {lengths[0]} twice; give each season once.")
    if len(lengths) == 2 and lengths[0] == 1:
        raise ArgumentError(f"`{name}` = 1 is no season; give {lengths[1]} alone.")
    return lengths


def _lengths(value: Any) -> tuple[Any, ...] | None:
    """What was given as whole numbers, as far as it can be read so; None where it can't."""
    if isinstance(value, str):
        parts = [part.strip() for part in value.split(",")]
        return tuple(int(part) for part in parts) if all(map(_is_whole, parts)) else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | np.number):
        return (value,)
    try:
        return items("season_length", value)
    except ArgumentError:
        return None


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9
