"""Card: what a model remembers of the data that it was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rollcast._types import Int64


@dataclass(frozen=True)
class Card:
    """What a model tells of the data it was fitted on; no values of it.

    Attributes:
        rows: of all series.
        missing: those without a value.
        first: the earliest time.
        last: the latest time.
        digest: a hash of the data.
        split: rows of training, validation and test over all series.
        refitted: whether the weights have seen all rows, or the training part alone.
        versions: of the packages that fitted it.
        test_rows: (S,) rows of each series' test part; one number where it is the same for all, none in older files.
    """

    rows: int
    missing: int
    first: str
    last: str
    digest: str
    split: tuple[int, int, int]
    refitted: bool
    versions: dict[str, str]
    test_rows: tuple[int, ...] = ()

    def tests(self, num_series: int) -> Int64:
        """(S,) rows of each series' test part."""
        rows = self.test_rows or (self.split[2] // num_series,)
        return np.broadcast_to(np.array(rows, np.int64), num_series)
