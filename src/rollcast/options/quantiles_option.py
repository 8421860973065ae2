"""The option `quantiles`: shares below which a value lies with that probability."""

from __future__ import annotations

from typing import Any

from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import is_number, items
from rollcast.options.level_option import MOST_LEVEL, ends_of, number_of


def check_quantiles(name: str, value: Any) -> tuple[float, ...]:
    """The quantiles in ascending order, each once.

    Args:
        name: of the option.
        value: a number above 0 and below 1, or several; or text, as in "0.9,0.95".

    Raises:
        ArgumentError: anything else, or one that is given twice.
    """
    if isinstance(value, str):
        given = tuple(map(number_of, value.split(",")))
    else:
        given = (value,) if is_number(value) else _several(value)
    if not given or not all(is_number(one) and 0 < one < 1 for one in given):
        raise ArgumentError(
            f"`{name}` must be above 0 and below 1, such as 0.95, one or several; got {show(value)}."
        )
    quantiles = tuple(sorted(float(one) for one in given))
    for one in quantiles:
        if quantiles.count(one) > 1:
            raise ArgumentError(f"`{name}` has {one:g} twice; give each quantile once.")
    return quantiles


def check_known_quantiles(name: str, value: Any) -> tuple[float, ...]:
    """The same of those that the network tells.

    Raises:
        ArgumentError: as above, or one below 0.01 or above 0.99.
    """
    quantiles = check_quantiles(name, value)
    low, high = ends_of(MOST_LEVEL)
    for one in quantiles:
        if not low <= one <= high:
            raise ArgumentError(
                f"`{name}` must be from {low:g} to {high:g}, beyond which the network tells none; got {one:g}."
            )
    return quantiles


def _several(value: Any) -> tuple[Any, ...]:
    try:
        return items("quantiles", value)
    except ArgumentError:
        return ()
