"""Ensemble: the median of the network's forecast and those of the best baselines, and whether validation prefers it.

The baselines are put in order by their errors on the validation part, pooled over series. The median of the network and
the best of them is tried, and that of the network and the best two; the lower error decides between these. The chosen
one is preferred to the network alone where it is better by the one test of :mod:`rollcast.evaluation.comparison`, at
the level of that test divided by the number of medians tried, since the better of two is better by chance more often
than one (Bonferroni). Where the best baseline by itself is as good, the median is not preferred: that one is simpler.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

import numpy as np

from rollcast._number_format import JsonNumber, format_count, from_json_number, to_json_number
from rollcast._types import Float64
from rollcast.evaluation.comparison import CLOSE, FEWEST, LEVEL, best_first, first_of_lowest
from rollcast.evaluation.scoring import Values
from rollcast.storage.fields import Count

MOST_MEMBERS: Final = 2
"""Baselines beside the network at most."""


class EnsembleFields(TypedDict):
    """An ensemble as plain values; NaN is null."""

    names: list[str]
    effect: JsonNumber
    p_value: JsonNumber
    windows: Count
    preferred: bool
    simpler: str | None


@dataclass(frozen=True)
class Ensemble:
    """The median of a network's forecast and those of some baselines, as it did on the validation part.

    Attributes:
        names: of the baselines, the best first.
        effect: relative difference of its error from the network's; below zero where it is lower.
        p_value: how often chance alone would give an effect as large; NaN with fewer than two separate windows.
        windows: separate ones.
        preferred: whether it is to stand beside the network's forecast.
        simpler: a baseline that alone is as good; None where there is none.
    """

    names: tuple[str, ...]
    effect: float
    p_value: float
    windows: int
    preferred: bool
    simpler: str | None = None

    def __str__(self) -> str:
        return f"{self.describe('the network')}."

    def describe(self, name: str) -> str:
        """How it did on the validation part beside a network of this name: a sentence without its end."""
        members = f"The median of {', '.join((name, *self.names[:-1]))} and {self.names[-1]}"
        where = f"{name} alone on the validation part"
        if abs(self.effect) < CLOSE:
            return f"{members} is as good as {where}"
        size = f"{abs(self.effect):.1%} ".replace("%", " %") if math.isfinite(self.effect) else ""
        if self.effect > 0:
            return f"{members} has an error {size}above that of {where}"
        told = f"{members} has an error {size}below that of {where}"
        if self.simpler and not self.preferred:
            return f"{told}, and {self.simpler} by itself is as good"
        why = "too few to be certain" if self.windows < FEWEST else "it may be chance"
        why = "more than chance" if self.preferred else why
        return f"{told} ({format_count(self.windows, 'separate window')}: {why})"

    def to_json(self) -> EnsembleFields:
        """Plain values."""
        return {
            "names": list(self.names),
            "effect": to_json_number(self.effect),
            "p_value": to_json_number(self.p_value),
            "windows": self.windows,
            "preferred": self.preferred,
            "simpler": self.simpler,
        }

    @classmethod
    def from_json(cls, fields: EnsembleFields) -> Ensemble:
        """Read what ``to_json`` gave.

        Raises:
            ValueError: a number is none.
        """
        numbers = from_json_number(fields["effect"]), from_json_number(fields["p_value"])
        names, simpler = tuple(fields["names"]), fields["simpler"]
        return cls(
            names, *numbers, fields["windows"], preferred=fields["preferred"], simpler=simpler
        )


def choose_ensemble(
    values: Values, ours: Float64, baselines: Mapping[str, Float64], errors: Mapping[str, float]
) -> Ensemble | None:
    """The median that does best, and whether it is preferred; None where nothing can be compared.

    Args:
        values: what came after M origins of the validation part.
        ours: (M, h) the network's forecasts.
        baselines: by name, (M, h) theirs.
        errors: by name, their errors over all of it.
    """
    order = best_first(errors)
    tried = [order[:count] for count in range(1, min(len(order), MOST_MEMBERS) + 1)]
    if not tried:
        return None
    medians = [median_with(ours, [baselines[name] for name in names]) for names in tried]
    found = [values.deciding_error(made) for made in medians]
    place = first_of_lowest(found)
    difference = values.compare(medians[place], ours)
    if math.isnan(difference.effect):
        return None
    simple = first_of_lowest([errors[order[0]], found[place]]) == 0
    certain = difference.better and difference.p_value <= LEVEL / len(tried)
    return Ensemble(
        tuple(tried[place]),
        difference.effect,
        difference.p_value,
        difference.windows,
        preferred=certain and not simple,
        simpler=order[0] if simple else None,
    )


def median_with(ours: Float64, others: Sequence[Float64]) -> Float64:
    """The median of the network's forecasts and others of their shape; the network's own where another has none."""
    with np.errstate(invalid="ignore", over="ignore"):
        median = np.median(np.stack([ours, *others]), axis=0)
    unknown = np.any([np.isnan(other) for other in others], axis=0)
    return np.where(unknown, ours, median)


def ensemble_name(name: str) -> str:
    """What its column is called beside that of the network.

    Example:
        >>> ensemble_name("Rollcast")
        'Rollcast-ensemble'
    """
    return f"{name}-ensemble"


def preferred_names(ensemble: Ensemble | None) -> tuple[str, ...]:
    """The baselines of an ensemble that validation preferred; none where it did not."""
    return ensemble.names if ensemble and ensemble.preferred else ()
