"""How a file holds identifiers and frequencies."""

from __future__ import annotations

from typing import Any, TypeAlias, TypedDict

import numpy as np

from rollcast.data.calendar import Frequency
from rollcast.data.clock import check_zone
from rollcast.errors import ArtifactError
from rollcast.storage.fields import Size

Identifier: TypeAlias = str | bool | int | float | None
"""What names a series in a file."""


class FrequencyFields(TypedDict):
    """A frequency in a file."""

    alias: str | None
    step: Size
    tz: str | None


def read_frequency(values: FrequencyFields) -> Frequency:
    """The frequency of a file.

    Raises:
        ValueError: there is no such step or zone.
    """
    frequency = Frequency.from_json(values)
    if frequency.multiple < 1:
        raise ValueError(f"there is no step {frequency.alias!r}")
    if frequency.tz is not None:
        check_zone(frequency.tz)
    _ = frequency.label  # which the calendar has only for steps that it counts in
    return frequency


def plain_id(value: Any) -> str | int | float | bool | None:
    """An identifier as JSON has it.

    Raises:
        ArtifactError: it is neither text nor a number.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ArtifactError(
        f"A series named {value!r} ({type(value).__name__}) can't be saved; use text or whole numbers as identifiers."
    )
