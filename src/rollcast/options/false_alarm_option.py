"""The option by which anomalies are flagged: the percentage of ordinary values that may be taken for one."""

from __future__ import annotations

from typing import Any, Final

from rollcast.errors import ArgumentError, show
from rollcast.options.argument_checks import number

FEWEST_ALARMS: Final = 0.01
"""Percent: of rarer values nothing is known, for the tails of forecasts are a straight line by then."""

MOST_ALARMS: Final = 50.0
"""Percent: with more, ordinary values would be the exception."""


def check_false_alarms(name: str, value: Any) -> float:
    """A percentage of ordinary values.

    Args:
        name: of the option.
        value: as it was given.

    Raises:
        ArgumentError: it is no number, or lies outside .01 to 50.
    """
    given = number(name, value)
    if not FEWEST_ALARMS <= given <= MOST_ALARMS:
        raise ArgumentError(
            f"`{name}` must be from {FEWEST_ALARMS:g} to {MOST_ALARMS:g} percent of ordinary values, such as 1; got "
            f"{show(value)}."
        )
    return given
