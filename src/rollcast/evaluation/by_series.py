"""What some series have of their own, looked up by their identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from rollcast._types import Int64


@dataclass(frozen=True, eq=False)
class BySeries:
    """Whose something is.

    Attributes:
        ids: (P,) the series that have it.
    """

    ids: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def _places(self) -> dict[Any, int]:
        return {one: place for place, one in enumerate(self.ids)}

    def places(self, ids: Sequence[Any]) -> Int64:
        """(S',) where any series stand among them; -1 for one that has nothing of its own."""
        return np.array([self._places.get(one, -1) for one in ids], np.int64)

    def named(self, ids: Sequence[Any]) -> Self:
        """The same of series that were told by their places among some identifiers."""
        return replace(self, ids=tuple(ids[place] for place in self.ids))
