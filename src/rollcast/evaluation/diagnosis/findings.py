"""Findings: where a fault was seen, when it is told, and in what words."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rollcast._number_format import format_count
from rollcast._types import Bool

AFFECTED: Final = 0.1
"""Share of the series from which on a fault is told: among hundreds, a few look bad by chance."""

SURE: Final = 3.0
"""Standard errors beyond which a difference is no chance."""


class Finding(NamedTuple):
    """A fault that was found.

    Attributes:
        name: of the fault, a fixed word or two.
        sentence: what was seen, with numbers, and the remedy.
    """

    name: str
    sentence: str


def by_series(hit: Bool, judged: Bool) -> tuple[Bool, Bool]:
    """Hits (S, O) of the series of which at least half of the judged origins are hit, and those judged."""
    many = hit.sum(axis=1) >= np.maximum(judged.sum(axis=1) / 2, 1)
    return hit & many[:, None], judged


def enough(hit: Bool, judged: Bool) -> bool:
    """Whether enough series (S,) are hit to speak of it."""
    return int(hit.sum()) >= max(1.0, AFFECTED * int(judged.sum()))


def any_of(hit: Bool) -> Bool:
    """(S,) series with any of their places (S, ...)."""
    return hit.reshape(len(hit), -1).sum(axis=1) > 0


def places(hit: Bool, judged: Bool) -> str:
    """At how many origins, and in how many series if there are several."""
    text = f"at {int(hit.sum()):,} of {format_count(int(judged.sum()), 'forecast start')}"
    return text + in_series(any_of(hit), any_of(judged), ", ")


def in_series(hit: Bool, judged: Bool, before: str = " ") -> str:
    """In how many series (S,), where several were judged."""
    total = int(judged.sum())
    return "" if total < 2 else f"{before}in {int(hit.sum()):,} of {total:,} series"


def percent(ratio: float) -> str:
    """A ratio in percent, for a sentence."""
    share = 100 * float(ratio)
    return f"{share:,.0f} %" if share >= 10 or share < 0.05 else f"{share:.1f} %"
