"""The learning rate of each update."""

from __future__ import annotations

import math
from typing import Final

WARM_UP: Final = 100
"""Updates until the rate is at its highest."""

LAST: Final = 0.01
"""What is left of it at the end."""


def rate_of(i: int, updates: int, highest: float) -> float:
    """The rate of update ``i`` of ``updates``: up in a line, then down as a cosine (Loshchilov & Hutter, 2017)."""
    falling = 0.5 * (1 + math.cos(math.pi * i / updates))
    return highest * min(1.0, (i + 1) / WARM_UP) * (falling * (1 - LAST) + LAST)
