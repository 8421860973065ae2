"""The sizes of a model's programs."""

from __future__ import annotations

from dataclasses import dataclass

UNITS = 64
"""Units of both hidden layers of a shared head."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The sizes of one model's programs.

    Attributes:
        length: T, rows of a chunk (sequence reading) or W of a window (window reading).
        steps: K.
        ring: R, rows that a state remembers for its anchor.
        windowed: whether the window reading is meant.
        batch_size: B.
    """

    length: int
    steps: int
    ring: int
    windowed: bool
    batch_size: int

    @property
    def window(self) -> int:
        """W in the window reading, 0 in the sequence reading."""
        return self.length if self.windowed else 0

    @property
    def warmup(self) -> int:
        """Rows of a chunk that carry no loss, unless the series begins in it."""
        return 0 if self.windowed else self.length // 8
