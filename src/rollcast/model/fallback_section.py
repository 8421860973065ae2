"""The section of a model file that holds which series a baseline forecasts better."""

from __future__ import annotations

from typing import Final, TypedDict

from rollcast.evaluation.baselines import BASELINES
from rollcast.evaluation.fallback import Fallback
from rollcast.storage.array_fields import ArrayForm
from rollcast.storage.sections import Section, SectionForm, Sections


class FallbackFields(TypedDict):
    """What is no array.

    Attributes:
        names: of the baselines.
    """

    names: list[str]


FALLBACK_SECTION: Final = SectionForm(
    "fallback",
    1,
    FallbackFields,
    {"choice": ArrayForm("i8", ("S",), least=-1)},
    required=False,
)
"""Of each series its baseline; files from before there was a fallback lack it."""


def write_fallback(fallback: Fallback | None) -> tuple[Section, ...]:
    """The section of what validation found, where it was asked."""
    if fallback is None:
        return ()
    fields: FallbackFields = {"names": list(fallback.names)}
    return (FALLBACK_SECTION.holding(fields, {"choice": fallback.choice}),)


def read_fallback(sections: Sections, num_series: int) -> Fallback | None:
    """What :func:`write_fallback` gave.

    Raises:
        ValueError: what is wrong.
    """
    held = sections.find(FALLBACK_SECTION, {"S": num_series})
    if held is None:
        return None
    names, choice = held.fields["names"], held.arrays["choice"]
    if unknown := [name for name in names if name not in BASELINES]:
        raise ValueError(f"its baseline {unknown[0]!r} is not one of this version")
    if (choice >= len(names)).any():
        raise ValueError("a series is given to a baseline that it does not name")
    return Fallback(tuple(names), choice)
