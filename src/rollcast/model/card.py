"""Card: what a model remembers of the data that it was fitted on."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    rows: int
    missing: int
    first: str
    last: str
    digest: str
    split: tuple[int, int, int]
    refitted: bool
    versions: dict[str, str]
