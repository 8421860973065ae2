"""The option `level`: read from numbers or from the command line's text, and which quantiles it asks for."""

from __future__ import annotations

import math
from typing import Any, Final

from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import is_number, items

MOST_LEVEL: Final = 98
"""The widest interval, in percent: it lies between the outermost quantiles of the network, at .01 and .99."""


def check_level(name: str, value: Any) -> tuple[float, ...]:
    """The levels as they are kept: percentages in ascending order, whole ones as int.

    Args:
        name: of the option.
        value: a number, or several; or text, as in "80,95".

    Raises:
        ArgumentError: anything else, a level outside 1 to 98, or one that is given twice.
    """
    if isinstance(value, str):
        given, example = tuple(map(number_of, value.split(","))), "80,95"
    else:
        given = (value,) if is_number(value) else _several(value)
        example = "[80, 95]"
    if given is None or not all(is_number(one) and math.isfinite(one) for one in given):
        raise ArgumentError(
            f"`{name}` must be a percentage or several, such as {example}; got {show(value)}."
        )
    levels = tuple(sorted(int(one) if float(one).is_integer() else float(one) for one in given))
    for one in levels:
        _refuse_outside(name, one)
        if levels.count(one) > 1:
            raise ArgumentError(f"`{name}` has {one} twice; give each level once.")
    return levels


def ends_of(level: float) -> tuple[float, float]:
    """The quantiles between which the middle ``level`` percent lie.

    Example:
        >>> ends_of(95)
        (0.025, 0.975)
    """
    return (100 - level) / 200, (100 + level) / 200


def _refuse_outside(name: str, level: float) -> None:
    if not 0 < level < 100:
        raise ArgumentError(f"`{name}` must be above 0 and below 100 percent; got {show(level)}.")
    if level > MOST_LEVEL:
        raise ArgumentError(
            f"`{name}` must be at most {MOST_LEVEL}, since the network tells no quantiles beyond 0.01 and 0.99; got "
            f"{show(level)}."
        )
    if level < 1:
        raise ArgumentError(f"`{name}` is in percent, such as 80 and not 0.8; got {show(level)}.")


def _several(value: Any) -> tuple[Any, ...] | None:
    try:
        return items("level", value)
    except ArgumentError:
        return None


def number_of(text: str) -> float:
    """A number as it is written; NaN where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
