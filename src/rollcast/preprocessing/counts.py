"""Counts: series of whole numbers, none of them negative.

A series is a **count** where all of its values are whole, none is negative, not all are one number, and their mean is
at most ``MOST_MEAN``: of larger ones it doesn't show that they are whole.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rollcast._types import Bool
from rollcast.data.panel import Panel
from rollcast.data.segments import count_segments, max_segments, min_segments, sum_segments

MOST_MEAN: Final = 100.0
"""Mean of a count at most."""


def are_counts(panel: Panel, *, any_mean: bool = False) -> Bool:
    """(S,) which series are counts.

    Args:
        panel: what may be known of them.
        any_mean: whether they may be of any size.
    """
    y, known, offsets = np.where(panel.mask, panel.target, 0.0), panel.mask, panel.offsets
    number = count_segments(known, offsets)
    broken = count_segments(known & ((y != np.rint(y)) | (y < 0)), offsets)
    found = (number > 0) & (broken == 0)
    if any_mean:
        return found
    largest = max_segments(np.where(known, y, -np.inf), offsets)
    least = min_segments(np.where(known, y, np.inf), offsets)
    return found & (largest > least) & (sum_segments(y, offsets) <= MOST_MEAN * number)
