"""Owners: whose forecasts become intervals, and how these series are scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rollcast._types import Float64, Int64
from rollcast.preprocessing.preparation import Preparation


@dataclass(frozen=True, eq=False)
class Owners:
    """Whose S' forecasts are.

    Attributes:
        preparation: of all series.
        every: identifiers of all of them.
        places: (S',) of the owners among them.
    """

    preparation: Preparation
    every: Sequence[Any]
    places: Int64

    @property
    def unit(self) -> Float64:
        """(S',) the scale of each, which residuals of points are in."""
        return np.asarray(self.preparation.anchor_error[self.places], np.float64)

    @property
    def ids(self) -> list[Any]:
        """(S',) their identifiers."""
        return [self.every[place] for place in self.places]
