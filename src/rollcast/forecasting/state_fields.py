"""What a file holds of a state: its fields, its arrays with their shapes, and how single values are written."""

from __future__ import annotations

from typing import Any, Final, TypeAlias, TypedDict

import numpy as np

from rollcast.data.calendar import Frequency
from rollcast.data.clock import check_zone
from rollcast.errors import ArtifactError
from rollcast.preprocessing.channels import INPUTS
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.fields import Count, Size

Identifier: TypeAlias = str | bool | int | float | None
"""What names a series in a file."""


class FrequencyFields(TypedDict):
    """A frequency in a file."""

    alias: str | None
    step: Size
    tz: str | None


class ScalingFields(TypedDict):
    """What all series share of their scaling, in a file."""

    log: bool
    lag: Count


class StateFields(TypedDict):
    """What a file holds of a state beside its arrays."""

    ids: list[Identifier]
    scaling: ScalingFields
    frequency: FrequencyFields
    owner: str
    cells: Count


ARRAYS: Final = {
    "state/features": ArrayForm("f", ("S", "D")),
    "state/recent": ArrayForm("f4", ("S", "R")),
    "state/window": ArrayForm("f4", ("S", "W", INPUTS)),
    "state/rows": ArrayForm("i", ("S",), least=0),
    "nexts": ArrayForm("i8", ("S",)),
    "shift": ArrayForm("f8", ("S",)),
    "scale": ArrayForm("f8", ("S",), above=0),
    "spread": ArrayForm("f4", ("S",), above=0),
}
"""Arrays that every file of a state has; S series, D features, R newest values, W rows of a window."""

STARTS: Final = ArrayForm("i8", ("S",))  # older files lack it
EDGES: Final = ArrayForm("f8", ("S",), numbers="any")  # a bound; files without bounds lack them


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
